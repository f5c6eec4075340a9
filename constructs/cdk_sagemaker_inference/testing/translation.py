"""Translates CloudFormation resources into the API calls that create them.

CloudFormation's properties are the members of the API's requests, but for what the table below
says. Translated values may be unknown; see ``intrinsics``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .references import SCALABLE_TARGET_ID
from .unknown import Unknown

Properties = Mapping[str, Any]
Place = tuple[str | int, ...]

_ANY = Unknown()


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        service: As botocore calls it.
        operation: As the service model calls it.
        request: The members.
        at: The place in the resource's properties that the members are from.
        origin: The places of those members that are from elsewhere, or that are called otherwise.
    """

    service: str
    operation: str
    request: Properties
    at: Place = ()
    origin: Mapping[str, Place] = field(default_factory=dict)

    def place(self, where: Place) -> Place:
        """Where the value at a place of the request stands in the resource's properties."""
        if where and str(where[0]) in self.origin:
            return (*self.origin[str(where[0])], *where[1:])
        return (*self.at, *where)


@dataclass(frozen=True)
class Later:
    """A second call that takes properties which the first does not.

    Attributes:
        operation: The operation.
        named_by: The members that name the resource; those that are no property are unknown.
    """

    operation: str
    named_by: Sequence[str]


@dataclass(frozen=True)
class ResourceCalls:
    """How CloudFormation makes a resource of one type.

    Attributes:
        service: As botocore calls it.
        create: The operation that creates the resource.
        generated: The property that CloudFormation fills in when the template does not: the API
            requires a name, CloudFormation generates one.
        apart: The properties that the create operation does not take, and why.
        later: The call that takes them.
        tags_as_map: The API takes tags as a map, CloudFormation as a list of keys and values.
    """

    service: str
    create: str
    generated: str | None = None
    apart: Mapping[str, str] = field(default_factory=dict)
    later: Later | None = None
    tags_as_map: bool = False


_UPDATE_ONLY = "says how an update goes; only the update operation takes it"
_OWN = "CloudFormation's own; no operation takes it"

