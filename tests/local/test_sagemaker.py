from __future__ import annotations

from typing import Any

import pytest

from local.calls import call

BASE = "arn:aws:sagemaker:us-east-1:123456789012"
VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
SERVERLESS = {
    "VariantName": "main",
    "ModelName": "model",
    "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
}
COMPONENTS = {"VariantName": "main", "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}
ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 60}


def test_describe_model_answers_with_the_whole_request(hosting: Any) -> None:
    request: dict[str, Any] = {
        "PrimaryContainer": None,
        "Containers": [
            {"Image": "a:1", "ContainerHostname": "one", "Environment": {"A": "1"}},
            {"Image": "b:1", "ContainerHostname": "two", "Mode": "SingleModel"},
        ],
        "InferenceExecutionConfig": {"Mode": "Direct"},
        "EnableNetworkIsolation": True,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    }
    hosting.model("Model", **request)
    described = hosting.api.describe_model(ModelName="Model")
    assert described["ModelArn"] == f"{BASE}:model/model"
    for member in ("Containers", "InferenceExecutionConfig", "EnableNetworkIsolation", "VpcConfig"):
        assert described[member] == request[member]


def test_describe_endpoint_config_and_endpoint_show_everything(hosting: Any) -> None:
    hosting.model()
    more = {
        "DataCaptureConfig": {
            "EnableCapture": True,
            "InitialSamplingPercentage": 30,
            "DestinationS3Uri": "s3://capture/here",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
        "KmsKeyId": "key",
        "ShadowProductionVariants": [VARIANT | {"VariantName": "shadow"}],
    }
    hosting.config("config", VARIANT | {"InitialVariantWeight": 0.0}, **more)
    described = hosting.api.describe_endpoint_config(EndpointConfigName="config")
    assert {member: described[member] for member in ("DataCaptureConfig", "KmsKeyId")} == {
        member: more[member] for member in ("DataCaptureConfig", "KmsKeyId")
    }
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 0
    hosting.endpoint(Tags=[{"Key": "a", "Value": "b"}])
    endpoint = hosting.api.describe_endpoint(EndpointName="ENDPOINT")
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["DataCaptureConfig"]["CaptureStatus"] == "Started"
    assert endpoint["ShadowProductionVariants"][0]["VariantName"] == "shadow"
    assert endpoint["ProductionVariants"][0]["CurrentWeight"] == 0


def test_tags_can_be_added_listed_and_removed(hosting: Any) -> None:
    arn = hosting.model(Tags=[{"Key": "a", "Value": "1"}])["ModelArn"]
    hosting.api.add_tags(
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]
    )
    hosting.api.delete_tags(ResourceArn=arn, TagKeys=["b"])
    assert hosting.api.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    with hosting.refused("exceeds the limit of 50"):
        for first in (0, 50):
            numbers = range(first, first + 50)
            hosting.api.add_tags(
                ResourceArn=arn, Tags=[{"Key": str(n), "Value": ""} for n in numbers]
            )


def test_duplicates_are_refused_whatever_their_case(hosting: Any) -> None:
    hosting.model()
    with hosting.refused(f'Cannot create already existing model "{BASE}:model/model".'):
        hosting.model("MODEL")
    hosting.config()
    with hosting.refused(
        f'Cannot create already existing endpoint configuration "{BASE}:endpoint-config/config".'
    ):
        hosting.config()
    hosting.endpoint()
    with hosting.refused(f'Cannot create already existing endpoint "{BASE}:endpoint/endpoint".'):
        hosting.endpoint(name="Endpoint")


def test_missing_things_are_refused(hosting: Any) -> None:
    with hosting.refused(f'Could not find model "{BASE}:model/model".'):
        hosting.config()
    with hosting.refused(f'Could not find endpoint configuration "{BASE}:endpoint-config/none".'):
        hosting.endpoint("none")
    with hosting.refused(f'Could not find endpoint "{BASE}:endpoint/endpoint".'):
        hosting.update("none")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/none"},
            "Could not assume role arn:aws:iam::123456789012:role/none. Please ensure that the "
            "role exists and allows principal 'sagemaker.amazonaws.com' to assume the role.",
        ),
        ({"PrimaryContainer": None}, "exactly one of PrimaryContainer and Containers"),
        ({"PrimaryContainer": {"Mode": "SingleModel"}}, "must name an Image"),
        (
            {"PrimaryContainer": {"Image": "i:1", "ModelDataUrl": "s3://ours/none.tar.gz"}},
            "Could not access model data at s3://ours/none.tar.gz. Please ensure that the role",
        ),
        (
            {
                "PrimaryContainer": None,
                "Containers": [{"Image": "a", "ContainerHostname": "a"}, {"Image": "b"}],
            },
            "ContainerHostname must be given for all containers or for none",
        ),
    ],
)
def test_models_that_are_refused(hosting: Any, changes: dict[str, Any], text: str) -> None:
    hosting.cloud.client("s3").create_bucket(Bucket="ours")
    with hosting.refused(text):
        hosting.model(**changes)
    assert hosting.api.list_models()["Models"] == []


