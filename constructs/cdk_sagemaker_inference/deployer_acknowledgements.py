"""Why a policy for whoever deploys may have wildcards."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from .rule_packs import Acknowledgement, wildcard

_POLICY = "DeployerPolicy"

IN_DEPLOYER_POLICIES: dict[str, Acknowledgement] = {
    r"\*": wildcard(
        _POLICY,
        "*",
        "These actions (ec2:Describe…, logs:Describe…, application-autoscaling:Describe…) only "
        "read, and take no resource that is known before (Service Authorization Reference); "
        "CloudFormation looks with them at what it has made.",
    ),
    r"arn:[^:]*:ec2:[^:]*:[^:]*:security-group/\*": wildcard(
        _POLICY,
        "arn:…:ec2:…:security-group/*",
        "EC2 gives a security group its id when CloudFormation makes it. ec2:Vpc bounds whose "
        "rules may be changed where the VPC's id is known; of groups elsewhere only the tags can "
        "be.",
    ),
    r"arn:[^:]*:ec2:[^:]*:\*:vpc/.*|arn:[^:]*:ec2:.*:vpc/\*": wildcard(
        _POLICY,
        "arn:…:ec2:<region>:*:vpc/<id>",
        "A VPC may be shared by another account, which CDK does not know, or be made by the same "
        "app and have no id yet; ec2:CreateSecurityGroup is all that is allowed in it.",
    ),
    r"arn:[^:]*:application-autoscaling:.*:scalable-target/\*": wildcard(
        _POLICY,
        "arn:…:application-autoscaling:…:scalable-target/*",
        "Application Auto Scaling gives a scalable target its id when it is registered; conditions "
        "on application-autoscaling:service-namespace and :scalable-dimension bound what may be "
        "scaled, and of other targets only the tags can be changed.",
    ),
    r"arn:[^:]*:s3:.*": wildcard(
        _POLICY,
        "arn:…:s3:::<bootstrap bucket>/*",
        "s3:GetObject on the assets of CDK's own bootstrap bucket, which are called after hashes "
        "of what is in them; nothing may be written there.",
    ),
    r"arn:[^:]*:logs:.*": wildcard(
        _POLICY,
        "arn:…:logs:…:log-group:<name>-*",
        "CloudFormation ends the name of a log group with a random part, and an ARN of one ends "
        "with its streams; the part before is stack and logical id of this endpoint.",
    ),
    r"arn:[^:]*:(sagemaker|cloudwatch):.*": wildcard(
        _POLICY,
        "arn:…:sagemaker:…:model/<name>-v*-????????",
        "The names of models, configs, components and alarms begin with this endpoint's and end "
        "with a version, a hash or what the alarm watches, which the next deployment changes.",
    ),
    r"arn:[^:]*:(iam|sns|sqs|lambda|states|scheduler|events|cloudformation):.*": wildcard(
        _POLICY,
        "arn:…:iam::…:role/<stack>-<logical id>-*",
        "CloudFormation ends the names that it gives with a random part; the part before is stack "
        "and logical id of this endpoint (CloudFormation User Guide, resource-name).",
    ),
}
"""By regular expression of the resource."""


def deployer_reasons(statements: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Say why each wildcard of such a policy is right, by resource."""
    arns = {arn for statement in statements for arn in statement["Resource"] if "*" in arn}
    return {
        arn: acknowledgement.reason
        for arn in sorted(arns)
        for pattern, acknowledgement in IN_DEPLOYER_POLICIES.items()
        if re.fullmatch(pattern, arn)
    }
