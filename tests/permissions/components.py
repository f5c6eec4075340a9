"""Inference components: what the endpoint's role does for each, and who may call which."""

from typing import Any

from aws_cdk import Size, Stack

from cdk_sagemaker_inference import (
    ComponentResources,
    ComponentRolling,
    Container,
    ContainerImage,
    InferenceComponentEndpoint,
    ModelData,
)
from permissions.common import (
    ASYNC,
    ENDPOINT,
    ENDPOINT_NAME,
    INSTANCES,
    LOGS,
    NAMESPACE,
    NETWORK,
    NO_CALLERS_BUSINESS,
    OTHER_ENDPOINTS,
    OTHER_LOGS,
    OTHER_METRICS,
    OTHER_ROLES,
    STREAM,
    WRITE_LOGS,
    taken_by_nobody_else,
    taken_by_sagemaker,
)
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, Row, Rows, Table, arn, joined
from rule_cases.building import ECR
from support import NAMING, caller

INVOKE = "sagemaker:InvokeEndpoint"
STREAMING = "sagemaker:InvokeEndpointWithResponseStream"


def component(name: str) -> str:
    return arn("sagemaker", f"inference-component/{ENDPOINT_NAME}-{name}")


CARDS, TRANSFERS, OTHERS = component("cards"), component("transfers"), component("others")


def endpoint(stack: Stack) -> InferenceComponentEndpoint:
    made = InferenceComponentEndpoint(
        stack, "Fraud", naming=NAMING, instance_type="ml.m5.xlarge", alarms=None
    )
    add(made, "cards")
    return made


def add(made: InferenceComponentEndpoint, name: str) -> None:
    made.add_model(
        name,
        model=Container(
            image=ContainerImage.from_registry(f"{ECR}/{name}:1"),
            data=ModelData.from_uri(f"s3://models/{name}.tar.gz"),
        ),
        resources=ComponentResources(cpu_cores=1, min_memory=Size.gibibytes(1)),
        deployment=ComponentRolling(percent=50),
    )


def all_components(stack: Stack) -> None:
    """The grants come before the second component."""
    made = endpoint(stack)
    made.grant_invoke(caller(stack))
    add(made, "transfers")


def all_streaming(stack: Stack) -> None:
    made = endpoint(stack)
    made.grant_invoke_streaming(caller(stack))
    add(made, "transfers")


def one_component(stack: Stack) -> None:
    made = endpoint(stack)
    add(made, "transfers")
    made.components["cards"].grant_invoke(caller(stack))


def one_streaming(stack: Stack) -> None:
    made = endpoint(stack)
    add(made, "transfers")
    made.components["cards"].grant_invoke_streaming(caller(stack))


def component_logs(name: str) -> str:
    return f"{LOGS}/aws/sagemaker/InferenceComponents/{name}"


def alarm(name: str, **where: str) -> str:
    return arn("cloudwatch", f"alarm:{name}", **where)


