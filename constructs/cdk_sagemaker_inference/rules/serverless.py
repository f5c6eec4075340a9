"""Rules about serverless endpoints."""

from collections.abc import Iterator

from aws_cdk import SizeRoundingBehavior

from ..deployment import BlueGreen
from ..request import EndpointType, PlacedRequest
from ..tokens import is_token
from ..variants import ServerlessVariant
from .containers import foreign_images
from .registry import Doubt, Finding, Rules, is_whole, rule

MEMORY_MEBIBYTES = range(1024, 6145, 1024)
CONCURRENCY = range(1, 201)

RULES = Rules("serverless endpoints")


def _serverless(placed: PlacedRequest) -> Iterator[ServerlessVariant]:
    for variant in placed.request.variants:
        if isinstance(variant, ServerlessVariant):
            yield variant


@rule(
    RULES,
    "serverless-memory",
    "A serverless endpoint has 1, 2, 3, 4, 5 or 6 GiB of memory.",
    source="api:ProductionVariantServerlessConfig",
)
def _serverless_memory(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in _serverless(placed):
        size = variant.memory_size.to_mebibytes(rounding=SizeRoundingBehavior.NONE)
        if not is_token(size) and size not in MEMORY_MEBIBYTES:
            yield Finding(
                argument="memory_size", value=f"{size:g} MiB", problem="must be 1 to 6 whole GiB"
            )


@rule(
    RULES,
    "serverless-concurrency",
    "A serverless endpoint has 1 to 200 concurrent executions, of which 1 or more may be "
    "provisioned, also by scaling.",
    source="api:ProductionVariantServerlessConfig, dg:serverless-endpoints",
)
def _serverless_concurrency(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in _serverless(placed):
        highest = variant.max_concurrency
        provisioned = variant.provisioned_concurrency
        said: dict[str, int | None] = {"max_concurrency": highest}
        bounded: dict[str, int | None] = {}
        if provisioned is not None:
            said["provisioned_concurrency"] = bounded["provisioned_concurrency"] = provisioned
        if variant.scaling is not None:
            # Other rules find what is no bound at all.
            bounded["scaling.max_capacity"] = variant.scaling.max_capacity
            for index, schedule in enumerate(variant.scaling.schedules):
                bounded[f"scaling.schedules[{index}].max_capacity"] = schedule.max_capacity
        wrong = [
            argument
            for argument, value in said.items()
            if not is_token(value) and (not is_whole(value) or value not in CONCURRENCY)
        ]
        for argument in wrong:
            yield Finding(
                argument=argument,
                value=said[argument],
                problem="must be a whole number from 1 to 200",
            )
        if "max_concurrency" in wrong or not is_whole(highest):
            continue
        for argument, value in bounded.items():
            if argument not in wrong and value is not None and is_whole(value) and value > highest:
                yield Finding(
                    argument=argument,
                    value=value,
                    problem=f"is above max_concurrency={highest}",
                )


@rule(
    RULES,
    "serverless-scaling",
    "Whether CloudFormation scales provisioned concurrency is documented in contradictory ways.",
    source="dg:serverless-endpoints-autoscale, cfn:ScalableTarget",
    warns=Doubt.CONFLICTING,
)
def _serverless_scaling(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in _serverless(placed):
        if variant.scaling is not None:
            yield Finding(
                argument="scaling",
                value=f"{variant.scaling.min_capacity} to {variant.scaling.max_capacity}",
                problem="the Developer Guide says that CloudFormation does not support it, "
                "CloudFormation's schema that it does",
                fix="set provisioned_concurrency instead if the deployment is refused",
            )


@rule(
    RULES,
    "serverless-deployment",
    "A serverless endpoint is updated all at once.",
    source="dg:deployment-guardrails-exclusions",
)
def _serverless_deployment(placed: PlacedRequest) -> Iterator[Finding]:
    policy = placed.request.deployment
    if placed.request.type is not EndpointType.SERVERLESS or policy is None:
        return
    if not isinstance(policy, BlueGreen) or policy.shifts_gradually:
        yield Finding(
            argument="deployment",
            value=policy.traffic if isinstance(policy, BlueGreen) else type(policy).__name__,
            problem="a serverless endpoint is updated all at once",
            fix="use BlueGreen.all_at_once",
        )


@rule(
    RULES,
    "serverless-image-account",
    "The image of a serverless endpoint is AWS's, or in a repository of the endpoint's account.",
    source="dg:serverless-endpoints-create",
)
def _serverless_image_account(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.SERVERLESS:
        return
    for argument, account in foreign_images(placed):
        yield Finding(
            argument=argument,
            value=account,
            problem="is another account's, from which a serverless endpoint takes no image",
            fix=f"replicate the repository to {placed.environment.account}",
        )


@rule(
    RULES,
    "serverless-image-registry",
    "A serverless endpoint takes its image from Amazon ECR.",
    source="dg:serverless-endpoints",
)
def _serverless_image_registry(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.type is not EndpointType.SERVERLESS:
        return
    for argument, container in placed.request.containers:
        if container.image.through_vpc:
            yield Finding(
                argument=f"{argument}.image",
                value=container.image.uri,
                problem="is not in Amazon ECR",
                fix="copy the image to ECR",
            )
