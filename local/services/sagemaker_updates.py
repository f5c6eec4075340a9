"""What happens to an endpoint's variants when its configuration changes, and what UpdateEndpoint
refuses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from local.services.api import Answer, Refusal, Request


def initial(config: Request, members: str) -> dict[str, Answer]:
    """The running state of a configuration's variants right after creation, by variant name."""
    return {v["VariantName"]: _running(v) for v in config.get(members) or []}


def _running(variant: Mapping[str, Any]) -> Answer:
    weight = variant.get("InitialVariantWeight", 1.0)
    state: Answer = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if "ServerlessConfig" in variant:
        state["CurrentServerlessConfig"] = deepcopy(variant["ServerlessConfig"])
        state["DesiredServerlessConfig"] = deepcopy(variant["ServerlessConfig"])
    else:
        count = variant.get("InitialInstanceCount", 0)
        state |= {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
    for member in ("ManagedInstanceScaling", "RoutingConfig"):
        if member in variant:
            state[member] = deepcopy(variant[member])
    # Not shown by DescribeEndpoint (the serializer drops it); an update compares with it.
    state["InstanceType"] = variant.get("InstanceType")
    return state


def after_update(
    current: Mapping[str, Answer], config: Request, request: Request
) -> dict[str, Answer]:
    """The new variants; with `RetainAllVariantProperties` same-named ones keep count and weight."""
    new = initial(config, "ProductionVariants")
    if not request.get("RetainAllVariantProperties", False):
        return new
    excluded = {
        entry["VariantPropertyType"]
        for entry in request.get("ExcludeRetainedVariantProperties") or []
    }
    for name in new.keys() & current.keys():
        if "DesiredWeight" not in excluded:
            for member in ("CurrentWeight", "DesiredWeight"):
                new[name][member] = current[name][member]
        counted = "DesiredInstanceCount" in new[name] and "DesiredInstanceCount" in current[name]
        if counted and "DesiredInstanceCount" not in excluded:
            for member in ("CurrentInstanceCount", "DesiredInstanceCount"):
                new[name][member] = current[name][member]
    return new


def set_capacity(variant: Answer, wanted: Mapping[str, Any]) -> None:
    """Moves a variant to a wanted weight, instance count or provisioned concurrency."""
    if "DesiredWeight" in wanted:
        variant["CurrentWeight"] = variant["DesiredWeight"] = wanted["DesiredWeight"]
    if "DesiredInstanceCount" in wanted:
        count = wanted["DesiredInstanceCount"]
        variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"] = count
    if "ServerlessUpdateConfig" in wanted:
        for member in ("CurrentServerlessConfig", "DesiredServerlessConfig"):
            variant[member] = variant[member] | wanted["ServerlessUpdateConfig"]


def capabilities(config: Request) -> Answer:
    """What DescribeEndpoint shows of the configuration besides its variants."""
    shown: Answer = {}
    capture = config.get("DataCaptureConfig")
    if capture is not None:
        enabled = capture.get("EnableCapture", False)
        shown["DataCaptureConfig"] = {
            "EnableCapture": enabled,
            "CaptureStatus": "Started" if enabled else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
    for member in ("AsyncInferenceConfig", "ExplainerConfig"):
        if member in config:
            shown[member] = deepcopy(config[member])
    return shown


def check_update(
    endpoint_arn: str,
    new_arn: str,
    request: Request,
    *,
    current_config: str,
    current: Mapping[str, Answer],
    new: Request,
    scaled: set[str],
) -> None:
    """Refuses an update that SageMaker would not start."""
    if new_arn == current_config:
        # Wording not sourced; the rule is in UpdateEndpoint's documentation.
        raise Refusal(
            f'Cannot update endpoint "{endpoint_arn}" with the endpoint configuration that it '
            f'uses, "{new_arn}".'
        )
    wanted = {v["VariantName"]: v for v in new["ProductionVariants"]}
    _check_serverless_conversion(current, wanted)
    _check_scaled_variants(current, wanted, scaled)
    deployment = request.get("DeploymentConfig")
    if deployment is not None:
        check_deployment_config(deployment, new)
        if set(current) != set(wanted):
            # Wording not sourced; the rule is in the guide's list of guardrail exclusions.
            raise Refusal(
                "Deployment guardrails require the same variant names in the current and the new "
                f"endpoint configuration: {_names(current)} and {_names(wanted)}."
            )


def _check_serverless_conversion(
    current: Mapping[str, Answer], wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    runs_instances = any(v["InstanceType"] is not None for v in current.values())
    if runs_instances and any("ServerlessConfig" in v for v in wanted.values()):
        # Wording not sourced.
        raise Refusal("Cannot convert an endpoint from instances to serverless.")


def _check_scaled_variants(
    current: Mapping[str, Answer], wanted: Mapping[str, Mapping[str, Any]], scaled: set[str]
) -> None:
    broken = [
        name
        for name in current
        if name in scaled
        and (
            name not in wanted or wanted[name].get("InstanceType") != current[name]["InstanceType"]
        )
    ]
    if broken:
        # From memory; no public copy of this sentence was found.
        raise Refusal(
            f'The variant(s) "{_names(broken)}" must be deregistered as scalable targets with AWS '
            "Auto Scaling before they can be removed or have their instance type updated."
        )


def check_deployment_config(deployment: Mapping[str, Any], config: Request) -> None:
    """Refuses guardrails that contradict themselves or the configuration."""
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    rolling = deployment.get("RollingUpdatePolicy")
    if blue_green is not None and rolling is not None:
        # Wording not sourced.
        raise Refusal("Give either BlueGreenUpdatePolicy or RollingUpdatePolicy.")
    if any("ServerlessConfig" in variant for variant in config["ProductionVariants"]):
        # Wording not sourced.
        raise Refusal("DeploymentConfig is not supported for serverless endpoints.")
    if blue_green is not None:
        _check_blue_green(blue_green)
    if rolling is not None:
        if len(config["ProductionVariants"]) > 1:
            # Wording not sourced.
            raise Refusal("RollingUpdatePolicy is not supported for several production variants.")
        for member in ("MaximumBatchSize", "RollbackMaximumBatchSize"):
            if member in rolling:
                low, high = (5, 50) if member == "MaximumBatchSize" else (1, 100)
                _check_share(rolling[member], member, low, high)
        _check_time(rolling, rolling["WaitIntervalInSeconds"])


def _check_blue_green(policy: Mapping[str, Any]) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    kind, wait = routing["Type"], routing["WaitIntervalInSeconds"]
    bakes = 1
    for wanted, member, low, high in (
        ("CANARY", "CanarySize", 0, 50),
        ("LINEAR", "LinearStepSize", 10, 50),
    ):
        if kind == wanted and member not in routing:
            # Wording not sourced.
            raise Refusal(f"{member} is required when the traffic routing type is {kind}.")
        if kind != wanted and member in routing:
            # Wording not sourced.
            raise Refusal(f"{member} is not valid when the traffic routing type is {kind}.")
        if kind == wanted:
            size = routing[member]
            _check_share(size, member, low, high)
            bakes = 2
            if kind == "LINEAR" and size["Type"] == "CAPACITY_PERCENT":
                bakes = -(-100 // size["Value"])
    _check_time(policy, bakes * wait + policy.get("TerminationWaitInSeconds", 0))


def _check_share(size: Mapping[str, Any], member: str, low: int, high: int) -> None:
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        # Wording not sourced; the bounds are in the service model's documentation.
        raise Refusal(f"{member} must be between {low} and {high} percent of the capacity.")


def _check_time(policy: Mapping[str, Any], needed: int) -> None:
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    if limit is not None and limit < needed:
        # Wording not sourced; the rule is in the service model's documentation.
        raise Refusal(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be larger than all waiting times "
            f"together ({needed})."
        )


def _names(names: Any) -> str:
    return json.dumps(sorted(names))
