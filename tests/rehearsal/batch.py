"""Changes of a batch transform job that runs on schedules and on demand."""

from typing import Any

from aws_cdk import Size, TimeZone
from aws_cdk import aws_scheduler as scheduler

from cdk_sagemaker_inference import (
    AssembleWith,
    BatchAlarms,
    BatchSchedule,
    DataProcessing,
    RunOnDemand,
    SplitType,
    TransformInput,
    TransformOutput,
)
from rehearsal.artifacts import artifact_changes, data_changes
from rehearsal.changes import Asked, Change, Partly
from rehearsal.fleets import network_changes
from rehearsal.realtime import REALTIME
from rehearsal.seen import ADDED, CHANGED, REMOVED
from rehearsal.vocabulary import (
    BIGGER,
    CONTAINER,
    NEXT_VERSION,
    OTHER_TEAM,
    Kind,
    Made,
    below,
    container,
    key,
)

CSV = "text/csv"


def reading(prefix: str) -> Made:
    return lambda stack, neighbours: TransformInput.from_prefix(
        below(prefix)(stack, neighbours), content_type=CSV, split_type=SplitType.LINE
    )


def writing(prefix: str) -> Made:
    return lambda stack, neighbours: TransformOutput(
        location=below(prefix)(stack, neighbours), accept=CSV, assemble_with=AssembleWith.LINE
    )


def at(hour: str, name: str = "nightly", **more: Any) -> BatchSchedule:
    schedule = scheduler.ScheduleExpression.cron(
        hour=hour, minute="0", time_zone=TimeZone.EUROPE_BERLIN
    )
    return BatchSchedule(name=name, schedule=schedule, **more)


BATCH = Kind(
    base={
        "type": "batch",
        "model": CONTAINER,
        "input": reading("claims"),
        "output": writing("scores"),
        "at_deployment": None,
        "schedules": [at("2")],
        "alarms": None,
    },
    asks=REALTIME.asks,
    path="idle model.rc-project-a-fraud-v3.PrimaryContainer",
)
JOB = "job.nightly.job"
ON_DEMAND: Asked = {"on_demand": RunOnDemand()}

OWN = [
    Change(
        "instance type up",
        {"instance_type": BIGGER},
        {f"{JOB}.TransformResources.InstanceType": BIGGER},
    ),
    Change(
        "instance count up", {"instance_count": 2}, {f"{JOB}.TransformResources.InstanceCount": 2}
    ),
    Change(
        "key on",
        {"encryption_key": key},
        {
            f"{JOB}.TransformResources.VolumeKmsKeyId": "<key>",
            f"{BATCH.role}.UseVolumeKey": ADDED,
        },
        back="key off",
    ),
    Change(
        "input prefix",
        {"input": reading("more-claims")},
        {
            f"{JOB}.TransformInput.DataSource.S3DataSource.S3Uri": "s3://files/more-claims/",
            f"{BATCH.role}.ListRequests.Condition.StringLike.s3:prefix": ["more-claims/*"],
            f"{BATCH.role}.ReadRequests.Resource": "arn:aws:s3:::files/more-claims/*",
        },
    ),
    Change(
        "output prefix",
        {"output": writing("more-scores")},
        {
            f"{JOB}.TransformOutput.S3OutputPath": "s3://files/more-scores",
            f"{BATCH.role}.WriteResults.Resource": "arn:aws:s3:::files/more-scores/*",
        },
    ),
    Change(
        "environment of the job", {"environment": {"A": "1"}}, {f"{JOB}.Environment": {"A": "1"}}
    ),
    Change("payload", {"max_payload": Size.mebibytes(10)}, {f"{JOB}.MaxPayloadInMB": 10}),
    Change(
        "retries",
        {"invocations_max_retries": 1},
        {f"{JOB}.ModelClientConfig": {"InvocationsMaxRetries": 1}},
    ),
    Change(
        "filter",
        {"processing": DataProcessing(input_filter="$[1:]")},
        {f"{JOB}.DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "None"}},
    ),
    Change("schedule", {"schedules": [at("3")]}, {"job.nightly.when": "cron(0 3 * * ? *)"}),
    Change(
        "schedule added",
        {"schedules": [at("2"), at("14", "noon")]},
        {"job.noon": ADDED},
        back="schedule removed",
    ),
    Change(
        "schedule paused",
        {"schedules": [at("2", enabled=False)]},
        {"job.nightly.state": "DISABLED"},
        back="schedule taken up",
    ),
    Change(
        "on demand",
        ON_DEMAND,
        Partly({"machine.OneOrMany": ADDED, f"{BATCH.role}.FollowJob": ADDED}),
        back="no longer on demand",
    ),
    Change(
        "jobs at the same time",
        {"on_demand": RunOnDemand(max_concurrency=4)},
        {"machine.OneOrMany.States.Many.MaxConcurrency": 4},
        before=ON_DEMAND,
    ),
    Change(
        "environment variable on demand",
        {"model": container(environment={"A": "1"})},
        {f"{BATCH.path}.Environment": {"A": "1"}},
        before=ON_DEMAND,
    ),
    Change(
        "alarms on",
        {"alarms": BatchAlarms()},
        {
            f"alarm.rc-project-a-fraud-transform-{name}": ADDED
            for name in ("FailedJobs", "FailedStarts")
        },
        back="alarms off",
    ),
    Change(
        "version",
        {"naming": NEXT_VERSION},
        {
            "idle model.rc-project-a-fraud-v3": REMOVED,
            "idle model.rc-project-a-fraud-v4": ADDED,
            f"{JOB}.ModelName": "<rc-project-a-fraud-v4>",
            f"{JOB}.Tags": CHANGED,
            f"{BATCH.role}.StartJob.Condition.ArnEquals.sagemaker:ModelArn": (
                "arn:aws:sagemaker:us-east-1:123456789012:model/<rc-project-a-fraud-v4>"
            ),
        },
    ),
    Change(
        "team",
        {"naming": OTHER_TEAM},
        {
            "idle model.rc-project-a-fraud-v3": REMOVED,
            "idle model.other-project-a-fraud-v3": ADDED,
            f"{JOB}.ModelName": "<other-project-a-fraud-v3>",
            f"{JOB}.Tags": CHANGED,
            f"{JOB}.TransformJobName": (
                "other-project-a-fraud-transform-<aws.scheduler.execution-id>"
            ),
            f"{BATCH.role}.StartJob.Condition.ArnEquals.sagemaker:ModelArn": (
                "arn:aws:sagemaker:us-east-1:123456789012:model/<other-project-a-fraud-v3>"
            ),
            **{
                f"{BATCH.role}.{statement}.Resource": (
                    "arn:aws:sagemaker:us-east-1:123456789012:transform-job/"
                    "other-project-a-fraud-transform-*"
                )
                for statement in ("StartJob", "TagJob")
            },
        },
    ),
]

CHANGES = [
    *artifact_changes(BATCH),
    *data_changes(BATCH),
    *network_changes("idle model.rc-project-a-fraud-v3"),
    *OWN,
]
