"""Recording acknowledgements where CDK's ``Validations`` and cdk-nag 3 look for them.

``Validations.of(resource).acknowledge(…)`` writes one entry of metadata to the construct for each
rule, none to the template. The entry is written here with one call for all rules, which also works
where aws-cdk-lib has no ``Validations`` yet. cdk-nag 2, which reads the template, takes no notice.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import jsii
from aws_cdk import Stack
from constructs import Construct, IValidation

from .acknowledgements import IN_POLICIES
from .environment import StackEnvironment
from .rule_packs import WILDCARD_RULE, Acknowledgement
from .tokens import is_token

_METADATA = "aws:cdk:acknowledged-rules"  # Validations.ACKNOWLEDGED_RULES_METADATA_KEY
_PSEUDO_PARAMETER = re.compile(r"\$\{Token\[AWS\.(\w+)\.\d+\]\}")
_BY_STATEMENT: dict[str, list[Acknowledgement]] = {}
for _acknowledgement in IN_POLICIES:
    for _statement in _acknowledgement.statements:
        _BY_STATEMENT.setdefault(_statement, []).append(_acknowledgement)


def acknowledge(
    resource: Construct, environment: StackEnvironment, *acknowledgements: Acknowledgement
) -> None:
    """Record why the findings at a resource, and at what it is made of, are right."""
    if environment.acknowledges:
        partition = _literal(environment.partition)
        _record(
            resource,
            {
                identifier.replace("<AWS::Partition>", partition): acknowledgement.reason
                for acknowledgement in acknowledgements
                for identifier in acknowledgement.ids
            },
        )


def acknowledge_wildcards(
    policy: Construct, environment: StackEnvironment, statements: Iterable[Mapping[str, Any]]
) -> None:
    """Record why the wildcards of the library's own statements are right, by statement id.

    What others add to the policy is still found.
    """
    reasons: dict[str, dict[str, None]] = {}
    for statement in statements:
        for arn in wildcards([statement]):
            for acknowledgement in _BY_STATEMENT.get(statement.get("Sid", ""), ()):
                if _is_about(acknowledgement, arn):
                    reasons.setdefault(arn, {})[acknowledgement.reason] = None
    acknowledge_resources(
        policy, environment, {arn: " ".join(said) for arn, said in reasons.items()}
    )


def acknowledge_resources(
    policy: Construct, environment: StackEnvironment, reasons: Mapping[str, str]
) -> None:
    """Record why a policy, or those below a construct, may have these resources.

    :param reasons: reasons by resource, which may hold tokens.
    """
    if not environment.acknowledges:
        return
    texts = {arn: _literal(arn) for arn in reasons}
    known = {texts[arn]: why for arn, why in reasons.items() if not is_token(texts[arn])}
    if known:
        _record(policy, _wildcard_ids(known))
    later = {arn: why for arn, why in reasons.items() if is_token(texts[arn])}
    if later:
        policy.node.add_validation(cast(IValidation, _AtSynth(policy, later)))


def wildcards(statements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The resources with a ``*`` in them."""
    for statement in statements:
        yield from (arn for arn in statement["Resource"] if "*" in arn)


def _is_about(acknowledgement: Acknowledgement, arn: str) -> bool:
    """Tell the two of ``CreateNetworkInterfaces`` apart."""
    interface = "network-interface/" in arn
    about = acknowledgement.finding or ""
    return interface == ("network-interface/" in about) if ":ec2:" in arn else True


def _record(resource: Construct, reasons: Mapping[str, str]) -> None:
    # The prefix is what acknowledge() gives ids without a plug-in's name.
    resource.node.add_metadata(_METADATA, {f"Annotation::{id}": why for id, why in reasons.items()})


def _wildcard_ids(reasons: Mapping[str, str]) -> dict[str, str]:
    return {f"{WILDCARD_RULE}[Resource::{text}]": why for text, why in reasons.items()}


def _literal(text: str) -> str:
    """Write pseudo parameters as cdk-nag does; other tokens stay."""
    return _PSEUDO_PARAMETER.sub(r"<AWS::\1>", text)


@jsii.implements(IValidation)
class _AtSynth:
    """Records reasons once references are resolved: an ARN of another stack is an import then.

    CDK asks constructs whether they are valid between that and the rule packs.
    """

    def __init__(self, policy: Construct, reasons: Mapping[str, str]) -> None:
        self._policy = policy
        self._reasons = dict(reasons)

    def validate(self) -> list[str]:
        """Find nothing wrong."""
        reasons, self._reasons = self._reasons, {}
        if reasons:
            arns: Sequence[Any] = Stack.of(self._policy).resolve(list(reasons))
            known = {_flat(arn): why for arn, why in zip(arns, reasons.values(), strict=True)}
            _record(self._policy, _wildcard_ids(known))
        return []


def _flat(value: Any) -> str:
    """Write a resolved ARN as cdk-nag does in the ids of findings."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_flat(part) for part in parts)
        case {"Fn::Sub": inner} | {"Fn::ImportValue": inner}:
            return _flat(inner)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{_flat(resource)}.{_flat(attribute)}>"
        case {"Ref": name}:
            return f"<{_flat(name)}>"
        case _:
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
