"""Checks a request against the constraints in a botocore service model, and words a refusal as
AWS does.

botocore itself checks only required members and types before it sends a request; enumerations,
patterns, lengths and ranges are left to the service. Everything here is a pure function of a
shape and a value.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_INTEGERS = ("integer", "long")
_NUMBERS = ("float", "double")
_MISSING = object()
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"


@dataclass(frozen=True)
class Problem:
    """One constraint that a request breaks."""

    path: str
    value: object
    constraint: str
    code: str = "ValidationException"

    @property
    def text(self) -> str:
        """The sentence that AWS puts into its validation error for this problem."""
        if self.code == "SerializationException":
            return self.constraint
        shown = "null" if self.value is _MISSING else f"'{_shown(self.value)}'"
        return f"Value {shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


@cache
def service_model(service: str) -> ServiceModel:
    """The service model as botocore ships it (loading SageMaker's takes a quarter of a second)."""
    return botocore.session.get_session().get_service_model(service)


def check(service: str, operation: str, request: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a request to an operation, in the order of the service model's members."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return []
    return list(problems(shape, request))


def message(found: Sequence[Problem]) -> str:
    """The text of the validation error that AWS answers with."""
    serialization = [problem for problem in found if problem.code == "SerializationException"]
    if serialization:
        return serialization[0].text
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: " + "; ".join(p.text for p in found)


def code(found: Sequence[Problem]) -> str:
    """The error code: a value of the wrong type fails before any constraint is looked at."""
    if any(problem.code == "SerializationException" for problem in found):
        return "SerializationException"
    return "ValidationException"


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[Problem]:
    """Compares a value with a shape, member by member."""
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _list_problems(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, path)
    elif shape.type_name == "string":
        yield from _string_problems(shape, value, path)
    elif shape.type_name in _INTEGERS or shape.type_name in _NUMBERS:
        yield from _number_problems(shape, value, path)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _wrong_type(path, value, "Boolean")
    elif shape.type_name == "timestamp" and not isinstance(value, (datetime, int, float, str)):
        yield _wrong_type(path, value, "Timestamp")


def _structure_problems(shape: StructureShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, value, "Structure")
        return
    for name in value:
        if name not in shape.members:
            where = path if path else "#"
            yield Problem(where, name, f"extraneous key [{name}] is not permitted")
    for name, member in shape.members.items():
        member_path = f"{path}.{_lower_first(name)}" if path else _lower_first(name)
        given = value.get(name)
        if given is None:
            if name in shape.required_members and not member.metadata.get("idempotencyToken"):
                yield Problem(member_path, _MISSING, "Member must not be null")
        else:
            yield from problems(member, given, member_path)


def _list_problems(shape: ListShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, (list, tuple)):
        yield _wrong_type(path, value, "List")
        return
    yield from _length_problems(shape, value, path)
    for index, item in enumerate(value, start=1):
        yield from problems(shape.member, item, f"{path}.{index}.member")


def _map_problems(shape: MapShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong_type(path, value, "Map")
        return
    yield from _length_problems(shape, value, path)
    for key, item in value.items():
        broken = [p.constraint for p in problems(shape.key, key, path)]
        if broken:
            yield Problem(path, value, f"Map keys must satisfy constraint: [{', '.join(broken)}]")
        inner = list(problems(shape.value, item, f"{path}.{key}.member"))
        if any(problem.code == "SerializationException" for problem in inner):
            yield from inner
        elif inner and shape.value.type_name == "string":
            texts = ", ".join(p.constraint for p in inner)
            yield Problem(path, value, f"Map value must satisfy constraint: [{texts}]")
        else:
            yield from inner


def _string_problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _wrong_type(path, value, "String")
        return
    yield from _length_problems(shape, value, path)
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        listed = ", ".join(allowed)
        yield Problem(path, value, f"Member must satisfy enum value set: [{listed}]")
    pattern = shape.metadata.get("pattern")
    if pattern is not None:
        compiled = java_pattern(pattern)
        if compiled is not None and compiled.fullmatch(value) is None:
            constraint = f"Member must satisfy regular expression pattern: {pattern}"
            yield Problem(path, value, constraint)


def _number_problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    wanted = "Integer" if shape.type_name in _INTEGERS else "Double"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield _wrong_type(path, value, wanted)
        return
    if wanted == "Integer" and not isinstance(value, int):
        yield _wrong_type(path, value, wanted)
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield Problem(path, value, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield Problem(path, value, f"Member must have value less than or equal to {high}")


def _length_problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield Problem(path, value, f"Member must have length greater than or equal to {low}")
    if high is not None and len(value) > high:
        yield Problem(path, value, f"Member must have length less than or equal to {high}")


def _wrong_type(path: str, value: Any, wanted: str) -> Problem:
    """AWS names only the JSON kind and the Java type; the path is added to find the place."""
    kinds = {bool: "TRUE_VALUE" if value is True else "FALSE_VALUE", str: "STRING_VALUE"}
    kinds |= {
        int: "NUMBER_VALUE",
        float: "DECIMAL_VALUE",
        dict: "START_OBJECT",
        list: "START_ARRAY",
    }
    kind = kinds.get(type(value), type(value).__name__)
    text = f"{kind} can not be converted to {_article(wanted)} {wanted} (at '{path}')"
    return Problem(path, value, text, "SerializationException")


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def _shown(value: object) -> str:
    """A value as Java prints it: `[a, b]` for lists and `{a=b}` for maps."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}={_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@cache
def java_pattern(pattern: str) -> re.Pattern[str] | None:
    """A service model's pattern (Java syntax) for Python, or None where it cannot be translated.

    The dialects differ in Unicode categories (`\\p{L}`), which are spelled out as ranges; in
    surrogate pairs, which Java reads as one character; in a repeated `$`, which Python refuses;
    and in class intersections (`&&`), which have no equivalent.
    """
    if "&&" in pattern:
        return None
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010ffff")
    pattern = re.sub(r"\$\{\d+,\d+\}", "$", pattern)
    try:
        return re.compile(re.sub(r"\\p\{(\w+)\}", _category, pattern))
    except (re.error, KeyError):
        return None


def untranslatable_patterns(service: str) -> list[str]:
    """The patterns of a service model that `problems` cannot check."""
    model = service_model(service)
    shapes = (model.shape_for(name) for name in model.shape_names)
    patterns = {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}
    return sorted(pattern for pattern in patterns if java_pattern(pattern) is None)


_POSIX = {
    "ASCII": r"\x00-\x7F",
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Graph": r"\x21-\x7E",
    "Print": r"\x20-\x7E",
    "Punct": r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
    "Space": r"\s",
}


def _category(match: re.Match[str]) -> str:
    name = match[1].removeprefix("Is")
    ranges = _POSIX[name] if name in _POSIX else _category_ranges(name)
    before = match.string[: match.start()]
    inside_class = before.count("[") - before.count("\\[") > before.count("]") - before.count("\\]")
    return ranges if inside_class else f"[{ranges}]"


@cache
def _category_ranges(name: str) -> str:
    """The ranges of a Unicode category, or of a group of them named by its first letter."""
    codes = (n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)).startswith(name))
    spans: list[tuple[int, int]] = []
    for number in codes:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    if not spans:
        raise KeyError(name)
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in spans)
