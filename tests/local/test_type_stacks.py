"""Stacks of the other endpoint types: deployed, changed, destroyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from local import report
from local.__main__ import read
from local.models import UNKNOWN

Resources = dict[str, Any]
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
        }
    ]
}
NAME = {"Fn::GetAtt": ["Endpoint", "EndpointName"]}
# Templates carry numbers as strings now and then.
RESOURCES = {"NumberOfCpuCoresRequired": "1", "MinMemoryRequiredInMb": "1024"}


def _resource(kind: str, properties: dict[str, Any], *after: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"Type": f"AWS::{kind}", "Properties": properties}
    return entry | {"DependsOn": list(after)} if after else entry


def _endpoint(
    container: dict[str, Any], variant: dict[str, Any], *after: str, **config: Any
) -> Resources:
    """Role, model, configuration and endpoint."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    wanted = {"VariantName": "main", **variant}
    return {
        "Role": _resource("IAM::Role", {"AssumeRolePolicyDocument": TRUST}),
        "Model": _resource("SageMaker::Model", {"ExecutionRoleArn": role, **container}),
        "Config": _resource(
            "SageMaker::EndpointConfig", {"ProductionVariants": [wanted], **config}
        ),
        "Endpoint": _resource(
            "SageMaker::Endpoint",
            {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
            *after,
        ),
    }


MODEL = {"ModelName": {"Fn::GetAtt": ["Model", "ModelName"]}}
IMAGE = {"PrimaryContainer": {"Image": "image:1"}}
INSTANCE = {"InstanceType": "ml.m5.xlarge", "InitialInstanceCount": "1"}


def _target(dimension: str, resource: list[Any], low: int, high: int) -> dict[str, Any]:
    return _resource(
        "ApplicationAutoScaling::ScalableTarget",
        {
            "MinCapacity": low,
            "MaxCapacity": high,
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": f"sagemaker:{dimension}",
            "ResourceId": {"Fn::Join": ["/", resource]},
        },
    )


MAIN = ["endpoint", NAME, "variant", "main"]


def _wake_up(metric: str) -> Resources:
    """The policy and the alarm that bring capacity back from zero."""
    steps = [{"MetricIntervalLowerBound": "0", "ScalingAdjustment": "1"}]
    body = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": steps}
    policy = {
        "PolicyName": "wake-up",
        "PolicyType": "StepScaling",
        "ScalingTargetId": {"Ref": "Target"},
        "StepScalingPolicyConfiguration": body,
    }
    alarm = {
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [{"Name": "EndpointName", "Value": NAME}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "AlarmActions": [{"Ref": "Policy"}],
    }
    return {
        "Policy": _resource("ApplicationAutoScaling::ScalingPolicy", policy),
        "Alarm": _resource("CloudWatch::Alarm", alarm),
    }


def serverless(**changes: Any) -> Resources:
    size = {"MemorySizeInMB": "2048", "MaxConcurrency": "20", "ProvisionedConcurrency": 2}
    resources = _endpoint(IMAGE, MODEL | {"ServerlessConfig": size | changes})
    target = _target("variant:DesiredProvisionedConcurrency", MAIN, 2, 10)
    return resources | {"Target": target}


def asynchronous(**changes: Any) -> Resources:
    topics = {"SuccessTopic": {"Ref": "Topic"}, "ErrorTopic": {"Ref": "Topic"}}
    output = {
        "S3OutputPath": {"Fn::Sub": "s3://${Bucket}/out"},
        "NotificationConfig": topics,
        **changes,
    }
    statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "Topic"}}
    policy = {
        "PolicyName": "publish",
        "Roles": [{"Ref": "Role"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
    config = {"AsyncInferenceConfig": {"OutputConfig": output}}
    resources = _endpoint(IMAGE, MODEL | INSTANCE, "Allowed", **config) | {
        "Allowed": _resource("IAM::Policy", policy),
        "Bucket": _resource("S3::Bucket", {}),
        "Topic": _resource("SNS::Topic", {}),
        "Target": _target("variant:DesiredInstanceCount", MAIN, 0, 3),
    }
    return resources | _wake_up("HasBacklogWithoutCapacity")


def multi_model(prefix: str = "models/") -> Resources:
    container = {
        "Image": "image:1",
        "Mode": "MultiModel",
        "ModelDataUrl": {"Fn::Sub": f"s3://${{Bucket}}/{prefix}"},
        "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
    }
    resources = _endpoint({"PrimaryContainer": container}, MODEL | INSTANCE)
    return resources | {"Bucket": _resource("S3::Bucket", {})}


def direct(image: str = "b:1") -> Resources:
    containers = [
        {"Image": "a:1", "ContainerHostname": "one"},
        {"Image": image, "ContainerHostname": "two"},
    ]
    model = {"Containers": containers, "InferenceExecutionConfig": {"Mode": "Direct"}}
    return _endpoint(model, MODEL | INSTANCE)


def packaged(approval: str = "Approved") -> Resources:
    container = {"PrimaryContainer": {"ModelPackageName": {"Ref": "Package"}}}
    specification = {
        "Containers": [{"Image": "image:1"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    package = {
        "ModelPackageGroupName": {"Ref": "Group"},
        "InferenceSpecification": specification,
        "ModelApprovalStatus": approval,
    }
    return _endpoint(container, MODEL | INSTANCE) | {
        "Group": _resource("SageMaker::ModelPackageGroup", {"ModelPackageGroupName": "Fraud"}),
        "Package": _resource("SageMaker::ModelPackage", package),
    }


def components(
    *, name: str | None = "first", variant: str = "main", image: str = "image:1", low: int = 0
) -> Resources:
    managed = {"Status": "ENABLED", "MinInstanceCount": "0", "MaxInstanceCount": 2}
    role = {"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "EnableNetworkIsolation": True}
    resources = _endpoint(IMAGE, INSTANCE | {"ManagedInstanceScaling": managed}, **role)
    properties = {
        "EndpointName": NAME,
        "VariantName": variant,
        "Specification": {
            "Container": {"Image": image},
            "ComputeResourceRequirements": RESOURCES,
        },
        "RuntimeConfig": {"CopyCount": "1"},
        "DeploymentConfig": {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "COPY_COUNT", "Value": "1"},
                "WaitIntervalInSeconds": "0",
            }
        },
        "Tags": [{"Key": "Team", "Value": "own"}],
    }
    if name is not None:
        properties["InferenceComponentName"] = name
    target = ["inference-component", "first"]
    resources |= {
        "Component": _resource("SageMaker::InferenceComponent", properties),
        "Target": _target("inference-component:DesiredCopyCount", target, low, 4),
    }
    resources["Target"]["DependsOn"] = ["Component"]
    return resources | _wake_up("NoCapacityInvocationFailures")


@pytest.mark.parametrize(
    ("build", "change"),
    [
        (serverless, {"MemorySizeInMB": 4096}),
        (asynchronous, {"S3FailurePath": "s3://elsewhere/failed"}),
        (multi_model, {"prefix": "others/"}),
        (direct, {"image": "b:2"}),
        (packaged, {"approval": "Rejected"}),
        (components, {"image": "image:2"}),
        (components, {"low": 1}),
    ],
)
def test_a_type_is_deployed_changed_and_destroyed(
    cloud: Any, build: Callable[..., Resources], change: dict[str, Any]
) -> None:
    before = cloud.state()
    assert cloud.deploy(build()) == "CREATE_COMPLETE", cloud.reasons()
    first = cloud.physical_id("Endpoint")
    assert cloud.deploy(build(**change)) == "UPDATE_COMPLETE", cloud.reasons()
    assert cloud.physical_id("Endpoint") == first
    assert UNKNOWN.rows() == []
    cloud.destroy()
    assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    assert cloud.state() == before
    assert cloud.client("sns").list_topics()["Topics"] == []
    assert cloud.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("build", "row"),
    [
        (serverless, {"type": "serverless", "min-max": "0-20", "serves": "2-10 provisioned"}),
        (asynchronous, {"type": "async", "min-max": "0-3"}),
        (multi_model, {"type": "multi-model", "min-max": "1"}),
        (direct, {"type": "real-time", "serves": "any of 2 containers"}),
        (components, {"type": "components", "min-max": "0-2", "serves": "first x 0-4"}),
    ],
)
def test_a_type_has_its_row_in_the_report(
    cloud: Any, build: Callable[[], Resources], row: dict[str, str]
) -> None:
    cloud.deploy(build())
    findings = read(cloud)
    (found,) = report.rows(findings)
    shown: dict[str, str] = dict(zip(report.HEADINGS, found, strict=True))
    assert {heading: shown[heading] for heading in row} == row
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="stack")
    template = {"Resources": build()}
    assert report.missing("stack", template, resources["StackResources"], findings) == []


def test_a_component_is_read_back_and_changes_in_place(cloud: Any) -> None:
    assert cloud.deploy(components()) == "CREATE_COMPLETE", cloud.reasons()
    arn = cloud.physical_id("Component")
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:inference-component/first"
    (found,) = cloud.state()["components"]
    needed = {"NumberOfCpuCoresRequired": 1.0, "MinMemoryRequiredInMb": 1024}
    assert found["Specification"]["ComputeResourceRequirements"] == needed
    assert "LastDeploymentConfig" not in found
    changed = components(image="image:2")
    changed["Component"]["Properties"]["Tags"] = [{"Key": "Team", "Value": "other"}]
    assert cloud.deploy(changed) == "UPDATE_COMPLETE", cloud.reasons()
    assert cloud.physical_id("Component") == arn
    (found,) = cloud.state()["components"]
    assert found["Specification"]["Container"]["DeployedImage"]["SpecifiedImage"] == "image:2"
    policy = found["LastDeploymentConfig"]["RollingUpdatePolicy"]
    assert policy["MaximumBatchSize"] == {"Type": "COPY_COUNT", "Value": 1}
    tags = cloud.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "Team", "Value": "other"}]


def test_a_components_attributes(cloud: Any) -> None:
    names = ("InferenceComponentArn", "InferenceComponentStatus", "RuntimeConfig.CurrentCopyCount")
    outputs = {
        f"Output{number}": {"Value": {"Fn::GetAtt": ["Component", name]}}
        for number, name in enumerate(names)
    }
    assert cloud.deploy(components(), Outputs=outputs) == "CREATE_COMPLETE", cloud.reasons()
    stack = cloud.client("cloudformation").describe_stacks()["Stacks"][0]
    arn = cloud.physical_id("Component")
    assert [output["OutputValue"] for output in stack["Outputs"]] == [arn, "InService", "1"]


def test_a_components_name_is_no_attribute(cloud: Any) -> None:
    outputs = {"Name": {"Value": {"Fn::GetAtt": ["Component", "InferenceComponentName"]}}}
    assert cloud.deploy(components(), Outputs=outputs) == "ROLLBACK_COMPLETE"


def test_a_component_gets_a_name_and_keeps_it(cloud: Any) -> None:
    def unnamed(image: str) -> Resources:
        resources = components(name=None, image=image)
        return {k: v for k, v in resources.items() if k not in ("Target", "Policy", "Alarm")}

    assert cloud.deploy(unnamed("image:1")) == "CREATE_COMPLETE", cloud.reasons()
    arn = cloud.physical_id("Component")
    assert arn.rsplit("/", 1)[1].startswith("stack-component-")
    assert cloud.deploy(unnamed("image:2")) == "UPDATE_COMPLETE", cloud.reasons()
    assert cloud.physical_id("Component") == arn


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "second"}, "Could not find inference component"),
        ({"variant": "other"}, "cannot change VariantName in place"),
    ],
)
def test_a_component_neither_moves_nor_changes_its_name(
    cloud: Any, changes: dict[str, Any], reason: str
) -> None:
    cloud.deploy(components())
    before = cloud.state()
    assert cloud.deploy(components(**changes)) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in cloud.reasons()["Component"]
    assert cloud.state() == before