TYPES: Mapping[str, ResourceCalls] = {
    "AWS::SageMaker::Model": ResourceCalls("sagemaker", "CreateModel", "ModelName"),
    "AWS::SageMaker::EndpointConfig": ResourceCalls(
        "sagemaker", "CreateEndpointConfig", "EndpointConfigName"
    ),
    "AWS::SageMaker::Endpoint": ResourceCalls(
        "sagemaker",
        "CreateEndpoint",
        "EndpointName",
        apart={
            "ExcludeRetainedVariantProperties": _UPDATE_ONLY,
            "RetainAllVariantProperties": _UPDATE_ONLY,
            "RetainDeploymentConfig": _UPDATE_ONLY,
        },
        later=Later("UpdateEndpoint", ("EndpointName", "EndpointConfigName")),
    ),
    "AWS::SageMaker::InferenceComponent": ResourceCalls(
        "sagemaker",
        "CreateInferenceComponent",
        "InferenceComponentName",
        apart={"DeploymentConfig": _UPDATE_ONLY, "EndpointArn": _OWN},
        later=Later("UpdateInferenceComponent", ("InferenceComponentName",)),
    ),
    "AWS::SageMaker::ModelPackageGroup": ResourceCalls(
        "sagemaker",
        "CreateModelPackageGroup",
        apart={"ModelPackageGroupPolicy": "a call of its own puts the policy, by another name"},
    ),
    "AWS::SageMaker::ModelPackage": ResourceCalls(
        "sagemaker",
        "CreateModelPackage",
        apart={
            "AdditionalInferenceSpecificationsToAdd": _UPDATE_ONLY,
            "ApprovalDescription": _UPDATE_ONLY,
            "ModelPackageStatusDetails": _OWN,
            "ModelPackageVersion": _OWN,
        },
        later=Later("UpdateModelPackage", ("ModelPackageArn",)),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": ResourceCalls(
        "application-autoscaling",
        "RegisterScalableTarget",
        apart={"ScheduledActions": "each is a call of its own"},
        tags_as_map=True,
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ResourceCalls(
        "application-autoscaling",
        "PutScalingPolicy",
        apart={"ScalingTargetId": "stands for the three members that it is made of"},
    ),
    "AWS::CloudWatch::Alarm": ResourceCalls("cloudwatch", "PutMetricAlarm", "AlarmName"),
    "AWS::CloudWatch::CompositeAlarm": ResourceCalls(
        "cloudwatch", "PutCompositeAlarm", "AlarmName"
    ),
    "AWS::CloudWatch::Dashboard": ResourceCalls("cloudwatch", "PutDashboard", "DashboardName"),
}
"""By CloudFormation type."""


def calls(resource_type: str, properties: Properties) -> Iterator[Call]:
    """The calls that make a resource; none for a type that is not in ``TYPES``."""
    entry = TYPES.get(resource_type)
    if entry is None:
        return
    request = {name: value for name, value in properties.items() if name not in entry.apart}
    origin: dict[str, Place] = {}
    if entry.generated is not None:
        request.setdefault(entry.generated, _ANY)
    if entry.tags_as_map and "Tags" in request:
        request["Tags"] = _tag_map(request["Tags"])
    if "ScalingTargetId" in entry.apart and "ScalingTargetId" in properties:
        request |= target_members(properties["ScalingTargetId"])
        origin = dict.fromkeys(SCALABLE_TARGET_ID, ("ScalingTargetId",))
    yield Call(entry.service, entry.create, request, origin=origin)
    if entry.later is not None:
        yield from _later(entry, entry.later, properties)
    if "ScheduledActions" in entry.apart:
        yield from _scheduled_actions(entry, properties)
    if "ModelPackageGroupPolicy" in properties and "ModelPackageGroupPolicy" in entry.apart:
        yield _group_policy(entry, properties)


def target_members(target: Any) -> dict[str, Any]:
    """The three members that a scalable target's id stands for.

    Raises:
        ValueError: It is a text of another form than ``resource|dimension|namespace``.
    """
    if isinstance(target, str):
        pieces: Sequence[Any] = target.split("|")
    elif isinstance(target, Unknown) and target.filled("").count("|") == 2:
        pieces = target.split("|")
    else:
        pieces = (_ANY, _ANY, _ANY)
    return dict(zip(SCALABLE_TARGET_ID, pieces, strict=True))


def _later(entry: ResourceCalls, later: Later, properties: Properties) -> Iterator[Call]:
    taken = {
        name: value for name, value in properties.items() if entry.apart.get(name) == _UPDATE_ONLY
    }
    if taken:
        named = {name: properties.get(name, _ANY) for name in later.named_by}
        yield Call(entry.service, later.operation, {**named, **taken})


def _scheduled_actions(entry: ResourceCalls, properties: Properties) -> Iterator[Call]:
    actions = properties.get("ScheduledActions")
    if not isinstance(actions, list):
        return
    target = {name: properties.get(name, _ANY) for name in SCALABLE_TARGET_ID}
    origin: dict[str, Place] = {name: (name,) for name in SCALABLE_TARGET_ID}
    for index, action in enumerate(actions):
        if isinstance(action, Mapping):
            at = ("ScheduledActions", index)
            yield Call(entry.service, "PutScheduledAction", {**target, **action}, at, origin)


def _group_policy(entry: ResourceCalls, properties: Properties) -> Call:
    policy = properties["ModelPackageGroupPolicy"]
    request = {
        "ModelPackageGroupName": properties.get("ModelPackageGroupName", _ANY),
        "ResourcePolicy": policy if isinstance(policy, (str, Unknown)) else _json(policy),
    }
    origin = {"ResourcePolicy": ("ModelPackageGroupPolicy",)}
    return Call(entry.service, "PutModelPackageGroupPolicy", request, origin=origin)


def _json(document: Any) -> str | Unknown:
    try:
        return json.dumps(document)
    except TypeError:  # some value in it is unknown
        return Unknown(is_text=True)


def _tag_map(tags: Any) -> Any:
    if not isinstance(tags, list):
        return tags
    items = [tag for tag in tags if isinstance(tag, Mapping) and isinstance(tag.get("Key"), str)]
    return {tag["Key"]: tag.get("Value") for tag in items} if len(items) == len(tags) else _ANY
