"""What Application Auto Scaling scales in SageMaker: it is looked for, a target's bounds are held
against it, and its capacity is moved into them.
"""

from __future__ import annotations

import re
from typing import Any

from local.services.api import Answer, Refusal
from local.services.sagemaker import Hosting
from local.services.sagemaker_store import Endpoint

INSTANCE_COUNT = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPY_COUNT = "sagemaker:inference-component:DesiredCopyCount"

VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
_COMPONENT = re.compile(r"inference-component/([^/]+)")

Key = tuple[str, str, str]
"""Service namespace, resource id and scalable dimension"""


def move_into_range(hosting: Hosting, key: Key, target: Answer) -> None:
    """Registering moves the capacity at once (RegisterScalableTarget's documentation)."""
    namespace, resource, dimension = key
    if namespace != "sagemaker":
        return
    bounds = (int(target["MinCapacity"]), int(target["MaxCapacity"]))
    if dimension == COPY_COUNT:
        _move_copies(hosting, _matched(_COMPONENT, resource)[1], bounds)
    elif dimension in (INSTANCE_COUNT, PROVISIONED_CONCURRENCY):
        match = _matched(VARIANT, resource)
        endpoint = hosting.store.endpoints.get(hosting.store.arn("endpoint", match[1]))
        if endpoint is None or match[2] not in endpoint.variants:
            # Wording not sourced.
            raise Refusal(f"No endpoint and variant exist for resource ID: {resource}")
        if dimension == INSTANCE_COUNT:
            _move_instances(hosting, endpoint, match[2], bounds)
        else:
            _move_concurrency(hosting, endpoint, match[2], bounds)


def _matched(pattern: re.Pattern[str], resource: str) -> re.Match[str]:
    match = pattern.fullmatch(resource)
    if match is None:
        # gh:pulumi/pulumi-aws#822
        raise Refusal("Unsupported service namespace, resource type or scalable dimension")
    return match


def _move_instances(
    hosting: Hosting, endpoint: Endpoint, name: str, bounds: tuple[int, int]
) -> None:
    variant = endpoint.variants[name]
    if "DesiredInstanceCount" not in variant:
        # Wording not sourced.
        raise Refusal(f"Variant {name} is serverless and has no {INSTANCE_COUNT}")
    instance_type = str(variant["InstanceType"])
    if instance_type.startswith("ml.t2."):
        # Wording not sourced; the rule is in the guide's page on adding a scaling policy.
        raise Refusal(f"Instance type {instance_type} does not support autoscaling")
    if bounds[0] < 1 and "AsyncInferenceConfig" not in endpoint.config:
        # Wording not sourced; the rule is in dg:endpoint-auto-scaling-prerequisites.
        raise Refusal(
            f"MinCapacity of {INSTANCE_COUNT} must be at least 1 unless the endpoint is "
            "asynchronous"
        )
    current = variant["DesiredInstanceCount"]
    wanted = _within(current, bounds)
    if wanted != current:
        _change(hosting, endpoint, name, {"DesiredInstanceCount": wanted})


def _move_concurrency(
    hosting: Hosting, endpoint: Endpoint, name: str, bounds: tuple[int, int]
) -> None:
    serverless = endpoint.variants[name].get("CurrentServerlessConfig", {})
    if "ProvisionedConcurrency" not in serverless:
        # Wording not sourced.
        raise Refusal(f"Variant {name} has no {PROVISIONED_CONCURRENCY}")
    if bounds[0] < 1 or bounds[1] > serverless["MaxConcurrency"]:
        # Wording not sourced.
        raise Refusal(
            f"The capacity of {PROVISIONED_CONCURRENCY} must be between 1 and the variant's "
            f"MaxConcurrency ({serverless['MaxConcurrency']})"
        )
    current = serverless["ProvisionedConcurrency"]
    wanted = _within(current, bounds)
    if wanted != current:
        change = {"ServerlessUpdateConfig": {"ProvisionedConcurrency": wanted}}
        _change(hosting, endpoint, name, change)


def _move_copies(hosting: Hosting, name: str, bounds: tuple[int, int]) -> None:
    component = hosting.store.components.get(hosting.store.arn("inference-component", name))
    if component is None:
        # Wording not sourced.
        raise Refusal(f"No inference component exists for resource ID: inference-component/{name}")
    component.copies = _within(component.copies, bounds)


def _within(value: int, bounds: tuple[int, int]) -> int:
    return min(max(value, bounds[0]), bounds[1])


def _change(hosting: Hosting, endpoint: Endpoint, variant: str, change: dict[str, Any]) -> None:
    hosting.update_weights_and_capacities(
        {
            "EndpointName": endpoint.name,
            "DesiredWeightsAndCapacities": [{"VariantName": variant, **change}],
        }
    )
