"""Rules across the constructs of one app."""

from collections.abc import Iterator

from ..request import PlacedRequest
from .registry import Doubt, Finding, Rules, rule

RULES = Rules("constructs beside each other")


@rule(
    RULES,
    "name-taken",
    "In an account and Region a name is given once.",
    source="api:CreateEndpointInput, api:CreateInferenceComponentInput, cloudwatch:PutMetricAlarm",
)
def _name_taken(placed: PlacedRequest) -> Iterator[Finding]:
    for other in placed.others:
        if other.certain:
            yield Finding(
                argument="naming",
                value=other.name,
                problem=f"is the name of the {other.noun} of {other.path!r} already, in the same "
                "account and Region",
                fix="say another team, project or model",
            )


@rule(
    RULES,
    "name-may-be-taken",
    "Stacks that name no account and Region may go to the same ones.",
    source="cdk:environments",
    warns=Doubt.UNSEEN,
)
def _name_may_be_taken(placed: PlacedRequest) -> Iterator[Finding]:
    for other in placed.others:
        if not other.certain:
            yield Finding(
                argument="naming",
                value=other.name,
                problem=f"is the name of the {other.noun} of {other.path!r} too, whose stack names "
                "no account and Region either",
                fix="pass env to the stacks, or put them into stages of their own",
            )
