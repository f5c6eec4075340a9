"""Where a container's image comes from."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Stack
from constructs import Construct

from . import deep_learning_containers
from .environment import StackEnvironment
from .replacement import physical_name
from .tokens import TOKEN_PATTERN, is_token

if TYPE_CHECKING:
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_lambda as lambda_

_ECR_URI = re.compile(
    rf"^(?P<account>\d{{12}}|{TOKEN_PATTERN})\.dkr\.ecr(-fips)?"
    rf"\.(?P<region>[a-z0-9-]+|{TOKEN_PATTERN})"
    rf"\.(?P<suffix>[a-z0-9.-]+|{TOKEN_PATTERN})"
    r"/(?P<repository>[^:@]+?)(?P<reference>[:@].*)?$"
)


@dataclass(frozen=True, kw_only=True)
class BoundImage:
    """An image as the model needs it.

    :param uri: what goes into the template.
    :param repository_arn: ECR repository that the execution role must read, if one is known.
    :param credentials_provider_arn: Lambda function that the execution role must call for the
        registry's credentials.
    :param through_vpc: the image is pulled from a private registry through the model's VPC.
    :param identity: what makes the URI differ although its text in the template stays the same.
    """

    uri: str
    repository_arn: str | None = None
    credentials_provider_arn: str | None = None
    through_vpc: bool = False
    identity: tuple[object, ...] = ()


class ContainerImage(ABC):
    """A container image; make one with the ``from_*`` methods.

    The image must serve ``/ping`` and ``/invocations`` on port 8080 and lie in the endpoint's
    Region (API reference, ContainerDefinition).
    """

    @staticmethod
    def from_ecr_repository(
        repository: "ecr.IRepository", *, tag: str | None = None, digest: str | None = None
    ) -> "ContainerImage":
        """Use an image of an ECR repository, by exactly one of tag and digest.

        A deployment happens when the template changes: prefer immutable tags or digests, because
        pushing over a tag deploys nothing.

        :param repository: the repository, also an imported one, also of another account (whose
            repository policy must then allow the pull).
        :param tag: tag of the image.
        :param digest: digest of the image, ``sha256:`` and 64 hexadecimal digits.
        """
        return _EcrImage(repository=repository, tag=tag, digest=digest)

    @staticmethod
    def from_asset(
        directory: str,
        *,
        file: str | None = None,
        target: str | None = None,
        build_args: Mapping[str, str] | None = None,
    ) -> "ContainerImage":
        """Build an image from a local Dockerfile, for linux/amd64, and push it when deploying.

        :param directory: folder with the Dockerfile; the build context.
        :param file: the Dockerfile's path inside the folder. Default: ``Dockerfile``.
        :param target: build stage. Default: the last one.
        :param build_args: build arguments. Default: none.
        """
        return _AssetImage(
            directory=directory, file=file, target=target, build_args=build_args or {}
        )

    @staticmethod
    def from_registry(
        uri: str, *, credentials_provider: "lambda_.IFunction | None" = None
    ) -> "ContainerImage":
        """Use an image by its URI.

        A URI of ECR (``<account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>``) grants the
        role exactly that repository. Any other registry is a private one which SageMaker reaches
        through the endpoint's VPC, so that ``vpc`` is required, and the registry must speak HTTPS.

        :param uri: URI of the image, 255 characters at most.
        :param credentials_provider: Lambda function that returns the registry's credentials (API
            reference, RepositoryAuthConfig). Default: the registry asks for none.
        """
        return _RegistryImage(location=uri, credentials_provider=credentials_provider)

    @staticmethod
    def from_dlc(
        repository_name: str, *, tag: str, account_id: str | None = None
    ) -> "ContainerImage":
        """Use an AWS Deep Learning Container.

        Example::

            ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")

        :param repository_name: for example ``pytorch-inference``.
        :param tag: tag of the image.
        :param account_id: AWS-owned account of the image. Default: the account that AWS's own SDK
            uses in the stack's Region.
        """
        return _DlcImage(repository_name=repository_name, tag=tag, account_id=account_id)

    @property
    def uri(self) -> str | None:
        """The image's URI where it is known before binding."""
        return None

    @property
    def reference(self) -> tuple[str | None, str | None]:
        """Tag and digest, each where known."""
        return (None, None)

    @property
    def region(self) -> str | None:
        """Region of the image where it is known before binding."""
        return None

    @property
    def account(self) -> str | None:
        """Account of the image where it is known before binding."""
        return None

    @property
    def through_vpc(self) -> bool:
        """Whether SageMaker pulls the image through the endpoint's VPC."""
        return False

    @property
    def needs_reference(self) -> bool:
        """Whether exactly one of tag and digest must be said."""
        return False

    @property
    def dockerfile(self) -> Path | None:
        """The local Dockerfile, where there is one."""
        return None

    @property
    def has_unknown_repository(self) -> bool:
        """Whether the image's repository is known only at deployment."""
        return False

    def lacks_account(self, region: str) -> bool:
        """Whether the image's account would have to be given for this Region."""
        return False

    @abstractmethod
    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundImage:
        """Make what the image needs below ``scope`` and say how the model refers to it."""


