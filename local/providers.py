"""Resource providers as a table: one entry turns a CloudFormation type into API calls.

Each entry names the operations that create, read, change and delete a resource. Everything else
follows from the service model: which properties an operation takes, and which type a value must
have (templates carry numbers and booleans as strings). The calls are those that a boto3 user
makes, so they meet the same checks.

An entry becomes a subclass of moto's `CloudFormationModel`, which is how moto finds the types it
can deploy. A type that needs more than a table entry registers a subclass of its own the same
way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.common_models import CloudFormationModel

from local import shapes
from local.calls import call
from local.models import generated_name
from local.reasons import CallFailedError, HandlerError

Properties = dict[str, Any]
Tags = dict[str, str]


@dataclass(frozen=True)
class Made:
    """A resource that a provider made: its properties and what the create call answered."""

    region: str
    properties: Properties
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class Tagging:
    """The three calls that tag, with the members that carry the ARN and the tags."""

    add: str
    remove: str
    arn_member: str = "ResourceArn"
    keys_member: str = "TagKeys"
    as_map: bool = False


@dataclass(frozen=True)
class Child:
    """A list property whose items are resources of their own in the API (a target's scheduled
    actions).
    """

    property: str
    put: str
    delete: str
    key: str


@dataclass(frozen=True)
class ResourceType:
    """One CloudFormation type."""

    type: str
    service: str
    create: str
    delete: str
    ref: Callable[[Made], str]
    identity: Callable[[Made], Properties]
    """The members that name the resource to the read, update and delete operations."""
    name: str | None = None
    longest_name: int = 63
    read: str | None = None
    found: str | None = None
    """The member of the read answer that is empty when there is no such resource; set for calls
    that overwrite.
    """
    update: str | None = None
    updated_by: frozenset[str] | None = None
    """The properties whose change calls `update`; None means all except tags and children."""
    update_only: frozenset[str] = frozenset()
    """Properties that the create operation does not take."""
    fixed: frozenset[str] = frozenset()
    """Properties that no operation changes, although the schema does not say create-only."""
    attributes: Mapping[str, Callable[[Made], Any]] = field(default_factory=dict)
    tagging: Tagging | None = None
    tags_on_create: bool = True
    arn: Callable[[Made], str] | None = None
    children: Sequence[Child] = ()
    prepare: Callable[[Properties], Properties] = lambda properties: properties
    """Translates properties whose names or shapes differ from the API's."""
    gone: frozenset[str] = frozenset()
    """Error codes of the delete operation that mean there is nothing left to delete."""
    gone_words: str | None = None


class TableResource:
    """What the generated classes share; `CloudFormationModel` is added when they are generated."""

    resource_type: ResourceType

    def __init__(self, made: Made) -> None:
        self.made = made
        self.physical_resource_id = self.resource_type.ref(made)

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.resource_type.type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return "" if cls.resource_type.name is None else cls.resource_type.name

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.resource_type.attributes

    def get_cfn_attribute(self, attribute: str) -> Any:
        reader = self.resource_type.attributes.get(attribute)
        if reader is None:
            raise NotImplementedError(f'"Fn::GetAtt" : [ "{{0}}" , "{attribute}" ]')
        return reader(self.made)

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> TableResource:
        entry = cls.resource_type
        properties = deepcopy(dict(cloudformation_json["Properties"]))
        if entry.name is not None and entry.name not in properties:
            stack = kwargs["StackId"].split("/")[1]
            properties[entry.name] = generated_name(stack, kwargs["LogicalId"], entry.longest_name)
        return cls(_create(entry, properties, region_name))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: TableResource,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> TableResource:
        entry = cls.resource_type
        properties = deepcopy(dict(cloudformation_json["Properties"]))
        old = original_resource.made
        if entry.name is not None:
            properties.setdefault(entry.name, old.properties[entry.name])
        return cls(_update(entry, old, properties))

    def delete(self, account_id: str, region_name: str) -> None:
        _delete(self.resource_type, self.made)


