"""Rules about what a model is made of, and which endpoints serve it."""

import re
from collections.abc import Iterator

from .. import instances
from ..model import Container, ModelDefinition, ModelPackage, MultiContainerModel, SeveralContainers
from ..model_data import ArtifactForm
from ..request import EndpointType, PlacedRequest
from ..storage import prefix_problem
from ..tokens import is_token
from .containers import MAX_MODEL_URL_LENGTH
from .registry import Doubt, Finding, Rules, rule

CONTAINERS = range(2, 16)
MAX_PACKAGE_ARN_LENGTH = 176

_HOSTNAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_PACKAGE_ARN = re.compile(
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]*):\d{12}:model-package"
    r"/[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}(/\d{1,9})?"
)

RULES = Rules("models of several containers, prefixes and packages")


def _models(placed: PlacedRequest) -> Iterator[tuple[str, ModelDefinition]]:
    for argument, model in placed.request.models:
        if isinstance(model, ModelDefinition):
            yield argument, model


def _several(placed: PlacedRequest) -> Iterator[tuple[str, SeveralContainers]]:
    for argument, model in _models(placed):
        if isinstance(model, SeveralContainers):
            yield argument, model


def _packages(placed: PlacedRequest) -> Iterator[tuple[str, ModelPackage]]:
    for argument, model in _models(placed):
        if isinstance(model, ModelPackage):
            yield argument, model


def _of_form(placed: PlacedRequest, form: ArtifactForm) -> Iterator[tuple[str, str | None]]:
    """The artifacts of a form: argument and prefix."""
    for argument, container in placed.request.containers:
        if container.data is not None and container.data.form is form:
            yield f"{argument}.data", container.data.prefix_below


