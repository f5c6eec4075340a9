"""What a batch transform job puts into the template, and what it refuses."""

import datetime
import functools
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from aws_cdk import (
    App,
    Aspects,
    CfnParameter,
    Duration,
    Environment,
    IAspect,
    Size,
    Stack,
    Tag,
    TimeZone,
)
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from botocore import session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from moto import mock_aws

from cdk_sagemaker_inference import (
    Alarms,
    AssembleWith,
    AsyncEndpoint,
    BatchAlarms,
    BatchDataCapture,
    BatchSchedule,
    BatchStrategy,
    BatchTransformJob,
    Container,
    ContainerImage,
    DataProcessing,
    Experiment,
    InferenceComponentEndpoint,
    InferencePipeline,
    ModelData,
    MultiContainerModel,
    MultiModelEndpoint,
    Naming,
    RealtimeEndpoint,
    RunAtDeployment,
    RunOnDemand,
    S3Prefix,
    ServerlessEndpoint,
    Severity,
    SplitType,
    TransformInput,
    TransformJobStatus,
    TransformOutput,
    Variant,
)
from deployed_template import Deployed
from support import CONTAINER, CONTEXT, NAMING, ROOT, Synthesized, caller, synthesize
from test_no_cycles import Graph

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

ALARM = "AWS::CloudWatch::Alarm"
FUNCTION = "AWS::Lambda::Function"
JOB = "Custom::SageMakerTransformJob"
LOG_GROUP = "AWS::Logs::LogGroup"
MACHINE = "AWS::StepFunctions::StateMachine"
MODEL = "AWS::SageMaker::Model"
POLICY = "AWS::IAM::ManagedPolicy"
QUEUE = "AWS::SQS::Queue"
ROLE = "AWS::IAM::Role"
RULE = "AWS::Events::Rule"
SCHEDULE = "AWS::Scheduler::Schedule"

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
IRELAND = Environment(account=ACCOUNT, region=REGION)
PREFIX = "rc-project-a-fraud-transform"
EXECUTION_ID = "<aws.scheduler.execution-id>"
SAMPLE_EXECUTION_ID = "d32c5kddcf5bb8c3"
"""The Scheduler User Guide's example, 16 characters."""

Build = Callable[[Stack], object]


def files(stack: Stack) -> s3.IBucket:
    """A bucket that is not of the app."""
    existing = stack.node.try_find_child("Files")
    if existing is not None:
        return cast(s3.IBucket, existing)
    return s3.Bucket.from_bucket_name(stack, "Files", "files")


def below(stack: Stack, prefix: str, **arguments: Any) -> S3Prefix:
    return S3Prefix(bucket=files(stack), prefix=prefix, **arguments)


def transform(stack: Stack, construct_id: str = "Job", **arguments: Any) -> BatchTransformJob:
    """A job in order, but for the arguments given."""
    defaults: dict[str, Any] = {
        "naming": NAMING,
        "input": TransformInput.from_prefix(below(stack, "claims")),
        "output": TransformOutput(location=below(stack, "scores")),
    }
    if "endpoint" not in arguments:
        defaults["model"] = CONTAINER
    return BatchTransformJob(stack, construct_id, **defaults | arguments)


def job(**arguments: Any) -> Build:
    return lambda stack: transform(stack, **arguments)


def minimal(stack: Stack) -> BatchTransformJob:
    return transform(stack)


KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}0000000-1111-1111-1111-111111111111"


def key(stack: Stack, number: int) -> kms.IKey:
    return kms.Key.from_key_arn(stack, f"Key{number}", KEY.format(number))


def nightly(name: str = "nightly", **arguments: Any) -> BatchSchedule:
    at = scheduler.ScheduleExpression.cron(hour="2", minute="0")
    defaults: dict[str, Any] = {"name": name, "schedule": at}
    return BatchSchedule(**defaults | arguments)


def full(stack: Stack) -> BatchTransformJob:
    """Every argument that becomes a part of the job."""
    return transform(
        stack,
        input=TransformInput.from_prefix(
            below(stack, "claims"), content_type="text/csv", split_type=SplitType.LINE, gzip=True
        ),
        output=TransformOutput(
            location=below(stack, "scores", encryption_key=key(stack, 1)),
            accept="text/csv",
            assemble_with=AssembleWith.LINE,
        ),
        instance_type="ml.m5.2xlarge",
        instance_count=3,
        ami_version="al2-ami-sagemaker-batch-gpu-535",
        encryption_key=key(stack, 2),
        processing=DataProcessing(input_filter="$[1:]", output_filter="$[0,-1]", join_input=True),
        batch_strategy=BatchStrategy.MULTI_RECORD,
        max_concurrent_transforms=4,
        max_payload=Size.mebibytes(25),
        environment={"WORKERS": "4", "MODE": 'a "quoted" {word}'},
        invocations_timeout=Duration.minutes(10),
        invocations_max_retries=1,
        data_capture=BatchDataCapture(
            location=below(stack, "captured", encryption_key=key(stack, 3)),
            generate_inference_id=True,
        ),
        experiment=Experiment(
            experiment_name="fraud",
            trial_name="trial-1",
            trial_component_display_name="batch",
            run_name="run-1",
        ),
        at_deployment=RunAtDeployment(wait_for_completion=Duration.minutes(30), run_id="2"),
        schedules=[nightly()],
        on_demand=RunOnDemand(max_concurrency=20, max_attempts=3, timeout=Duration.hours(6)),
        alarms=BatchAlarms(topic=sns.Topic(stack, "Topic")),
    )


DEFINITION = {
    "ModelName": "",  # ends in a hash
    "TransformInput": {
        "DataSource": {
            "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://files/claims/"},
        },
        "ContentType": "text/csv",
        "CompressionType": "Gzip",
        "SplitType": "Line",
    },
    "TransformOutput": {
        "S3OutputPath": "s3://files/scores",
        "Accept": "text/csv",
        "AssembleWith": "Line",
        "KmsKeyId": KEY.format(1),
    },
    "TransformResources": {
        "InstanceType": "ml.m5.2xlarge",
        "InstanceCount": 3,
        "TransformAmiVersion": "al2-ami-sagemaker-batch-gpu-535",
        "VolumeKmsKeyId": KEY.format(2),
    },
    "MaxConcurrentTransforms": 4,
    "MaxPayloadInMB": 25,
    "BatchStrategy": "MultiRecord",
    "Environment": {"WORKERS": "4", "MODE": 'a "quoted" {word}'},
    "ModelClientConfig": {"InvocationsTimeoutInSeconds": 600, "InvocationsMaxRetries": 1},
    "DataProcessing": {"InputFilter": "$[1:]", "OutputFilter": "$[0,-1]", "JoinSource": "Input"},
    "DataCaptureConfig": {
        "DestinationS3Uri": "s3://files/captured",
        "KmsKeyId": KEY.format(3),
        "GenerateInferenceId": True,
    },
    "ExperimentConfig": {
        "ExperimentName": "fraud",
        "TrialName": "trial-1",
        "TrialComponentDisplayName": "batch",
        "RunName": "run-1",
    },
}

