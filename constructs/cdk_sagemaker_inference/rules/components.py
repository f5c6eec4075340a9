"""Rules about inference components and the endpoints that they share."""

import re
from collections.abc import Iterator

from aws_cdk import SizeRoundingBehavior

from .. import instances
from ..component_request import ComponentRequest
from ..request import EndpointType, PlacedRequest
from ..tokens import is_token
from ..variants import ComponentVariant
from .instances import startup_timeouts
from .names import MAX_NAME_LENGTH
from .registry import Doubt, Finding, Rules, is_number, is_whole, rule

MIN_MEMORY_MEBIBYTES = 128
MIN_CPU_CORES = 0.25

_NAME = re.compile(r"[a-z0-9](-*[a-z0-9])*")
_NEURON_FAMILY = re.compile(r"ml\.(inf|trn)\d.*")

# Regions of which CloudFormation's registry lists no such resource; from cfn-lint 1.58.
REGIONS_WITHOUT_COMPONENTS = frozenset(
    """
    af-south-1 ap-east-1 ap-east-2 ap-northeast-3 ap-south-2 ap-southeast-4 ap-southeast-5
    ap-southeast-6 ap-southeast-7 ca-west-1 cn-north-1 cn-northwest-1 eu-central-2 eu-south-1
    eu-south-2 eu-west-3 il-central-1 mx-central-1 us-gov-east-1 us-gov-west-1 us-west-1
    """.split()  # noqa: SIM905  # a list of them would be a line each
)

RULES = Rules("inference components")


def _component(placed: PlacedRequest) -> Iterator[ComponentRequest]:
    if placed.request.component is not None:
        yield placed.request.component


@rule(
    RULES,
    "component-name",
    "A component's name is made of lower-case letters, digits and inner hyphens, has 63 characters "
    "with the endpoint's, and is no other component's.",
    source="api:InferenceComponentName",
)
def _component_name(placed: PlacedRequest) -> Iterator[Finding]:
    for component in _component(placed):
        name = component.name
        if is_token(name) or not isinstance(name, str) or not _NAME.fullmatch(name):
            yield Finding(
                argument="name",
                value=name,
                problem="must be a literal of lower-case letters, digits and inner hyphens",
            )
            continue
        full = placed.request.naming.component_name(name)
        if is_token(full) or not _NAME.fullmatch(full):
            yield Finding(
                argument="naming.component_name",
                value=full,
                problem="must be a literal of lower-case letters, digits and inner hyphens",
            )
        elif len(full) > MAX_NAME_LENGTH:
            yield Finding(
                argument="name",
                value=name,
                problem=f"makes {full!r}, which has {len(full)} characters and may have "
                f"{MAX_NAME_LENGTH}",
                fix=f"shorten it by {len(full) - MAX_NAME_LENGTH}",
            )
        if name in component.others:
            yield Finding(
                argument="name", value=name, problem="is a component of the endpoint already"
            )


@rule(
    RULES,
    "component-memory",
    "A copy is given 128 MiB at least, in whole MiB, and may take as much or more.",
    source="api:InferenceComponentComputeResourceRequirements",
)
def _component_memory(placed: PlacedRequest) -> Iterator[Finding]:
    for component in _component(placed):
        sizes = {
            "resources.min_memory": component.resources.min_memory,
            "resources.max_memory": component.resources.max_memory,
        }
        known = {
            argument: size.to_mebibytes(rounding=SizeRoundingBehavior.NONE)
            for argument, size in sizes.items()
            if size is not None
        }
        literal = {argument: size for argument, size in known.items() if not is_token(size)}
        for argument, size in literal.items():
            if size < MIN_MEMORY_MEBIBYTES or size != int(size):
                yield Finding(
                    argument=argument,
                    value=f"{size:g} MiB",
                    problem=f"must be whole MiB from {MIN_MEMORY_MEBIBYTES}",
                )
        low = literal.get("resources.min_memory")
        high = literal.get("resources.max_memory")
        if low is not None and high is not None and high < low:
            yield Finding(
                argument="resources.max_memory",
                value=f"{high:g} MiB",
                problem=f"is below min_memory of {low:g} MiB",
            )


