from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from local import shapes
from local.models import supplier
from local.registry import schema

Build = Callable[..., dict[str, Any]]


def test_boto3_reads_back_what_the_template_said(cloud: Any, endpoint_stack: Build) -> None:
    assert cloud.deploy(endpoint_stack()) == "CREATE_COMPLETE"
    state = cloud.state()
    model = state["models"][0]
    assert model["PrimaryContainer"] == {"Image": "image:1", "Environment": {"WORKERS": "2"}}
    variant = state["configs"][0]["ProductionVariants"][0]
    assert variant["InitialInstanceCount"] == 1
    assert variant["InitialVariantWeight"] == 0
    assert state["endpoints"][0]["ProductionVariants"][0]["DesiredInstanceCount"] == 2
    assert (state["targets"][0]["MinCapacity"], state["targets"][0]["MaxCapacity"]) == (2, 6)


def test_references_yield_arns_and_names(cloud: Any, endpoint_stack: Build) -> None:
    outputs = {
        "Ref": {"Value": {"Ref": "Endpoint"}},
        "Name": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
        "Target": {"Value": {"Ref": "Target"}},
    }
    cloud.deploy(endpoint_stack(), Outputs=outputs)
    stack = cloud.client("cloudformation").describe_stacks()["Stacks"][0]
    assert {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]} == {
        "Ref": "arn:aws:sagemaker:us-east-1:123456789012:endpoint/fraud",
        "Name": "Fraud",
        "Target": "endpoint/Fraud/variant/main|sagemaker:variant:DesiredInstanceCount|sagemaker",
    }


def test_generated_names_fit_and_differ(cloud: Any, endpoint_stack: Build) -> None:
    resources = endpoint_stack(scaled=False)
    for logical_id in ("Model", "Config", "Endpoint"):
        properties = resources[logical_id]["Properties"]
        for name in [name for name in properties if name == f"{_kind(resources, logical_id)}Name"]:
            del properties[name]
    long_name = "a-stack-with-a-name-that-leaves-hardly-any-room-for-the-rest"
    assert cloud.deploy(resources, name=long_name) == "CREATE_COMPLETE"
    name = cloud.state()["endpoints"][0]["EndpointName"]
    assert len(name) == 63
    assert name.startswith("a-stack-with-a-name")


def _kind(resources: dict[str, Any], logical_id: str) -> str:
    return str(resources[logical_id]["Type"]).rsplit("::", 1)[1]


def test_guardrails_and_alarms(cloud: Any, endpoint_stack: Build) -> None:
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations"}
    resources = endpoint_stack()
    resources["Alarm"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "errors",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": "3",
            "DatapointsToAlarm": 2,
            "Threshold": "0.1",
            "TreatMissingData": "notBreaching",
            "Metrics": [
                {"Id": "rate", "Expression": "100*e/i", "Label": "rate", "ReturnData": "true"},
                {
                    "Id": "i",
                    "ReturnData": False,
                    "MetricStat": {
                        "Metric": metric
                        | {"Dimensions": [{"Name": "EndpointName", "Value": "Fraud"}]},
                        "Period": "60",
                        "Stat": "Sum",
                    },
                },
            ],
            "Tags": [{"Key": "Team", "Value": "rc"}],
        },
    }
    deployment = {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "WaitIntervalInSeconds": 300,
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
            },
            "TerminationWaitInSeconds": 60,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }
    resources["Endpoint"]["Properties"]["DeploymentConfig"] = deployment
    resources["Endpoint"]["DependsOn"] = ["Alarm"]
    assert cloud.deploy(resources) == "CREATE_COMPLETE"
    assert cloud.state()["endpoints"][0]["LastDeploymentConfig"] == deployment
    alarm = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"][0]
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (3, 2)
    assert (alarm["Threshold"], alarm["StateValue"]) == (0.1, "INSUFFICIENT_DATA")
    assert [m["Id"] for m in alarm["Metrics"]] == ["rate", "i"]
    assert alarm["Metrics"][1]["MetricStat"]["Period"] == 60
    tags = cloud.client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"])
    assert tags["Tags"] == [{"Key": "Team", "Value": "rc"}]


def test_an_alarm_does_not_overwrite_another_stacks(cloud: Any) -> None:
    alarm = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "errors",
            "MetricName": "Invocations",
            "Namespace": "AWS/SageMaker",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
        },
    }
    cloud.deploy({"Alarm": alarm}, name="a")
    assert cloud.deploy({"Alarm": alarm}, name="b") == "ROLLBACK_COMPLETE"
    assert cloud.reasons("b")["Alarm"] == (
        "Resource of type 'AWS::CloudWatch::Alarm' with identifier 'errors' already exists."
    )
    assert len(cloud.state()["alarms"]) == 1


