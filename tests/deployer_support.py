"""Endpoints of every form with their deployer, and what CloudFormation calls for their templates.

The calls are made of the handlers' permissions in CloudFormation's registry schemas, which cfn-lint
brings, and of the Service Authorization Reference, which parliament brings: it says which actions
take no resource.
"""

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from cdk_sagemaker_inference import DeployerPolicy
from policy_evaluation import Call, Policies
from support import CONTEXT

with warnings.catch_warnings():
    # It leaves its own files open while it is imported, and imports what setuptools will drop.
    warnings.simplefilter("ignore", ResourceWarning)
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated")
    import parliament as parliament  # type: ignore[import-untyped]  # ships no types

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PLACE = Environment(account=ACCOUNT, region=REGION)
STACK = "fraud-prod"

Template = dict[str, Any]
Resources = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Rehearsed:
    """A stack with an endpoint, and the policies of its deployer in another."""

    resources: Resources
    policy_resources: Resources
    warnings: list[str]
    stack_name: str

    @functools.cached_property
    def documents(self) -> list[dict[str, Any]]:
        """The policies."""
        return [
            resolved(resource["Properties"]["PolicyDocument"])
            for resource in self.policy_resources.values()
        ]

    @functools.cached_property
    def policies(self) -> Policies:
        """What the deployer may do."""
        return Policies(item for each in self.documents for item in each["Statement"])


def synthesize_with_deployer(
    build: Callable[[Stack], Any], *, stack_name: str = STACK, boundary: str | None = None
) -> Rehearsed:
    """Synthesize an endpoint, its network beside it, and its deployer."""
    app = App(context=dict(CONTEXT), analytics_reporting=False)
    stack = Stack(app, "Endpoint", env=PLACE, stack_name=stack_name)
    endpoint = build(stack)
    pipeline = Stack(app, "Pipeline", env=PLACE)
    bound = None
    if boundary is not None:
        bound = iam.ManagedPolicy.from_managed_policy_arn(pipeline, "Boundary", boundary)
    DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint], permissions_boundary=bound)
    assembly = app.synth()
    policies = assembly.get_stack_by_name("Pipeline")
    template = assembly.get_stack_artifact(stack.artifact_id).template
    return Rehearsed(
        resources=template["Resources"],
        policy_resources={
            logical_id: resource
            for logical_id, resource in policies.template["Resources"].items()
            if resource["Type"] == "AWS::IAM::ManagedPolicy"
        },
        warnings=[str(message.entry.data) for message in policies.messages],
        stack_name=stack_name,
    )


def resolved(value: Any) -> Any:
    """The Pipeline's stack has an environment, so that only the partition may be left."""
    match value:
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Fn::Join": ["", list(parts)]}:
            return "".join(resolved(part) for part in parts)
        case dict():
            assert not {"Ref", "Fn::GetAtt", "Fn::ImportValue"} & value.keys(), value
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
        case _:
            return value


def generated(stack: str, logical_id: str, length: int) -> str:
    """A name as CloudFormation generates it: both parts are cut where it would be too long."""
    random = "1GRP3N0TVA1LD"
    room = length - len(random) - 2
    if len(stack) + len(logical_id) > room:
        half = room // 2
        stack = stack[: max(room - len(logical_id), room - half)]
        logical_id = logical_id[: room - len(stack)]
    return f"{stack}-{logical_id}-{random}"


