"""Which alarms there are: one entry per alarm, one table per kind of endpoint.

Sources: Developer Guide, monitoring-cloudwatch, serverless-endpoints-monitoring,
async-inference-monitor and multi-model-endpoint-cloudwatch-metrics.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from . import instances
from .metrics import (
    APPROXIMATE_AGE_OF_OLDEST_REQUEST,
    APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE,
    COMPONENT_CPU_UTILIZATION,
    COMPONENT_GPU_MEMORY_UTILIZATION,
    COMPONENT_GPU_UTILIZATION,
    COMPONENT_MEMORY_UTILIZATION,
    CONCURRENT_EXECUTIONS_UTILIZATION,
    CPU_UTILIZATION,
    DISK_UTILIZATION,
    EXPIRED_REQUESTS,
    GPU_MEMORY_UTILIZATION,
    GPU_UTILIZATION,
    INVOCATION_4XX_ERRORS,
    INVOCATION_5XX_ERRORS,
    INVOCATION_FAILURES,
    INVOCATIONS,
    INVOCATIONS_PROCESSED,
    LOADED_MODEL_COUNT,
    MEMORY_UTILIZATION,
    MODEL_CACHE_HIT,
    MODEL_LATENCY,
    MODEL_LOADING_WAIT_TIME,
    MODEL_SETUP_TIME,
    NO_CAPACITY_INVOCATION_FAILURES,
    NOTIFICATION_FAILURES,
    OVERHEAD_LATENCY,
    PROVISIONED_CONCURRENCY_SPILLOVER,
    EndpointMetric,
    of_component,
)

MICROSECONDS_PER_MILLISECOND = 1000
METRIC_DELAY_SECONDS = 60
"""What a metric may take to reach CloudWatch, over its period; inferred, not documented."""


class Severity(Enum):
    """How urgent an alarm is; actions are chosen by it."""

    CRITICAL = "Critical"
    """Callers get errors, or nobody answers them."""

    WARNING = "Warning"
    """Something will go wrong unless somebody looks."""


@dataclass(frozen=True, kw_only=True)
class AlarmKind:
    """One alarm that every endpoint of a kind has.

    :param id: part of its name and construct id.
    :param argument: the argument that is its threshold.
    :param description: what it means, for whoever is woken by it.
    :param severity: whose actions it calls.
    :param metric: what it watches.
    :param per: metric that it is a share of, in percent of sums.
    :param statistic: its statistic. Default: the metric's own.
    :param statistic_argument: the argument that is its statistic. Default: none.
    :param scale: what the threshold is multiplied with to get the metric's unit, by instance type.
        Default: the threshold is in the metric's unit.
    :param divisor: what the threshold is divided by, likewise. Default: nothing.
    :param applies: whether an instance type has the metric.
    :param period_seconds: length of one datapoint.
    :param periods: datapoints that are looked at.
    :param datapoints: how many of them must agree.
    :param comparison: how metric and threshold are compared.
    :param missing_data: what a missing datapoint counts as.
    :param counts: whether the threshold is a count of events, of which there may be none.
    :param guards: whether it rolls a deployment back by default.
    :param after_endpoint: made after the endpoint, because it is in alarm without one.
    """

    id: str
    argument: str
    description: str
    severity: Severity
    metric: EndpointMetric
    per: EndpointMetric | None = None
    statistic: str | None = None
    statistic_argument: str | None = None
    scale: Callable[[str | None], float | None] | None = None
    divisor: int | None = None
    applies: Callable[[str | None], bool] = lambda instance_type: True
    period_seconds: int = 60
    periods: int = 5
    datapoints: int = 5
    comparison: str = "GreaterThanThreshold"
    missing_data: str = "notBreaching"
    counts: bool = False
    guards: bool = False
    after_endpoint: bool = False

    @property
    def seconds_to_fire(self) -> int:
        """How long a fault lasts before the alarm tells, at most."""
        return self.period_seconds * self.periods + METRIC_DELAY_SECONDS

    @property
    def converts(self) -> bool:
        """Whether the threshold is said in another unit than the metric's."""
        return self.scale is not None or self.divisor is not None

    def threshold(self, value: float | None, instance_type: str | None) -> float | None:
        """The threshold in the metric's unit; ``None`` if there is no such alarm.

        :param value: the user's threshold.
        """
        if value is None or not self.applies(instance_type):
            return None
        if self.divisor is not None:
            return value / self.divisor
        if self.scale is None:
            return value
        scale = self.scale(instance_type)
        return None if scale is None else value * scale


