"""What runs: containers, and the SageMaker model made of them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from .container_image import BoundImage, ContainerImage
from .environment import StackEnvironment
from .model_data import BoundModelData, ModelData
from .naming import NamingScheme
from .network import BoundNetwork
from .replacement import replacement_name

if TYPE_CHECKING:
    from aws_cdk import aws_ecr as ecr


class ModelDefinition(ABC):
    """What an endpoint or a batch job runs: a :class:`Container`, an :class:`InferencePipeline`, a
    :class:`MultiContainerModel` or a :class:`ModelPackage`.

    It is a plain value: printable, comparable, and several endpoints may share one.
    """

    @property
    @abstractmethod
    def containers_by_argument(self) -> "Mapping[str, Container]":
        """Its containers, by the argument below the model that holds them."""

    @property
    def artifacts_by_argument(self) -> Mapping[str, ModelData]:
        """What the role must read, by the argument below the model that holds it."""
        return {
            f"{part}.data": item.data
            for part, item in self.containers_by_argument.items()
            # A rule refuses what is no container.
            if isinstance(item, Container) and item.data is not None
        }

    @property
    def environments_by_argument(self) -> Mapping[str, Mapping[str, str]]:
        """Environment variables, by the argument below the model that holds them."""
        return {
            f"{part}.environment": item.environment
            for part, item in self.containers_by_argument.items()
            if isinstance(item, Container)
        }

    @abstractmethod
    def bind(self, scope: Construct, environment: StackEnvironment) -> "BoundModel":
        """Make what images and artifacts need below ``scope``."""


@dataclass(frozen=True, kw_only=True)
class Container(ModelDefinition):
    """A container that serves a model: an image, its artifact and its environment.

    Example::

        Container(
            image=ContainerImage.from_ecr_repository(repository, tag="1.4.2"),
            data=ModelData.from_bucket(bucket, "models/fraud/3/model.tar.gz"),
            environment={"WORKERS": "4"},
        )

    :param image: where the image comes from.
    :param data: the artifact that SageMaker unpacks to ``/opt/ml/model``. Default: none, the image
        holds the model.
    :param environment: environment variables, at most 100, each key and value at most 1024
        characters, 32 KB in all of a model's containers (API reference, EnvironmentMap). Default:
        none.
    """

    image: ContainerImage
    data: ModelData | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def containers_by_argument(self) -> "Mapping[str, Container]":
        """Itself."""
        return {"": self}

    def bind(self, scope: Construct, environment: StackEnvironment) -> "BoundModel":
        """Make what image and artifact need below ``scope``."""
        bound = self.bind_container(scope, environment)
        return BoundModel(
            containers=[bound],
            properties={"primary_container": bound.definition()},
            identity=bound.identity,
        )

    def bind_container(self, scope: Construct, environment: StackEnvironment) -> "BoundContainer":
        """Make what image and artifact need below ``scope``, for one of several containers."""
        return BoundContainer(
            image=self.image.bind(scope, environment),
            data=None if self.data is None else self.data.bind(scope, environment),
            environment=self.environment,
        )


@dataclass(frozen=True, kw_only=True)
class SeveralContainers(ModelDefinition):
    """What pipelines and multi-container models have in common."""

    containers: Mapping[str, Container]

    @property
    def containers_by_argument(self) -> Mapping[str, Container]:
        """Each container by its hostname."""
        return {f".containers[{name!r}]": item for name, item in self.containers.items()}

    @property
    def execution(self) -> dict[str, Any]:
        """How the containers are called, as CloudFormation wants it."""
        return {}

    def bind(self, scope: Construct, environment: StackEnvironment) -> "BoundModel":
        """Make what images and artifacts need below ``scope``."""
        # Scopes of their own, because each may have an image and an artifact to upload.
        folder = Construct(scope, "Containers")
        bound = {
            # A construct called Default or Resource has a meaning to CDK.
            name: container.bind_container(Construct(folder, f"Container-{name}"), environment)
            for name, container in self.containers.items()
        }
        return BoundModel(
            containers=list(bound.values()),
            properties={
                "containers": [item.definition(hostname) for hostname, item in bound.items()],
                **self.execution,
            },
            identity=tuple(part for item in bound.values() for part in item.identity),
        )


@dataclass(frozen=True, kw_only=True)
class InferencePipeline(SeveralContainers):
    """2 to 15 containers, each of which gets the answer of the one before it.

    All of them run on every instance. Not for serverless endpoints.

    Example::

        InferencePipeline(containers={"features": features, "predict": predict})

    :param containers: the containers in the order of the calls, by the name that tells their logs
        and metrics apart; letters, digits and inner hyphens, 63 at most (Developer Guide,
        inference-pipelines).
    """


@dataclass(frozen=True, kw_only=True)
class MultiContainerModel(SeveralContainers):
    """2 to 15 containers of which the caller picks one for each request, by its hostname.

    Each image needs the label ``com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true``
    and must listen on ``SAGEMAKER_BIND_TO_PORT``; instances with GPUs do not serve it (Developer
    Guide, multi-container-direct). Callers say ``TargetContainerHostname``, and
    ``endpoint.grant_invoke(caller, target_containers=[…])`` allows some of them only.

    Example::

        MultiContainerModel(containers={"fraud": fraud, "churn": churn})

    :param containers: the containers; letters, digits and inner hyphens, 63 at most.
    """

    @property
    def execution(self) -> dict[str, Any]:
        """Directly, instead of one after the other."""
        return {
            "inference_execution_config": sagemaker.CfnModel.InferenceExecutionConfigProperty(
                mode="Direct"
            )
        }


@dataclass(frozen=True, kw_only=True)
class ModelPackage(ModelDefinition):
    """A version of a model in the model registry, also of another account, or of the Marketplace.

    The package says image and artifact; what of them the execution role must read cannot be seen in
    its ARN, and is said here. A package of another account also needs resource policies there, on
    its group, its repositories and its bucket, that let this account use them (Developer Guide,
    model-registry-deploy); whoever deploys needs ``sagemaker:CreateModel`` and
    ``sagemaker:DescribeModelPackage`` on it.

    Example::

        ModelPackage(
            arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/7",
            artifacts=[ModelData.from_bucket(bucket, "models/fraud/7/model.tar.gz")],
            repositories=[repository],
        )

    :param arn: ARN of the package, ``…:model-package/group/version`` or ``…:model-package/name``,
        in the endpoint's Region.
    :param artifacts: the artifacts that the role must read. Default: none.
    :param repositories: the ECR repositories that the role must pull from. Default: none.
    :param environment: environment variables over the package's own. Default: none.
    :param marketplace: whether the package is of the AWS Marketplace, which brings image and
        artifact itself and demands ``enable_network_isolation``. Default: false.
    """

    arn: str
    artifacts: Sequence[ModelData] = ()
    repositories: "Sequence[ecr.IRepository]" = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    marketplace: bool = False

    @property
    def containers_by_argument(self) -> Mapping[str, Container]:
        """None that is known here."""
        return {}

    @property
    def artifacts_by_argument(self) -> Mapping[str, ModelData]:
        """The artifacts, by their place."""
        return {f".artifacts[{index}]": item for index, item in enumerate(self.artifacts)}

    @property
    def environments_by_argument(self) -> Mapping[str, Mapping[str, str]]:
        """Its own."""
        return {".environment": self.environment}

    def bind(self, scope: Construct, environment: StackEnvironment) -> "BoundModel":
        """Bind the artifacts."""
        folder = Construct(scope, "Artifacts") if len(self.artifacts) > 1 else scope
        artifacts = [
            artifact.bind(scope if folder is scope else Construct(folder, str(index)), environment)
            for index, artifact in enumerate(self.artifacts)
        ]
        return BoundModel(
            containers=[],
            artifacts=artifacts,
            repository_arns=[repository.repository_arn for repository in self.repositories],
            properties={
                "primary_container": sagemaker.CfnModel.ContainerDefinitionProperty(
                    model_package_name=self.arn,
                    environment=dict(self.environment) if self.environment else None,
                )
            },
            # Its properties hold neither the artifacts nor the repositories.
            identity=(),
        )


@dataclass(frozen=True, kw_only=True)
class BoundContainer:
    """A container of which image and artifact are in the app."""

    image: BoundImage
    data: BoundModelData | None
    environment: Mapping[str, str]

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes the container differ although its properties keep their text."""
        return (*self.image.identity, *(() if self.data is None else self.data.identity))

    def definition(
        self, hostname: str | None = None
    ) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        """CloudFormation's ContainerDefinition."""
        data = {} if self.data is None else self.data.properties
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self.image.uri,
            image_config=self._image_config(),
            environment=dict(self.environment) if self.environment else None,
            container_hostname=hostname,
            **data,
        )

    def _image_config(self) -> sagemaker.CfnModel.ImageConfigProperty | None:
        if not self.image.through_vpc:
            return None
        provider = self.image.credentials_provider_arn
        return sagemaker.CfnModel.ImageConfigProperty(
            repository_access_mode="Vpc",
            repository_auth_config=None
            if provider is None
            else sagemaker.CfnModel.RepositoryAuthConfigProperty(
                repository_credentials_provider_arn=provider
            ),
        )


