"""A CloudFormation template, read for what it makes of SageMaker: endpoints, variants, targets."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Template = Mapping[str, Any]
"""A template as JSON has it, as ``app.synth()`` writes it and ``GetTemplate`` returns it."""

ENDPOINT = "AWS::SageMaker::Endpoint"
ENDPOINT_CONFIG = "AWS::SageMaker::EndpointConfig"
COMPONENT = "AWS::SageMaker::InferenceComponent"
SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"

UNKNOWN = "${"
"""Begins what only the deployment knows, as in ``Fn::Sub``."""

_SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")
_VARIANT = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a template."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    entry: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class VariantEntry:
    """A production variant: its instance type, empty without instances, and how it is served."""

    name: str
    instance_type: str
    serverless: bool
    hosts_components: bool


@dataclass(frozen=True, kw_only=True)
class EndpointEntry:
    """An endpoint with what its config says, if that is in the template.

    :param name: its name; of a generated one, a reference to the endpoint.
    :param variants: the production variants by name.
    :param guarded: whether a deployment policy shifts its updates.
    """

    logical_id: str
    name: str
    variants: Mapping[str, VariantEntry]
    asynchronous: bool
    guarded: bool

    @property
    def serverless(self) -> bool:
        """Whether it has no instances."""
        return any(variant.serverless for variant in self.variants.values())

    @property
    def hosts_components(self) -> bool:
        """Whether its models are inference components."""
        return any(variant.hosts_components for variant in self.variants.values())


class TemplateReader:
    """Reads a template, with references to named resources resolved as far as it says them."""

    def __init__(self, template: Template) -> None:
        """Take a template; one without resources makes nothing."""
        self.resources: dict[str, Resource] = {
            logical_id: Resource(
                logical_id=logical_id,
                type=str(entry.get("Type", "")),
                properties=entry.get("Properties", {}),
                entry=entry,
            )
            for logical_id, entry in template.get("Resources", {}).items()
        }

    def of_type(self, resource_type: str) -> Iterator[Resource]:
        """All resources of a type."""
        return (item for item in self.resources.values() if item.type == resource_type)

    def text(self, value: object) -> str:
        """A value as text that is the same where the value is; what is unknown stays ``${…}``."""
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping) and len(value) == 1:
            ((function, argument),) = value.items()
            resolved = self._resolved(function, argument)
            if resolved is not None:
                return resolved
        if isinstance(value, Mapping):
            inner = {key: self.text(item) for key, item in value.items()}
            return json.dumps(inner, sort_keys=True)
        if isinstance(value, list):
            return json.dumps([self.text(item) for item in value])
        return json.dumps(value)

    def _resolved(self, function: str, argument: Any) -> str | None:
        if function == "Ref":
            return f"${{{argument}}}"
        if function == "Fn::GetAtt":
            path = argument if isinstance(argument, list) else str(argument).split(".", 1)
            return self._attribute(str(path[0]), ".".join(map(str, path[1:])))
        if function == "Fn::Join" and isinstance(argument[1], list):
            return str(argument[0]).join(self.text(part) for part in argument[1])
        if function == "Fn::Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            return _SUBSTITUTION.sub(lambda match: self._substituted(match[1], own), text)
        if function.startswith("Fn::"):
            return f"${{{function} {json.dumps(argument, sort_keys=True)}}}"
        return None

    def _substituted(self, name: str, own: Mapping[str, Any]) -> str:
        if name in own:
            return self.text(own[name])
        logical_id, _, attribute = name.partition(".")
        return self._attribute(logical_id, attribute) if attribute else f"${{{name}}}"

    def _attribute(self, logical_id: str, attribute: str) -> str:
        """An attribute that is a property, as names are; else a reference to it."""
        resource = self.resources.get(logical_id)
        if resource is not None and attribute in resource.properties:
            return self.text(resource.properties[attribute])
        return f"${{{logical_id}.{attribute}}}"

    @cached_property
    def endpoints(self) -> Mapping[str, EndpointEntry]:
        """The endpoints by logical id."""
        return {item.logical_id: self._endpoint(item) for item in self.of_type(ENDPOINT)}

    def _endpoint(self, resource: Resource) -> EndpointEntry:
        config = self._config_of(resource)
        variants = [
            VariantEntry(
                name=self.text(variant.get("VariantName", "")),
                instance_type=self.text(variant.get("InstanceType", "")),
                serverless="ServerlessConfig" in variant,
                hosts_components="ModelName" not in variant,
            )
            for variant in config.get("ProductionVariants", [])
        ]
        return EndpointEntry(
            logical_id=resource.logical_id,
            name=self._attribute(resource.logical_id, "EndpointName"),
            variants={variant.name: variant for variant in variants},
            asynchronous="AsyncInferenceConfig" in config,
            guarded="DeploymentConfig" in resource.properties,
        )

    def _config_of(self, endpoint: Resource) -> Mapping[str, Any]:
        """The config that an endpoint refers to by attribute, by ``Ref`` or by name."""
        said = endpoint.properties.get("EndpointConfigName", "")
        name = self.text(said)
        for config in self.of_type(ENDPOINT_CONFIG):
            own = self._attribute(config.logical_id, "EndpointConfigName")
            if name in (own, f"${{{config.logical_id}}}"):
                return config.properties
        return {}

    @cached_property
    def scaled_variants(self) -> Mapping[tuple[str, str], str]:
        """The logical ids of the targets by the names of endpoint and variant that they scale."""
        found = {}
        for target in self.of_type(SCALABLE_TARGET):
            match = _VARIANT.fullmatch(self.text(target.properties.get("ResourceId", "")))
            if match is not None:
                found[match[1], match[2]] = target.logical_id
        return found
