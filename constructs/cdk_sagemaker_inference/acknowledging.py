"""Recording acknowledgements where CDK's ``Validations`` and cdk-nag 3 look for them.

``Validations.of(resource).acknowledge(…)`` writes one entry of metadata to the construct for each
rule, none to the template. The entry is written here with one call for all rules, which also works
where aws-cdk-lib has no ``Validations`` yet. cdk-nag 2, which reads the template, takes no notice.

It is written at synth, and only where cdk-nag was imported: it would cost an endpoint a tenth of
its time.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import Stage
from constructs import Construct, IValidation

from .acknowledgements import IN_POLICIES
from .environment import StackEnvironment
from .rule_packs import WILDCARD_RULE, Acknowledgement
from .tokens import is_token
from .tree import stack_of, stage_of

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
        reasons = {
            identifier.replace("<AWS::Partition>", partition): acknowledgement.reason
            for acknowledgement in acknowledgements
            for identifier in acknowledgement.ids
        }
        recorder = _Recorder.of(environment, resource)
        recorder.said.append(_Said(resource, reasons, of_wildcards=False))


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
    if environment.acknowledges and reasons:
        recorder = _Recorder.of(environment, policy)
        recorder.said.append(_Said(policy, dict(reasons), of_wildcards=True))


def wildcards(statements: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The resources with a ``*`` in them."""
    for statement in statements:
        yield from (arn for arn in statement["Resource"] if "*" in arn)


def _is_about(acknowledgement: Acknowledgement, arn: str) -> bool:
    """Tell the two of ``CreateNetworkInterfaces`` apart."""
    interface = "network-interface/" in arn
    about = acknowledgement.finding or ""
    return interface == ("network-interface/" in about) if ":ec2:" in arn else True


def _literal(text: str) -> str:
    """Write pseudo parameters as cdk-nag does; other tokens stay."""
    return _PSEUDO_PARAMETER.sub(r"<AWS::\1>", text)


@dataclass(frozen=True)
class _Said:
    """Reasons by finding, or by the resource with a wildcard that is found."""

    construct: Construct
    reasons: Mapping[str, str]
    of_wildcards: bool

    def record(self) -> None:
        """Write the metadata."""
        reasons = self.reasons
        if self.of_wildcards:
            texts = zip(self._texts(), reasons.values(), strict=True)
            reasons = {f"{WILDCARD_RULE}[Resource::{text}]": why for text, why in texts}
        # The prefix is what acknowledge() gives ids without a plug-in's name.
        entry = {f"Annotation::{id}": why for id, why in reasons.items()}
        self.construct.node.add_metadata(_METADATA, entry)

    def _texts(self) -> list[str]:
        texts = [_literal(arn) for arn in self.reasons]
        if not is_token(texts):
            return texts
        # References are resolved by now: an ARN of another stack is an import.
        resolved: Sequence[Any] = stack_of(self.construct).resolve(list(self.reasons))
        return [
            _flat(arn) if is_token(text) else text
            for text, arn in zip(texts, resolved, strict=True)
        ]


@jsii.implements(IValidation)
class _Recorder:
    """Writes what was said in a stage.

    CDK asks constructs whether they are valid after references are resolved, and before the rule
    packs look.
    """

    _of_stages: "WeakKeyDictionary[Stage, _Recorder]" = WeakKeyDictionary()

    def __init__(self) -> None:
        self.said: list[_Said] = []

    @classmethod
    def of(cls, environment: StackEnvironment, construct: Construct) -> "_Recorder":
        """The one of the construct's stage."""
        stack = environment.stack
        stage = stage_of(stack_of(construct) if stack is None else stack)
        if stage not in cls._of_stages:
            cls._of_stages[stage] = cls()
            stage.node.add_validation(cast(IValidation, cls._of_stages[stage]))
        return cls._of_stages[stage]

    def validate(self) -> list[str]:
        """Find nothing wrong."""
        if "cdk_nag" in sys.modules:
            said, self.said = self.said, []
            for each in said:
                each.record()
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
