"""What CreateModel refuses beyond the service model's constraints.

Where a comment says *wording not sourced*, the rule is documented by AWS and the sentence is ours.
"""

from __future__ import annotations

from typing import Any

from local.services.api import Refusal, Request
from local.services.neighbours import object_is_missing, role_trusts_sagemaker
from local.services.sagemaker_store import Store

NO_ROLE = (
    "Could not assume role {role}. Please ensure that the role exists and allows principal "
    "'sagemaker.amazonaws.com' to assume the role."
)

Container = dict[str, Any]


def containers(model: Request) -> list[Container]:
    """A model's containers, however it gives them."""
    single = model.get("PrimaryContainer")
    return [single] if single is not None else list(model.get("Containers") or [])


def is_multi_model(model: Request) -> bool:
    """Whether one of a model's containers loads many models."""
    return any(container.get("Mode") == "MultiModel" for container in containers(model))


def is_direct(model: Request) -> bool:
    """Whether callers name the container that is to answer."""
    return bool(model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct")


def check_model(store: Store, request: Request) -> None:
    """Refuses a model without containers, without a usable role or without its artifact."""
    single, several = request.get("PrimaryContainer"), request.get("Containers")
    if (single is None) == (several is None):
        # Wording not sourced.
        raise Refusal("You must specify exactly one of PrimaryContainer and Containers.")
    if not containers(request):
        # Wording not sourced.
        raise Refusal("Containers must name at least one container.")
    role = request.get("ExecutionRoleArn")
    if role is not None and not role_trusts_sagemaker(store.account, role, store.region):
        raise Refusal(NO_ROLE.format(role=role))
    for container in containers(request):
        _check_image(store, container)
        _check_mode(container)
        _check_data_source(container)
        _check_data(store, role, container)
    _check_together(request)


def _check_image(store: Store, container: Container) -> None:
    package = container.get("ModelPackageName")
    if package is None:
        if "Image" not in container:
            # Wording not sourced.
            raise Refusal("A container definition must name an Image or a ModelPackageName.")
        return
    if "Image" in container:
        # Wording not sourced; a package's inference specification names the image.
        raise Refusal("You cannot specify both Image and ModelPackageName.")
    # Other accounts' packages are theirs to share; nothing is known about them here.
    own = store.arn("model-package", "")
    if store.package_arn(package).startswith(own):
        store.package(package)


def _check_mode(container: Container) -> None:
    """Multi-model containers (dg:create-multi-model-endpoint): `ModelDataUrl` is a prefix."""
    if container.get("Mode") != "MultiModel":
        if "MultiModelConfig" in container:
            # Wording not sourced; the rule is in ContainerDefinition's documentation.
            raise Refusal("MultiModelConfig is only supported for containers in MultiModel mode.")
        return
    if "ModelDataSource" in container:
        # Wording not sourced; ContainerDefinition's documentation excludes multi-model endpoints.
        raise Refusal("ModelDataSource is not supported for containers in MultiModel mode.")
    if not str(container.get("ModelDataUrl", "")).endswith("/"):
        # Wording not sourced.
        raise Refusal(
            "ModelDataUrl of a container in MultiModel mode must be an S3 prefix that ends with a "
            "forward slash."
        )


def _check_data_source(container: Container) -> None:
    """Both rules are in S3ModelDataSource's documentation; neither wording is sourced."""
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        # Wording not sourced.
        raise Refusal("You cannot specify both ModelDataUrl and ModelDataSource.")
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        return
    if not source["S3Uri"].endswith("/"):
        raise Refusal("S3Uri of an S3Prefix data source must end with a forward slash.")
    if source["CompressionType"] != "None":
        raise Refusal(f"CompressionType {source['CompressionType']} requires an S3Object.")


def _check_data(store: Store, role: str | None, container: Container) -> None:
    # A prefix with nothing below it yet is how a multi-model endpoint starts.
    if container.get("Mode") == "MultiModel":
        return
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    url = container.get("ModelDataUrl", source.get("S3Uri"))
    if url is not None:
        prefix = source.get("S3DataType") == "S3Prefix"
        check_artifact(store, role, url, prefix=prefix)


def check_artifact(store: Store, role: str | None, url: str, *, prefix: bool = False) -> None:
    """Refuses an artifact that is not there."""
    if object_is_missing(store.account, url, store.region, prefix=prefix):
        raise Refusal(
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists '
            'and that its trust relationship policy allows the action "sts:AssumeRole" for the '
            'service principal "sagemaker.amazonaws.com". Also ensure that the role has '
            f'"s3:GetObject" permissions and that the object is located in {store.region}. If your '
            "Model uses multiple models or uncompressed models, please ensure that the role has "
            '"s3:ListBucket" permission.'
        )


def _check_together(request: Request) -> None:
    """Serial pipelines and direct invocation (dg:inference-pipelines,
    dg:multi-container-endpoints).
    """
    found = containers(request)
    named = [c["ContainerHostname"] for c in found if "ContainerHostname" in c]
    if named and len(named) != len(found):
        # Wording not sourced.
        raise Refusal("ContainerHostname must be given for all containers or for none.")
    if len(set(named)) != len(named):
        # Wording not sourced.
        raise Refusal("ContainerHostname must be unique within a model.")
    many = sum(container.get("Mode") == "MultiModel" for container in found)
    if many > 1:
        # Wording not sourced; the feature matrix allows one such container in a pipeline.
        raise Refusal("Only one container of a model can be in MultiModel mode.")
    if not is_direct(request):
        return
    if len(found) < 2:
        # Wording not sourced.
        raise Refusal("InferenceExecutionConfig with Mode Direct requires several containers.")
    if not named:
        # Wording not sourced.
        raise Refusal("ContainerHostname is required when InferenceExecutionConfig is Direct.")
    if many:
        # Wording not sourced; the feature matrix has no multi-model mode for direct invocation.
        raise Refusal("MultiModel mode is not supported when InferenceExecutionConfig is Direct.")
