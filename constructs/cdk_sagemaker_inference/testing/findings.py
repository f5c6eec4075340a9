"""What the checks of templates report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing in a template that the deployment would refuse, or that would never work.

    Attributes:
        resource: The logical id.
        type: The CloudFormation type.
        path: The place in the resource, ``"Properties.ProductionVariants[0].VariantName"``.
        value: What is there; ``None`` if what is missing is the problem.
        problem: What is wrong with it, in one sentence.
        source: Where the rule is from: ``"api:CreateEndpointConfig"`` for a request that botocore's
            service model refuses, else a page or a section of the documentation.
        stack: The stack, if several were checked; else ``""``.
    """

    resource: str
    type: str
    path: str
    value: object
    problem: str
    source: str
    stack: str = ""

    def __str__(self) -> str:
        """One line for a report."""
        where = f"{self.stack}/{self.resource}" if self.stack else self.resource
        value = "" if self.value is None else f"={self.value!r}"
        return f"{where} ({self.type}) {self.path}{value}: {self.problem} [{self.source}]"


def report(findings: Iterable[object]) -> str:
    """The findings, a line each."""
    return "\n".join(f"  - {finding}" for finding in findings)
