"""A dashboard of an endpoint: one row per variant, with what its kind publishes."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from . import instances, metrics
from .metrics import EndpointMetric, MetricSubject, make_metric, of_component
from .request import EndpointRequest, EndpointType
from .variants import EndpointVariant, FleetVariant

if TYPE_CHECKING:
    from .alarms import EndpointAlarm

WIDGET_WIDTH = 4
WIDGET_HEIGHT = 6
FULL_WIDTH = 24

_Series = cloudwatch.Metric | cloudwatch.MathExpression


def add_endpoint_rows(
    dashboard: cloudwatch.Dashboard,
    request: EndpointRequest,
    alarms: "Sequence[EndpointAlarm]",
) -> None:
    """Add a title, the alarms' states and a row for each variant.

    Metrics name no Region: the dashboard shows those of the Region that it is deployed in.
    """
    add_title(dashboard, f"# {request.naming.endpoint_name}")
    if alarms:
        dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                title="Alarms", alarms=[alarm.alarm for alarm in alarms], width=FULL_WIDTH, height=4
            )
        )
    for variant in request.all_variants:
        add_title(dashboard, f"## {variant.name}")
        series = Series(request.subject(variant))
        dashboard.add_widgets(*_ROWS[request.type](series, variant))


def add_component_row(dashboard: cloudwatch.Dashboard, subject: MetricSubject) -> None:
    """Add a row for an inference component."""
    add_title(dashboard, f"### {subject.name}")
    series = Series(subject)
    utilization = [
        series.metric(metrics.COMPONENT_CPU_UTILIZATION, "CPU"),
        series.metric(metrics.COMPONENT_MEMORY_UTILIZATION, "memory"),
    ]
    if instances.gpus(subject.instance_type):
        utilization += [
            series.metric(metrics.COMPONENT_GPU_UTILIZATION, "GPU"),
            series.metric(metrics.COMPONENT_GPU_MEMORY_UTILIZATION, "GPU memory"),
        ]
    dashboard.add_widgets(
        *_invocations(series, of_component),
        graph(
            "Requests of a copy",
            [
                series.metric(metrics.INVOCATIONS_PER_COPY, "per minute"),
                series.metric(metrics.CONCURRENT_REQUESTS_PER_COPY, "at the same time"),
            ],
        ),
        graph("Use of what is reserved in percent", utilization, percent=True),
        graph(
            "Requests without a copy",
            [series.metric(metrics.NO_CAPACITY_INVOCATION_FAILURES, "failed", "Sum")],
        ),
    )


def add_title(dashboard: cloudwatch.Dashboard, markdown: str) -> None:
    """Add a line of text."""
    dashboard.add_widgets(cloudwatch.TextWidget(markdown=markdown, width=FULL_WIDTH, height=1))


class Series:
    """What of one subject is drawn, minute by minute."""

    def __init__(self, subject: MetricSubject) -> None:
        """Keep the subject."""
        self._subject = subject
        self._minute = Duration.minutes(1)

    def metric(
        self, spec: EndpointMetric, label: str, statistic: str | None = None
    ) -> cloudwatch.Metric:
        """A metric as it is."""
        return make_metric(
            spec,
            spec.dimensions.of(self._subject),
            {
                "statistic": spec.statistic if statistic is None else statistic,
                "label": label,
                "period": self._minute,
            },
        )

    def math(
        self, expression: str, label: str, **metrics_by_id: cloudwatch.Metric
    ) -> cloudwatch.MathExpression:
        """A metric in another unit, or of several."""
        return cloudwatch.MathExpression(
            expression=expression, using_metrics=metrics_by_id, label=label, period=self._minute
        )

    def millis(
        self, spec: EndpointMetric, id: str, label: str, statistic: str | None = None
    ) -> cloudwatch.MathExpression:
        """A metric of microseconds in milliseconds."""
        return self.math(
            f"{id} / 1000",
            label,
            **{id: self.metric(spec, label if statistic is None else statistic, statistic)},
        )

    def percent(self, spec: EndpointMetric, id: str, label: str) -> cloudwatch.MathExpression:
        """A metric that is a fraction in percent."""
        return self.math(f"100 * {id}", label, **{id: self.metric(spec, label)})


def _invocations(
    series: Series, of: Callable[[EndpointMetric], EndpointMetric] = lambda metric: metric
) -> list[cloudwatch.IWidget]:
    requests = series.metric(of(metrics.INVOCATIONS), "requests")
    latencies = [
        series.millis(
            of(metrics.MODEL_LATENCY), f"model_{percentile}", f"model {percentile}", percentile
        )
        for percentile in ("p50", "p90", "p99")
    ]
    latencies.append(series.millis(of(metrics.OVERHEAD_LATENCY), "overhead", "overhead"))
    errors = [
        series.math(
            f"100 * errors_{code} / requests",
            code.upper(),
            **{f"errors_{code}": series.metric(of(spec), code), "requests": requests},
        )
        for code, spec in (
            ("4xx", metrics.INVOCATION_4XX_ERRORS),
            ("5xx", metrics.INVOCATION_5XX_ERRORS),
        )
    ]
    return [
        graph("Requests per minute", [requests]),
        graph("Latency in milliseconds", latencies),
        graph("Errors in percent of requests", errors, percent=True),
    ]


def _instances(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    processors: list[_Series] = []
    vcpus = instances.vcpus(variant.type_of_instance)
    if vcpus is not None:
        cpu = series.metric(metrics.CPU_UTILIZATION, "CPU")
        processors.append(series.math(f"cpu / {vcpus}", "CPU", cpu=cpu))
    gpus = instances.gpus(variant.type_of_instance)
    if gpus:
        gpu = series.metric(metrics.GPU_UTILIZATION, "GPU")
        gpu_memory = series.metric(metrics.GPU_MEMORY_UTILIZATION, "GPU memory")
        processors.append(series.math(f"gpu / {gpus}", "GPU", gpu=gpu))
        processors.append(series.math(f"gpu_memory / {gpus}", "GPU memory", gpu_memory=gpu_memory))
    bounds: dict[str, int] = {}
    if variant.scaling is not None:
        bounds = {"min": variant.scaling.min_capacity, "max": variant.scaling.max_capacity}
    elif isinstance(variant, FleetVariant) and len(variant.counts) > 1:
        bounds = {"min": variant.counts[0], "max": variant.counts[-1]}
    return [
        graph("Processors in percent", processors, percent=True),
        graph(
            "Memory and disk in percent",
            [
                series.metric(metrics.MEMORY_UTILIZATION, "memory"),
                series.metric(metrics.DISK_UTILIZATION, "disk"),
            ],
            percent=True,
        ),
        graph(
            "Instances",
            # Each instance sends one datapoint a minute.
            [series.metric(metrics.CPU_UTILIZATION, "instances", "SampleCount")],
            bounds=bounds,
        ),
    ]


def _realtime_row(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    return [*_invocations(series), *_instances(series, variant)]


def _multi_model_row(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    return [
        *_realtime_row(series, variant),
        graph(
            "Model cache hits in percent",
            [series.percent(metrics.MODEL_CACHE_HIT, "hits", "cache hits")],
            percent=True,
        ),
        graph(
            "Loaded models",
            [series.metric(metrics.LOADED_MODEL_COUNT, "models of an instance")],
        ),
        graph(
            "Loading in milliseconds",
            [
                series.millis(metrics.MODEL_LOADING_WAIT_TIME, "waiting", "waiting"),
                series.millis(metrics.MODEL_DOWNLOADING_TIME, "downloading", "downloading"),
                series.millis(metrics.MODEL_LOADING_TIME, "loading", "loading"),
            ],
        ),
    ]


def _serverless_row(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    return [
        *_invocations(series),
        graph(
            "Cold starts in milliseconds",
            [series.millis(metrics.MODEL_SETUP_TIME, "setup", "set-up")],
        ),
        graph(
            "Concurrency in percent",
            [
                series.percent(metrics.CONCURRENT_EXECUTIONS_UTILIZATION, "used", "in use"),
                series.percent(
                    metrics.PROVISIONED_CONCURRENCY_UTILIZATION, "warm", "provisioned in use"
                ),
            ],
            percent=True,
        ),
        graph(
            "Memory in percent",
            [series.metric(metrics.MEMORY_UTILIZATION, "memory")],
            percent=True,
        ),
    ]


def _async_row(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    return [
        graph(
            "Requests per minute",
            [
                series.metric(metrics.INVOCATIONS_PROCESSED, "processed"),
                series.metric(metrics.INVOCATION_FAILURES, "failed"),
                series.metric(metrics.EXPIRED_REQUESTS, "expired"),
            ],
        ),
        graph(
            "Backlog",
            [
                series.metric(metrics.APPROXIMATE_BACKLOG_SIZE, "requests"),
                series.metric(metrics.APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE, "per instance"),
            ],
        ),
        graph(
            "Oldest request in seconds",
            [series.metric(metrics.APPROXIMATE_AGE_OF_OLDEST_REQUEST, "age")],
        ),
        *_instances(series, variant),
    ]


def _components_row(series: Series, variant: EndpointVariant) -> list[cloudwatch.IWidget]:
    return _instances(series, variant)


_ROWS: Mapping[EndpointType, Callable[[Series, EndpointVariant], list[cloudwatch.IWidget]]] = {
    EndpointType.REALTIME: _realtime_row,
    EndpointType.SERVERLESS: _serverless_row,
    EndpointType.ASYNC: _async_row,
    EndpointType.MULTI_MODEL: _multi_model_row,
    EndpointType.COMPONENTS: _components_row,
}


def graph(
    title: str,
    left: Sequence[_Series],
    *,
    percent: bool = False,
    bounds: Mapping[str, int] | None = None,
) -> cloudwatch.IWidget:
    """A graph of some series, from zero."""
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