def test_scaling_policies_and_schedules_are_updated_in_place(
    cloud: Any, endpoint_stack: Build
) -> None:
    api = cloud.client("application-autoscaling")
    resources = endpoint_stack()

    def policy(value: float) -> dict[str, Any]:
        return {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "invocations",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": value,
                    "ScaleInCooldown": "300",
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                },
            },
        }

    def schedule(name: str) -> dict[str, Any]:
        bounds = {"MinCapacity": 1, "MaxCapacity": 2}
        return {
            "ScheduledActionName": name,
            "Schedule": "cron(0 20 * * ? *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": bounds,
        }

    resources["Policy"] = policy(70)
    resources["Target"]["Properties"]["ScheduledActions"] = [schedule("night"), schedule("noon")]
    assert cloud.deploy(resources) == "CREATE_COMPLETE"
    arn = cloud.physical_id("Policy")
    resources["Policy"] = policy(90)
    resources["Target"]["Properties"]["ScheduledActions"] = [schedule("night"), schedule("dawn")]
    assert cloud.deploy(resources) == "UPDATE_COMPLETE"
    assert cloud.physical_id("Policy") == arn
    found = api.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"][0]
    tracking = found["TargetTrackingScalingPolicyConfiguration"]
    assert (tracking["TargetValue"], tracking["ScaleInCooldown"]) == (90, 300)
    actions = api.describe_scheduled_actions(ServiceNamespace="sagemaker")["ScheduledActions"]
    assert {a["ScheduledActionName"] for a in actions} == {"night", "dawn"}


@pytest.mark.parametrize(
    ("resource_type", "service", "operations"),
    [
        ("AWS::SageMaker::Model", "sagemaker", ["CreateModel"]),
        ("AWS::SageMaker::EndpointConfig", "sagemaker", ["CreateEndpointConfig"]),
        ("AWS::SageMaker::Endpoint", "sagemaker", ["CreateEndpoint", "UpdateEndpoint"]),
        (
            "AWS::SageMaker::InferenceComponent",
            "sagemaker",
            ["CreateInferenceComponent", "UpdateInferenceComponent"],
        ),
        ("AWS::CloudWatch::Alarm", "cloudwatch", ["PutMetricAlarm"]),
    ],
)
def test_every_writable_property_has_a_member_of_the_same_name(
    resource_type: str, service: str, operations: list[str]
) -> None:
    document = schema(resource_type, "us-east-1")
    read_only = {p.rsplit("/", 1)[1] for p in document.get("readOnlyProperties", [])}
    members: set[str] = set()
    for operation in operations:
        shape = shapes.service_model(service).operation_model(operation).input_shape
        assert shape is not None
        members |= set(shape.members)
    # An inference component's is derived, although its schema does not call it read-only.
    derived = {"EndpointArn"}
    assert set(document["properties"]) - read_only - derived - members == set()


def test_an_unknown_property_is_refused_in_cloudformations_words(
    cloud: Any, endpoint_stack: Build
) -> None:
    resources = endpoint_stack()
    resources["Model"]["Properties"]["Nonsense"] = 1
    cloud.deploy(resources)
    assert "extraneous key [Nonsense] is not permitted" in cloud.reasons()["Model"]


def test_installing_twice_changes_nothing(cloud: Any) -> None:
    from local.extension import install

    before = supplier("AWS::SageMaker::Model")
    install()
    assert supplier("AWS::SageMaker::Model") is before


def _policy(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_managed_policy_changes_in_place_any_number_of_times(cloud: Any) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}

    def resources(action: str, role: str) -> dict[str, Any]:
        empty = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
        properties = {"PolicyDocument": _policy(action), "Roles": [{"Ref": role}]}
        policy = {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}
        return {"A": empty, "B": empty, "Policy": policy}

    iam = cloud.client("iam")
    cloud.deploy(resources("s3:Get0", "A"))
    arn = cloud.physical_id("Policy")
    for number in range(1, 8):
        status = cloud.deploy(resources(f"s3:Get{number}", "AB"[number % 2]))
        assert status == "UPDATE_COMPLETE"
    assert cloud.physical_id("Policy") == arn
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert document == _policy("s3:Get7")
    holders = iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]
    assert [h["RoleName"] for h in holders] == [cloud.physical_id("B")]
    cloud.destroy()
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_roles()["Roles"] == []


