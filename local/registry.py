"""What the CloudFormation registry says about a resource type, from the schemas that cfn-lint
ships.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_DEFAULT_REGION = "us-east-1"


@cache
def schema(resource_type: str, region: str) -> Mapping[str, Any]:
    """A type's registry schema, or an empty one if there is none (custom resources, very new
    types).

    Regions that do not list a type fall back to us-east-1: a template test bed need not model
    availability.
    """
    # Only now, because cfn-lint takes most of a second, and by name, because it has no types.
    missing: Any = importlib.import_module("cfnlint.schema").ResourceNotFoundError
    manager: Any = importlib.import_module("cfnlint.schema.manager").PROVIDER_SCHEMA_MANAGER
    for candidate in dict.fromkeys((region, _DEFAULT_REGION)):
        try:
            found = manager.get_resource_schema(candidate, resource_type)
        except (missing, KeyError):
            continue
        document: Mapping[str, Any] = found.schema
        return document
    return {}


def create_only_changes(
    resource_type: str, region: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[str]:
    """The create-only properties (as paths without `/properties/`) that differ between two
    property sets.

    A custom resource has none: a new service token, which its schema says replaces it, is refused
    (coverage-roadmap#802).
    """
    if resource_type.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
        return []
    paths = schema(resource_type, region).get("createOnlyProperties", [])
    names = (path.removeprefix("/properties/") for path in paths)
    return [name for name in names if _values(old, name) != _values(new, name)]


def _values(properties: object, path: str) -> list[object]:
    return list(_walk(properties, path.split("/")))


def _walk(value: object, steps: list[str]) -> Iterator[object]:
    if not steps:
        yield value
    elif steps[0] == "*" and isinstance(value, list):
        for item in value:
            yield from _walk(item, steps[1:])
    elif isinstance(value, Mapping):
        yield from _walk(value.get(steps[0]), steps[1:])
    else:
        yield None


def attributes(resource_type: str, region: str) -> frozenset[str]:
    """What `Fn::GetAtt` can ask of a type, in dotted notation."""
    paths = schema(resource_type, region).get("readOnlyProperties", [])
    return frozenset(path.removeprefix("/properties/").replace("/", ".") for path in paths)


def tag_property(resource_type: str, region: str) -> tuple[str, str] | None:
    """The property that holds a type's tags and its kind (`array` or `object`), or None if it has
    no tags.
    """
    document = schema(resource_type, region)
    tagging = document.get("tagging", {})
    if not tagging.get("taggable", False) or not tagging.get("tagOnCreate", True):
        return None
    name = str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")
    definition = document.get("properties", {}).get(name)
    if definition is None:
        return None
    kind = definition.get("type", "array")
    return (name, kind if isinstance(kind, str) else kind[0])


def with_stack_tags(
    resource_type: str, region: str, properties: dict[str, Any], tags: Mapping[str, str]
) -> dict[str, Any]:
    """A resource's properties with the stack's tags added; the resource's own tags win."""
    place = tag_property(resource_type, region) if tags else None
    if place is None:
        return properties
    name, kind = place
    own = properties.get(name)
    if kind == "object":
        merged: object = {**tags, **(own if own is not None else {})}
    else:
        given = own if own is not None else []
        keys = {tag["Key"] for tag in given}
        added = [{"Key": key, "Value": value} for key, value in tags.items() if key not in keys]
        merged = [*given, *added]
    return {**properties, name: merged}
