"""CloudFormation: stacks, change sets and exports on top of the deployment engine, in moto's
place.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from moto.cloudformation import models as moto_models
from moto.cloudformation import parsing
from moto.cloudformation import urls as moto_urls
from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    ValidationError,
)
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Event, Stack
from moto.cloudformation.parsing import Export, clean_json
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import (
    generate_changeset_id,
    generate_stack_id,
    validate_create_change_set,
)
from moto.core.base_backend import BackendDict
from moto.core.responses import ActionResult, EmptyResult

from local import graph
from local.deployment import Deployment, DeploymentError
from local.models import Deployed, Place
from local.resolver import Resolver

_NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a "
    "change set."
)
_EMPTY: dict[str, Any] = {}


class _Typed:
    """moto's `BaseModel` declares that constructing any subclass yields a plain `BaseModel`."""

    if TYPE_CHECKING:

        def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...


class OperationEvent(_Typed, Event):
    """An event with the id of the operation it belongs to, by which the CDK CLI groups failures."""

    def __init__(self, operation_id: str, *args: Any) -> None:
        super().__init__(*args)
        self.operation_id = operation_id


class DeployedStack(_Typed, Stack):
    """A stack whose resources are brought about by `Deployment`."""

    class Meta(Stack.Meta):
        # moto finds these by its class's name, which a subclass does not share.
        serialization_aliases = {
            **Stack.Meta.serialization_aliases,
            "StackId": "stack_id",
            "StackName": "name",
            "StackStatus": "status",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.records: dict[str, Deployed] = {}
        self._operation = str(uuid.uuid4())
        super().__init__(*args, **kwargs)

    @property
    def place(self) -> Place:
        return Place(self.account_id, self.region_name, self.name, self.stack_id)

    def _create_resource_map(self) -> Resolver:
        return self._resolver(self.template_dict, self.parameters)

    def _resolver(self, template: dict[str, Any], parameters: dict[str, str]) -> Resolver:
        resolver = Resolver(
            self.stack_id,
            self.name,
            parameters,
            self.tags,
            account_id=self.account_id,
            region_name=self.region_name,
            template=template,
            cross_stack_resources=self.cross_stack_resources,
        )
        resolver.load()
        return resolver

    def check_parameters(self, template: str, parameters: dict[str, str]) -> None:
        """Refuses parameters that the template cannot be resolved with."""
        self._resolver(parse_template(template), parameters)

    @staticmethod
    def parse_template(template: str) -> dict[str, Any]:
        """moto reads templates as YAML, which takes seconds for a large JSON one."""
        return parse_template(template)

    @property
    def stack_resources(self) -> Any:
        return [record.model for record in self.records.values()]

    @property
    def stack_parameters(self) -> dict[str, Any]:
        """The parameters as they were given, not what an SSM parameter's value resolved to."""
        defaults = {
            name: slot["Default"]
            for name, slot in self.template_dict.get("Parameters", {}).items()
            if "Default" in slot
        }
        return defaults | self.parameters

    def emit(
        self, logical_id: str, physical_id: str, kind: str, status: str, why: str | None
    ) -> None:
        """Records a resource event."""
        place = (self.stack_id, self.name, logical_id, physical_id)
        self.events.append(OperationEvent(self._operation, *place, kind, status, why, None))

    def set_status(self, status: str, why: str | None = None) -> None:
        """Changes the stack's status and records the event that goes with it."""
        self.status = status
        self.emit(self.name, self.stack_id, "AWS::CloudFormation::Stack", status, why)

    def deploy(
        self,
        template: str,
        parameters: dict[str, str],
        tags: Mapping[str, str],
        verb: str,
        exports: dict[str, Export],
    ) -> None:
        """Moves the stack to a template. A failure is rolled back and shows in the status only."""
        body = parse_template(template)
        resolver = self._resolver(body, parameters)
        deployment = Deployment(self.place, self.records, self.emit)
        self._operation = str(uuid.uuid4())
        self.set_status(f"{verb}_IN_PROGRESS", "User Initiated")
        try:
            deployment.apply(resolver, tags)
            outputs = self._new_exports(resolver, body, exports)
        except (DeploymentError, ValidationError) as error:
            self._fail(deployment, verb, str(error))
            return
        self.template, self.template_dict = template, body
        self.description = body.get("Description")
        self.parameters, self.tags = parameters, dict(tags)
        self.resource_map = resolver
        self.output_map = self._create_output_map()
        self._publish(outputs, exports)
        if verb == "UPDATE":
            self.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
            deployment.clean_up(resolver.active())
        self.set_status(f"{verb}_COMPLETE")

    def _fail(self, deployment: Deployment, verb: str, why: str) -> None:
        prefix = "UPDATE_ROLLBACK" if verb == "UPDATE" else "ROLLBACK"
        requested = f"{why}Rollback requested by user." if verb == "CREATE" else why
        # A rollback is an operation of its own.
        self._operation = str(uuid.uuid4())
        self.set_status(f"{prefix}_IN_PROGRESS", requested)
        failed = deployment.roll_back()
        if failed:
            undo = "update" if verb == "UPDATE" else "delete"
            self.set_status(f"{prefix}_FAILED", str(DeploymentError(undo, failed)))
        else:
            self.set_status(f"{prefix}_COMPLETE")

    def _new_exports(
        self, resolver: Resolver, template: dict[str, Any], exports: Mapping[str, Export]
    ) -> list[Export]:
        """The exports that the template wants, checked against what other stacks use."""
        made: list[Export] = []
        for output in (template.get("Outputs") or {}).values():
            if "Condition" in output and not resolver.lazy_condition_map[output["Condition"]]:
                continue
            value = clean_json(output.get("Value"), resolver)
            if "Export" not in output:
                continue
            name = clean_json(output["Export"]["Name"], resolver)
            other = exports.get(name)
            if other is not None and other.exporting_stack_id != self.stack_id:
                raise ValidationError(
                    message=f"Export with name {name} is already exported by stack "
                    f"{other.exporting_stack_id.split('/')[1]}. "
                )
            made.append(Export(self.stack_id, name, value))
        self._check_imported(made, exports)
        return made

    def _check_imported(self, made: list[Export], exports: Mapping[str, Export]) -> None:
        new = {export.name: export.value for export in made}
        for name, export in exports.items():
            if export.exporting_stack_id != self.stack_id or new.get(name) == export.value:
                continue
            users = backend_of(self).importing(name)
            if users:
                verb = "updated" if name in new else "deleted"
                by = ", ".join(users)
                raise ValidationError(
                    message=f"Export {name} cannot be {verb} as it is in use by {by}. "
                )

    def _publish(self, made: list[Export], exports: dict[str, Export]) -> None:
        for name in [n for n, e in exports.items() if e.exporting_stack_id == self.stack_id]:
            del exports[name]
        exports.update({export.name: export for export in made})

    def remove(self, exports: dict[str, Export]) -> bool:
        """Deletes the stack's resources and says whether all went."""
        self._operation = str(uuid.uuid4())
        self.set_status("DELETE_IN_PROGRESS", "User Initiated")
        try:
            self._check_imported([], exports)
            Deployment(self.place, self.records, self.emit).delete_all()
        except (DeploymentError, ValidationError) as error:
            text = error.message if isinstance(error, ValidationError) else str(error)
            self.set_status("DELETE_FAILED", text)
            return False
        self._publish([], exports)
        self.set_status("DELETE_COMPLETE")
        return True

    def imports(self) -> set[str]:
        """The names of the exports that this stack uses."""
        return {
            str(clean_json(name, self.resource_map))
            for name in _import_names(self.template_dict.get("Resources", {}))
        }

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    def is_created(self) -> bool:
        return self.status.endswith("_COMPLETE")

    # Nested stacks and moto's own callers come in through these.
    def create_resources(self) -> None:
        exports = backend_of(self).exports
        self.deploy(_text(self.template), self.parameters, self.tags, "CREATE", exports)

    def update(
        self,
        template: str,
        role_arn: str | None = None,
        parameters: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> None:
        self.role_arn = role_arn
        self.deploy(
            template,
            self.parameters if parameters is None else parameters,
            self.tags if tags is None else tags,
            "UPDATE",
            backend_of(self).exports,
        )


class FastChangeSet(_Typed, ChangeSet):
    """A change set that reads JSON as JSON."""

    def _parse_template(self) -> None:
        self.template_dict = parse_template(self.template)


class ChangeSetNotFoundError(CloudFormationError):
    """The CDK CLI waits for this code after it deleted a change set."""

    code = "ChangeSetNotFound"


class DeployingResponse(CloudFormationResponse):
    """Looks change sets up by stack as well: the CDK CLI gives every stack's the same name."""

    def _backend(self) -> DeployingBackend:
        return backend_at(self.current_account, self.region)

    def describe_change_set(self) -> ActionResult:
        name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
        return ActionResult(self._backend().find_change_set(name, stack))

    def delete_change_set(self) -> ActionResult:
        name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
        self._backend().drop_change_set(name, stack)
        return EmptyResult()


class DeployingBackend(CloudFormationBackend):
    """moto's backend with stacks that deploy as in AWS."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        # The CDK CLI deploys independent stacks concurrently; exports and listings are shared.
        self._lock = threading.RLock()

    @property
    def _url_module(self) -> Any:
        return moto_urls

    def create_stack(
        self,
        name: str,
        template: str,
        parameters: dict[str, Any],
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
        enable_termination_protection: bool | None = False,
        timeout_in_mins: int | None = None,
        stack_policy_body: str | None = None,
    ) -> Stack:
        with self._lock:
            if any(stack.name == name for stack in self.stacks.values()):
                raise AlreadyExistsException(f"Stack [{name}] already exists")
            check_template(parse_template(template))
            stack = self._new_stack(name, parameters, notification_arns, tags, role_arn)
            stack.enable_termination_protection = enable_termination_protection is True
            stack.check_parameters(template, parameters)
            self.stacks[stack.stack_id] = stack
            stack.deploy(template, parameters, stack.tags, "CREATE", self.exports)
            return stack

    def _new_stack(
        self,
        name: str,
        parameters: dict[str, Any],
        notification_arns: list[str] | None,
        tags: dict[str, str] | None,
        role_arn: str | None,
    ) -> DeployedStack:
        stack = DeployedStack(
            stack_id=generate_stack_id(name, self.region_name, self.account_id),
            name=name,
            template=_EMPTY,
            parameters=parameters,
            account_id=self.account_id,
            region_name=self.region_name,
            notification_arns=notification_arns,
            tags=tags,
            role_arn=role_arn,
        )
        # Handed over afterwards: moto's constructor mistakes an empty mapping for none at all.
        stack.cross_stack_resources = self.exports
        return stack

    def create_change_set(
        self,
        stack_name: str,
        change_set_name: str,
        template: str,
        parameters: dict[str, str],
        description: str,
        change_set_type: str,
        notification_arns: list[str] | None = None,
        tags: dict[str, str] | None = None,
        role_arn: str | None = None,
    ) -> tuple[str, str]:
        validate_create_change_set(change_set_name)
        check_template(parse_template(template))
        with self._lock:
            stack = self._change_set_stack(
                stack_name, change_set_type, parameters, notification_arns, tags, role_arn
            )
            change_set_id = generate_changeset_id(
                change_set_name, self.region_name, self.account_id
            )
            stack.check_parameters(template, parameters)
            change_set = FastChangeSet(
                change_set_type=change_set_type,
                change_set_id=change_set_id,
                change_set_name=change_set_name,
                stack=stack,
                template=template,
                parameters=parameters,
                description=description,
                notification_arns=notification_arns,
                tags=tags,
                role_arn=role_arn,
            )
            same = (
                change_set_type == "UPDATE"
                and stack.template_dict == change_set.template_dict
                and stack.parameters == parameters
                and stack.tags == (tags if tags is not None else {})
            )
            change_set.status = "FAILED" if same else "CREATE_COMPLETE"
            change_set.execution_status = "UNAVAILABLE" if same else "AVAILABLE"
            change_set.status_reason = _NO_CHANGES if same else None
            self.change_sets[change_set_id] = change_set
            return change_set_id, stack.stack_id

    def _change_set_stack(
        self,
        name: str,
        change_set_type: str,
        parameters: dict[str, str],
        notification_arns: list[str] | None,
        tags: dict[str, str] | None,
        role_arn: str | None,
    ) -> DeployedStack:
        known = [stack for stack in self.stacks.values() if stack.name == name]
        if change_set_type == "UPDATE":
            if not known:
                raise ValidationError(name)
            return _as_deployed(known[0])
        if known and known[0].status != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                message=f"Stack [{name}] already exists and cannot be created again with the "
                "changeSet [CREATE]."
            )
        if known:
            return _as_deployed(known[0])
        stack = self._new_stack(name, parameters, notification_arns, tags, role_arn)
        self.stacks[stack.stack_id] = stack
        stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
        return stack

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        with self._lock:
            change_set = self.find_change_set(change_set_name, stack_name)
            if change_set.execution_status != "AVAILABLE":
                raise ValidationError(
                    message=f"ChangeSet [{change_set.change_set_id}] cannot be executed in its "
                    f"current status of [{change_set.status}]"
                )
            stack = _as_deployed(change_set.stack)
            change_set.execution_status = "EXECUTE_COMPLETE"
            stack.deploy(
                change_set.template,
                change_set.parameters,
                change_set.tags if change_set.tags is not None else {},
                change_set.change_set_type,
                self.exports,
            )

    def find_change_set(self, name: str, stack_name: str | None) -> ChangeSet:
        for change_set_id, change_set in reversed(list(self.change_sets.items())):
            of_stack = stack_name in (None, change_set.stack_name, change_set.stack_id)
            if change_set_id == name or (change_set.change_set_name == name and of_stack):
                return change_set
        raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")

    def drop_change_set(self, name: str, stack_name: str | None) -> None:
        """Deleting a change set that is not there is no error."""
        with self._lock, contextlib.suppress(ChangeSetNotFoundError):
            del self.change_sets[self.find_change_set(name, stack_name).change_set_id]

    def delete_stack(self, name_or_stack_id: str) -> None:
        with self._lock:
            for stack in list(self.stacks.values()):
                if name_or_stack_id in (stack.name, stack.stack_id):
                    self._delete(_as_deployed(stack))

    def _delete(self, stack: DeployedStack) -> None:
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is "
                "enabled"
            )
        if stack.remove(self.exports):
            del self.stacks[stack.stack_id]
            self.deleted_stacks[stack.stack_id] = stack
            for change_set_id, change_set in list(self.change_sets.items()):
                if change_set.stack_id == stack.stack_id:
                    del self.change_sets[change_set_id]

    def importing(self, export_name: str) -> list[str]:
        """The stacks that use an export."""
        stacks = (_as_deployed(stack) for stack in self.stacks.values())
        return [stack.name for stack in stacks if export_name in stack.imports()]


def parse_template(template: str) -> dict[str, Any]:
    """A template body, JSON or YAML."""
    if template.lstrip().startswith("{"):
        try:
            body: dict[str, Any] = json.loads(template)
        except json.JSONDecodeError as error:
            raise ValidationError(message=f"Template format error: {error}") from error
        return body
    return Stack.parse_template(template)


def check_template(template: dict[str, Any]) -> None:
    """Refuses what CloudFormation refuses before it touches a resource."""
    resources = template.get("Resources")
    if not resources:
        raise ValidationError(
            message="Template format error: At least one Resources member must be defined."
        )
    missing = graph.undefined(template)
    if missing:
        raise ValidationError(
            message="Template format error: Unresolved resource dependencies "
            f"[{', '.join(missing)}] in the Resources block of the template"
        )
    try:
        graph.creation_order(resources)
    except graph.CircularDependencyError as error:
        raise ValidationError(message=str(error)) from error


def backend_of(stack: Stack) -> DeployingBackend:
    """The backend that holds a stack."""
    return backend_at(stack.account_id, stack.region_name)


def backend_at(account: str, region: str) -> DeployingBackend:
    """The backend of an account and region."""
    backend = moto_models.cloudformation_backends[account][region]
    if not isinstance(backend, DeployingBackend):
        raise TypeError("the embedded AWS is not installed: moto answers for CloudFormation itself")
    return backend


def _as_deployed(stack: Stack) -> DeployedStack:
    if not isinstance(stack, DeployedStack):
        raise TypeError(f"stack {stack.name} was made before the embedded AWS was installed")
    return stack


def _text(template: str | dict[str, Any]) -> str:
    if not isinstance(template, str):
        raise TypeError("a stack's template must be text")
    return template


def _import_names(value: Any) -> list[Any]:
    if isinstance(value, dict):
        own = [value["Fn::ImportValue"]] if "Fn::ImportValue" in value else []
        return own + [name for item in value.values() for name in _import_names(item)]
    if isinstance(value, list):
        return [name for item in value for name in _import_names(item)]
    return []


def install() -> None:
    """Puts this engine in moto's place and makes it see the types that were registered."""
    backends: BackendDict[Any] = moto_models.cloudformation_backends
    backends.backend = DeployingBackend
    backends.clear()
    moto_urls.url_paths["{0}/$"] = DeployingResponse.dispatch
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()


__all__ = ["DeployedStack", "DeployingBackend", "check_template", "install"]
