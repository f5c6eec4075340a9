"""SageMaker's CloudWatch metrics: one entry per metric."""

from collections.abc import Mapping
from dataclasses import dataclass
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
class EndpointMetric:
    """A metric with the dimensions ``EndpointName`` and ``VariantName``.

    :param name: its name in CloudWatch.
    :param namespace: its namespace.
    :param statistic: the statistic that means something for it.
    """

    name: str
    namespace: str
    statistic: str


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


def variant_dimensions(endpoint_name: str, variant_name: str) -> dict[str, str]:
    """What CloudWatch tells the metrics of one variant by."""
    return {"EndpointName": endpoint_name, "VariantName": variant_name}


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
    """A metric of the user's, as CloudFormation wants it.

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
