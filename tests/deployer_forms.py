"""An endpoint of every form, with all that its deployment may come to."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from cdk_sagemaker_inference import (
    AsyncEndpoint,
    AsyncScaling,
    BatchSchedule,
    BatchTransformJob,
    BlueGreen,
    ComponentResources,
    Container,
    ContainerImage,
    CopyScaling,
    InferenceComponentEndpoint,
    ManagedInstanceScaling,
    ModelData,
    ModelPackage,
    MultiModelEndpoint,
    ProvisionedConcurrencyScaling,
    RealtimeEndpoint,
    RunOnDemand,
    S3Prefix,
    Scaling,
    ScalingPolicy,
    ServerlessEndpoint,
    TransformInput,
    TransformOutput,
    Variant,
)
from deployer_support import ACCOUNT, KEY, PLACE, REGION, VPC_ID
from support import CONTAINER, IMAGE_URI, NAMING

ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/models"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/fraud/3"


def known_vpc(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id=VPC_ID,
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-11111111", "subnet-22222222"],
    )


def files(stack: Stack, construct_id: str = "Files") -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, construct_id, "files")


def plain(stack: Stack) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None)


def realtime(stack: Stack) -> RealtimeEndpoint:
    policies = [
        ScalingPolicy.on_invocations(per_instance_per_minute=1200),
        ScalingPolicy.on_cpu(percent=70),
    ]
    variants = [
        Variant(
            name=name,
            model=CONTAINER,
            scaling=Scaling(min_capacity=2, max_capacity=4, policies=policies),
        )
        for name in ("Champion", "Challenger")
    ]
    return RealtimeEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        variants=variants,
        deployment=BlueGreen.canary(percent=50),
        dashboard=True,
        vpc=known_vpc(stack),
        encryption_key=kms.Key.from_key_arn(stack, "Key", KEY),
    )


def serverless(stack: Stack) -> ServerlessEndpoint:
    return ServerlessEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=CONTAINER,
        max_concurrency=20,
        provisioned_concurrency=1,
        scaling=ProvisionedConcurrencyScaling.on_utilization(
            min_capacity=1, max_capacity=4, percent=70
        ),
    )


def asynchronous(stack: Stack) -> AsyncEndpoint:
    app = cast(Construct, stack.node.root)
    beside = Stack(app, "Beside", env=PLACE)
    return AsyncEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=CONTAINER,
        input=S3Prefix(bucket=files(stack), prefix="in"),
        output=S3Prefix(bucket=files(stack, "Results"), prefix="out"),
        success_topic=True,
        error_topic=True,
        scaling=AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
        # Known only at deployment.
        vpc=ec2.Vpc(beside, "Vpc", nat_gateways=0),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        encryption_key=kms.Key(beside, "Key"),
    )


def multi_model(stack: Stack) -> MultiModelEndpoint:
    return MultiModelEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=Container(
            image=ContainerImage.from_registry(IMAGE_URI),
            data=ModelData.from_archives(files(stack), "shops"),
        ),
    )


def components(stack: Stack) -> InferenceComponentEndpoint:
    endpoint = InferenceComponentEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        instance_type="ml.m5.2xlarge",
        instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=4),
        vpc=known_vpc(stack),
    )
    for name in ("cards", "transfers"):
        endpoint.add_model(
            name,
            model=CONTAINER,
            resources=ComponentResources(cpu_cores=2, min_memory=Size.gibibytes(4)),
            scaling=CopyScaling.on_concurrent_requests(min_capacity=0, max_capacity=6, per_copy=4),
        )
    return endpoint


def batch(stack: Stack) -> BatchTransformJob:
    every_day = scheduler.ScheduleExpression.rate(Duration.days(1))
    job = BatchTransformJob(
        stack,
        "Fraud",
        naming=NAMING,
        model=CONTAINER,
        input=TransformInput.from_prefix(S3Prefix(bucket=files(stack), prefix="in")),
        output=TransformOutput(location=S3Prefix(bucket=files(stack, "Out"), prefix="out")),
        schedules=[BatchSchedule(name="nightly", schedule=every_day)],
        on_demand=RunOnDemand(),
        instance_count=2,
        vpc=known_vpc(stack),
    )
    job.on_failed("Failure")
    return job


def package(stack: Stack) -> RealtimeEndpoint:
    """A model of the registry under a role of the user's."""
    return RealtimeEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=ModelPackage(arn=PACKAGE),
        alarms=None,
        role=iam.Role.from_role_arn(stack, "Given", ROLE_ARN, mutable=False),
    )


def own_role(stack: Stack) -> RealtimeEndpoint:
    """Under a role that the app makes beside the endpoint."""
    principal = cast(iam.IPrincipal, iam.ServicePrincipal("sagemaker.amazonaws.com"))
    role = iam.Role(stack, "Own", assumed_by=principal)
    return RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None, role=role)


FORMS: Mapping[str, Callable[[Stack], Any]] = {
    "realtime": realtime,
    "serverless": serverless,
    "asynchronous": asynchronous,
    "multi-model": multi_model,
    "components": components,
    "batch": batch,
    "plain": plain,
    "package": package,
    "own role": own_role,
}
