"""Where a policy says ``*``, and why it cannot say less."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

NO_RESOURCE = {
    "cloudwatch:PutMetricData": "the namespace narrows it",
    "ec2:DescribeDhcpOptions": "Developer Guide, host-vpc",
    "ec2:DescribeNetworkInterfaces": "Developer Guide, host-vpc",
    "ec2:DescribeSecurityGroups": "Developer Guide, host-vpc",
    "ec2:DescribeSubnets": "Developer Guide, host-vpc",
    "ec2:DescribeVpcEndpoints": "Developer Guide, host-vpc",
    "ec2:DescribeVpcs": "Developer Guide, host-vpc",
    "ecr:GetAuthorizationToken": "the token is for all registries that other statements allow",
    # Step Functions Developer Guide, cw-logs: CDK writes the statement.
    "logs:CreateLogDelivery": "Step Functions logs executions",
    "logs:DeleteLogDelivery": "Step Functions logs executions",
    "logs:DescribeLogGroups": "Step Functions logs executions",
    "logs:DescribeResourcePolicies": "Step Functions logs executions",
    "logs:GetLogDelivery": "Step Functions logs executions",
    "logs:ListLogDeliveries": "Step Functions logs executions",
    "logs:PutResourcePolicy": "Step Functions logs executions",
    "logs:UpdateLogDelivery": "Step Functions logs executions",
    # Step Functions Developer Guide, concepts-xray-tracing: CDK writes the statement.
    "xray:GetSamplingRules": "Step Functions traces executions",
    "xray:GetSamplingTargets": "Step Functions traces executions",
    "xray:PutTelemetryRecords": "Step Functions traces executions",
    "xray:PutTraceSegments": "Step Functions traces executions",
}
"""Actions that take no resource (Service Authorization Reference), and what they are for."""

PATTERNS = {
    r"arn:aws:s3:::[^*]+/[^*]+/\*": "objects below a prefix: their names are not known",
    r"arn:aws:logs:[^*]+:log-group:[^*]+:\*": "the streams of one group",
    r"arn:aws:ec2:[^*]+:network-interface/\*": "SageMaker makes interfaces, with ids of EC2's",
    r"arn:aws:ec2:[^*]+:\*:(subnet|security-group)/[^*]+": (
        "the account that shares it is not known; ids are unique"
    ),
    r"arn:aws:sagemaker:[^*]+:transform-job/[^*]+-\*": (
        "a job's name ends in what tells the runs apart"
    ),
    r"arn:aws:states:[^*]+:execution:[^*]+[/:]\*": (
        "executions of one machine, with ids of the service's"
    ),
    r"arn:aws:lambda:[^*]+:function:[^*]+:\*": (
        "versions of one function; CDK's provider framework writes the statement"
    ),
}
"""By regular expression: resources that only a wildcard names, and why."""


def listed(value: Any) -> list[str]:
    """A policy's element, which is text where it has one member."""
    return value if isinstance(value, list) else [value]


def unexplained(document: Mapping[str, Any]) -> Iterator[str]:
    """What of an identity's policy is wider than it must be."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Deny":
            continue
        actions = listed(statement["Action"])
        yield from (f"action {action}" for action in actions if "*" in action)
        for resource in listed(statement["Resource"]):
            if resource == "*":
                yield from (f"{action} on *" for action in actions if action not in NO_RESOURCE)
            elif "*" in resource and not any(re.fullmatch(known, resource) for known in PATTERNS):
                yield f"{'/'.join(actions)} on {resource}"
