"""What a template's policies allow, evaluated as IAM does for identities of one account.

moto's evaluator takes an Allow whose condition is not met for a Deny, and a dot for any character.

Source: IAM User Guide, reference_policies_evaluation-logic, reference_policies_elements_resource
and reference_policies_elements_condition_operators.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ARN_PARTS = 6

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that an identity makes.

    :param context: the condition keys that the service sends, ``sagemaker:ModelArn`` for example.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


class Policies:
    """Statements that are evaluated together."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = list(statements)

    def allow(self, call: Call) -> bool:
        """Tell whether some statement allows the call and none denies it."""
        effects = {item["Effect"] for item in self.statements if _applies(item, call)}
        return effects == {"Allow"}


def _applies(statement: Statement, call: Call) -> bool:
    for element in ("NotAction", "NotResource", "NotPrincipal"):
        if element in statement:
            raise NotImplementedError(element)
    action = call.action.lower()
    if not any(_like(action, pattern.lower()) for pattern in _list(statement["Action"])):
        return False
    # A trust policy has no resource but its role.
    patterns = _list(statement.get("Resource", "*"))
    if not any(_like_arn(call.resource, pattern) for pattern in patterns):
        return False
    return all(
        _meets(operator, key, _list(wanted), call.context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _meets(operator: str, key: str, wanted: list[str], context: Mapping[str, str]) -> bool:
    if operator not in OPERATORS:
        raise NotImplementedError(operator)
    given = {name.lower(): value for name, value in context.items()}.get(key.lower())
    return given is not None and any(OPERATORS[operator](given, each) for each in wanted)


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def _like(text: str, pattern: str) -> bool:
    """Compare with a pattern: ``*`` is any text, ``?`` any character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _like_arn(arn: str, pattern: str) -> bool:
    """Compare part by part: a wildcard does not reach over a colon into the next part."""
    if pattern == "*":
        return True
    parts, patterns = arn.split(":", ARN_PARTS - 1), pattern.split(":", ARN_PARTS - 1)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": _like,
    # The same: reference_policies_elements_condition_operators, ARN condition operators.
    "ArnEquals": _like_arn,
    "ArnLike": _like_arn,
    "Bool": lambda given, wanted: given.lower() == wanted.lower(),
}


@dataclass(frozen=True)
class Deployed:
    """A template as if it were deployed: its references are made-up ARNs and names.

    :param template: what was synthesized for a known account and Region.
    """

    template: Mapping[str, Any]
    region: str
    account: str

    def arn(self, logical_id: str) -> str:
        """ARN of a resource: its name is its logical id."""
        kinds = {
            "AWS::IAM::Role": ("iam", "role/{}"),
            "AWS::KMS::Key": ("kms", "key/{}"),
            "AWS::Lambda::Function": ("lambda", "function:{}"),
            "AWS::Logs::LogGroup": ("logs", "log-group:{}:*"),
            "AWS::S3::Bucket": ("s3", "{}"),
            "AWS::SNS::Topic": ("sns", "{}"),
            "AWS::SQS::Queue": ("sqs", "{}"),
            "AWS::StepFunctions::StateMachine": ("states", "stateMachine:{}"),
        }
        service, resource = kinds[self.template["Resources"][logical_id]["Type"]]
        region = "" if service in ("iam", "s3") else self.region
        account = "" if service == "s3" else self.account
        return f"arn:aws:{service}:{region}:{account}:{resource.format(logical_id)}"

    def resolve(self, value: Any) -> Any:
        """Put in what references refer to."""
        match value:
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.resolve(part) for part in parts)
            case {"Ref": "AWS::Partition"}:
                return "aws"
            case {"Ref": str(name)}:
                by_arn = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine")
                kind = self.template["Resources"][name]["Type"]
                return self.arn(name) if kind in by_arn else name
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self.arn(name)
            case {"Fn::GetAtt": [str(name), "Name" | "QueueName"]}:
                return name
            case {"Fn::GetAtt": [str(name), "ModelName"]}:
                return self.template["Resources"][name]["Properties"]["ModelName"]
            case {"Fn::GetAtt": _} | {"Fn::Sub": _} | {"Fn::Select": _} | {"Fn::ImportValue": _}:
                raise NotImplementedError(value)
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
            case _:
                return value

    def of_role(self, logical_id: str) -> Policies:
        """Everything that a role of the template may do."""
        return Policies(self._statements(logical_id))

    def trust_of(self, logical_id: str, service: str) -> Policies:
        """Under which circumstances a service may take a role."""
        role = self.template["Resources"][logical_id]["Properties"]
        statements = self.resolve(role["AssumeRolePolicyDocument"]["Statement"])
        return Policies(item for item in statements if item["Principal"] == {"Service": service})

    def _statements(self, logical_id: str) -> Iterator[Statement]:
        role = self.template["Resources"][logical_id]["Properties"]
        elsewhere = {"ManagedPolicyArns", "Policies", "PermissionsBoundary"} & role.keys()
        if elsewhere:
            raise NotImplementedError(elsewhere)
        for resource in self.template["Resources"].values():
            if resource["Type"] not in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
                continue
            if {"Ref": logical_id} in resource["Properties"].get("Roles", []):
                yield from self.resolve(resource["Properties"]["PolicyDocument"]["Statement"])
