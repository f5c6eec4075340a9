"""What CreateEndpointConfig refuses beyond the service model's constraints.

Where a comment says *wording not sourced*, the rule is documented by AWS and the sentence is ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.services import instance_types
from local.services import sagemaker_model_checks as model_checks
from local.services.api import Refusal, Request
from local.services.neighbours import role_trusts_sagemaker
from local.services.sagemaker_store import Store

# Instance families with local NVMe storage: anything with a `d` after the generation, and the
# accelerated families that SageMaker's own SDK lists (`volume_size_supported`,
# `instance_supports_kms`).
_LOCAL_STORAGE = re.compile(
    r"^ml\.([a-z]+\d+[a-z]*d[a-z]*|g5|g6|g6e|g7e|p5|p5en?|p6-b200|trn1n?|trn2)\."
)

Variant = dict[str, Any]
Models = Mapping[str, Request]
"""The models of a configuration's variants, by name"""


def has_local_storage(instance_type: str) -> bool:
    """Whether an instance type comes with volumes of its own."""
    return _LOCAL_STORAGE.match(instance_type) is not None


def all_variants(request: Request) -> list[Variant]:
    """The production variants of an endpoint configuration, followed by the shadow variants."""
    shadows: list[Variant] = request.get("ShadowProductionVariants") or []
    production: list[Variant] = request["ProductionVariants"]
    return [*production, *shadows]


def hosts_components(config: Request) -> bool:
    """Whether an endpoint with this configuration can have inference components."""
    return not any("ModelName" in variant for variant in config["ProductionVariants"])


def check_endpoint_config(store: Store, request: Request, models: Models) -> None:
    """Refuses variants that cannot run together or not at all."""
    variants = all_variants(request)
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) != len(names):
        # Wording not sourced.
        raise Refusal("Variant names must be unique within an endpoint configuration.")
    for variant in variants:
        _check_variant(variant)
        if "ModelName" in variant:
            _check_model(variant, models[variant["ModelName"]])
    _check_components(store, request, variants)
    _check_serverless(request, variants)
    _check_shadows(request, models)
    _check_async(request, variants)


def _check_variant(variant: Variant) -> None:
    name = variant["VariantName"]
    if "ServerlessConfig" in variant:
        _check_serverless_variant(variant)
        return
    if not {"InstanceType", "InstancePools"} & variant.keys():
        # Wording not sourced.
        raise Refusal(f"Either InstanceType or ServerlessConfig must be given for variant {name}.")
    if "ModelName" in variant and "InitialInstanceCount" not in variant:
        # Wording not sourced.
        raise Refusal(f"InitialInstanceCount must be given for variant {name}.")
    instance_type = variant.get("InstanceType", "")
    if "VolumeSizeInGB" in variant and _LOCAL_STORAGE.match(instance_type):
        # Wording not sourced.
        raise Refusal(
            f"VolumeSizeInGB is not supported for instance type {instance_type}, which has local "
            "storage."
        )


def _check_serverless_variant(variant: Variant) -> None:
    name, serverless = variant["VariantName"], variant["ServerlessConfig"]
    unwanted = {
        "AcceleratorType",
        "InitialInstanceCount",
        "InstancePools",
        "InstanceType",
        "ManagedInstanceScaling",
        "VolumeSizeInGB",
    }
    for member in sorted(unwanted & variant.keys()):
        # Wording not sourced.
        raise Refusal(f"{member} cannot be given together with ServerlessConfig ({name}).")
    if "ModelName" not in variant:
        # Wording not sourced.
        raise Refusal(f"ModelName must be given for the serverless variant {name}.")
    if serverless["MemorySizeInMB"] % 1024:
        # Wording not sourced; the values are in ProductionVariantServerlessConfig's documentation.
        raise Refusal(f"MemorySizeInMB must be a multiple of 1024 ({name}).")
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        # Wording not sourced.
        raise Refusal(f"ProvisionedConcurrency must not exceed MaxConcurrency ({name}).")


def _check_model(variant: Variant, model: Request) -> None:
    """What the feature matrix (dg:model-deploy-feature-matrix) says of a model's way to run."""
    name = variant["ModelName"]
    if "ServerlessConfig" in variant:
        _check_serverless_model(name, model)
    elif model_checks.is_direct(model) and instance_types.gpus(variant.get("InstanceType")):
        # Wording not sourced.
        raise Refusal(
            f"Instance type {variant['InstanceType']} has GPUs, which model {name} cannot use: its "
            "InferenceExecutionConfig is Direct."
        )


