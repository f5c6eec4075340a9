from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Size, Stack, TimeZone
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from botocore.exceptions import ClientError

from cdk_sagemaker_inference.batch_transform_job import BatchTransformJob
from cdk_sagemaker_inference.storage import S3Prefix
from cdk_sagemaker_inference.transform import (
    AssembleWith,
    BatchStrategy,
    SplitType,
    TransformInput,
    TransformOutput,
)
from cdk_sagemaker_inference.transform_runs import BatchSchedule, RunAtDeployment, RunOnDemand
from local import report
from local.embedded import ACCOUNT, EmbeddedAws
from local.models import UNKNOWN
from local.services.sagemaker import hosting as hosting_of
from local.services.sagemaker_transform import Course
from support import CONTAINER, NAMING, ROOT, synthesize

Change = Callable[[dict[str, Any]], None]


def transform_request(name: str = "job") -> dict[str, Any]:
    return {
        "TransformJobName": name,
        "ModelName": "model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://data/out"},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
    }


def code_of(error: ClientError) -> str | None:
    return error.response.get("Error", {}).get("Code")


def let_jobs(**course: Any) -> None:
    hosting_of(ACCOUNT, "us-east-1").transform_jobs.course = Course(**course)


@pytest.fixture
def jobs(hosting: Any) -> Any:
    hosting.model()
    return hosting.api


def statuses(api: Any, name: str, times: int) -> list[str]:
    described = [api.describe_transform_job(TransformJobName=name) for _ in range(times)]
    return [job["TransformJobStatus"] for job in described]


def test_a_job_is_described_as_it_was_asked_for_and_completes(jobs: Any) -> None:
    wanted = transform_request("Job-1") | {
        "MaxConcurrentTransforms": 4,
        "BatchStrategy": "SingleRecord",
        "Environment": {"A": "b"},
    }
    arn = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:transform-job/job-1"
    tags = [{"Key": "Team", "Value": "rc"}]
    assert jobs.create_transform_job(**wanted, Tags=tags)["TransformJobArn"] == arn
    assert jobs.list_tags(ResourceArn=arn)["Tags"] == tags
    jobs.add_tags(ResourceArn=arn, Tags=[{"Key": "More", "Value": "x"}])
    assert len(jobs.list_tags(ResourceArn=arn)["Tags"]) == 2
    assert statuses(jobs, "Job-1", 3) == ["InProgress", "InProgress", "Completed"]
    shown = jobs.describe_transform_job(TransformJobName="Job-1")
    assert {name: shown[name] for name in wanted} == wanted
    assert shown["TransformJobArn"] == arn
    assert shown["CreationTime"] <= shown["TransformStartTime"] <= shown["TransformEndTime"]
    assert "FailureReason" not in shown
    assert "Tags" not in shown


def test_a_job_can_be_made_to_fail_to_be_stopped_or_to_run_for_ever(jobs: Any) -> None:
    let_jobs(ends="Failed", reason="AlgorithmError: see the logs", looks=0)
    jobs.create_transform_job(**transform_request("fails"))
    let_jobs(ends="Stopped", looks=1)
    jobs.create_transform_job(**transform_request("stops"))
    let_jobs(ends=None)
    jobs.create_transform_job(**transform_request("runs"))
    failed = jobs.describe_transform_job(TransformJobName="fails")
    assert failed["TransformJobStatus"] == "Failed"
    assert failed["FailureReason"] == "AlgorithmError: see the logs"
    assert statuses(jobs, "stops", 2) == ["InProgress", "Stopped"]
    assert statuses(jobs, "runs", 20) == ["InProgress"] * 20