TAGS = {
    "Team": "rc",
    "Project": "project-a",
    "Model": "fraud",
    "Environment": "prod",
    "Version": "3",
}
TAG_LIST = [{"Key": name, "Value": value} for name, value in TAGS.items()]


@functools.cache
def made(build: Build) -> Synthesized:
    """The template for a known account and Region, in which ARNs are plain text."""
    return synthesize(build, env=IRELAND)


def deployed(build: Build) -> Deployed:
    return Deployed(made(build).template, region=REGION, account=ACCOUNT)


def of_job(build: Build) -> dict[str, Any]:
    """The custom resource's properties."""
    properties: dict[str, Any] = deployed(build).resolve(
        {
            name: value
            for name, value in made(build).properties(JOB).items()
            if name != "ServiceToken"
        }
    )
    return properties


def of_schedule(build: Build, beginning: str = "") -> dict[str, Any]:
    (found,) = (
        resource["Properties"]
        for name, resource in made(build).template["Resources"].items()
        if resource["Type"] == SCHEDULE and beginning in name
    )
    properties: dict[str, Any] = deployed(build).resolve(found)
    return properties


def machine(build: Build) -> dict[str, Any]:
    """The state machine on demand, beside which the provider framework has one that waits."""
    (found,) = (
        resource
        for name, resource in made(build).template["Resources"].items()
        if resource["Type"] == MACHINE and "OnDemand" in name
    )
    return cast(dict[str, Any], found)


def states(build: Build) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(
        deployed(build).resolve(machine(build)["Properties"]["DefinitionString"])
    )
    return definition


def model_name(build: Build) -> str:
    name: str = made(build).properties(MODEL)["ModelName"]
    return name


def test_without_anything_said_a_job_runs_with_the_deployment_and_its_failure_alarms() -> None:
    counted = {name: made(minimal).types().count(name) for name in made(minimal).types()}
    assert counted == {
        "AWS::CloudWatch::Alarm": 1,
        "AWS::Events::Rule": 1,
        # The model's, the functions', and the provider framework's four.
        "AWS::IAM::Role": 6,
        "AWS::IAM::ManagedPolicy": 2,
        "AWS::IAM::Policy": 4,
        # Two of the library, three of the provider framework.
        "AWS::Lambda::Function": 5,
        "AWS::Logs::LogGroup": 1,
        "AWS::SageMaker::Model": 1,
        "AWS::StepFunctions::StateMachine": 1,
        "Custom::SageMakerTransformJob": 1,
    }
    assert made(minimal).messages == []


def test_a_minimal_job_says_little() -> None:
    assert of_job(minimal) == {
        "NamePrefix": PREFIX,
        "Definition": {
            "ModelName": model_name(minimal),
            "TransformInput": {
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://files/claims/"}
                },
                "SplitType": "None",
            },
            "TransformOutput": {"S3OutputPath": "s3://files/scores", "AssembleWith": "None"},
            "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        },
        "Tags": TAG_LIST,
        "WaitForCompletion": False,
        "TimeoutSeconds": 900,
    }


def test_the_model_is_made_under_the_jobs_role() -> None:
    model = made(minimal).resource(MODEL)
    properties = dict(model["Properties"])
    assert properties.pop("ModelName").startswith("rc-project-a-fraud-v3-")
    role = properties.pop("ExecutionRoleArn")["Fn::GetAtt"][0]
    assert made(minimal).template["Resources"][role]["Type"] == ROLE
    assert properties.pop("Tags") == sorted(TAG_LIST, key=lambda tag: tag["Key"])
    assert properties == {
        "PrimaryContainer": {
            "Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:1.4.2",
            "ModelDataUrl": "s3://models/fraud/3/model.tar.gz",
        }
    }


def request_shape() -> StructureShape:
    model = session.get_session().get_service_model("sagemaker")
    return cast(StructureShape, model.shape_for("CreateTransformJobRequest"))


def leaves(shape: Shape, path: str = "") -> Iterator[str]:
    match shape:
        case StructureShape():
            for name, member in shape.members.items():
                yield from leaves(member, f"{path}.{name}")
        case ListShape():
            yield from leaves(shape.member, path)
        case _:
            yield path


