"""Finds what no single resource shows: two resources of one name, two targets of one capacity."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .findings import Finding
from .intrinsics import Template
from .references import SCALABLE_TARGET, SCALABLE_TARGET_ID


@dataclass(frozen=True)
class Unique:
    """A type of which an account and Region have one of a name.

    Attributes:
        property: The property that takes the name.
        kind: What it names; types of one kind share their names.
        create: The operation that takes the name.
        any_case: Whether names that differ in case are the same.
    """

    property: str
    kind: str
    create: str
    any_case: bool = False


# The names of endpoints are compared without regard to case (api:CreateEndpointInput); what has an
# ARN in SageMaker has a lower-case one, so that the ARNs of the others would be the same.
UNIQUE_NAMES: Mapping[str, Unique] = {
    "AWS::SageMaker::Model": Unique("ModelName", "model", "CreateModel", any_case=True),
    "AWS::SageMaker::EndpointConfig": Unique(
        "EndpointConfigName", "endpoint config", "CreateEndpointConfig", any_case=True
    ),
    "AWS::SageMaker::Endpoint": Unique("EndpointName", "endpoint", "CreateEndpoint", any_case=True),
    "AWS::SageMaker::InferenceComponent": Unique(
        "InferenceComponentName", "inference component", "CreateInferenceComponent", any_case=True
    ),
    "AWS::SageMaker::ModelPackageGroup": Unique(
        "ModelPackageGroupName", "model package group", "CreateModelPackageGroup", any_case=True
    ),
    "AWS::CloudWatch::Alarm": Unique("AlarmName", "alarm", "PutMetricAlarm"),
    "AWS::CloudWatch::CompositeAlarm": Unique("AlarmName", "alarm", "PutCompositeAlarm"),
    "AWS::CloudWatch::Dashboard": Unique("DashboardName", "dashboard", "PutDashboard"),
    "AWS::Lambda::Function": Unique("FunctionName", "function", "CreateFunction"),
    "AWS::Logs::LogGroup": Unique("LogGroupName", "log group", "CreateLogGroup"),
    "AWS::SNS::Topic": Unique("TopicName", "topic", "CreateTopic"),
}
"""By CloudFormation type."""

_ONE_NAME = "an account and Region have one {kind} of a name, and {other} has it too"
_ONE_TARGET = (
    "a capacity has one scalable target, and {other} is of the same resource and dimension; "
    "the later one overwrites the earlier one"
)


@dataclass(frozen=True)
class DeployedTemplate:
    """A template, and where it goes.

    Attributes:
        stack: The stack's name.
        environment: Account and Region as the assembly has them, ``"aws://123456789012/eu-west-1"``;
            templates of one text go to the same place.
        template: The template.
    """

    stack: str
    environment: str
    template: Template

    @property
    def region(self) -> str | None:
        """The Region that the stack is for; None if it says none."""
        region = self.environment.rpartition("/")[2]
        return None if region in ("", "unknown-region") else region


@dataclass(frozen=True)
class _Claim:
    """A resource that takes what only one may have."""

    template: DeployedTemplate
    resource: str
    name: str
    value: Any

    @property
    def conditional(self) -> bool:
        """Whether the resource may be left out; rivals may then be alternatives."""
        return "Condition" in self.template.template.resources[self.resource]

    def described(self, stack: str) -> str:
        """The resource, as the finding of another one in a stack calls it."""
        if self.template.stack == stack:
            return self.resource
        return f"{self.template.stack}/{self.resource}"


def application_findings(deployed: Iterable[DeployedTemplate]) -> Iterator[Finding]:
    """What templates that are deployed together take from each other.

    Names are compared within an account and Region. Stacks that do not say theirs are deployed to
    the same, as ``cdk deploy`` does.
    """
    claims: dict[tuple[str, ...], list[_Claim]] = defaultdict(list)
    for one in deployed:
        for logical_id, resource in one.template.of_type(*UNIQUE_NAMES):
            unique = UNIQUE_NAMES[resource["Type"]]
            name = one.template.property(logical_id, unique.property)
            if isinstance(name, str):
                compared = name.lower() if unique.any_case else name
                claim = _Claim(one, logical_id, unique.property, name)
                claims[one.environment, unique.kind, compared].append(claim)
        for logical_id, _ in one.template.of_type(SCALABLE_TARGET):
            claim = _Claim(
                one, logical_id, "ResourceId", one.template.raw(logical_id, "ResourceId")
            )
            claims[one.environment, "target", *_target(one, logical_id)].append(claim)
    for rivals in claims.values():
        yield from _conflicts(rivals)


def _target(one: DeployedTemplate, logical_id: str) -> tuple[str, ...]:
    """What a scalable target scales, comparably."""
    values = [one.template.property(logical_id, name) for name in SCALABLE_TARGET_ID]
    if all(isinstance(value, str) for value in values):
        return ("", *values)
    # What is not known is the same if it is said the same way, in one template.
    raw = [json.dumps(one.template.raw(logical_id, name)) for name in SCALABLE_TARGET_ID]
    return (one.stack, *raw)


def _conflicts(rivals: list[_Claim]) -> Iterator[Finding]:
    certain = [claim for claim in rivals if not claim.conditional]
    for claim in certain[1:]:
        resource_type = claim.template.template.resources[claim.resource]["Type"]
        other = certain[0].described(claim.template.stack)
        if resource_type == SCALABLE_TARGET:
            problem, source = _ONE_TARGET.format(other=other), "api:RegisterScalableTarget"
        else:
            unique = UNIQUE_NAMES[resource_type]
            problem = _ONE_NAME.format(kind=unique.kind, other=other)
            source = f"api:{unique.create}"
        yield Finding(
            resource=claim.resource,
            type=resource_type,
            path=f"Properties.{claim.name}",
            value=claim.value,
            problem=problem,
            source=source,
            stack=claim.template.stack,
        )