def _microseconds(instance_type: str | None) -> float:
    return MICROSECONDS_PER_MILLISECOND


def _has_gpu(instance_type: str | None) -> bool:
    return instances.gpus(instance_type) > 0


INVOCATION_ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="ModelLatency",
        argument="model_latency_millis",
        description="The model takes too long to answer",
        severity=Severity.CRITICAL,
        metric=MODEL_LATENCY,
        statistic_argument="latency_statistic",
        scale=_microseconds,
        periods=3,
        datapoints=3,
        guards=True,
    ),
    AlarmKind(
        id="OverheadLatency",
        argument="overhead_latency_millis",
        description="SageMaker adds too much time to the model's",
        severity=Severity.WARNING,
        metric=OVERHEAD_LATENCY,
        scale=_microseconds,
    ),
    AlarmKind(
        id="4XXErrors",
        argument="error_4xx_percent",
        description="Too many requests are refused as wrong",
        severity=Severity.WARNING,
        metric=INVOCATION_4XX_ERRORS,
        per=INVOCATIONS,
    ),
    AlarmKind(
        id="5XXErrors",
        argument="error_5xx_percent",
        description="Too many requests fail",
        severity=Severity.CRITICAL,
        metric=INVOCATION_5XX_ERRORS,
        per=INVOCATIONS,
        periods=3,
        datapoints=2,
        guards=True,
    ),
)
"""What endpoints that answer at once have."""

INSTANCE_ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="CPUUtilization",
        argument="cpu_percent",
        description="The virtual CPUs are nearly used up",
        severity=Severity.WARNING,
        metric=CPU_UTILIZATION,
        scale=instances.vcpus,
    ),
    AlarmKind(
        id="MemoryUtilization",
        argument="memory_percent",
        description="The memory is nearly used up",
        severity=Severity.WARNING,
        metric=MEMORY_UTILIZATION,
    ),
    AlarmKind(
        id="DiskUtilization",
        argument="disk_percent",
        description="The disk is nearly full; data capture stops when it is",
        severity=Severity.WARNING,
        metric=DISK_UTILIZATION,
    ),
    AlarmKind(
        id="GPUUtilization",
        argument="gpu_percent",
        description="The GPUs are nearly used up",
        severity=Severity.WARNING,
        metric=GPU_UTILIZATION,
        scale=instances.gpus,
        applies=_has_gpu,
    ),
    AlarmKind(
        id="GPUMemoryUtilization",
        argument="gpu_memory_percent",
        description="The GPUs' memory is nearly used up",
        severity=Severity.WARNING,
        metric=GPU_MEMORY_UTILIZATION,
        scale=instances.gpus,
        applies=_has_gpu,
    ),
    AlarmKind(
        id="HealthyInstances",
        argument="min_healthy_instances",
        description="Too few instances are there and report",
        severity=Severity.CRITICAL,
        # SageMaker has no metric of healthy instances; each sends one datapoint a minute.
        metric=CPU_UTILIZATION,
        statistic="SampleCount",
        comparison="LessThanThreshold",
        missing_data="breaching",
        after_endpoint=True,
    ),
)
"""What endpoints on instances have."""

SERVERLESS_ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="ModelSetupTime",
        argument="model_setup_time_millis",
        description="Cold starts take too long",
        severity=Severity.WARNING,
        metric=MODEL_SETUP_TIME,
        scale=_microseconds,
    ),
    AlarmKind(
        id="ConcurrencyUtilization",
        argument="concurrency_utilization_percent",
        description="The concurrency is nearly used up; what exceeds it is throttled",
        severity=Severity.WARNING,
        metric=CONCURRENT_EXECUTIONS_UTILIZATION,
        divisor=100,
        periods=3,
        datapoints=3,
    ),
    AlarmKind(
        id="ProvisionedConcurrencySpillover",
        argument="provisioned_concurrency_spillover",
        description="Too many requests find no warm execution",
        severity=Severity.WARNING,
        metric=PROVISIONED_CONCURRENCY_SPILLOVER,
        counts=True,
    ),
    *(kind for kind in INSTANCE_ALARMS if kind.metric is MEMORY_UTILIZATION),
)
"""What serverless endpoints have beside; there are no CPU, GPU and disk metrics."""

