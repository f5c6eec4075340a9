"""Which configurations the endpoint types accept, what their models rule out, and how they
change.
"""

from __future__ import annotations

from typing import Any

import pytest

VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
SIZE = {"MemorySizeInMB": 2048, "MaxConcurrency": 20}
SERVERLESS: dict[str, Any] = {"VariantName": "main", "ModelName": "model", "ServerlessConfig": SIZE}
MANY = {"Image": "image:1", "Mode": "MultiModel", "ModelDataUrl": "s3://theirs/models/"}
PAIR = {
    "PrimaryContainer": None,
    "Containers": [
        {"Image": "a:1", "ContainerHostname": "one"},
        {"Image": "b:1", "ContainerHostname": "two"},
    ],
}
DIRECT = PAIR | {"InferenceExecutionConfig": {"Mode": "Direct"}}
SOURCE = {"S3Uri": "s3://theirs/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
VPC = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
CAPTURE = {
    "DataCaptureConfig": {
        "InitialSamplingPercentage": 1,
        "DestinationS3Uri": "s3://a/b",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://out/ok", "S3FailurePath": "s3://out/failed"}}


def _serverless(**changes: Any) -> dict[str, Any]:
    return SERVERLESS | {"ServerlessConfig": SIZE | changes}


@pytest.mark.parametrize(
    ("variant", "more", "text"),
    [
        (_serverless(MemorySizeInMB=1500), {}, "MemorySizeInMB must be a multiple of 1024"),
        (_serverless(MemorySizeInMB=7168), {}, "less than or equal to 6144"),
        (_serverless(MaxConcurrency=201), {}, "less than or equal to 200"),
        (_serverless(ProvisionedConcurrency=0), {}, "greater than or equal to 1"),
        (
            _serverless(ProvisionedConcurrency=21),
            {},
            "ProvisionedConcurrency must not exceed MaxConcurrency",
        ),
        (SERVERLESS | {"InitialInstanceCount": 1}, {}, "InitialInstanceCount cannot be given"),
        (SERVERLESS | {"VolumeSizeInGB": 1}, {}, "VolumeSizeInGB cannot be given"),
        (
            {"VariantName": "main", "ServerlessConfig": SIZE},
            {},
            "ModelName must be given for the serverless variant",
        ),
        (SERVERLESS, VPC, "VpcConfig is not supported for serverless endpoints"),
        (
            SERVERLESS,
            {"EnableNetworkIsolation": True},
            "EnableNetworkIsolation is not supported for serverless endpoints",
        ),
        (SERVERLESS, CAPTURE, "DataCaptureConfig is not supported for serverless endpoints"),
        (
            SERVERLESS,
            {"AsyncInferenceConfig": ASYNC},
            "AsyncInferenceConfig is not supported for serverless endpoints",
        ),
        (
            SERVERLESS,
            {"ShadowProductionVariants": [SERVERLESS | {"VariantName": "shadow"}]},
            "A serverless endpoint must have exactly one production variant",
        ),
        (
            VARIANT,
            {"AsyncInferenceConfig": ASYNC} | CAPTURE,
            "DataCaptureConfig is not supported for asynchronous endpoints",
        ),
        (
            VARIANT,
            {
                "AsyncInferenceConfig": ASYNC,
                "ShadowProductionVariants": [VARIANT | {"VariantName": "shadow"}],
            },
            "ShadowProductionVariants is not supported for asynchronous endpoints",
        ),
        (
            {k: v for k, v in VARIANT.items() if k != "InitialInstanceCount"},
            {},
            "InitialInstanceCount must be given for variant main",
        ),
        (
            {k: v for k, v in VARIANT.items() if k != "ModelName"},
            {"ExecutionRoleArn": "arn:aws:iam::123456789012:role/none"},
            "Could not assume role arn:aws:iam::123456789012:role/none.",
        ),
        (VARIANT, VPC, "VpcConfig is only supported for inference component endpoints"),
        (
            VARIANT,
            {"EnableNetworkIsolation": True},
            "EnableNetworkIsolation is only supported for inference component endpoints",
        ),
    ],
)
def test_configurations_that_are_refused(
    hosting: Any, variant: dict[str, Any], more: dict[str, Any], text: str
) -> None:
    hosting.model()
    with hosting.refused(text):
        hosting.config("config", variant, **more)
    assert hosting.api.list_endpoint_configs()["EndpointConfigs"] == []


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (VPC, "VpcConfig of model model is not supported for serverless endpoints"),
        (
            {"EnableNetworkIsolation": True},
            "EnableNetworkIsolation of model model is not supported for serverless endpoints",
        ),
        (PAIR, "Model model has several containers: a serverless endpoint runs one"),
        ({"PrimaryContainer": MANY}, "MultiModel mode of model model is not supported"),
        (
            {"PrimaryContainer": {"Image": "a:1", "ModelDataSource": {"S3DataSource": SOURCE}}},
            "ModelDataSource of model model is not supported for serverless endpoints",
        ),
    ],
)
def test_models_that_cannot_be_serverless(hosting: Any, model: dict[str, Any], text: str) -> None:
    hosting.model(**model)
    with hosting.refused(text):
        hosting.config("config", SERVERLESS)
    hosting.config("config", VARIANT)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ({"PrimaryContainer": MANY}, "Model model is in MultiModel mode"),
        (PAIR, "Model model has several containers, which excludes shadow variants"),
    ],
)
def test_models_that_exclude_a_shadow(hosting: Any, model: dict[str, Any], text: str) -> None:
    hosting.model(**model)
    hosting.model("other")
    shadow = VARIANT | {"VariantName": "shadow", "ModelName": "other"}
    with hosting.refused(text):
        hosting.config("config", VARIANT, ShadowProductionVariants=[shadow])
    hosting.config("config", VARIANT, VARIANT | {"VariantName": "second"})


