"""What surrounds a batch job: made, changed in place where that can be, and removed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.models import UNKNOWN

ACCOUNT = "123456789012"
AWS_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def _role(**more: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    statement = trust | {"Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    properties = {"AssumeRolePolicyDocument": document, **more}
    return {"Type": "AWS::IAM::Role", "Properties": properties}


ROLE = {"Fn::GetAtt": ["Role", "Arn"]}


def _deployed(cloud: Any, **resources: Any) -> None:
    """Deploys resources beside a role, as a change of what there is."""
    made = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in resources.items()
    }
    known = cloud.client("cloudformation").describe_stacks()["Stacks"]
    expected = "UPDATE_COMPLETE" if known else "CREATE_COMPLETE"
    assert cloud.deploy({"Role": _role(), **made}) == expected, cloud.reasons()


def _tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


@pytest.fixture(autouse=True)
def _all_known(cloud: Any) -> Any:
    yield
    assert UNKNOWN.rows() == []


def test_a_function_with_its_permission_and_version(cloud: Any) -> None:
    api = cloud.client("lambda")
    wanted: dict[str, Any] = {
        "Code": {"ZipFile": "def handler(event, context): return 1"},
        "Handler": "index.handler",
        "Runtime": "python3.14",
        "Architectures": ["arm64"],
        "Role": ROLE,
        "Timeout": "120",
        "MemorySize": 256,
        "Environment": {"Variables": {"WORKERS": 2}},
        "Tags": _tags(Team="rc", Old="x"),
    }
    permission = {
        "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
    }
    more = {
        "Permission": ("Lambda::Permission", permission),
        "Version": ("Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
    }
    _deployed(cloud, Function=("Lambda::Function", wanted), **more)
    name = cloud.physical_id("Function")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    first = api.get_function(FunctionName=name)
    shown = first["Configuration"]
    assert (shown["Timeout"], shown["MemorySize"]) == (120, 256)
    assert shown["Architectures"] == ["arm64"]
    assert shown["Environment"]["Variables"] == {"WORKERS": "2"}
    assert first["Tags"] == {"Team": "rc", "Old": "x"}
    policy = json.loads(api.get_policy(FunctionName=name)["Policy"])
    assert [s["Sid"] for s in policy["Statement"]] == [cloud.physical_id("Permission")]
    assert cloud.physical_id("Version") == f"{arn}:1"

    changed = {k: v for k, v in wanted.items() if k not in ("Environment", "MemorySize")}
    changed["Code"] = {"ZipFile": "def handler(event, context): return 2"}
    changed["Timeout"] = 60
    changed["Tags"] = _tags(Team="other")
    _deployed(cloud, Function=("Lambda::Function", changed), **more)
    assert cloud.physical_id("Function") == name
    second = api.get_function(FunctionName=name)
    shown = second["Configuration"]
    assert (shown["Timeout"], shown["MemorySize"]) == (60, 128)
    assert shown["CodeSha256"] != first["Configuration"]["CodeSha256"]
    assert shown.get("Environment", {}).get("Variables", {}) == {}
    assert second["Tags"] == {"Team": "other"}

    _deployed(cloud, Function=("Lambda::Function", changed))
    assert api.list_versions_by_function(FunctionName=name)["Versions"][1:] == []
    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        api.get_policy(FunctionName=name)
    _deployed(cloud)
    assert api.list_functions()["Functions"] == []


def test_a_state_machine(cloud: Any) -> None:
    api = cloud.client("stepfunctions")
    group = {"Fn::GetAtt": ["Group", "Arn"]}
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Comment": "${Said}"}}}
    wanted: dict[str, Any] = {
        "DefinitionString": json.dumps(definition),
        "DefinitionSubstitutions": {"Said": "hello"},
        "RoleArn": ROLE,
        "TracingConfiguration": {"Enabled": True},
        "LoggingConfiguration": {
            "Level": "ALL",
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": group}}],
        },
        "Tags": _tags(Team="rc", Old="x"),
    }
    more = {"Group": ("Logs::LogGroup", {"LogGroupName": "/aws/vendedlogs/states/a"})}
    _deployed(cloud, Machine=("StepFunctions::StateMachine", wanted), **more)
    arn = cloud.physical_id("Machine")
    shown = api.describe_state_machine(stateMachineArn=arn)
    assert json.loads(shown["definition"])["States"]["A"]["Comment"] == "hello"
    assert shown["tracingConfiguration"] == {"enabled": True}
    assert shown["loggingConfiguration"]["level"] == "ALL"
    assert len(api.list_tags_for_resource(resourceArn=arn)["tags"]) == 2

    definition["StartAt"] = "B"
    changed = {
        "Definition": definition | {"States": {"B": {"Type": "Pass"}}},
        "RoleArn": ROLE,
        "Tags": _tags(Team="rc"),
    }
    _deployed(cloud, Machine=("StepFunctions::StateMachine", changed), **more)
    shown = api.describe_state_machine(stateMachineArn=arn)
    assert json.loads(shown["definition"])["StartAt"] == "B"
    tags = api.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "Team", "value": "rc"}]
    _deployed(cloud)
    assert api.list_state_machines()["stateMachines"] == []
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_a_schedule(cloud: Any) -> None:
    api = cloud.client("scheduler")
    wanted: dict[str, Any] = {
        "Name": "nightly",
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": "15"},
        "State": "ENABLED",
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob",
            "RoleArn": ROLE,
            "Input": "{}",
            "RetryPolicy": {"MaximumRetryAttempts": 3},
        },
    }
    _deployed(cloud, Schedule=("Scheduler::Schedule", wanted))
    shown = api.get_schedule(Name="nightly")
    assert shown["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert shown["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 3}
    _deployed(cloud, Schedule=("Scheduler::Schedule", wanted | {"State": "DISABLED"}))
    assert api.get_schedule(Name="nightly")["State"] == "DISABLED"
    assert cloud.physical_id("Schedule") == "nightly"
    _deployed(cloud)
    assert api.list_schedules()["Schedules"] == []


def test_an_event_rule(cloud: Any) -> None:
    api = cloud.client("events")
    topic = {"Ref": "Topic"}
    wanted: dict[str, Any] = {
        "EventPattern": {"source": ["aws.sagemaker"]},
        "State": "ENABLED",
        "Targets": [{"Id": "a", "Arn": topic}, {"Id": "b", "Arn": topic}],
        "Tags": _tags(Team="rc", Old="x"),
    }
    more: dict[str, Any] = {"Topic": ("SNS::Topic", {})}
    _deployed(cloud, Rule=("Events::Rule", wanted), **more)
    name = cloud.physical_id("Rule")
    arn = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}"
    assert json.loads(api.describe_rule(Name=name)["EventPattern"]) == {"source": ["aws.sagemaker"]}
    assert [t["Id"] for t in api.list_targets_by_rule(Rule=name)["Targets"]] == ["a", "b"]
    before = len(cloud.events())
    _deployed(cloud, Rule=("Events::Rule", wanted), Other=("SNS::Topic", {}), **more)
    assert "Rule" not in {logical_id for logical_id, _ in cloud.events()[before:]}

    changed = wanted | {
        "EventPattern": {"source": ["aws.s3"]},
        "Targets": wanted["Targets"][1:],
        "Tags": _tags(Team="rc"),
    }
    _deployed(cloud, Rule=("Events::Rule", changed), **more)
    assert cloud.physical_id("Rule") == name
    assert json.loads(api.describe_rule(Name=name)["EventPattern"]) == {"source": ["aws.s3"]}
    assert [t["Id"] for t in api.list_targets_by_rule(Rule=name)["Targets"]] == ["b"]
    assert api.list_tags_for_resource(ResourceARN=arn)["Tags"] == _tags(Team="rc")
    _deployed(cloud, **more)
    assert api.list_rules()["Rules"] == []


def test_a_queue(cloud: Any) -> None:
    api = cloud.client("sqs")
    wanted: dict[str, Any] = {"MessageRetentionPeriod": 1209600, "Tags": _tags(Team="rc", Old="x")}
    _deployed(cloud, Queue=("SQS::Queue", wanted))
    url = cloud.physical_id("Queue")
    read = {"QueueUrl": url, "AttributeNames": ["All"]}
    assert api.get_queue_attributes(**read)["Attributes"]["MessageRetentionPeriod"] == "1209600"
    changed = {"VisibilityTimeout": "90", "Tags": _tags(Team="rc")}
    _deployed(cloud, Queue=("SQS::Queue", changed))
    attributes = api.get_queue_attributes(**read)["Attributes"]
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["VisibilityTimeout"] == "90"
    assert api.list_queue_tags(QueueUrl=url)["Tags"] == {"Team": "rc"}
    _deployed(cloud)
    assert api.list_queues().get("QueueUrls", []) == []


def test_rules_between_the_members_of_a_security_group(cloud: Any) -> None:
    group = {"Fn::GetAtt": ["Group", "GroupId"]}
    rule = {"GroupId": group, "IpProtocol": "-1", "Description": "all traffic"}
    resources: dict[str, Any] = {
        "Vpc": ("EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        "Group": (
            "EC2::SecurityGroup",
            {"GroupDescription": "jobs", "VpcId": {"Ref": "Vpc"}, "SecurityGroupEgress": []},
        ),
    }
    rules: dict[str, Any] = {
        "In": ("EC2::SecurityGroupIngress", rule | {"SourceSecurityGroupId": group}),
        "Out": ("EC2::SecurityGroupEgress", rule | {"DestinationSecurityGroupId": group}),
    }
    api = cloud.client("ec2")
    before = len(api.describe_security_groups()["SecurityGroups"])

    def peers() -> list[list[str]]:
        found = api.describe_security_groups(GroupIds=[cloud.physical_id("Group")])
        (shown,) = found["SecurityGroups"]
        return [
            [pair["GroupId"] for entry in shown[member] for pair in entry["UserIdGroupPairs"]]
            for member in ("IpPermissions", "IpPermissionsEgress")
        ]

    _deployed(cloud, **resources, **rules)
    assert peers() == [[cloud.physical_id("Group")]] * 2
    assert cloud.physical_id("Out").startswith("sgr-")
    _deployed(cloud, **resources)
    assert peers() == [[], []]
    _deployed(cloud)
    assert len(api.describe_security_groups()["SecurityGroups"]) == before


def test_a_role_has_the_policies_of_its_template_those_of_aws_among_them(cloud: Any) -> None:
    api = cloud.client("iam")

    def attached() -> list[str]:
        found = api.list_attached_role_policies(RoleName=cloud.physical_id("Role"))
        return [policy["PolicyArn"] for policy in found["AttachedPolicies"]]

    cloud.deploy({"Role": _role(ManagedPolicyArns=[AWS_POLICY])})
    assert attached() == [AWS_POLICY]
    other = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    cloud.deploy({"Role": _role(ManagedPolicyArns=[other])})
    assert attached() == [other]
    assert api.list_policies(Scope="Local")["Policies"] == []
    cloud.destroy()
    assert api.list_roles()["Roles"] == []
    nobodys = "arn:aws:iam::aws:policy/NobodyKnowsThis"
    assert cloud.deploy({"Role": _role(ManagedPolicyArns=[nobodys])}) == "ROLLBACK_COMPLETE"
    assert f"Policy {nobodys} does not exist or is not attachable" in cloud.reasons()["Role"]
    assert api.list_roles()["Roles"] == []