ASYNC_ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="Failures",
        argument="failure_percent",
        description="Too many requests fail",
        severity=Severity.CRITICAL,
        metric=INVOCATION_FAILURES,
        per=INVOCATIONS_PROCESSED,
        periods=3,
        datapoints=2,
        guards=True,
    ),
    AlarmKind(
        id="AgeOfOldestRequest",
        argument="age_of_oldest_request_seconds",
        description="Requests wait too long",
        severity=Severity.CRITICAL,
        metric=APPROXIMATE_AGE_OF_OLDEST_REQUEST,
    ),
    AlarmKind(
        id="BacklogPerInstance",
        argument="backlog_per_instance",
        description="More requests wait than the instances keep up with",
        severity=Severity.WARNING,
        metric=APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE,
        periods=10,
        datapoints=10,
    ),
    AlarmKind(
        id="ExpiredRequests",
        argument="expired_requests",
        description="Requests expired before an instance took them",
        severity=Severity.CRITICAL,
        metric=EXPIRED_REQUESTS,
        counts=True,
        periods=1,
        datapoints=1,
    ),
    AlarmKind(
        id="NotificationFailures",
        argument="notification_failures",
        description="Results were not announced to a topic",
        severity=Severity.WARNING,
        metric=NOTIFICATION_FAILURES,
        counts=True,
        periods=1,
        datapoints=1,
    ),
)
"""What asynchronous endpoints have beside those of the instances."""

MULTI_MODEL_ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="ModelCacheHit",
        argument="model_cache_hit_percent",
        description="Too many requests wait until their model is loaded",
        severity=Severity.WARNING,
        metric=MODEL_CACHE_HIT,
        divisor=100,
        comparison="LessThanThreshold",
        periods=15,
        datapoints=15,
    ),
    AlarmKind(
        id="ModelLoadingWaitTime",
        argument="model_loading_wait_time_millis",
        description="Requests wait too long until their model is loaded",
        severity=Severity.WARNING,
        metric=MODEL_LOADING_WAIT_TIME,
        scale=_microseconds,
    ),
    AlarmKind(
        id="LoadedModels",
        argument="loaded_models",
        description="The instances hold more models than they should",
        severity=Severity.WARNING,
        metric=LOADED_MODEL_COUNT,
    ),
)
"""What multi-model endpoints have beside those of real-time endpoints."""


def _of_component(kind: AlarmKind) -> AlarmKind:
    return replace(
        kind,
        metric=of_component(kind.metric),
        per=None if kind.per is None else of_component(kind.per),
    )


COMPONENT_ALARMS: tuple[AlarmKind, ...] = (
    *(_of_component(kind) for kind in INVOCATION_ALARMS),
    AlarmKind(
        id="NoCapacity",
        argument="no_capacity_failures",
        description="Requests fail because no copy runs",
        severity=Severity.WARNING,
        metric=NO_CAPACITY_INVOCATION_FAILURES,
        statistic="Sum",
        counts=True,
        # A copy that wakes up takes minutes.
        periods=15,
        datapoints=15,
    ),
    AlarmKind(
        id="CPUUtilization",
        argument="cpu_percent",
        description="The component's virtual CPUs are nearly used up",
        severity=Severity.WARNING,
        metric=COMPONENT_CPU_UTILIZATION,
    ),
    AlarmKind(
        id="MemoryUtilization",
        argument="memory_percent",
        description="The component's memory is nearly used up",
        severity=Severity.WARNING,
        metric=COMPONENT_MEMORY_UTILIZATION,
    ),
    AlarmKind(
        id="GPUUtilization",
        argument="gpu_percent",
        description="The component's GPUs are nearly used up",
        severity=Severity.WARNING,
        metric=COMPONENT_GPU_UTILIZATION,
        applies=_has_gpu,
    ),
    AlarmKind(
        id="GPUMemoryUtilization",
        argument="gpu_memory_percent",
        description="The component's GPU memory is nearly used up",
        severity=Severity.WARNING,
        metric=COMPONENT_GPU_MEMORY_UTILIZATION,
        applies=_has_gpu,
    ),
)
"""What inference components have; shares are of what the component has reserved."""
