"""Compares a value with a shape of a botocore service model.

botocore itself checks only required members and types before it sends a request; enumerations,
patterns, lengths and ranges are left to the service. Everything here is a pure function of a
shape and a value. Of a value that only the deployment knows, what is certain is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from .extra import needs
from .patterns import java_pattern
from .unknown import Choice, Unknown

with needs("botocore"):
    import botocore.session
    from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_INTEGERS = ("integer", "long")
_NUMBERS = ("float", "double")
_MISSING = object()


class MapKey(str):
    """A step into a map, as opposed to one into a structure."""


class Branch(str):
    """A step that only the template has: which side of a condition."""


Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One constraint that a request breaks.

    Attributes:
        where: The members, indices and keys that lead to the value.
        value: The value; see ``missing``.
        constraint: The constraint, in AWS's words.
        code: The code of the error that AWS answers with.
    """

    where: Where
    value: object
    constraint: str
    code: str = "ValidationException"

    @property
    def missing(self) -> bool:
        """Whether there is no value."""
        return self.value is _MISSING

    @property
    def path(self) -> str:
        """The place as AWS writes it, ``productionVariants.1.member.variantName``."""
        return ".".join(_steps(self.where)) if self.where else "#"

    @property
    def text(self) -> str:
        """The sentence that AWS puts into its validation error for this problem."""
        if self.code == "SerializationException":
            return self.constraint
        shown = "null" if self.missing else f"'{_shown(self.value)}'"
        return f"Value {shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


@cache
def service_model(service: str) -> ServiceModel:
    """The service model as botocore ships it (loading SageMaker's takes a quarter of a second)."""
    return botocore.session.get_session().get_service_model(service)


def input_shape(service: str, operation: str) -> StructureShape:
    """The shape of an operation's request.

    Raises:
        TypeError: The operation takes no request.
    """
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        raise TypeError(f"{service}.{operation} takes no request")
    return shape


def problems(shape: Shape, value: Any, where: Where = ()) -> Iterator[Problem]:
    """Compares a value with a shape, member by member, in the order of the shape's members."""
    if isinstance(value, Unknown):
        yield from _unknown_problems(shape, value, where)
    elif isinstance(value, Choice):
        for label, option in value.present:
            yield from problems(shape, option, (*where, Branch(label)))
    elif isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, where)
    elif isinstance(shape, ListShape):
        yield from _list_problems(shape, value, where)
    elif isinstance(shape, MapShape):
        yield from _map_problems(shape, value, where)
    elif shape.type_name == "string":
        yield from _string_problems(shape, value, where)
    elif shape.type_name in _INTEGERS or shape.type_name in _NUMBERS:
        yield from _number_problems(shape, value, where)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _wrong_type(where, value, "Boolean")
    elif shape.type_name == "timestamp" and not isinstance(value, (datetime, int, float, str)):
        yield _wrong_type(where, value, "Timestamp")


def _unknown_problems(shape: Shape, value: Unknown, where: Where) -> Iterator[Problem]:
    """What is wrong however the deployment fills the holes."""
    kinds = {"structure": "Structure", "list": "List", "map": "Map"}
    if shape.type_name in kinds:
        if value.is_text:
            yield _wrong_type(where, value.filled("…"), kinds[shape.type_name])
    elif shape.type_name == "string":
        high = shape.metadata.get("max")
        if high is not None and value.at_least > high:
            yield Problem(where, value, _length("less", high))
        if value.example is not None:
            yield from _pattern_problems(shape, value.example, value, where)