def said_leaves(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    match shape:
        case StructureShape():
            for name, item in value.items():
                yield from said_leaves(shape.members[name], item, f"{path}.{name}")
        case ListShape():
            for item in value:
                yield from said_leaves(shape.member, item, path)
        case _:
            yield path


def problems(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """What the service model has against a value beside its type, which botocore checks."""
    facts: Mapping[str, Any] = shape.metadata
    match shape:
        case StructureShape():
            for name, item in value.items():
                yield from problems(shape.members[name], item, f"{path}.{name}")
        case ListShape():
            for item in value:
                yield from problems(shape.member, item, path)
        case MapShape():
            for name, item in value.items():
                yield from problems(shape.key, name, f"{path} key")
                yield from problems(shape.value, item, f"{path}.{name}")
    sized = isinstance(value, (str, list, dict))
    size = len(value) if sized else value
    if "enum" in facts and value not in facts["enum"]:
        yield f"{path}: {value} is none of {facts['enum']}"
    # Python's re has no classes of Unicode, which tags are checked with.
    pattern = facts.get("pattern", r"\p")
    if r"\p" not in pattern and not re.fullmatch(pattern, value):
        yield f"{path}: {value} is not {pattern}"
    if "max" in facts and size > facts["max"]:
        yield f"{path}: {value} is above {facts['max']}"


def check_request(request: dict[str, Any]) -> None:
    """Check a request as SageMaker would."""
    report = ParamValidator().validate(request, request_shape())
    assert not report.has_errors(), report.generate_report()
    assert list(problems(request_shape(), request)) == []


def test_every_part_of_the_request_can_be_said() -> None:
    """botocore's service model has the list."""
    definition = of_job(full)["Definition"]
    assert definition == DEFINITION | {"ModelName": model_name(full)}
    said = set(said_leaves(request_shape(), definition))
    rest = set(leaves(request_shape())) - said
    assert rest == {".TransformJobName", ".Tags.Key", ".Tags.Value"}


def test_the_custom_resource_holds_a_request_that_sagemaker_takes() -> None:
    properties = of_job(full)
    assert properties["Tags"] == TAG_LIST
    assert properties["RunId"] == "2"
    assert properties["WaitForCompletion"] is True
    assert properties["TimeoutSeconds"] == 1800
    name = f"{PREFIX}-0123456789"
    check_request({"TransformJobName": name, "Tags": TAG_LIST, **properties["Definition"]})


def test_a_schedule_holds_the_same_request_with_a_name_for_each_attempt() -> None:
    request = json.loads(of_schedule(full)["Target"]["Input"])
    assert request.pop("TransformJobName") == f"{PREFIX}-{EXECUTION_ID}"
    assert request == {**of_job(full)["Definition"], "Tags": TAG_LIST}
    check_request({"TransformJobName": f"{PREFIX}-{SAMPLE_EXECUTION_ID}", **request})


def test_the_state_machine_holds_the_same_request() -> None:
    request = dict(states(full)["States"]["One"]["Parameters"])
    assert request.pop("TransformJobName.$").startswith(f"States.Format('{PREFIX}-{{}}-{{}}', ")
    assert request == {**of_job(full)["Definition"], "Tags": TAG_LIST}


def longest(stack: Stack) -> BatchTransformJob:
    """With the longest prefix, 46 characters."""
    naming = Naming(team="rc", project="p" * 11, model="fraud-of-transactions")
    return transform(stack, naming=naming, schedules=[nightly()], on_demand=RunOnDemand())


def test_one_character_more_is_refused() -> None:
    naming = Naming(team="rc", project="p" * 12, model="fraud-of-transactions")
    with pytest.raises(ValueError, match="has 47 characters and may have 46; shorten"):
        synthesize(job(naming=naming))


def test_the_longest_name_of_a_schedule_has_63_characters() -> None:
    name = json.loads(of_schedule(longest)["Target"]["Input"])["TransformJobName"]
    assert len(name.replace(EXECUTION_ID, SAMPLE_EXECUTION_ID)) == 63


INPUTS: dict[str, tuple[Callable[[Stack], TransformInput], dict[str, Any]]] = {
    "one object": (
        lambda stack: TransformInput.from_object(files(stack), "claims/1.csv"),
        {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://files/claims/1.csv"}
            },
            "SplitType": "None",
        },
    ),
    "manifest": (
        lambda stack: TransformInput.from_manifest(
            files(stack),
            "manifests/1.json",
            objects=below(stack, "images"),
            content_type="image/jpeg",
        ),
        {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "ManifestFile",
                    "S3Uri": "s3://files/manifests/1.json",
                }
            },
            "ContentType": "image/jpeg",
            "SplitType": "None",
        },
    ),
    "packed lines": (
        lambda stack: TransformInput.from_prefix(
            below(stack, "claims/2026-11"),
            content_type="application/jsonlines",
            split_type=SplitType.LINE,
            gzip=True,
        ),
        {
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://files/claims/2026-11/"}
            },
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
            "CompressionType": "Gzip",
        },
    ),
}


@pytest.mark.parametrize("what", INPUTS)
def test_an_input_says_where_it_is(what: str) -> None:
    given, expected = INPUTS[what]

    def build(stack: Stack) -> BatchTransformJob:
        return transform(stack, input=given(stack), at_deployment=None, on_demand=RunOnDemand())

    request = states(build)["States"]["One"]["Parameters"]
    assert request["TransformInput"] == expected
    many = states(build)["States"]["Many"]["ItemProcessor"]["States"]["OneOfMany"]["Parameters"]
    source = many["TransformInput"]["DataSource"]["S3DataSource"]
    assert source["S3DataType"] == expected["DataSource"]["S3DataSource"]["S3DataType"]
    assert source["S3Uri.$"] == "$.S3Uri"


def test_joining_needs_no_filter() -> None:
    processing = {
        "nothing": DataProcessing(),
        "joined": DataProcessing(join_input=True),
    }
    assert {name: value.definition for name, value in processing.items()} == {
        "nothing": {"JoinSource": "None"},
        "joined": {"JoinSource": "Input"},
    }


def trusted(stack: Stack, name: str | None = None) -> iam.Role:
    principal = cast(iam.IPrincipal, iam.ServicePrincipal("sagemaker.amazonaws.com"))
    return iam.Role(stack, "Own", role_name=name, assumed_by=principal)


def test_a_role_that_is_given_gets_the_policy() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        return transform(stack, role=trusted(stack), alarms=None)

    model = made(build).properties(MODEL)
    (role,) = (name for name in made(build).template["Resources"] if name.startswith("Own"))
    assert model["ExecutionRoleArn"] == {"Fn::GetAtt": [role, "Arn"]}
    attached = [
        resource
        for resource in made(build).of_type(POLICY)
        if resource["Properties"]["Roles"] == [{"Ref": role}]
    ]
    assert len(attached) == 1


def test_a_role_that_is_given_may_be_left_as_it_is() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        role = trusted(stack)
        return transform(stack, role=role, attach_execution_policy=False, alarms=None)

    roles = [resource["Properties"]["Roles"] for resource in made(build).of_type(POLICY)]
    assert not [refs for refs in roles for ref in refs if ref["Ref"].startswith("Own")]
    assert len(roles) == 1, "the functions'"


def in_vpc(**arguments: Any) -> Build:
    def build(stack: Stack) -> BatchTransformJob:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
        vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        return transform(stack, vpc=vpc, **arguments)

    return build


ALONE = in_vpc()
SEVERAL = in_vpc(instance_count=2)


def ports(build: Build) -> set[tuple[str, Any]]:
    """What goes in and out, by protocol and port."""
    group = made(build).properties("AWS::EC2::SecurityGroup")
    rules = [("out", rule) for rule in group.get("SecurityGroupEgress", [])]
    for direction, kind in (
        ("in", "AWS::EC2::SecurityGroupIngress"),
        ("out", "AWS::EC2::SecurityGroupEgress"),
    ):
        rules += [(direction, resource["Properties"]) for resource in made(build).of_type(kind)]
    return {
        (direction, "itself" if "CidrIp" not in rule else f"{rule['CidrIp']}:{rule['ToPort']}")
        for direction, rule in rules
    }


def test_one_instance_talks_https_to_the_outside_only() -> None:
    assert ports(ALONE) == {("out", "0.0.0.0/0:443")}


def test_several_instances_talk_to_each_other() -> None:
    assert ports(SEVERAL) == {("out", "0.0.0.0/0:443"), ("in", "itself"), ("out", "itself")}


def test_groups_of_ones_own_are_left_as_they_are_and_warned_about() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
        group = ec2.SecurityGroup(stack, "Group", vpc=vpc)
        subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        return transform(
            stack, vpc=vpc, vpc_subnets=subnets, security_groups=[group], instance_count=2
        )

    assert made(build).of_type("AWS::EC2::SecurityGroupIngress") == []
    (warning,) = made(build).messages
    assert "must let the 2 instances talk to each other" in warning
    assert len(made(build).properties(MODEL)["VpcConfig"]["Subnets"]) == 2


