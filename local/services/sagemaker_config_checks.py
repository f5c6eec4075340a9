"""What CreateModel and CreateEndpointConfig refuse beyond the service model's constraints.

Where a comment says *wording not sourced*, the rule is documented by AWS and the sentence is ours.
"""

from __future__ import annotations

import re
from typing import Any

from local.services.api import Refusal, Request
from local.services.neighbours import object_is_missing, role_trusts_sagemaker

# Instance families with local NVMe storage: anything with a `d` after the generation, and the
# accelerated families that SageMaker's own SDK lists (`volume_size_supported`,
# `instance_supports_kms`).
_LOCAL_STORAGE = re.compile(
    r"^ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|g6|g6e|g7e|p5|p5en?|p6-b200|trn1n?|trn2)\."
)


_NO_ROLE = (
    "Could not assume role {role}. Please ensure that the role exists and allows principal "
    "'sagemaker.amazonaws.com' to assume the role."
)


def check_model(account: str, region: str, request: Request) -> None:
    """Refuses a model without containers, without a usable role or without its artifact."""
    single, several = request.get("PrimaryContainer"), request.get("Containers")
    if (single is None) == (several is None):
        # Wording not sourced.
        raise Refusal("You must specify exactly one of PrimaryContainer and Containers.")
    role = request.get("ExecutionRoleArn")
    if role is not None and not role_trusts_sagemaker(account, role, region):
        raise Refusal(_NO_ROLE.format(role=role))
    for container in [single] if single is not None else several or []:
        _check_container(account, region, role, container)
    _check_hostnames(several or [])


def _check_container(
    account: str, region: str, role: str | None, container: dict[str, Any]
) -> None:
    if "Image" not in container and "ModelPackageName" not in container:
        # Wording not sourced.
        raise Refusal("A container definition must name an Image or a ModelPackageName.")
    if "ModelDataUrl" in container and "ModelDataSource" in container:
        # Wording not sourced.
        raise Refusal("You cannot specify both ModelDataUrl and ModelDataSource.")
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    url = container.get("ModelDataUrl", source.get("S3Uri"))
    if url is None:
        return
    many = container.get("Mode") == "MultiModel" or source.get("S3DataType") == "S3Prefix"
    # A prefix with nothing below it yet is how a multi-model endpoint starts.
    if not many and object_is_missing(account, url, region, prefix=False):
        raise Refusal(
            f'Could not access model data at {url}. Please ensure that the role "{role}" exists '
            'and that its trust relationship policy allows the action "sts:AssumeRole" for the '
            'service principal "sagemaker.amazonaws.com". Also ensure that the role has '
            f'"s3:GetObject" permissions and that the object is located in {region}. If your Model '
            "uses multiple models or uncompressed models, please ensure that the role has "
            '"s3:ListBucket" permission.'
        )


def _check_hostnames(containers: list[dict[str, Any]]) -> None:
    named = [c["ContainerHostname"] for c in containers if "ContainerHostname" in c]
    if named and len(named) != len(containers):
        # Wording not sourced.
        raise Refusal("ContainerHostname must be given for all containers or for none.")
    if len(set(named)) != len(named):
        # Wording not sourced.
        raise Refusal("ContainerHostname must be unique within a model.")


def all_variants(request: Request) -> list[dict[str, Any]]:
    """The production variants of an endpoint configuration, followed by the shadow variants."""
    shadows: list[dict[str, Any]] = request.get("ShadowProductionVariants") or []
    production: list[dict[str, Any]] = request["ProductionVariants"]
    return [*production, *shadows]


def check_endpoint_config(account: str, region: str, request: Request) -> None:
    """Refuses variants that cannot run together or not at all."""
    variants = all_variants(request)
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        # Wording not sourced.
        raise Refusal("Variant names must be unique within an endpoint configuration.")
    for variant in variants:
        _check_variant(variant)
    _check_components(account, region, request, variants)
    _check_serverless(request, variants)
    _check_shadows(request)
    _check_async(request, variants)


def _check_variant(variant: dict[str, Any]) -> None:
    name = variant["VariantName"]
    serverless = variant.get("ServerlessConfig")
    if "InstanceType" not in variant and serverless is None:
        # Wording not sourced.
        raise Refusal(f"Either InstanceType or ServerlessConfig must be given for variant {name}.")
    if serverless is not None:
        unwanted = {"InstanceType", "InitialInstanceCount", "VolumeSizeInGB", "AcceleratorType"}
        for member in sorted(unwanted & variant.keys()):
            # Wording not sourced.
            raise Refusal(f"{member} cannot be given together with ServerlessConfig ({name}).")
        if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
            # Wording not sourced.
            raise Refusal(f"ProvisionedConcurrency must not exceed MaxConcurrency ({name}).")
        return
    if "ModelName" in variant and "InitialInstanceCount" not in variant:
        # Wording not sourced.
        raise Refusal(f"InitialInstanceCount must be given for variant {name}.")
    if "VolumeSizeInGB" in variant and _LOCAL_STORAGE.match(variant["InstanceType"]):
        # Wording not sourced.
        raise Refusal(
            f"VolumeSizeInGB is not supported for instance type {variant['InstanceType']}, "
            "which has local storage."
        )


def _check_components(
    account: str, region: str, request: Request, variants: list[dict[str, Any]]
) -> None:
    """A variant without a model hosts inference components; role and network then sit on the
    config.
    """
    with_model = [variant for variant in variants if "ModelName" in variant]
    if any("ManagedInstanceScaling" in variant for variant in with_model):
        raise Refusal("ManagedInstanceScaling is only supported for inference component endpoints.")
    if with_model and len(with_model) != len(variants):
        # Wording not sourced.
        raise Refusal("Either all variants name a model or none does.")
    role = request.get("ExecutionRoleArn")
    if not with_model and role is None:
        # Wording not sourced.
        raise Refusal("ExecutionRoleArn is required when no variant names a model.")
    if role is not None and not role_trusts_sagemaker(account, role, region):
        raise Refusal(_NO_ROLE.format(role=role))


def _check_serverless(request: Request, variants: list[dict[str, Any]]) -> None:
    if not any("ServerlessConfig" in variant for variant in variants):
        return
    if len(variants) > 1:
        # Wording not sourced.
        raise Refusal("A serverless endpoint must have exactly one production variant.")
    for member in ("VpcConfig", "DataCaptureConfig", "AsyncInferenceConfig", "ExplainerConfig"):
        if member in request:
            # Wording not sourced.
            raise Refusal(f"{member} is not supported for serverless endpoints.")


def _check_shadows(request: Request) -> None:
    if not request.get("ShadowProductionVariants"):
        return
    if len(request["ProductionVariants"]) != 1 or len(request["ShadowProductionVariants"]) != 1:
        # Wording not sourced; the rule is in CreateEndpointConfig's documentation.
        raise Refusal(
            "If ShadowProductionVariants is given, there must be exactly one production variant "
            "and one shadow variant."
        )
    if "AsyncInferenceConfig" in request:
        # Wording not sourced.
        raise Refusal("ShadowProductionVariants is not supported for asynchronous endpoints.")


def _check_async(request: Request, variants: list[dict[str, Any]]) -> None:
    if "AsyncInferenceConfig" in request and len(variants) > 1:
        # Wording not sourced.
        raise Refusal("An asynchronous endpoint must have exactly one production variant.")