@rule(
    RULES,
    "containers-count",
    "A pipeline and a multi-container model have 2 to 15 containers.",
    source="api:CreateModelInput, dg:multi-container-endpoints",
)
def _containers_count(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, model in _several(placed):
        if len(model.containers) not in CONTAINERS:
            yield Finding(
                argument=f"{argument}.containers",
                value=len(model.containers),
                problem="must be 2 to 15 containers",
                fix="pass the Container itself" if len(model.containers) == 1 else None,
            )


@rule(
    RULES,
    "containers-hostname",
    "A container of several is named by up to 63 letters, digits and inner hyphens.",
    source="api:ContainerHostname",
)
def _containers_hostname(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, model in _several(placed):
        for hostname in model.containers:
            literal = isinstance(hostname, str) and not is_token(hostname)
            if not literal or not _HOSTNAME.fullmatch(hostname):
                yield Finding(
                    argument=f"{argument}.containers",
                    value=hostname,
                    problem="must be a literal of up to 63 letters, digits and inner hyphens",
                )


@rule(
    RULES,
    "containers-are-containers",
    "A pipeline and a multi-container model are made of Containers.",
    source="convention of this library",
)
def _containers_are_containers(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, model in _several(placed):
        for part, container in model.containers_by_argument.items():
            if not isinstance(container, Container):
                yield Finding(
                    argument=f"{argument}{part}", value=container, problem="must be a Container"
                )


@rule(
    RULES,
    "containers-serverless",
    "A serverless endpoint has one container.",
    source="dg:serverless-endpoints",
)
def _containers_serverless(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.SERVERLESS:
        return
    for argument, model in _several(placed):
        yield Finding(
            argument=argument,
            value=type(model).__name__,
            problem="a serverless endpoint serves one container",
            fix="use RealtimeEndpoint",
        )


@rule(
    RULES,
    "containers-direct-gpu",
    "Instances with GPUs do not serve containers that are called directly.",
    source="dg:model-deploy-feature-matrix",
)
def _containers_direct_gpu(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        if isinstance(variant.model, MultiContainerModel) and instances.gpus(variant.instance_type):
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=variant.instance_type,
                problem="has GPUs, which a MultiContainerModel is not served on",
                fix="use an instance type without GPUs, or an InferencePipeline",
            )


@rule(
    RULES,
    "containers-direct-type",
    "Only real-time endpoints take the name of the container to call.",
    source="api:InvokeEndpointAsyncInput, dg:model-deploy-feature-matrix",
)
def _containers_direct_type(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type not in (EndpointType.ASYNC, EndpointType.MULTI_MODEL):
        return
    for argument, model in _several(placed):
        if isinstance(model, MultiContainerModel):
            yield Finding(
                argument=argument,
                value=type(model).__name__,
                problem=f"requests to {placed.request.type.with_article} cannot name a container",
                fix="use RealtimeEndpoint, or an InferencePipeline",
            )


@rule(
    RULES,
    "containers-capture",
    "Requests to pipelines and multi-container models are not captured.",
    source="dg:model-deploy-feature-matrix",
)
def _containers_capture(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.data_capture is None:
        return
    for _, model in _several(placed):
        yield Finding(
            argument="data_capture",
            value=type(model).__name__,
            problem="is not offered for models of several containers",
            fix="capture in one of the containers, or leave data_capture out",
        )


@rule(
    RULES,
    "containers-shadow",
    "Shadow variants and what they shadow have one container.",
    source="dg:shadow-tests-exclusions",
)
def _containers_shadow(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.shadow is None:
        return
    for argument, model in _several(placed):
        yield Finding(
            argument=argument,
            value=type(model).__name__,
            problem="cannot be beside or behind a shadow variant",
        )


@rule(
    RULES,
    "containers-unverified",
    "Whether pipelines run asynchronously, and several containers as one inference component, is "
    "not documented.",
    source="dg:async-inference, api:InferenceComponentSpecification",
    warns=Doubt.UNVERIFIED,
)
def _containers_unverified(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type not in (EndpointType.ASYNC, EndpointType.COMPONENTS):
        return
    for argument, model in _several(placed):
        yield Finding(
            argument=argument,
            value=type(model).__name__,
            problem=f"that {placed.request.type.with_article} serves it is not documented",
            fix="try it before you count on it",
        )


@rule(
    RULES,
    "archives-type",
    "Many archives below a prefix are for multi-model endpoints, whose model has exactly one "
    "container with them.",
    source="dg:create-multi-model-endpoint, dg:model-deploy-feature-matrix",
)
def _archives_type(placed: PlacedRequest) -> Iterator[Finding]:
    found = list(_of_form(placed, ArtifactForm.ARCHIVES))
    if placed.request.type is EndpointType.MULTI_MODEL:
        if len(found) != 1 and any(True for _ in _models(placed)):
            yield Finding(
                argument="model",
                value=len(found),
                problem="must have exactly one container with ModelData.from_archives(…)",
                fix="use RealtimeEndpoint for one model" if not found else None,
            )
        return
    for argument, prefix in found:
        yield Finding(
            argument=argument,
            value=prefix,
            problem=f"{placed.request.type.with_article} serves one model, not all below a prefix",
            fix="use MultiModelEndpoint, or ModelData.from_bucket",
        )


@rule(
    RULES,
    "uncompressed-type",
    "Files of a model below a prefix are not for serverless and multi-model endpoints.",
    source="api:ContainerDefinition",
)
def _uncompressed_type(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type not in (EndpointType.SERVERLESS, EndpointType.MULTI_MODEL):
        return
    for argument, prefix in _of_form(placed, ArtifactForm.UNCOMPRESSED):
        yield Finding(
            argument=argument,
            value=prefix,
            problem=f"{placed.request.type.with_article} serves .tar.gz archives",
            fix="pack the files, and use ModelData.from_bucket",
        )


@rule(
    RULES,
    "uncompressed-unverified",
    "Whether files below a prefix are served beside other containers, asynchronously or as an "
    "inference component is not documented.",
    source="api:ContainerDefinition",
    warns=Doubt.UNVERIFIED,
)
def _uncompressed_unverified(placed: PlacedRequest) -> Iterator[Finding]:
    kind = placed.request.type
    for argument, model in _models(placed):
        beside = isinstance(model, SeveralContainers) and kind is EndpointType.REALTIME
        if kind not in (EndpointType.ASYNC, EndpointType.COMPONENTS) and not beside:
            continue
        for part, artifact in model.artifacts_by_argument.items():
            # What a package is made of is the package's own matter.
            if artifact.form is ArtifactForm.UNCOMPRESSED and not isinstance(model, ModelPackage):
                yield Finding(
                    argument=f"{argument}{part}",
                    value=artifact.prefix_below,
                    problem="AWS documents files below a prefix for real-time endpoints of one "
                    "container",
                    fix="try it before you count on it, or pack the files",
                )


@rule(
    RULES,
    "model-data-prefix",
    "Files and archives lie below a prefix, so that the role may read there and nowhere else.",
    source="api:S3ModelUri",
)
def _model_data_prefix(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, artifact in placed.request.artifacts:
        if artifact.form is ArtifactForm.ARCHIVE:
            continue
        prefix = artifact.prefix_below
        # One less for the slash that the URI ends with.
        problem = prefix_problem(prefix or "", max_uri_length=MAX_MODEL_URL_LENGTH - 1)
        if problem is not None:
            stripped = prefix.strip("/") if isinstance(prefix, str) else ""
            fix = repr(stripped) if stripped not in ("", prefix) else None
            yield Finding(argument=argument, value=prefix, problem=problem, fix=fix)


@rule(
    RULES,
    "package-arn",
    "A model package is named by its ARN, in the endpoint's Region.",
    source="api:VersionedArnOrName, dg:model-registry-deploy",
)
def _package_arn(placed: PlacedRequest) -> Iterator[Finding]:
    region = placed.environment.region
    for argument, package in _packages(placed):
        arn = package.arn
        if is_token(arn):
            continue
        match = _PACKAGE_ARN.fullmatch(arn) if isinstance(arn, str) else None
        if match is None or len(arn) > MAX_PACKAGE_ARN_LENGTH:
            yield Finding(
                argument=f"{argument}.arn",
                value=arn,
                problem="must be arn:…:model-package/name, or …/group/version",
            )
        elif not is_token(region) and match["region"] != region:
            yield Finding(
                argument=f"{argument}.arn",
                value=arn,
                problem=f"is in {match['region']} while the stack is in {region}",
            )


@rule(
    RULES,
    "package-unknown-arn",
    "Another package gives the model another name, because what replaces it must not have its own.",
    source="cfn:Model",
    warns=Doubt.UNSEEN,
)
def _package_unknown_arn(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, package in _packages(placed):
        # Partition, Region and account may be known only then, for they do not change.
        if is_token(package.arn) and is_token(package.arn.rpartition(":model-package/")[2]):
            yield Finding(
                argument=f"{argument}.arn",
                value=package.arn,
                problem="is known only at deployment, so that another package does not rename "
                "the model, which then cannot be replaced",
                fix="raise naming.version with every package, or pass the ARN as a literal",
            )


@rule(
    RULES,
    "package-marketplace",
    "Packages of the Marketplace are served by real-time endpoints, without a shadow and with "
    "network isolation.",
    source="dg:model-deploy-feature-matrix, dg:shadow-tests-exclusions, "
    "dg:mkt-algo-model-internet-free",
)
def _package_marketplace(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    for argument, package in _packages(placed):
        if not package.marketplace:
            continue
        if request.type in (
            EndpointType.SERVERLESS,
            EndpointType.ASYNC,
            EndpointType.MULTI_MODEL,
        ):
            yield Finding(
                argument=f"{argument}.marketplace",
                value=True,
                problem=f"{request.type.with_article} does not serve it",
                fix="use RealtimeEndpoint",
            )
        elif not request.enable_network_isolation:
            yield Finding(
                argument="enable_network_isolation",
                value=False,
                problem="packages of the Marketplace run only in isolation",
                fix="enable_network_isolation=True",
            )
        if request.shadow is not None:
            yield Finding(
                argument=f"{argument}.marketplace",
                value=True,
                problem="cannot be beside or behind a shadow variant",
            )


@rule(
    RULES,
    "package-marketplace-unverified",
    "Whether packages of the Marketplace run as inference components is not documented.",
    source="dg:model-deploy-feature-matrix",
    warns=Doubt.UNVERIFIED,
)
def _package_marketplace_unverified(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is EndpointType.COMPONENTS:
        for argument, package in _packages(placed):
            if package.marketplace:
                yield Finding(
                    argument=f"{argument}.marketplace",
                    value=True,
                    problem="that it runs as an inference component is not documented",
                    fix="try it before you count on it",
                )


@rule(
    RULES,
    "package-permissions",
    "The role may read what a package is made of, which its ARN does not tell.",
    source="dg:sagemaker-roles",
    warns=Doubt.UNSEEN,
)
def _package_permissions(placed: PlacedRequest) -> Iterator[Finding]:
    if not placed.request.attach_execution_policy:
        return
    for argument, package in _packages(placed):
        if package.marketplace:
            continue
        missing = {"artifacts": package.artifacts, "repositories": package.repositories}
        for name, said in missing.items():
            if not said:
                yield Finding(
                    argument=f"{argument}.{name}",
                    value=list(said),
                    problem=f"the role is granted no {name} of the package",
                    fix=f"pass {name}, or grant them to the endpoint",
                )
