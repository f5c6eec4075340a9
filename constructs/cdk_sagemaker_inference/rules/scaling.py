"""Rules about autoscaling: bounds, policies and schedules."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeGuard

from .. import instances
from ..request import EndpointType, PlacedRequest, Scaled
from ..scaling import (
    AsyncScaling,
    CapacityScaling,
    CopyScaling,
    ProvisionedConcurrencyScaling,
    ScalableDimension,
    Scaling,
)
from ..scaling_policy import AdjustmentType, ScalingStep
from ..step_scaling import StepPolicy, lower_bound
from ..target_tracking import (
    BacklogTracking,
    CpuTracking,
    PredefinedTracking,
    TargetTracking,
)
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, is_number, is_whole, rule

_POLICY_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_SCHEDULE_NAME = re.compile(r"(?! )[^:/|\x00-\x1f\x7f-\x9f]{1,256}(?<! )")
_STATISTICS = {"Average", "Minimum", "Maximum", "SampleCount", "Sum"}

_SCALING_OF: Mapping[EndpointType, type[CapacityScaling]] = {
    EndpointType.REALTIME: Scaling,
    EndpointType.SERVERLESS: ProvisionedConcurrencyScaling,
    EndpointType.ASYNC: AsyncScaling,
    EndpointType.MULTI_MODEL: Scaling,
    EndpointType.COMPONENTS: CopyScaling,
}

RULES = Rules("scaling")


def _scaling(placed: PlacedRequest) -> Iterator[tuple[Scaled, CapacityScaling]]:
    for part in placed.request.scaled:
        yield part, part.scaling


def _is_bound(value: object, lowest: int = 1) -> bool:
    return is_token(value) or (is_whole(value) and isinstance(value, int) and value >= lowest)


def _is_literal_bound(value: int | None) -> TypeGuard[int]:
    return value is not None and not is_token(value) and _is_bound(value, 0)


@rule(
    RULES,
    "scaling-type",
    "Scaling is of the class for what the endpoint scales.",
    source="api:RegisterScalableTarget, dg:async-inference-monitor",
)
def _scaling_type(placed: PlacedRequest) -> Iterator[Finding]:
    fitting = _SCALING_OF.get(placed.request.type)
    for part, scaling in _scaling(placed):
        if fitting is not None and not isinstance(scaling, fitting):
            yield Finding(
                argument=f"{part.prefix}scaling",
                value=type(scaling).__name__,
                problem="is for another kind of endpoint",
                fix=f"use {fitting.__name__}",
            )


@rule(
    RULES,
    "scaling-bounds",
    "Capacity scales between whole numbers, the lower one first: from 0 asynchronous endpoints and "
    "copies of inference components, from 1 all others.",
    source="dg:endpoint-auto-scaling-prerequisites",
)
def _scaling_bounds(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        bounds = {"min_capacity": scaling.min_capacity, "max_capacity": scaling.max_capacity}
        lowest = {"min_capacity": scaling.lowest, "max_capacity": 1}
        wrong = [name for name, value in bounds.items() if not _is_bound(value, lowest[name])]
        for name in wrong:
            hint = (
                "; only asynchronous endpoints and inference components scale to zero"
                if lowest["min_capacity"] == 1 and name == "min_capacity"
                else ""
            )
            yield Finding(
                argument=f"{part.prefix}scaling.{name}",
                value=bounds[name],
                problem=f"must be a whole number from {lowest[name]}{hint}",
            )
        literal = not any(is_token(value) for value in bounds.values())
        if not wrong and literal and scaling.max_capacity < scaling.min_capacity:
            yield Finding(
                argument=f"{part.prefix}scaling.max_capacity",
                value=scaling.max_capacity,
                problem=f"is below min_capacity={scaling.min_capacity}",
            )


@rule(
    RULES,
    "scaling-initial-count",
    "The initial count lies within the bounds; otherwise registering moves the endpoint at once, "
    "and the stack's next step meets an endpoint in update.",
    source="dg:endpoint-auto-scaling-prerequisites",
)
def _scaling_initial_count(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        count, low, high = part.count, scaling.min_capacity, scaling.max_capacity
        if count is None or not all(is_whole(number) for number in (count, low, high)):
            continue
        if not low <= count <= high:
            yield Finding(
                argument=f"{part.prefix}{part.count_argument}",
                value=count,
                problem=f"is outside the bounds {low} to {high} of scaling",
                fix="leave it out to begin with the lower bound",
            )


@rule(
    RULES,
    "scaling-burstable",
    "Burstable instances do not scale.",
    source="dg:endpoint-auto-scaling-add-console",
)
def _scaling_burstable(placed: PlacedRequest) -> Iterator[Finding]:
    for part, _ in _scaling(placed):
        name = part.instance_type
        if not is_token(name) and isinstance(name, str) and instances.is_burstable(name):
            yield Finding(
                argument=f"{part.prefix}instance_type",
                value=name,
                problem="is burstable and cannot scale",
                fix="take another family, such as ml.m5",
            )


@rule(
    RULES,
    "scaling-shadow",
    "Whether a shadow variant can scale is not documented.",
    source="dg:shadow-tests",
    warns=Doubt.UNVERIFIED,
)
def _scaling_shadow(placed: PlacedRequest) -> Iterator[Finding]:
    for part, _ in _scaling(placed):
        if part.shadow:
            yield Finding(
                argument=f"{part.prefix}scaling",
                value=part.name,
                problem="SageMaker may refuse to scale a shadow variant",
                fix="give it a fixed instance_count",
            )


@rule(
    RULES,
    "scaling-reason",
    "Scaling has a policy or a schedule; without one the number of instances stays as it is.",
    source="api:RegisterScalableTarget",
)
def _scaling_reason(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        if not scaling.policies and not scaling.schedules:
            yield Finding(
                argument=f"{part.prefix}scaling",
                value=f"{scaling.min_capacity} to {scaling.max_capacity}",
                problem="has neither policies nor schedules and would change nothing",
                fix=f"add a ScalingPolicy, or set {part.count_argument} instead",
            )


@rule(
    RULES,
    "scaling-target",
    "A target is a number above 0, a share at most 100 percent.",
    source="api:TargetTrackingScalingPolicyConfiguration",
)
def _scaling_target(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            if not isinstance(policy, TargetTracking):
                continue
            highest = 100 if policy.argument == "percent" else math.inf
            argument = f"{part.prefix}scaling.policies[{index}].{policy.argument}"
            if is_token(policy.target):
                if policy.converts:
                    yield Finding(
                        argument=argument,
                        value=policy.target,
                        problem="must be a literal, for it is converted to the metric's unit",
                    )
            elif not is_number(policy.target) or not 0 < policy.target <= highest:
                yield Finding(
                    argument=argument,
                    value=policy.target,
                    problem="must be above 0" + (" and at most 100" if highest == 100 else ""),
                )


@rule(
    RULES,
    "scaling-policy-fits",
    "A policy follows a metric that exists for what is scaled: requests for instances, backlog for "
    "asynchronous endpoints, requests per copy for inference components, use for provisioned "
    "concurrency.",
    source="api:PredefinedMetricSpecification, dg:async-inference-monitor, "
    "dg:monitoring-cloudwatch",
)
def _scaling_policy_fits(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            on_instances = scaling.dimension is ScalableDimension.INSTANCE_COUNT
            if isinstance(policy, PredefinedTracking):
                fits = policy.predefined in scaling.predefined
            elif isinstance(policy, BacklogTracking):
                fits = request.asynchronous is not None and on_instances
            else:
                fits = on_instances or not isinstance(policy, CpuTracking)
            if not fits:
                yield Finding(
                    argument=f"{part.prefix}scaling.policies[{index}]",
                    value=policy.follows,
                    problem="is not measured for the "
                    f"{scaling.noun} of {request.type.with_article}",
                    fix=f"use a factory of {type(scaling).__name__}",
                )


@rule(
    RULES,
    "scaling-cooldowns",
    "A cooldown is a whole number of seconds.",
    source="api:TargetTrackingScalingPolicyConfiguration",
)
def _scaling_cooldowns(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            for argument, duration in policy.cooldowns.items():
                seconds = 0 if duration is None else duration.to_seconds(integral=False)
                if not is_token(seconds) and seconds != int(seconds):
                    yield Finding(
                        argument=f"{part.prefix}scaling.policies[{index}].{argument}",
                        value=f"{seconds:g} s",
                        problem="must be whole seconds",
                    )


@rule(
    RULES,
    "scaling-cpu",
    "A share of the CPU needs an instance type of which the virtual CPUs are known.",
    source="dg:monitoring-cloudwatch",
)
def _scaling_cpu(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            if isinstance(policy, CpuTracking) and instances.vcpus(part.instance_type) is None:
                yield Finding(
                    argument=f"{part.prefix}scaling.policies[{index}]",
                    value=part.instance_type,
                    problem="how many virtual CPUs the instance has is not known",
                    fix="use ScalingPolicy.on_metric with a target of 100 per virtual CPU",
                )


@rule(
    RULES,
    "scaling-policies-differ",
    "The policies of a variant follow different metrics under different names.",
    source="api:PutScalingPolicy",
)
def _scaling_policies_differ(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        argument = f"{part.prefix}scaling.policies"
        followed = Counter(policy.follows for policy in scaling.policies if policy.follows)
        for metric, count in followed.items():
            if count > 1:
                yield Finding(
                    argument=argument, value=metric, problem=f"is followed by {count} policies"
                )
        own_names = (policy.suffix for policy in scaling.policies if not policy.follows)
        for name in dict.fromkeys(own_names):
            if not isinstance(name, str) or not _POLICY_NAME.fullmatch(name):
                yield Finding(
                    argument=argument,
                    value=name,
                    problem="a name must be up to 63 letters, digits and inner hyphens",
                )
    names = Counter(
        f"{part.name}-{name}"
        for part, scaling in _scaling(placed)
        # Two that follow the same metric are found above.
        for policy in {p.follows or id(p): p for p in scaling.all_policies}.values()
        for name in policy.names
    )
    for name, count in names.items():
        if count > 1:
            yield Finding(
                argument="scaling.policies",
                value=name,
                problem=f"is what {count} policies or their alarms would be called",
            )


@rule(
    RULES,
    "scaling-statistic",
    "A metric to scale on has the statistic Average, Minimum, Maximum, SampleCount or Sum.",
    source="api:CustomizedMetricSpecification",
)
def _scaling_statistic(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            metric = getattr(policy, "metric", None)
            if metric is not None and metric.statistic not in _STATISTICS:
                yield Finding(
                    argument=f"{part.prefix}scaling.policies[{index}].metric",
                    value=metric.statistic,
                    problem=f"must be one of {', '.join(sorted(_STATISTICS))}",
                )


@rule(
    RULES,
    "scaling-steps",
    "Steps that add have a lower bound, steps that remove an upper one; each direction is without "
    "gaps, and all that removes lies below all that adds.",
    source="api:StepScalingPolicyConfiguration",
)
def _scaling_steps(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        for index, policy in enumerate(scaling.policies):
            if isinstance(policy, StepPolicy):
                argument = f"{part.prefix}scaling.policies[{index}]"
                for value, problem in step_problems(policy.steps):
                    yield Finding(argument=f"{argument}.steps", value=value, problem=problem)
                if (
                    policy.min_adjustment_magnitude is not None
                    and policy.adjustment_type is AdjustmentType.CHANGE_IN_CAPACITY
                ):
                    yield Finding(
                        argument=f"{argument}.min_adjustment_magnitude",
                        value=policy.min_adjustment_magnitude,
                        problem="has a meaning for percentages only",
                        fix="leave it out, or scale by PERCENT_CHANGE_IN_CAPACITY",
                    )
                counts = {
                    "evaluation_periods": policy.evaluation_periods,
                    "min_adjustment_magnitude": policy.min_adjustment_magnitude,
                }
                for name, count in counts.items():
                    if count is not None and not _is_bound(count):
                        yield Finding(
                            argument=f"{argument}.{name}",
                            value=count,
                            problem="must be a whole number from 1",
                        )


def step_problems(steps: Sequence[ScalingStep]) -> Iterator[tuple[object, str]]:
    """What is wrong with steps, each time with the step."""
    if not steps:
        yield [], "must have at least one step"
    sound = True
    for step in steps:
        problem = None
        bounds = [bound for bound in (step.lower, step.upper) if bound is not None]
        if not is_whole(step.change) or step.change == 0:
            problem = "change must be a whole number other than 0"
        elif any(is_token(bound) or not is_number(bound) for bound in bounds):
            problem = "bounds must be literal numbers, for they are counted from the threshold"
        elif step.change > 0 and step.lower is None:
            problem = "a step that adds needs lower"
        elif step.change < 0 and step.upper is None:
            problem = "a step that removes needs upper"
        elif step.lower is not None and step.upper is not None and step.lower >= step.upper:
            problem = "lower must be below upper"
        if problem is not None:
            sound = False
            yield step, problem
    if not sound:
        return
    adding = sorted((step for step in steps if step.change > 0), key=lower_bound)
    removing = sorted((step for step in steps if step.change < 0), key=lower_bound)
    for direction in (adding, removing):
        for below, above in pairwise(direction):
            if below.upper != above.lower:
                yield above, f"must begin where the step below ends, at {below.upper}"
    # API reference, StepAdjustment: a positive upper bound needs a step without upper bound, a
    # negative lower bound one without lower bound; bounds are relative to the alarm's threshold.
    if adding and adding[-1].upper is not None:
        yield adding[-1], "the highest step that adds must be without upper"
    if removing and removing[0].lower is not None:
        yield removing[0], "the lowest step that removes must be without lower"
    if adding and removing:
        top, bottom = removing[-1].upper, adding[0].lower
        if top is not None and bottom is not None and top > bottom:
            yield removing[-1], f"removes where a step adds, above {bottom}"


@rule(
    RULES,
    "scaling-schedules",
    "A schedule has a name of its own without colon, slash or bar, and changes at least one bound "
    "to a whole number from 1, the lower one first, also beside the bounds that others leave.",
    source="api:PutScheduledAction",
)
def _scaling_schedules(placed: PlacedRequest) -> Iterator[Finding]:
    for part, scaling in _scaling(placed):
        argument = f"{part.prefix}scaling.schedules"
        for name, count in Counter(schedule.name for schedule in scaling.schedules).items():
            if count > 1:
                yield Finding(argument=argument, value=name, problem=f"is the name of {count}")
            if not isinstance(name, str) or not _SCHEDULE_NAME.fullmatch(name):
                yield Finding(
                    argument=argument,
                    value=name,
                    problem="a name must be 1 to 256 characters without colon, slash and bar, and "
                    "neither begin nor end with a space",
                )
        lows = [scaling.min_capacity, *(s.min_capacity for s in scaling.schedules)]
        highs = [scaling.max_capacity, *(s.max_capacity for s in scaling.schedules)]
        lowest = min((low for low in lows if _is_literal_bound(low)), default=scaling.lowest)
        highest = max((high for high in highs if _is_literal_bound(high)), default=math.inf)
        for index, schedule in enumerate(scaling.schedules):
            low, high = schedule.min_capacity, schedule.max_capacity
            where = f"{argument}[{index}]"
            if low is None and high is None:
                yield Finding(
                    argument=where,
                    value=schedule.name,
                    problem="needs min_capacity or max_capacity",
                )
            for bound, value in (("min_capacity", low), ("max_capacity", high)):
                least = scaling.lowest if bound == "min_capacity" else 1
                if value is not None and not _is_bound(value, least):
                    yield Finding(
                        argument=f"{where}.{bound}",
                        value=value,
                        problem=f"must be a whole number from {least}",
                    )
            if _is_literal_bound(low) and low > (high if _is_literal_bound(high) else highest):
                yield Finding(
                    argument=f"{where}.min_capacity",
                    value=low,
                    problem="is above every max_capacity that holds then",
                )
            elif _is_literal_bound(high) and high < (low if _is_literal_bound(low) else lowest):
                yield Finding(
                    argument=f"{where}.max_capacity",
                    value=high,
                    problem="is below every min_capacity that holds then",
                )