def register(entry: ResourceType) -> type[CloudFormationModel]:
    """Makes a type known to moto; the last one registered for a type wins."""
    name = entry.type.replace("::", "")
    members = {"resource_type": entry, "__module__": __name__}
    # Direct subclasses only: moto asks for `CloudFormationModel.__subclasses__()`.
    return type(name, (TableResource, CloudFormationModel), members)


def _create(entry: ResourceType, properties: Properties, region: str) -> Made:
    before = Made(region, properties, {})
    if entry.read is not None and entry.found is not None:
        answer = _call(entry, entry.read, region, entry.identity(before))
        if answer.get(entry.found):
            raise HandlerError(
                f"Resource of type '{entry.type}' with identifier '{entry.ref(before)}' already "
                "exists."
            )
    request = _request(entry, entry.create, properties, entry.update_only)
    if entry.tagging is not None and not entry.tags_on_create:
        request.pop("Tags", None)
    made = Made(region, properties, _call(entry, entry.create, region, request))
    try:
        for child in entry.children:
            for item in properties.get(child.property, []):
                _put_child(entry, child, made, item)
        if entry.tagging is not None and not entry.tags_on_create and properties.get("Tags"):
            _add_tags(entry, made, _tags(properties))
    except Exception:
        _delete(entry, made)
        raise
    return made


def _update(entry: ResourceType, old: Made, properties: Properties) -> Made:
    made = Made(old.region, properties, old.answer)
    handled = {"Tags", *(child.property for child in entry.children)}
    changed = {
        name
        for name in properties.keys() | old.properties.keys()
        if properties.get(name) != old.properties.get(name) and name not in handled
    }
    fixed = changed & entry.fixed
    if fixed:
        raise HandlerError(f"{entry.type} cannot change {', '.join(sorted(fixed))} in place")
    if entry.updated_by is not None:
        changed &= entry.updated_by
    if changed:
        if entry.update is None:
            raise HandlerError(f"{entry.type} cannot change {', '.join(sorted(changed))} in place")
        identity = _identity(entry, entry.update, made)
        request = identity | _request(entry, entry.update, properties, frozenset())
        request.pop("Tags", None)
        _call(entry, entry.update, made.region, request)
    for child in entry.children:
        _update_children(entry, child, old, made)
    _update_tags(entry, old, made)
    return made


def _delete(entry: ResourceType, made: Made) -> None:
    try:
        _call(entry, entry.delete, made.region, _identity(entry, entry.delete, made))
    except CallFailedError as error:
        words = entry.gone_words
        if error.code not in entry.gone and (words is None or words not in error.text):
            raise


def _put_child(entry: ResourceType, child: Child, made: Made, item: Properties) -> None:
    shape = shapes.input_shape(entry.service, child.put)
    _call(entry, child.put, made.region, entry.identity(made) | shapes.cast(shape, item))


def _update_children(entry: ResourceType, child: Child, old: Made, made: Made) -> None:
    before = {item[child.key]: item for item in old.properties.get(child.property, [])}
    after = {item[child.key]: item for item in made.properties.get(child.property, [])}
    for key, item in after.items():
        if before.get(key) != item:
            _put_child(entry, child, made, item)
    for key in before.keys() - after.keys():
        _call(entry, child.delete, made.region, entry.identity(made) | {child.key: key})


def _update_tags(entry: ResourceType, old: Made, made: Made) -> None:
    before, after = _tags(old.properties), _tags(made.properties)
    if entry.tagging is None or entry.arn is None or before == after:
        return
    gone = [key for key in before if key not in after]
    if gone:
        arn = {entry.tagging.arn_member: entry.arn(made), entry.tagging.keys_member: gone}
        _call(entry, entry.tagging.remove, made.region, arn)
    if after:
        _add_tags(entry, made, after)


def _add_tags(entry: ResourceType, made: Made, tags: Tags) -> None:
    if entry.tagging is None or entry.arn is None:
        raise TypeError(f"{entry.type} has tags, but its entry does not say how to set them")
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    _call(
        entry,
        entry.tagging.add,
        made.region,
        {
            entry.tagging.arn_member: entry.arn(made),
            "Tags": tags if entry.tagging.as_map else listed,
        },
    )


