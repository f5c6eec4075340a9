"""Calls that a deployer must not be able to make, whatever the form of its endpoint."""

from collections.abc import Mapping

from deployer_support import ACCOUNT, KEY, arn
from policy_evaluation import Call

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
OWN_ROLE = arn("iam", "role/fraud-prod-FraudRole00000000-1GRP3N0TVA1LD", region="")
TO_SAGEMAKER = {"iam:PassedToService": "sagemaker.amazonaws.com"}


def _iam(resource: str) -> str:
    return arn("iam", resource, region="")


def _sagemaker(resource: str, *, region: str = "eu-west-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:sagemaker:{region}:{account}:{resource}"


def _each(actions: str, resource: str, context: Mapping[str, str] | None = None) -> list[Call]:
    """One call for each of some actions of one service: ``iam: CreateUser TagUser``."""
    service, names = actions.split(":")
    return [
        Call(f"{service}:{name}", resource, {} if context is None else context)
        for name in names.split()
    ]


_OTHER_ENDPOINTS = [
    _sagemaker("endpoint/rc-project-a-churn-ep"),
    # Names that begin alike.
    _sagemaker("endpoint/rc-project-a-fraud-ep-2"),
    _sagemaker("endpoint/rc-project-a-fraud-ep2"),
    _sagemaker("endpoint/rc-project-a-fraud"),
    _sagemaker("endpoint/x-rc-project-a-fraud-ep"),
    _sagemaker("endpoint/rc-project-a-fraud-ep", region="us-east-1"),
    _sagemaker("endpoint/rc-project-a-fraud-ep", account="999999999999"),
]
_OTHER_CONFIGS = [
    _sagemaker("endpoint-config/rc-project-a-churn-config-0badcafe"),
    _sagemaker("endpoint-config/rc-project-a-fraud-config"),
    _sagemaker("endpoint-config/rc-project-a-fraud-config-2-0badcafe"),
    _sagemaker("endpoint-config/rc-project-a-fraud-config-0badcafe", region="us-east-1"),
]
_OTHER_MODELS = [
    _sagemaker("model/rc-project-a-churn-v3-0badcafe"),
    _sagemaker("model/rc-project-a-fraud-0badcafe"),
    _sagemaker("model/rc-project-a-fraud-check-v1-0badcafe"),
    _sagemaker("model/rc-project-a-fraud-v3"),
    _sagemaker("model/rc-project-a-fraud-v3-0badcafe", account="999999999999"),
]
_OTHER_COMPONENTS = [
    _sagemaker("inference-component/rc-project-a-churn-ep-cards"),
    _sagemaker("inference-component/rc-project-a-fraud-ep2-cards"),
]
_OWN_ENDPOINT = _sagemaker("endpoint/rc-project-a-fraud-ep")
_OTHER_ROLES = [
    _iam("role/Admin"),
    _iam("role/fraud-prod"),
    _iam("role/fraud-prod-AdminRole00000000-1GRP3N0TVA1LD"),
    _iam("role/churn-prod-FraudRole93F563EA-1GRP3N0TVA1LD"),
    _iam(f"role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1"),
    _iam("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
]
_OTHER_POLICIES = [
    _iam("policy/Pipeline-DeployerPolicy00000000-1GRP3N0TVA1LD"),
    _iam("policy/models"),
    _iam("policy/fraud-prod-AdminPolicy00000000-1GRP3N0TVA1LD"),
    ADMINISTRATOR,
]

SAGEMAKER = [
    *(
        call
        for endpoint in _OTHER_ENDPOINTS
        for call in _each(
            "sagemaker:CreateEndpoint UpdateEndpoint DeleteEndpoint DescribeEndpoint AddTags",
            endpoint,
        )
    ),
    *(
        call
        for config in _OTHER_CONFIGS
        for call in _each(
            "sagemaker:CreateEndpointConfig DeleteEndpointConfig UpdateEndpoint AddTags", config
        )
    ),
    *(
        call
        for model in _OTHER_MODELS
        for call in _each("sagemaker:CreateModel DeleteModel AddTags DeleteTags", model)
    ),
    *(
        call
        for component in _OTHER_COMPONENTS
        for call in _each(
            "sagemaker:CreateInferenceComponent DeleteInferenceComponent UpdateInferenceComponent",
            component,
        )
    ),
    *_each(
        "sagemaker:InvokeEndpoint InvokeEndpointAsync InvokeEndpointWithResponseStream "
        "UpdateEndpointWeightsAndCapacities",
        _OWN_ENDPOINT,
    ),
    *_each(
        "sagemaker:CreateTransformJob", _sagemaker("transform-job/rc-project-a-fraud-transform-1")
    ),
    *_each(
        "sagemaker:CreateTrainingJob", _sagemaker("training-job/rc-project-a-fraud-v3-0badcafe")
    ),
    *_each("sagemaker:CreateNotebookInstance", _sagemaker("notebook-instance/rc-project-a-fraud")),
    *_each("sagemaker:CreateModelPackage", _sagemaker("model-package/churn/1")),
    *_each("sagemaker:UpdateModelPackage DeleteModelPackage", _sagemaker("model-package/fraud/3")),
]

IAM = [
    *(
        call
        for role in _OTHER_ROLES
        for call in [
            *_each("iam:CreateRole DeleteRole UpdateAssumeRolePolicy PutRolePolicy TagRole", role),
            *_each("iam:PassRole", role, TO_SAGEMAKER),
            *_each("iam:AttachRolePolicy DetachRolePolicy", role, {"iam:PolicyARN": ADMINISTRATOR}),
            *_each("sts:AssumeRole", role),
        ]
    ),
    *(
        call
        for policy in _OTHER_POLICIES
        for call in _each("iam:CreatePolicy CreatePolicyVersion DeletePolicy", policy)
    ),
    *_each(
        "iam:CreateUser CreateAccessKey CreateLoginProfile AttachUserPolicy PutUserPolicy "
        "AddUserToGroup",
        _iam("user/me"),
    ),
    *_each("iam:CreateGroup PutGroupPolicy AttachGroupPolicy", _iam("group/us")),
    *_each("iam:CreateInstanceProfile AddRoleToInstanceProfile", _iam("instance-profile/mine")),
    *_each("iam:CreateOpenIDConnectProvider", _iam("oidc-provider/mine")),
    *_each(
        "iam:CreateServiceLinkedRole",
        _iam("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
        {"iam:AWSServiceName": "ecs.amazonaws.com"},
    ),
    *_each("iam:UpdateAccountPasswordPolicy ListUsers GetAccountAuthorizationDetails", "*"),
]

DATA = [
    *_each("s3:GetObject PutObject DeleteObject", "arn:aws:s3:::models/fraud/3/model.tar.gz"),
    *_each("s3:GetObject", "arn:aws:s3:::files/in/1.csv"),
    *_each("s3:PutObject", f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-eu-west-1/code.zip"),
    *_each("s3:GetObject", f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-us-east-1/code.zip"),
    *_each("s3:ListBucket DeleteBucket PutBucketPolicy", "arn:aws:s3:::files"),
    *_each("kms:Decrypt GenerateDataKey PutKeyPolicy ScheduleKeyDeletion", KEY),
    # By itself, and not through a service.
    *_each("kms:CreateGrant", KEY, {"kms:GrantIsForAWSResource": "false"}),
    *_each("kms:CreateGrant", KEY),
    *_each("ecr:GetAuthorizationToken", "*"),
    *_each("ecr:BatchGetImage PutImage", arn("ecr", "repository/fraud")),
    *_each("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
    *_each("ssm:GetParameters", arn("ssm", "parameter/password")),
    *_each("ssm:PutParameter", arn("ssm", "parameter/cdk-bootstrap/hnb659fds/version")),
    *_each(
        "logs:GetLogEvents FilterLogEvents", arn("logs", "log-group:/aws/sagemaker/Endpoints/rc")
    ),
    *_each("sqs:ReceiveMessage SendMessage", arn("sqs", "fraud-prod-FraudSchedules-1GRP3N0TVA1L")),
    *_each("sns:Publish Subscribe", arn("sns", "fraud-prod-FraudSuccess-1GRP3N0TVA1L")),
]

OPERATIONS = [
    *(
        call
        for name in (
            "billing",
            "rc-project-a-churn-ep-AllTraffic-ModelLatency",
            "rc-project-a-fraud-ep2-x",
        )
        for call in _each(
            "cloudwatch:PutMetricAlarm DeleteAlarms DescribeAlarms TagResource",
            arn("cloudwatch", f"alarm:{name}"),
        )
    ),
    *_each(
        "cloudwatch:PutMetricAlarm DeleteAlarms",
        arn(
            "cloudwatch", "alarm:TargetTracking-endpoint/rc-project-a-churn-ep/variant/A-AlarmHigh"
        ),
    ),
    *_each(
        "cloudwatch:SetAlarmState DisableAlarmActions",
        arn("cloudwatch", "alarm:rc-project-a-fraud-ep-AllTraffic-ModelLatency"),
    ),
    *_each("cloudwatch:PutMetricData GetMetricData", "*"),
    *_each(
        "cloudwatch:PutDashboard DeleteDashboards", arn("cloudwatch", "dashboard/all", region="")
    ),
    *(
        call
        for context in [
            {
                "application-autoscaling:service-namespace": "ecs",
                "application-autoscaling:scalable-dimension": "ecs:service:DesiredCount",
            },
            {
                "application-autoscaling:service-namespace": "dynamodb",
                "application-autoscaling:scalable-dimension": "dynamodb:table:ReadCapacityUnits",
            },
            {},
        ]
        for call in _each(
            "application-autoscaling:RegisterScalableTarget DeregisterScalableTarget "
            "PutScalingPolicy DeleteScalingPolicy",
            arn("application-autoscaling", "scalable-target/0ec5a1b2c3d4e5f6"),
            context,
        )
    ),
    *_each("logs:CreateLogGroup DeleteLogGroup", arn("logs", "log-group:/aws/lambda/other")),
    *_each(
        "logs:DeleteLogGroup",
        arn("logs", "log-group:/aws/sagemaker/Endpoints/rc-project-a-fraud-ep"),
    ),
    *_each("logs:PutResourcePolicy", "*"),
    *_each("ec2:RunInstances", arn("ec2", "instance/*")),
    *_each("ec2:CreateNetworkInterface", arn("ec2", "network-interface/*")),
    *_each("ec2:DeleteVpc", arn("ec2", "vpc/vpc-0123456789abcdef0")),
    *_each(
        "lambda:InvokeFunction UpdateFunctionCode CreateFunction DeleteFunction",
        arn("lambda", "function:other"),
    ),
    *_each(
        "states:StartExecution", arn("states", "stateMachine:FraudOnDemand00000000-gmeFyl0Qe9RF")
    ),
    *_each("states:UpdateStateMachine DeleteStateMachine", arn("states", "stateMachine:Other")),
    *_each("events:PutRule PutTargets DeleteRule", arn("events", "rule/other")),
    *_each("events:PutEvents", arn("events", "event-bus/default")),
    *_each("scheduler:CreateSchedule DeleteSchedule", arn("scheduler", "schedule/default/other")),
    *_each(
        "cloudformation:CreateStack DeleteStack", arn("cloudformation", "stack/churn-prod/0f1e")
    ),
    *_each("cloudformation:UpdateStack", arn("cloudformation", "stack/CDKToolkit/0f1e2d3c")),
]

ALWAYS_REFUSED = [*SAGEMAKER, *IAM, *DATA, *OPERATIONS]