def test_the_first_run_waits_for_routes_and_gateways_of_the_vpc() -> None:
    graph = Graph.of(made(ALONE).template["Resources"])
    (run,) = graph.of_type(JOB)
    assert graph.comes_before(
        run, "AWS::EC2::NatGateway", "AWS::EC2::Route", "AWS::EC2::VPCEndpoint"
    )


def test_a_job_within_the_vpcs_own_scope_does_not_wait_for_itself() -> None:
    def build(stack: Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1)
        transform(cast(Stack, vpc), vpc=vpc)

    assert Graph.of(made(build).template["Resources"]).cycles() == []


def lent(stack: Stack) -> BatchTransformJob:
    endpoint = RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None)
    return transform(stack, endpoint=endpoint, schedules=[nightly()], on_demand=RunOnDemand())


def test_an_endpoints_model_runs_and_no_other_is_made() -> None:
    assert len(made(lent).of_type(MODEL)) == 1
    name = model_name(lent)
    assert of_job(lent)["Definition"]["ModelName"] == name
    assert json.loads(of_schedule(lent)["Target"]["Input"])["ModelName"] == name
    assert states(lent)["States"]["One"]["Parameters"]["ModelName"] == name


def test_the_run_waits_for_what_the_endpoints_role_is_let_do() -> None:
    graph = Graph.of(made(lent).template["Resources"])
    (run,) = graph.of_type(JOB)
    assert graph.cycles() == []
    assert graph.of_type("AWS::IAM::ManagedPolicy") & graph.before[run] == {
        name
        for name in graph.of_type("AWS::IAM::ManagedPolicy")
        if name.startswith(("FraudPolicy", "JobAtDeployment"))
    }
    assert not graph.of_type("AWS::SageMaker::Endpoint") & graph.before[run], (
        "an endpoint takes long to start"
    )


def variants(stack: Stack) -> RealtimeEndpoint:
    other = container(image=ContainerImage.from_registry(f"{ECR}/b:1"))
    return RealtimeEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        variants=[Variant(name="Old", model=CONTAINER), Variant(name="New", model=other)],
        alarms=None,
    )


@pytest.mark.parametrize(
    ("variant", "image"), [(None, "fraud:1.4.2"), ("Old", "fraud:1.4.2"), ("New", "b:1")]
)
def test_the_variant_whose_model_runs_can_be_chosen(variant: str | None, image: str) -> None:
    def build(stack: Stack) -> BatchTransformJob:
        return transform(stack, endpoint=variants(stack), variant_name=variant)

    runs = of_job(build)["Definition"]["ModelName"]
    (container,) = (
        model["Properties"]["PrimaryContainer"]
        for model in made(build).of_type(MODEL)
        if model["Properties"]["ModelName"] == runs
    )
    assert container["Image"].endswith(f"/{image}")


def test_an_asynchronous_endpoint_lends_its_model_too() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        endpoint = AsyncEndpoint(
            stack,
            "Fraud",
            naming=NAMING,
            model=CONTAINER,
            input=below(stack, "requests"),
            output=below(stack, "answers"),
            alarms=None,
        )
        return transform(stack, endpoint=endpoint)

    assert of_job(build)["Definition"]["ModelName"] == model_name(build)


def several_jobs(stack: Stack) -> None:
    endpoint = RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None)
    for model in ("night", "day"):
        naming = Naming(team="rc", project="project-a", model=model)
        transform(
            stack,
            model,
            naming=naming,
            endpoint=endpoint,
            schedules=[nightly()],
            on_demand=RunOnDemand(),
        )


def test_several_jobs_share_an_endpoints_model() -> None:
    assert len(made(several_jobs).of_type(MODEL)) == 1
    names = [alarm["Properties"]["AlarmName"] for alarm in made(several_jobs).of_type(ALARM)]
    assert len(names) == len(set(names)) == 4


def serverless(stack: Stack) -> ServerlessEndpoint:
    return ServerlessEndpoint(
        stack, "Fraud", naming=NAMING, model=CONTAINER, memory_size=Size.gibibytes(2)
    )


def multi_model(stack: Stack) -> MultiModelEndpoint:
    data = ModelData.from_archives(files(stack), "models")
    model = Container(image=CONTAINER.image, data=data)
    return MultiModelEndpoint(stack, "Fraud", naming=NAMING, model=model)


def components(stack: Stack) -> InferenceComponentEndpoint:
    return InferenceComponentEndpoint(stack, "Fraud", naming=NAMING, instance_type="ml.m5.xlarge")


def direct(stack: Stack) -> RealtimeEndpoint:
    model = MultiContainerModel(containers={"a": CONTAINER, "b": CONTAINER})
    return RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=model)


def uncompressed(stack: Stack) -> RealtimeEndpoint:
    data = ModelData.from_prefix(files(stack), "models/3")
    model = Container(image=CONTAINER.image, data=data)
    return RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=model)


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (serverless, "endpoint='serverless endpoint': its models are not for batch transform"),
        (multi_model, "endpoint='multi-model endpoint': its models are not for batch transform"),
        (components, "endpoint='inference component endpoint': its models are not"),
        (direct, "endpoint='MultiContainerModel': a record of a batch cannot name a container"),
        (uncompressed, "endpoint.data='models/3': batch transform takes one .tar.gz archive"),
    ],
)
def test_a_model_that_batch_transform_does_not_run_is_refused(
    endpoint: Callable[[Stack], Any], text: str
) -> None:
    with pytest.raises(ValueError, match="BatchTransformJob 'Job' has 1 problem") as caught:
        synthesize(lambda stack: transform(stack, endpoint=endpoint(stack)))
    assert text in str(caught.value)


def test_every_problem_is_in_one_error() -> None:
    with pytest.raises(ValueError, match="4 problems") as caught:
        synthesize(
            lambda stack: transform(
                stack,
                input=TransformInput.from_prefix(below(stack, "claims/")),
                output=TransformOutput(location=below(stack, "scores")),
                instance_type="ml.p5.48xlarge",
                batch_strategy=BatchStrategy.SINGLE_RECORD,
                at_deployment=None,
            )
        )
    named = [line.split("=")[0].removeprefix("  - ") for line in str(caught.value).splitlines()[1:]]
    assert named == ["instance_type", "batch_strategy", "input.location", "at_deployment"]


def test_what_a_role_needs_comes_before_what_uses_it() -> None:
    graph = Graph.of(made(full).template["Resources"])
    assert graph.cycles() == []

    def policies(*beginnings: str) -> set[str]:
        return {name for name in graph.of_type(POLICY) if name.startswith(beginnings)}

    (run,), (schedule,) = graph.of_type(JOB), graph.of_type(SCHEDULE)
    (on_demand,) = (name for name in graph.of_type(MACHINE) if name.startswith("JobOnDemand"))
    (model,) = graph.of_type(MODEL)
    assert policies("JobPolicy") <= graph.before[model]
    for user, own in (
        (run, "JobAtDeploymentPolicy"),
        (schedule, "JobSchedulesPolicy"),
        (on_demand, "JobOnDemandPolicy"),
    ):
        needed = policies("JobPolicy", own)
        assert len(needed) == 2
        assert needed <= graph.before[user], user
        assert model in graph.before[user], user


