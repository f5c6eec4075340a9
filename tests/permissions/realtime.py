"""Real-time endpoints: what their roles and their callers may do, capability by capability."""

from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    Container,
    ContainerImage,
    ModelData,
    RealtimeEndpoint,
    ShadowVariant,
    Variant,
)
from deployed_template import Elsewhere
from permissions.common import (
    ASYNC,
    CALLS,
    ENDPOINT,
    ENDPOINT_LOGS,
    ENDPOINT_NAME,
    NETWORK,
    NEVER,
    NO_CALLERS_BUSINESS,
    NO_CALLS,
    NOTHING_MORE,
    OTHER_ENDPOINTS,
    REPOSITORY,
    ROLE,
    SERVES,
    endpoint,
    taken_by_nobody_else,
    taken_by_sagemaker,
)
from permissions.rows import OTHER_ACCOUNT, Row, Table, arn, but_for, joined
from policy_evaluation import Statement
from rule_cases.building import ECR
from support import NAMING, caller


def minimal(stack: Stack) -> None:
    endpoint(stack).grant_invoke(caller(stack))


def streaming(stack: Stack) -> None:
    endpoint(stack).grant_invoke_streaming(caller(stack))


def described(stack: Stack) -> None:
    endpoint(stack).grant(caller(stack), "sagemaker:DescribeEndpoint")


def imported(stack: Stack) -> None:
    """An endpoint that was created as ``RC-Churn``."""
    RealtimeEndpoint.from_endpoint_name(stack, "Churn", "RC-Churn").grant_invoke(caller(stack))


def of_another_account(stack: Stack) -> None:
    """InvokeEndpoint has no policy of a resource that could let others in."""
    them = iam.Role.from_role_arn(stack, "Them", THEM)
    endpoint(stack).grant_invoke(them)


THEM = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Them"
ALL_ENDPOINTS: Statement = {
    "Effect": "Allow",
    "Action": "sagemaker:InvokeEndpoint",
    "Resource": "*",
}


def guarded(stack: Stack) -> None:
    made = endpoint(
        stack,
        alarms=Alarms(disk_percent=None, topic=sns.Topic(stack, "Alerts")),
        deployment=BlueGreen.canary(percent=50),
        instance_count=2,
    )
    own = cloudwatch.Alarm(
        stack,
        "Own",
        alarm_name="fraud-quality",
        metric=made.metric_invocations(),
        threshold=1,
        evaluation_periods=1,
    )
    made.add_alarm(cast(cloudwatch.IAlarm, own), guards_deployment=True)


def alarm(name: str, **where: str) -> str:
    return arn("cloudwatch", f"alarm:{name}", **where)


def several(stack: Stack) -> None:
    def container(version: int) -> Container:
        return Container(
            image=ContainerImage.from_registry(f"{ECR}/fraud-{version}:1"),
            data=ModelData.from_uri(f"s3://models/fraud/{version}/model.tar.gz"),
        )

    endpoint(
        stack,
        variants=[Variant(name="champion", model=container(1))],
        shadow=ShadowVariant(variant=Variant(name="shadow", model=container(2))),
    )


def own_role(stack: Stack) -> None:
    """A role of this account that two endpoints share."""
    role = iam.Role.from_role_name(stack, "Own", "mine")
    endpoint(stack, role=role)
    RealtimeEndpoint(
        stack,
        "Churn",
        naming=type(NAMING)(team="rc", project="project-a", model="churn"),
        model=Container(image=ContainerImage.from_registry(f"{ECR}/churn:1")),
        alarms=None,
        role=role,
    )


def own_role_alone(stack: Stack) -> None:
    role = iam.Role.from_role_name(stack, "Own", "mine")
    endpoint(stack, role=role, attach_execution_policy=False)


MINE = {"execution role": f"{ROLE}mine"}
CHURN_LOGS = arn("logs", "log-group:/aws/sagemaker/Endpoints/rc-project-a-churn-ep")
THIRD_LOGS = arn("logs", "log-group:/aws/sagemaker/Endpoints/rc-project-a-third-ep")


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="real-time", capability=capability, **arguments)