def _check_serverless_model(name: str, model: Request) -> None:
    """dg:serverless-endpoints lists the exclusions; no wording is sourced."""
    for member in ("VpcConfig", "EnableNetworkIsolation"):
        if model.get(member):
            raise Refusal(f"{member} of model {name} is not supported for serverless endpoints.")
    found = model_checks.containers(model)
    if len(found) > 1:
        raise Refusal(f"Model {name} has several containers: a serverless endpoint runs one.")
    if model_checks.is_multi_model(model):
        raise Refusal(f"MultiModel mode of model {name} is not supported for serverless endpoints.")
    if "ModelDataSource" in found[0]:
        raise Refusal(f"ModelDataSource of model {name} is not supported for serverless endpoints.")


def _check_components(store: Store, request: Request, variants: list[Variant]) -> None:
    """A variant without a model hosts inference components; role and network then sit on the
    config.
    """
    with_model = [variant for variant in variants if "ModelName" in variant]
    if any("ManagedInstanceScaling" in variant for variant in with_model):
        # gh:hashicorp/terraform-provider-aws#45926
        raise Refusal("ManagedInstanceScaling is only supported for inference component endpoints.")
    if with_model and len(with_model) != len(variants):
        # Wording not sourced.
        raise Refusal("Either all variants name a model or none does.")
    role = request.get("ExecutionRoleArn")
    if not with_model and role is None:
        # Wording not sourced; the refusal is in gh:stdapi-ai/stdapi.ai#43.
        raise Refusal("ExecutionRoleArn is required when no variant names a model.")
    if role is not None and not role_trusts_sagemaker(store.account, role, store.region):
        raise Refusal(model_checks.NO_ROLE.format(role=role))
    for variant in variants:
        _check_managed_scaling(variant)
    # Network isolation: gh:hashicorp/terraform-provider-aws#48738; the VPC likewise is inferred.
    for member in ("EnableNetworkIsolation", "VpcConfig"):
        if with_model and "ServerlessConfig" not in with_model[0] and request.get(member):
            # Wording not sourced.
            raise Refusal(f"{member} is only supported for inference component endpoints.")


def _check_managed_scaling(variant: Variant) -> None:
    scaling = variant.get("ManagedInstanceScaling", {})
    low, high = scaling.get("MinInstanceCount"), scaling.get("MaxInstanceCount")
    if low is not None and high is not None and low > high:
        # Wording not sourced.
        raise Refusal(
            f"MinInstanceCount must not exceed MaxInstanceCount ({variant['VariantName']})."
        )


def _check_serverless(request: Request, variants: list[Variant]) -> None:
    if not any("ServerlessConfig" in variant for variant in variants):
        return
    if len(variants) > 1:
        # Wording not sourced.
        raise Refusal("A serverless endpoint must have exactly one production variant.")
    unsupported = (
        "VpcConfig",
        "EnableNetworkIsolation",
        "DataCaptureConfig",
        "AsyncInferenceConfig",
        "ExplainerConfig",
    )
    for member in unsupported:
        if request.get(member):
            # Wording not sourced.
            raise Refusal(f"{member} is not supported for serverless endpoints.")


def _check_shadows(request: Request, models: Models) -> None:
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
    # dg:shadow-tests-exclusions; neither wording is sourced.
    for name, model in models.items():
        if model_checks.is_multi_model(model):
            raise Refusal(f"Model {name} is in MultiModel mode, which excludes shadow variants.")
        if len(model_checks.containers(model)) > 1:
            raise Refusal(f"Model {name} has several containers, which excludes shadow variants.")


def _check_async(request: Request, variants: list[Variant]) -> None:
    if "AsyncInferenceConfig" not in request:
        return
    if len(variants) > 1:
        # Wording not sourced.
        raise Refusal("An asynchronous endpoint must have exactly one production variant.")
    if "DataCaptureConfig" in request:
        # Wording not sourced.
        raise Refusal("DataCaptureConfig is not supported for asynchronous endpoints.")