def run(**arguments: Any) -> Build:
    return job(at_deployment=RunAtDeployment(**arguments), alarms=None)


def container(**changes: Any) -> Container:
    return Container(**{"image": CONTAINER.image, "data": CONTAINER.data} | changes)


def tagged(stack: Stack) -> None:
    Aspects.of(transform(stack)).add(cast(IAspect, Tag("CostCentre", "42")))


# what changes: the same job otherwise, and whether it is another run
CHANGES: dict[str, tuple[Build, bool]] = {
    "image": (
        job(model=container(image=ContainerImage.from_registry(f"{ECR}/fraud:1.4.3"))),
        True,
    ),
    "artifact": (job(model=container(data=ModelData.from_uri("s3://models/4/m.tar.gz"))), True),
    "model's environment": (job(model=container(environment={"A": "1"})), True),
    "role": (lambda stack: transform(stack, role=trusted(stack)), True),
    "isolation": (job(enable_network_isolation=True), True),
    "input": (
        lambda stack: transform(stack, input=TransformInput.from_prefix(below(stack, "claims2"))),
        True,
    ),
    "output": (
        lambda stack: transform(stack, output=TransformOutput(location=below(stack, "scores2"))),
        True,
    ),
    "instances": (job(instance_count=2), True),
    "environment": (job(environment={"A": "1"}), True),
    "run": (run(run_id="2"), True),
    "tags": (
        job(
            naming=Naming(
                team="rc", project="project-a", model="fraud", version=3, environment="test"
            )
        ),
        False,
    ),
    "tags of an aspect": (tagged, False),
    "alarms off": (job(alarms=None), False),
    "other alarms": (job(alarms=BatchAlarms(failed_jobs=3)), False),
    "waiting": (run(wait_for_completion=Duration.minutes(30)), False),
    "schedules": (job(schedules=[nightly()]), False),
    "on demand": (job(on_demand=RunOnDemand()), False),
}


def defining(build: Build) -> dict[str, Any]:
    """What a run is told apart by; the stack and the logical id are the same."""
    return {
        name: value
        for name, value in of_job(build).items()
        if name in ("NamePrefix", "Definition", "RunId")
    }


@pytest.mark.parametrize("what", CHANGES)
def test_what_defines_the_job_runs_it_again_and_nothing_else_does(what: str) -> None:
    build, again = CHANGES[what]
    assert (defining(build) != defining(minimal)) is again
    ids = [
        name
        for made_build in (build, minimal)
        for name, resource in made(made_build).template["Resources"].items()
        if resource["Type"] == JOB
    ]
    assert ids[0] == ids[1], "a changed logical id would be another resource"


def test_the_models_name_changes_with_the_model_and_not_with_the_job() -> None:
    same = ("input", "output", "instances", "environment", "run", "tags", "alarms off", "waiting")
    for what, (build, _) in CHANGES.items():
        if what in same:
            assert model_name(build) == model_name(minimal), what
    assert model_name(CHANGES["image"][0]) != model_name(minimal)
    assert model_name(CHANGES["isolation"][0]) != model_name(minimal)


def test_other_tags_reach_the_jobs() -> None:
    build, _ = CHANGES["tags"]
    assert {"Key": "Environment", "Value": "test"} in of_job(build)["Tags"]


def own_functions(build: Build) -> dict[str, dict[str, Any]]:
    return {
        resource["Properties"]["Handler"]: resource["Properties"]
        for resource in made(build).of_type(FUNCTION)
        if resource["Properties"]["Handler"].startswith("index.")
    }


def test_the_functions_are_small_and_new() -> None:
    functions = own_functions(minimal)
    assert sorted(functions) == ["index.is_complete", "index.on_event"]
    for properties in functions.values():
        assert properties["Runtime"] == "python3.14"
        assert properties["Architectures"] == ["arm64"]
        assert properties["MemorySize"] == 256
        assert properties["Timeout"] == 120
        assert "VpcConfig" not in properties
        assert "Environment" not in properties
    assert len({json.dumps(properties["Role"]) for properties in functions.values()}) == 1
    assert len({json.dumps(properties["Code"]) for properties in functions.values()}) == 1


def test_the_code_is_the_checkouts_and_nothing_bundles_it() -> None:
    """``PATH`` is empty: Docker would not be found."""
    with tempfile.TemporaryDirectory() as directory, pytest.MonkeyPatch.context() as patched:
        patched.setenv("CDK_DOCKER", "/nowhere/docker")
        app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
        stack = Stack(app, "Test")
        transform(stack)
        app.synth()
        template = json.loads((Path(directory) / "Test.template.json").read_text())
        keys = {
            resource["Properties"]["Code"]["S3Key"]
            for resource in template["Resources"].values()
            if resource["Type"] == FUNCTION
            and resource["Properties"]["Handler"].startswith("index.")
        }
        (name,) = keys
        asset = Path(directory) / f"asset.{name.removesuffix('.zip')}"
        files_of_asset = {path.name: path.read_bytes() for path in asset.iterdir()}
    source = ROOT / "lambda" / "transform_job"
    assert files_of_asset == {"index.py": (source / "index.py").read_bytes()}


def test_all_functions_write_to_one_group_that_goes_with_the_stack() -> None:
    group = made(minimal).resource(LOG_GROUP)
    assert group["Properties"]["RetentionInDays"] == 30
    assert group["DeletionPolicy"] == "Delete"
    (name,) = (
        name
        for name, resource in made(minimal).template["Resources"].items()
        if resource["Type"] == LOG_GROUP
    )
    for function in made(minimal).of_type(FUNCTION):
        assert function["Properties"]["LoggingConfig"]["LogGroup"] == {"Ref": name}


def test_the_provider_framework_does_not_log_requests() -> None:
    """They hold the job's environment variables."""
    levels = [
        function["Properties"]["LoggingConfig"]["ApplicationLogLevel"]
        for function in made(minimal).of_type(FUNCTION)
        if function["Properties"]["Handler"].startswith("framework.")
    ]
    assert levels == ["FATAL"] * 3


@pytest.mark.parametrize(
    ("build", "seconds"),
    [(minimal, 900), (full, 1800), (run(wait_for_completion=Duration.hours(1)), 3600)],
)
def test_the_provider_framework_asks_every_half_minute(build: Build, seconds: int) -> None:
    (waiter,) = (
        json.loads(deployed(build).resolve(resource["Properties"]["DefinitionString"]))
        for name, resource in made(build).template["Resources"].items()
        if resource["Type"] == MACHINE and "AtDeployment" in name
    )
    (retry,) = waiter["States"]["framework-isComplete-task"]["Retry"]
    assert retry["IntervalSeconds"] == 30
    assert retry["IntervalSeconds"] * retry["MaxAttempts"] == seconds
    assert of_job(build)["TimeoutSeconds"] == seconds


