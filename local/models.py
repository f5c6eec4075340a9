"""How the engine creates, updates and deletes one resource, whoever supplies its type.

Types come as moto's `CloudFormationModel` subclasses, moto's own and those that `local.providers`
generates. A type that nobody supplies gets a placeholder and is remembered, so that it can be
reported.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ec2.models import ec2_backends
from moto.ec2.models.core import TaggedEC2Resource

from local.reasons import HandlerError
from local.resources import amendments, serverless_changes
from local.resources.amendments import Target

IGNORED = frozenset(
    {
        "AWS::CDK::Metadata",
        "AWS::CloudFormation::WaitCondition",
        "AWS::CloudFormation::WaitConditionHandle",
    }
)

AMENDMENTS = {**amendments.AMENDMENTS, **serverless_changes.CHANGES}
GENERIC_CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"


class NotSupportedError(Exception):
    """A resource of a known type that the embedded AWS cannot provide after all."""


class FailedWithStateError(HandlerError):
    """A failed handler that left something behind, which a rollback has to undo."""

    def __init__(self, text: str, model: Any) -> None:
        super().__init__(text)
        self.model = model


@dataclass(frozen=True)
class Place:
    """Where a resource is deployed."""

    account: str
    region: str
    stack_name: str
    stack_id: str


@dataclass
class Deployed:
    """One resource of a stack: its template entry, its resolved properties and what stands for
    it.
    """

    logical_id: str
    type: str
    entry: Mapping[str, Any]
    properties: dict[str, Any]
    model: Any
    needs: set[str] = field(default_factory=set)

    @property
    def physical_id(self) -> str:
        return str(self.model.physical_resource_id)


class Placeholder:
    """Stands for a resource of a type that the embedded AWS does not know."""

    def __init__(self, physical_id: str, logical_id: str, resource_type: str) -> None:
        self.physical_resource_id = physical_id
        self.logical_resource_id = logical_id
        self.cf_resource_type = resource_type

    def get_cfn_attribute(self, attribute: str) -> str:
        return f"{self.logical_resource_id}.{attribute}"


class Unknown:
    """The resources whose type, or whose update or deletion, the embedded AWS does not know."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str, str], None] = {}

    def add(self, stack: str, logical_id: str, what: str) -> None:
        with self._lock:
            self._seen[stack, logical_id, what] = None

    def rows(self) -> list[dict[str, str]]:
        """What was seen, oldest first."""
        with self._lock:
            return [{"stack": s, "logicalId": i, "type": t} for s, i, t in self._seen]

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()


UNKNOWN = Unknown()


def supplier(resource_type: str) -> type[CloudFormationModel] | None:
    """The model class for a type; all custom resources share one."""
    custom = resource_type.startswith("Custom::")
    return parsing.get_model_map().get(GENERIC_CUSTOM_RESOURCE if custom else resource_type)


def name_property(resource_type: str) -> str | None:
    """The property that names a resource of this type, if the type has one."""
    model = supplier(resource_type)
    if model is None:
        return None
    name = model.cloudformation_name_type()
    return name if name else None


def create(
    logical_id: str, entry: Mapping[str, Any], properties: dict[str, Any], place: Place
) -> Any:
    """Makes the resource and returns its model."""
    resource_type: str = entry["Type"]
    model = supplier(resource_type)
    if model is None:
        return _placeholder(logical_id, resource_type, place)
    name = _name(model, logical_id, resource_type, properties, place)
    # moto's handler for parameters looks only at the property, not at the name it is given.
    named = {"Name": name, **properties} if resource_type == "AWS::SSM::Parameter" else properties
    try:
        made = model.create_from_cloudformation_json(
            name,
            {**entry, "Properties": named},
            place.account,
            place.region,
            LogicalId=logical_id,
            StackId=place.stack_id,
            ResourceType=resource_type,
        )
    except NotSupportedError:
        return _placeholder(logical_id, resource_type, place)
    except FailedWithStateError as error:
        _mark(error.model, logical_id, resource_type)
        raise
    _mark(made, logical_id, resource_type)
    if not hasattr(made, "physical_resource_id"):
        # moto's rules of security groups have none.
        made.physical_resource_id = name
    _tag_ec2(made, logical_id, place)
    amended = AMENDMENTS.get(resource_type)
    if amended is not None and amended.complete is not None:
        physical_id = str(made.physical_resource_id)
        try:
            amended.complete(Target(made, physical_id, place.region), properties)
        except Exception:
            with contextlib.suppress(Exception):  # the reason is what went wrong before
                delete(Deployed(logical_id, resource_type, entry, properties, made), place)
            raise
    return made


