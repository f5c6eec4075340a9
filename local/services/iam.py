"""AWS's own managed policies. moto can load all of them, which takes long at each start."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.utilities.utils import get_partition


@cache
def _documents() -> dict[str, dict[str, Any]]:
    documents: dict[str, dict[str, Any]] = json.loads(aws_managed_policies_data)
    return documents


def know_aws_policy(account: str, region: str, arn: str) -> None:
    """Makes a policy of AWS's attachable, if the ARN is that of one."""
    backend = iam_backends[account][get_partition(region)]
    if ":iam::aws:policy/" not in arn or arn in backend.managed_policies:
        return
    name = arn.rpartition("/")[2]
    data = _documents().get(name)
    if data is not None:
        policy = AWSManagedPolicy.from_data(name, account, backend.region_name, data)
        backend.managed_policies[policy.arn] = policy
        backend.aws_managed_policies.append(policy)
