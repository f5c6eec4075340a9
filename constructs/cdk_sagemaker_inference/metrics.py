"""SageMaker's CloudWatch metrics: one entry per metric."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from aws_cdk import Duration
    from aws_cdk import aws_cloudwatch as cloudwatch

INVOCATION_NAMESPACE = "AWS/SageMaker"
INSTANCE_NAMESPACE = "/aws/sagemaker/Endpoints"


class MetricOptions(TypedDict, total=False):
    """What a ``metric_*`` method lets the caller override, as in CDK's ``MetricOptions``.

    ``unit`` is left out: a unit that differs from the published one yields no data.
    """

    period: "Duration"
    statistic: str
    label: str
    color: str
    region: str
    account: str


@dataclass(frozen=True, kw_only=True)
class MetricSubject:
    """What metrics, alarms and scaling policies are about.

    :param endpoint_name: the endpoint.
    :param variant_name: its variant.
    :param component_name: the inference component on it, if it is about one.
    :param instance_type: what the variant runs on, if it has instances.
    """

    endpoint_name: str
    variant_name: str
    component_name: str | None = None
    instance_type: str | None = None

    @property
    def name(self) -> str:
        """How names of alarms and policies begin, a literal."""
        if self.component_name is not None:
            return self.component_name
        return f"{self.endpoint_name}-{self.variant_name}"

    @property
    def short_name(self) -> str:
        """What tells the subject from others of its endpoint."""
        return self.variant_name if self.component_name is None else self.component_name

    @property
    def noun(self) -> str:
        """The subject in a sentence, below its endpoint."""
        if self.component_name is not None:
            return f"inference component {self.component_name}"
        return f"variant {self.variant_name}"


class MetricDimensions(Enum):
    """What CloudWatch tells a metric's series apart by; a wrong set matches no data at all."""

    VARIANT = "EndpointName, VariantName"
    ENDPOINT = "EndpointName"
    COMPONENT = "InferenceComponentName"

    def of(self, subject: MetricSubject) -> dict[str, str]:
        """The dimensions of one subject."""
        match self:
            case MetricDimensions.VARIANT:
                return {"EndpointName": subject.endpoint_name, "VariantName": subject.variant_name}
            case MetricDimensions.ENDPOINT:
                return {"EndpointName": subject.endpoint_name}
            case MetricDimensions.COMPONENT:
                assert subject.component_name is not None  # the tables name it for components only
                return {"InferenceComponentName": subject.component_name}


@dataclass(frozen=True, kw_only=True)
class EndpointMetric:
    """A metric of SageMaker's.

    :param name: its name in CloudWatch.
    :param namespace: its namespace.
    :param statistic: the statistic that means something for it.
    :param dimensions: its dimensions. Default: endpoint and variant.
    """

    name: str
    namespace: str
    statistic: str
    dimensions: MetricDimensions = MetricDimensions.VARIANT


