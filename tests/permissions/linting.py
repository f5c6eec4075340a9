"""Policies as parliament reads them."""

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deployed_template import Deployed

with warnings.catch_warnings():
    # It leaves its own files open while it is imported, and imports what setuptools will drop.
    warnings.simplefilter("ignore", ResourceWarning)
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import parliament  # type: ignore[import-untyped]  # ships no types


@dataclass(frozen=True, kw_only=True)
class Known:
    """A finding that is none.

    :param issue: parliament's name of it.
    :param text: it is found in every policy with this text.
    :param element: only in policies that are this property of a resource. Default: any.
    :param detail: what parliament says begins so.
    :param reason: why the policy is right.
    """

    issue: str
    text: str
    detail: str
    reason: str
    element: str = ""


KNOWN = [
    Known(
        issue="RESOURCE_MISMATCH",
        text='"states:DescribeExecution"',
        detail="[{'action': 'states:DescribeExecution', "
        "'required_format': 'arn:*:states:*:*:express:*:*:*'}]",
        reason="the action takes an execution or an express execution (Service Authorization "
        "Reference, AWS Step Functions); parliament wants both",
    ),
    Known(
        issue="UNKNOWN_CONDITION_FOR_ACTION",
        text='"sagemaker:TargetContainerHostname"',
        detail="Unknown condition sagemaker:TargetContainerHostname for action "
        "sagemaker:InvokeEndpoint",
        reason="the SageMaker Developer Guide documents the key (multi-container-security), the "
        "Service Authorization Reference does not; the library warns whoever uses it",
    ),
    Known(
        issue="RESOURCE_STAR",
        text='"Resource": "*"',
        element="KeyPolicy",
        detail="['kms:",
        reason="in a key's policy * is the key (KMS Developer Guide, key-policy-overview)",
    ),
]


def takes_resource(action: str) -> bool:
    """Tell whether an action can be allowed on some resources only, as far as parliament knows."""
    service, name = action.split(":")
    for entry in parliament.iam_definition:
        for privilege in entry["privileges"] if entry["prefix"] == service else ():
            if privilege["privilege"] == name:
                return any(item["resource_type"] for item in privilege["resource_types"])
    raise KeyError(action)


def findings(deployed: Deployed) -> Iterator[str]:
    """What parliament finds in a template's policies, or should have found and did not."""
    for where, document in deployed.documents():
        text = json.dumps(_with_resource(where, document, deployed))
        known = [item for item in KNOWN if where.endswith(item.element) and item.text in text]
        met = []
        for finding in parliament.analyze_policy_string(text).findings:
            detail = str(finding.detail)
            matching = [
                item
                for item in known
                if item.issue == finding.issue and detail.startswith(item.detail)
            ]
            met += matching
            if not matching:
                yield f"{where}: {finding.issue} {detail}"
        yield from (f"{where}: no longer {item.issue}" for item in known if item not in met)


def _with_resource(
    where: str, document: Mapping[str, Any], deployed: Deployed
) -> Mapping[str, Any]:
    """Say whose policy that of a role is, which does not; parliament takes it for an identity's."""
    logical_id, _, element = where.partition(".")
    if element != "AssumeRolePolicyDocument":
        return document
    resource = deployed.arn(logical_id)
    statements = [{**item, "Resource": resource} for item in document["Statement"]]
    return {**document, "Statement": statements}
