"""What a rule is, and what it finds."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    :param id: identifier, stable: users acknowledge warnings by it.
    :param text: the rule in one sentence.
    :param source: where it is written.
    :param check: finds what breaks it.
    :param warns: the rule is not verified, or breaking it is not fatal: warn instead of refusing.
    :param basic: other rules take it for granted and are not asked where it is broken.
    """

    id: str
    text: str
    source: str
    check: Callable[[PlacedRequest], Iterable[Finding]]
    warns: bool = False
    basic: bool = False


_Check = Callable[[PlacedRequest], Iterable[Finding]]


def rule(
    rules: list[Rule],
    id: str,
    text: str,
    *,
    source: str,
    warns: bool = False,
    basic: bool = False,
) -> Callable[[_Check], _Check]:
    """Add the decorated check to a module's rules."""

    def register(check: _Check) -> _Check:
        rules.append(Rule(id=id, text=text, source=source, check=check, warns=warns, basic=basic))
        return check

    return register


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number; ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; ``True`` is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