def arn(service: str, resource: str, *, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def _named(kind: str, name: str) -> str:
    """ARN of a resource of a type, as the Service Authorization Reference writes it."""
    return {
        "AWS::SageMaker::Model": arn("sagemaker", f"model/{name}"),
        "AWS::SageMaker::EndpointConfig": arn("sagemaker", f"endpoint-config/{name}"),
        "AWS::SageMaker::Endpoint": arn("sagemaker", f"endpoint/{name}"),
        "AWS::SageMaker::InferenceComponent": arn("sagemaker", f"inference-component/{name}"),
        "AWS::CloudWatch::Alarm": arn("cloudwatch", f"alarm:{name}"),
        "AWS::CloudWatch::Dashboard": arn("cloudwatch", f"dashboard/{name}", region=""),
        "AWS::IAM::Role": arn("iam", f"role/{name}", region=""),
        "AWS::IAM::ManagedPolicy": arn("iam", f"policy/{name}", region=""),
        "AWS::Logs::LogGroup": arn("logs", f"log-group:{name}"),
        "AWS::Events::Rule": arn("events", f"rule/{name}"),
        "AWS::Scheduler::Schedule": arn("scheduler", f"schedule/default/{name}"),
        "AWS::StepFunctions::StateMachine": arn("states", f"stateMachine:{name}"),
        "AWS::Lambda::Function": arn("lambda", f"function:{name}"),
        "AWS::SQS::Queue": arn("sqs", name),
        "AWS::SNS::Topic": arn("sns", name),
        "AWS::EC2::SecurityGroup": arn("ec2", "security-group/sg-0123456789abcdef0"),
        "AWS::CloudFormation::Stack": arn("cloudformation", f"stack/{name}/0f1e2d3c"),
    }[kind]


_NAMES = {
    "AWS::SageMaker::Model": "ModelName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::InferenceComponent": "InferenceComponentName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_LENGTHS = {
    "AWS::IAM::ManagedPolicy": 128,
    "AWS::StepFunctions::StateMachine": 80,
    "AWS::SQS::Queue": 80,
    "AWS::SNS::Topic": 256,
    "AWS::Logs::LogGroup": 512,
    "AWS::CloudFormation::Stack": 128,
}
_WHOLE = {
    "AWS::SQS::QueuePolicy": ("Queues", "AWS::SQS::Queue"),
    "AWS::SNS::TopicPolicy": ("Topics", "AWS::SNS::Topic"),
    "AWS::EC2::SecurityGroupIngress": (None, "AWS::EC2::SecurityGroup"),
    "AWS::EC2::SecurityGroupEgress": (None, "AWS::EC2::SecurityGroup"),
}
"""Parts of another resource: which property refers to it, and its type."""

NOT_USED: Mapping[str, tuple[str, ...]] = {
    "users and groups, which the library has none of": (
        *(
            f"iam:{verb}{kind}Policy"
            for verb in ("Get", "Put", "Delete")
            for kind in ("User", "Group")
        ),
        *(f"iam:{verb}{kind}Policy" for verb in ("Attach", "Detach") for kind in ("User", "Group")),
    ),
    "predictive scaling, which SageMaker has not": ("cloudwatch:GetMetricData",),
    "provisioned concurrency of functions": (
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:DeleteProvisionedConcurrencyConfig",
        "lambda:PutFunctionScalingConfig",
        "lambda:PassCapacityProvider",
    ),
    "reserved concurrency of functions": (
        "lambda:PutFunctionConcurrency",
        "lambda:DeleteFunctionConcurrency",
    ),
    "functions' file systems, layers, signatures, run-time pinning and versions": (
        "elasticfilesystem:DescribeMountTargets",
        "s3files:ListMountTargets",
        "lambda:GetLayerVersion",
        "lambda:GetCodeSigningConfig",
        "lambda:PutFunctionCodeSigningConfig",
        "lambda:DeleteFunctionCodeSigningConfig",
        "lambda:PutRuntimeManagementConfig",
        "lambda:PutFunctionRecursionConfig",
        "lambda:PublishVersion",
        "lambda:AssociateRuntimeAlias",
    ),
    "functions in a VPC": ("ec2:DescribeNetworkInterfaces",),
    "log groups with data protection, indexes, deliveries, tokens and keys": (
        "logs:PutDataProtectionPolicy",
        "logs:PutIndexPolicy",
        "logs:DeleteIndexPolicy",
        "logs:CreateLogDelivery",
        "logs:PutResourcePolicy",
        "logs:DeleteResourcePolicy",
        "logs:PutBearerTokenAuthentication",
        "logs:PutLogGroupDeletionProtection",
        "logs:AssociateKmsKey",
        "logs:DisassociateKmsKey",
        "s3:REST.PUT.OBJECT",
        "firehose:TagDeliveryStream",
    ),
    "subscriptions in a topic's own properties, and its data protection": (
        "sns:Subscribe",
        "sns:Unsubscribe",
        "sns:PutDataProtectionPolicy",
    ),
    "taking a role's boundary off, which is what the boundary is against": (
        "iam:DeleteRolePermissionsBoundary",
    ),
}
_UNUSED = {action for actions in NOT_USED.values() for action in actions}
_UNUSED_BY_TYPE = {
    "AWS::Lambda::Function": ("ec2:Describe", "kms:"),
    "AWS::StepFunctions::StateMachine": ("s3:", "kms:"),
    "AWS::SNS::Topic": ("iam:",),
    "AWS::Events::Rule": ("iam:",),
    "AWS::ApplicationAutoScaling::ScalableTarget": ("iam:PassRole",),
    "AWS::CloudFormation::Stack": ("iam:PassRole",),
}
"""Keys of the library's own, definitions in S3, roles of deliveries, targets and stacks."""


@functools.cache
def _handlers(kind: str) -> tuple[str, ...]:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    wanted = {
        permission
        for operation, handler in schema["handlers"].items()
        if operation != "list"
        for permission in handler["permissions"]
    }
    return tuple(sorted(wanted | set(schema.get("tagging", {}).get("permissions", []))))


@functools.cache
def takes_no_resource() -> frozenset[str]:
    """The actions that take none."""
    return frozenset(
        f"{service['prefix']}:{privilege['privilege']}"
        for service in parliament.iam_definition
        for privilege in service["privileges"]
        if not any(item["resource_type"] for item in privilege["resource_types"])
    )


class Calls:
    """What CloudFormation calls for the resources of a template."""

    def __init__(self, rehearsed: Rehearsed, *, boundary: str | None = None) -> None:
        self._resources = rehearsed.resources
        self._stack = rehearsed.stack_name
        self._boundary = {} if boundary is None else {"iam:PermissionsBoundary": boundary}

    def all(self) -> list[Call]:
        """Every call, for the resources that are the endpoint's, which is called ``Fraud``."""
        return [
            call
            for logical_id, resource in self._resources.items()
            if logical_id.startswith("Fraud")
            for call in self._of(logical_id, resource["Type"], resource.get("Properties", {}))
        ]

    def arn(self, logical_id: str) -> str:
        """ARN that a resource comes to have."""
        resource = self._resources[logical_id]
        kind = resource["Type"]
        properties = resource.get("Properties", {})
        if kind in _NAMES and _NAMES[kind] in properties:
            return _named(kind, properties[_NAMES[kind]])
        if kind == "AWS::StepFunctions::StateMachine":
            return _named(kind, f"{logical_id}-gmeFyl0Qe9RF")
        return _named(kind, generated(self._stack, logical_id, _LENGTHS.get(kind, 64)))

    def _of(self, logical_id: str, kind: str, properties: Mapping[str, Any]) -> Iterator[Call]:
        if kind == "Custom::SageMakerTransformJob":
            yield Call("lambda:InvokeFunction", self.arn(_reference(properties["ServiceToken"])))
            return
        for action in _handlers(kind):
            if action in _UNUSED or action.startswith(_UNUSED_BY_TYPE.get(kind, ("-",))):
                continue
            if action in takes_no_resource():
                yield Call(action)
            else:
                yield from self._scoped(action, logical_id, kind, properties)

    def _scoped(
        self, action: str, logical_id: str, kind: str, properties: Mapping[str, Any]
    ) -> Iterator[Call]:
        service = action.split(":")[0]
        match kind, service:
            case _, "iam":
                yield from self._iam(action, logical_id, kind, properties)
            case _, "kms":
                if "KmsKeyId" in properties:
                    yield Call(action, _key_arn(properties["KmsKeyId"]))
            case _, "s3":
                bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
                yield Call(action, f"arn:aws:s3:::{bucket}/{properties['Code']['S3Key']}")
            case "AWS::ApplicationAutoScaling::ScalableTarget", "cloudwatch":
                yield Call(action, tracking_alarm(properties["ResourceId"], self._resources))
            case _, "application-autoscaling":
                # The policies of a template have its targets' ids alone.
                target = self._target(properties)
                context = {
                    "application-autoscaling:service-namespace": "sagemaker",
                    "application-autoscaling:scalable-dimension": target["ScalableDimension"],
                }
                tags = action.endswith(("TagResource", "TagsForResource"))
                some = arn(service, "scalable-target/0ec5a1b2c3d4e5f6")
                yield Call(action, some, {} if tags else context)
            case _, "ec2":
                yield from self._ec2(action, properties)
            case ("AWS::SageMaker::Endpoint", _) if action.endswith(
                ("CreateEndpoint", "UpdateEndpoint")
            ):
                yield Call(action, self.arn(logical_id))
                yield Call(action, self.arn(_reference(properties["EndpointConfigName"])))
            case "AWS::SageMaker::InferenceComponent", _:
                yield Call(action, self.arn(logical_id))
                if action.endswith("CreateInferenceComponent"):
                    yield Call(action, self.arn(_reference(properties["EndpointName"])))
            case _ if kind in _WHOLE:
                for whole in properties[str(_WHOLE[kind][0])]:
                    yield Call(action, self.arn(_reference(whole)))
            case _:
                yield Call(action, self.arn(logical_id))

    def _iam(
        self, action: str, logical_id: str, kind: str, properties: Mapping[str, Any]
    ) -> Iterator[Call]:
        verb = action.split(":")[1]
        if verb == "CreateServiceLinkedRole":
            service = "sagemaker.application-autoscaling.amazonaws.com"
            name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
            role = arn("iam", f"role/aws-service-role/{service}/{name}", region="")
            yield Call(action, role, {"iam:AWSServiceName": service})
        elif verb == "PassRole":
            for role, service in self._passed(kind, properties):
                yield Call(action, role, {"iam:PassedToService": f"{service}.amazonaws.com"})
        elif verb in ("AttachRolePolicy", "DetachRolePolicy"):
            for role, policy in self._attached(logical_id, kind, properties):
                yield Call(action, role, {"iam:PolicyARN": policy, **self._boundary})
        elif kind == "AWS::IAM::Policy":
            for role in properties["Roles"]:
                context = {} if verb.startswith("Get") else self._boundary
                yield Call(action, self.arn(_reference(role)), context)
        elif verb in ("PutRolePolicy", "DeleteRolePolicy"):
            assert "Policies" not in properties
        elif verb in ("CreateRole", "PutRolePermissionsBoundary"):
            if verb == "CreateRole" or self._boundary:
                yield Call(action, self.arn(logical_id), self._boundary)
        else:
            yield Call(action, self.arn(logical_id))

    def _passed(self, kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        role, service = {
            "AWS::SageMaker::Model": (properties.get("ExecutionRoleArn"), "sagemaker"),
            "AWS::SageMaker::EndpointConfig": (properties.get("ExecutionRoleArn"), "sagemaker"),
            "AWS::Lambda::Function": (properties.get("Role"), "lambda"),
            "AWS::StepFunctions::StateMachine": (properties.get("RoleArn"), "states"),
            "AWS::Scheduler::Schedule": (properties.get("Target", {}).get("RoleArn"), "scheduler"),
        }[kind]
        if role is not None:
            yield role if isinstance(role, str) else self.arn(_reference(role)), service

    def _attached(
        self, logical_id: str, kind: str, properties: Mapping[str, Any]
    ) -> Iterator[tuple[str, str]]:
        if kind == "AWS::IAM::ManagedPolicy":
            for role in properties["Roles"]:
                name = arn("iam", f"role/{role}", region="")
                named = name if isinstance(role, str) else self.arn(_reference(role))
                yield named, self.arn(logical_id)
        for policy in properties.get("ManagedPolicyArns", []):
            yield self.arn(logical_id), resolved(policy)

    def _target(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        if "ScalingTargetId" not in properties:
            return properties
        target = self._resources[_reference(properties["ScalingTargetId"])]
        found: Mapping[str, Any] = target["Properties"]
        return found

    def _ec2(self, action: str, properties: Mapping[str, Any]) -> Iterator[Call]:
        group = _named("AWS::EC2::SecurityGroup", "")
        vpc_id = properties.get("VpcId", VPC_ID)
        vpc = arn("ec2", f"vpc/{vpc_id if isinstance(vpc_id, str) else 'vpc-0fedcba9876543210'}")
        if action == "ec2:CreateSecurityGroup":
            yield Call(action, group)
            yield Call(action, vpc)
        elif action in ("ec2:CreateTags", "ec2:DeleteTags"):
            yield Call(action, group)
        else:
            yield Call(action, group, {"ec2:Vpc": vpc})


VPC_ID = "vpc-0123456789abcdef0"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/10000000-1111-1111-1111-111111111111"


def _key_arn(value: Any) -> str:
    return value if isinstance(value, str) else KEY.replace("/1", "/9")


def tracking_alarm(resource_id: Any, resources: Resources) -> str:
    """How Application Auto Scaling calls an alarm of a target tracking policy."""
    if isinstance(resource_id, dict):
        parts = resource_id["Fn::Join"][1]
        resource_id = "".join(
            part
            if isinstance(part, str)
            else resources[_reference(part)]["Properties"]["EndpointName"]
            for part in parts
        )
    return arn("cloudwatch", f"alarm:TargetTracking-{resource_id}-AlarmHigh-0f1e2d3c-4b5a-6978")


def _reference(value: Any) -> str:
    """Logical id that a property refers to."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), _]}:
            return logical_id
        case _:
            raise NotImplementedError(value)
