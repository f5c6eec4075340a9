"""What SageMaker refuses in the deployment configuration of an endpoint or inference component."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from local.services.api import Refusal, Request
from local.services.neighbours import alarm_exists
from local.services.sagemaker_store import Store

Policy = Mapping[str, Any]


def check_deployment(store: Store, deployment: Policy, config: Request) -> None:
    """Refuses guardrails that contradict themselves or the configuration."""
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    rolling = deployment.get("RollingUpdatePolicy")
    if blue_green is not None and rolling is not None:
        # Wording not sourced.
        raise Refusal("Give either BlueGreenUpdatePolicy or RollingUpdatePolicy.")
    if any("ServerlessConfig" in variant for variant in config["ProductionVariants"]):
        _check_serverless(blue_green, rolling)
    if blue_green is not None:
        _check_blue_green(blue_green)
    if rolling is not None:
        if len(config["ProductionVariants"]) > 1:
            # Wording not sourced.
            raise Refusal("RollingUpdatePolicy is not supported for several production variants.")
        _check_rolling(rolling)
    _check_alarms(store, deployment)


def check_component_deployment(store: Store, deployment: Policy) -> None:
    """Refuses a component's rolling update that contradicts itself."""
    _check_rolling(deployment["RollingUpdatePolicy"])
    _check_alarms(store, deployment)


def check_same_variants(current: Iterable[str], new: Request) -> None:
    """Guardrails shift traffic between variants of the same names."""
    wanted = [variant["VariantName"] for variant in new["ProductionVariants"]]
    if set(current) != set(wanted):
        # Wording not sourced; the rule is in the guide's list of guardrail exclusions.
        raise Refusal(
            "Deployment guardrails require the same variant names in the current and the new "
            f"endpoint configuration: {_names(current)} and {_names(wanted)}."
        )


def _names(names: Iterable[str]) -> str:
    return json.dumps(sorted(names))


def _check_serverless(blue_green: Policy | None, rolling: Policy | None) -> None:
    """dg:deployment-guardrails-exclusions and the feature matrix leave all at once."""
    kind = "RollingUpdatePolicy" if rolling is not None else "ALL_AT_ONCE"
    if blue_green is not None:
        kind = blue_green["TrafficRoutingConfiguration"]["Type"]
    if kind != "ALL_AT_ONCE":
        # Wording not sourced.
        raise Refusal(f"{kind} is not supported for serverless endpoints, only ALL_AT_ONCE.")


def _check_alarms(store: Store, deployment: Policy) -> None:
    """What SageMaker does about an alarm that is not there is not documented; this is the strict
    reading.
    """
    for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        if not alarm_exists(store.account, store.region, alarm["AlarmName"]):
            # Wording not sourced.
            raise Refusal(f"Could not find the rollback alarm {alarm['AlarmName']}.")


def _check_rolling(policy: Policy) -> None:
    for member in ("MaximumBatchSize", "RollbackMaximumBatchSize"):
        if member in policy:
            low, high = (5, 50) if member == "MaximumBatchSize" else (1, 100)
            _check_share(policy[member], member, low, high)
    _check_time(policy, policy["WaitIntervalInSeconds"])


def _check_blue_green(policy: Policy) -> None:
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


def _check_share(size: Policy, member: str, low: int, high: int) -> None:
    if size["Type"] == "CAPACITY_PERCENT" and not low <= size["Value"] <= high:
        # Wording not sourced; the bounds are in the service model's documentation.
        raise Refusal(f"{member} must be between {low} and {high} percent of the capacity.")


def _check_time(policy: Policy, needed: int) -> None:
    limit = policy.get("MaximumExecutionTimeoutInSeconds")
    if limit is not None and limit < needed:
        # Wording not sourced; the rule is in the service model's documentation.
        raise Refusal(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be larger than all waiting times "
            f"together ({needed})."
        )
