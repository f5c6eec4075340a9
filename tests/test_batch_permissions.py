"""What each role of a batch transform job may do, and what it may not, by evaluation."""

import functools
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Duration, Environment, Stack
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
from policy_evaluation import Call, Deployed
from support import CONTAINER, NAMING, caller, synthesize

ACCOUNT = "123456789012"
REGION = "eu-west-1"
OTHER_ACCOUNT = "999999999999"
PREFIX = "rc-project-a-fraud-transform"
JOB = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{PREFIX}-0123abcd"
JOBS_OF_OTHERS = [
    # Begins alike, without the hyphen that ends the prefix.
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{PREFIX}ed-1",
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{PREFIX}",
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/rc-project-a-churn-transform-1",
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/x-{PREFIX}-1",
    f"arn:aws:sagemaker:{REGION}:{OTHER_ACCOUNT}:transform-job/{PREFIX}-1",
    f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:transform-job/{PREFIX}-1",
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{PREFIX}-1",
    f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{PREFIX}-1",
]
MODEL_ARN = "sagemaker:ModelArn"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/"
OF_JOBS = f"{RULE}StepFunctionsGetEventsForSageMakerTransformJobsRule"
ALERTS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


def key(number: int) -> str:
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{number}0000000-1111-1111-1111-111111111111"


FILES, GIVEN, WRITTEN, CAPTURED, VOLUME, QUEUE, FOREIGN = map(key, range(1, 8))


def imported(stack: Stack, name: str, arn: str) -> kms.IKey:
    return kms.Key.from_key_arn(stack, name, arn)


def build(stack: Stack) -> BatchTransformJob:
    bucket = s3.Bucket.from_bucket_attributes(
        stack, "Files", bucket_name="files", encryption_key=imported(stack, "FilesKey", FILES)
    )
    others = s3.Bucket.from_bucket_name(stack, "Others", "others")
    repository = ecr.Repository.from_repository_name(stack, "Repository", "fraud")
    queue = sqs.Queue.from_queue_attributes(
        stack, "Alerts", queue_arn=ALERTS, key_arn=QUEUE, fifo=False
    )

    def at(name: str, **arguments: Any) -> BatchSchedule:
        every_day = scheduler.ScheduleExpression.rate(Duration.days(1))
        return BatchSchedule(name=name, schedule=every_day, **arguments)

    job = BatchTransformJob(
        stack,
        "Job",
        naming=NAMING,
        model=Container(
            image=ContainerImage.from_ecr_repository(repository, tag="1"),
            data=ModelData.from_bucket(others, "models/3/model.tar.gz"),
        ),
        input=TransformInput.from_prefix(
            S3Prefix(bucket=bucket, prefix="claims", encryption_key=imported(stack, "In", GIVEN))
        ),
        output=TransformOutput(
            location=S3Prefix(
                bucket=others, prefix="scores", encryption_key=imported(stack, "Out", WRITTEN)
            )
        ),
        data_capture=BatchDataCapture(
            location=S3Prefix(
                bucket=others, prefix="captured", encryption_key=imported(stack, "Cap", CAPTURED)
            )
        ),
        encryption_key=imported(stack, "Volume", VOLUME),
        schedules=[at("nightly"), at("daily", dead_letter_queue=queue)],
        on_demand=RunOnDemand(),
    )
    person = caller(stack)
    job.grant_start(person)
    job.grant_read_results(person)
    return job


@functools.cache
def deployed(build: Callable[[Stack], object]) -> Deployed:
    template = synthesize(build, env=Environment(account=ACCOUNT, region=REGION)).template
    return Deployed(template, region=REGION, account=ACCOUNT)


@functools.cache
def named(build: Callable[[Stack], object], kind: str, beginning: str) -> str:
    """Logical id of the one resource of a kind whose id begins so."""
    resources: dict[str, Any] = deployed(build).template["Resources"]
    (name,) = (
        name
        for name, resource in resources.items()
        if resource["Type"] == kind and name.startswith(beginning)
    )
    return name


ROLE = "AWS::IAM::Role"
ROLES = {
    "function": "JobAtDeploymentRole",
    "scheduler": "JobSchedulesRole",
    "machine": "JobOnDemandRole",
    "model": "JobRole",
    "caller": "Caller",
}


