"""Rules about the execution role."""

from collections.abc import Iterator

from ..request import PlacedRequest
from .registry import Finding, Rule, rule

RULES: list[Rule] = []


@rule(
    RULES,
    "role-policy",
    "Only a role of the user's can be left without the permissions that the endpoint needs.",
    source="dg:sagemaker-roles",
)
def _role_policy(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    if request.role is None and not request.attach_execution_policy:
        yield Finding(
            argument="attach_execution_policy",
            value=False,
            problem="leaves the endpoint's own role without any permission",
            fix="pass role",
        )
