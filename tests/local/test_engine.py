from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.models import UNKNOWN

Build = Callable[..., dict[str, Any]]


def _completed(events: list[tuple[str, str]], status: str) -> list[str]:
    return [logical_id for logical_id, seen in events if seen == status]


def test_resources_are_created_in_dependency_order(cloud: Any, endpoint_stack: Build) -> None:
    assert cloud.deploy(endpoint_stack()) == "CREATE_COMPLETE"
    made = _completed(cloud.events(), "CREATE_COMPLETE")
    assert made == ["Role", "Model", "Config", "Endpoint", "Target", "stack"]


def test_replacements_are_made_first_and_the_old_ones_go_last(
    cloud: Any, endpoint_stack: Build
) -> None:
    cloud.deploy(endpoint_stack())
    before = len(cloud.events())
    assert cloud.deploy(endpoint_stack(image="image:2", suffix="2")) == "UPDATE_COMPLETE"
    events = cloud.events()[before:]
    assert _completed(events, "DELETE_COMPLETE") == ["Config", "Model"]
    assert events.index(("Endpoint", "UPDATE_COMPLETE")) < events.index(
        ("Config", "DELETE_IN_PROGRESS")
    )
    state = cloud.state()
    assert [m["ModelName"] for m in state["models"]] == ["fraud-model-2"]
    assert state["endpoints"][0]["EndpointConfigName"] == "fraud-config-2"


def test_an_unchanged_template_touches_nothing(cloud: Any, endpoint_stack: Build) -> None:
    cloud.deploy(endpoint_stack())
    before = len(cloud.events())
    cloud.deploy(endpoint_stack() | {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}})
    touched = {logical_id for logical_id, _ in cloud.events()[before:]}
    assert touched == {"stack", "Topic"}


def test_a_failed_creation_leaves_nothing(cloud: Any, endpoint_stack: Build) -> None:
    resources = endpoint_stack(instance_type="ml.m5.gigantic")
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert (
        "failed to satisfy constraint: Member must satisfy enum value set"
        in cloud.reasons()["Config"]
    )
    state = cloud.state()
    assert not any(state.values())
    cloud.destroy()
    assert cloud.deploy(endpoint_stack()) == "CREATE_COMPLETE"


def test_a_failed_update_restores_everything(cloud: Any, endpoint_stack: Build) -> None:
    cloud.deploy(endpoint_stack())
    before = cloud.state()
    broken = endpoint_stack(image="image:2", suffix="2")
    broken["Endpoint"]["Properties"]["Tags"] = [{"Key": "Team", "Value": "changed"}]
    broken["Target"]["Properties"]["MaxCapacity"] = 9
    # The alarm fails last, when everything else has been changed.
    broken["Alarm"] = {
        "Type": "AWS::CloudWatch::Alarm",
        "DependsOn": "Target",
        "Properties": {
            "MetricName": "Invocations",
            "Namespace": "AWS/SageMaker",
            "ComparisonOperator": "Nonsense",
            "EvaluationPeriods": 1,
        },
    }
    assert cloud.deploy(broken) == "UPDATE_ROLLBACK_COMPLETE"
    assert "comparisonOperator" in cloud.reasons()["Alarm"]
    assert cloud.state() == before


def test_a_fixed_name_refuses_replacement(cloud: Any, endpoint_stack: Build) -> None:
    cloud.deploy(endpoint_stack(config_name="fixed"))
    before = cloud.state()
    changed = endpoint_stack(config_name="fixed", suffix="2", image="image:2")
    assert cloud.deploy(changed) == "UPDATE_ROLLBACK_COMPLETE"
    assert cloud.reasons()["Config"] == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        "Rename fixed and update the stack again."
    )
    assert cloud.state() == before


def test_a_name_taken_elsewhere_is_the_services_refusal(cloud: Any, endpoint_stack: Build) -> None:
    cloud.deploy(endpoint_stack(scaled=False))
    resources = endpoint_stack(scaled=False)
    resources["Endpoint"]["Properties"]["EndpointName"] = "other"
    assert cloud.deploy(resources, name="second") == "ROLLBACK_COMPLETE"
    assert cloud.reasons("second")["Model"].startswith(
        'Cannot create already existing model "arn:aws:sagemaker:us-east-1:123456789012:model/'
    )