def model(build: Callable[[Stack], object] = build) -> str:
    """ARN of the job's model, whose name ends in a hash."""
    (resource,) = (
        item
        for item in deployed(build).template["Resources"].values()
        if item["Type"] == "AWS::SageMaker::Model"
    )
    name = resource["Properties"]["ModelName"]
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/{name}"


def of(kind: str, beginning: str) -> str:
    """ARN of one of the job's resources."""
    return deployed(build).arn(named(build, kind, beginning))


def may(role: str, call: Call, build: Callable[[Stack], object] = build) -> bool:
    logical_id = named(build, ROLE, ROLES.get(role, role))
    return deployed(build).of_role(logical_id).allow(call)


STARTERS = ("function", "scheduler", "machine")
FOLLOWERS = ("function", "machine")


@pytest.mark.parametrize("role", STARTERS)
def test_who_starts_jobs_starts_them_with_the_models_arn_and_their_tags(role: str) -> None:
    assert may(role, Call("sagemaker:CreateTransformJob", JOB, {MODEL_ARN: model()}))
    assert may(role, Call("sagemaker:AddTags", JOB))


@pytest.mark.parametrize("role", STARTERS)
def test_no_other_model_is_started(role: str) -> None:
    others = [
        f"{model()}-2",
        model()[:-1],
        model().replace(ACCOUNT, OTHER_ACCOUNT),
        model().replace(REGION, "us-east-1"),
        model().replace("fraud", "churn"),
        "*",
    ]
    for other in others:
        call = Call("sagemaker:CreateTransformJob", JOB, {MODEL_ARN: other})
        assert not may(role, call), other
    assert not may(role, Call("sagemaker:CreateTransformJob", JOB))


@pytest.mark.parametrize("role", STARTERS)
@pytest.mark.parametrize("job", JOBS_OF_OTHERS)
@pytest.mark.parametrize(
    "action",
    ["CreateTransformJob", "AddTags", "DescribeTransformJob", "StopTransformJob", "ListTags"],
)
def test_no_other_job_is_touched(action: str, job: str, role: str) -> None:
    assert not may(role, Call(f"sagemaker:{action}", job, {MODEL_ARN: model()}))


@pytest.mark.parametrize("action", ["DescribeTransformJob", "StopTransformJob"])
def test_who_waits_for_jobs_looks_at_them_and_stops_them(action: str) -> None:
    call = Call(f"sagemaker:{action}", JOB)
    assert [role for role in ROLES if may(role, call)] == list(FOLLOWERS)


