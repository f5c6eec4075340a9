"""What a rule is, and what it finds."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from ..request import PlacedRequest


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in a request that breaks a rule.

    :param argument: the argument, as the user wrote it.
    :param value: its value.
    :param problem: what is wrong with it.
    :param fix: what would be right, where that can be said.
    """

    argument: str
    value: object
    problem: str
    fix: str | None = None

    def __str__(self) -> str:
        """One line: argument, value, rule, fix."""
        fix = "" if self.fix is None else f"; {self.fix}"
        return f"{self.argument}={self.value!r}: {self.problem}{fix}"


class Doubt(Enum):
    """Why a rule warns instead of refusing."""

    UNVERIFIED = "AWS documents neither that it works nor that it fails"
    CONFLICTING = "AWS documents it in contradictory ways"
    INFERRED = "it follows from what AWS documents, which does not say it"
    UNSEEN = "whether it holds cannot be seen at synth"
    HARMLESS = "nothing fails, but it is hardly what was meant"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    :param id: identifier, stable: users acknowledge warnings by it.
    :param concerns: what it is about.
    :param text: the rule in one sentence.
    :param source: where it is written.
    :param check: finds what breaks it.
    :param warns: why it warns instead of refusing, if it does.
    :param basic: other rules take it for granted and are not asked where it is broken.
    """

    id: str
    concerns: str
    text: str
    source: str
    check: Callable[[PlacedRequest], Iterable[Finding]]
    warns: Doubt | None = None
    basic: bool = False


_Check = Callable[[PlacedRequest], Iterable[Finding]]


class Rules(list[Rule]):
    """The rules of one module.

    :param concerns: what they are about, for the reader of their list.
    """

    def __init__(self, concerns: str) -> None:
        """Begin without rules."""
        super().__init__()
        self.concerns = concerns


def rule(
    rules: Rules,
    id: str,
    text: str,
    *,
    source: str,
    warns: Doubt | None = None,
    basic: bool = False,
) -> Callable[[_Check], _Check]:
    """Add the decorated check to a module's rules."""

    def register(check: _Check) -> _Check:
        rules.append(
            Rule(
                id=id,
                concerns=rules.concerns,
                text=text,
                source=source,
                check=check,
                warns=warns,
                basic=basic,
            )
        )
        return check

    return register


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number; ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; ``True`` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
