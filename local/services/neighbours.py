"""What SageMaker looks up in other services before it accepts a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlparse

from moto.cloudwatch.models import cloudwatch_backends
from moto.iam.models import Role, iam_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.utilities.utils import get_partition


def role_trusts_sagemaker(account: str, role_arn: str, region: str) -> bool:
    """Whether the role exists and its trust policy names SageMaker."""
    role = _role(account, role_arn, region)
    if role is None:
        return False
    document = role.assume_role_policy_document
    text = document if isinstance(document, str) else json.dumps(document)
    return "sagemaker.amazonaws.com" in text


def role_allows(account: str, role_arn: str, region: str, action: str, resource: str) -> bool:
    """Whether a policy of the role allows an action. Conditions are taken as met, and nothing is
    taken as denied.
    """
    role = _role(account, role_arn, region)
    if role is None:
        return False
    return any(
        statement.get("Effect") == "Allow"
        and _matches(statement.get("Action"), action)
        and _matches(statement.get("Resource"), resource)
        for statement in _statements(role)
    )


def _role(account: str, role_arn: str, region: str) -> Role | None:
    roles = iam_backends[account][get_partition(region)].roles.values()
    return next((role for role in roles if role.arn == role_arn), None)


def _statements(role: Role) -> Iterator[Mapping[str, Any]]:
    attached = (
        version.document
        for policy in role.managed_policies.values()
        for version in policy.versions
        if version.is_default
    )
    for document in (*role.policies.values(), *attached):
        statements = json.loads(document)["Statement"]
        yield from statements if isinstance(statements, list) else [statements]


def _matches(patterns: Any, value: str) -> bool:
    """Whether IAM's wildcards match; a case that differs is let pass."""
    listed = patterns if isinstance(patterns, list) else [patterns]
    translated = (
        re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
        for pattern in listed
        if isinstance(pattern, str)
    )
    return any(re.fullmatch(pattern, value, re.IGNORECASE) for pattern in translated)


def object_is_missing(account: str, url: str, region: str, *, prefix: bool) -> bool:
    """Whether a bucket of this account lacks the object (or, for a prefix, any object below it).

    A bucket that the account does not have may be somebody else's, so nothing is said about it.
    """
    parts = urlparse(url)
    if parts.scheme != "s3":
        return False
    buckets = s3_backends[account][get_partition(region)].buckets
    bucket = buckets.get(parts.netloc)
    if bucket is None:
        return False
    key = parts.path.removeprefix("/")
    if prefix:
        return not any(name.startswith(key) for name in bucket.keys)
    return key not in bucket.keys


def topic_exists(account: str, topic_arn: str) -> bool | None:
    """Whether a topic exists; None for another account's, about which nothing is known."""
    _, _, _, region, owner, _ = topic_arn.split(":", 5)
    return topic_arn in sns_backends[account][region].topics if owner == account else None


def alarm_exists(account: str, region: str, name: str) -> bool:
    """Whether there is an alarm. moto has no composite alarms."""
    return name in cloudwatch_backends[account][region].alarms
