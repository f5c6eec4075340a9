"""Autoscaling of a variant: its bounds, and the policies and schedules that move within them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from constructs import Construct

from .scaling_policy import ScalingContext, ScalingPolicy

if TYPE_CHECKING:
    from aws_cdk import TimeZone
    from aws_cdk import aws_applicationautoscaling as appscaling

SERVICE_NAMESPACE = "sagemaker"
INSTANCE_COUNT_DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True, kw_only=True)
class ScalingSchedule:
    """Changes the bounds at certain times; at least one of them.

    Example::

        ScalingSchedule(
            name="office-hours",
            schedule=Schedule.cron(hour="8", minute="0", week_day="MON-FRI"),
            time_zone=TimeZone.EUROPE_BERLIN,
            min_capacity=4,
        )

    :param name: unique among the variant's schedules.
    :param schedule: ``aws_applicationautoscaling.Schedule``: cron, rate or at.
    :param time_zone: zone of a cron or at schedule. Default: UTC.
    :param min_capacity: the new lower bound. Default: as it was.
    :param max_capacity: the new upper bound. Default: as it was.
    """

    name: str
    schedule: "appscaling.Schedule"
    time_zone: "TimeZone | None" = None
    min_capacity: int | None = None
    max_capacity: int | None = None


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How many instances a variant has, and when that changes.

    The service-linked role of Application Auto Scaling is used, which AWS makes by itself. While a
    variant scales, SageMaker refuses updates that change its instance type or its name (Developer
    Guide, endpoint-scaling-update): remove the scaling first, deploy, then change.

    Example::

        Scaling(
            min_capacity=2,
            max_capacity=8,
            policies=[
                ScalingPolicy.on_invocations(per_instance_per_minute=1200),
                ScalingPolicy.on_cpu(percent=70),
            ],
        )

    :param min_capacity: instances at least, from 1.
    :param max_capacity: instances at most.
    :param policies: when to add and remove. Default: none, schedules only.
    :param schedules: changes of the bounds. Default: none.
    """

    min_capacity: int
    max_capacity: int
    policies: Sequence[ScalingPolicy] = ()
    schedules: Sequence[ScalingSchedule] = ()

    @staticmethod
    def on_invocations(
        *, min_capacity: int, max_capacity: int, per_instance_per_minute: float
    ) -> "Scaling":
        """Scale on requests per instance; see :meth:`ScalingPolicy.on_invocations`."""
        policy = ScalingPolicy.on_invocations(per_instance_per_minute=per_instance_per_minute)
        return Scaling(min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy])

    @staticmethod
    def on_concurrent_requests(
        *, min_capacity: int, max_capacity: int, per_model: float
    ) -> "Scaling":
        """Scale on concurrent requests; see :meth:`ScalingPolicy.on_concurrent_requests`."""
        policy = ScalingPolicy.on_concurrent_requests(per_model=per_model)
        return Scaling(min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy])

    @staticmethod
    def on_cpu(*, min_capacity: int, max_capacity: int, percent: float) -> "Scaling":
        """Scale on CPU; see :meth:`ScalingPolicy.on_cpu`."""
        policy = ScalingPolicy.on_cpu(percent=percent)
        return Scaling(min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy])

    @staticmethod
    def per_minute(*, max_requests_per_second: float, safety_factor: float = 0.5) -> float:
        """Turn a load test's result into a target for :meth:`on_invocations`.

        ``max_requests_per_second * safety_factor * 60`` (Developer Guide,
        endpoint-scaling-loadtest).

        Example::

            Scaling.per_minute(max_requests_per_second=20)  # 600.0

        :param max_requests_per_second: what one instance held in the load test.
        :param safety_factor: share of it to use, above 0 and at most 1. Default: 0.5.
        :raises ValueError: if either is out of range.
        """
        if max_requests_per_second <= 0:
            raise ValueError(f"max_requests_per_second={max_requests_per_second}: must be above 0")
        if not 0 < safety_factor <= 1:
            raise ValueError(f"safety_factor={safety_factor}: must be above 0 and at most 1")
        return max_requests_per_second * safety_factor * 60


def emit_scaling(
    scope: Construct,
    *,
    endpoint_name: str,
    endpoint_reference: str,
    variant_name: str,
    vcpus: int | None,
    scaling: Scaling,
) -> "appscaling.CfnScalableTarget":
    """Emit the scalable target and its policies.

    :param endpoint_reference: the endpoint's name as a reference, so that the endpoint exists
        first.
    """
    from aws_cdk import aws_applicationautoscaling as appscaling

    # A scope of its own, so that names of variants and policies cannot meet.
    scope = Construct(scope, f"Scaling-{variant_name}")
    target = appscaling.CfnScalableTarget(
        scope,
        "Target",
        service_namespace=SERVICE_NAMESPACE,
        scalable_dimension=INSTANCE_COUNT_DIMENSION,
        resource_id=f"endpoint/{endpoint_reference}/variant/{variant_name}",
        min_capacity=scaling.min_capacity,
        max_capacity=scaling.max_capacity,
        scheduled_actions=[
            appscaling.CfnScalableTarget.ScheduledActionProperty(
                scheduled_action_name=schedule.name,
                schedule=schedule.schedule.expression_string,
                timezone=None if schedule.time_zone is None else schedule.time_zone.timezone_name,
                scalable_target_action=appscaling.CfnScalableTarget.ScalableTargetActionProperty(
                    min_capacity=schedule.min_capacity, max_capacity=schedule.max_capacity
                ),
            )
            for schedule in scaling.schedules
        ]
        or None,
    )
    context = ScalingContext(
        scope=scope,
        endpoint_name=endpoint_name,
        variant_name=variant_name,
        vcpus=vcpus,
        target_id=target.ref,
    )
    for policy in scaling.policies:
        policy.emit(context)
    return target