def test_stopping_takes_a_while_and_is_for_running_jobs(jobs: Any, hosting: Any) -> None:
    let_jobs(ends=None)
    jobs.create_transform_job(**transform_request())
    jobs.stop_transform_job(TransformJobName="job")
    with hosting.refused("because the transform job is in status Stopping."):
        jobs.stop_transform_job(TransformJobName="job")
    assert statuses(jobs, "job", 2) == ["Stopping", "Stopped"]
    with pytest.raises(ClientError, match="is in status Stopped") as caught:
        jobs.stop_transform_job(TransformJobName="job")
    assert code_of(caught.value) == "ValidationException"
    with pytest.raises(ClientError, match="Could not find requested job with name: other"):
        jobs.stop_transform_job(TransformJobName="other")


def test_a_name_is_taken_for_ever_in_any_case(jobs: Any) -> None:
    jobs.create_transform_job(**transform_request())
    jobs.stop_transform_job(TransformJobName="job")
    statuses(jobs, "job", 2)
    with pytest.raises(ClientError, match="must be unique") as caught:
        jobs.create_transform_job(**transform_request("JOB"))
    assert code_of(caught.value) == "ResourceInUse"


def test_jobs_are_listed_by_name_status_and_time(jobs: Any) -> None:
    for name in ("b", "a", "other"):
        jobs.create_transform_job(**transform_request(name))
    statuses(jobs, "a", 3)

    def listed(**request: Any) -> list[str]:
        answer = jobs.list_transform_jobs(SortBy="Name", SortOrder="Ascending", **request)
        return [job["TransformJobName"] for job in answer["TransformJobSummaries"]]

    assert listed() == ["a", "b", "other"]
    assert listed(StatusEquals="Completed") == ["a"]
    assert listed(NameContains="the") == ["other"]
    created = jobs.describe_transform_job(TransformJobName="b")["CreationTime"]
    assert listed(CreationTimeAfter=created.timestamp() + 60) == []
    assert listed(CreationTimeBefore=created.timestamp() + 60) == ["a", "b", "other"]


