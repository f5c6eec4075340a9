"""What the resources of a template name, as calls that somebody must be able to make.

They are read from models, configs, endpoints, alarms and rules, never from policies.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployed_template import Deployed
from permissions.rows import arn
from policy_evaluation import Call

_IMAGE = re.compile(r"(\d+)\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+/([^:@]+)[:@].*")

Needs = Iterator[tuple[str, Call]]
"""Who calls, and what."""


def needs(deployed: Deployed) -> Needs:
    """Every call that the template's resources imply."""
    for resource in deployed.resources.values():
        read = _BY_TYPE.get(resource["Type"])
        if read is not None:
            yield from read(deployed, resource.get("Properties", {}))


def _of_model(deployed: Deployed, properties: Mapping[str, Any]) -> Needs:
    role = deployed.resolve(properties["ExecutionRoleArn"])
    single = properties.get("PrimaryContainer")
    for container in deployed.resolve([single] if single else properties["Containers"]):
        match = _IMAGE.fullmatch(container["Image"])
        assert match is not None
        account, region, name = match.groups()
        yield role, Call("ecr:GetAuthorizationToken")
        repository = arn("ecr", f"repository/{name}", region=region, account=account)
        yield role, Call("ecr:BatchGetImage", repository)
        yield from _reads(role, container["ModelDataUrl"])
    yield from _in_vpc(deployed, role, properties)


def _reads(role: str, url: str) -> Needs:
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if url.endswith("/"):
        yield role, Call("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})
        key += "any.tar.gz"
    yield role, Call("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")


def _writes(role: str, url: str) -> Needs:
    yield role, Call("s3:PutObject", f"arn:aws:s3:::{url.removeprefix('s3://')}/any")


def _in_vpc(deployed: Deployed, role: str, properties: Mapping[str, Any]) -> Needs:
    vpc = deployed.resolve(properties.get("VpcConfig", {}))
    create = "ec2:CreateNetworkInterface"
    for subnet in vpc.get("Subnets", []):
        yield role, Call(create, arn("ec2", f"subnet/{subnet}"))
    for group in vpc.get("SecurityGroupIds", []):
        yield role, Call(create, arn("ec2", f"security-group/{group}"))
    if vpc:
        yield role, Call(create, arn("ec2", "network-interface/*"))


def _role_of_config(deployed: Deployed, properties: Mapping[str, Any]) -> str:
    """The config's own role, or that of its first model."""
    if "ExecutionRoleArn" in properties:
        role = properties["ExecutionRoleArn"]
    else:
        (model, _) = properties["ProductionVariants"][0]["ModelName"]["Fn::GetAtt"]
        role = deployed.resources[model]["Properties"]["ExecutionRoleArn"]
    return str(deployed.resolve(role))


def _of_config(deployed: Deployed, properties: Mapping[str, Any]) -> Needs:
    role = _role_of_config(deployed, properties)
    resolved = deployed.resolve({**properties, "ProductionVariants": []})
    if "KmsKeyId" in resolved:
        yield role, Call("kms:CreateGrant", resolved["KmsKeyId"])
    if "DataCaptureConfig" in resolved:
        yield from _writes(role, resolved["DataCaptureConfig"]["DestinationS3Uri"])
    output = resolved.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    for path in ("S3OutputPath", "S3FailurePath"):
        if path in output:
            yield from _writes(role, output[path])
    for topic in ("SuccessTopic", "ErrorTopic"):
        if topic in output.get("NotificationConfig", {}):
            yield role, Call("sns:Publish", output["NotificationConfig"][topic])
    yield from _in_vpc(deployed, role, properties)


def _of_endpoint(deployed: Deployed, properties: Mapping[str, Any]) -> Needs:
    (config, _) = properties["EndpointConfigName"]["Fn::GetAtt"]
    role = _role_of_config(deployed, deployed.resources[config]["Properties"])
    group = f"log-group:/aws/sagemaker/Endpoints/{properties['EndpointName']}"
    yield role, Call("logs:CreateLogGroup", arn("logs", group))
    yield role, Call("logs:PutLogEvents", arn("logs", f"{group}:log-stream:any"))
    rollback = properties.get("DeploymentConfig", {}).get("AutoRollbackConfiguration", {})
    for alarm in deployed.resolve(rollback.get("Alarms", [])):
        watched = arn("cloudwatch", f"alarm:{alarm['AlarmName']}")
        yield role, Call("cloudwatch:DescribeAlarms", watched)


def _of_alarm(deployed: Deployed, properties: Mapping[str, Any]) -> Needs:
    alarm = arn("cloudwatch", f"alarm:{properties['AlarmName']}")
    for action in [*properties.get("AlarmActions", []), *properties.get("OKActions", [])]:
        # Scaling policies are called without any policy.
        if ":sns:" in deployed.resolve(action):
            yield from _publishes(deployed, "cloudwatch.amazonaws.com", action, alarm)


def _of_rule(deployed: Deployed, properties: Mapping[str, Any]) -> Needs:
    for target in properties.get("Targets", []):
        if ":sns:" in deployed.resolve(target["Arn"]):
            yield from _publishes(deployed, "events.amazonaws.com", target["Arn"], "")


def _publishes(deployed: Deployed, service: str, topic: Any, source: str) -> Needs:
    """A service publishes, and uses the topic's key (SNS Developer Guide, sns-key-management)."""
    context = {"aws:SourceAccount": deployed.account} if source else {}
    if source:
        context["aws:SourceArn"] = source
    yield service, Call("sns:Publish", deployed.resolve(topic), context)
    properties = deployed.resources[topic["Ref"]].get("Properties", {})
    if "KmsMasterKeyId" in properties:
        key = deployed.resolve(properties["KmsMasterKeyId"])
        yield service, Call("kms:Decrypt", key, context)
        yield service, Call("kms:GenerateDataKey", key, context)


_BY_TYPE = {
    "AWS::CloudWatch::Alarm": _of_alarm,
    "AWS::Events::Rule": _of_rule,
    "AWS::SageMaker::Endpoint": _of_endpoint,
    "AWS::SageMaker::EndpointConfig": _of_config,
    "AWS::SageMaker::Model": _of_model,
}
