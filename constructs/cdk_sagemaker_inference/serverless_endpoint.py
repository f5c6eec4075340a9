"""``ServerlessEndpoint``: no instances to choose or to pay for while nobody calls."""

from typing import TYPE_CHECKING

from aws_cdk import Size
from constructs import Construct

from .alarms import ServerlessAlarms
from .deployment import BlueGreen
from .endpoint import DeployedEndpoint
from .endpoint_metrics import ServerlessMetrics
from .model import ModelDefinition
from .naming import NamingScheme
from .request import EndpointRequest, EndpointType
from .scaling import ProvisionedConcurrencyScaling
from .variants import ServerlessVariant

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

DEFAULT_MEMORY_MEBIBYTES = 2048
DEFAULT_MAX_CONCURRENCY = 5
DEFAULT_ALARMS = ServerlessAlarms()
"""All alarms, with nobody to tell."""


class ServerlessEndpoint(DeployedEndpoint, ServerlessMetrics):
    """A serverless endpoint: billed by the request, cold after a pause; answers within 60 seconds.

    It has one container and one variant. SageMaker offers it no GPU, VPC, network isolation, data
    capture, shadow, pipeline, model package of the Marketplace, and no image of another account's
    repository (Developer Guide, serverless-endpoints), so that there are no arguments for them.

    An endpoint on instances cannot become serverless, and the way back cannot be undone (Developer
    Guide, serverless-endpoints): give the endpoint another name when you change its class.

    Example::

        ServerlessEndpoint(
            self,
            "Fraud",
            naming=Naming(team="rc", project="project-a", model="fraud"),
            model=Container(image=ContainerImage.from_ecr_repository(repository, tag="1.4.2")),
            memory_size=Size.gibibytes(4),
            max_concurrency=20,
        )
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        model: ModelDefinition,
        memory_size: Size | None = None,
        max_concurrency: int = DEFAULT_MAX_CONCURRENCY,
        provisioned_concurrency: int | None = None,
        scaling: ProvisionedConcurrencyScaling | None = None,
        encryption_key: "kms.IKey | kms.Key | None" = None,
        deployment: BlueGreen | None = None,
        alarms: ServerlessAlarms | None = DEFAULT_ALARMS,
        dashboard: "cloudwatch.Dashboard | bool | None" = False,
        role: "iam.IRole | iam.Role | None" = None,
        attach_execution_policy: bool = True,
        outputs: bool = False,
    ) -> None:
        """Make an endpoint and all that it needs.

        :param naming: names and tags, a :class:`Naming` or a scheme of your own.
        :param model: what runs: a :class:`Container`, or a :class:`ModelPackage` of the registry.
        :param memory_size: memory of one execution, whole GiB from 1 to 6; processors come with it.
            Default: 2 GiB.
        :param max_concurrency: executions at the same time, 1 to 200; what exceeds them is
            throttled. Account and Region have a quota for all endpoints together. Default: 5.
        :param provisioned_concurrency: executions that are kept warm, 1 to ``max_concurrency``.
            Default: the lower bound of ``scaling``, or none, each may start cold.
        :param scaling: scales the provisioned concurrency. AWS's documents contradict each other on
            whether CloudFormation supports it, so that it warns. Default: none.
        :param encryption_key: customer managed KMS key of SageMaker's copy of the image. Default: a
            key of AWS's.
        :param deployment: what rolls an update back, :meth:`BlueGreen.all_at_once`; the only kind
            that serverless endpoints have. Default: SageMaker's, without rollback.
        :param alarms: thresholds and actions. Default: all alarms, with no action. ``None``: none.
        :param dashboard: true makes one, and a ``cloudwatch.Dashboard`` of yours is added to.
            Default: false.
        :param role: execution role, which must trust ``sagemaker.amazonaws.com``. Default: a role
            of the endpoint's own, with nothing but the permissions that this request needs.
        :param attach_execution_policy: gives ``role`` these permissions in a customer managed
            policy. False leaves a role of yours as it is. Default: true.
        :param outputs: adds CloudFormation outputs ``EndpointName`` and ``EndpointArn``. Default:
            false.
        :raises ValueError: naming every argument that would make the deployment fail.
        """
        if memory_size is None:
            memory_size = Size.mebibytes(DEFAULT_MEMORY_MEBIBYTES)
        super().__init__(
            scope,
            construct_id,
            request=EndpointRequest(
                kind=type(self).__name__,
                type=EndpointType.SERVERLESS,
                naming=naming,
                variants=[
                    ServerlessVariant(
                        model=model,
                        memory_size=memory_size,
                        max_concurrency=max_concurrency,
                        provisioned_concurrency=provisioned_concurrency,
                        scaling=scaling,
                    )
                ],
                deployment=deployment,
                alarms=alarms,
                dashboard=dashboard,
                encryption_key=encryption_key,
                role=role,
                attach_execution_policy=attach_execution_policy,
                outputs=outputs,
            ),
        )
