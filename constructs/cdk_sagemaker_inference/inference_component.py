"""``InferenceComponent``: a model among others on the instances of one endpoint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

from aws_cdk import Resource
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from . import metrics
from .alarms import EndpointAlarm
from .metrics import EndpointMetric, MetricOptions, MetricSubject, make_metric, of_component

if TYPE_CHECKING:
    from aws_cdk import aws_applicationautoscaling as appscaling
    from aws_cdk import aws_cloudwatch as cloudwatch


class InferenceComponent(Resource):
    """A model that :meth:`InferenceComponentEndpoint.add_model` added to an endpoint.

    Callers name it as ``InferenceComponentName``. Everything made is a public attribute:

    * ``component_name``: its name, a literal;
    * ``cfn_model``, ``cfn_inference_component``: its resources;
    * ``alarms``: the alarms that the library made;
    * ``cfn_scalable_target``: what autoscaling scales, or ``None``.
    """

    cfn_model: sagemaker.CfnModel
    cfn_inference_component: sagemaker.CfnInferenceComponent
    alarms: Sequence[EndpointAlarm]
    cfn_scalable_target: "appscaling.CfnScalableTarget | None"

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        subject: MetricSubject,
        endpoint_arn: str,
        component_arn: str,
    ) -> None:
        """Keep what identifies the component; the endpoint emits what it consists of."""
        super().__init__(scope, construct_id)
        self._subject = subject
        self._endpoint_arn = endpoint_arn
        self._component_arn = component_arn

    @property
    def component_name(self) -> str:
        """Its name, a literal."""
        return self._subject.name

    @property
    def component_arn(self) -> str:
        """Its ARN, with the literal name."""
        return self._component_arn

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke this component of the endpoint, and no other.

        :param grantee: the caller.
        """
        return self._grant(grantee, "sagemaker:InvokeEndpoint")

    def grant_invoke_streaming(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke this component, and no other, and read the response as a stream.

        :param grantee: the caller.
        """
        return self._grant(
            grantee, "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"
        )

    def _grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            # Both are asked for (Service Authorization Reference).
            resource_arns=[self._endpoint_arn, self._component_arn],
        )

    def _metric(self, metric: EndpointMetric, options: MetricOptions) -> "cloudwatch.Metric":
        return make_metric(metric, metric.dimensions.of(self._subject), options)

    def metric(
        self,
        metric_name: str,
        *,
        namespace: str = metrics.INVOCATION_NAMESPACE,
        **options: Unpack[MetricOptions],
    ) -> "cloudwatch.Metric":
        """Any metric of the component, averaged unless said otherwise.

        :param metric_name: its name in CloudWatch.
        :param namespace: its namespace. Default: ``AWS/SageMaker``.
        :param options: period, statistic, label, color, region, account.
        """
        metric = EndpointMetric(name=metric_name, namespace=namespace, statistic="Average")
        return self._metric(of_component(metric), options)

    def metric_invocations(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Requests. Default statistic: sum."""
        return self._metric(of_component(metrics.INVOCATIONS), options)

    def metric_invocations_per_copy(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Requests per copy. Default statistic: sum, the only one with a meaning."""
        return self._metric(metrics.INVOCATIONS_PER_COPY, options)

    def metric_concurrent_requests_per_copy(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """Requests in a copy and its queue. Default statistic: maximum."""
        return self._metric(metrics.CONCURRENT_REQUESTS_PER_COPY, options)

    def metric_invocation_4xx_errors(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Requests answered with a 4XX code. Default statistic: sum; the average is a fraction."""
        return self._metric(of_component(metrics.INVOCATION_4XX_ERRORS), options)

    def metric_invocation_5xx_errors(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Requests answered with a 5XX code. Default statistic: sum; the average is a fraction."""
        return self._metric(of_component(metrics.INVOCATION_5XX_ERRORS), options)

    def metric_no_capacity_failures(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Requests that failed because no copy runs. Default statistic: maximum."""
        return self._metric(metrics.NO_CAPACITY_INVOCATION_FAILURES, options)

    def metric_model_latency(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Time that the container takes, in microseconds. Default statistic: average."""
        return self._metric(of_component(metrics.MODEL_LATENCY), options)

    def metric_overhead_latency(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Time that SageMaker adds, in microseconds. Default statistic: average."""
        return self._metric(of_component(metrics.OVERHEAD_LATENCY), options)

    def metric_cpu_utilization(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """CPU in use, in percent of what is reserved. Default statistic: average."""
        return self._metric(metrics.COMPONENT_CPU_UTILIZATION, options)

    def metric_memory_utilization(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """Memory in use, in percent of what is reserved. Default statistic: average."""
        return self._metric(metrics.COMPONENT_MEMORY_UTILIZATION, options)

    def metric_gpu_utilization(self, **options: Unpack[MetricOptions]) -> "cloudwatch.Metric":
        """GPUs in use, in percent of what is reserved. Default statistic: average."""
        return self._metric(metrics.COMPONENT_GPU_UTILIZATION, options)

    def metric_gpu_memory_utilization(
        self, **options: Unpack[MetricOptions]
    ) -> "cloudwatch.Metric":
        """GPU memory in use, in percent of what is reserved. Default statistic: average."""
        return self._metric(metrics.COMPONENT_GPU_MEMORY_UTILIZATION, options)
