"""Step scaling: policies that an alarm calls, by how far a metric is from a threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .metrics import EndpointMetric, MetricStat, metric_stat
from .scaling_policy import (
    DEFAULT_SCALE_IN_COOLDOWN_SECONDS,
    DEFAULT_SCALE_OUT_COOLDOWN_SECONDS,
    AdjustmentType,
    ScalingContext,
    ScalingPolicy,
    ScalingStep,
    cooldown_seconds,
)

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_cloudwatch as cloudwatch


@dataclass(frozen=True, kw_only=True)
class StepPolicy(ScalingPolicy):
    """Adds and removes by steps."""

    metric: "cloudwatch.Metric"
    suffix: str
    steps: tuple[ScalingStep, ...]
    adjustment_type: AdjustmentType
    min_adjustment_magnitude: int | None
    evaluation_periods: int
    cooldown: "Duration | None"

    @property
    def names(self) -> Sequence[str]:
        """One for each direction."""
        return [f"{self.suffix}-out", f"{self.suffix}-in"]

    @property
    def cooldowns(self) -> "Mapping[str, Duration | None]":
        """After each change."""
        return {"cooldown": self.cooldown}

    def emit(self, context: ScalingContext) -> None:
        """Emit, for adding and for removing, a policy and the alarm that calls it."""
        out = sorted((step for step in self.steps if step.change > 0), key=lower_bound)
        into = sorted((step for step in self.steps if step.change < 0), key=lower_bound)
        if out:
            assert out[0].lower is not None  # a rule refuses the policy otherwise
            self._emit(context, "Out", out, out[0].lower)
        if into:
            assert into[-1].upper is not None  # a rule refuses the policy otherwise
            self._emit(context, "In", into, into[-1].upper)

    def _emit(
        self, context: ScalingContext, direction: str, steps: list[ScalingStep], threshold: float
    ) -> None:
        default_cooldown = (
            DEFAULT_SCALE_OUT_COOLDOWN_SECONDS
            if direction == "Out"
            else DEFAULT_SCALE_IN_COOLDOWN_SECONDS
        )
        _emit_steps(
            context,
            construct_id=f"Policy.{self.suffix}.{direction}",
            suffix=f"{self.suffix}-{direction.lower()}",
            stat=metric_stat(self.metric),
            steps=steps,
            threshold=threshold,
            scales_out=direction == "Out",
            adjustment_type=self.adjustment_type,
            min_adjustment_magnitude=self.min_adjustment_magnitude,
            pause_seconds=cooldown_seconds(self.cooldown, default_cooldown),
            evaluation_periods=self.evaluation_periods,
            missing_data="notBreaching",
        )


@dataclass(frozen=True, kw_only=True)
class WakeUp(ScalingPolicy):
    """Adds the first instance or copy when there is none and somebody waits for it.

    :param metric: 1 while somebody waits.
    :param period_seconds: length of one datapoint.
    :param evaluation_periods: datapoints that must agree.
    :param pause_seconds: pause after each addition.
    """

    metric: EndpointMetric
    period_seconds: int
    evaluation_periods: int
    pause_seconds: int
    suffix: str = "wake-up"

    @property
    def cooldowns(self) -> "Mapping[str, Duration | None]":
        """None that the user says."""
        return {}

    def emit(self, context: ScalingContext) -> None:
        """Emit one step and the alarm that calls it."""
        _emit_steps(
            context,
            construct_id="Policy.WakeUp",
            suffix=self.suffix,
            stat=MetricStat(
                namespace=self.metric.namespace,
                name=self.metric.name,
                statistic=self.metric.statistic,
                period_seconds=self.period_seconds,
                dimensions=self.metric.dimensions.of(context.subject),
            ),
            steps=[ScalingStep(change=1, lower=1)],
            threshold=1,
            scales_out=True,
            adjustment_type=AdjustmentType.CHANGE_IN_CAPACITY,
            min_adjustment_magnitude=None,
            pause_seconds=self.pause_seconds,
            evaluation_periods=self.evaluation_periods,
            missing_data="missing",
        )


def _emit_steps(
    context: ScalingContext,
    *,
    construct_id: str,
    suffix: str,
    stat: MetricStat,
    steps: Sequence[ScalingStep],
    threshold: float,
    scales_out: bool,
    adjustment_type: AdjustmentType,
    min_adjustment_magnitude: int | None,
    pause_seconds: float,
    evaluation_periods: int,
    missing_data: str,
) -> None:
    """Emit a step policy in one direction, and the alarm that calls it."""
    from aws_cdk import aws_applicationautoscaling as appscaling
    from aws_cdk import aws_cloudwatch as cloudwatch

    name = f"{context.subject.name}-{suffix}"
    policy = appscaling.CfnScalingPolicy
    resource = policy(
        context.scope,
        construct_id,
        policy_name=name,
        policy_type="StepScaling",
        scaling_target_id=context.target_id,
        step_scaling_policy_configuration=policy.StepScalingPolicyConfigurationProperty(
            adjustment_type=adjustment_type.value,
            cooldown=pause_seconds,
            metric_aggregation_type={"Minimum": "Minimum", "Maximum": "Maximum"}.get(
                stat.statistic, "Average"
            ),
            min_adjustment_magnitude=min_adjustment_magnitude,
            # Bounds are relative to the alarm's threshold.
            step_adjustments=[
                policy.StepAdjustmentProperty(
                    scaling_adjustment=step.change,
                    metric_interval_lower_bound=(
                        None if step.lower is None else step.lower - threshold
                    ),
                    metric_interval_upper_bound=(
                        None if step.upper is None else step.upper - threshold
                    ),
                )
                for step in steps
            ],
        ),
    )
    cloudwatch.CfnAlarm(
        context.scope,
        f"{construct_id}.Alarm",
        alarm_name=name,
        alarm_description=f"Scales {context.subject.noun} {'out' if scales_out else 'in'}",
        namespace=stat.namespace,
        metric_name=stat.name,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value)
            for key, value in stat.dimensions.items()
        ],
        statistic=stat.statistic,
        period=stat.period_seconds,
        evaluation_periods=evaluation_periods,
        threshold=threshold,
        comparison_operator="GreaterThanOrEqualToThreshold"
        if scales_out
        else "LessThanOrEqualToThreshold",
        treat_missing_data=missing_data,
        alarm_actions=[resource.ref],
    )


def lower_bound(step: ScalingStep) -> float:
    """The step's lower bound, for sorting."""
    return float("-inf") if step.lower is None else step.lower
