"""Batch transform jobs: the model's role, whoever starts jobs, and who may ask for one."""

from collections.abc import Iterable
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs

from cdk_sagemaker_inference import (
    BatchDataCapture,
    BatchSchedule,
    BatchTransformJob,
    Container,
    ContainerImage,
    ModelData,
    RealtimeEndpoint,
    RunOnDemand,
    S3Prefix,
    TransformInput,
    TransformOutput,
)
from permissions.batch_rows import (
    ALERTS,
    ASKS,
    ASKS_NOTHING_ELSE,
    CAPTURED,
    FILES,
    FOREIGN,
    GIVEN,
    JOB,
    METRICS,
    NOT_OF_THE_FUNCTION,
    NOT_OF_THE_MACHINE,
    NOT_OF_THE_MODEL,
    NOT_OF_THE_SCHEDULER,
    OF_THE_FUNCTION,
    OF_THE_MACHINE,
    OF_THE_MODEL,
    OF_THE_SCHEDULER,
    QUEUE,
    VOLUME,
    WRITTEN,
    start,
)
from permissions.common import JOB_LOGS, NAMESPACE, REPOSITORY, ROLE, SERVES
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, SERVICES, Row, Rows, Table, arn, joined
from support import CONTAINER, NAMING, caller


def key(stack: Stack, name: str, key_arn: str) -> kms.IKey:
    return kms.Key.from_key_arn(stack, name, key_arn)


def started_in_each_way(stack: Stack) -> None:
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Files", bucket_name="files", encryption_key=key(stack, "FilesKey", FILES)
    )
    others = s3.Bucket.from_bucket_name(stack, "Others", "others")
    repository = ecr.Repository.from_repository_name(stack, "Repository", "fraud")
    queue = sqs.Queue.from_queue_attributes(
        stack, "Alerts", queue_arn=ALERTS, key_arn=QUEUE, fifo=False
    )

    def at(name: str, **arguments: Any) -> BatchSchedule:
        every_day = scheduler.ScheduleExpression.rate(Duration.days(1))
        return BatchSchedule(name=name, schedule=every_day, **arguments)

    def below(prefix: str, name: str, key_arn: str, bucket: s3.IBucket = others) -> S3Prefix:
        return S3Prefix(bucket=bucket, prefix=prefix, encryption_key=key(stack, name, key_arn))

    job = BatchTransformJob(
        stack,
        "Job",
        naming=NAMING,
        model=Container(
            image=ContainerImage.from_ecr_repository(repository, tag="1"),
            data=ModelData.from_bucket(others, "models/3/model.tar.gz"),
        ),
        input=TransformInput.from_prefix(below("claims", "In", GIVEN, bucket)),
        output=TransformOutput(location=below("scores", "Out", WRITTEN)),
        data_capture=BatchDataCapture(location=below("captured", "Capture", CAPTURED)),
        encryption_key=key(stack, "Volume", VOLUME),
        schedules=[at("nightly"), at("daily", dead_letter_queue=queue)],
        on_demand=RunOnDemand(),
    )
    person = caller(stack)
    job.grant_start(person)
    job.grant_read_results(person)


def lent(stack: Stack) -> None:
    """One file of one bucket, scored by an endpoint's model."""
    bucket = s3.Bucket.from_bucket_name(stack, "Files", "files")
    endpoint = RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None)
    BatchTransformJob(
        stack,
        "Job",
        naming=NAMING,
        endpoint=endpoint,
        encryption_key=key(stack, "Volume", VOLUME),
        input=TransformInput.from_object(bucket, "claims/1.csv"),
        output=TransformOutput(location=S3Prefix(bucket=bucket, prefix="scores")),
        alarms=None,
    )


def of_a_manifest(stack: Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Files", "files")
    BatchTransformJob(
        stack,
        "Job",
        naming=NAMING,
        model=CONTAINER,
        input=TransformInput.from_manifest(
            bucket, "manifests/1.json", objects=S3Prefix(bucket=bucket, prefix="images")
        ),
        output=TransformOutput(location=S3Prefix(bucket=bucket, prefix="scores")),
        at_deployment=None,
        on_demand=RunOnDemand(),
    )


ROLES = {
    "function at deployment": "JobAtDeploymentRole",
    "schedules": "JobSchedulesRole",
    "state machine": "JobOnDemandRole",
    "execution role": "JobRole",
}
TAKEN_BY = {
    "JobSchedulesRole": "Scheduler",
    "JobOnDemandRole": "Step Functions",
    "JobRole": "SageMaker",
}


def take(roles: Iterable[str], service: str, note: str, **context: str) -> Rows:
    given = {f"aws:{key}": value for key, value in context.items()}
    return {service: [Row("sts:AssumeRole", f"{ROLE}{role}", note, given) for role in roles]}


TAKEN = joined(
    *(
        take([role], service, "", SourceAccount=ACCOUNT, SourceArn=JOB)
        for role, service in TAKEN_BY.items()
    ),
    # Lambda sends no context.
    take(["JobAtDeploymentRole"], "Lambda", ""),
)
NOT_TAKEN = joined(
    *(
        part
        for role, service in TAKEN_BY.items()
        for part in (
            take([role], service, "another", SourceAccount=OTHER_ACCOUNT, SourceArn=JOB),
            take([role], service, "no account", SourceArn=JOB),
            take([role], service, "nobody"),
        )
    ),
    *(
        take([role], other, "another service", SourceAccount=ACCOUNT, SourceArn=JOB)
        for role, service in {**TAKEN_BY, "JobAtDeploymentRole": "Lambda"}.items()
        for other in SERVICES
        if other != service
    ),
)


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="batch", capability=capability, **arguments)


