"""cdk-nag's rule packs, and what is said to them."""

from collections.abc import Iterator
from dataclasses import dataclass

AWS_SOLUTIONS = "AwsSolutions"
SERVERLESS = "Serverless"
NIST = "NIST.800.53.R5"
HIPAA = "HIPAA.Security"
PCI = "PCI.DSS.321"

WILDCARD_RULE = f"{AWS_SOLUTIONS}-IAM5"
"""Finds each action and resource of a policy that has a ``*``."""


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """Findings of one reason.

    :param rules: their ids, one for each pack that has such a rule.
    :param resource: what is found, in words.
    :param reason: why it is right, for a reviewer.
    :param finding: which finding of the rules, where these have several for a resource; ``<…>`` and
        ``…`` stand for what depends on the request. Default: the only one.
    :param statements: ids of the IAM statements that it is about. Default: none.
    """

    rules: tuple[str, ...]
    resource: str
    reason: str
    finding: str | None = None
    statements: tuple[str, ...] = ()

    @property
    def ids(self) -> Iterator[str]:
        """The rules as the packs name them, with the finding in brackets."""
        for rule in self.rules:
            yield rule if self.finding is None else f"{rule}[{self.finding}]"


def rules(name: str, *packs: str) -> tuple[str, ...]:
    """Name one rule of several packs."""
    return tuple(f"{pack}-{name}" for pack in packs)


def wildcard(
    resource: str, finding: str, reason: str, *, statements: tuple[str, ...] = ()
) -> Acknowledgement:
    """Acknowledge a resource of a policy that has a ``*``."""
    return Acknowledgement(
        rules=(WILDCARD_RULE,),
        resource=resource,
        finding=f"Resource::{finding}",
        reason=reason,
        statements=statements,
    )
