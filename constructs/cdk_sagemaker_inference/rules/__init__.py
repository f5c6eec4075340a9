"""Every limit and compatibility rule that no CloudFormation schema knows.

A rule is a generator over the whole request that yields a finding for each thing that breaks it. To
add one, write the generator under ``@rule`` in the module of its subject, with an identifier, the
rule in one sentence and its source; the tests demand one accepted and one refused case for each.

Sources: ``api:X`` is shape X of SageMaker's service model, ``dg:X`` page X of its Developer Guide,
``cdk:X`` the CDK's documentation of X, ``ecr:X`` and ``tag:X`` those services' references, ``gh:X``
thread X of GitHub, for what AWS does not document.
"""

from collections.abc import Iterator

from aws_cdk import Annotations
from constructs import IConstruct

from ..request import PlacedRequest
from . import (
    asynchronous,
    components,
    containers,
    deployments,
    instances,
    kinds,
    models,
    multi_model,
    names,
    neighbours,
    network,
    observability,
    permissions,
    scaling,
    serverless,
    transform,
    variants,
)
from .registry import Doubt, Finding, Rule

__all__ = ["RULES", "Doubt", "Finding", "Rule", "refuse", "warn", "warning_id", "warnings"]

RULES: tuple[Rule, ...] = (
    *kinds.RULES,
    *names.RULES,
    *variants.RULES,
    *containers.RULES,
    *models.RULES,
    *instances.RULES,
    *scaling.RULES,
    *deployments.RULES,
    *observability.RULES,
    *serverless.RULES,
    *asynchronous.RULES,
    *multi_model.RULES,
    *components.RULES,
    *transform.RULES,
    *network.RULES,
    *permissions.RULES,
    *neighbours.RULES,
)
"""All rules, in the order in which their findings are reported."""


def refuse(construct_id: str, placed: PlacedRequest) -> None:
    """Raise one ``ValueError`` with every finding that forbids deployment.

    :raises ValueError: if there is any.
    """
    lines = _refusals(placed, basic=True) or _refusals(placed, basic=False)
    if lines:
        count = f"{len(lines)} problem{'' if len(lines) == 1 else 's'}"
        raise ValueError(
            "\n".join([f"{placed.request.kind} {construct_id!r} has {count}:", *lines])
        )


def _refusals(placed: PlacedRequest, *, basic: bool) -> list[str]:
    return [
        f"  - {finding} [{rule.source}]"
        for rule in RULES
        if not rule.warns and rule.basic is basic
        for finding in rule.check(placed)
    ]


def warn(construct: IConstruct, placed: PlacedRequest) -> None:
    """Annotate a construct with every finding that does not forbid deployment."""
    for identifier, text in warnings(placed):
        Annotations.of(construct).add_warning_v2(identifier, text)


def warning_id(rule_id: str) -> str:
    """What a user acknowledges a rule's warnings by."""
    return f"cdk-sagemaker-inference:{rule_id}"


def warnings(placed: PlacedRequest) -> Iterator[tuple[str, str]]:
    """Identifier and text of each warning."""
    for rule in RULES:
        if rule.warns:
            for finding in rule.check(placed):
                yield warning_id(rule.id), f"{finding} [{rule.source}]"