def _tags(properties: Properties) -> Tags:
    tags = properties.get("Tags") or []
    return dict(tags) if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}


def _request(
    entry: ResourceType, operation: str, properties: Properties, left_out: frozenset[str]
) -> Properties:
    """The properties that an operation takes, translated and cast to its shape."""
    shape = shapes.input_shape(entry.service, operation)
    skipped = left_out | {child.property for child in entry.children}
    wanted = {k: v for k, v in entry.prepare(dict(properties)).items() if k not in skipped}
    creating = operation == entry.create
    # An update takes fewer members than the create call; what it lacks cannot have changed.
    known = {k: v for k, v in wanted.items() if creating or k in shape.members}
    cast: Properties = shapes.cast(shape, known)
    if entry.tagging is not None and entry.tagging.as_map and isinstance(cast.get("Tags"), list):
        cast["Tags"] = _tags(properties)
    return cast


def _identity(entry: ResourceType, operation: str, made: Made) -> Properties:
    """The members that name the resource to an operation.

    Operations of one type may call it differently, and a call that overwrites names the resource
    by its own properties.
    """
    members = shapes.input_shape(entry.service, operation).members
    return {name: value for name, value in entry.identity(made).items() if name in members}


def _call(entry: ResourceType, operation: str, region: str, request: Properties) -> dict[str, Any]:
    found = shapes.check(entry.service, operation, request)
    extraneous = [p for p in found if p.constraint.startswith("extraneous key")]
    if extraneous:
        raise HandlerError(
            f"Properties validation failed for resource of type {entry.type} with "
            f"message: #{extraneous[0].path}: {extraneous[0].constraint}"
        )
    try:
        return call(entry.service, xform_name(operation), region, **request)
    except ClientError as error:
        raise CallFailedError(entry.service, error) from error


class AttributePolicy:
    """A policy that is an attribute of the resources it lists (topics, queues)."""

    type: str
    targets: str
    service: str
    put: Callable[[str, str], tuple[str, Properties]]

    def __init__(self, region: str, properties: Properties, physical_id: str) -> None:
        self.region = region
        self.properties = properties
        self.physical_resource_id = physical_id

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Id"

    def get_cfn_attribute(self, attribute: str) -> str:
        if attribute != "Id":
            raise NotImplementedError(f'"Fn::GetAtt" : [ "{{0}}" , "{attribute}" ]')
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> AttributePolicy:
        made = cls(region_name, dict(cloudformation_json["Properties"]), resource_name)
        made.write(made.properties[cls.targets], made.properties["PolicyDocument"])
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: AttributePolicy,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> AttributePolicy:
        old = original_resource
        new = cls(region_name, dict(cloudformation_json["Properties"]), old.physical_resource_id)
        kept = new.properties[cls.targets]
        old.write([t for t in old.properties[cls.targets] if t not in kept], None)
        new.write(kept, new.properties["PolicyDocument"])
        return new

    def delete(self, account_id: str, region_name: str) -> None:
        self.write(self.properties[self.targets], None)

    def write(self, targets: Sequence[str], document: Any) -> None:
        """Sets the policy of each target, or clears it; a target that is gone has none to clear."""
        text = "" if document is None else json.dumps(document)
        for target in targets:
            operation, request = type(self).put(target, text)
            try:
                call(self.service, operation, self.region, **request)
            except ClientError as error:
                if document is not None:
                    raise CallFailedError(self.service, error) from error


def attribute_policy(
    resource_type: str,
    *,
    targets: str,
    service: str,
    put: Callable[[str, str], tuple[str, Properties]],
) -> type[AttributePolicy]:
    """A class for one type of attribute policy; `register_class` makes it known to moto."""
    members = {
        "type": resource_type,
        "targets": targets,
        "service": service,
        "put": staticmethod(put),
        "__module__": __name__,
    }
    return type(resource_type.replace("::", ""), (AttributePolicy,), members)


def register_class(base: type[Any]) -> type[CloudFormationModel]:
    """Makes a hand-written resource class known to moto."""
    return type(base.__name__, (base, CloudFormationModel), {"__module__": __name__})
