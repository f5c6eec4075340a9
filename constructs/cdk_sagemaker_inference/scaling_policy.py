"""When capacity is added and removed: what a policy is, and how one is made."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from constructs import Construct

from .metrics import MetricSubject
from .reads import seconds

if TYPE_CHECKING:
    from aws_cdk import Duration
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
    """What a policy scales, as the template names it."""

    scope: Construct
    subject: MetricSubject
    target_id: str


class PredefinedMetric(Enum):
    """Quantities that Application Auto Scaling knows by name (API reference, MetricType)."""

    VARIANT_INVOCATIONS = "SageMakerVariantInvocationsPerInstance"
    VARIANT_CONCURRENT_REQUESTS = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    PROVISIONED_CONCURRENCY_UTILIZATION = "SageMakerVariantProvisionedConcurrencyUtilization"
    COPY_INVOCATIONS = "SageMakerInferenceComponentInvocationsPerCopy"
    COPY_CONCURRENT_REQUESTS = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"


def cooldown_seconds(duration: "Duration | None", default: int) -> float:
    """A pause in seconds."""
    return default if duration is None else seconds(duration)


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
        from .target_tracking import PredefinedTracking

        return PredefinedTracking(
            predefined=PredefinedMetric.VARIANT_INVOCATIONS,
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
        from .target_tracking import PredefinedTracking

        return PredefinedTracking(
            predefined=PredefinedMetric.VARIANT_CONCURRENT_REQUESTS,
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
        from .target_tracking import CpuTracking

        return CpuTracking(
            suffix="cpu",
            argument="percent",
            target=percent,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_backlog(
        *,
        per_instance: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the waiting requests per instance of an asynchronous endpoint at a target.

        It follows ``ApproximateBacklogSizePerInstance``, which CloudWatch has per endpoint and not
        per variant (Developer Guide, async-inference-autoscale).

        :param per_instance: requests that may wait for each instance.
        :param scale_in_cooldown: pause after removing instances. Default: 300 s.
        :param scale_out_cooldown: pause after adding instances. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        from .target_tracking import BacklogTracking

        return BacklogTracking(
            suffix="backlog",
            argument="per_instance",
            target=per_instance,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_provisioned_concurrency_utilization(
        *,
        percent: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the use of a serverless endpoint's warm executions at a share of them.

        :param percent: share of the provisioned concurrency, above 0 and at most 100.
        :param scale_in_cooldown: pause after removing executions. Default: 300 s.
        :param scale_out_cooldown: pause after adding executions. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        from .target_tracking import PredefinedTracking

        return PredefinedTracking(
            predefined=PredefinedMetric.PROVISIONED_CONCURRENCY_UTILIZATION,
            # The metric is a fraction.
            divisor=100,
            suffix="utilization",
            argument="percent",
            target=percent,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_invocations_per_copy(
        *,
        per_minute: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the requests per copy of an inference component and minute at a target.

        :param per_minute: requests per minute that each copy should get.
        :param scale_in_cooldown: pause after removing copies. Default: 300 s.
        :param scale_out_cooldown: pause after adding copies. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        from .target_tracking import PredefinedTracking

        return PredefinedTracking(
            predefined=PredefinedMetric.COPY_INVOCATIONS,
            suffix="invocations",
            argument="per_minute",
            target=per_minute,
            scale_in_cooldown=scale_in_cooldown,
            scale_out_cooldown=scale_out_cooldown,
            disable_scale_in=disable_scale_in,
        )

    @staticmethod
    def on_concurrent_requests_per_copy(
        *,
        per_copy: float,
        scale_in_cooldown: "Duration | None" = None,
        scale_out_cooldown: "Duration | None" = None,
        disable_scale_in: bool = False,
    ) -> "ScalingPolicy":
        """Keep the concurrent requests per copy at a target, measured every ten seconds.

        :param per_copy: requests that a copy should have in work and queue.
        :param scale_in_cooldown: pause after removing copies. Default: 300 s.
        :param scale_out_cooldown: pause after adding copies. Default: 60 s.
        :param disable_scale_in: only adds. Default: false.
        """
        from .target_tracking import PredefinedTracking

        return PredefinedTracking(
            predefined=PredefinedMetric.COPY_CONCURRENT_REQUESTS,
            suffix="concurrency",
            argument="per_copy",
            target=per_copy,
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
        from .target_tracking import MetricTracking

        return MetricTracking(
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
        from .step_scaling import StepPolicy

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
