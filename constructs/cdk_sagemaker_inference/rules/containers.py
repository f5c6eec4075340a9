"""Rules about images, artifacts and environment variables."""

import re
from collections.abc import Iterator, Mapping

from ..image_accounts import AWS_IMAGE_ACCOUNTS
from ..model import Container, ModelDefinition, SeveralContainers
from ..request import EndpointType, PlacedRequest
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, rule

MAX_IMAGE_URI_LENGTH = 255
MAX_MODEL_URL_LENGTH = 1024
MAX_ENVIRONMENT_ENTRIES = 100
MAX_ENVIRONMENT_TEXT_LENGTH = 1024
MAX_ENVIRONMENT_BYTES = 32 * 1024

_ENVIRONMENT_KEY = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_IMAGE_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_IMAGE_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_S3_URI = re.compile(r"s3://[^/]+/.+")

RULES = Rules("images, artifacts and environment variables")


def _containers(placed: PlacedRequest) -> Iterator[tuple[str, Container]]:
    return placed.request.containers


def foreign_images(placed: PlacedRequest) -> Iterator[tuple[str, str]]:
    """Images of accounts that are neither the stack's nor AWS's: the argument and the account."""
    own = placed.environment.account
    if is_token(own):
        return
    for argument, container in _containers(placed):
        account = container.image.account
        if account is None or is_token(account) or account in (own, *AWS_IMAGE_ACCOUNTS):
            continue
        yield f"{argument}.image", account


