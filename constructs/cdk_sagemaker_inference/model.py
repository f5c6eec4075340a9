"""What runs: containers, and the SageMaker model made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from .container_image import BoundImage, ContainerImage
from .environment import StackEnvironment
from .model_data import BoundModelData, ModelData
from .naming import NamingScheme
from .network import BoundNetwork
from .replacement import replacement_name


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that serves a model: an image, its artifact and its environment.

    It is a plain value: printable, comparable, and several endpoints may share one.

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
        characters, 32 KB in all (API reference, EnvironmentMap). Default: none.
    """

    image: ContainerImage
    data: ModelData | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def bind(self, scope: Construct, environment: StackEnvironment) -> "BoundContainer":
        """Make what image and artifact need below ``scope``."""
        return BoundContainer(
            image=self.image.bind(scope, environment),
            data=None if self.data is None else self.data.bind(scope, environment),
            environment=self.environment,
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

    @property
    def properties(self) -> sagemaker.CfnModel.ContainerDefinitionProperty:
        """CloudFormation's ContainerDefinition."""
        return sagemaker.CfnModel.ContainerDefinitionProperty(
            image=self.image.uri,
            image_config=self._image_config(),
            model_data_url=None if self.data is None else self.data.url,
            environment=dict(self.environment) if self.environment else None,
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
    container: BoundContainer,
    execution_role_arn: str,
    network: BoundNetwork | None,
    enable_network_isolation: bool,
    identity: tuple[object, ...],
) -> EmittedModel:
    """Emit one model under a name that changes with every property: each change replaces it."""
    properties: dict[str, Any] = {
        "primary_container": container.properties,
        "execution_role_arn": execution_role_arn,
    }
    if network is not None:
        properties["vpc_config"] = sagemaker.CfnModel.VpcConfigProperty(
            subnets=network.subnet_ids, security_group_ids=network.security_group_ids
        )
        identity = (*identity, *network.identity)
    if enable_network_isolation:
        properties["enable_network_isolation"] = True
    name = replacement_name(
        Stack.of(scope), naming.model_name, properties, *container.identity, *identity
    )
    return EmittedModel(
        name=name,
        resource=sagemaker.CfnModel(scope, construct_id, model_name=name, **properties),
    )
