"""What callers and operators need of an endpoint, of this app or imported: grants and metrics."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import jsii
from aws_cdk import Resource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from aws_cdk.interfaces.aws_sagemaker import EndpointReference
from constructs import Construct

from . import metrics
from .endpoint_metrics import InstanceInvocationMetrics
from .environment import StackEnvironment
from .metrics import EndpointMetric, MetricOptions, MetricSubject, make_metric
from .tree import place_below
from .variants import DEFAULT_VARIANT_NAME

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2


class _IConnectable:
    """Declares ``aws_ec2.IConnectable`` to jsii without importing the module, which takes 0.2 s."""

    __jsii_type__ = "aws-cdk-lib.aws_ec2.IConnectable"

    @property
    @jsii.member(jsii_name="connections")
    def connections(self) -> None:
        """Only its jsii name is read."""


@jsii.implements(sagemaker.IEndpoint, _IConnectable)
class InferenceEndpoint(Resource):
    """An endpoint, of this app or imported: what callers and operators need of it.

    It is an ``aws_sagemaker.IEndpoint``, so that Step Functions, API Gateway and other CDK code
    take it. Which ``metric_*`` methods there are beside :meth:`metric` depends on what the endpoint
    publishes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        endpoint_arn: str,
        variant_names: Sequence[str],
    ) -> None:
        """Keep what identifies the endpoint; use a subclass or a ``from_*`` method."""
        super().__init__(scope, construct_id)
        place_below(scope, construct_id, self)
        self._endpoint_name = endpoint_name
        self._endpoint_arn = endpoint_arn
        self._variant_names = tuple(variant_names)
        self.security_groups: Sequence[ec2.ISecurityGroup] = []
        self._connections: ec2.Connections | None = None

    @staticmethod
    def from_endpoint_name(
        scope: Construct, construct_id: str, endpoint_name: str
    ) -> "ImportedEndpoint":
        """Import an endpoint of this account and Region.

        :param endpoint_name: its name, in the case in which it was created.
        """
        environment = StackEnvironment.of(Stack.of(scope))
        return InferenceEndpoint.from_endpoint_attributes(
            scope,
            construct_id,
            # SageMaker lower-cases names in ARNs, and policies compare with case.
            endpoint_arn=environment.arn("sagemaker", f"endpoint/{endpoint_name.lower()}"),
            endpoint_name=endpoint_name,
        )

    @staticmethod
    def from_endpoint_attributes(
        scope: Construct,
        construct_id: str,
        *,
        endpoint_arn: str,
        endpoint_name: str | None = None,
        variant_names: Sequence[str] = (DEFAULT_VARIANT_NAME,),
        security_groups: "Sequence[ec2.ISecurityGroup] | None" = None,
    ) -> "ImportedEndpoint":
        """Import an endpoint, also of another account or Region.

        :param endpoint_arn: its ARN.
        :param endpoint_name: its name in the case in which it was created, if that is not lower
            case. Default: the ARN's last part.
        :param variant_names: names of its production variants, for metrics. Default:
            ``AllTraffic``.
        :param security_groups: its groups, for ``connections``. Default: not known.
        """
        endpoint = ImportedEndpoint(
            scope,
            construct_id,
            endpoint_name=endpoint_arn.rpartition("/")[2]
            if endpoint_name is None
            else endpoint_name,
            endpoint_arn=endpoint_arn,
            variant_names=variant_names,
        )
        if security_groups is not None:
            endpoint.security_groups = list(security_groups)
        return endpoint

    @property
    def endpoint_name(self) -> str:
        """Name of the endpoint, a literal for endpoints of this library."""
        return self._endpoint_name

    @property
    def endpoint_arn(self) -> str:
        """ARN of the endpoint, with the name in lower case as SageMaker writes it.

        It holds the literal name instead of a reference, so that stacks that use it do not tie the
        endpoint's stack by an export.
        """
        return self._endpoint_arn

    @property
    def endpoint_ref(self) -> EndpointReference:
        """Reference for CDK's generated constructs."""
        return EndpointReference(endpoint_arn=self.endpoint_arn)

    @property
    def variant_names(self) -> Sequence[str]:
        """Names of the production variants."""
        return self._variant_names

    @property
    def connections(self) -> "ec2.Connections":
        """Network rules of the endpoint.

        :raises ValueError: if the endpoint has no security groups.
        """
        if not self.security_groups:
            raise ValueError(
                f"endpoint {self.endpoint_name!r} has no security groups; pass vpc (or "
                "security_groups when importing)"
            )
        if self._connections is None:
            from aws_cdk import aws_ec2 as ec2

            self._connections = ec2.Connections(security_groups=list(self.security_groups))
        return self._connections

    def grant(self, grantee: iam.IGrantable, *actions: str) -> iam.Grant:
        """Grant any actions on this endpoint.

        :param grantee: who is granted.
        :param actions: for example ``"sagemaker:DescribeEndpoint"``.
        """
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=list(actions), resource_arns=[self.endpoint_arn]
        )

    def _grant_invoke_if(
        self, grantee: iam.IGrantable, key: str, values: Sequence[str]
    ) -> iam.Grant:
        """Grant requests of which a condition key matches one of the values."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:InvokeEndpoint"],
            resource_arns=[self.endpoint_arn],
            conditions={"StringLike": {key: list(values)}},
        )

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke the endpoint (``InvokeEndpoint``).

        :param grantee: the caller.
        """
        return self.grant(grantee, "sagemaker:InvokeEndpoint")

    def _metric(
        self, metric: EndpointMetric, variant_name: str | None, options: MetricOptions
    ) -> "cloudwatch.Metric":
        if variant_name is None:
            variant_name = self._variant_names[0]
        elif variant_name not in self._variant_names:
            raise ValueError(
                f"variant_name={variant_name!r}: endpoint {self.endpoint_name!r} has the variants "
                f"{', '.join(map(repr, self._variant_names))}"
            )
        subject = MetricSubject(endpoint_name=self.endpoint_name, variant_name=variant_name)
        return make_metric(metric, metric.dimensions.of(subject), options)

    def metric(
        self,
        metric_name: str,
        *,
        namespace: str = metrics.INVOCATION_NAMESPACE,
        variant_name: str | None = None,
        **options: Unpack[MetricOptions],
    ) -> "cloudwatch.Metric":
        """Any metric of a variant, averaged unless said otherwise.

        :param metric_name: its name in CloudWatch.
        :param namespace: its namespace. Default: ``AWS/SageMaker``.
        :param variant_name: the variant. Default: the first.
        :param options: period, statistic, label, color, region, account.
        """
        return self._metric(
            EndpointMetric(name=metric_name, namespace=namespace, statistic="Average"),
            variant_name,
            options,
        )


def refuse_text(argument: str, names: Sequence[str]) -> None:
    """Refuse text where names are listed: its characters would be taken one by one.

    A grant for ``"a*"`` would be one for everything, which ``*`` stands for.

    :raises ValueError: if it is text.
    """
    if isinstance(names, str):
        raise ValueError(f"{argument}={names!r}: must be a list of names; [{names!r}]")


class StreamingInvocation(InferenceEndpoint):
    """An endpoint that answers at once, if it likes as a stream."""

    def grant_invoke_streaming(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller invoke the endpoint and read the response as a stream.

        SageMaker authorises a streaming call by both actions (Service Authorization Reference;
        runtime API reference, InvokeEndpointWithResponseStream).

        :param grantee: the caller.
        """
        return self.grant(
            grantee, "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"
        )


class ImportedEndpoint(StreamingInvocation, InstanceInvocationMetrics):
    """An endpoint that is not of this app; make one with a ``from_*`` method.

    It has the methods of endpoints on instances. Metrics of other kinds have :meth:`metric`.
    """