def nothing_at_deployment(stack: Stack) -> BatchTransformJob:
    return transform(stack, at_deployment=None, schedules=[nightly()])


def test_a_job_that_is_not_run_at_deployment_needs_no_functions() -> None:
    types = made(nothing_at_deployment).types()
    assert not {FUNCTION, MACHINE, JOB, LOG_GROUP} & set(types)
    assert types.count(ROLE) == 2


def scheduled(*schedules: BatchSchedule, **arguments: Any) -> Build:
    return job(at_deployment=None, schedules=schedules, **arguments)


EXPRESSIONS: dict[str, tuple[scheduler.ScheduleExpression, str, str | None]] = {
    "each night in Berlin": (
        scheduler.ScheduleExpression.cron(hour="2", minute="0", time_zone=TimeZone.EUROPE_BERLIN),
        "cron(0 2 * * ? *)",
        "Europe/Berlin",
    ),
    "each hour": (scheduler.ScheduleExpression.rate(Duration.hours(1)), "rate(1 hour)", "Etc/UTC"),
    "as an expression": (
        scheduler.ScheduleExpression.expression("at(2026-12-24T18:00:00)", TimeZone.ASIA_TOKYO),
        "at(2026-12-24T18:00:00)",
        "Asia/Tokyo",
    ),
}