def test_a_role_changes_in_place(cloud: Any) -> None:
    def role(service: str, action: str, team: str) -> dict[str, Any]:
        statement = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": service},
        }
        return {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                "Policies": [{"PolicyName": "inline", "PolicyDocument": _policy(action)}],
                "Tags": [{"Key": "Team", "Value": team}],
            },
        }

    iam = cloud.client("iam")
    cloud.deploy({"Role": role("a.amazonaws.com", "s3:Get", "one")})
    before = iam.get_role(RoleName=cloud.physical_id("Role"))["Role"]
    assert cloud.deploy({"Role": role("b.amazonaws.com", "s3:Put", "two")}) == "UPDATE_COMPLETE"
    after = iam.get_role(RoleName=cloud.physical_id("Role"))["Role"]
    assert after["RoleId"] == before["RoleId"]
    assert "b.amazonaws.com" in json.dumps(after["AssumeRolePolicyDocument"])
    assert after["Tags"] == [{"Key": "Team", "Value": "two"}]
    inline = iam.get_role_policy(RoleName=after["RoleName"], PolicyName="inline")
    assert inline["PolicyDocument"] == _policy("s3:Put")


def test_a_security_group_keeps_its_id_and_gets_its_rules(cloud: Any) -> None:
    ec2 = cloud.client("ec2")

    def resources(port: int) -> dict[str, Any]:
        rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/16"}
        return {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {
                    "GroupDescription": "test",
                    "VpcId": {"Ref": "Vpc"},
                    "SecurityGroupEgress": [rule | {"Description": "out"}],
                    "SecurityGroupIngress": [rule],
                },
            },
        }

    def ports() -> list[int]:
        group = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"][0]
        rules = [*group["IpPermissions"], *group["IpPermissionsEgress"]]
        return [rule.get("FromPort", 0) for rule in rules]

    cloud.deploy(resources(443))
    group_id = cloud.client("cloudformation").describe_stack_resource(
        StackName="stack", LogicalResourceId="Group"
    )["StackResourceDetail"]["PhysicalResourceId"]
    assert ports() == [443, 443]
    assert cloud.deploy(resources(8080)) == "UPDATE_COMPLETE"
    assert ports() == [8080, 8080]
    assert cloud.physical_id("Group") == group_id


@pytest.mark.parametrize(
    ("resource_type", "first", "second"),
    [
        ("AWS::SNS::Topic", {"DisplayName": "a"}, {"DisplayName": "b"}),
        ("AWS::Logs::LogGroup", {"RetentionInDays": 7}, {"RetentionInDays": 30}),
        ("AWS::KMS::Key", {"Description": "a"}, {"Description": "b"}),
        (
            "AWS::ECR::Repository",
            {"ImageTagMutability": "MUTABLE"},
            {"ImageTagMutability": "IMMUTABLE"},
        ),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"Status": "Suspended"}},
            {"VersioningConfiguration": {"Status": "Enabled"}},
        ),
        ("AWS::SSM::Parameter", {"Type": "String", "Value": "a"}, {"Type": "String", "Value": "b"}),
    ],
)
def test_in_place_updates_keep_the_physical_id(
    cloud: Any, resource_type: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    if resource_type == "AWS::KMS::Key":
        policy = {"KeyPolicy": _policy("kms:*")}
        first, second = first | policy, second | policy
    cloud.deploy({"It": {"Type": resource_type, "Properties": first}})
    before = cloud.physical_id("It")
    updated = cloud.deploy({"It": {"Type": resource_type, "Properties": second}})
    assert (updated, cloud.physical_id("It")) == ("UPDATE_COMPLETE", before)


def test_a_topic_keeps_its_subscriptions_when_it_changes(cloud: Any) -> None:
    def resources(name: str) -> dict[str, Any]:
        return {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}},
            "Mail": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {
                    "TopicArn": {"Ref": "Topic"},
                    "Protocol": "email",
                    "Endpoint": "ops@example.com",
                    "FilterPolicy": {"a": ["b"]},
                },
            },
            "Policy": {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {"Topics": [{"Ref": "Topic"}], "PolicyDocument": _policy("sns:*")},
            },
        }

    cloud.deploy(resources("a"))
    assert cloud.deploy(resources("b")) == "UPDATE_COMPLETE"
    sns, topic = cloud.client("sns"), cloud.physical_id("Topic")
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "b"
    assert json.loads(attributes["Policy"]) == _policy("sns:*")
    cloud.destroy()
    assert topic not in {found["TopicArn"] for found in sns.list_topics()["Topics"]}


def test_a_bucket_policy_is_set_but_not_enforced(cloud: Any) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    cloud.deploy(
        {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Policy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document},
            },
        }
    )
    s3, bucket = cloud.client("s3"), cloud.physical_id("Bucket")
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == document
    s3.put_object(Bucket=bucket, Key="a", Body=b"b")
