"""Cases of the rules about batch transform jobs."""

from typing import Any

from aws_cdk import Aws, Duration, Size
from aws_cdk import aws_scheduler as scheduler

from cdk_sagemaker_inference import (
    Alarms,
    AssembleWith,
    BatchAlarms,
    BatchDataCapture,
    BatchSchedule,
    BatchStrategy,
    Container,
    DataProcessing,
    Experiment,
    InferencePipeline,
    ModelData,
    ModelPackage,
    MultiContainerModel,
    RunAtDeployment,
    RunOnDemand,
    SplitType,
    TransformInput,
    TransformOutput,
)
from cdk_sagemaker_inference.request import EndpointType
from cdk_sagemaker_inference.transform import TransformRequest
from cdk_sagemaker_inference.transform_runs import TransformRuns

from .building import (
    BUCKET,
    NUMBER_TOKEN,
    REGION,
    TOKEN,
    TWO_ZONES,
    Cases,
    Changes,
    FakeBucket,
    FakeVpc,
    More,
    Scheme,
    container,
    image,
    prefix,
    seconds,
)

ANY: Any = object()
OTHER_BUCKET: Any = FakeBucket()
OTHER_IMAGE = image(f"999999999999.dkr.ecr.{REGION}.amazonaws.com/fraud:1")
TWO: dict[str, Container] = {"features": container(), "predict": container()}
NIGHTLY = scheduler.ScheduleExpression.cron(hour="2", minute="0")

TRANSFORM = (
    "instance_type",
    "instance_count",
    "ami_version",
    "volume_key",
    "processing",
    "batch_strategy",
    "max_concurrent_transforms",
    "max_payload",
    "environment",
    "invocations_timeout",
    "invocations_max_retries",
    "data_capture",
    "experiment",
    "endpoint_type",
    "endpoint_variants",
    "endpoint_model",
    "endpoint_security_groups",
    "variant_name",
)


def batch(**changes: Any) -> Changes:
    """A job in order, with changes by the name of what they change."""
    transform = {
        "input": changes.pop("input", given()),
        "output": changes.pop("output", written()),
        "instance_type": "ml.m5.xlarge",
        "instance_count": 1,
    } | {name: changes.pop(name) for name in TRANSFORM if name in changes}
    runs = {
        "at_deployment": changes.pop("at_deployment", RunAtDeployment()),
        "schedules": changes.pop("schedules", []),
        "on_demand": changes.pop("on_demand", None),
    }
    own = "endpoint_type" not in transform
    return {
        "type": EndpointType.BATCH,
        "variants": [],
        "transform": TransformRequest(**transform),
        "transform_model": changes.pop("model", container() if own else None),
        "runs": TransformRuns(**runs),
        **changes,
    }


def lent(type: EndpointType = EndpointType.REALTIME, **changes: Any) -> Changes:
    """A job that runs the model of an endpoint."""
    variants = {"endpoint_type": type.value, "endpoint_variants": ("AllTraffic",)}
    return batch(**variants | changes)


def given(name: Any = "claims", *, bucket: Any = BUCKET, **changes: Any) -> TransformInput:
    return TransformInput.from_prefix(prefix(name, bucket=bucket), **changes)


def one(key: Any = "claims/1.csv", **changes: Any) -> TransformInput:
    return TransformInput.from_object(BUCKET, key, **changes)


def manifest(key: Any = "manifests/1.json", **changes: Any) -> TransformInput:
    return TransformInput.from_manifest(BUCKET, key, objects=prefix("images"), **changes)


def written(name: Any = "scores", *, bucket: Any = BUCKET, **changes: Any) -> TransformOutput:
    return TransformOutput(location=prefix(name, bucket=bucket), **changes)


def captured(name: str) -> BatchDataCapture:
    return BatchDataCapture(location=prefix(name))


def processed(
    content_type: str | None = "text/csv",
    accept: str | None = "text/csv",
    split_type: SplitType = SplitType.LINE,
    assemble_with: AssembleWith = AssembleWith.LINE,
    **processing: Any,
) -> Changes:
    """A job whose answers are joined to its records, unless something else is said."""
    return batch(
        input=given(content_type=content_type, split_type=split_type),
        output=written(accept=accept, assemble_with=assemble_with),
        processing=DataProcessing(**processing or {"join_input": True}),
    )


def scheduled(*names: Any, **changes: Any) -> Changes:
    return batch(
        schedules=[
            BatchSchedule(**{"name": name, "schedule": NIGHTLY} | changes)
            for name in names or ("nightly",)
        ]
    )


