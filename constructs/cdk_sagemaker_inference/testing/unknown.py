"""What a template says about a value without saying the value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Hole:
    """The part of a text that only the deployment knows.

    Attributes:
        example: A text of the same form, if the form is known: an ARN, a Region. None if not.
        at_least: The fewest characters that it has.
    """

    example: str | None = None
    at_least: int = 0


@dataclass(frozen=True)
class Unknown:
    """A value that only the deployment knows.

    Attributes:
        parts: The text in pieces, the known ones and the holes; one hole if nothing is known.
        is_text: Whether it can be nothing but a text (a join), or anything at all (a reference).
    """

    parts: tuple[str | Hole, ...] = (Hole(),)
    is_text: bool = False

    @property
    def example(self) -> str | None:
        """A text of the same form, or None if the form of some part is not known."""
        pieces = [part if isinstance(part, str) else part.example for part in self.parts]
        return None if None in pieces else "".join(piece for piece in pieces if piece is not None)

    @property
    def at_least(self) -> int:
        """The fewest characters that the text has."""
        return sum(len(p) if isinstance(p, str) else p.at_least for p in self.parts)

    def filled(self, filling: str) -> str:
        """The known parts, with the same text in each hole."""
        return "".join(part if isinstance(part, str) else filling for part in self.parts)

    def split(self, separator: str) -> list[str | Unknown]:
        """The pieces between separators, of which the holes have none."""
        pieces: list[list[str | Hole]] = [[]]
        for part in self.parts:
            if isinstance(part, Hole):
                pieces[-1].append(part)
            else:
                (first, *others) = part.split(separator)
                pieces[-1].append(first)
                pieces.extend([other] for other in others)
        return [text(piece) for piece in pieces]

    def __repr__(self) -> str:
        """The known parts, for a report."""
        return self.filled("…")


class Absent:
    """`AWS::NoValue`: there is no such property or item."""

    def __repr__(self) -> str:
        """As CloudFormation writes it."""
        return "AWS::NoValue"


ABSENT = Absent()


@dataclass(frozen=True)
class Choice:
    """A value that a condition or a mapping chooses; each may come true.

    Attributes:
        options: What leads to the value (``"Fn::If[1]"``), and the value.
    """

    options: Sequence[tuple[str, Any]]

    @property
    def present(self) -> Sequence[tuple[str, Any]]:
        """The options that are a value."""
        return [(label, value) for label, value in self.options if value is not ABSENT]

    @property
    def can_be_absent(self) -> bool:
        """Whether one of the options is no value."""
        return len(self.present) < len(self.options)


Part: TypeAlias = str | Hole


def text(parts: Iterable[Part]) -> str | Unknown:
    """Puts pieces together: a text if all are known."""
    merged: list[Part] = []
    for part in parts:
        if part == "":
            continue
        if merged and isinstance(part, str) and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    if not merged:
        return ""
    (first, *rest) = merged
    if isinstance(first, str) and not rest:
        return first
    return Unknown(tuple(merged), is_text=True)