def test_dropping_the_target_and_changing_the_type_in_one_update_fails_as_in_aws(
    cloud: Any, endpoint_stack: Build
) -> None:
    cloud.deploy(endpoint_stack())
    before = cloud.state()
    unscaled = endpoint_stack(scaled=False, suffix="2", instance_type="ml.m5.xlarge")
    assert cloud.deploy(unscaled) == "UPDATE_ROLLBACK_COMPLETE"
    assert "must be deregistered as scalable targets" in cloud.reasons()["Endpoint"]
    assert cloud.state() == before
    assert cloud.deploy(endpoint_stack(scaled=False)) == "UPDATE_COMPLETE"
    assert cloud.deploy(unscaled) == "UPDATE_COMPLETE"


def test_a_circular_reference_is_refused(cloud: Any) -> None:
    resources = {
        "A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "B"}}},
        "B": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::Sub": "${A.TopicName}"}},
        },
        "C": {"Type": "AWS::SNS::Topic", "DependsOn": "A"},
    }
    with pytest.raises(ClientError, match=r"Circular dependency between resources: \[A, B\]"):
        cloud.deploy(resources)


def test_an_undefined_reference_is_refused(cloud: Any) -> None:
    resources = {"A": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Z"}}}}
    with pytest.raises(ClientError, match=r"Unresolved resource dependencies \[Z\]"):
        cloud.deploy(resources)


@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_retained_resources_outlive_the_stack(cloud: Any, policy: str) -> None:
    topic = {"Type": "AWS::SNS::Topic", "DeletionPolicy": policy}
    cloud.deploy({"Kept": topic, "Gone": {"Type": "AWS::SNS::Topic"}})
    kept = cloud.physical_id("Kept")
    cloud.destroy()
    arns = [t["TopicArn"] for t in cloud.client("sns").list_topics()["Topics"]]
    assert arns == [kept]


def test_retain_except_on_create_does_not_outlive_a_failed_creation(cloud: Any) -> None:
    resources = {
        "Topic": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "RetainExceptOnCreate"},
        "Bad": {
            "Type": "AWS::SageMaker::Endpoint",
            "DependsOn": "Topic",
            "Properties": {"EndpointConfigName": "none"},
        },
    }
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert cloud.client("sns").list_topics()["Topics"] == []
    assert cloud.reasons()["Bad"].startswith(
        'Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:'
        'endpoint-config/none".'
    )


def test_a_replaced_resource_with_update_replace_policy_stays(
    cloud: Any, endpoint_stack: Build
) -> None:
    first = endpoint_stack()
    first["Config"]["UpdateReplacePolicy"] = "Retain"
    cloud.deploy(first)
    second = endpoint_stack(image="image:2", suffix="2")
    second["Config"]["UpdateReplacePolicy"] = "Retain"
    cloud.deploy(second)
    names = [c["EndpointConfigName"] for c in cloud.state()["configs"]]
    assert names == ["fraud-config-1", "fraud-config-2"]


def test_destroying_deletes_dependents_first_and_everything(
    cloud: Any, endpoint_stack: Build
) -> None:
    cloud.deploy(endpoint_stack())
    stack_id = cloud.client("cloudformation").describe_stacks()["Stacks"][0]["StackId"]
    cloud.destroy()
    assert not any(cloud.state().values())
    gone = _completed(cloud.events(stack_id), "DELETE_COMPLETE")
    assert gone == ["Target", "Endpoint", "Config", "Model", "Role", "stack"]


def test_a_failing_deletion_keeps_the_stack(cloud: Any, endpoint_stack: Build) -> None:
    cloud.deploy(endpoint_stack(scaled=False))
    iam = cloud.client("iam")
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_policy(PolicyName="other", PolicyDocument=document)["Policy"]["Arn"]
    role = cloud.physical_id("Role")
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    cloud.destroy()
    assert cloud.status() == "DELETE_FAILED"
    assert "must detach all policies first" in cloud.reasons()["Role"]
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    cloud.destroy()
    assert not any(cloud.state().values())


def test_an_unknown_type_is_reported_and_its_references_resolve(cloud: Any) -> None:
    resources = {
        "Odd": {"Type": "AWS::Nowhere::Thing"},
        "Meta": {"Type": "AWS::CDK::Metadata"},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::Sub": "${Odd} ${Odd.Arn}"}},
        },
    }
    assert cloud.deploy(resources) == "CREATE_COMPLETE"
    assert UNKNOWN.rows() == [{"stack": "stack", "logicalId": "Odd", "type": "AWS::Nowhere::Thing"}]


