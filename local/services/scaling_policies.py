"""What PutScalingPolicy refuses beyond the service model's constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from local.services.api import Refusal, Request
from local.services.scaled_resources import COPY_COUNT, INSTANCE_COUNT, PROVISIONED_CONCURRENCY

_BODIES = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}

# The guide's pages on each of the three dimensions.
_PREDEFINED = {
    INSTANCE_COUNT: (
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ),
    PROVISIONED_CONCURRENCY: ("SageMakerVariantProvisionedConcurrencyUtilization",),
    COPY_COUNT: (
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    ),
}


def check_policy(request: Request) -> None:
    """Refuses a policy whose parts do not go together or not with the target's dimension."""
    kind = request.get("PolicyType", "StepScaling")
    for policy_type, member in _BODIES.items():
        if member in request and policy_type != kind:
            # Wording not sourced.
            raise Refusal(f"{member} is not valid for policy type {kind}.")
    if "TargetTrackingScalingPolicyConfiguration" in request:
        tracking = request["TargetTrackingScalingPolicyConfiguration"]
        _check_tracking(tracking, request["ScalableDimension"])
    if "StepScalingPolicyConfiguration" in request:
        _check_steps(request["StepScalingPolicyConfiguration"])


def _check_tracking(tracking: Mapping[str, Any], dimension: str) -> None:
    metrics = {"PredefinedMetricSpecification", "CustomizedMetricSpecification"}
    if len(metrics & tracking.keys()) != 1:
        # Wording not sourced.
        raise Refusal("Give exactly one of a predefined and a customized metric.")
    predefined = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
    supported = _PREDEFINED.get(dimension)
    if predefined is not None and supported is not None and predefined not in supported:
        # gh:aws/aws-cdk#29065
        raise Refusal(
            f"Scalable dimension {dimension} only supports the following predefined metric types: "
            f"{', '.join(supported)}"
        )


def _check_steps(stepping: Mapping[str, Any]) -> None:
    for member in ("AdjustmentType", "StepAdjustments"):
        if not stepping.get(member):
            # Wording not sourced; the rule is in StepScalingPolicyConfiguration's documentation.
            raise Refusal(f"{member} is required to create a step scaling policy.")
    in_percent = stepping["AdjustmentType"] == "PercentChangeInCapacity"
    if "MinAdjustmentMagnitude" in stepping and not in_percent:
        # Wording not sourced; the rule is in StepScalingPolicyConfiguration's documentation.
        raise Refusal("MinAdjustmentMagnitude requires PercentChangeInCapacity.")
    steps: Sequence[Mapping[str, Any]] = stepping["StepAdjustments"]
    if len(steps) > 20:
        # gh:aws/aws-cdk#27020
        raise Refusal("There can be at most 20 step adjustments per scaling policy")
    _check_intervals(
        [(s.get("MetricIntervalLowerBound"), s.get("MetricIntervalUpperBound")) for s in steps]
    )


def _check_intervals(intervals: list[tuple[float | None, float | None]]) -> None:
    """The intervals are one piece, which ends at the threshold or is open there (StepAdjustment's
    documentation).
    """
    if any(low is None and high is None for low, high in intervals):
        # gh:hashicorp/terraform-provider-aws#4812
        raise Refusal("Both lower and upper bounds of a step adjustment cannot be left unspecified")
    lows = [low for low, _ in intervals if low is not None]
    highs = [high for _, high in intervals if high is not None]
    # That of the upper bound: gh:hashicorp/terraform-provider-aws#9077; of the lower: likewise.
    open_end = "There must be a StepAdjustment with an unspecified {0} bound (i.e., {0} bound is "
    open_end += "null) when one StepAdjustment has a {1} {0} bound"
    if any(high > 0 for high in highs) and len(highs) == len(intervals):
        raise Refusal(open_end.format("upper", "positive"))
    if any(low < 0 for low in lows) and len(lows) == len(intervals):
        raise Refusal(open_end.format("lower", "negative"))
    infinity = float("inf")
    ordered = sorted(
        (-infinity if low is None else low, infinity if high is None else high)
        for low, high in intervals
    )
    touching = all(left[1] == right[0] for left, right in pairwise(ordered))
    if not touching or any(low >= high for low, high in ordered):
        # Wording not sourced.
        raise Refusal("The intervals of step adjustments must neither overlap nor leave a gap")
