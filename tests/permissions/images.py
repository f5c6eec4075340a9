"""Images that a role may pull, of one container or of several."""

from collections.abc import Callable
from functools import partial

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    InferencePipeline,
    ModelData,
    ModelDefinition,
    MultiContainerModel,
    RealtimeEndpoint,
)
from deployed_template import NOTHING_ELSE, Elsewhere
from permissions.common import (
    ENDPOINT,
    NO_CALLS,
    NOTHING_MORE,
    PUBLISH_METRICS,
    REPOSITORY,
    WRITE_LOGS,
)
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, REGION, Row, Table, arn, joined
from policy_evaluation import Statement
from rule_cases.building import ECR
from support import IMAGE_URI, caller, realtime

IMAGE = ContainerImage.from_registry(IMAGE_URI)

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def pulls(repository: str) -> list[Row]:
    return [Row("ecr:GetAuthorizationToken"), *(Row(action, repository) for action in PULL)]


def repository_lets(principal: str) -> Statement:
    """A repository's policy (ECR User Guide, repository-policy-examples)."""
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(PULL)}


def with_model(make: Callable[[Stack], ModelDefinition]) -> Callable[[Stack], object]:
    return lambda stack: realtime(model=make(stack))(stack)


def container(image: ContainerImage = IMAGE, data: ModelData | None = None) -> Container:
    return Container(image=image, data=data)


def of_model(
    type: str,
    capability: str,
    make: Callable[[Stack], ModelDefinition],
    allowed: list[Row],
    refused: list[Row],
    *,
    elsewhere: Elsewhere = NOTHING_ELSE,
) -> Table:
    """A table of what an endpoint's role does for a model."""
    return Table(
        type=type,
        capability=capability,
        build=with_model(make),
        allowed={"execution role": [*WRITE_LOGS, *PUBLISH_METRICS, *allowed]},
        refused={"execution role": refused},
        elsewhere=elsewhere,
    )


DLC = arn("ecr", "repository/pytorch-inference", account="763104351884")
OTHER_DLC = arn("ecr", "repository/pytorch-inference", account="763104351885")
TRAINING = arn("ecr", "repository/pytorch-training", account="763104351884")

THEIRS = arn("ecr", "repository/shared", account=OTHER_ACCOUNT)
CLOSED = arn("ecr", "repository/closed", account=OTHER_ACCOUNT)
OF_A_THIRD = arn("ecr", "repository/third", account=OTHER_ACCOUNT)
THEIR_REPOSITORIES = Elsewhere(
    resources={
        THEIRS: [repository_lets(f"arn:aws:iam::{ACCOUNT}:root")],
        OF_A_THIRD: [repository_lets("111111111111")],
        CLOSED: [],
    }
)


def of_others(name: str) -> Callable[[Stack], ModelDefinition]:
    uri = f"{OTHER_ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{name}:1"
    return lambda _: container(ContainerImage.from_registry(uri))


def own_repository(stack: Stack) -> ModelDefinition:
    repository = ecr.Repository(stack, "Repository", repository_name="fraud")
    return container(ContainerImage.from_ecr_repository(repository, tag="1"))


def private_registry(stack: Stack) -> RealtimeEndpoint:
    provider = lambda_.Function.from_function_arn(
        stack, "Credentials", arn("lambda", "function:credentials")
    )
    image = ContainerImage.from_registry(
        "registry.example.com/fraud:1", credentials_provider=provider
    )
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
    return realtime(model=container(image), vpc=vpc)(stack)


def two_containers(kind: type[InferencePipeline] | type[MultiContainerModel]) -> ModelDefinition:
    return kind(
        containers={
            name: container(
                ContainerImage.from_registry(f"{ECR}/{name}:1"),
                ModelData.from_uri(f"s3://models/{name}.tar.gz"),
            )
            for name in ("features", "predict")
        }
    )


def pipeline(_: Stack) -> ModelDefinition:
    return two_containers(InferencePipeline)


OF_TWO_CONTAINERS = [
    Row("ecr:GetAuthorizationToken"),
    *(
        Row(action, arn("ecr", f"repository/{name}"))
        for name in ("features", "predict")
        for action in PULL
    ),
    Row("s3:GetObject", "arn:aws:s3:::models/features.tar.gz"),
    Row("s3:GetObject", "arn:aws:s3:::models/predict.tar.gz"),
]
OF_NO_CONTAINER = [
    Row("s3:GetObject", "arn:aws:s3:::models/other.tar.gz", "a third artifact"),
    Row("ecr:BatchGetImage", arn("ecr", "repository/other"), "a third image"),
    Row("ecr:BatchGetImage", arn("ecr", "repository/predict-2"), "a name that begins alike"),
    Row("ecr:PutImage", arn("ecr", "repository/predict")),
    Row("s3:PutObject", "arn:aws:s3:::models/predict.tar.gz"),
]