@dataclass(frozen=True, kw_only=True)
class BoundModel:
    """A model of which images and artifacts are in the app.

    :param containers: its containers, where they are known.
    :param properties: what CloudFormation's Model says about them.
    :param identity: what makes the model differ although its properties keep their text.
    :param artifacts: artifacts beside those of the containers.
    :param repository_arns: ECR repositories beside those of the containers.
    """

    containers: Sequence[BoundContainer]
    properties: Mapping[str, Any]
    identity: tuple[object, ...]
    artifacts: Sequence[BoundModelData] = ()
    repository_arns: Sequence[str] = ()

    @property
    def all_artifacts(self) -> list[BoundModelData]:
        """Everything that the role must read."""
        own = [item.data for item in self.containers if item.data is not None]
        return [*own, *self.artifacts]

    @property
    def all_repository_arns(self) -> list[str]:
        """Everything that the role must pull from."""
        arns = [item.image.repository_arn for item in self.containers]
        return [*(arn for arn in arns if arn is not None), *self.repository_arns]

    @property
    def through_vpc(self) -> bool:
        """Whether SageMaker fetches something through the endpoint's VPC."""
        # What a package brings is not known here; most bring an artifact.
        return (
            not self.containers
            or bool(self.all_artifacts)
            or any(item.image.through_vpc for item in self.containers)
        )