@pytest.mark.parametrize("what", EXPRESSIONS)
def test_a_schedule_runs_the_job_when_it_is_said(what: str) -> None:
    expression, text, zone = EXPRESSIONS[what]
    properties = of_schedule(scheduled(nightly(schedule=expression)))
    assert properties["ScheduleExpression"] == text
    assert properties.get("ScheduleExpressionTimezone") == zone
    assert properties["State"] == "ENABLED"
    assert properties["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_a_schedule_may_run_once() -> None:
    moment = datetime.datetime(2026, 12, 24, 18, 0, tzinfo=datetime.UTC)
    expression = scheduler.ScheduleExpression.at(moment)
    properties = of_schedule(scheduled(nightly(schedule=expression)))
    assert properties["ScheduleExpression"] == "at(2026-12-24T18:00:00)"
    assert properties["ScheduleExpressionTimezone"] == "Etc/UTC"


def test_a_schedule_calls_sagemaker_itself_and_keeps_what_failed() -> None:
    build = scheduled(nightly(retry_attempts=0))
    target = of_schedule(build)["Target"]
    assert target["Arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob"
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    assert target["DeadLetterConfig"]["Arn"].endswith(":JobSchedulesDeadLetters")
    assert made(build).properties(QUEUE)["MessageRetentionPeriod"] == 14 * 86400
    assert made(build).properties(QUEUE)["SqsManagedSseEnabled"] is True


def test_a_schedule_may_be_switched_off_and_have_a_window() -> None:
    build = scheduled(nightly(enabled=False, flexible_time_window=Duration.minutes(15)))
    properties = of_schedule(build)
    assert properties["State"] == "DISABLED"
    assert properties["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}


def own_queues(stack: Stack) -> BatchTransformJob:
    queue = sqs.Queue(stack, "Dead")
    return transform(
        stack,
        at_deployment=None,
        schedules=[nightly("a", dead_letter_queue=queue), nightly("b", dead_letter_queue=queue)],
    )


def test_with_queues_of_ones_own_none_is_made_and_none_alarms() -> None:
    (queue,) = made(own_queues).of_type(QUEUE)
    assert "Properties" not in queue
    for name in ("a", "b"):
        target = of_schedule(own_queues, f"Named{name}")["Target"]
        assert ":Dead" in target["DeadLetterConfig"]["Arn"]
    names = [alarm["Properties"]["AlarmName"] for alarm in made(own_queues).of_type(ALARM)]
    assert names == [f"{PREFIX}-FailedJobs"]


def test_schedules_may_be_called_like_what_they_share() -> None:
    build = scheduled(nightly("Role"), nightly("Policy"), nightly("DeadLetters"))
    assert len(made(build).of_type(SCHEDULE)) == 3


def on_demand(**arguments: Any) -> Build:
    return job(at_deployment=None, on_demand=RunOnDemand(**arguments))


PLAIN = on_demand()
RETRIED = on_demand(max_concurrency=25, max_attempts=3, timeout=Duration.hours(2))


def test_by_default_a_job_that_fails_is_not_started_again() -> None:
    task = states(PLAIN)["States"]["One"]
    assert task["Type"] == "Task"
    assert task["Resource"] == "arn:aws:states:::sagemaker:createTransformJob.sync"
    assert "TimeoutSeconds" not in task
    assert [retry["ErrorEquals"] for retry in task["Retry"]] == [
        ["SageMaker.ResourceLimitExceededException"],
        ["SageMaker.AmazonSageMakerException"],
    ]
    assert states(PLAIN)["States"]["Many"]["MaxConcurrency"] == 10


def test_jobs_are_started_as_often_and_as_many_at_a_time_as_it_is_said() -> None:
    definition = states(RETRIED)["States"]
    assert definition["Many"]["MaxConcurrency"] == 25
    processor = definition["Many"]["ItemProcessor"]
    assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    for task in (definition["One"], processor["States"]["OneOfMany"]):
        assert task["TimeoutSeconds"] == 7200
        *_, last = task["Retry"]
        assert last["ErrorEquals"] == ["States.TaskFailed"]
        assert last["MaxAttempts"] == 2


def test_the_machine_logs_without_data() -> None:
    properties = machine(PLAIN)["Properties"]
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert made(PLAIN).properties(LOG_GROUP)["LogGroupName"] == f"/aws/vendedlogs/states/{PREFIX}"


@pytest.mark.parametrize("build", [RETRIED, full])
def test_cfn_lint_finds_the_machines_definition_in_order(build: Build) -> None:
    """It checks the definition only where it is plain text."""
    properties = {
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/any",
        "DefinitionString": json.dumps(states(build)),
    }
    template = {"Resources": {"Machine": {"Type": MACHINE, "Properties": properties}}}
    assert found_by_lint(template) == []
    broken = json.loads(properties["DefinitionString"]) | {"StartAt": "Nowhere"}
    properties["DefinitionString"] = json.dumps(broken)
    assert any("Nowhere" in problem for problem in found_by_lint(template))


def called_directly(definition: Any) -> Any:
    """The machine with the API instead of the integration that waits, which moto does not have."""
    if isinstance(definition, list):
        return [called_directly(item) for item in definition]
    if not isinstance(definition, dict):
        return definition
    changed = {name: called_directly(item) for name, item in definition.items()}
    if str(changed.get("Resource", "")).endswith(":createTransformJob.sync"):
        changed["Resource"] = "arn:aws:states:::aws-sdk:sagemaker:createTransformJob"
        changed["ResultSelector"] = {"TransformJobName.$": "$.TransformJobArn"}
    return changed


ITEMS = [
    {"S3Uri": "s3://files/claims/1/", "S3OutputPath": "s3://files/scores/1"},
    {"S3Uri": "s3://files/claims/2/", "S3OutputPath": "s3://files/scores/2"},
]


def job_for_machine(stack: Stack) -> BatchTransformJob:
    """With the longest prefix, 46 characters, and nothing that moto's SageMaker does not have."""
    return transform(
        stack,
        input=TransformInput.from_prefix(
            below(stack, "claims"), content_type="text/csv", split_type=SplitType.LINE
        ),
        output=TransformOutput(location=below(stack, "scores"), accept="text/csv"),
        naming=Naming(team="rc", project="p" * 11, model="fraud-of-transactions"),
        at_deployment=None,
        on_demand=RunOnDemand(),
    )


@pytest.fixture
def sagemaker(
    plain_sagemaker: None, monkeypatch: pytest.MonkeyPatch
) -> "Iterator[SageMakerClient]":
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("sagemaker")
        client.create_model(
            ModelName=model_name(job_for_machine),
            ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
            PrimaryContainer={"Image": "any"},
        )
        yield client


def answer(given: Mapping[str, Any], name: str) -> str:
    """Run the machine and return its answer."""
    # Without types of its own, because the project needs them nowhere else.
    machines: Any = boto3.client("stepfunctions")
    arn = machines.create_state_machine(
        name=name,
        definition=json.dumps(called_directly(states(job_for_machine))),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
    )["stateMachineArn"]
    started = machines.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        execution = machines.describe_execution(executionArn=started["executionArn"])
        if execution["status"] != "RUNNING":
            assert execution["status"] == "SUCCEEDED", execution
            output: str = execution["output"]
            return output
        time.sleep(0.02)
    raise TimeoutError(name)


def test_the_machine_runs_the_job_as_it_is_defined_or_one_for_each_input(
    sagemaker: "SageMakerClient",
) -> None:
    answers = [answer({}, "one"), *json.loads(answer({"inputs": ITEMS}, "many"))]
    summaries = sagemaker.list_transform_jobs()["TransformJobSummaries"]
    names = [summary["TransformJobName"] for summary in summaries]
    ran = [sagemaker.describe_transform_job(TransformJobName=name) for name in names]
    given_and_written = {
        (
            described["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"],
            described["TransformOutput"]["S3OutputPath"],
        )
        for described in ran
    }
    assert given_and_written == {
        ("s3://files/claims/", "s3://files/scores"),
        *((item["S3Uri"], item["S3OutputPath"]) for item in ITEMS),
    }
    for described in ran:
        assert described["TransformInput"].get("ContentType") == "text/csv"
        assert described["TransformInput"].get("SplitType") == "Line"
        assert described["TransformOutput"].get("Accept") == "text/csv"
        assert described["ModelName"] == model_name(job_for_machine)
    assert len(set(names)) == 3
    for name in names:
        prefix, run_id, attempt = name.rsplit("-", 2)
        assert (len(prefix), len(run_id), attempt) == (46, 12, "0")
        # After 5 + 5 + 9 retries at most, the attempt has two digits.
        assert len(f"{prefix}-{run_id}-19") <= 63
    arns = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/"
    assert sorted(answers) == sorted(f"{arns}{name}" for name in names)


def test_the_machine_answers_with_no_more_than_names() -> None:
    """Its answer is bounded by 256 KiB, as its input is."""
    definition = states(PLAIN)["States"]
    for task in (definition["One"], definition["Many"]["ItemProcessor"]["States"]["OneOfMany"]):
        assert task["ResultSelector"] == {"TransformJobName.$": "$.TransformJobName"}
        assert task["OutputPath"] == "$.TransformJobName"


def heard(stack: Stack) -> None:
    asked = transform(stack, alarms=None)
    topic = sns.Topic(stack, "Topic")
    asked.on_completed("Completed", target=targets.SnsTopic(cast(sns.ITopic, topic)))
    # As the rule that the alarm on failures counts would have been called.
    asked.on_failed("Failed", description="failed")
    asked.on_stopped("Stopped")
    asked.on_state_change("All")
    asked.on_state_change(
        "Ends", statuses=[TransformJobStatus.COMPLETED, TransformJobStatus.STOPPED]
    )


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        ("JobCompleted", ["Completed"]),
        ("JobFailed", ["Failed"]),
        ("JobStopped", ["Stopped"]),
        ("JobAll", ["InProgress", "Completed", "Failed", "Stopping", "Stopped"]),
        ("JobEnds", ["Completed", "Stopped"]),
    ],
)
def test_events_of_the_jobs_states_go_where_it_is_said(rule: str, statuses: list[str]) -> None:
    (found,) = (
        resource["Properties"]
        for name, resource in made(heard).template["Resources"].items()
        if resource["Type"] == RULE and name.startswith(rule)
    )
    assert found["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {
            "TransformJobName": [{"prefix": f"{PREFIX}-"}],
            "TransformJobStatus": statuses,
        },
    }
    assert ("Targets" in found) is (rule == "JobCompleted")
    assert found.get("Description") == ("failed" if rule == "JobFailed" else None)


def alarms(build: Build) -> dict[str, dict[str, Any]]:
    return {
        alarm["Properties"]["AlarmName"]: alarm["Properties"]
        for alarm in made(build).of_type(ALARM)
    }


def logical_id(build: Build, kind: str) -> str:
    resources: dict[str, Any] = made(build).template["Resources"]
    (name,) = (name for name, resource in resources.items() if resource["Type"] == kind)
    return name


def test_a_failed_job_and_a_failed_start_alarm() -> None:
    found = alarms(nothing_at_deployment)
    assert set(found) == {f"{PREFIX}-FailedJobs", f"{PREFIX}-FailedStarts"}
    jobs, starts = found[f"{PREFIX}-FailedJobs"], found[f"{PREFIX}-FailedStarts"]
    rule = logical_id(nothing_at_deployment, RULE)
    queue = logical_id(nothing_at_deployment, QUEUE)
    assert jobs["Namespace"] == "AWS/Events"
    assert jobs["MetricName"] == "TriggeredRules"
    assert jobs["Statistic"] == "Sum"
    assert jobs["Dimensions"] == [{"Name": "RuleName", "Value": {"Ref": rule}}]
    assert starts["Namespace"] == "AWS/SQS"
    assert starts["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert starts["Statistic"] == "Maximum"
    assert starts["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}
    ]
    for alarm in (jobs, starts):
        assert alarm["Period"] == 300
        assert alarm["EvaluationPeriods"] == 1
        assert alarm["Threshold"] == 0
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].startswith("Critical: ")
        assert "AlarmActions" not in alarm