def multi_container(stack: Stack) -> None:
    endpoint = realtime(model=two_containers(MultiContainerModel))(stack)
    endpoint.grant_invoke(caller(stack), target_containers=["predict"])


HOSTNAME = "sagemaker:TargetContainerHostname"


table = partial(of_model, "image")

TABLES = [
    table(
        "image of an AWS Deep Learning Container",
        lambda _: container(ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")),
        pulls(DLC),
        [
            Row("ecr:BatchGetImage", TRAINING, "another image of AWS's"),
            Row("ecr:BatchGetImage", OTHER_DLC, "another account's image"),
            Row("ecr:BatchGetImage", arn("ecr", "repository/pytorch-inference"), "our own"),
            Row("ecr:BatchGetImage", f"{DLC}-graviton", "an image whose name begins alike"),
            Row("ecr:PutImage", DLC),
        ],
        # AWS lets all accounts pull.
        elsewhere=Elsewhere(
            resources={each: [repository_lets("*")] for each in (DLC, OTHER_DLC, TRAINING)}
        ),
    ),
    table(
        "image of an own repository",
        own_repository,
        pulls(REPOSITORY),
        list(NOTHING_MORE["execution role"]),
    ),
    table(
        "image of another account, whose repository lets us in",
        of_others("shared"),
        pulls(THEIRS),
        [
            Row("ecr:BatchGetImage", CLOSED, "a repository that lets nobody in"),
            Row("ecr:BatchGetImage", OF_A_THIRD, "a repository that lets a third account in"),
            Row("ecr:BatchGetImage", arn("ecr", "repository/shared"), "ours of the same name"),
            Row("ecr:PutImage", THEIRS),
            Row("ecr:DescribeImages", THEIRS),
        ],
        elsewhere=THEIR_REPOSITORIES,
    ),
    table(
        "image of another account, whose repository lets nobody in",
        of_others("closed"),
        [Row("ecr:GetAuthorizationToken")],
        [Row(action, CLOSED, "its policy does not name us") for action in PULL],
        elsewhere=THEIR_REPOSITORIES,
    ),
    table(
        "image of another account, whose repository lets a third account in",
        of_others("third"),
        [],
        [Row(action, OF_A_THIRD, "its policy does not name us") for action in PULL],
        elsewhere=THEIR_REPOSITORIES,
    ),
    Table(
        type="image",
        capability="image of a private registry",
        build=private_registry,
        allowed={
            "execution role": [
                *WRITE_LOGS,
                Row("lambda:InvokeFunction", arn("lambda", "function:credentials")),
                Row("ec2:CreateNetworkInterface", arn("ec2", "subnet/VpcIsolatedSubnet1Subnet")),
            ]
        },
        refused={
            "execution role": [
                Row("lambda:InvokeFunction", arn("lambda", "function:credentials-2")),
                Row("lambda:InvokeFunction", arn("lambda", "function:any")),
                Row("lambda:UpdateFunctionCode", arn("lambda", "function:credentials")),
                Row("lambda:GetFunction", arn("lambda", "function:credentials")),
                Row("ecr:GetAuthorizationToken", "*", "the image is not in ECR"),
                Row("ecr:BatchGetImage", REPOSITORY, "the image is not in ECR"),
                Row("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:registry")),
            ]
        },
    ),
    table("pipeline", pipeline, OF_TWO_CONTAINERS, OF_NO_CONTAINER),
    Table(
        type="image",
        capability="containers that are called directly",
        build=multi_container,
        allowed={
            "execution role": [*WRITE_LOGS, *OF_TWO_CONTAINERS],
            "caller": [Row("sagemaker:InvokeEndpoint", ENDPOINT, "", {HOSTNAME: "predict"})],
        },
        refused=joined(
            {
                "execution role": OF_NO_CONTAINER,
                "caller": [
                    Row("sagemaker:InvokeEndpoint", ENDPOINT, "another", {HOSTNAME: "features"}),
                    Row("sagemaker:InvokeEndpoint", ENDPOINT, "longer", {HOSTNAME: "predict2"}),
                    Row("sagemaker:InvokeEndpoint", ENDPOINT, "upper case", {HOSTNAME: "Predict"}),
                    Row("sagemaker:InvokeEndpoint", ENDPOINT, "no container"),
                    Row(
                        "sagemaker:InvokeEndpoint",
                        f"{ENDPOINT}-2",
                        "another endpoint",
                        {HOSTNAME: "predict"},
                    ),
                ],
            },
            NO_CALLS,
        ),
    ),
]
