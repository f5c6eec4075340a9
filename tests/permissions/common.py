"""Calls that tables of several ways to serve have in common.

What must be possible is from the Developer Guide, sagemaker-roles; what an action is authorised on,
from the Service Authorization Reference.
"""

from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_kms as kms

from cdk_sagemaker_inference import RealtimeEndpoint
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, Row, Rows, arn
from support import realtime

ENDPOINT_NAME = "rc-project-a-fraud-ep"
ENDPOINT = arn("sagemaker", f"endpoint/{ENDPOINT_NAME}")
CHURN = arn("sagemaker", "endpoint/rc-project-a-churn-ep")
LOGS = arn("logs", "log-group:")
ENDPOINT_LOGS = f"{LOGS}/aws/sagemaker/Endpoints/{ENDPOINT_NAME}"
JOB_LOGS = f"{LOGS}/aws/sagemaker/TransformJobs"
NAMESPACE = "cloudwatch:namespace"
INSTANCES = {NAMESPACE: "/aws/sagemaker/Endpoints"}
FOREIGN_KEY = arn("kms", "key/f0000000-1111-1111-1111-111111111111")
REPOSITORY = arn("ecr", "repository/fraud")
ARTIFACT = "arn:aws:s3:::models/fraud/3/model.tar.gz"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"

WRITE_LOGS = [
    Row("logs:CreateLogGroup", ENDPOINT_LOGS),
    Row("logs:CreateLogStream", f"{ENDPOINT_LOGS}:log-stream:AllTraffic/i-1"),
    Row("logs:DescribeLogStreams", ENDPOINT_LOGS),
    Row("logs:PutLogEvents", f"{ENDPOINT_LOGS}:log-stream:AllTraffic/i-1"),
]
PUBLISH_METRICS = [Row("cloudwatch:PutMetricData", "*", "utilization", INSTANCES)]
PULL_IMAGE = [
    Row("ecr:GetAuthorizationToken"),
    Row("ecr:BatchCheckLayerAvailability", REPOSITORY),
    Row("ecr:BatchGetImage", REPOSITORY),
    Row("ecr:GetDownloadUrlForLayer", REPOSITORY),
]
READ_ARTIFACT = [Row("s3:GetObject", ARTIFACT)]

SERVES: Rows = {
    "execution role": [*WRITE_LOGS, *PUBLISH_METRICS, *PULL_IMAGE, *READ_ARTIFACT],
}
"""What any endpoint's role does for a container with an artifact."""