def test_direct_invocation_excludes_gpus(hosting: Any) -> None:
    hosting.model(**DIRECT)
    with hosting.refused("Instance type ml.g5.xlarge has GPUs, which model model cannot use"):
        hosting.config("config", VARIANT | {"InstanceType": "ml.g5.xlarge"})
    hosting.model("serial", **PAIR)
    hosting.config("config", VARIANT | {"InstanceType": "ml.g5.xlarge", "ModelName": "serial"})


def test_models_and_components_do_not_share_an_endpoint(hosting: Any) -> None:
    hosting.model()
    without = {"VariantName": "b", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    with hosting.refused("Either all variants name a model or none does."):
        hosting.config("config", VARIANT, without, ExecutionRoleArn=hosting.role)


def test_managed_scaling_has_its_bounds_in_order(hosting: Any) -> None:
    scaling = {"Status": "ENABLED", "MinInstanceCount": 3, "MaxInstanceCount": 2}
    variant = {"VariantName": "main", "InstanceType": "ml.g5.xlarge", "InitialInstanceCount": 1}
    with hosting.refused("MinInstanceCount must not exceed MaxInstanceCount (main)"):
        hosting.config(
            "config", variant | {"ManagedInstanceScaling": scaling}, ExecutionRoleArn=hosting.role
        )


def test_a_serverless_endpoint_shows_its_size(hosting: Any) -> None:
    hosting.model()
    size = SIZE | {"ProvisionedConcurrency": 5}
    hosting.config("config", _serverless(ProvisionedConcurrency=5), KmsKeyId="key")
    hosting.endpoint()
    assert hosting.variants()["main"]["CurrentServerlessConfig"] == size
    described = hosting.api.describe_endpoint_config(EndpointConfigName="config")
    assert described["ProductionVariants"][0]["ServerlessConfig"] == size


def test_serverless_becomes_instances_but_not_the_other_way_round(hosting: Any) -> None:
    hosting.model()
    hosting.config("serverless", SERVERLESS)
    hosting.config("larger", _serverless(MemorySizeInMB=6144))
    hosting.config("instances", VARIANT)
    hosting.endpoint("serverless")
    hosting.update("larger")
    hosting.update("instances")
    assert hosting.variants()["main"]["DesiredInstanceCount"] == 1
    with hosting.refused("(ValidationError)"):
        hosting.update("serverless")


def _routing(kind: str, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


HALF = {"Type": "CAPACITY_PERCENT", "Value": 50}
ROLLING = {"RollingUpdatePolicy": {"MaximumBatchSize": HALF, "WaitIntervalInSeconds": 60}}


@pytest.mark.parametrize(
    ("deployment", "kind"),
    [
        (_routing("CANARY", CanarySize=HALF), "CANARY"),
        (_routing("LINEAR", LinearStepSize=HALF), "LINEAR"),
        (ROLLING, "RollingUpdatePolicy"),
    ],
)
def test_serverless_endpoints_shift_all_at_once(
    hosting: Any, deployment: dict[str, Any], kind: str
) -> None:
    hosting.model()
    hosting.config("config", SERVERLESS)
    hosting.config("next", _serverless(MemorySizeInMB=4096))
    hosting.endpoint()
    with hosting.refused(f"{kind} is not supported for serverless endpoints, only ALL_AT_ONCE."):
        hosting.update("next", DeploymentConfig=deployment)
    hosting.update("next", DeploymentConfig=_routing("ALL_AT_ONCE"))


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        (
            ROLLING | _routing("ALL_AT_ONCE"),
            "Give either BlueGreenUpdatePolicy or RollingUpdatePolicy",
        ),
        (
            _routing("LINEAR", LinearStepSize=HALF, CanarySize=HALF),
            "CanarySize is not valid when the traffic routing type is LINEAR",
        ),
    ],
)
def test_guardrails_that_contradict_themselves_are_refused(
    hosting: Any, deployment: dict[str, Any], text: str
) -> None:
    hosting.model()
    hosting.config()
    with hosting.refused(text):
        hosting.endpoint(DeploymentConfig=deployment)


def test_rolling_excludes_several_variants(hosting: Any) -> None:
    hosting.model()
    hosting.config("config", VARIANT, VARIANT | {"VariantName": "second"})
    with hosting.refused("RollingUpdatePolicy is not supported for several production variants"):
        hosting.endpoint(DeploymentConfig=ROLLING)


def test_rollback_alarms_must_exist(hosting: Any) -> None:
    hosting.model()
    hosting.config()
    guarded = ROLLING | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}
    with hosting.refused("Could not find the rollback alarm errors."):
        hosting.endpoint(DeploymentConfig=guarded)
    hosting.cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
    )
    hosting.endpoint(DeploymentConfig=guarded)
