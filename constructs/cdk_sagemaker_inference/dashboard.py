"""A dashboard of an endpoint: one row per variant."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from . import instances, metrics
from .metrics import EndpointMetric
from .variants import InstanceVariant

if TYPE_CHECKING:
    from .alarms import EndpointAlarm
    from .endpoint import DeployedEndpoint

WIDGET_WIDTH = 4
WIDGET_HEIGHT = 6


def add_endpoint_rows(
    dashboard: cloudwatch.Dashboard,
    endpoint: "DeployedEndpoint",
    variants: Sequence[InstanceVariant],
    alarms: "Sequence[EndpointAlarm]",
) -> None:
    """Add a title, the alarms' states and a row for each variant.

    Metrics name no Region: the dashboard shows those of the Region that it is deployed in.
    """
    dashboard.add_widgets(
        cloudwatch.TextWidget(markdown=f"# {endpoint.endpoint_name}", width=24, height=1)
    )
    if alarms:
        dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title="Alarms", alarms=[alarm.alarm for alarm in alarms], width=24, height=4
            )
        )
    for variant in variants:
        dashboard.add_widgets(
            cloudwatch.TextWidget(markdown=f"## {variant.name}", width=24, height=1)
        )
        dashboard.add_widgets(*_row(endpoint, variant))


def _row(endpoint: "DeployedEndpoint", variant: InstanceVariant) -> list[cloudwatch.IWidget]:
    minute = Duration.minutes(1)

    def metric(spec: EndpointMetric, label: str, statistic: str | None = None) -> cloudwatch.Metric:
        return endpoint.metric(
            spec.name,
            namespace=spec.namespace,
            variant_name=variant.name,
            statistic=spec.statistic if statistic is None else statistic,
            label=label,
            period=minute,
        )

    def math(
        expression: str, label: str, **metrics_by_id: cloudwatch.Metric
    ) -> cloudwatch.MathExpression:
        return cloudwatch.MathExpression(
            expression=expression, using_metrics=metrics_by_id, label=label, period=minute
        )

    requests = metric(metrics.INVOCATIONS, "requests")
    latencies = [
        math(
            f"model_{percentile} / 1000",
            f"model {percentile}",
            **{f"model_{percentile}": metric(metrics.MODEL_LATENCY, percentile, percentile)},
        )
        for percentile in ("p50", "p90", "p99")
    ]
    latencies.append(
        math("overhead / 1000", "overhead", overhead=metric(metrics.OVERHEAD_LATENCY, "overhead"))
    )
    errors = [
        math(
            f"100 * errors_{code} / requests",
            f"{code.upper()}",
            **{f"errors_{code}": metric(spec, code), "requests": requests},
        )
        for code, spec in (
            ("4xx", metrics.INVOCATION_4XX_ERRORS),
            ("5xx", metrics.INVOCATION_5XX_ERRORS),
        )
    ]
    processors = []
    vcpus = instances.vcpus(variant.instance_type)
    if vcpus is not None:
        cpu = metric(metrics.CPU_UTILIZATION, "CPU")
        processors.append(math(f"cpu / {vcpus}", "CPU", cpu=cpu))
    gpus = instances.gpus(variant.instance_type)
    if gpus:
        gpu = metric(metrics.GPU_UTILIZATION, "GPU")
        gpu_memory = metric(metrics.GPU_MEMORY_UTILIZATION, "GPU memory")
        processors.append(math(f"gpu / {gpus}", "GPU", gpu=gpu))
        processors.append(math(f"gpu_memory / {gpus}", "GPU memory", gpu_memory=gpu_memory))
    return [
        _graph("Requests per minute", [requests]),
        _graph("Latency in milliseconds", latencies),
        _graph("Errors in percent of requests", errors, percent=True),
        _graph("Processors in percent", processors, percent=True),
        _graph(
            "Memory and disk in percent",
            [
                metric(metrics.MEMORY_UTILIZATION, "memory"),
                metric(metrics.DISK_UTILIZATION, "disk"),
            ],
            percent=True,
        ),
        _graph(
            "Instances",
            # Each instance sends one datapoint a minute.
            [metric(metrics.CPU_UTILIZATION, "instances", "SampleCount")],
            bounds={}
            if variant.scaling is None
            else {"min": variant.scaling.min_capacity, "max": variant.scaling.max_capacity},
        ),
    ]


def _graph(
    title: str,
    left: Sequence[cloudwatch.Metric | cloudwatch.MathExpression],
    *,
    percent: bool = False,
    bounds: Mapping[str, int] | None = None,
) -> cloudwatch.IWidget:
    axis = cloudwatch.YAxisProps(min=0, max=100 if percent else None, show_units=False)
    annotations = [
        cloudwatch.HorizontalAnnotation(value=value, label=label)
        for label, value in (bounds or {}).items()
    ]
    return cast(
        cloudwatch.IWidget,
        cloudwatch.GraphWidget(
            title=title,
            left=cast(Sequence[cloudwatch.IMetric], left),
            left_y_axis=axis,
            left_annotations=annotations or None,
            width=WIDGET_WIDTH,
            height=WIDGET_HEIGHT,
        ),
    )
