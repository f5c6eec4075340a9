"""Autoscaling: bounds of a capacity, and the policies and schedules that move within them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from constructs import Construct

from .metrics import HAS_BACKLOG_WITHOUT_CAPACITY, NO_CAPACITY_INVOCATION_FAILURES, MetricSubject
from .scaling_policy import PredefinedMetric, ScalingContext, ScalingPolicy
from .step_scaling import WakeUp
from .tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import TimeZone
    from aws_cdk import aws_applicationautoscaling as appscaling

SERVICE_NAMESPACE = "sagemaker"


class ScalableDimension(Enum):
    """What Application Auto Scaling changes (API reference, RegisterScalableTarget)."""

    INSTANCE_COUNT = "sagemaker:variant:DesiredInstanceCount"
    PROVISIONED_CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
    COPY_COUNT = "sagemaker:inference-component:DesiredCopyCount"

    def resource_id(self, endpoint_name: str, subject: MetricSubject) -> str:
        """What is scaled.

        :param endpoint_name: the endpoint's name as a reference, so that the endpoint exists first.
        """
        if self is ScalableDimension.COPY_COUNT:
            return f"inference-component/{subject.component_name}"
        return f"endpoint/{endpoint_name}/variant/{subject.variant_name}"


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
class CapacityScaling:
    """What all autoscaling has in common; take the class of what is scaled.

    The service-linked role of Application Auto Scaling is used, which AWS makes by itself.
    """

    min_capacity: int
    max_capacity: int
    policies: Sequence[ScalingPolicy] = ()
    schedules: Sequence[ScalingSchedule] = ()

    dimension: ClassVar[ScalableDimension] = ScalableDimension.INSTANCE_COUNT
    lowest: ClassVar[int] = 1
    """The least that a lower bound may be."""
    predefined: ClassVar[frozenset[PredefinedMetric]] = frozenset()
    """Metrics of Application Auto Scaling's own that a policy may follow."""
    noun: ClassVar[str] = "instances"

    @property
    def initial_capacity(self) -> int:
        """What to begin with: the lower bound, or one where that is zero or may be."""
        if is_token(self.min_capacity):
            return 1 if self.lowest == 0 else self.min_capacity
        return max(1, self.min_capacity)

    @property
    def bounds(self) -> list[int]:
        """Every bound that is said, also those of schedules."""
        bounds = [self.min_capacity, self.max_capacity]
        for schedule in self.schedules:
            bounds += [
                bound
                for bound in (schedule.min_capacity, schedule.max_capacity)
                if bound is not None
            ]
        return bounds

    @property
    def wake_up(self) -> WakeUp | None:
        """What adds the first when there is none."""
        return None

    @property
    def all_policies(self) -> list[ScalingPolicy]:
        """The user's policies, and what leaves zero."""
        wake_up = self.wake_up
        return [*self.policies, *(() if wake_up is None else (wake_up,))]