@dataclass(frozen=True, kw_only=True)
class EmittedModel:
    """A model in the template.

    :param name: its physical name, a literal.
    :param resource: its resource.
    """

    name: str
    resource: sagemaker.CfnModel


def emit_model(
    scope: Construct,
    construct_id: str,
    *,
    naming: NamingScheme,
    model: BoundModel,
    execution_role_arn: str,
    own_role: bool,
    network: BoundNetwork | None,
    enable_network_isolation: bool,
    identity: tuple[object, ...],
) -> EmittedModel:
    """Emit one model under a name that changes with every property: each change replaces it.

    :param own_role: whether the role was made in the same scope or above, where there is one.
    """
    properties: dict[str, Any] = dict(model.properties)
    if not own_role:
        properties["execution_role_arn"] = execution_role_arn
    if network is not None:
        identity = (*identity, *network.identity, network.subnet_ids, network.known_group_ids)
    if enable_network_isolation:
        properties["enable_network_isolation"] = True
    name = replacement_name(scope, naming.model_name, properties, *model.identity, *identity)
    if network is not None:
        properties["vpc_config"] = sagemaker.CfnModel.VpcConfigProperty(
            subnets=network.subnet_ids, security_group_ids=network.security_group_ids
        )
    properties["execution_role_arn"] = execution_role_arn
    return EmittedModel(
        name=name,
        resource=sagemaker.CfnModel(scope, construct_id, model_name=name, **properties),
    )
