"""Which names the resources of an endpoint may come to have, as patterns for ARNs."""

import re
from dataclasses import dataclass
from typing import Any

from aws_cdk import CfnResource, Stack
from constructs import IConstruct

from .deployer_actions import ManagedType
from .environment import StackEnvironment

RANDOM_LENGTH = 13
"""Most random characters that CloudFormation ends a generated name with."""

_HASH = re.compile(r"-[0-9a-f]{8}$")
_ANY_HASH = "-????????"
_VERSION = re.compile(r"-v[0-9]+$")


@dataclass(frozen=True, kw_only=True)
class NameOfStack:
    """What CloudFormation begins generated names with.

    :param text: name of the stack, or of the outermost one around it.
    :param nested: whether more follows, the rest of a nested stack's own generated name.
    """

    text: str
    nested: bool

    @classmethod
    def of(cls, stack: Stack) -> "NameOfStack":
        """Name the outermost stack."""
        outermost = outermost_stack(stack)
        return cls(text=outermost.stack_name, nested=stack.nested_stack_parent is not None)

    def generated(self, logical_id: str, length: int) -> str:
        """Pattern of a name that CloudFormation generates: stack, logical id, random characters.

        Where that would be too long both parts are cut, the longer one first, to half of what there
        is (CloudFormation User Guide, cfn-physical-id; observed for functions and roles: 25
        characters of the stack's name and 24 of the logical id).

        :param length: most characters of the name.
        """
        if not self.nested and len(self.text) + len(logical_id) + RANDOM_LENGTH + 2 <= length:
            return f"{self.text}-{logical_id}-*"
        kept = (length - RANDOM_LENGTH - 2) // 2
        whole = not self.nested and len(self.text) <= kept
        stack = f"{self.text}-" if whole else f"{self.text[:kept]}*-"
        return f"{stack}{logical_id[:kept]}*"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of an endpoint, where it is in the app.

    :param cfn: the resource.
    :param type: its type in CloudFormation.
    :param logical_id: its id in the template.
    :param stack: its stack.
    :param stack_name: what CloudFormation makes names of.
    :param environment: partition, Region and account.
    """

    cfn: CfnResource
    type: str
    logical_id: str
    stack: Stack
    stack_name: NameOfStack
    environment: StackEnvironment

    @classmethod
    def of(cls, cfn: CfnResource) -> "Resource":
        """Place a resource."""
        stack = Stack.of(cfn)
        return cls(
            cfn=cfn,
            type=cfn.cfn_resource_type,
            logical_id=str(stack.resolve(cfn.logical_id)),
            stack=stack,
            stack_name=NameOfStack.of(stack),
            environment=StackEnvironment.of(stack),
        )

    def property(self, name: str) -> Any:
        """A property as the template has it, by its attribute's name; ``None`` if there is none."""
        value = getattr(self.cfn, name, None)
        return None if value is None else self.stack.resolve(value)

    def known(self, value: object) -> str | None:
        """A value of the template, if it is known before any resource is there."""
        return known_text(value, self.environment)

    def arns(self, managed: ManagedType, *, prefix: str) -> list[str]:
        """ARN patterns of the resource and of what replaces it with the next release.

        :param prefix: what the names of an endpoint's or a job's alarms and components begin with.
        """
        service, form = managed.arn
        region = None if managed.regional else ""
        patterns = self.names(managed, prefix=prefix)
        return [self.environment.arn(service, form.format(it), region=region) for it in patterns]

    def names(self, managed: ManagedType, *, prefix: str) -> list[str]:
        """Patterns of the resource's name."""
        name = self.known(self.property(managed.name)) if managed.name else None
        if name is None:
            generated = self.stack_name.generated(self.logical_id, managed.length)
            if self.type == "AWS::StepFunctions::StateMachine":
                # CloudFormation leaves the stack's name out.
                return [f"{self.logical_id}-*", generated]
            return [generated]
        match self.type:
            case "AWS::SageMaker::Model" | "AWS::SageMaker::EndpointConfig":
                # SageMaker lower-cases names in ARNs.
                return [of_all_versions(name).lower()]
            case "AWS::SageMaker::Endpoint":
                return [name.lower()]
            case "AWS::SageMaker::InferenceComponent":
                return [_of_all(name, prefix).lower()]
            case "AWS::CloudWatch::Alarm":
                return [_of_all(name, prefix)]
            case "AWS::Logs::LogGroup":
                return [name, f"{name}:*"]
            case _:
                return [name]


def known_text(value: object, environment: StackEnvironment) -> str | None:
    """Text that a template makes of literals, partition, Region and account; else ``None``."""
    pseudo = {
        "AWS::Partition": environment.partition,
        "AWS::Region": environment.region,
        "AWS::AccountId": environment.account,
    }
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return pseudo.get(name)
        case {"Fn::Sub": str(text)}:
            for name, known in pseudo.items():
                text = text.replace(f"${{{name}}}", known)
            return None if "${AWS::" in text else text
        case {"Fn::Join": [str(separator), list(items)]}:
            parts = [known_text(item, environment) for item in items]
            known_parts = [part for part in parts if part is not None]
            return separator.join(known_parts) if len(known_parts) == len(parts) else None
        case _:
            return None


def of_all_versions(name: str) -> str:
    """Pattern of a replaced resource's names: any hash, and any number after ``-v``."""
    if _HASH.search(name) is None:
        return name
    return _VERSION.sub("-v*", _HASH.sub("", name)) + _ANY_HASH


def _of_all(name: str, prefix: str) -> str:
    """Pattern of all names that begin alike, so that another alarm needs no other policy."""
    return f"{prefix}-*" if name.startswith(f"{prefix}-") else name


def outermost_stack(stack: Stack) -> Stack:
    """The stack that is deployed: nested ones are deployed with theirs."""
    parent = stack.nested_stack_parent
    while parent is not None:
        stack, parent = parent, parent.nested_stack_parent
    return stack


def resources_below(scope: IConstruct) -> list[Resource]:
    """Every resource that a construct has made."""
    return [
        Resource.of(item)
        for item in scope.node.find_all()
        if isinstance(item, CfnResource) and CfnResource.is_cfn_resource(item)
    ]
