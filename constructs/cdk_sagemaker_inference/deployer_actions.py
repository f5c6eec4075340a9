"""What CloudFormation calls to make, change and remove each type of resource of the library.

Sources: the handlers' permissions in CloudFormation's registry schemas, without those that serve
what the library never asks for (provisioned concurrency of functions, file systems, data protection
of log groups, …), and the Service Authorization Reference for which resource an action takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ROLE_NAME_LENGTH = 64
"""Most characters of the name of a role, a function, a rule and a schedule (their APIs)."""

STACK_NAME_LENGTH = 128
"""Most characters of the name of a stack (CloudFormation's API)."""


@dataclass(frozen=True, kw_only=True)
class ManagedType:
    """How CloudFormation manages a type of resource.

    :param sid: what the statement is called.
    :param arn: service and last part of the ARN, the name for ``{}``; ``""`` if the resource has
        none of its own.
    :param actions: on the resource itself.
    :param unscoped: actions that take no resource, or another type's.
    :param name: attribute that holds the name, if the library or the user gives one.
    :param length: most characters of a generated name.
    :param regional: whether the ARN holds a Region.
    """

    sid: str
    arn: tuple[str, str] = ("", "")
    actions: tuple[str, ...] = ()
    unscoped: tuple[str, ...] = ()
    name: str = ""
    length: int = ROLE_NAME_LENGTH
    regional: bool = True


def _of(service: str, *actions: str) -> tuple[str, ...]:
    return tuple(f"{service}:{action}" for action in actions)


_SAGEMAKER_TAGS = _of("sagemaker", "AddTags", "DeleteTags", "ListTags")
_TAGS = ("ListTagsForResource", "TagResource", "UntagResource")

RELEASE_ENDPOINT = _of("sagemaker", "CreateEndpoint", "UpdateEndpoint")
"""Authorised on the endpoint and on its config."""

CREATE_COMPONENT = _of("sagemaker", "CreateInferenceComponent")
"""Authorised on the component and on its endpoint."""

MAKE_MODEL_OF_PACKAGE = _of("sagemaker", "CreateModel")
"""On the model, and on the package, whose owner allows it there (Developer Guide,
model-registry-deploy); the Service Authorization Reference knows the model only."""

READ_MODEL_PACKAGE = _of("sagemaker", "DescribeModelPackage")

SCALE = _of(
    "application-autoscaling",
    "DeleteScalingPolicy",
    "DeleteScheduledAction",
    "DeregisterScalableTarget",
    "PutScalingPolicy",
    "PutScheduledAction",
    "RegisterScalableTarget",
)
"""On scalable targets, whose ARNs hold an id of the service's: namespace and dimension narrow it.
"""

TAG_SCALABLE_TARGETS = _of("application-autoscaling", *_TAGS)
"""The conditions of :data:`SCALE` do not hold for these."""

DESCRIBE_SCALING = _of(
    "application-autoscaling",
    "DescribeScalableTargets",
    "DescribeScalingPolicies",
    "DescribeScheduledActions",
)
"""These take no resource."""

TRACK_TARGETS = _of("cloudwatch", "DeleteAlarms", "DescribeAlarms", "PutMetricAlarm")
"""On the alarms that Application Auto Scaling makes for target tracking."""

ATTACH_POLICY = _of("iam", "AttachRolePolicy", "DetachRolePolicy")
PUT_INLINE_POLICY = _of("iam", "DeleteRolePolicy", "PutRolePolicy")
"""What CDK's own roles have, such as those of a custom resource's framework."""

CREATE_ROLE = _of("iam", "CreateRole")
CHANGE_BOUNDARY = _of("iam", "PutRolePermissionsBoundary")

USE_KEY_THROUGH_SAGEMAKER = _of("kms", "CreateGrant", "DescribeKey")
"""Whoever creates an endpoint on a customer managed key grants it to SageMaker (Developer Guide,
api-permissions-reference)."""

MANAGED_TYPES: Mapping[str, ManagedType] = {
    "AWS::SageMaker::Model": ManagedType(
        sid="ManageModels",
        arn=("sagemaker", "model/{}"),
        actions=(
            *_of("sagemaker", "CreateModel", "DeleteModel", "DescribeModel"),
            *_SAGEMAKER_TAGS,
        ),
        name="model_name",
    ),
    "AWS::SageMaker::EndpointConfig": ManagedType(
        sid="ManageEndpointConfigs",
        arn=("sagemaker", "endpoint-config/{}"),
        actions=(
            *_of("sagemaker", "CreateEndpointConfig", "DeleteEndpointConfig"),
            *_of("sagemaker", "DescribeEndpointConfig"),
            *_SAGEMAKER_TAGS,
        ),
        name="endpoint_config_name",
    ),
    "AWS::SageMaker::Endpoint": ManagedType(
        sid="ManageEndpoint",
        arn=("sagemaker", "endpoint/{}"),
        actions=(*_of("sagemaker", "DeleteEndpoint", "DescribeEndpoint"), *_SAGEMAKER_TAGS),
        name="endpoint_name",
    ),
    "AWS::SageMaker::InferenceComponent": ManagedType(
        sid="ManageInferenceComponents",
        arn=("sagemaker", "inference-component/{}"),
        actions=(
            *_of("sagemaker", "DeleteInferenceComponent", "DescribeInferenceComponent"),
            *_of("sagemaker", "UpdateInferenceComponent", "UpdateInferenceComponentRuntimeConfig"),
            *_SAGEMAKER_TAGS,
        ),
        name="inference_component_name",
    ),
    # Both are told by namespace and dimension instead of a name.
    "AWS::ApplicationAutoScaling::ScalableTarget": ManagedType(sid="Scale"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ManagedType(sid="Scale"),
    "AWS::CloudWatch::Alarm": ManagedType(
        sid="ManageAlarms",
        arn=("cloudwatch", "alarm:{}"),
        actions=_of("cloudwatch", "DeleteAlarms", "DescribeAlarms", "PutMetricAlarm", *_TAGS),
        name="alarm_name",
    ),
    "AWS::CloudWatch::Dashboard": ManagedType(
        sid="ManageDashboard",
        arn=("cloudwatch", "dashboard/{}"),
        actions=_of("cloudwatch", "DeleteDashboards", "GetDashboard", "PutDashboard", *_TAGS),
        name="dashboard_name",
        regional=False,
    ),
    "AWS::IAM::Role": ManagedType(
        sid="ManageRoles",
        arn=("iam", "role/{}"),
        actions=_of(
            "iam",
            "DeleteRole",
            "GetRole",
            "GetRolePolicy",
            "ListAttachedRolePolicies",
            "ListRolePolicies",
            "ListRoleTags",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "UpdateRoleDescription",
        ),
        name="role_name",
        regional=False,
    ),
    "AWS::IAM::ManagedPolicy": ManagedType(
        sid="ManagePolicies",
        arn=("iam", "policy/{}"),
        actions=_of(
            "iam",
            "CreatePolicy",
            "CreatePolicyVersion",
            "DeletePolicy",
            "DeletePolicyVersion",
            "GetPolicy",
            "GetPolicyVersion",
            "ListEntitiesForPolicy",
            "ListPolicyVersions",
        ),
        name="managed_policy_name",
        length=128,
        regional=False,
    ),
    # A part of its roles.
    "AWS::IAM::Policy": ManagedType(sid="PutInlinePolicies"),
    "AWS::Logs::LogGroup": ManagedType(
        sid="ManageLogGroups",
        arn=("logs", "log-group:{}"),
        actions=_of(
            "logs",
            "CreateLogGroup",
            "DeleteDataProtectionPolicy",
            "DeleteLogGroup",
            "DeleteRetentionPolicy",
            "GetDataProtectionPolicy",
            "PutRetentionPolicy",
            *_TAGS,
        ),
        unscoped=_of(
            "logs", "DescribeIndexPolicies", "DescribeLogGroups", "DescribeResourcePolicies"
        ),
        name="log_group_name",
        length=512,
    ),
    "AWS::Events::Rule": ManagedType(
        sid="ManageRules",
        arn=("events", "rule/{}"),
        actions=_of(
            "events",
            "DeleteRule",
            "DescribeRule",
            "ListTargetsByRule",
            "PutRule",
            "PutTargets",
            "RemoveTargets",
            *_TAGS,
        ),
        name="name",
    ),
    "AWS::Scheduler::Schedule": ManagedType(
        sid="ManageSchedules",
        arn=("scheduler", "schedule/default/{}"),
        actions=_of(
            "scheduler", "CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"
        ),
        name="name",
    ),
    "AWS::StepFunctions::StateMachine": ManagedType(
        sid="ManageStateMachines",
        arn=("states", "stateMachine:{}"),
        actions=_of(
            "states",
            "CreateStateMachine",
            "DeleteStateMachine",
            "DescribeStateMachine",
            "UpdateStateMachine",
            *_TAGS,
        ),
        name="state_machine_name",
        length=80,
    ),
    "AWS::Lambda::Function": ManagedType(
        sid="ManageFunctions",
        arn=("lambda", "function:{}"),
        actions=_of(
            "lambda",
            "CreateFunction",
            "DeleteFunction",
            "GetFunction",
            "GetFunctionCodeSigningConfig",
            "GetFunctionRecursionConfig",
            "GetFunctionScalingConfig",
            "GetRuntimeManagementConfig",
            "ListTags",
            "TagResource",
            "UntagResource",
            "UpdateFunctionCode",
            "UpdateFunctionConfiguration",
        ),
        name="function_name",
    ),
    "AWS::SQS::Queue": ManagedType(
        sid="ManageQueues",
        arn=("sqs", "{}"),
        actions=_of(
            "sqs",
            "CreateQueue",
            "DeleteQueue",
            "GetQueueAttributes",
            "GetQueueUrl",
            "ListQueueTags",
            "SetQueueAttributes",
            "TagQueue",
            "UntagQueue",
        ),
        name="queue_name",
        length=80,
    ),
    # A part of its queue.
    "AWS::SQS::QueuePolicy": ManagedType(sid="ManageQueues"),
    "AWS::SNS::Topic": ManagedType(
        sid="ManageTopics",
        arn=("sns", "{}"),
        actions=_of(
            "sns",
            "CreateTopic",
            "DeleteTopic",
            "GetDataProtectionPolicy",
            "GetTopicAttributes",
            "ListSubscriptionsByTopic",
            "SetTopicAttributes",
            *_TAGS,
        ),
        name="topic_name",
        length=256,
    ),
    # A part of its topic.
    "AWS::SNS::TopicPolicy": ManagedType(sid="ManageTopics"),
    # These are told by the VPC instead of a name.
    "AWS::EC2::SecurityGroup": ManagedType(sid="ManageSecurityGroups"),
    "AWS::EC2::SecurityGroupEgress": ManagedType(sid="ManageSecurityGroups"),
    "AWS::EC2::SecurityGroupIngress": ManagedType(sid="ManageSecurityGroups"),
    "Custom::SageMakerTransformJob": ManagedType(sid="RunJob"),
}

RUN_JOB = _of("lambda", "InvokeFunction")
"""How CloudFormation tells a custom resource's function."""

READ_ASSETS = _of("s3", "GetObject", "GetObjectVersion")
"""Functions' code and nested stacks' templates, in the bootstrap's bucket."""

MANAGE_NESTED_STACKS = _of(
    "cloudformation",
    "CreateStack",
    "DeleteStack",
    "DescribeStacks",
    "GetStackPolicy",
    "GetTemplate",
    "SetStackPolicy",
    "UpdateStack",
    "UpdateTerminationProtection",
)

MANAGE_SECURITY_GROUPS = _of(
    "ec2",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "DeleteSecurityGroup",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
)
CREATE_SECURITY_GROUPS = _of("ec2", "CreateSecurityGroup")
TAG_SECURITY_GROUPS = _of("ec2", "CreateTags", "DeleteTags")
DESCRIBE_NETWORK = _of(
    "ec2",
    "DescribeInstances",
    "DescribeSecurityGroupRules",
    "DescribeSecurityGroups",
    "DescribeSubnets",
    "DescribeVpcs",
)
"""EC2's Describe actions take no resource."""
