"""Rules about multi-model endpoints."""

from collections.abc import Iterator

from .. import instances
from ..alarms import MultiModelAlarms
from ..deployment import BlueGreen
from ..request import EndpointType, PlacedRequest
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, rule

# Developer Guide, multi-model-support.
GPU_FAMILIES = frozenset({"p2", "p3", "g4dn", "g5"})
ACCELERATOR_FAMILIES = ("inf", "trn", "dl")

RULES = Rules("multi-model endpoints")


@rule(
    RULES,
    "multi-model-gpu",
    "A multi-model endpoint runs on instances with at most one GPU.",
    source="dg:multi-model-support",
)
def _multi_model_gpu(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.MULTI_MODEL:
        return
    for variant in placed.request.fleets:
        count = instances.gpus(variant.instance_type)
        if count > 1:
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=variant.instance_type,
                problem=f"has {count} GPUs, and a multi-model endpoint runs on one at most",
                fix="use a smaller size, such as ml.g5.xlarge",
            )


@rule(
    RULES,
    "multi-model-accelerator",
    "AWS documents multi-model endpoints on CPUs and on one GPU of p2, p3, g4dn and g5, the latter "
    "with images of Triton.",
    source="dg:multi-model-support",
    warns=Doubt.UNVERIFIED,
)
def _multi_model_accelerator(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.MULTI_MODEL:
        return
    for variant in placed.request.fleets:
        name = variant.instance_type
        if not isinstance(name, str) or is_token(name):
            continue
        family = name.removeprefix("ml.").partition(".")[0]
        gpus = instances.gpus(name)
        if family.startswith(ACCELERATOR_FAMILIES) or (gpus == 1 and family not in GPU_FAMILIES):
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=name,
                problem="is not among the families that AWS documents for multi-model endpoints",
                fix="use ml.g5 or ml.g4dn with one GPU, or a type without GPU",
            )
        elif gpus == 1:
            for argument, container in placed.request.containers:
                uri = container.image.uri
                if uri is not None and not is_token(uri) and "triton" not in uri:
                    yield Finding(
                        argument=f"{argument}.image",
                        value=uri,
                        problem="on a GPU only the Triton Inference Server holds many models",
                    )


@rule(
    RULES,
    "multi-model-cache-hits",
    "Without caching no request finds its model loaded.",
    source="dg:multi-model-caching",
    warns=Doubt.HARMLESS,
)
def _multi_model_cache_hits(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if not isinstance(alarms, MultiModelAlarms) or alarms.model_cache_hit_percent is None:
        return
    for argument, artifact in placed.request.artifacts:
        if artifact.caches is False:
            yield Finding(
                argument="alarms.model_cache_hit_percent",
                value=alarms.model_cache_hit_percent,
                problem=f"without the caching of {argument} it is in alarm whenever there are "
                "requests",
                fix="None switches the alarm off",
            )


@rule(
    RULES,
    "multi-model-deployment",
    "Whether multi-model endpoints are updated otherwise than all at once is documented in "
    "contradictory ways.",
    source="dg:model-deploy-feature-matrix, dg:deployment-guardrails-exclusions",
    warns=Doubt.CONFLICTING,
)
def _multi_model_deployment(placed: PlacedRequest) -> Iterator[Finding]:
    policy = placed.request.deployment
    if placed.request.type is not EndpointType.MULTI_MODEL or policy is None:
        return
    if policy.shifts_gradually:
        yield Finding(
            argument="deployment",
            value=policy.traffic if isinstance(policy, BlueGreen) else type(policy).__name__,
            problem="AWS's feature matrix says that multi-model endpoints do not have it, its page "
            "of exclusions does not name them",
            fix="use BlueGreen.all_at_once if the update is refused",
        )