def test_the_alarm_counts_failures_of_this_jobs_runs() -> None:
    pattern = made(nothing_at_deployment).properties(RULE)["EventPattern"]
    assert pattern["detail"] == {
        "TransformJobName": [{"prefix": f"{PREFIX}-"}],
        "TransformJobStatus": ["Failed"],
    }


def test_alarms_go_to_a_topic_and_to_actions() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        topic, paged = sns.Topic(stack, "Topic"), sns.Topic(stack, "Paged")
        page = actions.SnsAction(cast(sns.ITopic, paged))
        return transform(
            stack, alarms=BatchAlarms(topic=topic, actions={Severity.CRITICAL: [page]})
        )

    (alarm,) = alarms(build).values()
    called = [deployed(build).resolve(action) for action in alarm["AlarmActions"]]
    assert [arn.rsplit(":", 1)[1][:5] for arn in called] == ["Topic", "Paged"]
    assert [deployed(build).resolve(action) for action in alarm["OKActions"]] == called[:1]


def test_each_alarm_has_a_threshold_and_can_be_switched_off() -> None:
    def named(settings: BatchAlarms | None) -> dict[str, float]:
        found = alarms(scheduled(nightly(), alarms=settings))
        return {name.removeprefix(f"{PREFIX}-"): a["Threshold"] for name, a in found.items()}

    assert named(BatchAlarms(failed_jobs=2, failed_starts=5)) == {
        "FailedJobs": 2,
        "FailedStarts": 5,
    }
    assert named(BatchAlarms(failed_jobs=None)) == {"FailedStarts": 0}
    assert named(BatchAlarms(failed_starts=None)) == {"FailedJobs": 0}
    assert named(None) == {}


def test_alarms_of_endpoints_are_refused() -> None:
    with pytest.raises(ValueError, match=r"alarms=.*must be a BatchAlarms"):
        synthesize(job(alarms=Alarms()))


def test_names_and_grants_are_of_the_jobs() -> None:
    seen: dict[str, Any] = {}

    def build(stack: Stack) -> None:
        asked = transform(stack, on_demand=RunOnDemand())
        person = caller(stack)
        asked.grant(person, "sagemaker:DescribeTransformJob")
        seen["prefix"], seen["arns"] = asked.job_name_prefix, asked.job_arns
        seen["machine"] = asked.state_machine
        files(stack).grant_read(asked)

    synthesized = synthesize(build, env=IRELAND)
    assert seen["prefix"] == PREFIX
    assert seen["machine"] is not None
    granted = [
        statement
        for policy in synthesized.of_type("AWS::IAM::Policy")
        if policy["Properties"]["Roles"][0]["Ref"].startswith("Caller")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert granted == [
        {
            "Effect": "Allow",
            "Action": "sagemaker:DescribeTransformJob",
            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:transform-job/{PREFIX}-*",
        }
    ]
    (own,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in synthesized.of_type(POLICY)
        if policy["Properties"]["Roles"][0]["Ref"].startswith("JobRole")
    )
    assert any("s3:GetBucket*" in statement["Action"] for statement in own)


def test_what_there_is_not_cannot_be_granted() -> None:
    def build(stack: Stack) -> None:
        transform(stack).grant_start(caller(stack))

    with pytest.raises(ValueError, match="grant_start: the job has no on_demand to start"):
        synthesize(build)


def test_warnings_are_in_the_tree() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        return transform(stack, enable_network_isolation=True)

    (message,) = made(build).messages
    assert "AWS's feature matrix says that batch transform does not have it" in message


def test_what_is_known_only_at_deployment_is_passed_on() -> None:
    def build(stack: Stack) -> BatchTransformJob:
        prefix = CfnParameter(stack, "Prefix").value_as_string
        count = CfnParameter(stack, "Count", type="Number").value_as_number
        return transform(
            stack,
            input=TransformInput.from_prefix(below(stack, prefix)),
            instance_count=count,
            schedules=[nightly()],
            on_demand=RunOnDemand(),
        )

    definition = made(build).properties(JOB)["Definition"]
    assert definition["TransformResources"]["InstanceCount"] == {"Ref": "Count"}
    given = definition["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert given == {"Fn::Join": ["", ["s3://files/", {"Ref": "Prefix"}, "/"]]}
    # In JSON the number must stand without quotes.
    parts = made(build).properties(SCHEDULE)["Target"]["Input"]["Fn::Join"][1]
    text = "".join("7" if part == {"Ref": "Count"} else str(part) for part in parts)
    assert json.loads(text.replace("'", ""))["TransformResources"]["InstanceCount"] == 7


def found_by_lint(template: Mapping[str, Any], regions: tuple[str, ...] = (REGION,)) -> list[str]:
    # CDK's functions and machines depend on roles that they refer to.
    config = ManualArgs(regions=list(regions), ignore_checks=["W3005"])
    return [str(match) for match in lint(json.dumps(template), config=config)]


PARTITIONS = ("us-east-1", "cn-north-1", "us-gov-west-1")


@pytest.mark.parametrize(
    ("build", "regions"),
    [(full, PARTITIONS), (several_jobs, (REGION,)), (SEVERAL, (REGION,))],
    ids=["full", "several of an endpoint", "in a VPC"],
)
def test_cfn_lint_reports_nothing(build: Build, regions: tuple[str, ...]) -> None:
    assert found_by_lint(synthesize(build).template, regions) == []


def test_nothing_is_of_one_partition() -> None:
    china = Environment(account=ACCOUNT, region="cn-north-1")

    def build(stack: Stack) -> BatchTransformJob:
        repository = ecr.Repository.from_repository_name(stack, "Repository", "fraud")
        model = Container(image=ContainerImage.from_ecr_repository(repository, tag="1"))
        return transform(stack, model=model, schedules=[nightly()], on_demand=RunOnDemand())

    text = json.dumps(synthesize(build, env=china).template)
    assert "arn:aws:" not in text
    assert "arn:aws-cn:states:::sagemaker:createTransformJob.sync" in text
    assert "arn:aws-cn:scheduler:::aws-sdk:sagemaker:createTransformJob" in text


def test_without_account_and_region_the_same_is_made() -> None:
    assert synthesize(full).types() == made(full).types()


@pytest.mark.parametrize("build", [full, lent])
def test_synthesizing_again_gives_the_same_template(build: Build) -> None:
    assert synthesize(build, env=IRELAND).template == made(build).template


def test_a_pipeline_runs_too() -> None:
    build = job(model=InferencePipeline(containers={"features": CONTAINER, "predict": CONTAINER}))
    hostnames = [item["ContainerHostname"] for item in made(build).properties(MODEL)["Containers"]]
    assert hostnames == ["features", "predict"]