def waiting(count: float) -> Changes:
    return batch(at_deployment=RunAtDeployment(wait_for_completion=seconds(count)))


def on_demand(**changes: Any) -> Changes:
    return batch(on_demand=RunOnDemand(**changes))


CASES: Cases = {
    "transform-model": (
        lent(variant_name="AllTraffic"),
        lent(EndpointType.SERVERLESS),
        "endpoint='serverless endpoint': its models are not for batch transform; pass model",
    ),
    "transform-network": (
        lent(),
        lent(vpc=FakeVpc(), subnets=TWO_ZONES),
        "vpc='given': is the endpoint's where endpoint is",
    ),
    "transform-uncompressed": (
        batch(model=container(data=ModelData.from_bucket(BUCKET, "fraud/model.tar.gz"))),
        batch(model=container(data=ModelData.from_prefix(BUCKET, "fraud"))),
        "model.data='fraud': batch transform takes one .tar.gz archive; pack the files, and use "
        "ModelData.from_bucket",
    ),
    "transform-instance-type": (
        batch(instance_type="ml.g5.48xlarge"),
        batch(instance_type="ml.m5.8xlarge"),
        "instance_type='ml.m5.8xlarge': is not among the instance types of batch transform; m5 "
        "has large, xlarge, 2xlarge, 4xlarge, 12xlarge, 24xlarge",
    ),
    "transform-instance-count": (
        batch(instance_count=100),
        batch(instance_count=101),
        "instance_count=101: must be a whole number from 1 to 100",
    ),
    "transform-ami-version": (
        batch(ami_version="al2-ami-sagemaker-batch-gpu-535"),
        batch(ami_version="al2_ami"),
        "ami_version='al2_ami': must be up to 63 letters, digits and inner hyphens",
    ),
    "transform-volume-key": (
        batch(volume_key=ANY),
        batch(volume_key=ANY, instance_type="ml.g4dn.xlarge"),
        "encryption_key='given': ml.g4dn.xlarge has local storage, which its hardware encrypts; "
        "leave encryption_key out",
    ),
    "transform-payload": (
        batch(max_payload=Size.mebibytes(25), max_concurrent_transforms=4),
        batch(max_payload=Size.mebibytes(25), max_concurrent_transforms=5),
        "max_concurrent_transforms=5: times max_payload of 25 MiB is 125, above 100; at most 4",
    ),
    "transform-strategy": (
        batch(batch_strategy=BatchStrategy.MULTI_RECORD, input=given(split_type=SplitType.LINE)),
        batch(batch_strategy=BatchStrategy.MULTI_RECORD),
        "batch_strategy='MULTI_RECORD': needs records to be cut from the objects; "
        "input=TransformInput.from_…(…, split_type=SplitType.LINE)",
    ),
    "transform-input": (
        batch(input=manifest()),
        batch(input=given("/claims")),
        "input.location='/claims': must be a prefix without slashes at its ends",
    ),
    "transform-output": (
        # claims-scored is beside claims, although it begins like it.
        batch(output=written("claims-scored")),
        batch(output=written("claims/scored")),
        "output.location='claims/scored': is below the input's prefix 'claims', so that the next "
        "run would read it; choose a prefix beside it",
    ),
    "transform-processing": (
        processed(input_filter="$[1:]", output_filter="$[0,-1]", join_input=True),
        processed(input_filter="[1:]"),
        "processing.input_filter='[1:]': must begin with $ and have 63 characters at most",
    ),
    "transform-environment": (
        batch(environment={f"K{n}": "x" * 10240 for n in range(16)}),
        batch(environment={f"K{n}": "x" for n in range(17)}),
        "environment=17: may have 16 entries",
    ),
    "transform-client": (
        batch(invocations_timeout=Duration.hours(1), invocations_max_retries=3),
        batch(invocations_max_retries=4),
        "invocations_max_retries=4: must be a whole number from 0 to 3",
    ),
    "transform-experiment": (
        batch(experiment=Experiment(experiment_name="e" * 120, run_name="run-1")),
        batch(experiment=Experiment(trial_name="trial_1")),
        "experiment.trial_name='trial_1': must be up to 120 letters, digits and inner hyphens",
    ),
    "transform-runs": (
        # Beside the role and the queue that schedules share.
        scheduled("Role", "DeadLetters", retry_attempts=185, flexible_time_window=Duration.days(1)),
        batch(at_deployment=None),
        "at_deployment=None: nothing would start the job; leave it out, or pass schedules or "
        "on_demand",
    ),
    "transform-wait": (
        waiting(3600),
        waiting(3630),
        "at_deployment.wait_for_completion='3630 s': must be 300 to 3600 seconds, a multiple of "
        "30; None starts the job and does not wait for its end",
    ),
    "transform-on-demand": (
        on_demand(max_concurrency=1000, max_attempts=10, timeout=Duration.days(5)),
        on_demand(max_concurrency=1001),
        "on_demand.max_concurrency=1001: must be a whole number from 1 to 1000",
    ),
    "transform-on-demand-capture": (
        batch(data_capture=captured("captured")),
        batch(data_capture=captured("captured"), on_demand=RunOnDemand()),
        "data_capture='given': that the SageMaker integration of Step Functions takes it is not "
        "documented; try on_demand before you count on it",
    ),
    "transform-isolation": (
        batch(),
        batch(enable_network_isolation=True),
        "enable_network_isolation=True: AWS's feature matrix says that batch transform does not "
        "have it, while packages of the Marketplace demand it",
    ),
    "transform-self-traffic": (
        batch(vpc=FakeVpc(), subnets=TWO_ZONES, security_groups=[ANY], instance_count=1),
        batch(vpc=FakeVpc(), subnets=TWO_ZONES, security_groups=[ANY], instance_count=2),
        "security_groups=1: must let the 2 instances talk to each other; "
        "group.connections.allow_internally(ec2.Port.all_traffic())",
    ),
    "transform-image-account": (
        batch(model=container()),
        batch(model=container(image=OTHER_IMAGE)),
        "model.image='999999999999': is another account's, whose repository policy must let this "
        "account pull it",
    ),
}

