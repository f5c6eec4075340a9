"""Finds names that are right for the service model and still never match: ARNs for names, endpoint
names in texts that the service model does not look into, upper case in SageMaker's ARNs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .findings import Finding
from .intrinsics import Template
from .references import SCALABLE_TARGET
from .service_model import brief, render
from .shapes import problems, service_model
from .translation import Place
from .unknown import Choice, Unknown

_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
RESOURCE_IDS: Mapping[str, re.Pattern[str]] = {
    "sagemaker:variant:DesiredInstanceCount": re.compile(f"endpoint/{_NAME}/variant/{_NAME}"),
    "sagemaker:variant:DesiredProvisionedConcurrency": re.compile(
        f"endpoint/{_NAME}/variant/{_NAME}"
    ),
    "sagemaker:inference-component:DesiredCopyCount": re.compile(f"inference-component/{_NAME}"),
}
"""What RegisterScalableTarget calls SageMaker's resources, by scalable dimension."""

METRIC_DIMENSIONS: Mapping[str, str] = {
    "EndpointName": "EndpointName",
    "EndpointConfigName": "EndpointConfigName",
    "VariantName": "VariantName",
    "InferenceComponentName": "InferenceComponentName",
}
"""The dimensions of SageMaker's metrics that are names, with the shape of the name."""

_METRIC_NAMESPACES = re.compile(r"AWS/SageMaker|/aws/sagemaker/(Endpoints|InferenceComponents)")
_METRIC_TYPES = ("AWS::CloudWatch::Alarm", "AWS::ApplicationAutoScaling::ScalingPolicy")
_POLICY_TYPES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role")
# An upper-case letter in the name, with whatever the partition, Region and account are.
_UPPER_CASE = re.compile(
    r":sagemaker:[^:/]*:[^:/]*:"
    r"(endpoint|endpoint-config|inference-component|model|model-package|transform-job)/.*[A-Z]"
)


def name_findings(template: Template) -> Iterator[Finding]:
    """The names that never match, as far as they can be known."""
    checks: Mapping[tuple[str, ...], Callable[[Any], Iterator[_Found]]] = {
        (SCALABLE_TARGET,): _resource_ids,
        _METRIC_TYPES: _dimensions,
        _POLICY_TYPES: _upper_case,
        ("AWS::CloudWatch::Dashboard",): _dashboard_body,
    }
    for types, check in checks.items():
        for logical_id, resource in template.of_type(*types):
            properties = template.properties(logical_id)
            found = check(properties) if isinstance(properties, Mapping) else ()
            for place, value, problem, source in found:
                yield Finding(logical_id, resource["Type"], render(place), value, problem, source)


_Found = tuple[Place, object, str, str]


def _resource_ids(properties: Any) -> Iterator[_Found]:
    resource_id, dimension = properties.get("ResourceId"), properties.get("ScalableDimension")
    form = RESOURCE_IDS.get(dimension) if isinstance(dimension, str) else None
    known = _form(resource_id)
    if form is not None and known is not None and form.fullmatch(known) is None:
        problem = (
            f"for {dimension} it is '{_readable(form)}', with names; "
            f"this is like '{known}' (Ref yields an ARN, Fn::GetAtt the name)"
        )
        yield ("ResourceId",), resource_id, problem, "api:RegisterScalableTarget"


def _readable(form: re.Pattern[str]) -> str:
    return form.pattern.replace(_NAME, "<name>")


def _dimensions(properties: Any) -> Iterator[_Found]:
    model = service_model("sagemaker")
    for place, metric in _walk(properties):
        if not isinstance(metric, Mapping) or not isinstance(metric.get("Dimensions"), list):
            continue
        namespace = metric.get("Namespace")
        if not isinstance(namespace, str) or not _METRIC_NAMESPACES.fullmatch(namespace):
            continue
        for index, dimension in enumerate(metric["Dimensions"]):
            name = dimension.get("Name") if isinstance(dimension, Mapping) else None
            shape = METRIC_DIMENSIONS.get(name) if isinstance(name, str) else None
            if shape is not None:
                value = dimension.get("Value")
                at = (*place, "Dimensions", index, "Value")
                for problem in problems(model.shape_for(shape), value):
                    text = f"no {name}: {brief(problem)}"
                    yield at, value, text, f"api:{shape}"


def _upper_case(properties: Any) -> Iterator[_Found]:
    for place, value in _walk(properties):
        text = value if isinstance(value, str) else None
        if isinstance(value, Unknown):
            text = value.filled("")
        if text is not None and _UPPER_CASE.search(text):
            problem = "SageMaker's ARNs are lower case, so this matches nothing"
            yield place, value, problem, "cdk:aws-stepfunctions-tasks, gh:philschmid/cdk-samples#2"


def _dashboard_body(properties: Any) -> Iterator[_Found]:
    body = properties.get("DashboardBody")
    # A digit is JSON within a text and without.
    text = body.filled("1") if isinstance(body, Unknown) and body.is_text else body
    if isinstance(text, str):
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            yield ("DashboardBody",), body, f"Is not JSON: {error}", "api:PutDashboard"


def _form(value: Any) -> str | None:
    """A text, or one of its form."""
    if isinstance(value, Unknown):
        return value.example
    return value if isinstance(value, str) else None


def _walk(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """A value and all that is in it."""
    yield place, value
    if isinstance(value, Mapping):
        items: Iterator[tuple[str | int, Any]] = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    elif isinstance(value, Choice):
        items = iter(value.present)
    else:
        return
    for step, item in items:
        yield from _walk(item, (*place, step))