def test_a_bucket_of_somebody_else_is_let_pass(hosting: Any) -> None:
    hosting.model(PrimaryContainer={"Image": "i:1", "ModelDataUrl": "s3://theirs/a.tar.gz"})


@pytest.mark.parametrize(
    ("variants", "more", "text"),
    [
        ([VARIANT, VARIANT], {}, "Variant names must be unique"),
        (
            [{"VariantName": "main", "ModelName": "model"}],
            {},
            "Either InstanceType or ServerlessConfig must be given",
        ),
        ([SERVERLESS | {"InstanceType": "ml.m5.large"}], {}, "InstanceType cannot be given"),
        ([VARIANT | {"InstanceType": "ml.g5.xlarge", "VolumeSizeInGB": 9}], {}, "local storage"),
        ([VARIANT | {"InstanceType": "ml.m5d.xlarge", "VolumeSizeInGB": 9}], {}, "local storage"),
        ([VARIANT | {"InstanceType": "ml.g4dn.xlarge", "VolumeSizeInGB": 9}], {}, "local storage"),
        ([SERVERLESS, SERVERLESS | {"VariantName": "b"}], {}, "exactly one production variant"),
        (
            [SERVERLESS],
            {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 1,
                    "DestinationS3Uri": "s3://a/b",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
            "DataCaptureConfig is not supported for serverless endpoints",
        ),
        (
            [VARIANT | {"ManagedInstanceScaling": {"Status": "ENABLED"}}],
            {},
            "ManagedInstanceScaling is only supported for inference component endpoints.",
        ),
        ([COMPONENTS], {}, "ExecutionRoleArn is required"),
        (
            [VARIANT, VARIANT | {"VariantName": "b"}],
            {"ShadowProductionVariants": [VARIANT | {"VariantName": "s"}]},
            "exactly one production variant and one shadow variant",
        ),
        (
            [VARIANT, VARIANT | {"VariantName": "b"}],
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://a/b"}}},
            "asynchronous endpoint must have exactly one production variant",
        ),
    ],
)
def test_configurations_that_are_refused(
    hosting: Any, variants: list[Any], more: dict[str, Any], text: str
) -> None:
    hosting.model()
    with hosting.refused(text):
        hosting.config("config", *variants, **more)


@pytest.mark.parametrize(
    "variant",
    [
        VARIANT | {"VolumeSizeInGB": 30},
        VARIANT | {"InstanceType": "ml.inf2.xlarge", "VolumeSizeInGB": 30},
        SERVERLESS,
    ],
)
def test_configurations_that_are_accepted(hosting: Any, variant: dict[str, Any]) -> None:
    hosting.model()
    hosting.config("config", variant)


def test_a_component_configuration_carries_the_role(hosting: Any) -> None:
    hosting.config("config", COMPONENTS, ExecutionRoleArn=hosting.role)
    described = hosting.api.describe_endpoint_config(EndpointConfigName="config")
    assert described["ExecutionRoleArn"] == hosting.role


@pytest.fixture
def running(hosting: Any) -> Any:
    """An endpoint on `config`, with `next` to move on to."""
    hosting.model()
    hosting.config()
    hosting.config("next", VARIANT | {"InitialInstanceCount": 3, "InitialVariantWeight": 2.0})
    hosting.endpoint()
    return hosting


def test_an_update_resets_counts_and_weights(running: Any) -> None:
    running.scale(4, 6)
    assert running.variants()["main"]["DesiredInstanceCount"] == 4
    running.update("next")
    assert running.variants()["main"]["DesiredInstanceCount"] == 3
    assert running.variants()["main"]["DesiredWeight"] == 2


def test_an_update_retains_what_it_is_asked_to(running: Any) -> None:
    running.scale(4, 6)
    running.update(
        "next",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    assert running.variants()["main"]["DesiredInstanceCount"] == 4
    assert running.variants()["main"]["DesiredWeight"] == 2


def test_an_update_to_the_configuration_in_use_is_refused(running: Any) -> None:
    with running.refused("Cannot update endpoint"):
        running.update("config")


def test_instances_cannot_become_serverless(running: Any) -> None:
    running.config("serverless", SERVERLESS)
    with running.refused("Cannot convert an endpoint from instances to serverless"):
        running.update("serverless")


@pytest.mark.parametrize("change", [{"InstanceType": "ml.m5.xlarge"}, {"VariantName": "renamed"}])
def test_a_scaled_variant_can_neither_change_its_type_nor_go(
    running: Any, change: dict[str, Any]
) -> None:
    running.scale(1, 3)
    running.config("changed", VARIANT | change)
    with running.refused(
        'The variant(s) "["main"]" must be deregistered as scalable targets with AWS Auto Scaling '
        "before they can be removed or have their instance type updated."
    ):
        running.update("changed")
    running.cloud.client("application-autoscaling").deregister_scalable_target(
        ServiceNamespace="sagemaker",
        ResourceId="endpoint/endpoint/variant/main",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )
    running.update("changed")


def _blue_green(routing: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        (
            _blue_green({"Type": "ALL_AT_ONCE"}),
            "trafficRoutingConfiguration.waitIntervalInSeconds' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            _blue_green({"Type": "CANARY", "WaitIntervalInSeconds": 60}),
            "CanarySize is required",
        ),
        (
            _blue_green(
                {
                    "Type": "CANARY",
                    "WaitIntervalInSeconds": 60,
                    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 51},
                }
            ),
            "CanarySize must be between 0 and 50 percent",
        ),
        (
            _blue_green(
                {
                    "Type": "LINEAR",
                    "WaitIntervalInSeconds": 600,
                    "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 10},
                },
                MaximumExecutionTimeoutInSeconds=600,
            ),
            "must be larger than all waiting times together (6000)",
        ),
        (
            {"AutoRollbackConfiguration": {"Alarms": []}} | _blue_green(ALL_AT_ONCE),
            "Member must have length greater than or equal to 1",
        ),
    ],
)
def test_guardrails_that_are_refused(running: Any, deployment: dict[str, Any], text: str) -> None:
    with running.refused(text):
        # Not by boto3, which would refuse some of these before they are sent.
        call(
            "sagemaker",
            "update_endpoint",
            "us-east-1",
            EndpointName="endpoint",
            EndpointConfigName="next",
            DeploymentConfig=deployment,
        )
    assert running.api.describe_endpoint(EndpointName="endpoint")["EndpointConfigName"] == "config"