SERVES: Rows = {
    "execution role": [
        *WRITE_LOGS,
        Row("cloudwatch:PutMetricData", "*", "", INSTANCES),
        Row("cloudwatch:PutMetricData", "*", "", {NAMESPACE: "/aws/sagemaker/InferenceComponents"}),
        Row("ecr:GetAuthorizationToken"),
        *(
            row
            for name in ("cards", "transfers")
            for logs in (component_logs(f"{ENDPOINT_NAME}-{name}"),)
            for row in (
                Row("logs:CreateLogGroup", logs),
                Row("logs:CreateLogStream", f"{logs}:log-stream:AllTraffic/1"),
                Row("logs:PutLogEvents", f"{logs}:log-stream:AllTraffic/1"),
                Row("ecr:BatchGetImage", arn("ecr", f"repository/{name}")),
                Row("ecr:GetDownloadUrlForLayer", arn("ecr", f"repository/{name}")),
                Row("s3:GetObject", f"arn:aws:s3:::models/{name}.tar.gz"),
                Row("cloudwatch:DescribeAlarms", alarm(f"{ENDPOINT_NAME}-{name}-ModelLatency")),
            )
        ),
    ]
}
NOTHING_ELSE: Rows = {
    "execution role": [
        *OTHER_LOGS,
        *OTHER_METRICS,
        *OTHER_ROLES,
        *NETWORK,
        Row("logs:PutLogEvents", f"{component_logs(f'{ENDPOINT_NAME}-others')}:log-stream:1"),
        Row("logs:PutLogEvents", f"{component_logs(f'{ENDPOINT_NAME}-cards2')}:log-stream:1"),
        Row("logs:CreateLogGroup", component_logs("any")),
        Row(
            "cloudwatch:PutMetricData", "*", "", {NAMESPACE: "/aws/sagemaker/InferenceComponents2"}
        ),
        Row("ecr:BatchGetImage", arn("ecr", "repository/others"), "a third image"),
        Row("ecr:BatchGetImage", arn("ecr", "repository/cards", account=OTHER_ACCOUNT)),
        Row("ecr:PutImage", arn("ecr", "repository/cards")),
        Row("s3:GetObject", "arn:aws:s3:::models/others.tar.gz", "a third artifact"),
        Row("s3:PutObject", "arn:aws:s3:::models/cards.tar.gz"),
        Row("s3:DeleteObject", "arn:aws:s3:::models/cards.tar.gz"),
        Row("cloudwatch:DescribeAlarms", alarm(f"{ENDPOINT_NAME}-others-ModelLatency")),
        Row("cloudwatch:DescribeAlarms", alarm("*")),
        Row("sagemaker:CreateInferenceComponent", CARDS),
        Row("sagemaker:UpdateInferenceComponentRuntimeConfig", CARDS),
        Row("sagemaker:DeleteInferenceComponent", CARDS),
        Row("sagemaker:AddTags", CARDS),
        Row(INVOKE, ENDPOINT, "calling itself"),
        Row(INVOKE, CARDS, "calling itself"),
    ]
}
NO_COMPONENTS_BUSINESS = [
    Row(INVOKE, OTHERS, "a component of none of the models"),
    Row(INVOKE, f"{CARDS}-2", "a component whose name begins alike"),
    Row(INVOKE, arn("sagemaker", "inference-component/RC-Project-A-Fraud-ep-Cards"), "upper case"),
    Row(INVOKE, CARDS.replace(ACCOUNT, OTHER_ACCOUNT), "another account"),
    Row("sagemaker:DescribeInferenceComponent", CARDS),
    Row("sagemaker:DeleteInferenceComponent", CARDS),
    Row("sagemaker:AddTags", CARDS),
]


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="components", capability=capability, **arguments)


# Endpoint and component are both asked for (Service Authorization Reference, InvokeEndpoint).
TABLES = [
    table(
        "callers of all components",
        build=all_components,
        allowed=joined(
            SERVES,
            {"caller": [Row(INVOKE, ENDPOINT), Row(INVOKE, CARDS), Row(INVOKE, TRANSFERS)]},
            taken_by_sagemaker("FraudRole"),
        ),
        refused=joined(
            NOTHING_ELSE,
            {
                "caller": [
                    *OTHER_ENDPOINTS,
                    *NO_CALLERS_BUSINESS,
                    *NO_COMPONENTS_BUSINESS,
                    STREAM,
                    ASYNC,
                    Row(STREAMING, CARDS, "not granted"),
                ]
            },
            taken_by_nobody_else("FraudRole"),
        ),
    ),
    table(
        "callers of all components, as a stream",
        build=all_streaming,
        allowed={
            "caller": [
                Row(action, of)
                for action in (INVOKE, STREAMING)
                for of in (ENDPOINT, CARDS, TRANSFERS)
            ]
        },
        refused={
            "caller": [
                *OTHER_ENDPOINTS,
                *NO_CALLERS_BUSINESS,
                *NO_COMPONENTS_BUSINESS,
                ASYNC,
                Row(STREAMING, OTHERS),
            ]
        },
    ),
    table(
        "callers of one component",
        build=one_component,
        allowed={"caller": [Row(INVOKE, ENDPOINT), Row(INVOKE, CARDS)]},
        refused={
            "caller": [
                *OTHER_ENDPOINTS,
                *NO_CALLERS_BUSINESS,
                *NO_COMPONENTS_BUSINESS,
                STREAM,
                ASYNC,
                Row(INVOKE, TRANSFERS, "another component of the endpoint"),
                Row(STREAMING, CARDS, "not granted"),
            ]
        },
    ),
    table(
        "callers of one component, as a stream",
        build=one_streaming,
        allowed={
            "caller": [
                Row(action, of) for action in (INVOKE, STREAMING) for of in (ENDPOINT, CARDS)
            ]
        },
        refused={
            "caller": [
                *NO_CALLERS_BUSINESS,
                *NO_COMPONENTS_BUSINESS,
                ASYNC,
                Row(INVOKE, TRANSFERS, "another component of the endpoint"),
                Row(STREAMING, TRANSFERS, "another component of the endpoint"),
            ]
        },
    ),
]