TABLES = [
    table(
        "nothing but a model",
        build=minimal,
        allowed=joined(SERVES, CALLS, taken_by_sagemaker("FraudRole")),
        refused=joined(NOTHING_MORE, NO_CALLS, taken_by_nobody_else("FraudRole")),
    ),
    table(
        "answers as a stream",
        build=streaming,
        # Both actions are asked for (runtime API reference, InvokeEndpointWithResponseStream).
        allowed=joined(
            CALLS,
            {"caller": [Row("sagemaker:InvokeEndpointWithResponseStream", ENDPOINT)]},
        ),
        refused={
            "caller": [
                *OTHER_ENDPOINTS,
                *NO_CALLERS_BUSINESS,
                ASYNC,
                Row(
                    "sagemaker:InvokeEndpointWithResponseStream",
                    f"{ENDPOINT}-2",
                    "an endpoint whose name begins alike",
                ),
            ]
        },
    ),
    table(
        "an action of the user's choice",
        build=described,
        allowed={"caller": [Row("sagemaker:DescribeEndpoint", ENDPOINT)]},
        refused={
            "caller": [
                Row("sagemaker:InvokeEndpoint", ENDPOINT, "not granted"),
                Row("sagemaker:DescribeEndpoint", f"{ENDPOINT}-2"),
                Row("sagemaker:DescribeEndpointConfig", arn("sagemaker", "endpoint-config/any")),
            ]
        },
    ),
    table(
        "imported by its name",
        build=imported,
        allowed={
            "caller": [Row("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/rc-churn"))]
        },
        refused={
            "caller": [
                Row("sagemaker:InvokeEndpoint", ENDPOINT, "another endpoint"),
                Row("sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/RC-Churn"), "no ARN"),
                Row("sagemaker:DescribeEndpoint", arn("sagemaker", "endpoint/rc-churn")),
            ]
        },
    ),
    table(
        "a caller of another account",
        build=of_another_account,
        roles={"caller of another account": THEM},
        elsewhere=Elsewhere(identities={THEM: [ALL_ENDPOINTS]}),
        allowed={},
        refused={
            "caller of another account": [
                Row("sagemaker:InvokeEndpoint", ENDPOINT, "endpoints let no other account in"),
            ]
        },
    ),
    table(
        "guarded deployments",
        build=guarded,
        allowed=joined(
            SERVES,
            {
                "execution role": [
                    Row(
                        "cloudwatch:DescribeAlarms",
                        alarm(f"{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
                    ),
                    Row(
                        "cloudwatch:DescribeAlarms", alarm(f"{ENDPOINT_NAME}-AllTraffic-5XXErrors")
                    ),
                    Row("cloudwatch:DescribeAlarms", alarm("fraud-quality"), "the user's own"),
                ]
            },
        ),
        refused=joined(
            NEVER,
            {
                "execution role": [
                    *NETWORK,
                    Row("cloudwatch:DescribeAlarms", alarm("*"), "all alarms"),
                    Row(
                        "cloudwatch:DescribeAlarms",
                        alarm("rc-project-a-churn-ep-AllTraffic-ModelLatency"),
                    ),
                    Row(
                        "cloudwatch:DescribeAlarms",
                        alarm(f"{ENDPOINT_NAME}-2-AllTraffic-ModelLatency"),
                    ),
                    Row(
                        "cloudwatch:DescribeAlarms",
                        alarm(f"{ENDPOINT_NAME}-AllTraffic-ModelLatency-2"),
                    ),
                    Row(
                        "cloudwatch:DescribeAlarms",
                        alarm(f"{ENDPOINT_NAME}-AllTraffic-ModelLatency", account=OTHER_ACCOUNT),
                    ),
                    Row("cloudwatch:DescribeAlarms", alarm("fraud-quality-2")),
                    Row(
                        "cloudwatch:DescribeAlarmHistory",
                        alarm(f"{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
                    ),
                    Row(
                        "cloudwatch:DisableAlarmActions",
                        alarm(f"{ENDPOINT_NAME}-AllTraffic-ModelLatency"),
                    ),
                    Row("sns:Publish", arn("sns", "Alerts"), "alarms publish, not the role"),
                ]
            },
        ),
    ),
    table(
        "two models, one in the shadow",
        build=several,
        allowed={
            "execution role": [
                Row(action, resource)
                for version in (1, 2)
                for action, resource in (
                    ("s3:GetObject", f"arn:aws:s3:::models/fraud/{version}/model.tar.gz"),
                    ("ecr:BatchGetImage", f"{REPOSITORY}-{version}"),
                    ("ecr:GetDownloadUrlForLayer", f"{REPOSITORY}-{version}"),
                    (
                        "logs:PutLogEvents",
                        f"{ENDPOINT_LOGS}:log-stream:{('champion', 'shadow')[version - 1]}/i-1",
                    ),
                )
            ]
        },
        refused={
            "execution role": [
                Row("s3:GetObject", "arn:aws:s3:::models/fraud/3/model.tar.gz", "a third model"),
                Row("ecr:BatchGetImage", f"{REPOSITORY}-3", "a third image"),
                Row("ecr:BatchGetImage", REPOSITORY, "an image whose name is shorter"),
                Row("ecr:PutImage", f"{REPOSITORY}-1"),
                Row("s3:PutObject", "arn:aws:s3:::models/fraud/1/model.tar.gz"),
            ]
        },
    ),
    table(
        "a role of the user's that endpoints share",
        build=own_role,
        roles=MINE,
        allowed=joined(
            SERVES,
            {
                "execution role": [
                    Row("logs:PutLogEvents", f"{CHURN_LOGS}:log-stream:AllTraffic/i-1"),
                    Row("ecr:BatchGetImage", arn("ecr", "repository/churn")),
                ]
            },
        ),
        refused=joined(
            but_for(NOTHING_MORE, "another repository", "the log group of another endpoint"),
            {
                "execution role": [
                    Row("logs:PutLogEvents", f"{THIRD_LOGS}:log-stream:1", "a third endpoint"),
                    Row("ecr:BatchGetImage", arn("ecr", "repository/third"), "a third image"),
                ]
            },
        ),
    ),
    table(
        "a role of the user's that is left as it is",
        build=own_role_alone,
        roles=MINE,
        allowed={},
        refused=joined(
            NOTHING_MORE,
            {
                "execution role": [
                    Row(row.action, row.resource, "nothing is attached", row.context)
                    for row in SERVES["execution role"]
                ]
            },
        ),
    ),
]
