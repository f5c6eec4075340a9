"""What happens to an endpoint's variants when its configuration changes, and what they cannot
become.
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


def check_update(current: Mapping[str, Answer], new: Request, scaled: set[str]) -> None:
    """Refuses to change variants into something that they cannot become."""
    wanted = {v["VariantName"]: v for v in new["ProductionVariants"]}
    _check_serverless_conversion(current, wanted)
    _check_scaled_variants(current, wanted, scaled)


def _check_serverless_conversion(
    current: Mapping[str, Answer], wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    """dg:serverless-endpoints: the way back, from serverless to instances, is open."""
    runs_instances = any("CurrentServerlessConfig" not in v for v in current.values())
    if runs_instances and any("ServerlessConfig" in v for v in wanted.values()):
        # The code is the guide's, the wording not sourced.
        text = "Cannot convert an endpoint from instances to serverless."
        raise Refusal(text, "ValidationError")


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
        names = json.dumps(sorted(broken))
        raise Refusal(
            f'The variant(s) "{names}" must be deregistered as scalable targets with AWS Auto '
            "Scaling before they can be removed or have their instance type updated."
        )
