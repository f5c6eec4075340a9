"""When a variant adds and removes instances: target tracking and steps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from constructs import Construct

from .metrics import CPU_UTILIZATION, metric_stat, variant_dimensions

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_applicationautoscaling as appscaling
    from aws_cdk import aws_cloudwatch as cloudwatch

DEFAULT_SCALE_IN_COOLDOWN_SECONDS = 300
DEFAULT_SCALE_OUT_COOLDOWN_SECONDS = 60


class AdjustmentType(Enum):
    """What the numbers of scaling steps mean (Application Auto Scaling, StepScalingPolicy)."""

    CHANGE_IN_CAPACITY = "ChangeInCapacity"
    """Instances to add or, below 0, to remove."""

    PERCENT_CHANGE_IN_CAPACITY = "PercentChangeInCapacity"
    """Percent of the present instances to add or, below 0, to remove."""


@dataclass(frozen=True, kw_only=True)
class ScalingStep:
    """What to do while a metric is in an interval; at least one bound is given.

    :param change: instances (or percent) to add, or below 0 to remove. A step that adds has a lower
        bound, one that removes has an upper bound.
    :param lower: the metric's value from which the step holds. Default: no bound.
    :param upper: the metric's value up to which the step holds. Default: no bound.
    """

    change: int
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, kw_only=True)
class ScalingContext:
    """The variant that a policy scales, as the template names it."""

    scope: Construct
    endpoint_name: str
    variant_name: str
    vcpus: int | None
    target_id: str


class ScalingPolicy(ABC):
    """When to add and remove instances; make one with the ``on_*`` methods or ``in_steps``."""

    @staticmethod
    def on_invocations(
        *,
        per_instance_per_minute: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the requests per instance and minute at a target.

        :param per_instance_per_minute: requests per minute that each instance should get; see
            :meth:`Scaling.per_minute` for the number to take from a load test.
        :param scale_in_cooldown: pause after removing instances. Default: 300 s.
        :param scale_out_cooldown: pause after adding instances. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        return _PredefinedTracking(
            metric_type="SageMakerVariantInvocationsPerInstance",
            suffix="invocations",
            argument="per_instance_per_minute",
            target=per_instance_per_minute,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_concurrent_requests(
        *,
        per_model: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the concurrent requests per model at a target, measured every ten seconds.

        It adds instances sooner than the other metrics do, and removes them no sooner (Developer
        Guide, endpoint-auto-scaling-add-code-define). It fits models whose requests differ in
        length.

        :param per_model: requests that a model should have in work and queue.
        :param scale_in_cooldown: pause after removing instances. Default: 300 s.
        :param scale_out_cooldown: pause after adding instances. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        return _PredefinedTracking(
            metric_type="SageMakerVariantConcurrentRequestsPerModelHighResolution",
            suffix="concurrency",
            argument="per_model",
            target=per_model,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_cpu(
        *,
        percent: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the instances' CPU at a share of what they have.

        CloudWatch counts 100 per virtual CPU; the target is scaled by the instance type.

        :param percent: share of all virtual CPUs, above 0 and at most 100.
        :param scale_in_cooldown: pause after removing instances. Default: 300 s.
        :param scale_out_cooldown: pause after adding instances. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        return CpuTracking(
            suffix="cpu",
            argument="percent",
            target=percent,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_metric(
        metric: "cloudwatch.Metric",
        *,
        name: str,
        target: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep any CloudWatch metric at a target; it must fall when instances are added.

        :param metric: the metric, with its dimensions and one of the statistics Average, Minimum,
            Maximum, SampleCount and Sum.
        :param name: what the policy is called, unique among the variant's policies.
        :param target: value to keep, in the metric's unit.
        :param scale_in_cooldown: pause after removing instances. Default: 300 s.
        :param scale_out_cooldown: pause after adding instances. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        return _MetricTracking(
            metric=metric,
            suffix=name,
            argument="target",
            target=target,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def in_steps(
        metric: "cloudwatch.Metric",
        *,
        name: str,
        steps: Sequence[ScalingStep],
        adjustment_type: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY,
        min_adjustment_magnitude: int | None = None,
        evaluation_periods: int = 1,
        cooldown: "Duration | None" = None,
    ) -> "ScalingPolicy":
        """Add and remove instances by steps, as an alarm on any CloudWatch metric says.

        :param metric: the metric, with its dimensions.
        :param name: what the policy is called, unique among the variant's policies.
        :param steps: what to do at which values, without gaps between the steps that add, nor
            between those that remove.
        :param adjustment_type: what the steps' numbers mean. Default: instances.
        :param min_adjustment_magnitude: instances to add or remove at least, for percentages.
            Default: 1, as Application Auto Scaling has it.
        :param evaluation_periods: periods of the metric that must agree. Default: 1.
        :param cooldown: pause after each change. Default: 60 s after adding, 300 s after removing.
        """
        return StepPolicy(
            metric=metric,
            suffix=name,
            steps=tuple(steps),
            adjustment_type=adjustment_type,
            min_adjustment_magnitude=min_adjustment_magnitude,
            evaluation_periods=evaluation_periods,
            cooldown=cooldown,
        )

    suffix: str

    @property
    def follows(self) -> str | None:
        """The predefined quantity that the policy follows, if it follows one."""
        return None

    @property
    def names(self) -> Sequence[str]:
        """What the emitted policies are called, after endpoint and variant."""
        return [self.suffix]

    @property
    @abstractmethod
    def cooldowns(self) -> "Mapping[str, Duration | None]":
        """The pauses by the argument that says them."""

    @abstractmethod
    def emit(self, context: ScalingContext) -> None:
        """Emit the policy and what it needs."""


def _seconds(duration: "Duration | None", default: int) -> float:
    return default if duration is None else duration.to_seconds(integral=False)


def _customized(
    namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]
) -> "appscaling.CfnScalingPolicy.CustomizedMetricSpecificationProperty":
    from aws_cdk import aws_applicationautoscaling as appscaling

    policy = appscaling.CfnScalingPolicy
    return policy.CustomizedMetricSpecificationProperty(
        namespace=namespace,
        metric_name=name,
        statistic=statistic,
        dimensions=[
            policy.MetricDimensionProperty(name=key, value=value)
            for key, value in dimensions.items()
        ],
    )


@dataclass(frozen=True, kw_only=True)
class TargetTracking(ScalingPolicy):
    """What all policies that keep a target have in common."""

    suffix: str
    argument: str
    target: float
    scale_in_cooldown: "Duration | None"
    scale_out_cooldown: "Duration | None"
    disable_scale_in: bool

    @property
    def cooldowns(self) -> "Mapping[str, Duration | None]":
        """After removing and after adding."""
        return {
            "scale_in_cooldown": self.scale_in_cooldown,
            "scale_out_cooldown": self.scale_out_cooldown,
        }

    @abstractmethod
    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """What is kept at the target: a metric, and the target in its unit."""

    def emit(self, context: ScalingContext) -> None:
        """Emit one resource."""
        from aws_cdk import aws_applicationautoscaling as appscaling

        configuration = appscaling.CfnScalingPolicy
        target: dict[str, Any] = {"target_value": self.target} | self.configuration(context)
        appscaling.CfnScalingPolicy(
            context.scope,
            f"Policy.{self.suffix}",
            policy_name=f"{context.endpoint_name}-{context.variant_name}-{self.suffix}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=context.target_id,
            target_tracking_scaling_policy_configuration=(
                configuration.TargetTrackingScalingPolicyConfigurationProperty(
                    scale_in_cooldown=_seconds(
                        self.scale_in_cooldown, DEFAULT_SCALE_IN_COOLDOWN_SECONDS
                    ),
                    scale_out_cooldown=_seconds(
                        self.scale_out_cooldown, DEFAULT_SCALE_OUT_COOLDOWN_SECONDS
                    ),
                    disable_scale_in=True if self.disable_scale_in else None,
                    **target,
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class _PredefinedTracking(TargetTracking):
    metric_type: str

    @property
    def follows(self) -> str | None:
        return self.metric_type

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        from aws_cdk import aws_applicationautoscaling as appscaling

        return {
            "predefined_metric_specification": (
                appscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type=self.metric_type
                )
            )
        }


@dataclass(frozen=True, kw_only=True)
class CpuTracking(TargetTracking):
    """Keeps a share of the CPU."""

    @property
    def follows(self) -> str | None:
        """The CPU."""
        return CPU_UTILIZATION.name

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """The variant's CPU metric, with a target in its unit."""
        assert context.vcpus is not None  # a rule refuses the policy otherwise
        return {
            "target_value": self.target * context.vcpus,
            "customized_metric_specification": _customized(
                CPU_UTILIZATION.namespace,
                CPU_UTILIZATION.name,
                CPU_UTILIZATION.statistic,
                variant_dimensions(context.endpoint_name, context.variant_name),
            ),
        }