def _set(path: str, value: Any) -> Change:
    def change(request: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for name in parents:
            request = request.setdefault(name, {})
        request[last] = value

    return change


SOURCE = "TransformInput.DataSource.S3DataSource"


def _csv(request: dict[str, Any]) -> None:
    request["TransformInput"] |= {"ContentType": "text/csv", "SplitType": "Line"}
    request["TransformOutput"] |= {"Accept": "text/csv", "AssembleWith": "Line"}
    request["DataProcessing"] = {"JoinSource": "Input", "InputFilter": "$[1:]"}


ACCEPTED: dict[str, list[Change]] = {
    "payload and concurrency of exactly 100": [
        _set("MaxPayloadInMB", 50),
        _set("MaxConcurrentTransforms", 2),
    ],
    "objects in parts": [_set("MaxPayloadInMB", 0), _set("MaxConcurrentTransforms", 100)],
    "single records without a split": [_set("BatchStrategy", "SingleRecord")],
    "several records of lines": [
        _set("BatchStrategy", "MultiRecord"),
        _set("TransformInput.SplitType", "Line"),
    ],
    "a manifest": [_set(f"{SOURCE}.S3DataType", "ManifestFile")],
    "a volume key": [_set("TransformResources.VolumeKmsKeyId", "alias/key")],
    "joined lines of csv": [_csv],
}

REFUSED: dict[str, tuple[list[Change], str]] = {
    "payload times concurrency": (
        [_set("MaxPayloadInMB", 50), _set("MaxConcurrentTransforms", 3)],
        "cannot exceed 100 MB",
    ),
    "the default payload times concurrency": (
        [_set("MaxConcurrentTransforms", 17)],
        "MaxConcurrentTransforms (17) * MaxPayloadInMB (6) cannot exceed 100 MB",
    ),
    "payload": ([_set("MaxPayloadInMB", 101)], "MaxPayloadInMB (101) cannot be greater than 100"),
    "several records without a split": (
        [_set("BatchStrategy", "MultiRecord")],
        "requires SplitType",
    ),
    "an augmented manifest": (
        [_set(f"{SOURCE}.S3DataType", "AugmentedManifestFile")],
        "AugmentedManifestFile is not supported for batch transform",
    ),
    "instance type": (
        [_set("TransformResources.InstanceType", "ml.t2.medium")],
        "Member must satisfy enum value set",
    ),
    "instance count": (
        [_set("TransformResources.InstanceCount", 101)],
        "InstanceCount (101) cannot be greater than 100",
    ),
    "local storage with a key": (
        [
            _set("TransformResources.InstanceType", "ml.g5.xlarge"),
            _set("TransformResources.VolumeKmsKeyId", "alias/key"),
        ],
        "VolumeKmsKeyId is not supported for instance type ml.g5.xlarge",
    ),
    "tags": (
        [_set("Tags", [{"Key": str(number), "Value": "x"} for number in range(51)])],
        "length less than or equal to 50",
    ),
    "environment": (
        [_set("Environment", {f"A{number}": "x" for number in range(17)})],
        "length less than or equal to 16",
    ),
    "no model": ([_set("ModelName", "none")], 'Could not find model "arn:aws:sagemaker:'),
    "a filter that is no path": (
        [_csv, _set("DataProcessing.InputFilter", "[1:]")],
        "InputFilter must be a JSONPath expression",
    ),
    "a filter of another content": (
        [_csv, _set("TransformInput.ContentType", "text/plain")],
        "DataProcessing requires ContentType to be one of",
    ),
    "a join of an unknown answer": (
        [_csv, lambda request: request["TransformOutput"].pop("Accept")],
        "DataProcessing requires Accept to be one of",
    ),
    "csv that is not assembled by line": (
        [_csv, _set("TransformOutput.AssembleWith", "None")],
        "DataProcessing of text/csv requires AssembleWith Line",
    ),
    "csv that is not split": (
        [_csv, _set("TransformInput.SplitType", "None")],
        "DataProcessing of text/csv requires SplitType Line",
    ),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_job_is_accepted(jobs: Any, case: str) -> None:
    request = transform_request()
    for change in ACCEPTED[case]:
        change(request)
    assert jobs.create_transform_job(**request)["TransformJobArn"].endswith("/job")


@pytest.mark.parametrize("case", REFUSED)
def test_a_job_is_refused(jobs: Any, case: str) -> None:
    changes, text = REFUSED[case]
    request = transform_request()
    for change in changes:
        change(request)
    with pytest.raises(ClientError, match=re.escape(text)) as caught:
        jobs.create_transform_job(**request)
    assert code_of(caught.value) == "ValidationException"
    assert jobs.list_transform_jobs()["TransformJobSummaries"] == []


def test_a_job_needs_something_to_read_in_a_bucket_of_the_account(jobs: Any, cloud: Any) -> None:
    storage = cloud.client("s3")
    storage.create_bucket(Bucket="data")
    with pytest.raises(ClientError, match='No S3 objects found under S3 URL "s3://data/in/" given'):
        jobs.create_transform_job(**transform_request())
    storage.put_object(Bucket="data", Key="in/1.csv", Body=b"1,2")
    jobs.create_transform_job(**transform_request())


@pytest.mark.parametrize(
    ("container", "text"),
    [
        pytest.param(
            {"Mode": "MultiModel", "ModelDataUrl": "s3://models/"},
            "is in MultiModel mode, which batch transform excludes",
            id="many models",
        ),
        pytest.param(
            {
                "ModelDataSource": {
                    "S3DataSource": {
                        "S3Uri": "s3://models/a/",
                        "S3DataType": "S3Prefix",
                        "CompressionType": "None",
                    }
                }
            },
            "ModelDataSource is not supported for batch transform",
            id="uncompressed data",
        ),
    ],
)
def test_some_models_are_not_for_jobs(
    jobs: Any, hosting: Any, container: dict[str, Any], text: str
) -> None:
    hosting.model("special", PrimaryContainer={"Image": "image:1", **container})
    with hosting.refused(text):
        jobs.create_transform_job(**transform_request() | {"ModelName": "special"})


def test_the_server_is_told_how_jobs_go() -> None:
    with EmbeddedAws() as aws:
        sagemaker, iam = aws.client("sagemaker"), aws.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        document = json.dumps({"Statement": [trust | {"Action": "sts:AssumeRole"}]})
        role = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=document)["Role"]
        sagemaker.create_model(
            ModelName="model",
            ExecutionRoleArn=role["Arn"],
            PrimaryContainer={"Image": "image:1"},
        )
        aws.let_transform_jobs_end("Failed", reason="no memory", looks=0)
        sagemaker.create_transform_job(**transform_request())
        shown = sagemaker.describe_transform_job(TransformJobName="job")
        assert (shown["TransformJobStatus"], shown["FailureReason"]) == ("Failed", "no memory")


def _found(status: str) -> report.Findings:
    job = transform_request() | {"TransformJobStatus": status}
    return report.Findings(endpoints=[], targets=[], alarms=[], jobs=[job])


def test_a_job_has_a_line_in_the_table() -> None:
    rows = report.job_rows(_found("InProgress"))
    assert rows == [
        ("job", "InProgress", "model", "2 x ml.m5.xlarge", "s3://data/in/ -> s3://data/out")
    ]
    assert report.table(rows, report.JOB_HEADINGS).splitlines()[0].split() == [
        *("transform", "job", "status", "model", "instances", "input", "->", "output")
    ]


@pytest.mark.parametrize(
    ("resources", "status", "complaints"),
    [
        ([("Run", "job")], "Completed", []),
        ([("Run", "job")], "InProgress", []),
        ([("Run", "job")], "Failed", [f"batch: {report.TRANSFORM_JOB} Run is Failed"]),
        ([("Run", "other")], "Completed", [f"batch: {report.TRANSFORM_JOB} Run is not there"]),
        ([], "Completed", [f"batch: {report.TRANSFORM_JOB} Run was not deployed"]),
    ],
)
def test_a_job_that_a_template_asks_for_has_to_be_there_and_well(
    resources: list[tuple[str, str]], status: str, complaints: list[str]
) -> None:
    template = {"Resources": {"Run": {"Type": "Custom::SageMakerTransformJob"}}}
    listed = [{"LogicalResourceId": a, "PhysicalResourceId": b} for a, b in resources]
    assert report.missing("batch", template, listed, _found(status)) == complaints


# A whole BatchTransformJob, with the library's own handler.

CODE = ROOT / "lambda" / "transform_job"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-us-east-1"
WAITING = RunAtDeployment(wait_for_completion=Duration.minutes(30))
NIGHTLY = BatchSchedule(
    name="nightly",
    schedule=scheduler.ScheduleExpression.cron(
        hour="2", minute="0", time_zone=TimeZone.EUROPE_BERLIN
    ),
)


@cache
def batch(
    *, payload: int = 6, waits: bool = True, broken: bool = False, all_ways: bool = False
) -> dict[str, Any]:
    """The resources of a stack with one job."""

    def build(stack: Stack) -> None:
        bucket = s3.Bucket.from_bucket_name(stack, "Data", "data")
        job = BatchTransformJob(
            stack,
            "Claims",
            naming=NAMING,
            model=CONTAINER,
            input=TransformInput.from_prefix(
                S3Prefix(bucket=bucket, prefix="in"),
                content_type="text/csv",
                split_type=SplitType.LINE,
            ),
            output=TransformOutput(
                location=S3Prefix(bucket=bucket, prefix="out"),
                accept="text/csv",
                assemble_with=AssembleWith.LINE,
            ),
            batch_strategy=BatchStrategy.MULTI_RECORD,
            max_payload=Size.mebibytes(payload),
            at_deployment=WAITING if waits else RunAtDeployment(),
            schedules=[NIGHTLY] if all_ways else [],
            on_demand=RunOnDemand() if all_ways else None,
        )
        if broken:
            topic = sns.CfnTopic(stack, "Broken", topic_name="not a name")
            topic.node.add_dependency(job)

    resources: dict[str, Any] = synthesize(build).template["Resources"]
    return resources


def _archive(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for path in sorted(folder.glob("*.py")):
            opened.writestr(path.name, path.read_text())
    return packed.getvalue()


class Batch:
    """Deploys it and reads what jobs there are."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.api = cloud.client("sagemaker")
        storage = cloud.client("s3")
        storage.create_bucket(Bucket=ASSETS)
        storage.create_bucket(Bucket="data")
        storage.put_object(Bucket="data", Key="in/1.csv", Body=b"1,2")

    def deploy(self, resources: dict[str, Any]) -> str:
        """Publishes the functions' code, as the CDK CLI does, and deploys."""
        code = _archive(CODE)
        storage = self.cloud.client("s3")
        for entry in resources.values():
            if entry["Type"] == "AWS::Lambda::Function":
                key = entry["Properties"]["Code"]["S3Key"]
                storage.put_object(Bucket=ASSETS, Key=key, Body=code)
        return str(self.cloud.deploy(resources))

    def jobs(self) -> dict[str, str]:
        """The jobs' payloads and statuses, in the order of their creation."""
        listed = self.api.list_transform_jobs(SortOrder="Ascending")["TransformJobSummaries"]
        return {job["TransformJobName"]: job["TransformJobStatus"] for job in listed}

    def of_stack(self) -> str:
        """The job that the stack's resource stands for."""
        answer = self.cloud.client("cloudformation").describe_stack_resources(StackName="stack")
        (name,) = (
            resource["PhysicalResourceId"]
            for resource in answer["StackResources"]
            if resource["ResourceType"] == "Custom::SageMakerTransformJob"
        )
        return str(name)

    def reason(self) -> str:
        reasons = self.cloud.reasons()
        (found,) = (text for name, text in reasons.items() if name.startswith("ClaimsAtDeployment"))
        return str(found)


@pytest.fixture
def stack(cloud: Any) -> Iterator[Batch]:
    yield Batch(cloud)
    assert UNKNOWN.rows() == []


def test_a_deployment_waits_for_the_job(stack: Batch) -> None:
    assert stack.deploy(batch()) == "CREATE_COMPLETE"
    name = stack.of_stack()
    assert re.fullmatch(r"rc-project-a-fraud-transform-[0-9a-f]{10}", name)
    assert stack.jobs() == {name: "Completed"}
    job = stack.api.describe_transform_job(TransformJobName=name)
    assert job["MaxPayloadInMB"] == 6
    assert job["TransformResources"] == {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}
    source = job["TransformInput"]["DataSource"]["S3DataSource"]
    assert source == {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}
    (model,) = stack.api.list_models()["Models"]
    assert job["ModelName"] == model["ModelName"]
    tags = stack.api.list_tags(ResourceArn=job["TransformJobArn"])["Tags"]
    assert {"Key": "Team", "Value": "rc"} in tags


def test_a_failed_job_fails_the_stack_with_the_reason(stack: Batch) -> None:
    let_jobs(ends="Failed", reason="ClientError: no such column")
    assert stack.deploy(batch()) == "ROLLBACK_COMPLETE"
    assert "ClientError: no such column" in stack.reason()
    assert list(stack.jobs().values()) == ["Failed"]
    assert stack.api.list_models()["Models"] == []


def test_a_job_that_is_stopped_by_hand_fails_the_stack(stack: Batch) -> None:
    let_jobs(ends="Stopped")
    assert stack.deploy(batch()) == "ROLLBACK_COMPLETE"
    assert "is Stopped" in stack.reason()


def test_a_job_that_takes_too_long_is_stopped_and_fails_the_stack(stack: Batch) -> None:
    let_jobs(ends=None)
    assert stack.deploy(batch()) == "ROLLBACK_COMPLETE"
    assert "has not finished in" in stack.reason()
    assert list(stack.jobs().values()) == ["Stopped"]


def test_an_input_that_is_missing_fails_the_stack(stack: Batch) -> None:
    stack.cloud.client("s3").delete_object(Bucket="data", Key="in/1.csv")
    assert stack.deploy(batch()) == "ROLLBACK_COMPLETE"
    assert 'No S3 objects found under S3 URL "s3://data/in/"' in stack.reason()
    assert stack.jobs() == {}


def test_another_definition_runs_another_job_and_only_that(stack: Batch) -> None:
    stack.deploy(batch())
    first = stack.of_stack()
    assert stack.deploy(batch(payload=7)) == "UPDATE_COMPLETE"
    second = stack.of_stack()
    assert stack.jobs() == {first: "Completed", second: "Completed"}
    job = stack.api.describe_transform_job(TransformJobName=second)
    assert job["MaxPayloadInMB"] == 7
    assert stack.deploy(batch(payload=6)) == "UPDATE_COMPLETE"
    assert stack.of_stack() == first
    assert len(stack.jobs()) == 2


def test_a_job_that_runs_is_stopped_when_another_replaces_it(stack: Batch) -> None:
    let_jobs(ends=None)
    stack.deploy(batch(waits=False))
    first = stack.of_stack()
    assert stack.deploy(batch(payload=7, waits=False)) == "UPDATE_COMPLETE"
    assert stack.jobs() == {first: "Stopped", stack.of_stack(): "InProgress"}


def test_a_rollback_starts_nothing(stack: Batch) -> None:
    stack.deploy(batch())
    first = stack.of_stack()
    let_jobs(ends="Failed", reason="ClientError: bad")
    assert stack.deploy(batch(payload=7)) == "UPDATE_ROLLBACK_COMPLETE"
    assert "ClientError: bad" in stack.reason()
    assert stack.of_stack() == first
    assert list(stack.jobs().values()) == ["Completed", "Failed"]


def test_another_resources_failure_starts_nothing_and_stops_what_was_started(
    stack: Batch,
) -> None:
    let_jobs(ends=None)
    stack.deploy(batch(waits=False))
    first = stack.of_stack()
    resources = batch(payload=7, waits=False, broken=True)
    assert stack.deploy(resources) == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.of_stack() == first
    assert list(stack.jobs().values()) == ["InProgress", "Stopped"]


def test_destroying_stops_a_running_job_and_leaves_nothing_else(stack: Batch) -> None:
    let_jobs(ends=None)
    resources = batch(waits=False, all_ways=True)
    assert stack.deploy(resources) == "CREATE_COMPLETE"
    assert list(stack.jobs().values()) == ["InProgress"]
    client = stack.cloud.client
    (schedule,) = client("scheduler").list_schedules()["Schedules"]
    shown = client("scheduler").get_schedule(Name=schedule["Name"])
    assert shown["ScheduleExpression"] == "cron(0 2 * * ? *)"
    assert shown["ScheduleExpressionTimezone"] == "Europe/Berlin"
    asked = json.loads(shown["Target"]["Input"])
    assert asked["TransformJobName"] == (
        "rc-project-a-fraud-transform-<aws.scheduler.execution-id>"
    )
    machines = client("stepfunctions").list_state_machines()["stateMachines"]
    definitions = [
        client("stepfunctions").describe_state_machine(stateMachineArn=m["stateMachineArn"])
        for m in machines
    ]
    assert sum("createTransformJob.sync" in d["definition"] for d in definitions) == 1
    (queue,) = client("sqs").list_queues()["QueueUrls"]
    assert queue.split("/")[-1] == shown["Target"]["DeadLetterConfig"]["Arn"].split(":")[-1]

    stack.cloud.destroy()
    assert list(stack.jobs().values()) == ["Stopped"]
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("events").list_rules()["Rules"] == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert not any(stack.cloud.state().values())
