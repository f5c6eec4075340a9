"""Runs cdk-nag's rule packs over an app and returns what nobody has acknowledged.

cdk-nag's packs are plug-ins of CDK's own validation: registered with an app they print a report and
end the synth. Here they look at the constructs after the synth instead, so that a test can compare
what they find.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_cdk import App, Stack, Stage
from constructs import IConstruct

from .extra import needs

if TYPE_CHECKING:
    from cdk_nag import NagPack

_RECORDED = "aws:cdk:acknowledged-rules"  # Validations.ACKNOWLEDGED_RULES_METADATA_KEY


@dataclass(frozen=True, order=True)
class PolicyFinding:
    """One resource that breaks one rule of a pack, and that no acknowledgement covers.

    Attributes:
        path: The construct path of the CloudFormation resource, ``"MyStack/Fraud/Role/Resource"``.
        rule: The rule's id as ``Validations.of(construct).acknowledge`` takes it, with the finding
            in brackets where a rule has several: ``"AwsSolutions-IAM5[Resource::*]"``.
        message: What the rule says.
        severity: ``"error"`` or ``"warning"``.
        pack: The pack's name: ``"AwsSolutions"``, ``"Serverless"``, ``"NIST.800.53.R5"``,
            ``"HIPAA.Security"`` or ``"PCI.DSS.321"``.
    """

    path: str
    rule: str
    message: str
    severity: str
    pack: str

    def __str__(self) -> str:
        """One line for a report."""
        return f"{self.path}: {self.rule} ({self.severity}): {self.message}"


def policy_packs() -> list[NagPack]:
    """The packs that ``policy_pack_findings`` runs, new: AwsSolutions, Serverless, NIST 800-53
    revision 5, HIPAA Security and PCI DSS 3.2.1.

    Raises:
        MissingExtraError: cdk-nag is not installed.
    """
    with needs("cdk-nag"):
        import cdk_nag
    return [
        cdk_nag.AwsSolutionsChecks(),
        cdk_nag.ServerlessChecks(),
        cdk_nag.NIST80053R5Checks(),
        cdk_nag.HIPAASecurityChecks(),
        cdk_nag.PCIDSS321Checks(),
    ]


def policy_pack_findings(
    scope: App | Stage | Stack, *, packs: Sequence[NagPack] | None = None
) -> list[PolicyFinding]:
    """What the rule packs find in an app and nobody has acknowledged.

    ::

        def test_no_pack_objects() -> None:
            assert policy_pack_findings(build_app()) == []

    The app is synthesized first if it has not been, because aspects and lazy values count too.
    An acknowledgement may stand at the resource or at any construct above it, with or without the
    pack's name before it (``AwsSolutions::AwsSolutions-S1``, ``AwsSolutions-S1``).

    Args:
        scope: The app, or a stage or stack of it to look at alone.
        packs: Other packs than those of ``policy_packs``.

    Returns:
        The findings in the order of their paths.

    Raises:
        MissingExtraError: cdk-nag is not installed.
    """
    chosen = policy_packs() if packs is None else packs
    app = scope.node.root
    if isinstance(app, Stage):
        app.synth()

    @cache
    def construct(path: str) -> IConstruct:
        found: IConstruct = app
        for part in path.split("/"):
            found = found.node.find_child(part)
        return found

    @cache
    def acknowledged(path: str) -> frozenset[str]:
        return frozenset(_acknowledged(construct(path)))

    return sorted(
        PolicyFinding(
            path=resource.construct_path,
            rule=violation.rule_name,
            message=violation.description,
            severity="error" if violation.severity is None else violation.severity,
            pack=pack.name,
        )
        for pack in chosen
        for violation in pack.validate_scope(scope).violations
        for resource in violation.violating_resources
        if resource.construct_path is not None
        and f"{pack.name}::{violation.rule_name}" not in acknowledged(resource.construct_path)
    )


def _acknowledged(construct: IConstruct) -> Iterator[str]:
    """The rules acknowledged at a construct and above it, each as it was recorded.

    cdk-nag itself leaves out those that are recorded without a pack's name.
    """
    for scope in construct.node.scopes:
        for entry in scope.node.metadata:
            data: Any = entry.data
            if entry.type == _RECORDED and isinstance(data, dict):
                yield from data
