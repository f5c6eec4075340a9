"""What SageMaker looks up in other services before it accepts a request."""

from __future__ import annotations

import json
from urllib.parse import urlparse

from moto.iam.models import iam_backends
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition


def role_trusts_sagemaker(account: str, role_arn: str, region: str) -> bool:
    """Whether the role exists and its trust policy names SageMaker."""
    backend = iam_backends[account][get_partition(region)]
    for role in backend.roles.values():
        if role.arn == role_arn:
            document = role.assume_role_policy_document
            text = document if isinstance(document, str) else json.dumps(document)
            return "sagemaker.amazonaws.com" in text
    return False


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