@dataclass(frozen=True, kw_only=True)
class _EcrImage(ContainerImage):
    repository: "ecr.IRepository"
    tag: str | None
    digest: str | None

    @property
    def reference(self) -> tuple[str | None, str | None]:
        return (self.tag, self.digest)

    @property
    def account(self) -> str | None:
        return self.repository.env.account

    @property
    def needs_reference(self) -> bool:
        return True

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundImage:
        uri = (
            self.repository.repository_uri_for_digest(self.digest)
            if self.digest is not None
            else self.repository.repository_uri_for_tag(self.tag)
        )
        return BoundImage(
            uri=uri,
            repository_arn=self.repository.repository_arn,
            identity=physical_name(self.repository),
        )


@dataclass(frozen=True, kw_only=True)
class _AssetImage(ContainerImage):
    directory: str
    file: str | None
    target: str | None
    build_args: Mapping[str, str]

    @property
    def dockerfile(self) -> Path | None:
        return Path(self.directory) / ("Dockerfile" if self.file is None else self.file)

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundImage:
        from aws_cdk import aws_ecr_assets as ecr_assets

        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=self.directory,
            file=self.file,
            target=self.target,
            build_args=dict(self.build_args),
            platform=ecr_assets.Platform.LINUX_AMD64,
        )
        return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


@dataclass(frozen=True, kw_only=True)
class _RegistryImage(ContainerImage):
    location: str
    credentials_provider: "lambda_.IFunction | None"

    @property
    def uri(self) -> str | None:
        return self.location

    @property
    def reference(self) -> tuple[str | None, str | None]:
        name = self.location.rsplit("/", 1)[-1]
        if "@" in name:
            return (None, name.split("@", 1)[1])
        return (name.split(":", 1)[1] if ":" in name and not is_token(name) else None, None)

    @property
    def region(self) -> str | None:
        return self._literal("region")

    @property
    def account(self) -> str | None:
        return self._literal("account")

    def _literal(self, part: str) -> str | None:
        match = _ECR_URI.match(self.location)
        return None if match is None or is_token(match[part]) else match[part]

    @property
    def through_vpc(self) -> bool:
        return _ECR_URI.match(self.location) is None and not is_token(self.location)

    @property
    def has_unknown_repository(self) -> bool:
        return _ECR_URI.match(self.location) is None and is_token(self.location)

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundImage:
        match = _ECR_URI.match(self.location)
        provider = self.credentials_provider
        return BoundImage(
            uri=self.location,
            repository_arn=None
            if match is None
            else environment.arn(
                "ecr",
                f"repository/{match['repository']}",
                region=match["region"],
                account=match["account"],
            ),
            credentials_provider_arn=None if provider is None else provider.function_arn,
            through_vpc=self.through_vpc,
        )


@dataclass(frozen=True, kw_only=True)
class _DlcImage(ContainerImage):
    repository_name: str
    tag: str
    account_id: str | None

    @property
    def reference(self) -> tuple[str | None, str | None]:
        return (self.tag, None)

    def lacks_account(self, region: str) -> bool:
        return self.account_id is None and region not in deep_learning_containers.ACCOUNTS

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundImage:
        stack = Stack.of(scope)
        account = self.account_id
        if account is None:
            account = deep_learning_containers.account_of(stack, environment.region)
        return BoundImage(
            uri=f"{account}.dkr.ecr.{environment.region}.{stack.url_suffix}"
            f"/{self.repository_name}:{self.tag}",
            repository_arn=environment.arn(
                "ecr", f"repository/{self.repository_name}", account=account
            ),
        )
