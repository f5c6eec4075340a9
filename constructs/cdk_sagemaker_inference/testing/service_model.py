"""Holds each resource of a template against the service model of the API that will make it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from .findings import Finding
from .intrinsics import Template
from .shapes import Problem, cast, input_shape, problems
from .translation import TYPES, Call, Place, calls
from .unknown import Unknown

_LONG = 12  # values of an enumeration that a report has room for


def service_model_findings(template: Template) -> Iterator[Finding]:
    """What botocore's service models refuse: required and unknown members, types, enumerations,
    patterns, lengths and ranges.
    """
    for logical_id, resource in template.of_type(*TYPES):
        properties = template.properties(logical_id)
        if isinstance(properties, Mapping):
            yield from _resource_findings(logical_id, resource["Type"], properties)


def _resource_findings(
    logical_id: str, resource_type: str, properties: Mapping[str, Any]
) -> Iterator[Finding]:
    reported = set()
    try:
        made = list(calls(resource_type, properties))
    except ValueError:
        target = properties["ScalingTargetId"]
        form = "Must be the Ref of a scalable target, or resource id|dimension|namespace"
        path = "Properties.ScalingTargetId"
        source = "cfn:ScalingPolicy ScalingTargetId"
        yield Finding(logical_id, resource_type, path, target, form, source)
        return
    for call in made:
        shape = input_shape(call.service, call.operation)
        for problem in problems(shape, cast(shape, call.request)):
            found = _finding(logical_id, resource_type, call, problem)
            # Members that name the resource are in several calls.
            if (found.path, found.problem) not in reported:
                reported.add((found.path, found.problem))
                yield found


def _finding(logical_id: str, resource_type: str, call: Call, problem: Problem) -> Finding:
    place = call.place(problem.where)
    value: object = None if problem.missing else problem.value
    text = brief(problem)
    if problem.constraint.startswith("extraneous key"):
        place = (*place, str(problem.value))
        text = f"{call.operation} takes no such member"
        value = None
    return Finding(
        resource=logical_id,
        type=resource_type,
        path=render(place),
        value=value,
        problem=text,
        source=f"api:{call.operation}",
    )


def brief(problem: Problem) -> str:
    """The broken constraint, without what the finding says elsewhere."""
    text = problem.constraint.partition(" (at '")[0]
    if isinstance(problem.value, Unknown) and problem.value.example is not None:
        text += f"; this is like '{problem.value.example}'"
    start, bracket, listed = text.partition("[")
    values = listed.rstrip("]").split(", ")
    if bracket and "enum value set" in start and len(values) > _LONG:
        near = get_close_matches(str(problem.value), values) or values[:3]
        text = f"{start}[{', '.join(near)}, … {len(values)} values]"
    return text


def render(place: Place) -> str:
    """A place below a resource's properties, as ``Properties.Tags[0].Key``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return "Properties" + "".join(steps)
