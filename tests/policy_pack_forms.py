"""An app of a user of the library, with each construct in several forms.

Buckets, topics, keys and VPCs are imported, so that every resource is the library's; what must be
of the app itself is below a construct called ``TheUsers``.
"""

from collections.abc import Callable
from typing import Any, cast

from aws_cdk import App, Environment, NestedStack, Size, Stack, Stage
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_sagemaker_inference import (
    Alarms,
    AsyncAlarms,
    AsyncEndpoint,
    AsyncScaling,
    BatchAlarms,
    BatchSchedule,
    BatchTransformJob,
    BlueGreen,
    ComponentAlarms,
    ComponentResources,
    ComponentRolling,
    Container,
    ContainerImage,
    CopyScaling,
    DataCapture,
    DeployerPolicy,
    InferenceComponentEndpoint,
    InferencePipeline,
    InstanceAlarms,
    ManagedInstanceScaling,
    ModelData,
    MultiModelAlarms,
    MultiModelEndpoint,
    Naming,
    ProvisionedConcurrencyScaling,
    RealtimeEndpoint,
    RunOnDemand,
    S3Prefix,
    Scaling,
    ServerlessAlarms,
    ServerlessEndpoint,
    TransformInput,
    TransformOutput,
)
from support import CONTAINER, IMAGE_URI

USERS = "TheUsers"
IMAGE = ContainerImage.from_registry(IMAGE_URI)
IRELAND = Environment(account="123456789012", region="eu-west-1")
RESOURCES = ComponentResources(cpu_cores=1, min_memory=Size.gibibytes(1))


def naming(stack: Stack) -> Naming:
    return Naming(team="rc", project="forms", model=stack.node.id.lower())


def bucket(stack: Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Files", "files")


def key(stack: Stack) -> kms.IKey:
    return kms.Key.from_key_arn(
        stack,
        "Key",
        stack.format_arn(
            service="kms", resource="key", resource_name="12345678-1234-1234-1234-123456789012"
        ),
    )


def topic(stack: Stack) -> sns.ITopic:
    return sns.Topic.from_topic_arn(
        stack, "Topic", stack.format_arn(service="sns", resource="operations")
    )


def vpc(stack: Stack) -> ec2.IVpc:
    return ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    )


def archives(stack: Stack) -> Container:
    return Container(image=IMAGE, data=ModelData.from_archives(bucket(stack), "shops"))


def plain_async(
    stack: Stack, files: s3.IBucket | s3.Bucket | None = None, **arguments: Any
) -> AsyncEndpoint:
    files = bucket(stack) if files is None else files
    return AsyncEndpoint(
        stack,
        "Endpoint",
        naming=naming(stack),
        model=CONTAINER,
        input=S3Prefix(bucket=files, prefix="requests"),
        output=S3Prefix(bucket=files, prefix="scores"),
        **arguments,
    )


def plain_batch(
    stack: Stack, files: s3.IBucket | s3.Bucket | None = None, **arguments: Any
) -> None:
    files = bucket(stack) if files is None else files
    BatchTransformJob(
        stack,
        "Job",
        naming=naming(stack),
        model=None if "endpoint" in arguments else CONTAINER,
        input=TransformInput.from_prefix(
            S3Prefix(bucket=files, prefix="transactions"), content_type="text/csv"
        ),
        output=TransformOutput(location=S3Prefix(bucket=files, prefix="scores")),
        **arguments,
    )


def plain_realtime(stack: Stack, **arguments: Any) -> RealtimeEndpoint:
    return RealtimeEndpoint(stack, "Endpoint", naming=naming(stack), model=CONTAINER, **arguments)


def full_realtime(stack: Stack) -> None:
    RealtimeEndpoint(
        stack,
        "Endpoint",
        naming=naming(stack),
        model=InferencePipeline(
            containers={
                "features": Container(
                    image=IMAGE, data=ModelData.from_prefix(bucket(stack), "features")
                ),
                "score": CONTAINER,
            }
        ),
        instance_type="ml.c5.xlarge",
        scaling=Scaling.on_invocations(
            min_capacity=2, max_capacity=8, per_instance_per_minute=1200
        ),
        deployment=BlueGreen.canary(percent=50),
        alarms=Alarms(topic=topic(stack)),
        dashboard=True,
        encryption_key=key(stack),
        vpc=vpc(stack),
        outputs=True,
    )


def capturing_realtime(stack: Stack) -> None:
    capture = DataCapture(bucket=bucket(stack), prefix="captured", sampling_percent=10)
    plain_realtime(stack, data_capture=capture)


def full_serverless(stack: Stack) -> None:
    ServerlessEndpoint(
        stack,
        "Endpoint",
        naming=naming(stack),
        model=CONTAINER,
        provisioned_concurrency=2,
        scaling=ProvisionedConcurrencyScaling.on_utilization(
            min_capacity=2, max_capacity=4, percent=70
        ),
        deployment=BlueGreen.all_at_once(),
        alarms=ServerlessAlarms(topic=topic(stack)),
        dashboard=True,
        encryption_key=key(stack),
    )


