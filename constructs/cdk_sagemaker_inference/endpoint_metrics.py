"""``metric_*`` methods, by what an endpoint publishes."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Unpack

from . import metrics
from .metrics import EndpointMetric, MetricOptions

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch


class _Metrics:
    """What the methods below need of an endpoint."""

    @abstractmethod
    def _metric(
        self, metric: EndpointMetric, variant_name: str | None, options: MetricOptions
    ) -> "cloudwatch.Metric":
        """Make a metric of a variant, by default of the first."""


class InvocationMetrics(_Metrics):
    """Metrics of endpoints that answer at once."""

    def metric_invocations(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests. Default statistic: sum."""
        return self._metric(metrics.INVOCATIONS, variant_name, options)

    def metric_invocation_4xx_errors(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests answered with a 4XX code. Default statistic: sum; the average is a fraction."""
        return self._metric(metrics.INVOCATION_4XX_ERRORS, variant_name, options)

    def metric_invocation_5xx_errors(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests answered with a 5XX code. Default statistic: sum; the average is a fraction."""
        return self._metric(metrics.INVOCATION_5XX_ERRORS, variant_name, options)

    def metric_invocation_model_errors(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests to which the container gave no 2XX answer. Default statistic: sum."""
        return self._metric(metrics.INVOCATION_MODEL_ERRORS, variant_name, options)

    def metric_model_latency(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time that the containers take, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_LATENCY, variant_name, options)

    def metric_overhead_latency(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time that SageMaker adds, in microseconds. Default statistic: average."""
        return self._metric(metrics.OVERHEAD_LATENCY, variant_name, options)


class InstanceMetrics(_Metrics):
    """Metrics of the instances."""

    def metric_cpu_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """CPU in use, 100 per core. Default statistic: average."""
        return self._metric(metrics.CPU_UTILIZATION, variant_name, options)

    def metric_memory_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Memory in use, in percent. Default statistic: average."""
        return self._metric(metrics.MEMORY_UTILIZATION, variant_name, options)

    def metric_disk_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Disk in use, in percent. Default statistic: average."""
        return self._metric(metrics.DISK_UTILIZATION, variant_name, options)

    def metric_gpu_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """GPU in use, 100 per GPU. Default statistic: average."""
        return self._metric(metrics.GPU_UTILIZATION, variant_name, options)

    def metric_gpu_memory_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """GPU memory in use, 100 per GPU. Default statistic: average."""
        return self._metric(metrics.GPU_MEMORY_UTILIZATION, variant_name, options)


class InstanceInvocationMetrics(InvocationMetrics, InstanceMetrics):
    """Metrics of instances that answer at once."""

    def metric_invocations_per_instance(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests per instance. Default statistic: sum, the only one with a meaning."""
        return self._metric(metrics.INVOCATIONS_PER_INSTANCE, variant_name, options)

    def metric_concurrent_requests_per_model(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests in the containers and in their queues. Default statistic: maximum."""
        return self._metric(metrics.CONCURRENT_REQUESTS_PER_MODEL, variant_name, options)


class ServerlessMetrics(InvocationMetrics):
    """Metrics of serverless endpoints (Developer Guide, serverless-endpoints-monitoring)."""

    def metric_model_setup_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time to start an execution, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_SETUP_TIME, variant_name, options)

    def metric_memory_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Memory in use, in percent. Default statistic: average."""
        return self._metric(metrics.MEMORY_UTILIZATION, variant_name, options)

    def metric_concurrent_executions_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Share of the concurrency in use, a fraction. Default statistic: maximum."""
        return self._metric(metrics.CONCURRENT_EXECUTIONS_UTILIZATION, variant_name, options)

    def metric_provisioned_concurrency_executions(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Warm executions in use. Default statistic: maximum."""
        return self._metric(metrics.PROVISIONED_CONCURRENCY_EXECUTIONS, variant_name, options)

    def metric_provisioned_concurrency_utilization(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Share of the warm executions in use, a fraction. Default statistic: maximum."""
        return self._metric(metrics.PROVISIONED_CONCURRENCY_UTILIZATION, variant_name, options)

    def metric_provisioned_concurrency_invocations(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that found a warm execution. Default statistic: maximum."""
        return self._metric(metrics.PROVISIONED_CONCURRENCY_INVOCATIONS, variant_name, options)

    def metric_provisioned_concurrency_spillover(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that found no warm execution. Default statistic: maximum."""
        return self._metric(metrics.PROVISIONED_CONCURRENCY_SPILLOVER, variant_name, options)


class AsyncMetrics(InstanceMetrics):
    """Metrics of asynchronous endpoints (Developer Guide, async-inference-monitor).

    Those of the backlog are of the whole endpoint: they have no variant.
    """

    def metric_approximate_backlog_size(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that wait or are in work. Default statistic: maximum."""
        return self._metric(metrics.APPROXIMATE_BACKLOG_SIZE, None, options)

    def metric_approximate_backlog_size_per_instance(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """The same, per instance. Default statistic: average."""
        return self._metric(metrics.APPROXIMATE_BACKLOG_SIZE_PER_INSTANCE, None, options)

    def metric_approximate_age_of_oldest_request(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Age of the oldest request, in seconds. Default statistic: maximum."""
        return self._metric(metrics.APPROXIMATE_AGE_OF_OLDEST_REQUEST, None, options)

    def metric_has_backlog_without_capacity(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """1 while requests wait and there is no instance. Default statistic: average."""
        return self._metric(metrics.HAS_BACKLOG_WITHOUT_CAPACITY, None, options)

    def metric_invocation_failures(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that failed. Default statistic: sum."""
        return self._metric(metrics.INVOCATION_FAILURES, variant_name, options)

    def metric_invocations_processed(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that were worked on. Default statistic: sum."""
        return self._metric(metrics.INVOCATIONS_PROCESSED, variant_name, options)

    def metric_expired_requests(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests that expired while they waited. Default statistic: sum."""
        return self._metric(metrics.EXPIRED_REQUESTS, variant_name, options)

    def metric_notification_failures(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Results that could not be announced. Default statistic: sum."""
        return self._metric(metrics.NOTIFICATION_FAILURES, variant_name, options)

    def metric_time_in_backlog(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time that requests wait, in milliseconds. Default statistic: average."""
        return self._metric(metrics.TIME_IN_BACKLOG, variant_name, options)

    def metric_total_processing_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time from request to result, in milliseconds. Default statistic: average."""
        return self._metric(metrics.TOTAL_PROCESSING_TIME, variant_name, options)


class MultiModelMetrics(InstanceInvocationMetrics):
    """Metrics of multi-model endpoints (Developer Guide,
    multi-model-endpoint-cloudwatch-metrics).
    """

    def metric_model_cache_hit(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Share of requests whose model was loaded, a fraction. Default statistic: average."""
        return self._metric(metrics.MODEL_CACHE_HIT, variant_name, options)

    def metric_model_loading_wait_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time that requests wait for their model, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_LOADING_WAIT_TIME, variant_name, options)

    def metric_model_downloading_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time to download a model, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_DOWNLOADING_TIME, variant_name, options)

    def metric_model_loading_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time to load a model, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_LOADING_TIME, variant_name, options)

    def metric_model_unloading_time(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Time to unload a model, in microseconds. Default statistic: average."""
        return self._metric(metrics.MODEL_UNLOADING_TIME, variant_name, options)

    def metric_loaded_model_count(
        self, *, variant_name: str | None = None, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Models in the memory of the instances. Default statistic: average."""
        return self._metric(metrics.LOADED_MODEL_COUNT, variant_name, options)
