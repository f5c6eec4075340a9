"""AWS::CloudFormation::Stack: a stack as a resource of another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cloudformation.utils import get_stack_from_s3_url
from moto.utilities.utils import get_partition

from local.cloudformation import DeployedStack, backend_at
from local.reasons import HandlerError


class NestedStack:
    """Deploys through the same backend as any stack; its failure fails the resource."""

    def __init__(self, stack: DeployedStack) -> None:
        self.stack = stack
        self.physical_resource_id = stack.stack_id

    @classmethod
    def cloudformation_type(cls) -> str:
        return "AWS::CloudFormation::Stack"

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return ""

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr.startswith("Outputs.")

    def get_cfn_attribute(self, attribute: str) -> Any:
        outputs = self.stack.outputs
        for output in outputs if outputs is not None else []:
            if attribute == f"Outputs.{output['OutputKey']}":
                return output["OutputValue"]
        raise HandlerError(
            f"Requested attribute {attribute} does not exist in schema for the stack"
        )

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> NestedStack:
        properties = cloudformation_json["Properties"]
        backend = backend_at(account_id, region_name)
        template = _template(properties, account_id, region_name)
        stack = backend.create_stack(
            resource_name, template, _parameters(properties), tags=_tags(properties)
        )
        if not isinstance(stack, DeployedStack):
            raise TypeError("the embedded AWS is not installed")
        if stack.status != "CREATE_COMPLETE":
            why = _failures(stack)
            backend.delete_stack(stack.stack_id)
            raise HandlerError(
                f"Embedded stack {stack.stack_id} was not successfully created: {why}"
            )
        return cls(stack)

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: NestedStack,
        new_resource_name: str,
        cloudformation_json: Mapping[str, Any],
        account_id: str,
        region_name: str,
    ) -> NestedStack:
        properties = cloudformation_json["Properties"]
        stack = original_resource.stack
        template = _template(properties, account_id, region_name)
        stack.update(template, None, _parameters(properties), _tags(properties))
        if stack.status != "UPDATE_COMPLETE":
            why = _failures(stack)
            raise HandlerError(
                f"Embedded stack {stack.stack_id} was not successfully updated: {why}"
            )
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        backend_at(account_id, region_name).delete_stack(self.stack.stack_id)
        if self.stack.status != "DELETE_COMPLETE":
            why = _failures(self.stack)
            raise HandlerError(
                f"Embedded stack {self.stack.stack_id} was not successfully deleted: {why}"
            )


def _template(properties: Mapping[str, Any], account: str, region: str) -> str:
    return get_stack_from_s3_url(
        properties["TemplateURL"], account_id=account, partition=get_partition(region)
    )


def _parameters(properties: Mapping[str, Any]) -> dict[str, str]:
    given = properties.get("Parameters", {})
    return {k: ",".join(v) if isinstance(v, list) else str(v) for k, v in given.items()}


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}


def _failures(stack: DeployedStack) -> str:
    """The reason of the last operation's failure, as its own events give it."""
    for event in reversed(stack.events):
        if event.resource_status_reason and event.resource_status_reason.startswith(
            "The following"
        ):
            return str(event.resource_status_reason).removesuffix("Rollback requested by user.")
    return stack.status