def test_stack_tags_reach_taggable_resources_and_own_tags_win(
    cloud: Any, endpoint_stack: Build
) -> None:
    tags = [{"Key": "Team", "Value": "stack"}, {"Key": "Stage", "Value": "prod"}]
    cloud.deploy(endpoint_stack(), Tags=tags)
    endpoint = cloud.state()["tags"][0]
    assert endpoint == [{"Key": "Team", "Value": "own"}, {"Key": "Stage", "Value": "prod"}]
    model = cloud.client("sagemaker").list_tags(
        ResourceArn="arn:aws:sagemaker:us-east-1:123456789012:model/fraud-model-1"
    )
    assert model["Tags"] == tags


def test_an_export_in_use_can_neither_go_nor_change(cloud: Any) -> None:
    topic = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "one"}}}
    output = {"Arn": {"Value": {"Ref": "Topic"}, "Export": {"Name": "topic"}}}
    assert cloud.deploy(topic, name="a", Outputs=output) == "CREATE_COMPLETE"
    user = {
        "Copy": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::ImportValue": "topic"}},
        }
    }
    assert cloud.deploy(user, name="b") == "CREATE_COMPLETE"
    cloud.destroy("a")
    assert cloud.status("a") == "DELETE_FAILED"
    renamed = {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "two"}}}
    assert cloud.deploy(renamed, name="a", Outputs=output) == "UPDATE_ROLLBACK_COMPLETE"
    cloud.destroy("b")
    cloud.destroy("a")
    assert cloud.client("sns").list_topics()["Topics"] == []


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
    ],
)
def test_partition_and_suffix_follow_the_region(
    cloud: Any, region: str, partition: str, suffix: str
) -> None:
    cloud.region = region
    cloud.deploy(
        {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"DisplayName": {"Fn::Sub": "${AWS::Partition} ${AWS::URLSuffix}"}},
            }
        }
    )
    attributes = cloud.client("sns").get_topic_attributes(TopicArn=cloud.physical_id("Topic"))
    assert attributes["Attributes"]["DisplayName"] == f"{partition} {suffix}"


def test_nested_stacks_deploy_change_and_go_with_their_parent(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="templates")

    def parent(name: str, child: dict[str, Any]) -> dict[str, Any]:
        output = {"Name": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}}
        body = {
            "Parameters": {"Name": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": child}},
            "Outputs": output,
        }
        s3.put_object(Bucket="templates", Key=name, Body=json.dumps(body).encode())
        url = f"https://s3.us-east-1.amazonaws.com/templates/{name}"
        copied = {"DisplayName": {"Fn::GetAtt": ["Child", "Outputs.Name"]}}
        return {
            "Child": {
                "Type": "AWS::CloudFormation::Stack",
                "Properties": {"TemplateURL": url, "Parameters": {"Name": "given"}},
            },
            "Copy": {"Type": "AWS::SNS::Topic", "Properties": copied},
        }

    def copied_name() -> str:
        attributes = cloud.client("sns").get_topic_attributes(TopicArn=cloud.physical_id("Copy"))
        return str(attributes["Attributes"]["DisplayName"])

    assert cloud.deploy(parent("one", {"TopicName": {"Ref": "Name"}})) == "CREATE_COMPLETE"
    assert copied_name() == "given"
    renamed = {"TopicName": {"Fn::Sub": "${Name}-2"}}
    assert cloud.deploy(parent("two", renamed)) == "UPDATE_COMPLETE"
    assert copied_name() == "given-2"
    cloud.destroy()
    assert cloud.client("sns").list_topics()["Topics"] == []
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_failing_nested_stack_fails_its_parent(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="templates")
    endpoint = {
        "Type": "AWS::SageMaker::Endpoint",
        "Properties": {"EndpointConfigName": "none"},
    }
    body = json.dumps({"Resources": {"Endpoint": endpoint}}).encode()
    s3.put_object(Bucket="templates", Key="bad", Body=body)
    url = "https://s3.us-east-1.amazonaws.com/templates/bad"
    child = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    assert cloud.deploy({"Child": child}) == "ROLLBACK_COMPLETE"
    assert "failed to create: [Endpoint]" in cloud.reasons()["Child"]
    names = [s["StackName"] for s in cloud.client("cloudformation").describe_stacks()["Stacks"]]
    assert names == ["stack"]
