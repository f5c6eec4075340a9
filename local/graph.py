"""Which resource of a template needs which other one, and the order that follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Entry = Mapping[str, Any]

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")


class CircularDependencyError(Exception):
    """A template whose resources need each other."""

    def __init__(self, members: list[str]) -> None:
        super().__init__(f"Circular dependency between resources: [{', '.join(members)}]")


def references(value: Any) -> Iterator[str]:
    """Every logical id (or parameter, or pseudo parameter) that a part of a template refers to."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "Ref" and isinstance(item, str):
                yield item
            elif key == "Fn::GetAtt":
                name = item[0] if isinstance(item, list) else item
                yield str(name).split(".", 1)[0]
            elif key == "Fn::Sub":
                yield from _substitutions(item)
            else:
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def _substitutions(item: Any) -> Iterator[str]:
    text, own = (item[0], item[1]) if isinstance(item, list) else (item, {})
    for match in _SUBSTITUTION.finditer(text):
        name = match[1].strip().split(".", 1)[0]
        if name not in own:
            yield name
    yield from references(own)


def depends_on(entry: Entry) -> list[str]:
    """The explicit dependencies of a template entry."""
    given = entry.get("DependsOn", [])
    return [given] if isinstance(given, str) else list(given)


def dependencies(entries: Mapping[str, Entry]) -> dict[str, set[str]]:
    """For each resource the resources that must exist before it; references to others are left
    out.
    """
    needed: dict[str, set[str]] = {}
    for name, entry in entries.items():
        found = set(references(entry.get("Properties", {}))) | set(depends_on(entry))
        needed[name] = found & entries.keys()
    return needed


def creation_order(entries: Mapping[str, Entry]) -> list[str]:
    """The resources in an order in which they can be created, as close to the template's as
    possible.
    """
    return order(dependencies(entries))


def order(needed: Mapping[str, set[str]]) -> list[str]:
    """Sorts names so that each comes after all that it needs."""
    left = {name: set(needs) for name, needs in needed.items()}
    ordered: list[str] = []
    while left:
        ready = [name for name, needs in left.items() if not needs]
        if not ready:
            raise CircularDependencyError(_in_cycles(left))
        for name in ready:
            del left[name]
        for needs in left.values():
            needs.difference_update(ready)
        ordered.extend(ready)
    return ordered


def _in_cycles(left: Mapping[str, set[str]]) -> list[str]:
    """Drops what merely depends on a cycle; what remains is in one, or between two."""
    kept = set(left)
    while True:
        needed = {need for name in kept for need in left[name]}
        if kept <= needed:
            return [name for name in left if name in kept]
        kept &= needed


def undefined(template: Mapping[str, Any]) -> list[str]:
    """What the resources refer to although the template defines no such resource or parameter."""
    entries: Mapping[str, Entry] = template.get("Resources", {})
    known = set(entries) | set(template.get("Parameters", {}))
    found: dict[str, None] = {}
    for entry in entries.values():
        for name in references(entry.get("Properties", {})):
            if name not in known and not name.startswith("AWS::"):
                found[name] = None
        for name in depends_on(entry):
            if name not in entries:
                found[name] = None
    return list(found)