REFUSED_TO_STARTERS = [
    Call("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/JobRole"),
    Call("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/JobRole"),
    Call("sagemaker:CreateModel", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/new"),
    Call("sagemaker:CreateTrainingJob", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/new"),
    Call("sagemaker:CreateEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/new"),
    Call("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/fraud"),
    Call("sagemaker:ListTransformJobs"),
    Call("sagemaker:DeleteTags", JOB),
    Call("s3:GetObject", "arn:aws:s3:::files/claims/1.csv"),
    Call("s3:PutObject", "arn:aws:s3:::others/scores/1.csv.out"),
    Call("s3:DeleteObject", "arn:aws:s3:::others/scores/1.csv.out"),
    Call("kms:Decrypt", FILES),
    Call("kms:CreateGrant", VOLUME),
    Call("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"),
    Call("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any"),
    Call("logs:CreateLogGroup", f"{LOGS}any"),
    Call("logs:PutLogEvents", f"{LOGS}any:log-stream:any"),
    Call("events:DeleteRule", OF_JOBS),
    Call("events:RemoveTargets", OF_JOBS),
    Call("ecr:GetAuthorizationToken"),
]


@pytest.mark.parametrize("role", STARTERS)
@pytest.mark.parametrize("call", REFUSED_TO_STARTERS, ids=lambda call: call.action)
def test_who_starts_jobs_does_nothing_else(call: Call, role: str) -> None:
    assert not may(role, call)


@pytest.mark.parametrize("role", STARTERS)
@pytest.mark.parametrize("action", ["DeleteModel", "DescribeModel", "UpdateModel", "AddTags"])
def test_who_starts_jobs_leaves_the_model_alone(action: str, role: str) -> None:
    assert not may(role, Call(f"sagemaker:{action}", model()))


def test_the_function_writes_to_its_own_log_group_only() -> None:
    own = of("AWS::Logs::LogGroup", "JobAtDeployment").removesuffix(":*")
    machines = of("AWS::Logs::LogGroup", "JobOnDemand").removesuffix(":*")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert may("function", Call(action, f"{own}:log-stream:2026/11/21/1"))
        assert not may("function", Call(action, f"{own}-2:log-stream:1"))
        assert not may("function", Call(action, f"{machines}:log-stream:1"))
        assert not may("function", Call(action, f"{LOGS}/aws/sagemaker/TransformJobs:log-stream:1"))
    for action in ("logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:GetLogEvents"):
        assert not may("function", Call(action, f"{own}:log-stream:1"))


def test_the_scheduler_keeps_failed_starts_in_its_queues_only() -> None:
    own = of("AWS::SQS::Queue", "JobSchedulesDeadLetters")
    for queue in (own, ALERTS):
        assert may("scheduler", Call("sqs:SendMessage", queue))
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"):
            assert not may("scheduler", Call(action, queue))
    assert not may("scheduler", Call("sqs:SendMessage", f"{ALERTS}-2"))
    assert not may("function", Call("sqs:SendMessage", own))
    assert not may("machine", Call("sqs:SendMessage", own))


def test_the_scheduler_encrypts_with_the_key_of_the_queue_that_was_given() -> None:
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert may("scheduler", Call(action, QUEUE))
        assert not may("scheduler", Call(action, FOREIGN))
    assert not may("scheduler", Call("kms:CreateGrant", QUEUE))


def test_the_machine_hears_of_the_ends_of_transform_jobs_only() -> None:
    for action in ("events:DescribeRule", "events:PutRule", "events:PutTargets"):
        assert may("machine", Call(action, OF_JOBS))
        for other in (
            f"{RULE}any",
            f"{RULE}StepFunctionsGetEventsForSageMakerTrainingJobsRule",
            OF_JOBS.replace(ACCOUNT, OTHER_ACCOUNT),
        ):
            assert not may("machine", Call(action, other))
        assert not may("function", Call(action, OF_JOBS))
    assert may("machine", Call("sagemaker:ListTags", JOB))


def test_the_machine_runs_items_of_its_own_only() -> None:
    own = of("AWS::StepFunctions::StateMachine", "JobOnDemand")
    name = named(build, "AWS::StepFunctions::StateMachine", "JobOnDemand")
    executions = f"arn:aws:states:{REGION}:{ACCOUNT}:execution"
    assert may("machine", Call("states:StartExecution", own))
    assert not may("machine", Call("states:StartExecution", f"{own}-2"))
    assert not may("machine", Call("states:StartExecution", own[:-1]))
    for action in ("states:DescribeExecution", "states:StopExecution"):
        assert may("machine", Call(action, f"{executions}:{name}/Label:0a1b"))
        assert may("machine", Call(action, f"{executions}:{name}:0a1b"))
        assert not may("machine", Call(action, f"{executions}:{name}-2/Label:0a1b"))
        assert not may("machine", Call(action, f"{executions}:{name}-2:0a1b"))
    for action in ("states:UpdateStateMachine", "states:DeleteStateMachine"):
        assert not may("machine", Call(action, own))


CLAIM = "arn:aws:s3:::files/claims/2026/1.csv"
ARTIFACT = "arn:aws:s3:::others/models/3/model.tar.gz"
SCORE = "arn:aws:s3:::others/scores/1.csv.out"
CAPTURE = "arn:aws:s3:::others/captured/1.jsonl"
CONTAINER_LOGS = f"{LOGS}/aws/sagemaker/TransformJobs"
METRICS = {"cloudwatch:namespace": "/aws/sagemaker/TransformJobs"}
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/fraud"

OF_THE_MODEL = [
    Call("s3:GetObject", CLAIM),
    Call("s3:GetObject", ARTIFACT),
    Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "claims/"}),
    Call("s3:PutObject", SCORE),
    Call("s3:AbortMultipartUpload", SCORE),
    Call("s3:PutObject", CAPTURE),
    Call("kms:Decrypt", FILES),
    Call("kms:Decrypt", GIVEN),
    Call("kms:GenerateDataKey", WRITTEN),
    # A large upload is put together of its parts.
    Call("kms:Decrypt", WRITTEN),
    Call("kms:GenerateDataKey", CAPTURED),
    Call("kms:CreateGrant", VOLUME),
    Call("kms:DescribeKey", VOLUME),
    Call("logs:CreateLogGroup", CONTAINER_LOGS),
    Call("logs:CreateLogStream", f"{CONTAINER_LOGS}:log-stream:{PREFIX}-1/i-1"),
    Call("logs:PutLogEvents", f"{CONTAINER_LOGS}:log-stream:{PREFIX}-1/i-1"),
    Call("cloudwatch:PutMetricData", "*", METRICS),
    Call("ecr:GetAuthorizationToken"),
    Call("ecr:BatchGetImage", REPOSITORY),
    Call("ecr:GetDownloadUrlForLayer", REPOSITORY),
]