OTHER_IMAGES = [
    Row("ecr:BatchGetImage", f"{REPOSITORY}-2", "a repository whose name begins alike"),
    Row("ecr:BatchGetImage", arn("ecr", "repository/churn"), "another repository"),
    Row(
        "ecr:BatchGetImage",
        arn("ecr", "repository/fraud", account=OTHER_ACCOUNT),
        "another account's repository",
    ),
    Row(
        "ecr:BatchGetImage",
        arn("ecr", "repository/fraud", region=OTHER_REGION),
        "another Region's repository",
    ),
    Row("ecr:PutImage", REPOSITORY, "pushing"),
    Row("ecr:InitiateLayerUpload", REPOSITORY, "pushing"),
    Row("ecr:BatchDeleteImage", REPOSITORY, "deleting images"),
    Row("ecr:SetRepositoryPolicy", REPOSITORY, "letting others in"),
    Row("ecr:DescribeRepositories", REPOSITORY, "looking around"),
]
OTHER_OBJECTS = [
    Row("s3:GetObject", "arn:aws:s3:::models/fraud/2/model.tar.gz", "another key of the bucket"),
    Row("s3:GetObject", "arn:aws:s3:::models/fraud/3/model.tar.gz.bak", "a key that begins alike"),
    Row("s3:GetObject", "arn:aws:s3:::models-2/fraud/3/model.tar.gz", "another bucket"),
    Row("s3:GetObjectVersion", ARTIFACT, "old versions"),
    Row("s3:PutObject", ARTIFACT, "overwriting the artifact"),
    Row("s3:DeleteObject", ARTIFACT, "deleting the artifact"),
    Row("s3:PutObjectAcl", ARTIFACT, "letting others in"),
    Row("s3:ListBucket", "arn:aws:s3:::models", "listing the bucket"),
    Row("s3:ListBucket", "arn:aws:s3:::models", "listing a prefix", {"s3:prefix": "fraud/"}),
    Row("s3:ListAllMyBuckets", "*", "listing buckets"),
    Row("s3:DeleteBucket", "arn:aws:s3:::models", "deleting the bucket"),
    Row("s3:PutBucketPolicy", "arn:aws:s3:::models", "letting others in"),
]
OTHER_LOGS = [
    Row(
        "logs:PutLogEvents",
        f"{ENDPOINT_LOGS}-2:log-stream:1",
        "the log group of an endpoint whose name begins alike",
    ),
    Row(
        "logs:PutLogEvents",
        f"{LOGS}/aws/sagemaker/Endpoints/rc-project-a-churn-ep:log-stream:1",
        "the log group of another endpoint",
    ),
    Row("logs:CreateLogGroup", f"{LOGS}/aws/sagemaker/Endpoints/any", "any log group"),
    Row("logs:CreateLogStream", f"{LOGS}/aws/lambda/any:log-stream:1", "a function's log group"),
    Row(
        "logs:PutLogEvents",
        f"{ENDPOINT_LOGS}:log-stream:1".replace(ACCOUNT, OTHER_ACCOUNT),
        "another account's log group",
    ),
    Row("logs:DeleteLogGroup", ENDPOINT_LOGS, "covering tracks"),
    Row("logs:DeleteLogStream", f"{ENDPOINT_LOGS}:log-stream:1", "covering tracks"),
    Row("logs:GetLogEvents", f"{ENDPOINT_LOGS}:log-stream:1", "reading logs"),
    Row("logs:PutRetentionPolicy", ENDPOINT_LOGS, "changing the retention"),
]
OTHER_METRICS = [
    Row("cloudwatch:PutMetricData", "*", "no namespace"),
    Row("cloudwatch:PutMetricData", "*", "metrics of requests", {NAMESPACE: "AWS/SageMaker"}),
    Row("cloudwatch:PutMetricData", "*", "a user's metrics", {NAMESPACE: "Billing"}),
    Row(
        "cloudwatch:PutMetricData",
        "*",
        "a namespace that begins alike",
        {NAMESPACE: "/aws/sagemaker/Endpoints2"},
    ),
    Row(
        "cloudwatch:PutMetricAlarm",
        arn("cloudwatch", f"alarm:{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
    ),
    Row(
        "cloudwatch:DeleteAlarms",
        arn("cloudwatch", f"alarm:{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
    ),
    Row(
        "cloudwatch:SetAlarmState",
        arn("cloudwatch", f"alarm:{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
    ),
    Row("cloudwatch:GetMetricData", "*", "reading metrics"),
]
OTHER_ROLES = [
    Row("iam:PassRole", f"{ROLE}FraudRole", "itself to another resource"),
    Row(
        "iam:PassRole",
        f"{ROLE}FraudRole",
        "itself to another service",
        {"iam:PassedToService": "ec2.amazonaws.com"},
    ),
    Row("iam:PassRole", f"{ROLE}Admin", "another role"),
    Row("sts:AssumeRole", f"{ROLE}Admin", "becoming another role"),
    Row("sts:AssumeRole", f"{ROLE}FraudRole", "becoming itself"),
    Row("iam:AttachRolePolicy", f"{ROLE}FraudRole", "giving itself more"),
    Row("iam:PutRolePolicy", f"{ROLE}FraudRole", "giving itself more"),
    Row("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/FraudPolicy"),
    Row("iam:UpdateAssumeRolePolicy", f"{ROLE}FraudRole", "letting others in"),
]
OTHER_RESOURCES = [
    Row("sagemaker:AddTags", ENDPOINT, "tagging the endpoint"),
    Row("sagemaker:AddTags", CHURN, "tagging another endpoint"),
    Row("sagemaker:InvokeEndpoint", ENDPOINT, "calling itself"),
    Row("sagemaker:InvokeEndpoint", CHURN, "calling another endpoint"),
    Row("sagemaker:UpdateEndpoint", ENDPOINT),
    Row("sagemaker:UpdateEndpointWeightsAndCapacities", ENDPOINT),
    Row("sagemaker:DeleteEndpoint", ENDPOINT),
    Row("sagemaker:CreateModel", arn("sagemaker", "model/new")),
    Row("sagemaker:DeleteModel", arn("sagemaker", "model/<FraudModel>")),
    Row("sagemaker:CreateTrainingJob", arn("sagemaker", "training-job/new")),
    Row("sagemaker:CreatePresignedNotebookInstanceUrl", arn("sagemaker", "notebook-instance/any")),
    Row("kms:Decrypt", FOREIGN_KEY, "a key of others"),
    Row("kms:GenerateDataKey", FOREIGN_KEY, "a key of others"),
    Row("kms:CreateGrant", FOREIGN_KEY, "a key of others"),
    Row("kms:ListKeys", "*", "looking around"),
    Row("sns:Publish", arn("sns", "any")),
    Row("sqs:SendMessage", arn("sqs", "any")),
    Row("lambda:InvokeFunction", arn("lambda", "function:any")),
    Row("states:StartExecution", arn("states", "stateMachine:any")),
    Row("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:any")),
    Row("ssm:GetParameter", arn("ssm", "parameter/any")),
    Row("dynamodb:GetItem", arn("dynamodb", "table/any")),
    Row(
        "application-autoscaling:RegisterScalableTarget",
        arn("application-autoscaling", "scalable-target/any"),
    ),
    Row("cloudformation:UpdateStack", arn("cloudformation", "stack/Test/any")),
]
NETWORK = [
    Row("ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-00000001"), "there is no VPC"),
    Row("ec2:DeleteNetworkInterface", arn("ec2", "network-interface/eni-1"), "there is no VPC"),
    Row(
        "ec2:CreateNetworkInterfacePermission",
        arn("ec2", "network-interface/eni-1"),
        "there is no VPC",
    ),
    Row("ec2:DescribeSubnets", "*", "there is no VPC"),
    Row("ec2:DescribeVpcEndpoints", "*", "there is no VPC"),
]
WATCH = [
    Row(
        "cloudwatch:DescribeAlarms",
        arn("cloudwatch", f"alarm:{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
        "no deployment looks at alarms",
    ),
]

NEVER: Rows = {
    "execution role": [
        *OTHER_IMAGES,
        *OTHER_OBJECTS,
        *OTHER_LOGS,
        *OTHER_METRICS,
        *OTHER_ROLES,
        *OTHER_RESOURCES,
    ],
}
"""What no endpoint's role may do, whatever the endpoint has."""

NOTHING_MORE: Rows = {"execution role": [*NEVER["execution role"], *NETWORK, *WATCH]}
"""What the role of an endpoint without VPC and guardrails may not do."""

CALLS: Rows = {"caller": [Row("sagemaker:InvokeEndpoint", ENDPOINT)]}

OTHER_ENDPOINTS = [
    Row("sagemaker:InvokeEndpoint", CHURN, "another endpoint"),
    Row("sagemaker:InvokeEndpoint", f"{ENDPOINT}-2", "an endpoint whose name begins alike"),
    Row("sagemaker:InvokeEndpoint", ENDPOINT[:-1], "an endpoint whose name is shorter"),
    Row(
        "sagemaker:InvokeEndpoint",
        arn("sagemaker", "endpoint/RC-Project-A-Fraud-ep"),
        "the name in upper case, as SageMaker never writes it",
    ),
    Row(
        "sagemaker:InvokeEndpoint",
        ENDPOINT.replace(ACCOUNT, OTHER_ACCOUNT),
        "an endpoint of another account",
    ),
    Row(
        "sagemaker:InvokeEndpoint",
        arn("sagemaker", f"endpoint/{ENDPOINT_NAME}", region=OTHER_REGION),
        "an endpoint of another Region",
    ),
]
NO_CALLERS_BUSINESS = [
    Row("sagemaker:DescribeEndpoint", ENDPOINT),
    Row("sagemaker:UpdateEndpoint", ENDPOINT),
    Row("sagemaker:UpdateEndpointWeightsAndCapacities", ENDPOINT),
    Row("sagemaker:DeleteEndpoint", ENDPOINT),
    Row("sagemaker:AddTags", ENDPOINT),
    Row("sagemaker:AddTags", CHURN),
    Row("sagemaker:CreateTransformJob", arn("sagemaker", "transform-job/any")),
    Row("sagemaker:InvokeEndpointAsync", CHURN),
    Row("sagemaker:InvokeEndpointWithResponseStream", CHURN),
    Row("iam:PassRole", f"{ROLE}FraudRole"),
    Row("sts:AssumeRole", f"{ROLE}FraudRole"),
    Row("s3:GetObject", ARTIFACT),
    Row("logs:GetLogEvents", f"{ENDPOINT_LOGS}:log-stream:1"),
    Row("kms:Decrypt", FOREIGN_KEY),
]
STREAM = Row("sagemaker:InvokeEndpointWithResponseStream", ENDPOINT, "not granted")
ASYNC = Row("sagemaker:InvokeEndpointAsync", ENDPOINT, "not granted")

NO_CALLS: Rows = {"caller": [*OTHER_ENDPOINTS, *NO_CALLERS_BUSINESS, STREAM, ASYNC]}
"""What a caller who may invoke an endpoint may not do."""

OWN = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": ENDPOINT}
THEIRS = {key: value.replace(ACCOUNT, OTHER_ACCOUNT) for key, value in OWN.items()}


def taken_by_sagemaker(role: str, source: str = ENDPOINT) -> Rows:
    """SageMaker takes a role for its own account (Developer Guide,
    security-confused-deputy-prevention).
    """
    context = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}
    return {
        "SageMaker": [Row("sts:AssumeRole", f"{ROLE}{role}", "for this account", context)],
    }


def taken_by_nobody_else(role: str, source: str = ENDPOINT) -> Rows:
    """Nobody else takes it, and SageMaker does not for others."""
    own = {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": source}
    there = source.replace(ACCOUNT, OTHER_ACCOUNT)

    def take(note: str, context: dict[str, str]) -> Row:
        return Row("sts:AssumeRole", f"{ROLE}{role}", note, context)

    return {
        "SageMaker": [
            take("for another account", own | {"aws:SourceAccount": OTHER_ACCOUNT}),
            take("for a resource of another account", own | {"aws:SourceArn": there}),
            take(
                "for a resource of another account, which says so",
                {"aws:SourceAccount": OTHER_ACCOUNT, "aws:SourceArn": there},
            ),
            take("for nobody", {}),
            take("for an account without a resource", {"aws:SourceAccount": ACCOUNT}),
            take("for a resource without an account", {"aws:SourceArn": source}),
            take(
                "for a resource of another service",
                own | {"aws:SourceArn": arn("lambda", "function:any")},
            ),
        ],
        **{
            service: [take("another service", own)]
            for service in ("EC2", "Lambda", "Step Functions", "Scheduler")
        },
        "caller": [take("a role of this account", own)],
    }


def endpoint(stack: Stack, **arguments: Any) -> RealtimeEndpoint:
    """A real-time endpoint in order, but for the arguments given."""
    return realtime(**arguments)(stack)


def new_key(stack: Stack, name: str) -> kms.IKey:
    """A key of the stack, called so in ARNs."""
    # jsii's types name a parameter otherwise in Key than in the protocol.
    return cast(kms.IKey, kms.Key(stack, name))
