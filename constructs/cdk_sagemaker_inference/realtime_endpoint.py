"""``RealtimeEndpoint``: instances that answer each request at once."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from constructs import Construct

from . import rules
from .alarms import Alarms
from .data_capture import DataCapture
from .deployment import DeploymentPolicy
from .endpoint import DeployedEndpoint
from .endpoint_metrics import InstanceInvocationMetrics
from .inference_endpoint import StreamingInvocation, refuse_text
from .model import ModelDefinition, MultiContainerModel
from .naming import NamingScheme
from .request import EndpointRequest, EndpointType
from .scaling import Scaling
from .variants import (
    InstanceVariant,
    RoutingStrategy,
    ShadowVariant,
    Variant,
    VariantProperty,
)

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

DEFAULT_ALARMS = Alarms()
"""All alarms, with nobody to tell."""


class RealtimeEndpoint(DeployedEndpoint, StreamingInvocation, InstanceInvocationMetrics):
    """A real-time endpoint: one HTTPS address, answers within 60 seconds.

    Every change of an argument deploys: models and configs get a new name with each change, and the
    endpoint keeps its own and is updated in place. The few that SageMaker refuses because of what
    is deployed already (:class:`Scaling`, :class:`Variant`) are found by :func:`check_updates`.

    Example::

        fraud = RealtimeEndpoint(
            self,
            "Fraud",
            naming=Naming(team="rc", project="project-a", model="fraud", version=3),
            model=Container(
                image=ContainerImage.from_ecr_repository(repository, tag="1.4.2"),
                data=ModelData.from_bucket(bucket, "models/fraud/3/model.tar.gz"),
            ),
            scaling=Scaling.on_invocations(
                min_capacity=2, max_capacity=8, per_instance_per_minute=1200
            ),
            deployment=BlueGreen.canary(percent=10, bake=Duration.minutes(10)),
            alarms=Alarms(topic=ops_topic),
            vpc=vpc,
        )
        fraud.grant_invoke(api_function)

    Several models share one endpoint as variants::

        RealtimeEndpoint(
            self,
            "Fraud",
            naming=naming,
            variants=[
                Variant(name="champion", model=champion, weight=9),
                Variant(name="challenger", model=challenger, weight=1),
            ],
        )
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        model: ModelDefinition | None = None,
        instance_type: str | None = None,
        instance_count: int | None = None,
        volume_size: "Size | None" = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        model_data_download_timeout: "Duration | None" = None,
        container_startup_health_check_timeout: "Duration | None" = None,
        routing_strategy: RoutingStrategy | None = None,
        scaling: Scaling | None = None,
        variants: Sequence[Variant] | None = None,
        shadow: ShadowVariant | None = None,
        exclude_retained_variant_properties: Sequence[VariantProperty] = (
            VariantProperty.DESIRED_WEIGHT,
        ),
        deployment: DeploymentPolicy | None = None,
        alarms: Alarms | None = DEFAULT_ALARMS,
        data_capture: DataCapture | None = None,
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
        :param model: what runs, if it is one model: a :class:`Container`, an
            :class:`InferencePipeline`, a :class:`MultiContainerModel` or a :class:`ModelPackage`.
            Give either ``model`` or ``variants``.
        :param instance_type: for example ``ml.g5.xlarge``; CDK checks it against CloudFormation's
            list at synth. Default: ``ml.m5.xlarge``.
        :param instance_count: instances to begin with, from 1; two or more are spread over
            Availability Zones and survive the loss of one. Default: the lower bound of ``scaling``,
            or 1.
        :param volume_size: size of each instance's volume, 1 to 512 GiB; refused for instances with
            local storage (API reference, ProductionVariant). Default: SageMaker's choice.
        :param encryption_key: customer managed KMS key of the volumes. Default: a key of AWS's.
        :param model_data_download_timeout: time to download the artifact to one instance, 60 to
            3600 seconds. Default: SageMaker's, which depends on the artifact.
        :param container_startup_health_check_timeout: time for the container to answer ``/ping``,
            60 to 3600 seconds. Default: SageMaker's.
        :param routing_strategy: how an instance is picked for a request. Default: at random.
        :param scaling: autoscaling. Updates then keep the number of instances that autoscaling
            chose (``RetainAllVariantProperties``). Default: none.
        :param variants: 1 to 10 models with a share of the traffic each, instead of ``model`` and
            the arguments from ``instance_type`` to ``scaling``. Default: one variant
            ``AllTraffic``.
        :param shadow: a model that gets a copy of the requests; with exactly one production
            variant. Default: none.
        :param exclude_retained_variant_properties: what an update takes from the template although
            autoscaling is on. Default: the weights, which autoscaling does not decide.
        :param deployment: how updates reach the traffic and what rolls them back,
            :class:`BlueGreen` or :class:`Rolling`. Default: SageMaker's, all at once without
                rollback.
        :param alarms: thresholds and actions. Default: all alarms, with no action. ``None``: none.
        :param data_capture: keeps a sample of requests and responses in S3. Default: none.
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
        said = {
            "model": model,
            "instance_type": instance_type,
            "instance_count": instance_count,
            "volume_size": volume_size,
            "model_data_download_timeout": model_data_download_timeout,
            "container_startup_health_check_timeout": container_startup_health_check_timeout,
            "routing_strategy": routing_strategy,
            "scaling": scaling,
        }
        asked = [model] if variants is None else [variant.model for variant in variants]
        self._target_containers = [
            hostname
            for item in asked
            if isinstance(item, MultiContainerModel)
            for hostname in item.containers
        ]
        super().__init__(
            scope,
            construct_id,
            request=EndpointRequest(
                kind=type(self).__name__,
                type=EndpointType.REALTIME,
                naming=naming,
                variants=[InstanceVariant.alone(said)]
                if variants is None
                else [
                    InstanceVariant.of(variant, prefix=f"variants[{index}].")
                    for index, variant in enumerate(variants)
                ],
                ambiguous=[
                    argument
                    for argument, value in said.items()
                    if value is not None and variants is not None
                ],
                shadow=shadow,
                exclude_retained_variant_properties=exclude_retained_variant_properties,
                deployment=deployment,
                alarms=alarms,
                data_capture=data_capture,
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

    def grant_invoke(
        self, grantee: iam.IGrantable, *, target_containers: Sequence[str] | None = None
    ) -> iam.Grant:
        """Let a caller invoke the endpoint (``InvokeEndpoint``).

        :param grantee: the caller.
        :param target_containers: hostnames of a :class:`MultiContainerModel` that the caller may
            name as ``TargetContainerHostname``, ``*`` and ``?`` allowed (Developer Guide,
            multi-container-security, the condition key ``sagemaker:TargetContainerHostname``;
            another page of the guide names the key otherwise, so that a warning says to try it).
            Default: all.
        :raises ValueError: if the endpoint has no such container.
        """
        if target_containers is None:
            return super().grant_invoke(grantee)
        refuse_text("target_containers", target_containers)
        known = self._target_containers
        unknown = [
            name for name in target_containers if not any(fnmatchcase(host, name) for host in known)
        ]
        if unknown or not target_containers:
            problem = (
                f"the endpoint has the containers {', '.join(map(repr, known))}"
                if known
                else "the endpoint has no MultiContainerModel to choose from"
            )
            raise ValueError(f"target_containers={list(target_containers)!r}: {problem}")
        Annotations.of(self).add_warning_v2(
            rules.warning_id("target-container-key"),
            "target_containers: AWS documents two names of the condition key; check that the "
            "caller is let in [dg:multi-container-security, dg:multi-container-endpoints]",
        )
        return self._grant_invoke_if(
            grantee, "sagemaker:TargetContainerHostname", target_containers
        )
