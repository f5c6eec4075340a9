"""``AsyncEndpoint``: requests that wait in a queue, for large inputs and long answers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from .alarms import AsyncAlarms
from .async_inference import AsyncInference, NotificationTopic
from .deployment import DeploymentPolicy
from .endpoint import DeployedEndpoint
from .endpoint_metrics import AsyncMetrics
from .model import ModelDefinition
from .naming import NamingScheme
from .request import EndpointRequest, EndpointType
from .scaling import AsyncScaling
from .storage import S3Prefix
from .variants import InstanceVariant

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

DEFAULT_ALARMS = AsyncAlarms()
"""All alarms, with nobody to tell."""


class AsyncEndpoint(DeployedEndpoint, AsyncMetrics):
    """An asynchronous endpoint: up to 1 GB in, up to an hour to answer, no instances at night.

    The caller puts a request into S3 and names it to the endpoint; the answer comes to S3, and to a
    topic. It has one variant; SageMaker offers it no shadow and no data capture (Developer Guide,
    model-deploy-feature-matrix), so that there are no arguments for them.

    Example::

        scoring = AsyncEndpoint(
            self,
            "Scoring",
            naming=Naming(team="rc", project="project-a", model="scoring"),
            model=container,
            input=S3Prefix(bucket=bucket, prefix="scoring/requests"),
            output=S3Prefix(bucket=bucket, prefix="scoring/results"),
            error_topic=True,
            scaling=AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
        )
        scoring.grant_invoke(caller)
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        model: ModelDefinition,
        input: S3Prefix,
        output: S3Prefix,
        failures: S3Prefix | None = None,
        success_topic: "sns.ITopic | sns.Topic | bool | None" = False,
        error_topic: "sns.ITopic | sns.Topic | bool | None" = False,
        include_inference_response_in: Sequence[NotificationTopic] = (),
        max_concurrent_invocations_per_instance: int | None = None,
        instance_type: str | None = None,
        instance_count: int | None = None,
        volume_size: "Size | None" = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        model_data_download_timeout: "Duration | None" = None,
        container_startup_health_check_timeout: "Duration | None" = None,
        scaling: AsyncScaling | None = None,
        deployment: DeploymentPolicy | None = None,
        alarms: AsyncAlarms | None = DEFAULT_ALARMS,
        dashboard: "cloudwatch.Dashboard | bool | None" = False,
        vpc: "ec2.IVpc | None" = None,
        vpc_subnets: "ec2.SubnetSelection | None" = None,
        security_groups: "Sequence[ec2.ISecurityGroup] | None" = None,
        enable_network_isolation: bool = False,
        role: "iam.IRole | iam.Role | None" = None,
        attach_execution_policy: bool = True,
        outputs: bool = False,
    ) -> None:
        """Make an endpoint and all that it needs.

        :param naming: names and tags, a :class:`Naming` or a scheme of your own.
        :param model: what runs: a :class:`Container` or a :class:`ModelPackage`.
        :param input: where requests are put; the role may read there and nowhere else.
        :param output: where answers are written, in ``<prefix>/<request>.out``. Its
            ``encryption_key`` encrypts them.
        :param failures: where errors are written. Default: nowhere, they are only in the logs and
            in ``error_topic``'s messages.
        :param success_topic: SNS topic that hears of answers; true makes one, which only takes TLS
            and is encrypted with AWS's key. Default: none.
        :param error_topic: SNS topic that hears of errors, likewise. Default: none.
        :param include_inference_response_in: topics whose messages hold the answer itself, if it
            has 128 KB at most (API reference, AsyncInferenceNotificationConfig). Default: none.
        :param max_concurrent_invocations_per_instance: requests that a container works on at the
            same time, 1 to 1000. Default: SageMaker's choice.
        :param instance_type: for example ``ml.g5.xlarge``; CDK checks it against CloudFormation's
            list at synth. Default: ``ml.m5.xlarge``.
        :param instance_count: instances to begin with, from 1. Default: the lower bound of
            ``scaling``, or 1.
        :param volume_size: size of each instance's volume, 1 to 512 GiB; refused for instances with
            local storage (API reference, ProductionVariant). Default: SageMaker's choice.
        :param encryption_key: customer managed KMS key of the volumes. Default: a key of AWS's.
        :param model_data_download_timeout: time to download the artifact to one instance, 60 to
            3600 seconds. Default: SageMaker's, which depends on the artifact.
        :param container_startup_health_check_timeout: time for the container to answer ``/ping``,
            60 to 3600 seconds. Default: SageMaker's.
        :param scaling: autoscaling, to zero if you like. Updates then keep the number of instances
            that autoscaling chose (``RetainAllVariantProperties``). Default: none.
        :param deployment: how updates reach the requests and what rolls them back,
            :class:`BlueGreen` or :class:`Rolling`. Default: SageMaker's, all at once without
            rollback.
        :param alarms: thresholds and actions. Default: all alarms, with no action. ``None``: none.
        :param dashboard: true makes one, and a ``cloudwatch.Dashboard`` of yours is added to.
            Default: false.
        :param vpc: VPC that the containers' network interfaces are in. Default: none, the
            containers reach the internet through SageMaker's network.
        :param vpc_subnets: which subnets of ``vpc``, 1 to 16. Default: its private subnets, else
            its isolated ones, as CDK chooses.
        :param security_groups: 1 to 5 groups. Default: a group of the endpoint's own that lets
            nothing in, and HTTPS out only if artifact or image come through the VPC.
        :param enable_network_isolation: containers make and take no network calls but SageMaker's.
            Default: false.
        :param role: execution role, which must trust ``sagemaker.amazonaws.com``. Default: a role
            of the endpoint's own, with nothing but the permissions that this request needs.
        :param attach_execution_policy: gives ``role`` these permissions in a customer managed
            policy. False leaves a role of yours as it is. Default: true.
        :param outputs: adds CloudFormation outputs ``EndpointName`` and ``EndpointArn``. Default:
            false.
        :raises ValueError: naming every argument that would make the deployment fail.
        """
        super().__init__(
            scope,
            construct_id,
            request=EndpointRequest(
                kind=type(self).__name__,
                type=EndpointType.ASYNC,
                naming=naming,
                variants=[
                    InstanceVariant.alone(
                        {
                            "model": model,
                            "instance_type": instance_type,
                            "instance_count": instance_count,
                            "volume_size": volume_size,
                            "model_data_download_timeout": model_data_download_timeout,
                            "container_startup_health_check_timeout": (
                                container_startup_health_check_timeout
                            ),
                            "scaling": scaling,
                        }
                    )
                ],
                asynchronous=AsyncInference(
                    input=input,
                    output=output,
                    failures=failures,
                    max_concurrent_invocations_per_instance=(
                        max_concurrent_invocations_per_instance
                    ),
                    success_topic=success_topic,
                    error_topic=error_topic,
                    include_inference_response_in=include_inference_response_in,
                ),
                deployment=deployment,
                alarms=alarms,
                dashboard=dashboard,
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                security_groups=security_groups,
                enable_network_isolation=enable_network_isolation,
                encryption_key=encryption_key,
                role=role,
                attach_execution_policy=attach_execution_policy,
                outputs=outputs,
            ),
        )
        self._input = input
        self._results: list[S3Prefix] = [output, *(() if failures is None else (failures,))]

    @property
    def success_topic(self) -> "sns.ITopic | None":
        """The topic that hears of answers, made here or yours."""
        return None if self._asynchronous is None else self._asynchronous.success_topic

    @property
    def error_topic(self) -> "sns.ITopic | None":
        """The topic that hears of errors, made here or yours."""
        return None if self._asynchronous is None else self._asynchronous.error_topic

    def grant_invoke(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let a caller put requests and name them to the endpoint (``InvokeEndpointAsync``).

        :param grantee: the caller.
        """
        self._input.grant_put(grantee)
        return self.grant(grantee, "sagemaker:InvokeEndpointAsync")

    def grant_read_results(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read answers and errors.

        :param grantee: who is granted.
        """
        grant: iam.Grant = self._results[0].grant_get(grantee)
        for prefix in self._results[1:]:
            grant = grant.combine(prefix.grant_get(grantee))
        return grant
