"""What CreateInferenceComponent and UpdateInferenceComponent refuse beyond the service model's
constraints.

Where a comment says *wording not sourced*, the rule is documented by AWS and the sentence is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.services import instance_types
from local.services import sagemaker_model_checks as model_checks
from local.services.api import Refusal, Request
from local.services.sagemaker_config_checks import hosts_components
from local.services.sagemaker_store import Endpoint, Store

Specification = Mapping[str, Any]


def check_place(endpoint: Endpoint, request: Request) -> None:
    """Refuses an endpoint or a variant that cannot have components."""
    if not hosts_components(endpoint.config):
        # gh:hashicorp/terraform-provider-aws#40644
        raise Refusal(
            "Invalid request provided: Inference Components are not supported in this Endpoint. "
            "Please make sure this endpoint can deploy inference components."
        )
    variant = request.get("VariantName")
    if variant is None:
        # Not in the service model as required; the strict reading.
        raise Refusal("VariantName is required to create an inference component.")
    if variant not in endpoint.variants:
        # Wording not sourced.
        raise Refusal(f'Could not find variant "{variant}" of endpoint "{endpoint.arn}".')


def check_specifications(
    store: Store, endpoint: Endpoint, request: Request, variant_name: str
) -> None:
    """Refuses specifications that cannot run on the variant.

    One specification is for the variant's one instance type; with several instance types there is
    one for each (cfn:InferenceComponent).
    """
    single, several = request.get("Specification"), request.get("Specifications")
    if (single is None) == (several is None):
        # Wording not sourced.
        raise Refusal("You must specify exactly one of Specification and Specifications.")
    variant = next(
        v for v in endpoint.config["ProductionVariants"] if v["VariantName"] == variant_name
    )
    if single is not None:
        if "InstanceType" in single:
            # Wording not sourced.
            raise Refusal("InstanceType is only supported in Specifications.")
        _check_specification(store, endpoint, single, variant.get("InstanceType"))
        return
    types = [specification.get("InstanceType") for specification in several or []]
    if None in types or len(set(types)) != len(types):
        # Wording not sourced.
        raise Refusal("Each of Specifications must name an InstanceType of its own.")
    for specification in several or []:
        _check_specification(store, endpoint, specification, specification["InstanceType"])


def _check_specification(
    store: Store, endpoint: Endpoint, specification: Specification, instance_type: str | None
) -> None:
    base = specification.get("BaseInferenceComponentName")
    if base is not None:
        _check_adapter(store, endpoint, base, specification)
    else:
        _check_model(store, specification)
        if "ComputeResourceRequirements" not in specification:
            # Wording not sourced.
            raise Refusal("ComputeResourceRequirements must be given.")
    artifact = specification.get("Container", {}).get("ArtifactUrl")
    if artifact is not None:
        role = endpoint.config.get("ExecutionRoleArn")
        model_checks.check_artifact(store, role, artifact)
    if "ComputeResourceRequirements" in specification:
        _check_resources(specification["ComputeResourceRequirements"], instance_type)


def _check_adapter(
    store: Store, endpoint: Endpoint, base: str, specification: Specification
) -> None:
    """InferenceComponentSpecification's documentation: an adapter sits on another component."""
    if store.component(base).endpoint != endpoint.arn:
        # Wording not sourced.
        raise Refusal(f"Inference component {base} is not on the same endpoint.")
    if "ModelName" in specification or "ArtifactUrl" not in specification.get("Container", {}):
        # Wording not sourced.
        raise Refusal("An adapter inference component is given by the ArtifactUrl of a Container.")


def _check_model(store: Store, specification: Specification) -> None:
    if ("ModelName" in specification) == ("Container" in specification):
        # Wording not sourced.
        raise Refusal("You must specify exactly one of ModelName and Container.")
    if "ModelName" not in specification:
        if "Image" not in specification["Container"]:
            # Wording not sourced.
            raise Refusal("The Container of an inference component must name an Image.")
        return
    name = specification["ModelName"]
    if model_checks.is_multi_model(store.model(name).request):
        # Wording not sourced; the rule is in dg:model-deploy-feature-matrix.
        raise Refusal(f"Model {name} is in MultiModel mode, which inference components exclude.")


def _check_resources(wanted: Mapping[str, Any], instance_type: str | None) -> None:
    """One copy has to fit onto one instance.

    SageMaker accepts one that does not, and it never comes into service; CloudFormation sees a
    failure either way.
    """
    least, most = wanted["MinMemoryRequiredInMb"], wanted.get("MaxMemoryRequiredInMb")
    if most is not None and most < least:
        # Wording not sourced.
        raise Refusal("MaxMemoryRequiredInMb must not be less than MinMemoryRequiredInMb.")
    for member, noun, there in (
        ("NumberOfCpuCoresRequired", "CPU cores", instance_types.vcpus(instance_type)),
        (
            "NumberOfAcceleratorDevicesRequired",
            "accelerators",
            instance_types.gpus(instance_type),
        ),
        ("MinMemoryRequiredInMb", "MB of memory", instance_types.memory(instance_type)),
    ):
        if there is not None and wanted.get(member, 0) > there:
            # Wording not sourced.
            raise Refusal(
                f"The inference component requires {wanted[member]:g} {noun}, but an instance of "
                f"type {instance_type} has {there}."
            )
