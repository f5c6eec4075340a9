"""Evaluates a template's intrinsic functions as far as that is possible without deploying it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .references import (
    PSEUDO_PARAMETERS,
    REF,
    SCALABLE_TARGET,
    SCALABLE_TARGET_ID,
    YIELDS,
    Like,
)
from .unknown import ABSENT, Choice, Hole, Part, Unknown, text

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_GENERATED = Hole("x", 1)  # a name that CloudFormation generates


class Template:
    """A CloudFormation template whose values can be asked for.

    What a value is, as far as it is known: plain data; ``Unknown``, a text in which parts are
    known, or nothing; ``Choice``, one value of several; ``ABSENT``.

    Args:
        body: The template, as JSON or YAML is read.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        """Takes the template apart; values are evaluated when they are asked for."""
        self.body = body
        self._mappings: Mapping[str, Any] = body.get("Mappings", {})
        self._resolving: set[tuple[str, str]] = set()
        self._known: dict[tuple[str, str], Any] = {}
        self.resources: Mapping[str, Mapping[str, Any]] = {
            name: resource
            for name, resource in body.get("Resources", {}).items()
            if isinstance(resource, Mapping) and isinstance(resource.get("Type"), str)
        }

    def of_type(self, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The resources of some types, by logical id."""
        for name, resource in self.resources.items():
            if resource["Type"] in types:
                yield name, resource

    def properties(self, logical_id: str) -> Any:
        """A resource's properties, evaluated."""
        return self.value(self.resources[logical_id].get("Properties", {}))

    def raw(self, logical_id: str, name: str) -> Any:
        """One property of a resource as it is written; None if it has none."""
        properties = self.resources[logical_id].get("Properties", {})
        return properties.get(name) if isinstance(properties, Mapping) else None

    def property(self, logical_id: str, name: str) -> Any:
        """One property of a resource, evaluated; ``ABSENT`` if it has none."""
        raw = self.raw(logical_id, name)
        return ABSENT if raw is None else self.value(raw)

    def value(self, raw: Any) -> Any:
        """What a value of the template is, as far as it is known."""
        if isinstance(raw, Mapping):
            functions = [key for key in raw if key == "Ref" or str(key).startswith("Fn::")]
            if functions:
                return self._call(functions[0], raw[functions[0]]) if len(raw) == 1 else Unknown()
            values = {key: self.value(item) for key, item in raw.items()}
            return {key: value for key, value in values.items() if value is not ABSENT}
        if isinstance(raw, (list, tuple)):
            items = [self.value(item) for item in raw]
            return [item for item in items if item is not ABSENT]
        return raw

    def _call(self, function: str, raw: Any) -> Any:
        if function == "Ref":
            return self._ref(str(raw))
        if function == "Fn::GetAtt":
            match raw.split(".", 1) if isinstance(raw, str) else raw:
                case [str(logical_id), attribute]:
                    return self._attribute(logical_id, attribute)
            return Unknown()
        if function == "Fn::Sub":
            match raw:
                case str():
                    return self._sub(raw, {})
                case [str(pattern), dict(variables)]:
                    return self._sub(pattern, variables)
            return Unknown(is_text=True)
        if function == "Fn::If":
            match raw:
                case [_, then, otherwise]:
                    sides = {"Fn::If[1]": then, "Fn::If[2]": otherwise}
                    return Choice([(side, self.value(item)) for side, item in sides.items()])
            return Unknown()
        arguments = self.value(raw)
        if function == "Fn::Join":
            return _join(arguments)
        if function == "Fn::FindInMap":
            return self._find(arguments)
        if function == "Fn::Select":
            return _select(arguments)
        if function == "Fn::Split":
            return _split(arguments)
        if function == "Fn::Base64":
            known = isinstance(arguments, str)
            coded = base64.b64encode(arguments.encode()).decode() if known else None
            return Unknown(is_text=True) if coded is None else coded
        return Unknown(is_text=function == "Fn::ToJsonString")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO_PARAMETERS:
            example = PSEUDO_PARAMETERS[name]
            return Unknown((Hole(example, len(example)),), is_text=True)
        return self._attribute(name, REF) if name in self.resources else Unknown()

    def _attribute(self, logical_id: str, attribute: Any) -> Any:
        if logical_id not in self.resources or not isinstance(attribute, str):
            return Unknown()
        key = (logical_id, attribute)
        if key not in self._known:
            if key in self._resolving:  # a cycle, which CloudFormation refuses
                return Unknown()
            self._resolving.add(key)
            self._known[key] = self._yielded(logical_id, attribute)
            self._resolving.discard(key)
        return self._known[key]

    def _yielded(self, logical_id: str, attribute: str) -> Any:
        resource_type = self.resources[logical_id]["Type"]
        if resource_type == SCALABLE_TARGET and attribute in (REF, "Id"):
            return _join(["|", [self.property(logical_id, name) for name in SCALABLE_TARGET_ID]])
        yielded = YIELDS.get(resource_type, {}).get(attribute)
        if yielded is None:
            return Unknown()
        if isinstance(yielded, Like):
            return Unknown((Hole(yielded.example, len(yielded.example)),), is_text=True)
        own = self.property(logical_id, yielded.property)
        return Unknown((_GENERATED,), is_text=True) if own is ABSENT else own

    def _sub(self, pattern: str, variables: Mapping[str, Any]) -> str | Unknown:
        parts: list[Part] = []
        end = 0
        for match in _PLACEHOLDER.finditer(pattern):
            parts.append(pattern[end : match.start()])
            end = match.end()
            escaped, name = match.groups()
            if escaped:
                parts.append("${" + name + "}")
            elif name in variables:
                parts.extend(_parts(self.value(variables[name])))
            else:
                logical_id, _, attribute = name.partition(".")
                found = self._attribute(logical_id, attribute) if attribute else self._ref(name)
                parts.extend(_parts(found))
        return text([*parts, pattern[end:]])

    def _find(self, arguments: Any) -> Any:
        """A mapping's value, or the choice among all that unknown keys may lead to."""
        if not isinstance(arguments, list) or len(arguments) != 3:
            return Unknown()
        found: list[tuple[str, Any]] = [("", self._mappings)]
        for key in arguments:
            entered: list[tuple[str, Any]] = []
            for path, table in found:
                if not isinstance(table, Mapping):
                    return Unknown()
                keys = [key] if isinstance(key, str) else list(table)
                entered += [(f"{path}.{k}", table[k]) for k in keys if k in table]
            found = entered
        if len(found) <= 1:
            return found[0][1] if found else Unknown()
        return Choice([(f"Fn::FindInMap{path}", value) for path, value in found])


def _parts(value: Any) -> Sequence[Part]:
    """What a value contributes to a text."""
    if isinstance(value, Unknown):
        return value.parts
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (str, int, float)):
        return (str(value),)
    return (Hole(),)


def _join(arguments: Any) -> Any:
    match arguments:
        case [str(separator), list(items)]:
            parts: list[Part] = []
            for index, item in enumerate(items):
                parts += [separator, *_parts(item)] if index else _parts(item)
            return text(parts)
        case _:
            return Unknown(is_text=True)


def _select(arguments: Any) -> Any:
    match arguments:
        case [int() | str() as index, list(items)] if str(index).isdigit():
            # An item that a condition leaves out moves the others.
            moves = any(isinstance(item, Choice) and item.can_be_absent for item in items)
            return items[int(index)] if not moves and int(index) < len(items) else Unknown()
        case _:
            return Unknown()


def _split(arguments: Any) -> Any:
    match arguments:
        case [str(separator), str(whole)]:
            return whole.split(separator)
        case _:
            return Unknown()
