"""S3 without enforcement of bucket policies, like every other policy in the embedded AWS.

moto would enforce them without looking at their conditions: the customary `Deny` of unencrypted
transport then denies everything, the CDK's own uploads included.
"""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket


def _neutral(_bucket: FakeBucket, _action: str, _resource: str) -> Any:
    return PermissionResult.NEUTRAL


def install() -> None:
    """Puts this behaviour in moto's place."""
    # moto offers no seam here; the method is the one place where it evaluates a bucket policy.
    setattr(FakeBucket, "get_permission", _neutral)  # noqa: B010 (an assignment would not type-check)