def _structure_problems(shape: StructureShape, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong_type(where, value, "Structure")
        return
    for name in value:
        if name not in shape.members:
            yield Problem(where, name, f"extraneous key [{name}] is not permitted")
    for name, member in shape.members.items():
        given = value.get(name)
        if given is None:
            if name in shape.required_members and not member.metadata.get("idempotencyToken"):
                yield Problem((*where, name), _MISSING, "Member must not be null")
        else:
            yield from problems(member, given, (*where, name))


def _list_problems(shape: ListShape, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, (list, tuple)):
        yield _wrong_type(where, value, "List")
        return
    optional = sum(isinstance(item, Choice) and item.can_be_absent for item in value)
    yield from _length_problems(shape, value, where, len(value) - optional)
    for index, item in enumerate(value):
        yield from problems(shape.member, item, (*where, index))


def _map_problems(shape: MapShape, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, Mapping):
        yield _wrong_type(where, value, "Map")
        return
    optional = sum(isinstance(item, Choice) and item.can_be_absent for item in value.values())
    yield from _length_problems(shape, value, where, len(value) - optional)
    for key, item in value.items():
        broken = [p.constraint for p in problems(shape.key, key, where)]
        if broken:
            yield Problem(where, value, f"Map keys must satisfy constraint: [{', '.join(broken)}]")
        inner = list(problems(shape.value, item, (*where, MapKey(key))))
        if any(problem.code == "SerializationException" for problem in inner):
            yield from inner
        elif inner and shape.value.type_name == "string":
            texts = ", ".join(p.constraint for p in inner)
            yield Problem(where, value, f"Map value must satisfy constraint: [{texts}]")
        else:
            yield from inner


def _string_problems(shape: Shape, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _wrong_type(where, value, "String")
        return
    yield from _length_problems(shape, value, where, len(value))
    allowed = getattr(shape, "enum", [])
    if allowed and value not in allowed:
        listed = ", ".join(allowed)
        yield Problem(where, value, f"Member must satisfy enum value set: [{listed}]")
    yield from _pattern_problems(shape, value, value, where)


def _pattern_problems(shape: Shape, text: str, value: object, where: Where) -> Iterator[Problem]:
    pattern = shape.metadata.get("pattern")
    if pattern is not None:
        compiled = java_pattern(pattern)
        if compiled is not None and compiled.fullmatch(text) is None:
            constraint = f"Member must satisfy regular expression pattern: {pattern}"
            yield Problem(where, value, constraint)


def _number_problems(shape: Shape, value: Any, where: Where) -> Iterator[Problem]:
    wanted = "Integer" if shape.type_name in _INTEGERS else "Double"
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        yield _wrong_type(where, value, wanted)
        return
    if wanted == "Integer" and not isinstance(value, int):
        yield _wrong_type(where, value, wanted)
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield Problem(where, value, f"Member must have value greater than or equal to {low}")
    if high is not None and value > high:
        yield Problem(where, value, f"Member must have value less than or equal to {high}")


def _length_problems(shape: Shape, value: Any, where: Where, certain: int) -> Iterator[Problem]:
    """Compares the length, of which only ``certain`` may be there at the deployment."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and len(value) < low:
        yield Problem(where, value, _length("greater", low))
    if high is not None and certain > high:
        yield Problem(where, value, _length("less", high))


def _length(side: str, limit: int) -> str:
    return f"Member must have length {side} than or equal to {limit}"


def _wrong_type(where: Where, value: Any, wanted: str) -> Problem:
    """AWS names only the JSON kind and the Java type; the path is added to find the place."""
    kinds = {bool: "TRUE_VALUE" if value is True else "FALSE_VALUE", str: "STRING_VALUE"}
    kinds |= {
        int: "NUMBER_VALUE",
        float: "DECIMAL_VALUE",
        dict: "START_OBJECT",
        list: "START_ARRAY",
    }
    kind = kinds.get(type(value), type(value).__name__)
    path = ".".join(_steps(where))
    text = f"{kind} can not be converted to {_article(wanted)} {wanted} (at '{path}')"
    return Problem(where, value, text, "SerializationException")


def _article(noun: str) -> str:
    return "an" if noun[0] in "AEIOU" else "a"


def _steps(where: Where) -> Iterator[str]:
    for step in where:
        if isinstance(step, int):
            yield f"{step + 1}.member"
        elif isinstance(step, MapKey):
            yield f"{step}.member"
        elif not isinstance(step, Branch):
            yield step[0].lower() + step[1:]


def _shown(value: object) -> str:
    """A value as Java prints it: `[a, b]` for lists and `{a=b}` for maps."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}={_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cast(shape: Shape, value: Any) -> Any:
    """Gives a template's value the type that the service model wants, as CloudFormation does.

    Templates carry numbers and booleans as texts, and the other way round. What cannot be cast is
    left as it is.
    """
    if isinstance(value, Choice):
        return Choice([(label, cast(shape, option)) for label, option in value.options])
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {k: cast(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [cast(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {k: cast(shape.value, v) for k, v in value.items()}
    return _cast_scalar(shape.type_name, value)


def _cast_scalar(kind: str, value: Any) -> Any:
    if kind == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if kind == "string" and isinstance(value, (int, float)):
        return str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    try:
        if kind in _INTEGERS and isinstance(value, str):
            return int(value)
        if kind in _NUMBERS and isinstance(value, (str, int)):
            return value if isinstance(value, bool) else float(value)
    except ValueError:
        return value
    return value