def test_guardrails_require_the_same_variants(running: Any) -> None:
    running.config("renamed", VARIANT | {"VariantName": "renamed"})
    with running.refused("require the same variant names"):
        running.update("renamed", DeploymentConfig=_blue_green(ALL_AT_ONCE))


def test_the_last_deployment_configuration_is_shown(running: Any) -> None:
    running.update("next", DeploymentConfig=_blue_green(ALL_AT_ONCE))
    described = running.api.describe_endpoint(EndpointName="endpoint")
    assert described["LastDeploymentConfig"] == _blue_green(ALL_AT_ONCE)


def test_deleting_an_endpoint_takes_its_targets_and_leaves_the_rest(running: Any) -> None:
    running.scale(1, 3)
    running.api.delete_endpoint(EndpointName="endpoint")
    state = running.cloud.state()
    assert (len(state["models"]), len(state["configs"])) == (1, 2)
    assert state["targets"] == state["endpoints"] == []


def test_scalable_targets_that_are_refused(running: Any) -> None:
    with running.refused("No endpoint and variant exist"):
        running.scale(1, 2, variant="none")
    with running.refused("Maximum capacity cannot be less than minimum capacity"):
        running.scale(3, 2)
    with running.refused("has no sagemaker:variant:DesiredProvisionedConcurrency"):
        running.scale(1, 2, dimension="sagemaker:variant:DesiredProvisionedConcurrency")
    with running.refused("failed to satisfy constraint: Member must satisfy enum value set"):
        running.scale(1, 2, dimension="sagemaker:variant:Nonsense")


def test_the_capacity_of_no_variant_is_refused(running: Any) -> None:
    with running.refused('Could not find variant "none".'):
        running.api.update_endpoint_weights_and_capacities(
            EndpointName="endpoint",
            DesiredWeightsAndCapacities=[{"VariantName": "none", "DesiredInstanceCount": 2}],
        )


def test_capacity_moves_down_into_the_range_too(running: Any) -> None:
    running.update("next")
    running.scale(1, 2)
    assert running.variants()["main"]["CurrentInstanceCount"] == 2
