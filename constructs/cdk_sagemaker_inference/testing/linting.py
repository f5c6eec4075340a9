"""Runs cfn-lint's rules over templates, and says why some of what they report is right as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from .extra import needs
from .findings import Finding

if TYPE_CHECKING:
    from cfnlint.runner import Runner


@dataclass(frozen=True)
class Accepted:
    """A cfn-lint rule that reports what is right as it is.

    Attributes:
        rule: The rule's id, ``"W3005"``.
        reason: Why it is right.
        types: The resource types for which it is; empty means all of the template.
    """

    rule: str
    reason: str
    types: frozenset[str] = frozenset()


CDK_WRITES: Sequence[Accepted] = (
    Accepted(
        "I1022",
        "CDK writes each text that holds a token as a Fn::Join; a Fn::Sub means the same",
    ),
    Accepted(
        "W3005",
        "CDK makes functions and state machines wait for their roles by name, because that waits "
        "for the policies of the roles too; for the role itself the reference would do",
        frozenset({"AWS::Lambda::Function", "AWS::StepFunctions::StateMachine"}),
    ),
)
"""What CDK itself writes into templates, in its own way."""


def lint_template(
    template: Mapping[str, Any],
    *,
    regions: Sequence[str] = ("us-east-1",),
    accepted: Sequence[Accepted] = CDK_WRITES,
    experimental: bool = False,
) -> list[Finding]:
    """What cfn-lint reports: errors, warnings and informational messages of all its rules.

    ::

        assert lint_template(template, regions=["eu-west-1", "cn-north-1"]) == []

    The first call loads cfn-lint's rules, which takes half a second; others take 0.1 to 0.5 s.

    Args:
        template: The template.
        regions: The Regions whose schemas hold.
        accepted: What to leave out, each with its reason. Default: what CDK itself writes.
        experimental: Whether the rules that cfn-lint calls experimental count too.

    Raises:
        MissingExtraError: cfn-lint is not installed.
    """
    with needs("cfn-lint"):
        from cfnlint.decode.decode import decode_str
    text = json.dumps(template, ensure_ascii=False)
    # JSON allows them, cfn-lint reads templates as YAML.
    text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    decoded, errors = decode_str(text)
    runner = _runner(tuple(regions), experimental)
    matches = list(errors) if decoded is None else list(runner.validate_template(decoded))
    findings = [_finding(template, match) for match in matches]
    return [one for one in findings if not any(_covers(right, one) for right in accepted)]


_CONTROL = re.compile(r"[\x7f-\x84\x86-\x9f\ufffe\uffff]")


@cache
def _runner(regions: tuple[str, ...], experimental: bool) -> Runner:
    """cfn-lint with its rules, which take long to load."""
    from cfnlint.config import ConfigMixIn
    from cfnlint.runner import Runner

    return Runner(
        ConfigMixIn(regions=list(regions), include_checks=["I"], include_experimental=experimental)
    )


def _finding(template: Mapping[str, Any], match: Any) -> Finding:
    path = list(getattr(match, "path", None) or [])
    resource = str(path[1]) if len(path) > 1 and path[0] == "Resources" else ""
    known = template.get("Resources", {}).get(resource, {})
    steps = path[2:] if resource else path
    return Finding(
        resource=resource,
        type=known.get("Type", "template"),
        path="".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps).lstrip("."),
        value=None,
        problem=match.message,
        source=f"cfn-lint {match.rule.id}",
    )


def _covers(right: Accepted, finding: Finding) -> bool:
    if finding.source != f"cfn-lint {right.rule}":
        return False
    return not right.types or finding.type in right.types
