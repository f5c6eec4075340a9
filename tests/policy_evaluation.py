"""Whether IAM lets a principal make a call, decided from policies as documents.

moto's evaluator takes an Allow whose condition is not met for a Deny, and a dot for any character.
What is not needed here is not passed over: it raises ``NotImplementedError``.

Source: IAM User Guide, reference_policies_evaluation-logic (one account and several),
reference_policies_elements_resource and reference_policies_elements_condition_operators; KMS
Developer Guide, key-policies.
"""

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

ARN_PARTS = 6

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that a principal makes.

    :param action: for example ``s3:GetObject``.
    :param resource: its ARN, or ``*`` where the action takes none.
    :param context: the condition keys that the service sends, ``sagemaker:ModelArn`` for example.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


class Named(IntEnum):
    """How a resource's policy names a principal."""

    NOT = 0
    BY_ACCOUNT = 1
    ITSELF = 2


class Policies:
    """Statements that are evaluated together."""

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = list(statements)

    def allow(self, call: Call) -> bool:
        """Tell whether some statement allows the call and none denies it."""
        return self._effects(call) == {"Allow"}

    def deny(self, call: Call) -> bool:
        """Tell whether a statement denies the call."""
        return "Deny" in self._effects(call)

    def naming(self, principal: str, least: Named) -> "Policies":
        """The statements of a resource's policy that name a principal at least so."""
        return Policies(
            item for item in self.statements if _names(item["Principal"], principal) >= least
        )

    def _effects(self, call: Call) -> set[str]:
        return {item["Effect"] for item in self.statements if _applies(item, call)}


NO_POLICIES = Policies([])


def decide(
    call: Call, *, principal: str, owner: str, identity: Policies, resource: Policies | None = None
) -> bool:
    """Tell whether a call is allowed.

    :param principal: ARN of a role, or the name of a service.
    :param owner: account of the resource.
    :param identity: the role's own policies; a service has none.
    :param resource: the resource's policy, if it has one. A key and a role always have one; that of
        a key which is not known is taken to be the default, which leaves it to the account's
        identities.
    """
    named = NO_POLICIES if resource is None else resource.naming(principal, Named.BY_ACCOUNT)
    if identity.deny(call) or named.deny(call):
        return False
    if not principal.startswith("arn:"):
        return named.allow(call)
    if account_of(principal) != owner:
        return identity.allow(call) and named.allow(call)
    itself = NO_POLICIES if resource is None else resource.naming(principal, Named.ITSELF)
    if call.action == "sts:AssumeRole" or (call.action.startswith("kms:") and resource is not None):
        # The resource's policy decides alone, unless it leaves it to the account.
        return itself.allow(call) or (named.allow(call) and identity.allow(call))
    return identity.allow(call) or itself.allow(call)


def account_of(arn: str) -> str:
    """Account in an ARN; empty for S3."""
    return arn.split(":")[4]


def _names(principals: Any, principal: str) -> Named:
    if principals == "*":
        return Named.ITSELF
    if unknown := principals.keys() - {"AWS", "Service"}:
        raise NotImplementedError(unknown)
    if not principal.startswith("arn:"):
        services = _list(principals.get("Service", []))
        everyone = "*" in _list(principals.get("AWS", []))
        return Named.ITSELF if principal in services or everyone else Named.NOT
    account = account_of(principal)
    root = f"arn:{principal.split(':')[1]}:iam::{account}:root"
    return max(
        (
            Named.ITSELF
            if name in ("*", principal)
            else Named.BY_ACCOUNT
            if name in (account, root)
            else Named.NOT
            for name in _list(principals.get("AWS", []))
        ),
        default=Named.NOT,
    )


def _applies(statement: Statement, call: Call) -> bool:
    for element in ("NotAction", "NotResource", "NotPrincipal"):
        if element in statement:
            raise NotImplementedError(element)
    action = call.action.lower()
    if not any(_like(action, pattern.lower()) for pattern in _list(statement["Action"])):
        return False
    # A trust policy has no resource but its role.
    patterns = _list(statement.get("Resource", "*"))
    if not any(_covers(pattern, call.resource) for pattern in patterns):
        return False
    return all(
        _meets(operator, key, _list(wanted), call.context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _covers(pattern: str, resource: str) -> bool:
    """Compare with a pattern of resources, of which a wildcard reaches over colons."""
    if pattern != "*" and pattern.count(":") < ARN_PARTS - 1:
        raise NotImplementedError(f"{pattern}: IAM completes what is no whole ARN")
    return _like(resource, pattern)


def _meets(operator: str, key: str, wanted: Sequence[str], context: Mapping[str, str]) -> bool:
    given = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if operator == "Null":
        return any((given is None) is (each.lower() == "true") for each in wanted)
    plain = operator.removesuffix("IfExists")
    if given is None and plain != operator:
        return True
    if plain in NEGATED:
        return given is None or not any(NEGATED[plain](given, each) for each in wanted)
    if plain not in OPERATORS:
        raise NotImplementedError(operator)
    return given is not None and any(OPERATORS[plain](given, each) for each in wanted)


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)]


def _like(text: str, pattern: str) -> bool:
    """Compare with a pattern: ``*`` is any text, ``?`` any character."""
    return _compiled(pattern).fullmatch(text) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise NotImplementedError(f"{pattern}: a policy variable")
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in pattern)
    return re.compile("".join(parts), re.DOTALL)


def _like_arn(arn: str, pattern: str) -> bool:
    """Compare part by part, as conditions do: a wildcard stays within its part of the ARN."""
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

NEGATED: Mapping[str, Callable[[str, str], bool]] = {
    "StringNotEquals": str.__eq__,
    "StringNotLike": _like,
    "ArnNotEquals": _like_arn,
    "ArnNotLike": _like_arn,
}