# Developer Guide, monitoring-cloudwatch.
INVOCATIONS = EndpointMetric(name="Invocations", namespace=INVOCATION_NAMESPACE, statistic="Sum")
INVOCATIONS_PER_INSTANCE = EndpointMetric(
    name="InvocationsPerInstance", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
INVOCATION_4XX_ERRORS = EndpointMetric(
    name="Invocation4XXErrors", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
INVOCATION_5XX_ERRORS = EndpointMetric(
    name="Invocation5XXErrors", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
INVOCATION_MODEL_ERRORS = EndpointMetric(
    name="InvocationModelErrors", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
MODEL_LATENCY = EndpointMetric(
    name="ModelLatency", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
OVERHEAD_LATENCY = EndpointMetric(
    name="OverheadLatency", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
CONCURRENT_REQUESTS_PER_MODEL = EndpointMetric(
    name="ConcurrentRequestsPerModel", namespace=INVOCATION_NAMESPACE, statistic="Maximum"
)
CPU_UTILIZATION = EndpointMetric(
    name="CPUUtilization", namespace=INSTANCE_NAMESPACE, statistic="Average"
)
MEMORY_UTILIZATION = EndpointMetric(
    name="MemoryUtilization", namespace=INSTANCE_NAMESPACE, statistic="Average"
)
DISK_UTILIZATION = EndpointMetric(
    name="DiskUtilization", namespace=INSTANCE_NAMESPACE, statistic="Average"
)
GPU_UTILIZATION = EndpointMetric(
    name="GPUUtilization", namespace=INSTANCE_NAMESPACE, statistic="Average"
)
GPU_MEMORY_UTILIZATION = EndpointMetric(
    name="GPUMemoryUtilization", namespace=INSTANCE_NAMESPACE, statistic="Average"
)


# Developer Guide, multi-model-endpoint-cloudwatch-metrics.
MODEL_CACHE_HIT = EndpointMetric(
    name="ModelCacheHit", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
MODEL_LOADING_WAIT_TIME = EndpointMetric(
    name="ModelLoadingWaitTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
MODEL_DOWNLOADING_TIME = EndpointMetric(
    name="ModelDownloadingTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
MODEL_LOADING_TIME = EndpointMetric(
    name="ModelLoadingTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
MODEL_UNLOADING_TIME = EndpointMetric(
    name="ModelUnloadingTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
LOADED_MODEL_COUNT = EndpointMetric(
    name="LoadedModelCount", namespace=INSTANCE_NAMESPACE, statistic="Average"
)
# Developer Guide, serverless-endpoints-monitoring.
MODEL_SETUP_TIME = EndpointMetric(
    name="ModelSetupTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
CONCURRENT_EXECUTIONS_UTILIZATION = EndpointMetric(
    name="ServerlessConcurrentExecutionsUtilization",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
)
PROVISIONED_CONCURRENCY_EXECUTIONS = EndpointMetric(
    name="ServerlessProvisionedConcurrencyExecutions",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
)
PROVISIONED_CONCURRENCY_UTILIZATION = EndpointMetric(
    name="ServerlessProvisionedConcurrencyUtilization",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
)
PROVISIONED_CONCURRENCY_INVOCATIONS = EndpointMetric(
    name="ServerlessProvisionedConcurrencyInvocations",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
)
PROVISIONED_CONCURRENCY_SPILLOVER = EndpointMetric(
    name="ServerlessProvisionedConcurrencySpilloverInvocations",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
)
# Developer Guide, async-inference-monitor.
APPROXIMATE_BACKLOG_SIZE = EndpointMetric(
    name="ApproximateBacklogSize",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
    dimensions=MetricDimensions.ENDPOINT,
)
APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE = EndpointMetric(
    name="ApproximateBacklogSizePerInstance",
    namespace=INVOCATION_NAMESPACE,
    statistic="Average",
    dimensions=MetricDimensions.ENDPOINT,
)
APPROXIMATE_AGE_OF_OLDEST_REQUEST = EndpointMetric(
    name="ApproximateAgeOfOldestRequest",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
    dimensions=MetricDimensions.ENDPOINT,
)
HAS_BACKLOG_WITHOUT_CAPACITY = EndpointMetric(
    name="HasBacklogWithoutCapacity",
    namespace=INVOCATION_NAMESPACE,
    statistic="Average",
    dimensions=MetricDimensions.ENDPOINT,
)
INVOCATION_FAILURES = EndpointMetric(
    name="InvocationFailures", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
INVOCATIONS_PROCESSED = EndpointMetric(
    name="InvocationsProcessed", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
EXPIRED_REQUESTS = EndpointMetric(
    name="ExpiredRequests", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
NOTIFICATION_FAILURES = EndpointMetric(
    name="NotificationFailures", namespace=INVOCATION_NAMESPACE, statistic="Sum"
)
TIME_IN_BACKLOG = EndpointMetric(
    name="TimeInBacklog", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
TOTAL_PROCESSING_TIME = EndpointMetric(
    name="TotalProcessingTime", namespace=INVOCATION_NAMESPACE, statistic="Average"
)
# Developer Guide, endpoint-auto-scaling-zero-instances.
NO_CAPACITY_INVOCATION_FAILURES = EndpointMetric(
    name="NoCapacityInvocationFailures",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
    dimensions=MetricDimensions.COMPONENT,
)


COMPONENT_NAMESPACE = "/aws/sagemaker/InferenceComponents"


def of_component(metric: EndpointMetric) -> EndpointMetric:
    """The same metric, counted per inference component (Developer Guide, monitoring-cloudwatch)."""
    return replace(metric, dimensions=MetricDimensions.COMPONENT)


def _component_utilization(name: str) -> EndpointMetric:
    return EndpointMetric(
        name=name,
        namespace=COMPONENT_NAMESPACE,
        statistic="Average",
        dimensions=MetricDimensions.COMPONENT,
    )


# Developer Guide, monitoring-cloudwatch: percent of what the component has reserved.
COMPONENT_CPU_UTILIZATION = _component_utilization("CPUUtilizationNormalized")
COMPONENT_MEMORY_UTILIZATION = _component_utilization("MemoryUtilizationNormalized")
COMPONENT_GPU_UTILIZATION = _component_utilization("GPUUtilizationNormalized")
COMPONENT_GPU_MEMORY_UTILIZATION = _component_utilization("GPUMemoryUtilizationNormalized")
INVOCATIONS_PER_COPY = EndpointMetric(
    name="InvocationsPerCopy",
    namespace=INVOCATION_NAMESPACE,
    statistic="Sum",
    dimensions=MetricDimensions.COMPONENT,
)
CONCURRENT_REQUESTS_PER_COPY = EndpointMetric(
    name="ConcurrentRequestsPerCopy",
    namespace=INVOCATION_NAMESPACE,
    statistic="Maximum",
    dimensions=MetricDimensions.COMPONENT,
)


def make_metric(
    metric: EndpointMetric, dimensions: Mapping[str, str], options: MetricOptions
) -> "cloudwatch.Metric":
    """Make CDK's metric; ``options`` win over the metric's own statistic."""
    from aws_cdk import aws_cloudwatch as cloudwatch

    return cloudwatch.Metric(
        namespace=metric.namespace,
        metric_name=metric.name,
        dimensions_map=dict(dimensions),
        **MetricOptions(statistic=metric.statistic) | options,
    )


@dataclass(frozen=True, kw_only=True)
class MetricStat:
    """A metric as CloudFormation wants it.

    :param period_seconds: length of one datapoint.
    """

    namespace: str
    name: str
    statistic: str
    period_seconds: float
    dimensions: Mapping[str, str]


def metric_stat(metric: "cloudwatch.Metric") -> MetricStat:
    """Read a metric of the user's with one call, and its period with another."""
    stat = metric.to_metric_config().metric_stat
    if stat is None:
        raise ValueError(f"metric {metric.metric_name!r} has no statistic")
    dimensions = stat.dimensions
    return MetricStat(
        namespace=stat.namespace,
        name=stat.metric_name,
        statistic=stat.statistic,
        period_seconds=stat.period.to_seconds(),
        dimensions={}
        if dimensions is None
        else {dimension.name: dimension.value for dimension in dimensions},
    )