@dataclass(frozen=True, kw_only=True)
class Scaling(CapacityScaling):
    """How many instances a variant has, and when that changes.

    The service-linked role of Application Auto Scaling is used, which AWS makes by itself. While a
    variant scales, SageMaker refuses updates that change its instance type or its name (Developer
    Guide, endpoint-scaling-update): remove the scaling first, deploy, then change.
    :func:`check_updates` tells of it at synth.

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

    predefined: ClassVar[frozenset[PredefinedMetric]] = frozenset(
        {PredefinedMetric.VARIANT_INVOCATIONS, PredefinedMetric.VARIANT_CONCURRENT_REQUESTS}
    )

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


@dataclass(frozen=True, kw_only=True)
class AsyncScaling(CapacityScaling):
    """How many instances an asynchronous endpoint has, and when that changes; to zero by default.

    What :class:`Scaling` says of updates holds here too. Requests are not counted for asynchronous
    endpoints, so that policies on invocations would never act and are refused.

    Example::

        AsyncScaling.on_backlog(max_capacity=4, per_instance=5)

    :param min_capacity: instances at least, from 0. Default: 0.
    :param max_capacity: instances at most.
    :param policies: when to add and remove. Default: none, schedules only.
    :param schedules: changes of the bounds. Default: none.
    :param wake_from_zero: adds an instance as soon as a request waits and there is none; without it
        the endpoint sleeps until the backlog exceeds a policy's target (Developer Guide,
        async-inference-autoscale). Only where a bound is 0. Default: true.
    """

    min_capacity: int = 0
    wake_from_zero: bool = True

    lowest: ClassVar[int] = 0

    @property
    def wake_up(self) -> WakeUp | None:
        """A step on requests that nobody can take."""
        if not self.wake_from_zero or not _reaches_zero(self):
            return None
        # Developer Guide, async-inference-autoscale.
        return WakeUp(
            metric=HAS_BACKLOG_WITHOUT_CAPACITY,
            period_seconds=60,
            evaluation_periods=2,
            pause_seconds=300,
        )

    @staticmethod
    def on_backlog(
        *,
        min_capacity: int = 0,
        max_capacity: int,
        per_instance: float,
        wake_from_zero: bool = True,
    ) -> "AsyncScaling":
        """Scale on waiting requests; see :meth:`ScalingPolicy.on_backlog`."""
        policy = ScalingPolicy.on_backlog(per_instance=per_instance)
        return AsyncScaling(
            min_capacity=min_capacity,
            max_capacity=max_capacity,
            policies=[policy],
            wake_from_zero=wake_from_zero,
        )


@dataclass(frozen=True, kw_only=True)
class ProvisionedConcurrencyScaling(CapacityScaling):
    """How many executions of a serverless endpoint are kept warm, and when that changes.

    The Developer Guide says that CloudFormation does not support it, while CloudFormation's own
    schema has it (serverless-endpoints-autoscale; AWS::ApplicationAutoScaling::ScalableTarget): it
    is for you to ask for, and warns.

    Example::

        ProvisionedConcurrencyScaling.on_utilization(min_capacity=1, max_capacity=10, percent=70)

    :param min_capacity: executions at least, from 1.
    :param max_capacity: executions at most, up to the endpoint's ``max_concurrency``.
    :param policies: when to add and remove. Default: none, schedules only.
    :param schedules: changes of the bounds. Default: none.
    """

    dimension: ClassVar[ScalableDimension] = ScalableDimension.PROVISIONED_CONCURRENCY
    predefined: ClassVar[frozenset[PredefinedMetric]] = frozenset(
        {PredefinedMetric.PROVISIONED_CONCURRENCY_UTILIZATION}
    )
    noun: ClassVar[str] = "provisioned executions"

    @staticmethod
    def on_utilization(
        *, min_capacity: int, max_capacity: int, percent: float
    ) -> "ProvisionedConcurrencyScaling":
        """Scale on use; see :meth:`ScalingPolicy.on_provisioned_concurrency_utilization`."""
        policy = ScalingPolicy.on_provisioned_concurrency_utilization(percent=percent)
        return ProvisionedConcurrencyScaling(
            min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy]
        )


@dataclass(frozen=True, kw_only=True)
class CopyScaling(CapacityScaling):
    """How many copies of an inference component run, and when that changes.

    Example::

        CopyScaling.on_concurrent_requests(min_capacity=0, max_capacity=4, per_copy=2)

    :param min_capacity: copies at least, from 0.
    :param max_capacity: copies at most.
    :param policies: when to add and remove. Default: none, schedules only.
    :param schedules: changes of the bounds. Default: none.
    :param wake_from_zero: adds a copy as soon as a request fails for want of one; such requests
        fail, callers try again (Developer Guide, endpoint-auto-scaling-zero-instances). Only where
        a bound is 0. Default: true.
    """

    wake_from_zero: bool = True

    dimension: ClassVar[ScalableDimension] = ScalableDimension.COPY_COUNT
    lowest: ClassVar[int] = 0
    predefined: ClassVar[frozenset[PredefinedMetric]] = frozenset(
        {PredefinedMetric.COPY_INVOCATIONS, PredefinedMetric.COPY_CONCURRENT_REQUESTS}
    )
    noun: ClassVar[str] = "copies"

    @property
    def wake_up(self) -> WakeUp | None:
        """A step on requests that failed because there was no copy."""
        if not self.wake_from_zero or not _reaches_zero(self):
            return None
        # Developer Guide, endpoint-auto-scaling-zero-instances; its sample compares by "more than
        # 1", which a single failed request never is.
        return WakeUp(
            metric=NO_CAPACITY_INVOCATION_FAILURES,
            period_seconds=60,
            evaluation_periods=1,
            pause_seconds=60,
        )

    @staticmethod
    def on_invocations(
        *, min_capacity: int, max_capacity: int, per_copy_per_minute: float
    ) -> "CopyScaling":
        """Scale on requests per copy; see :meth:`ScalingPolicy.on_invocations_per_copy`."""
        policy = ScalingPolicy.on_invocations_per_copy(per_minute=per_copy_per_minute)
        return CopyScaling(min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy])

    @staticmethod
    def on_concurrent_requests(
        *, min_capacity: int, max_capacity: int, per_copy: float
    ) -> "CopyScaling":
        """Scale on requests in work; see :meth:`ScalingPolicy.on_concurrent_requests_per_copy`."""
        policy = ScalingPolicy.on_concurrent_requests_per_copy(per_copy=per_copy)
        return CopyScaling(min_capacity=min_capacity, max_capacity=max_capacity, policies=[policy])


def _reaches_zero(scaling: CapacityScaling) -> bool:
    """Whether a lower bound is zero, or may be, for only the deployment knows it."""
    bounds = [scaling.min_capacity, *(schedule.min_capacity for schedule in scaling.schedules)]
    return any(is_token(bound) or bound == 0 for bound in bounds)


def emit_scaling(
    scope: Construct,
    *,
    endpoint_reference: str,
    subject: MetricSubject,
    scaling: CapacityScaling,
) -> "appscaling.CfnScalableTarget":
    """Emit the scalable target and its policies.

    :param endpoint_reference: the endpoint's name as a reference, so that the endpoint exists
        first.
    """
    from aws_cdk import aws_applicationautoscaling as appscaling

    # A scope of its own, so that names of variants and policies cannot meet.
    scope = Construct(scope, f"Scaling-{subject.short_name}")
    target = appscaling.CfnScalableTarget(
        scope,
        "Target",
        service_namespace=SERVICE_NAMESPACE,
        scalable_dimension=scaling.dimension.value,
        resource_id=scaling.dimension.resource_id(endpoint_reference, subject),
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
    context = ScalingContext(scope=scope, subject=subject, target_id=target.ref)
    for policy in scaling.all_policies:
        policy.emit(context)
    return target