NOT_OF_THE_MODEL = [
    Call("s3:GetObject", "arn:aws:s3:::files/claims-secret/1.csv"),
    Call("s3:GetObject", "arn:aws:s3:::files/other/claims/1.csv"),
    Call("s3:GetObject", "arn:aws:s3:::files-2/claims/1.csv"),
    Call("s3:GetObject", "arn:aws:s3:::others/models/4/model.tar.gz"),
    Call("s3:GetObject", SCORE),
    Call("s3:GetObject", CAPTURE),
    Call("s3:GetObjectVersion", CLAIM),
    Call("s3:PutObject", CLAIM),
    Call("s3:PutObject", ARTIFACT),
    Call("s3:PutObject", "arn:aws:s3:::others/scores-2/1.csv.out"),
    Call("s3:PutObject", "arn:aws:s3:::files/scores/1.csv.out"),
    Call("s3:PutObjectAcl", SCORE),
    Call("s3:DeleteObject", CLAIM),
    Call("s3:DeleteObject", SCORE),
    Call("s3:ListBucket", "arn:aws:s3:::files"),
    Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": ""}),
    Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "claims-secret/"}),
    Call("s3:ListBucket", "arn:aws:s3:::others", {"s3:prefix": "claims/"}),
    Call("kms:Decrypt", FOREIGN),
    Call("kms:Decrypt", VOLUME),
    Call("kms:GenerateDataKey", GIVEN),
    Call("kms:GenerateDataKey", FILES),
    Call("kms:CreateGrant", WRITTEN),
    Call("kms:ScheduleKeyDeletion", WRITTEN),
    Call("logs:PutLogEvents", f"{CONTAINER_LOGS}-2:log-stream:1"),
    Call("logs:PutLogEvents", f"{LOGS}/aws/sagemaker/Endpoints/rc-project-a-fraud-ep:log-stream:1"),
    Call("logs:DeleteLogGroup", CONTAINER_LOGS),
    Call("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/SageMaker"}),
    Call("cloudwatch:PutMetricData"),
    Call("ecr:BatchGetImage", f"{REPOSITORY}-2"),
    Call("ecr:PutImage", REPOSITORY),
    Call("ec2:CreateNetworkInterface", f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/*"),
    Call("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/JobRole"),
    Call("sagemaker:CreateTransformJob", JOB),
    Call("sagemaker:StopTransformJob", JOB),
    Call("sagemaker:DeleteModel", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/any"),
    Call("sns:Publish", f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"),
    Call("sqs:SendMessage", ALERTS),
    Call("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:any"),
    Call("states:StartExecution", f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:any"),
]


@pytest.mark.parametrize("call", OF_THE_MODEL, ids=lambda call: f"{call.action} {call.resource}")
def test_the_model_reads_its_input_and_writes_its_output(call: Call) -> None:
    assert may("model", call)


@pytest.mark.parametrize(
    "call", NOT_OF_THE_MODEL, ids=lambda call: f"{call.action} {call.resource}"
)
def test_the_model_does_nothing_else(call: Call) -> None:
    assert not may("model", call)


def test_who_may_start_and_read_does_that_only() -> None:
    own = of("AWS::StepFunctions::StateMachine", "JobOnDemand")
    waiter = of("AWS::StepFunctions::StateMachine", "JobAtDeployment")
    assert may("caller", Call("states:StartExecution", own))
    assert may("caller", Call("s3:GetObject", SCORE))
    assert may("caller", Call("kms:Decrypt", WRITTEN))
    for call in (
        Call("states:StartExecution", waiter),
        Call("states:StopExecution", own.replace("stateMachine", "execution")),
        Call("s3:GetObject", CLAIM),
        Call("s3:PutObject", SCORE),
        Call("kms:GenerateDataKey", WRITTEN),
        Call("sagemaker:CreateTransformJob", JOB, {MODEL_ARN: model()}),
    ):
        assert not may("caller", call), call


@pytest.mark.parametrize(
    ("role", "service"),
    [
        ("scheduler", "scheduler.amazonaws.com"),
        ("machine", "states.amazonaws.com"),
        ("model", "sagemaker.amazonaws.com"),
    ],
)
def test_a_service_takes_the_role_for_this_account_only(role: str, service: str) -> None:
    trust = deployed(build).trust_of(named(build, ROLE, ROLES[role]), service)
    job = {"aws:SourceArn": JOB}
    assert trust.allow(Call("sts:AssumeRole", context=job | {"aws:SourceAccount": ACCOUNT}))
    assert not trust.allow(
        Call("sts:AssumeRole", context=job | {"aws:SourceAccount": OTHER_ACCOUNT})
    )
    assert not trust.allow(Call("sts:AssumeRole", context=job))


@pytest.mark.parametrize("role", ["function", "scheduler", "machine", "model"])
def test_no_other_service_takes_the_role(role: str) -> None:
    trusted = deployed(build).template["Resources"][named(build, ROLE, ROLES[role])]
    (statement,) = trusted["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {
        "Service": {
            "function": "lambda.amazonaws.com",
            "scheduler": "scheduler.amazonaws.com",
            "machine": "states.amazonaws.com",
            "model": "sagemaker.amazonaws.com",
        }[role]
    }


def build_lent(stack: Stack) -> BatchTransformJob:
    """One file of one bucket, scored by an endpoint's model."""
    bucket = s3.Bucket.from_bucket_name(stack, "Files", "files")
    endpoint = RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None)
    return BatchTransformJob(
        stack,
        "Job",
        naming=NAMING,
        endpoint=endpoint,
        encryption_key=imported(stack, "Volume", VOLUME),
        input=TransformInput.from_object(bucket, "claims/1.csv"),
        output=TransformOutput(location=S3Prefix(bucket=bucket, prefix="scores")),
        alarms=None,
    )


def build_manifest(stack: Stack) -> BatchTransformJob:
    bucket = s3.Bucket.from_bucket_name(stack, "Files", "files")
    return BatchTransformJob(
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


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (Call("s3:GetObject", "arn:aws:s3:::files/claims/1.csv"), True),
        (Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "claims/1.csv"}), True),
        (Call("s3:PutObject", "arn:aws:s3:::files/scores/1.csv.out"), True),
        (Call("logs:PutLogEvents", f"{CONTAINER_LOGS}:log-stream:1"), True),
        (
            Call(
                "logs:PutLogEvents",
                f"{LOGS}/aws/sagemaker/Endpoints/rc-project-a-fraud-ep:log-stream:1",
            ),
            True,
        ),
        (Call("cloudwatch:PutMetricData", "*", METRICS), True),
        (
            Call("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "/aws/sagemaker/Any"}),
            False,
        ),
        (Call("kms:CreateGrant", VOLUME), True),
        (Call("kms:CreateGrant", FOREIGN), False),
        (Call("s3:GetObject", "arn:aws:s3:::files/claims/2.csv"), False),
        (Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "claims/"}), False),
        (Call("s3:PutObject", "arn:aws:s3:::files/claims/1.csv"), False),
        (Call("sagemaker:CreateTransformJob", JOB), False),
    ],
)
def test_the_endpoints_role_is_let_do_what_the_job_does(call: Call, allowed: bool) -> None:
    assert may("FraudRole", call, build_lent) is allowed


def test_who_starts_a_lent_model_starts_no_other() -> None:
    call = Call("sagemaker:CreateTransformJob", JOB, {MODEL_ARN: model(build_lent)})
    assert may("function", call, build_lent)
    other = Call("sagemaker:CreateTransformJob", JOB, {MODEL_ARN: f"{model(build_lent)}-2"})
    assert not may("function", other, build_lent)


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        (Call("s3:GetObject", "arn:aws:s3:::files/manifests/1.json"), True),
        (Call("s3:GetObject", "arn:aws:s3:::files/images/a/1.jpeg"), True),
        (Call("s3:GetObject", "arn:aws:s3:::files/manifests/2.json"), False),
        (Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "images/"}), False),
        (Call("s3:ListBucket", "arn:aws:s3:::files", {"s3:prefix": "manifests/"}), False),
    ],
)
def test_of_a_manifest_the_objects_are_read_and_nothing_is_listed(
    call: Call, allowed: bool
) -> None:
    assert may("model", call, build_manifest) is allowed