MORE_REFUSED: More = [
    ("argument-kind", batch(input="s3://files/claims")),
    ("argument-kind", batch(input=given(split_type="Line"))),
    ("argument-kind", batch(output="s3://files/scores")),
    ("argument-kind", batch(output=written(assemble_with="Line"))),
    ("argument-kind", batch(processing={"JoinSource": "Input"})),
    ("argument-kind", batch(batch_strategy="MultiRecord")),
    ("argument-kind", batch(max_payload=6)),
    ("argument-kind", batch(environment=["WORKERS"])),
    ("argument-kind", batch(invocations_timeout=60)),
    ("argument-kind", batch(data_capture=True)),
    ("argument-kind", batch(experiment="fraud")),
    ("argument-kind", batch(at_deployment=True)),
    ("argument-kind", batch(at_deployment=RunAtDeployment(wait_for_completion=ANY))),
    ("argument-kind", batch(schedules=BatchSchedule(name="nightly", schedule=NIGHTLY))),
    ("argument-kind", scheduled(schedule="cron(0 2 * * ? *)")),
    ("argument-kind", batch(schedules=[NIGHTLY])),
    ("argument-kind", batch(on_demand=True)),
    ("argument-kind", on_demand(timeout=60)),
    ("argument-kind", batch(alarms=Alarms())),
    ("model-definition", batch(model=None)),
    # 46 + 17 = 63: a hyphen and the 16 characters of a schedule's execution id.
    ("name-length", batch(naming=Scheme(model="m" * 47))),
    ("transform-model", lent(model=container())),
    ("transform-model", lent(EndpointType.MULTI_MODEL)),
    ("transform-model", lent(EndpointType.COMPONENTS)),
    ("transform-model", lent(variant_name="Other")),
    ("transform-model", batch(variant_name="AllTraffic")),
    ("transform-model", batch(model=MultiContainerModel(containers=TWO))),
    ("transform-model", lent(endpoint_model=MultiContainerModel(containers=TWO))),
    ("transform-network", lent(enable_network_isolation=True)),
    ("transform-network", lent(role=ANY)),
    (
        "transform-uncompressed",
        lent(endpoint_model=container(data=ModelData.from_prefix(BUCKET, "fraud"))),
    ),
    ("transform-instance-type", batch(instance_type="ml.t2.medium")),
    ("transform-instance-type", batch(instance_type="ml.m6g.large")),
    ("transform-instance-type", batch(instance_type="ml.p4d.24xlarge")),
    ("transform-instance-type", batch(instance_type="ml.p5.48xlarge")),
    ("transform-instance-type", batch(instance_type="m5.xlarge")),
    ("transform-instance-type", batch(instance_type="ml.m5.")),
    ("transform-instance-type", batch(instance_type=5)),
    ("transform-instance-count", batch(instance_count=0)),
    ("transform-instance-count", batch(instance_count=1.5)),
    ("transform-instance-count", batch(instance_count=True)),
    ("transform-instance-count", batch(instance_count="2")),
    ("transform-ami-version", batch(ami_version="a" * 64)),
    ("transform-ami-version", batch(ami_version="")),
    ("transform-volume-key", batch(volume_key=ANY, instance_type="ml.g5.xlarge")),
    ("transform-volume-key", batch(volume_key=ANY, instance_type="ml.trn1.2xlarge")),
    ("transform-payload", batch(max_payload=Size.mebibytes(101))),
    ("transform-payload", batch(max_payload=Size.kibibytes(1536))),
    ("transform-payload", batch(max_payload=Size.mebibytes(0), max_concurrent_transforms=-1)),
    ("transform-payload", batch(max_concurrent_transforms=2.5)),
    ("transform-payload", batch(max_concurrent_transforms=True)),
    # SageMaker's default of 6 MiB: 17 * 6 = 102.
    ("transform-payload", batch(max_concurrent_transforms=17)),
    ("transform-payload", batch(max_payload=Size.mebibytes(100), max_concurrent_transforms=2)),
    ("transform-strategy", batch(batch_strategy=BatchStrategy.SINGLE_RECORD)),
    ("transform-input", batch(input=given(""))),
    ("transform-input", batch(input=given("claims/"))),
    ("transform-input", batch(input=given("claims/*"))),
    ("transform-input", batch(input=given("c" * 1000))),
    ("transform-input", batch(input=given(content_type="x" * 257))),
    ("transform-input", batch(input=one(""))),
    ("transform-input", batch(input=one("/claims/1.csv"))),
    ("transform-input", batch(input=one("claims/"))),
    # The role would be let read all of them.
    ("transform-input", batch(input=one("claims/*.csv"))),
    ("transform-input", batch(input=one("claims/?.csv"))),
    ("transform-input", batch(input=manifest("manifests/*"))),
    ("transform-output", batch(output=written(""))),
    ("transform-output", batch(output=written("scores/"))),
    ("transform-output", batch(output=written("claims"))),
    ("transform-output", batch(data_capture=captured("claims/captured"))),
    (
        "transform-output",
        batch(
            input=given("claims", bucket=FakeBucket("imported")),
            output=written("claims/scores", bucket=FakeBucket("imported")),
        ),
    ),
    ("transform-output", batch(data_capture=captured(""))),
    ("transform-output", batch(output=written(accept="x" * 257))),
    ("transform-processing", processed(output_filter="$" + "x" * 63)),
    ("transform-processing", processed(content_type=None)),
    ("transform-processing", processed(content_type="image/jpeg")),
    ("transform-processing", processed(accept=None)),
    ("transform-processing", processed(split_type=SplitType.NONE)),
    ("transform-processing", processed(assemble_with=AssembleWith.NONE)),
    ("transform-environment", batch(environment={"1K": "x"})),
    ("transform-environment", batch(environment={"K" * 1025: "x"})),
    ("transform-environment", batch(environment={"K": "x" * 10241})),
    ("transform-environment", batch(environment={"K": 4})),
    ("transform-environment", batch(environment={5: "x"})),
    ("transform-client", batch(invocations_timeout=Duration.seconds(0))),
    ("transform-client", batch(invocations_timeout=Duration.seconds(3601))),
    ("transform-client", batch(invocations_timeout=Duration.millis(1500))),
    ("transform-client", batch(invocations_max_retries=-1)),
    ("transform-client", batch(invocations_max_retries=True)),
    ("transform-experiment", batch(experiment=Experiment(experiment_name="e" * 121))),
    ("transform-experiment", batch(experiment=Experiment(run_name=""))),
    ("transform-experiment", batch(experiment=Experiment(trial_component_display_name="-a"))),
    ("transform-runs", scheduled("nightly", "nightly")),
    ("transform-runs", scheduled("every_night")),
    ("transform-runs", scheduled("n" * 65)),
    ("transform-runs", scheduled(TOKEN)),
    ("transform-runs", scheduled(retry_attempts=186)),
    ("transform-runs", scheduled(retry_attempts=-1)),
    ("transform-runs", scheduled(retry_attempts=True)),
    ("transform-runs", scheduled(flexible_time_window=Duration.seconds(30))),
    ("transform-runs", scheduled(flexible_time_window=Duration.minutes(1441))),
    ("transform-wait", waiting(270)),
    ("transform-wait", waiting(0)),
    ("transform-wait", waiting(310)),
    (
        "transform-wait",
        batch(at_deployment=RunAtDeployment(wait_for_completion=Duration.seconds(NUMBER_TOKEN))),
    ),
    ("transform-on-demand", on_demand(max_concurrency=0)),
    ("transform-on-demand", on_demand(max_concurrency=True)),
    ("transform-on-demand", on_demand(max_attempts=0)),
    ("transform-on-demand", on_demand(max_attempts=11)),
    ("transform-on-demand", on_demand(timeout=Duration.millis(500))),
    ("transform-on-demand", on_demand(timeout=Duration.seconds(0))),
    (
        "transform-on-demand-capture",
        batch(ami_version="al2-ami-sagemaker-batch-gpu-535", on_demand=RunOnDemand()),
    ),
    ("transform-self-traffic", lent(endpoint_security_groups=[ANY], instance_count=2)),
    # Which of the Marketplace's packages runs only in isolation.
    ("package-marketplace", batch(model=ModelPackage(arn=TOKEN, marketplace=True))),
    ("archives-type", batch(model=container(data=ModelData.from_archives(BUCKET, "models")))),
]