@rule(
    RULES,
    "model-definition",
    "A model is a Container, an InferencePipeline, a MultiContainerModel or a ModelPackage.",
    source="convention of this library",
)
def _model_definition(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, model in placed.request.models:
        if not isinstance(model, ModelDefinition):
            yield Finding(
                argument=argument,
                value=model,
                problem="must be a Container, InferencePipeline, MultiContainerModel or "
                "ModelPackage",
                fix="wrap the image: Container(image=ContainerImage.from_…)"
                if model is not None
                else "pass model or variants",
            )


@rule(
    RULES,
    "image-reference",
    "An image of a repository is named by exactly one of tag and digest, each well formed.",
    source="ecr:ImageIdentifier",
)
def _image_reference(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        tag, digest = container.image.reference
        if container.image.needs_reference and (tag is None) == (digest is None):
            yield Finding(
                argument=f"{argument}.image",
                value={"tag": tag, "digest": digest},
                problem="needs exactly one of tag and digest",
            )
            continue
        if tag is not None and not is_token(tag) and not _IMAGE_TAG.fullmatch(tag):
            yield Finding(
                argument=f"{argument}.image",
                value=tag,
                problem="a tag is up to 128 letters, digits, underscores, periods and hyphens, and "
                "begins with neither period nor hyphen",
            )
        if digest is not None and not is_token(digest) and not _IMAGE_DIGEST.fullmatch(digest):
            yield Finding(
                argument=f"{argument}.image",
                value=digest,
                problem="a digest is sha256: and 64 lower-case hexadecimal digits",
            )


@rule(
    RULES,
    "image-uri",
    "An image's URI has 255 characters at most and no white space.",
    source="api:ContainerImage",
)
def _image_uri(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        uri = container.image.uri
        if uri is not None and not is_token(uri):
            if not re.fullmatch(r"\S+", uri):
                yield Finding(
                    argument=f"{argument}.image",
                    value=uri,
                    problem="must not be empty or hold white space",
                )
            if len(uri) > MAX_IMAGE_URI_LENGTH:
                yield Finding(
                    argument=f"{argument}.image",
                    value=uri,
                    problem=f"has {len(uri)} characters and may have {MAX_IMAGE_URI_LENGTH}",
                )


@rule(
    RULES,
    "image-region",
    "An image in ECR lies in the endpoint's Region.",
    source="api:ContainerDefinition",
)
def _image_region(placed: PlacedRequest) -> Iterator[Finding]:
    region = placed.environment.region
    for argument, container in _containers(placed):
        image_region = container.image.region
        if image_region is not None and not is_token(region) and image_region != region:
            yield Finding(
                argument=f"{argument}.image",
                value=container.image.uri,
                problem=f"is in {image_region} while the stack is in {region}",
                fix=f"replicate the image to {region}",
            )


@rule(
    RULES,
    "image-dlc-account",
    "The account of AWS's Deep Learning Containers is known for the Region, or given.",
    source="sagemaker-core image_uri_config",
)
def _image_dlc_account(placed: PlacedRequest) -> Iterator[Finding]:
    region = placed.environment.region
    for argument, container in _containers(placed):
        if not is_token(region) and container.image.lacks_account(region):
            yield Finding(
                argument=f"{argument}.image",
                value=region,
                problem="the account of AWS's containers in this Region is not known here",
                fix="pass account_id to from_dlc",
            )


@rule(
    RULES,
    "image-registry-vpc",
    "An image outside ECR is pulled through the endpoint's VPC.",
    source="api:ImageConfig",
)
def _image_registry_vpc(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        # Serverless endpoints have no VPC; another rule refuses the image there.
        may_have_vpc = placed.request.type is not EndpointType.SERVERLESS
        if container.image.through_vpc and placed.request.vpc is None and may_have_vpc:
            yield Finding(
                argument=f"{argument}.image",
                value=container.image.uri,
                problem="is not in Amazon ECR, so that SageMaker pulls it through a VPC",
                fix="pass vpc, or copy the image to ECR",
            )


@rule(
    RULES,
    "image-asset",
    "A local image has its Dockerfile.",
    source="cdk:DockerImageAsset",
)
def _image_asset(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        dockerfile = container.image.dockerfile
        if dockerfile is not None and not dockerfile.is_file():
            yield Finding(
                argument=f"{argument}.image", value=str(dockerfile), problem="is not a file"
            )


@rule(
    RULES,
    "image-mutable-tag",
    "A tag that is pushed over deploys nothing, because the template stays the same.",
    source="api:ContainerDefinition",
    warns=Doubt.HARMLESS,
)
def _image_mutable_tag(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        if "latest" in container.image.reference:
            yield Finding(
                argument=f"{argument}.image",
                value="latest",
                problem="pushing over this tag deploys nothing",
                fix="use a tag or digest per version",
            )


@rule(
    RULES,
    "image-unknown-repository",
    "The role is granted the image's repository, which must be known for that.",
    source="dg:sagemaker-roles",
    warns=Doubt.UNSEEN,
)
def _image_unknown_repository(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, container in _containers(placed):
        if container.image.has_unknown_repository:
            yield Finding(
                argument=f"{argument}.image",
                value=container.image.uri,
                problem="is known only at deployment, so that the role may not pull it yet",
                fix="call repository.grant_pull(endpoint)",
            )


@rule(
    RULES,
    "model-data-uri",
    "An artifact is s3://bucket/key of 1024 characters at most.",
    source="api:Url",
)
def _model_data_uri(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, artifact in placed.request.artifacts:
        uri = artifact.uri
        if uri is not None and not is_token(uri):
            if not _S3_URI.fullmatch(uri):
                yield Finding(argument=argument, value=uri, problem="must be s3://bucket/key")
            if len(uri) > MAX_MODEL_URL_LENGTH:
                yield Finding(
                    argument=argument,
                    value=uri,
                    problem=f"has {len(uri)} characters and may have {MAX_MODEL_URL_LENGTH}",
                )


@rule(
    RULES,
    "model-data-archive",
    "An artifact is one gzip-compressed tar archive with the suffix .tar.gz.",
    source="api:ContainerDefinition",
)
def _model_data_archive(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, artifact in placed.request.artifacts:
        key = artifact.key
        if key is not None and not is_token(key) and not key.endswith(".tar.gz"):
            yield Finding(argument=argument, value=key, problem="must end in .tar.gz")


@rule(
    RULES,
    "model-data-key",
    "An artifact's key begins without a slash.",
    source="convention of this library",
)
def _model_data_key(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, data in placed.request.artifacts:
        if data.file is not None or data.key is None or is_token(data.key):
            continue
        if data.key.startswith("/"):
            yield Finding(
                argument=argument,
                value=data.key,
                problem="begins with a slash, which would be an empty folder in S3",
                fix=repr(data.key.lstrip("/")),
            )


@rule(
    RULES,
    "model-data-region",
    "An artifact lies in a bucket of the endpoint's Region.",
    source="api:ContainerDefinition",
)
def _model_data_region(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, data in placed.request.artifacts:
        if placed.environment.is_elsewhere(data.region):
            yield Finding(
                argument=argument,
                value=data.region,
                problem="is the Region of the artifact's bucket, which must be in the stack's, "
                f"{placed.environment.region}",
                fix="replicate the artifact into a bucket there",
            )


@rule(
    RULES,
    "model-data-asset",
    "A local artifact exists and is a file.",
    source="cdk:Asset",
)
def _model_data_asset(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, artifact in placed.request.artifacts:
        file = artifact.file
        if file is not None and not file.is_file():
            yield Finding(argument=argument, value=str(file), problem="is not a file")


@rule(
    RULES,
    "environment-entries",
    "A container has 100 environment variables at most, each key a C identifier, key and value of "
    "1024 characters at most.",
    source="api:EnvironmentMap",
)
def _environment_entries(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, environment in placed.request.environments:
        yield from environment_findings(
            argument,
            environment,
            max_entries=MAX_ENVIRONMENT_ENTRIES,
            max_value_length=MAX_ENVIRONMENT_TEXT_LENGTH,
        )


def environment_findings(
    argument: str,
    environment: Mapping[str, str],
    *,
    max_entries: int,
    max_value_length: int,
) -> Iterator[Finding]:
    """What is wrong with the environment variables of a container or a job."""
    if len(environment) > max_entries:
        yield Finding(
            argument=argument,
            value=len(environment),
            problem=f"may have {max_entries} entries",
        )
    for key, value in environment.items():
        if not is_token(key) and (
            not isinstance(key, str)
            or not _ENVIRONMENT_KEY.fullmatch(key)
            or len(key) > MAX_ENVIRONMENT_TEXT_LENGTH
        ):
            yield Finding(
                argument=argument,
                value=key,
                problem="a key must be letters, digits and underscores, not begin with a "
                f"digit, and have {MAX_ENVIRONMENT_TEXT_LENGTH} characters at most",
            )
        if is_token(value):
            continue
        if not isinstance(value, str):
            yield Finding(
                argument=f"{argument}[{key!r}]",
                value=value,
                problem="must be text",
                fix=repr(str(value)),
            )
        elif len(value) > max_value_length:
            yield Finding(
                argument=f"{argument}[{key!r}]",
                value=f"{value[:20]}…",
                problem=f"has {len(value)} characters and may have {max_value_length}",
            )


@rule(
    RULES,
    "environment-size",
    "The environment variables of all containers of a model have 32 KB in all.",
    source="api:ContainerDefinition",
)
def _environment_size(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, model in placed.request.models:
        if not isinstance(model, ModelDefinition):
            continue
        size = sum(
            len(text.encode())
            for variables in model.environments_by_argument.values()
            for item in variables.items()
            for text in item
            if isinstance(text, str) and not is_token(text)
        )
        if size > MAX_ENVIRONMENT_BYTES:
            several = isinstance(model, SeveralContainers)
            yield Finding(
                argument=argument if several else f"{argument}.environment",
                value=f"{size} bytes",
                problem=f"its environment variables may have {MAX_ENVIRONMENT_BYTES} bytes in all",
            )