def test_an_endpoint_goes_after_its_components(cloud: Any) -> None:
    cloud.deploy(components())
    cloud.client("sagemaker").create_inference_component(
        InferenceComponentName="made-by-hand",
        EndpointName=cloud.state()["endpoints"][0]["EndpointName"],
        VariantName="main",
        Specification={
            "Container": {"Image": "image:1"},
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
    )
    cloud.destroy()
    assert cloud.status() == "DELETE_FAILED"
    assert "Please delete inference component and try it again." in cloud.reasons()["Endpoint"]


def test_publishing_has_to_be_allowed_before_the_endpoint(cloud: Any) -> None:
    resources = asynchronous()
    del resources["Endpoint"]["DependsOn"]
    resources["Allowed"]["DependsOn"] = ["Endpoint"]
    assert cloud.deploy(resources) == "ROLLBACK_COMPLETE"
    assert 'has "sns:Publish" permissions for topic' in cloud.reasons()["Endpoint"]


def test_instances_cannot_become_serverless_in_a_stack(cloud: Any) -> None:
    def resources(variant: dict[str, Any]) -> Resources:
        return _endpoint(IMAGE, MODEL | variant)

    size = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    cloud.deploy(resources(INSTANCE))
    assert cloud.deploy(resources(size)) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Error Code: ValidationError" in cloud.reasons()["Endpoint"]