def full_async(stack: Stack) -> None:
    plain_async(
        stack,
        failures=S3Prefix(bucket=s3.Bucket.from_bucket_name(stack, "Failed", "failed"), prefix="f"),
        success_topic=True,
        error_topic=True,
        scaling=AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
        deployment=BlueGreen.all_at_once(),
        alarms=AsyncAlarms(topic=topic(stack)),
        dashboard=True,
        encryption_key=key(stack),
        vpc=vpc(stack),
    )


def full_multi_model(stack: Stack) -> None:
    MultiModelEndpoint(
        stack,
        "Endpoint",
        naming=naming(stack),
        model=archives(stack),
        instance_type="ml.m5.xlarge",
        scaling=Scaling.on_invocations(
            min_capacity=2, max_capacity=8, per_instance_per_minute=1200
        ),
        alarms=MultiModelAlarms(topic=topic(stack)),
        dashboard=True,
        encryption_key=key(stack),
        vpc=vpc(stack),
    )


def plain_components(stack: Stack, **arguments: Any) -> InferenceComponentEndpoint:
    made = InferenceComponentEndpoint(stack, "Endpoint", naming=naming(stack), **arguments)
    made.add_model(
        "cards",
        model=CONTAINER,
        resources=RESOURCES,
        alarms=None if arguments else ComponentAlarms(),
    )
    return made


def full_components(stack: Stack) -> None:
    operations = topic(stack)
    made = plain_components(
        stack,
        instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=4),
        alarms=InstanceAlarms(topic=operations),
        dashboard=True,
        vpc=vpc(stack),
    )
    made.add_model(
        "transfers",
        model=Container(image=IMAGE, data=ModelData.from_prefix(bucket(stack), "transfers")),
        resources=RESOURCES,
        scaling=CopyScaling.on_concurrent_requests(min_capacity=0, max_capacity=4, per_copy=4),
        deployment=ComponentRolling(percent=50),
        alarms=ComponentAlarms(topic=operations),
    )


def full_batch(stack: Stack) -> None:
    plain_batch(
        stack,
        instance_count=2,
        schedules=[
            BatchSchedule(
                name="nightly", schedule=scheduler.ScheduleExpression.cron(hour="2", minute="0")
            )
        ],
        on_demand=RunOnDemand(),
        alarms=BatchAlarms(topic=topic(stack)),
        encryption_key=key(stack),
        vpc=vpc(stack),
    )


def batch_of_an_endpoint(stack: Stack) -> None:
    plain_batch(stack, endpoint=plain_realtime(stack), at_deployment=None, on_demand=RunOnDemand())


def nested_async(stack: Stack) -> None:
    """The endpoint is in a nested stack, which gets the bucket by a parameter."""
    plain_async(NestedStack(stack, "Nested"), s3.Bucket(Construct(stack, USERS), "Files"))


def batch_of_another_stack(stack: Stack) -> None:
    """The bucket comes by an export."""
    app = cast(App, stack.node.root)
    plain_batch(stack, s3.Bucket(Stack(app, USERS, env=IRELAND), "Files"))


def deployer(stack: Stack) -> None:
    """The policy is in the form's stack, and what it deploys in others."""

    def deployed(name: str, build: Callable[[Stack], object], construct_id: str) -> Any:
        other = Stack(cast(App, stack.node.root), f"deployed-{name}", env=IRELAND)
        build(other)
        return other.node.find_child(construct_id)

    DeployerPolicy(
        stack,
        "Deployer",
        endpoints=[
            deployed("async", full_async, "Endpoint"),
            deployed("components", full_components, "Endpoint"),
            deployed("batch", full_batch, "Job"),
        ],
    )


FORMS: dict[str, Callable[[Stack], object]] = {
    "realtime-plain": plain_realtime,
    "realtime-least": lambda stack: plain_realtime(stack, alarms=None),
    "realtime-full": full_realtime,
    "realtime-capturing": capturing_realtime,
    "serverless-plain": lambda stack: ServerlessEndpoint(
        stack, "Endpoint", naming=naming(stack), model=CONTAINER
    ),
    "serverless-full": full_serverless,
    "async-plain": plain_async,
    "async-full": full_async,
    "async-nested": nested_async,
    "multi-model-plain": lambda stack: MultiModelEndpoint(
        stack, "Endpoint", naming=naming(stack), model=archives(stack)
    ),
    "multi-model-full": full_multi_model,
    "components-plain": plain_components,
    "components-full": full_components,
    "batch-plain": plain_batch,
    "batch-least": lambda stack: plain_batch(
        stack, at_deployment=None, on_demand=RunOnDemand(), alarms=None
    ),
    "batch-full": full_batch,
    "batch-of-an-endpoint": batch_of_an_endpoint,
    "batch-of-another-stack": batch_of_another_stack,
    "deployer": deployer,
}


def new_app(outdir: str, **context: Any) -> App:
    """An app that leaves CDK's own validation, which takes seconds, to other tests."""
    return App(
        context=context,
        outdir=outdir,
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )


def users_app(outdir: str, **context: Any) -> App:
    """A stack for each form; those of real-time endpoints are of any Region."""
    app = new_app(outdir, **context)
    for name, build in FORMS.items():
        build(Stack(app, name, env=None if name.startswith("realtime") else IRELAND))
    staged = Stack(Stage(app, "stage"), "staged")
    plain_async(staged, s3.Bucket(Construct(staged, USERS), "Files"))
    return app