@rule(
    RULES,
    "component-processors",
    "A copy is given 0.25 virtual CPUs or more and 1 accelerator or more, and no more than the "
    "instance has.",
    source="api:InferenceComponentComputeResourceRequirements",
)
def _component_processors(placed: PlacedRequest) -> Iterator[Finding]:
    for component in _component(placed):
        name = component.instance_type
        cores, accelerators = component.resources.cpu_cores, component.resources.accelerators
        vcpus = instances.vcpus(name)
        if cores is not None and not is_token(cores):
            if not is_number(cores) or cores < MIN_CPU_CORES:
                yield Finding(
                    argument="resources.cpu_cores",
                    value=cores,
                    problem=f"must be a number from {MIN_CPU_CORES}",
                )
            elif vcpus is not None and cores > vcpus:
                yield Finding(
                    argument="resources.cpu_cores",
                    value=cores,
                    problem=f"{name} has {vcpus} virtual CPUs",
                )
        if accelerators is None or is_token(accelerators):
            continue
        if not is_number(accelerators) or accelerators < 1 or accelerators != int(accelerators):
            yield Finding(
                argument="resources.accelerators",
                value=accelerators,
                problem="must be a whole number from 1",
                fix="leave it out for none",
            )
        elif not is_token(name) and not _NEURON_FAMILY.fullmatch(name):
            gpus = instances.gpus(name)
            if accelerators > gpus:
                yield Finding(
                    argument="resources.accelerators",
                    value=accelerators,
                    problem=f"{name} has {gpus or 'no'} GPU{'s' if gpus > 1 else ''}",
                )


@rule(
    RULES,
    "component-copies",
    "A component begins with a whole number of copies from 1; only scaling leaves it without any.",
    # The service model has 0 because an update may say so; CreateInferenceComponent refuses it.
    source="gh:stdapi-ai/stdapi.ai#43",
)
def _component_copies(placed: PlacedRequest) -> Iterator[Finding]:
    for component in _component(placed):
        copies = component.copies
        if copies is not None and not is_token(copies) and (not is_whole(copies) or copies < 1):
            yield Finding(
                argument="copies",
                value=copies,
                problem="must be a whole number from 1",
                fix="CopyScaling with min_capacity=0 takes the copies away when nobody calls",
            )


@rule(
    RULES,
    "component-timeouts",
    "Download and health check may take 60 to 3600 seconds each.",
    source="api:InferenceComponentStartupParameters",
)
def _component_timeouts(placed: PlacedRequest) -> Iterator[Finding]:
    for component in _component(placed):
        yield from startup_timeouts(
            "",
            component.model_data_download_timeout,
            component.container_startup_health_check_timeout,
        )


@rule(
    RULES,
    "component-tags",
    "A tag of an inference component is not empty.",
    source="cfn:InferenceComponent",
)
def _component_tags(placed: PlacedRequest) -> Iterator[Finding]:
    for _ in _component(placed):
        for key, value in placed.request.naming.tags.items():
            if value == "":
                yield Finding(
                    argument=f"naming.tags[{key!r}]",
                    value=value,
                    problem="inference components have no empty tags",
                )


@rule(
    RULES,
    "instance-scaling-bounds",
    "SageMaker manages from 0 to some number of instances, the lower bound first, and begins "
    "within them.",
    source="cfn:EndpointConfig, dg:endpoint-auto-scaling-zero-instances",
)
def _instance_scaling_bounds(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.variants:
        scaling = variant.instance_scaling if isinstance(variant, ComponentVariant) else None
        if not isinstance(variant, ComponentVariant) or scaling is None:
            continue
        low, high = scaling.min_instance_count, scaling.max_instance_count
        bounds = {"min_instance_count": (low, 0), "max_instance_count": (high, 1)}
        sound = True
        for argument, (value, least) in bounds.items():
            if is_token(value):
                sound = False
            elif not is_whole(value) or value < least:
                sound = False
                yield Finding(
                    argument=f"instance_scaling.{argument}",
                    value=value,
                    problem=f"must be a whole number from {least}",
                )
        if sound and high < low:
            yield Finding(
                argument="instance_scaling.max_instance_count",
                value=high,
                problem=f"is below min_instance_count={low}",
            )
        count = variant.instance_count
        if not sound or high < low or count is None or not is_whole(count):
            continue
        if not max(1, low) <= count <= high:
            yield Finding(
                argument="instance_count",
                value=count,
                problem=f"is outside the bounds {max(1, low)} to {high} of instance_scaling",
                fix="leave it out to begin with the lower bound",
            )


@rule(
    RULES,
    "components-encryption",
    "Whether a customer managed key covers the volumes of component endpoints is not documented.",
    source="dg:model-deploy-feature-matrix",
    warns=Doubt.UNVERIFIED,
)
def _components_encryption(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    if (
        request.type is EndpointType.COMPONENTS
        and request.component is None
        and request.encryption_key is not None
    ):
        yield Finding(
            argument="encryption_key",
            value="given",
            problem="that it is used on component endpoints is not documented",
        )


@rule(
    RULES,
    "components-region",
    "CloudFormation has inference components in some Regions only.",
    source="cfn:InferenceComponent",
    warns=Doubt.INFERRED,
)
def _components_region(placed: PlacedRequest) -> Iterator[Finding]:
    request, region = placed.request, placed.environment.region
    endpoint = request.type is EndpointType.COMPONENTS and request.component is None
    if endpoint and region in REGIONS_WITHOUT_COMPONENTS:
        yield Finding(
            argument="region",
            value=region,
            problem="CloudFormation's registry does not list AWS::SageMaker::InferenceComponent "
            "in this Region",
            fix="check the Region's resource types before you deploy",
        )
