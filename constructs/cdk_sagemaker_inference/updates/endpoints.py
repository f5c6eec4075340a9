"""What SageMaker refuses of an endpoint's update, which depends on what is deployed before it."""

from collections.abc import Iterator

from .registry import Obstacle, Update, UpdateRule, rule
from .template import COMPONENT, UNKNOWN, EndpointEntry

ANOTHER_NAME = (
    "give the endpoint another name (naming): it is made new beside the old one, which goes when "
    "the new one runs; callers must follow"
)

RULES: list[UpdateRule] = []


def _unscaled_first(variant: str) -> str:
    return (
        f"deploy twice: first as it was, but with scaling=None for {variant!r} and instance_count "
        f"as many as run now; then this, with scaling. Or {ANOTHER_NAME}"
    )


@rule(
    RULES,
    "scaled-instance-type",
    "The instance type of a variant stays while autoscaling is registered for it.",
    source="dg:endpoint-scaling-update",
)
def _scaled_instance_type(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        for name in update.scaled(was):
            old, new = was.variants[name], now.variants.get(name)
            if new is None or new.serverless or old.serverless:
                continue
            if old.instance_type != new.instance_type:
                yield Obstacle(
                    logical_id=now.logical_id,
                    change=f"instance type of variant {name!r} from {old.instance_type} to "
                    f"{new.instance_type}",
                    way=_unscaled_first(name),
                    unknown=UNKNOWN in f"{old.instance_type}{new.instance_type}",
                )


@rule(
    RULES,
    "scaled-variant",
    "A variant is neither removed nor renamed while autoscaling is registered for it.",
    source="dg:endpoint-scaling-update",
)
def _scaled_variant(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        for name in update.scaled(was):
            if name not in now.variants:
                yield Obstacle(
                    logical_id=now.logical_id,
                    change=f"variant {name!r} is removed or renamed",
                    way=_unscaled_first(name),
                    unknown=_unknown_names(was, now),
                )


@rule(
    RULES,
    "guarded-variants",
    "Under a deployment policy an update keeps the names of all variants.",
    source="dg:deployment-guardrails-exclusions",
)
def _guarded_variants(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        if now.guarded and was.variants.keys() != now.variants.keys():
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"variants {_names(was)} become {_names(now)}",
                way="deploy twice: first this, but with deployment=None; then with the policy",
                unknown=_unknown_names(was, now),
            )


def _names(endpoint: EndpointEntry) -> str:
    return ", ".join(map(repr, sorted(endpoint.variants)))


def _unknown_names(*endpoints: EndpointEntry) -> bool:
    return any(UNKNOWN in name for endpoint in endpoints for name in endpoint.variants)


@rule(
    RULES,
    "instances-to-serverless",
    "An endpoint on instances does not become serverless.",
    source="dg:serverless-endpoints-update",
)
def _instances_to_serverless(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        if now.serverless and not was.serverless:
            yield Obstacle(
                logical_id=now.logical_id,
                change="the endpoint has instances and is to be serverless",
                way=ANOTHER_NAME,
            )


@rule(
    RULES,
    "serverless-to-instances",
    "A serverless endpoint that gets instances never becomes serverless again, so that "
    "CloudFormation cannot roll back.",
    source="dg:serverless-endpoints",
    warns=True,
)
def _serverless_to_instances(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        if was.serverless and not now.serverless:
            scaled = "; turn its scaling off first" if [*update.scaled(was)] else ""
            yield Obstacle(
                logical_id=now.logical_id,
                change=f"the endpoint is serverless and is to have instances{scaled}",
                way=ANOTHER_NAME,
            )


@rule(
    RULES,
    "endpoint-kind",
    "Whether an endpoint can change between synchronous and asynchronous, or between models and "
    "inference components, is not documented.",
    source="dg:async-inference, dg:model-deploy-feature-matrix",
    warns=True,
)
def _endpoint_kind(update: Update) -> Iterator[Obstacle]:
    for was, now in update.endpoints:
        for what, old, new in (
            ("asynchronous", was.asynchronous, now.asynchronous),
            ("for inference components", was.hosts_components, now.hosts_components),
        ):
            if old != new:
                is_now, becomes = ("is", "is not to be") if old else ("is not", "is to be")
                yield Obstacle(
                    logical_id=now.logical_id,
                    change=f"the endpoint {is_now} {what} and {becomes} so",
                    way=ANOTHER_NAME,
                )


@rule(
    RULES,
    "component-place",
    "An inference component keeps its name, its endpoint and its variant.",
    source="api:UpdateInferenceComponentInput",
)
def _component_place(update: Update) -> Iterator[Obstacle]:
    for was, now in update.kept:
        if was.type != COMPONENT or now.type != COMPONENT:
            continue
        for member in ("InferenceComponentName", "EndpointName", "VariantName"):
            old = update.before.text(was.properties.get(member, ""))
            new = update.after.text(now.properties.get(member, ""))
            if old != new:
                yield Obstacle(
                    logical_id=now.logical_id,
                    change=f"{member} from {old} to {new}",
                    way="make component_name of the naming scheme contain the endpoint's name, so "
                    "that the component is made new with it",
                    unknown=UNKNOWN in f"{old}{new}",
                )
