"""``MultiModelEndpoint``: many models behind one endpoint, loaded as they are called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from .alarms import MultiModelAlarms
from .deployment import DeploymentPolicy
from .endpoint import DeployedEndpoint
from .endpoint_metrics import MultiModelMetrics
from .inference_endpoint import refuse_text
from .model import ModelDefinition
from .naming import NamingScheme
from .request import EndpointRequest, EndpointType
from .scaling import Scaling
from .variants import InstanceVariant, RoutingStrategy

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

DEFAULT_ALARMS = MultiModelAlarms()
"""All alarms, with nobody to tell."""


class MultiModelEndpoint(DeployedEndpoint, MultiModelMetrics):
    """A multi-model endpoint: any number of models of one kind share container and instances.

    Callers name an archive below the prefix as ``TargetModel``; SageMaker loads it when it is first
    called and unloads what is not called. The first call of a model may take longer than the 60
    seconds that a request has and is then answered with ``ModelNotReadyException`` (HTTP 429):
    callers try again, with a growing pause (Developer Guide, invoke-multi-model-endpoint); botocore
    does so with ``Config(retries={"mode": "standard", "max_attempts": 10})``.

    A new archive below the prefix can be called at once, without a deployment. Never overwrite one:
    instances that hold the old version go on serving it (Developer Guide, add-models-to-endpoint).

    SageMaker offers it no shadow and no data capture (Developer Guide,
    model-deploy-feature-matrix), so that there are no arguments for them, nor for several variants.
    Nor are answers streamed: such a request has no ``TargetModel`` (runtime API reference,
    InvokeEndpointWithResponseStream).

    Example::

        models = MultiModelEndpoint(
            self,
            "Models",
            naming=Naming(team="rc", project="project-a", model="regions"),
            model=Container(
                image=ContainerImage.from_ecr_repository(repository, tag="1.4.2"),
                data=ModelData.from_archives(bucket, "models/regions"),
            ),
            instance_type="ml.r5.large",
        )
        models.grant_invoke(caller, target_models=["europe/*"])
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        model: ModelDefinition,
        instance_type: str | None = None,
        instance_count: int | None = None,
        volume_size: "Size | None" = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        model_data_download_timeout: "Duration | None" = None,
        container_startup_health_check_timeout: "Duration | None" = None,
        routing_strategy: RoutingStrategy | None = None,
        scaling: Scaling | None = None,
        deployment: DeploymentPolicy | None = None,
        alarms: MultiModelAlarms | None = DEFAULT_ALARMS,
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
        :param model: what runs: a :class:`Container` whose data is :meth:`ModelData.from_archives`,
            or an :class:`InferencePipeline` with one such container.
        :param instance_type: any without GPU, or with one GPU for images of Triton (Developer
            Guide, multi-model-support). Models compete for its memory. Default: ``ml.m5.xlarge``.
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
        :param routing_strategy: how an instance is picked for a request. Default: at random, among
            those that hold the model.
        :param scaling: autoscaling. Updates then keep the number of instances that autoscaling
            chose (``RetainAllVariantProperties``). Default: none.
        :param deployment: how updates reach the traffic and what rolls them back,
            :class:`BlueGreen` or :class:`Rolling`. AWS's documents contradict each other on what
            but all at once works here, so that other kinds warn. Default: SageMaker's, all at once
            without rollback.
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
                type=EndpointType.MULTI_MODEL,
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
                            "routing_strategy": routing_strategy,
                            "scaling": scaling,
                        }
                    )
                ],
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

    def grant_invoke(
        self, grantee: iam.IGrantable, *, target_models: Sequence[str] | None = None
    ) -> iam.Grant:
        """Let a caller invoke the endpoint (``InvokeEndpoint``).

        :param grantee: the caller.
        :param target_models: models that the caller may name as ``TargetModel``, relative to the
            prefix, ``*`` and ``?`` allowed (Developer Guide, multi-model-endpoint-security, the
            condition key ``sagemaker:TargetModel``). Default: all.
        :raises ValueError: if it is empty, or a name begins with a slash or has more than 1024
            characters.
        """
        if target_models is None:
            return super().grant_invoke(grantee)
        refuse_text("target_models", target_models)
        wrong = [
            name for name in target_models if name.startswith("/") or not 1 <= len(name) <= 1024
        ]
        if wrong or not target_models:
            raise ValueError(
                f"target_models={list(target_models)!r}: must be names of 1 to 1024 characters, "
                "relative to the prefix of the archives"
            )
        return self._grant_invoke_if(grantee, "sagemaker:TargetModel", target_models)