MORE_ACCEPTED: More = [
    ("argument-kind", batch(alarms=BatchAlarms(), schedules=())),
    ("argument-kind", scheduled(schedule=scheduler.ScheduleExpression.rate(Duration.hours(1)))),
    ("model-definition", batch(model=InferencePipeline(containers=TWO))),
    ("name-length", batch(naming=Scheme(name="e" * 64, model="m" * 46))),
    ("transform-model", lent(EndpointType.ASYNC)),
    ("transform-model", batch(model=InferencePipeline(containers=TWO))),
    ("transform-network", batch(vpc=FakeVpc(), subnets=TWO_ZONES, role=ANY)),
    ("transform-uncompressed", lent(endpoint_model=container())),
    ("transform-instance-type", batch(instance_type=TOKEN)),
    ("transform-instance-count", batch(instance_count=NUMBER_TOKEN)),
    ("transform-ami-version", batch(ami_version=TOKEN)),
    ("transform-volume-key", batch(volume_key=ANY, instance_type=TOKEN)),
    ("transform-volume-key", batch(instance_type="ml.g5.xlarge")),
    ("transform-payload", batch(max_payload=Size.mebibytes(100), max_concurrent_transforms=1)),
    ("transform-payload", batch(max_payload=Size.mebibytes(0), max_concurrent_transforms=50)),
    ("transform-payload", batch(max_payload=Size.mebibytes(NUMBER_TOKEN))),
    ("transform-payload", batch(max_concurrent_transforms=NUMBER_TOKEN)),
    ("transform-payload", batch(max_concurrent_transforms=16)),
    ("transform-payload", batch(max_concurrent_transforms=0)),
    ("transform-input", batch(input=one(TOKEN))),
    ("transform-input", batch(input=given(TOKEN, content_type="x" * 256))),
    ("transform-output", batch(output=written("claims", bucket=OTHER_BUCKET))),
    ("transform-output", batch(input=given("claims/new"), output=written("claims"))),
    # What is read is in the manifest and in the key.
    ("transform-output", batch(input=manifest(), output=written("images/scores"))),
    ("transform-output", batch(input=one("claims/1.csv"), output=written("claims"))),
    ("transform-processing", processed("application/jsonlines", "application/jsonlines")),
    ("transform-processing", processed("text/csv; charset=utf-8", TOKEN)),
    (
        "transform-processing",
        processed("application/json", "application/json", SplitType.NONE, AssembleWith.NONE),
    ),
    ("transform-processing", processed(output_filter="$" + "x" * 62)),
    ("transform-processing", processed(input_filter=TOKEN)),
    ("transform-environment", batch(environment={"K": TOKEN * 1000, "K" * 1024: ""})),
    ("transform-client", batch(invocations_timeout=Duration.seconds(1), invocations_max_retries=0)),
    ("transform-client", batch(invocations_timeout=Duration.seconds(NUMBER_TOKEN))),
    ("transform-client", batch(invocations_max_retries=NUMBER_TOKEN)),
    ("transform-experiment", batch(experiment=Experiment(experiment_name=TOKEN))),
    ("transform-runs", batch(at_deployment=None, on_demand=RunOnDemand())),
    ("transform-runs", scheduled("a" * 64, "b", flexible_time_window=Duration.minutes(1))),
    ("transform-runs", scheduled(retry_attempts=NUMBER_TOKEN)),
    ("transform-wait", waiting(300)),
    ("transform-on-demand", on_demand(max_concurrency=NUMBER_TOKEN)),
    ("transform-on-demand", on_demand(timeout=Duration.seconds(1))),
    ("transform-self-traffic", lent(endpoint_security_groups=[ANY])),
    ("transform-self-traffic", lent(instance_count=2)),
    ("transform-image-account", batch(account=Aws.ACCOUNT_ID, model=container(image=OTHER_IMAGE))),
]