TABLES = [
    table(
        "started in each way, with keys and capture",
        build=started_in_each_way,
        roles=ROLES,
        allowed=joined(
            {
                "function at deployment": OF_THE_FUNCTION,
                "schedules": OF_THE_SCHEDULER,
                "state machine": OF_THE_MACHINE,
                "execution role": OF_THE_MODEL,
            },
            ASKS,
            TAKEN,
        ),
        refused=joined(
            {
                "function at deployment": NOT_OF_THE_FUNCTION,
                "schedules": NOT_OF_THE_SCHEDULER,
                "state machine": NOT_OF_THE_MACHINE,
                "execution role": NOT_OF_THE_MODEL,
            },
            ASKS_NOTHING_ELSE,
            NOT_TAKEN,
        ),
    ),
    table(
        "with an endpoint's model",
        build=lent,
        roles={**ROLES, "execution role": "FraudRole"},
        allowed=joined(
            SERVES,
            {
                "execution role": [
                    Row("s3:GetObject", "arn:aws:s3:::files/claims/1.csv"),
                    Row("s3:ListBucket", "arn:aws:s3:::files", "", {"s3:prefix": "claims/1.csv"}),
                    Row("s3:PutObject", "arn:aws:s3:::files/scores/1.csv.out"),
                    Row("logs:PutLogEvents", f"{JOB_LOGS}:log-stream:1"),
                    Row("cloudwatch:PutMetricData", "*", "", METRICS),
                    Row("kms:CreateGrant", VOLUME),
                ],
                "function at deployment": [start(arn("sagemaker", "model/<FraudModel>"))],
            },
        ),
        refused={
            "execution role": [
                Row("s3:GetObject", "arn:aws:s3:::files/claims/2.csv", "another file"),
                Row("s3:ListBucket", "arn:aws:s3:::files", "", {"s3:prefix": "claims/"}),
                Row("s3:PutObject", "arn:aws:s3:::files/claims/1.csv"),
                Row("cloudwatch:PutMetricData", "*", "", {NAMESPACE: "/aws/sagemaker/Any"}),
                Row("kms:CreateGrant", FOREIGN),
                start(arn("sagemaker", "model/<FraudModel>"), "the model starts no job"),
                Row("logs:PutLogEvents", f"{JOB_LOGS}-2:log-stream:1"),
            ],
            "function at deployment": [
                start(arn("sagemaker", "model/<FraudModel>-2"), "another model"),
                Row("sagemaker:UpdateEndpoint", arn("sagemaker", "endpoint/rc-project-a-fraud-ep")),
            ],
        },
    ),
    table(
        "of a manifest",
        build=of_a_manifest,
        roles=ROLES,
        allowed={
            "execution role": [
                Row("s3:GetObject", "arn:aws:s3:::files/manifests/1.json"),
                Row("s3:GetObject", "arn:aws:s3:::files/images/a/1.jpeg"),
                Row("s3:PutObject", "arn:aws:s3:::files/scores/a/1.jpeg.out"),
                Row("ecr:BatchGetImage", REPOSITORY),
            ],
            "state machine": [start()],
        },
        refused={
            "execution role": [
                Row("s3:GetObject", "arn:aws:s3:::files/manifests/2.json", "another manifest"),
                Row("s3:GetObject", "arn:aws:s3:::files/images-2/1.jpeg", "a sibling prefix"),
                Row("s3:ListBucket", "arn:aws:s3:::files", "", {"s3:prefix": "images/"}),
                Row("s3:ListBucket", "arn:aws:s3:::files", "", {"s3:prefix": "manifests/"}),
            ],
            "state machine": [
                start(arn("sagemaker", "model/any"), "another model"),
                Row("s3:GetObject", "arn:aws:s3:::files/manifests/1.json"),
            ],
        },
    ),
]
