"""A batch transform job deployed again and again, deployed to the embedded AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Stack, TimeZone
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler

from cdk_sagemaker_inference import (
    BatchSchedule,
    BatchTransformJob,
    Naming,
    RunAtDeployment,
    RunOnDemand,
    S3Prefix,
    TransformInput,
    TransformOutput,
)
from deploying import Deployment, left
from local.embedded import EmbeddedAws
from support import CONTAINER

PREFIX = "rc-project-a-fraud-transform"
WAITING = RunAtDeployment(wait_for_completion=Duration.minutes(10))
NIGHTLY = BatchSchedule(
    name="nightly",
    schedule=scheduler.ScheduleExpression.cron(
        hour="2", minute="0", time_zone=TimeZone.EUROPE_BERLIN
    ),
    flexible_time_window=Duration.minutes(15),
)


@pytest.fixture(scope="module")
def aws(aws: EmbeddedAws) -> EmbeddedAws:
    storage = aws.client("s3")
    storage.create_bucket(Bucket="files")
    for key in ("claims/1.csv", "more-claims/1.csv"):
        storage.put_object(Bucket="files", Key=key, Body=b"1,2\n")
    return aws


def batch(
    *,
    prefix: str = "claims",
    environment: str = "test",
    run: RunAtDeployment = WAITING,
) -> Callable[[Stack], BatchTransformJob]:
    """A job that each deployment, each night and anybody runs."""

    def build(stack: Stack) -> BatchTransformJob:
        files = s3.Bucket.from_bucket_name(stack, "Files", "files")
        return BatchTransformJob(
            stack,
            "Claims",
            naming=Naming(team="rc", project="project-a", model="fraud", environment=environment),
            model=CONTAINER,
            input=TransformInput.from_prefix(S3Prefix(bucket=files, prefix=prefix)),
            output=TransformOutput(location=S3Prefix(bucket=files, prefix="scores")),
            at_deployment=run,
            schedules=[NIGHTLY],
            on_demand=RunOnDemand(),
        )

    return build


def jobs(aws: EmbeddedAws) -> dict[str, str]:
    """Names and statuses, in the order of their creation."""
    listed = aws.client("sagemaker").list_transform_jobs(SortOrder="Ascending")
    return {
        job["TransformJobName"]: job["TransformJobStatus"]
        for job in listed["TransformJobSummaries"]
    }


def runners(aws: EmbeddedAws) -> dict[str, set[str]]:
    """What there is to run jobs, by kind."""
    functions = aws.client("lambda").list_functions()["Functions"]
    schedules = aws.client("scheduler").list_schedules()["Schedules"]
    machines = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    return {
        "functions": {function["FunctionName"] for function in functions},
        "schedules": {schedule["Name"] for schedule in schedules},
        "machines": {machine["name"] for machine in machines},
        "queues": set(aws.client("sqs").list_queues().get("QueueUrls", [])),
        "rules": {rule["Name"] for rule in aws.client("events").list_rules()["Rules"]},
        "log groups": {group["logGroupName"] for group in groups},
    }


def scheduled(aws: EmbeddedAws) -> dict[str, Any]:
    client = aws.client("scheduler")
    (schedule,) = client.list_schedules()["Schedules"]
    found: dict[str, Any] = client.get_schedule(Name=schedule["Name"])
    return found


def defined(aws: EmbeddedAws) -> dict[str, Any]:
    """The states of the machine on demand."""
    client = aws.client("stepfunctions")
    definitions = [
        json.loads(
            client.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
        )
        for machine in client.list_state_machines()["stateMachines"]
    ]
    (found,) = (item["States"] for item in definitions if item["StartAt"] == "OneOrMany")
    states: dict[str, Any] = found
    return states


def test_jobs_run_when_their_definition_changes_and_end_with_the_stack(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws) | runners(aws)
    deployment = Deployment(aws, tmp_path)
    sagemaker = aws.client("sagemaker")

    deployment.deploy(batch())
    ((first, status),) = jobs(aws).items()
    assert first.startswith(f"{PREFIX}-")
    assert status == "Completed"
    job = sagemaker.describe_transform_job(TransformJobName=first)
    (model,) = sagemaker.list_models()["Models"]
    assert job["ModelName"] == model["ModelName"]
    assert job["TransformOutput"]["S3OutputPath"] == "s3://files/scores"

    schedule = scheduled(aws)
    assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["FlexibleTimeWindow"]["MaximumWindowInMinutes"] == 15
    request = json.loads(schedule["Target"]["Input"])
    assert request["TransformJobName"] == f"{PREFIX}-<aws.scheduler.execution-id>"
    assert request["ModelName"] == model["ModelName"]
    assert request["TransformInput"] == job["TransformInput"]
    on_demand = defined(aws)["One"]["Parameters"]
    assert on_demand["ModelName"] == model["ModelName"]
    assert on_demand["TransformInput"] == job["TransformInput"]

    # Tags are no part of what is computed.
    deployment.deploy(batch(environment="prod"))
    assert jobs(aws) == {first: "Completed"}
    assert {"Key": "Environment", "Value": "prod"} in json.loads(scheduled(aws)["Target"]["Input"])[
        "Tags"
    ]

    # Another input is another job. It fails, and nothing is run on the way back.
    aws.let_transform_jobs_end("Failed", reason="ClientError: no such column")
    ended = deployment.try_deploy(batch(prefix="more-claims"))
    assert ended.returncode != 0
    assert "ClientError: no such column" in ended.stdout
    assert list(jobs(aws).values()) == ["Completed", "Failed"]
    failed = sagemaker.describe_transform_job(TransformJobName=list(jobs(aws))[1])
    source = failed["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3Uri"] == "s3://files/more-claims/"

    # The same job again, which never ends: it does not hold up the deployment.
    aws.let_transform_jobs_end(None)
    deployment.deploy(batch(run=RunAtDeployment(run_id="2")))
    assert list(jobs(aws).values()) == ["Completed", "Failed", "InProgress"]
    deployment.destroy()
    assert list(jobs(aws).values()) == ["Completed", "Failed", "Stopped"]
    assert left(aws) | runners(aws) == before