@dataclass(frozen=True, kw_only=True)
class _MetricTracking(TargetTracking):
    metric: "cloudwatch.Metric"

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        stat = metric_stat(self.metric)
        return {
            "customized_metric_specification": _customized(
                stat.namespace, stat.name, stat.statistic, stat.dimensions
            )
        }


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
        from aws_cdk import aws_applicationautoscaling as appscaling
        from aws_cdk import aws_cloudwatch as cloudwatch

        name = f"{context.endpoint_name}-{context.variant_name}-{self.suffix}-{direction.lower()}"
        construct_id = f"Policy.{self.suffix}.{direction}"
        stat = metric_stat(self.metric)
        policy = appscaling.CfnScalingPolicy
        default_cooldown = (
            DEFAULT_SCALE_OUT_COOLDOWN_SECONDS
            if direction == "Out"
            else DEFAULT_SCALE_IN_COOLDOWN_SECONDS
        )
        resource = policy(
            context.scope,
            construct_id,
            policy_name=name,
            policy_type="StepScaling",
            scaling_target_id=context.target_id,
            step_scaling_policy_configuration=policy.StepScalingPolicyConfigurationProperty(
                adjustment_type=self.adjustment_type.value,
                cooldown=_seconds(self.cooldown, default_cooldown),
                metric_aggregation_type={"Minimum": "Minimum", "Maximum": "Maximum"}.get(
                    stat.statistic, "Average"
                ),
                min_adjustment_magnitude=self.min_adjustment_magnitude,
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
            alarm_description=f"Scales variant {context.variant_name} {direction.lower()}",
            namespace=stat.namespace,
            metric_name=stat.name,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=key, value=value)
                for key, value in stat.dimensions.items()
            ],
            statistic=stat.statistic,
            period=stat.period_seconds,
            evaluation_periods=self.evaluation_periods,
            threshold=threshold,
            comparison_operator="GreaterThanOrEqualToThreshold"
            if direction == "Out"
            else "LessThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[resource.ref],
        )


def lower_bound(step: ScalingStep) -> float:
    """The step's lower bound, for sorting."""
    return float("-inf") if step.lower is None else step.lower