def update(old: Deployed, properties: dict[str, Any], place: Place) -> Any:
    """Changes the resource in place and returns its (possibly new) model."""
    model = supplier(old.type)
    if model is None or isinstance(old.model, Placeholder):
        return old.model
    amended = AMENDMENTS.get(old.type)
    if amended is not None and amended.update is not None:
        amended.update(_target(old, place), old.properties, properties)
        return old.model
    if _abstract(model, "update_from_cloudformation_json"):
        UNKNOWN.add(place.stack_name, old.logical_id, f"{old.type} (in-place update)")
        return old.model
    try:
        changed = model.update_from_cloudformation_json(
            original_resource=old.model,
            new_resource_name=_name(model, old.logical_id, old.type, properties, place, old),
            cloudformation_json={**old.entry, "Properties": properties},
            account_id=place.account,
            region_name=place.region,
        )
    except NotSupportedError:
        UNKNOWN.add(place.stack_name, old.logical_id, f"{old.type} (in-place update)")
        return old.model
    except FailedWithStateError as error:
        _mark(error.model, old.logical_id, old.type)
        raise
    # Some of moto's handlers change the resource and return nothing.
    kept = old.model if changed is None else changed
    _mark(kept, old.logical_id, old.type)
    return kept


def delete(old: Deployed, place: Place) -> None:
    """Removes the resource."""
    if isinstance(old.model, Placeholder):
        return
    amended = AMENDMENTS.get(old.type)
    if amended is not None and amended.delete is not None:
        amended.delete(_target(old, place), old.properties)
        return
    if _deletes_itself(old.model):
        try:
            old.model.delete(place.account, place.region)
        except NotSupportedError:
            UNKNOWN.add(place.stack_name, old.logical_id, f"{old.type} (deletion)")
        return
    model = supplier(old.type)
    if model is None or _abstract(model, "delete_from_cloudformation_json"):
        UNKNOWN.add(place.stack_name, old.logical_id, f"{old.type} (deletion)")
        return
    model.delete_from_cloudformation_json(
        old.physical_id, {**old.entry, "Properties": old.properties}, place.account, place.region
    )


def outlived_by_old_id(before: Deployed, after: Deployed) -> bool:
    """Whether an update in place gave the resource another physical id, so that the old one is
    still to be deleted.
    """
    owns = getattr(after.model, "outlived_by_old_id", False)
    return bool(owns) and before.physical_id != after.physical_id


def _target(record: Deployed, place: Place) -> Target:
    return Target(record.model, record.physical_id, place.region)


def _placeholder(logical_id: str, resource_type: str, place: Place) -> Placeholder:
    if resource_type not in IGNORED:
        UNKNOWN.add(place.stack_name, logical_id, resource_type)
    return Placeholder(f"{place.stack_name}-{logical_id}", logical_id, resource_type)


def _name(
    model: type[CloudFormationModel],
    logical_id: str,
    resource_type: str,
    properties: Mapping[str, Any],
    place: Place,
    old: Deployed | None = None,
) -> str:
    """The explicit name, the one that the resource has, or one that CloudFormation would
    generate.
    """
    named_by = model.cloudformation_name_type()
    if named_by and named_by in properties:
        return str(properties[named_by])
    if old is not None:
        return old.physical_id
    name = parsing.generate_resource_name(resource_type, place.stack_name, logical_id)
    return name.lower() if resource_type == "AWS::ECR::Repository" else name


def generated_name(stack_name: str, logical_id: str, longest: int) -> str:
    """A name as CloudFormation generates it, cut so that the random suffix always stays."""
    suffix = uuid.uuid4().hex[:12]
    prefix = re.sub(r"[^a-zA-Z0-9-]", "-", f"{stack_name}-{logical_id}")
    return f"{prefix[: longest - len(suffix) - 1].rstrip('-')}-{suffix}"


def _mark(model: Any, logical_id: str, resource_type: str) -> None:
    """moto's listings read these two from the model itself."""
    model.cf_resource_type = resource_type
    model.logical_resource_id = logical_id


def _tag_ec2(model: Any, logical_id: str, place: Place) -> None:
    """EC2 resources carry the stack's system tags."""
    if isinstance(model, TaggedEC2Resource):
        tags = {
            "aws:cloudformation:stack-name": place.stack_name,
            "aws:cloudformation:stack-id": place.stack_id,
            "aws:cloudformation:logical-id": logical_id,
        }
        physical_id = getattr(model, "physical_resource_id", None)
        if physical_id is not None:
            ec2_backends[place.account][place.region].create_tags([physical_id], tags)


def _abstract(model: type[CloudFormationModel], method: str) -> bool:
    return bool(getattr(getattr(model, method), "__isabstractmethod__", False))


def _deletes_itself(model: Any) -> bool:
    """Whether moto's model has the older `delete(account_id, region)` instead of a class method."""
    method = getattr(model, "delete", None)
    if method is None:
        return False
    try:
        inspect.signature(method).bind("account", "region")
    except TypeError:
        return False
    return True
