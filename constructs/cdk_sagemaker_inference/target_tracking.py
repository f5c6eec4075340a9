"""Target tracking: policies that keep a metric at a value."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from . import instances
from .metrics import (
    APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE,
    CPU_UTILIZATION,
    EndpointMetric,
    metric_stat,
)
from .scaling_policy import (
    DEFAULT_SCALE_IN_COOLDOWN_SECONDS,
    DEFAULT_SCALE_OUT_COOLDOWN_SECONDS,
    PredefinedMetric,
    ScalingContext,
    ScalingPolicy,
    cooldown_seconds,
)

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_applicationautoscaling as appscaling
    from aws_cdk import aws_cloudwatch as cloudwatch


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

    @property
    def converts(self) -> bool:
        """Whether the target is said in another unit than the metric's."""
        return False

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
            policy_name=f"{context.subject.name}-{self.suffix}",
            policy_type="TargetTrackingScaling",
            scaling_target_id=context.target_id,
            target_tracking_scaling_policy_configuration=(
                configuration.TargetTrackingScalingPolicyConfigurationProperty(
                    scale_in_cooldown=cooldown_seconds(
                        self.scale_in_cooldown, DEFAULT_SCALE_IN_COOLDOWN_SECONDS
                    ),
                    scale_out_cooldown=cooldown_seconds(
                        self.scale_out_cooldown, DEFAULT_SCALE_OUT_COOLDOWN_SECONDS
                    ),
                    disable_scale_in=True if self.disable_scale_in else None,
                    **target,
                )
            ),
        )


@dataclass(frozen=True, kw_only=True)
class PredefinedTracking(TargetTracking):
    """Keeps a quantity that Application Auto Scaling knows by name.

    :param divisor: what the target is divided by to get the metric's unit.
    """

    predefined: PredefinedMetric
    divisor: int | None = None

    @property
    def converts(self) -> bool:
        """Where there is a divisor."""
        return self.divisor is not None

    @property
    def follows(self) -> str | None:
        """The quantity."""
        return self.predefined.value

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """The quantity, and a target in its unit."""
        from aws_cdk import aws_applicationautoscaling as appscaling

        configuration: dict[str, Any] = {
            "predefined_metric_specification": (
                appscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type=self.predefined.value
                )
            )
        }
        if self.divisor is not None:
            configuration["target_value"] = self.target / self.divisor
        return configuration


@dataclass(frozen=True, kw_only=True)
class OwnMetricTracking(TargetTracking):
    """Keeps a metric of SageMaker's that Application Auto Scaling has no name for."""

    metric_to_follow: ClassVar[EndpointMetric]

    @property
    def follows(self) -> str | None:
        """The metric."""
        return self.metric_to_follow.name

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """The metric with the dimensions of what is scaled."""
        metric = self.metric_to_follow
        return {
            "customized_metric_specification": _customized(
                metric.namespace,
                metric.name,
                metric.statistic,
                metric.dimensions.of(context.subject),
            )
        }


@dataclass(frozen=True, kw_only=True)
class CpuTracking(OwnMetricTracking):
    """Keeps a share of the CPU."""

    metric_to_follow: ClassVar[EndpointMetric] = CPU_UTILIZATION

    @property
    def converts(self) -> bool:
        """To CloudWatch's 100 per virtual CPU."""
        return True

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """The CPU, with a target in the metric's unit."""
        vcpus = instances.vcpus(context.subject.instance_type)
        assert vcpus is not None  # a rule refuses the policy otherwise
        return super().configuration(context) | {"target_value": self.target * vcpus}


@dataclass(frozen=True, kw_only=True)
class BacklogTracking(OwnMetricTracking):
    """Keeps the waiting requests per instance."""

    metric_to_follow: ClassVar[EndpointMetric] = APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE


@dataclass(frozen=True, kw_only=True)
class MetricTracking(TargetTracking):
    """Keeps a metric of the user's."""

    metric: "cloudwatch.Metric"

    def configuration(self, context: ScalingContext) -> dict[str, Any]:
        """The metric as it is."""
        stat = metric_stat(self.metric)
        return {
            "customized_metric_specification": _customized(
                stat.namespace, stat.name, stat.statistic, stat.dimensions
            )
        }
