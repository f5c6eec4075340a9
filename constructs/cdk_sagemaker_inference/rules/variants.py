"""Rules about variants: how many, their names and their share of the traffic."""

import re
from collections import Counter
from collections.abc import Iterator

from ..request import PlacedRequest
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, is_number, rule

MAX_VARIANTS = 10

_VARIANT_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")

RULES = Rules("variants and shadows")


@rule(
    RULES,
    "variants-or-model",
    "One model is said to the endpoint itself, several are said as variants.",
    source="convention of this library",
)
def _variants_or_model(placed: PlacedRequest) -> Iterator[Finding]:
    for argument in placed.request.ambiguous:
        yield Finding(
            argument=argument,
            value="given",
            problem="belongs to each variant when variants is given",
            fix="move it into the variants",
        )


@rule(
    RULES,
    "variant-count",
    "An endpoint has 1 to 10 production variants.",
    source="api:CreateEndpointConfigInput",
)
def _variant_count(placed: PlacedRequest) -> Iterator[Finding]:
    count = len(placed.request.variants)
    request = placed.request
    if request.component is None and request.transform is None and not 1 <= count <= MAX_VARIANTS:
        yield Finding(
            argument="variants", value=count, problem=f"must be 1 to {MAX_VARIANTS} variants"
        )


@rule(
    RULES,
    "variant-name",
    "A variant's name is up to 63 letters, digits and inner hyphens, and a literal.",
    source="api:VariantName",
)
def _variant_name(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.all_variants:
        name = variant.name
        if is_token(name) or not (isinstance(name, str) and _VARIANT_NAME.fullmatch(name)):
            yield Finding(
                argument=f"{variant.prefix}name",
                value=name,
                problem="must be a literal of up to 63 letters, digits and inner hyphens",
            )


@rule(
    RULES,
    "variant-name-unique",
    "Variants of an endpoint, the shadow included, have different names.",
    source="api:CreateEndpointConfigInput",
)
def _variant_name_unique(placed: PlacedRequest) -> Iterator[Finding]:
    variants = placed.request.all_variants
    for name, count in Counter(variant.name for variant in variants).items():
        if count > 1:
            yield Finding(argument="variants", value=name, problem=f"is the name of {count}")


@rule(
    RULES,
    "variant-weight",
    "A variant's weight is a number from 0; 0 sends it no traffic.",
    source="api:VariantWeight",
)
def _variant_weight(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.all_variants:
        weight = variant.weight
        if not is_token(weight) and (not is_number(weight) or weight < 0):
            yield Finding(
                argument=f"{variant.prefix}weight", value=weight, problem="must be a number from 0"
            )


@rule(
    RULES,
    "variant-traffic",
    "At least one production variant has a weight above 0.",
    source="api:VariantWeight",
)
def _variant_traffic(placed: PlacedRequest) -> Iterator[Finding]:
    weights = [variant.weight for variant in placed.request.variants]
    if weights and all(weight == 0 for weight in weights):
        yield Finding(
            argument="variants", value=weights, problem="leave nobody to take the traffic"
        )


@rule(
    RULES,
    "shadow-alone",
    "A shadow variant has exactly one production variant beside it.",
    source="api:CreateEndpointConfigInput",
)
def _shadow_alone(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    if request.shadow is not None and len(request.variants) > 1:
        yield Finding(
            argument="shadow",
            value=request.shadow.variant.name,
            problem=f"needs exactly one production variant, not {len(request.variants)}",
        )


@rule(
    RULES,
    "shadow-sampling",
    "A shadow gets above 0 and at most 100 percent of the requests, relative to a weight of 1.",
    source="api:CreateEndpointConfigInput",
)
def _shadow_sampling(placed: PlacedRequest) -> Iterator[Finding]:
    shadow = placed.request.shadow
    if shadow is None:
        return
    percent = shadow.sampling_percent
    if is_token(percent):
        yield Finding(
            argument="shadow.sampling_percent",
            value=percent,
            problem="must be a literal, for it is divided by 100",
        )
    elif not is_number(percent) or not 0 < percent <= 100:
        yield Finding(
            argument="shadow.sampling_percent",
            value=percent,
            problem="must be above 0 and at most 100",
        )
    for variant in placed.request.variants:
        if variant.weight != 1:
            yield Finding(
                argument=f"{variant.prefix}weight",
                value=variant.weight,
                problem="the shadow's share is relative to it",
                fix="leave it out",
            )


@rule(
    RULES,
    "shadow-sampling-weight",
    "A shadow's share of the requests is its weight relative to the production variant's, which is "
    "inferred.",
    source="api:CreateEndpointConfigInput",
    warns=Doubt.INFERRED,
)
def _shadow_sampling_weight(placed: PlacedRequest) -> Iterator[Finding]:
    shadow = placed.request.shadow
    if shadow is not None and shadow.sampling_percent != 100:
        yield Finding(
            argument="shadow.sampling_percent",
            value=shadow.sampling_percent,
            problem="that the weight is the share of copied requests is inferred",
            fix="watch the shadow's invocations after the first deployment",
        )


@rule(
    RULES,
    "shadow-instances",
    "Inferentia 1 serves no shadow variants.",
    source="dg:shadow-tests-exclusions",
)
def _shadow_instances(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.shadow is None:
        return
    for variant in placed.request.fleets:
        name = variant.instance_type
        if not is_token(name) and isinstance(name, str) and name.startswith("ml.inf1."):
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=variant.instance_type,
                problem="cannot be beside or behind a shadow variant",
            )
