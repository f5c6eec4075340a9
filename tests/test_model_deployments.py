"""What runs behind an endpoint, changed in place, deployed to the embedded AWS."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import (
    BlueGreen,
    Container,
    ContainerImage,
    InferencePipeline,
    ModelData,
    ModelDefinition,
    ModelPackage,
    MultiContainerModel,
    MultiModelAlarms,
    MultiModelEndpoint,
    Scaling,
)
from deploying import ENDPOINT, Deployment, left
from local.embedded import ACCOUNT, EmbeddedAws
from support import NAMING, realtime

BUCKET = "models-of-the-tests"
REGISTRY = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com"
VARIANT = f"endpoint/{ENDPOINT}/variant/AllTraffic"
# All but those of GPUs, and one that is off.
ALARMS = {
    f"{ENDPOINT}-AllTraffic-{id}"
    for id in (
        "ModelLatency",
        "OverheadLatency",
        "4XXErrors",
        "5XXErrors",
        "CPUUtilization",
        "MemoryUtilization",
        "DiskUtilization",
        "HealthyInstances",
        "ModelLoadingWaitTime",
        "LoadedModels",
    )
}


@pytest.fixture(scope="module")
def aws(aws: EmbeddedAws) -> EmbeddedAws:
    bucket = aws.client("s3")
    bucket.create_bucket(Bucket=BUCKET)
    for key in ("llm/1/weights.bin", "llm/2/weights.bin", "score/1.tar.gz"):
        bucket.put_object(Bucket=BUCKET, Key=key, Body=b"model")
    return aws


def models(stack: Stack) -> s3.IBucket:
    return s3.Bucket.from_bucket_name(stack, "Models", BUCKET)


def container(name: str, data: ModelData | None = None) -> Container:
    return Container(image=ContainerImage.from_registry(f"{REGISTRY}/{name}:1"), data=data)


def serving(model: Callable[[Stack], ModelDefinition]) -> Callable[[Stack], object]:
    return lambda stack: realtime(model=model(stack))(stack)


def running(aws: EmbeddedAws) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Endpoint, variant and model that there are; no other endpoint, config or model is left."""
    sagemaker = aws.client("sagemaker")
    (found,) = sagemaker.list_endpoints()["Endpoints"]
    endpoint = sagemaker.describe_endpoint(EndpointName=found["EndpointName"])
    assert endpoint["EndpointName"] == ENDPOINT
    assert endpoint["EndpointStatus"] == "InService"
    (config,) = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert endpoint["EndpointConfigName"] == config["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(
        EndpointConfigName=config["EndpointConfigName"]
    )["ProductionVariants"]
    (summary,) = sagemaker.list_models()["Models"]
    assert variant["ModelName"] == summary["ModelName"]
    model = sagemaker.describe_model(ModelName=summary["ModelName"])
    for answer in (endpoint, model):
        del answer["ResponseMetadata"]
    return endpoint, variant, model


def allowed(aws: EmbeddedAws) -> dict[str, dict[str, Any]]:
    """The execution policy's statements by id."""
    iam = aws.client("iam")
    (policy,) = (
        policy
        for policy in iam.list_policies(Scope="Local")["Policies"]
        if policy["PolicyName"].startswith("Deployed")
    )
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])[
        "PolicyVersion"
    ]
    return {statement["Sid"]: statement for statement in version["Document"]["Statement"]}


def alarm_names(aws: EmbeddedAws) -> set[str]:
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"] for alarm in found}


def targets(aws: EmbeddedAws) -> dict[str, tuple[int, int]]:
    scaling = aws.client("application-autoscaling")
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return {item["ResourceId"]: (item["MinCapacity"], item["MaxCapacity"]) for item in found}


def multi_model(
    *, name: str = "shops", prefix: str = "shops", caching: bool = True, **arguments: Any
) -> Callable[[Stack], object]:
    def build(stack: Stack) -> None:
        data = ModelData.from_archives(models(stack), prefix, caching=caching)
        MultiModelEndpoint(
            stack,
            "Shops",
            **{"naming": NAMING, "model": container(name, data), "alarms": None} | arguments,
        )

    return build


def test_many_models_keep_their_endpoint_while_all_around_them_changes(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    # Nothing is below the prefix yet: models are added without a deployment.
    deployment.deploy(multi_model())
    first, variant, model = running(aws)
    assert model["PrimaryContainer"] == {
        "Image": f"{REGISTRY}/shops:1",
        "Mode": "MultiModel",
        "ModelDataUrl": f"s3://{BUCKET}/shops/",
        "MultiModelConfig": {"ModelCacheSetting": "Enabled"},
    }
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.xlarge", 1)
    assert allowed(aws)["ListModelData"]["Condition"] == {"StringLike": {"s3:prefix": ["shops/*"]}}

    deployment.deploy(
        multi_model(
            name="regions",
            prefix="regions",
            caching=False,
            instance_type="ml.r5.large",
            scaling=Scaling.on_cpu(min_capacity=2, max_capacity=6, percent=60),
            deployment=BlueGreen.all_at_once(),
            alarms=MultiModelAlarms(model_cache_hit_percent=None, loaded_models=40),
            dashboard=True,
        )
    )
    second, variant, model = running(aws)
    assert second["EndpointArn"] == first["EndpointArn"]
    assert model["PrimaryContainer"] == {
        "Image": f"{REGISTRY}/regions:1",
        "Mode": "MultiModel",
        "ModelDataUrl": f"s3://{BUCKET}/regions/",
        "MultiModelConfig": {"ModelCacheSetting": "Disabled"},
    }
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.r5.large", 2)
    statements = allowed(aws)
    assert statements["ReadModelData"]["Resource"] == f"arn:aws:s3:::{BUCKET}/regions/*"
    assert statements["ListModelData"]["Condition"] == {"StringLike": {"s3:prefix": ["regions/*"]}}
    assert targets(aws) == {VARIANT: (2, 6)}
    assert alarm_names(aws) == ALARMS
    guards = second["LastDeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert {guard["AlarmName"] for guard in guards} == {
        f"{ENDPOINT}-AllTraffic-{id}" for id in ("ModelLatency", "5XXErrors")
    }
    assert left(aws)["dashboards"] == {f"{ENDPOINT}-us-east-1"}

    deployment.deploy(multi_model(name="regions", instance_type="ml.r5.large", instance_count=3))
    third, variant, model = running(aws)
    assert third["EndpointArn"] == first["EndpointArn"]
    assert "LastDeploymentConfig" not in third
    assert third["ProductionVariants"][0]["DesiredInstanceCount"] == 3
    setting = model["PrimaryContainer"]["MultiModelConfig"]
    assert setting == {"ModelCacheSetting": "Enabled"}
    assert (targets(aws), alarm_names(aws), left(aws)["dashboards"]) == ({}, set(), set())

    deployment.destroy()
    assert left(aws) == before


def hostnames(model: dict[str, Any]) -> list[str]:
    return [item["ContainerHostname"] for item in model["Containers"]]


def test_containers_are_added_ordered_called_directly_and_left_alone(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    def several(kind: Any, *names: str) -> Callable[[Stack], object]:
        def model(stack: Stack) -> ModelDefinition:
            score = container("score", ModelData.from_bucket(models(stack), "score/1.tar.gz"))
            containers = {name: score if name == "score" else container(name) for name in names}
            made: ModelDefinition = kind(containers=containers)
            return made

        return serving(model)

    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    deployment.deploy(several(InferencePipeline, "features", "score"))
    first, _, model = running(aws)
    assert hostnames(model) == ["features", "score"]
    assert model["Containers"][1]["ModelDataUrl"] == f"s3://{BUCKET}/score/1.tar.gz"
    assert "InferenceExecutionConfig" not in model
    assert "PrimaryContainer" not in model

    deployment.deploy(several(InferencePipeline, "features", "score", "explain"))
    assert hostnames(running(aws)[2]) == ["features", "score", "explain"]
    assert allowed(aws)["PullImage"]["Resource"] == [
        f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{name}"
        for name in ("explain", "features", "score")
    ]

    deployment.deploy(several(InferencePipeline, "explain", "features", "score"))
    assert hostnames(running(aws)[2]) == ["explain", "features", "score"]

    deployment.deploy(several(MultiContainerModel, "explain", "score"))
    model = running(aws)[2]
    assert hostnames(model) == ["explain", "score"]
    assert model["InferenceExecutionConfig"] == {"Mode": "Direct"}

    deployment.deploy(serving(lambda stack: container("score")))
    last, _, model = running(aws)
    assert model["PrimaryContainer"] == {"Image": f"{REGISTRY}/score:1"}
    assert "Containers" not in model
    assert "ReadModelData" not in allowed(aws)
    assert last["EndpointArn"] == first["EndpointArn"]

    deployment.destroy()
    assert left(aws) == before


@pytest.fixture
def packages(aws: EmbeddedAws) -> Iterator[list[str]]:
    """Two versions in the model registry."""
    sagemaker = aws.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
    arns = [
        sagemaker.create_model_package(
            ModelPackageGroupName="fraud",
            ModelApprovalStatus="Approved",
            InferenceSpecification={
                "Containers": [{"Image": f"{REGISTRY}/fraud:{version}"}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        for version in (1, 2)
    ]
    yield arns
    for arn in arns:
        sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName="fraud")


def test_packages_and_uncompressed_files_come_in_their_next_version(
    aws: EmbeddedAws, tmp_path: Path, packages: list[str]
) -> None:
    def files(version: int) -> Callable[[Stack], object]:
        return serving(
            lambda stack: container("llm", ModelData.from_prefix(models(stack), f"llm/{version}"))
        )

    def uri(model: dict[str, Any]) -> str:
        source = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
        assert (source["S3DataType"], source["CompressionType"]) == ("S3Prefix", "None")
        found: str = source["S3Uri"]
        return found

    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    for arn in packages:
        deployment.deploy(realtime(model=ModelPackage(arn=arn)))
        assert running(aws)[2]["PrimaryContainer"] == {"ModelPackageName": arn}

    deployment.deploy(files(1))
    assert uri(running(aws)[2]) == f"s3://{BUCKET}/llm/1/"
    deployment.deploy(files(2))
    current = running(aws)
    assert uri(current[2]) == f"s3://{BUCKET}/llm/2/"
    assert allowed(aws)["ListModelData"]["Condition"] == {"StringLike": {"s3:prefix": ["llm/2/*"]}}

    ended = deployment.try_deploy(files(3))
    assert ended.returncode != 0
    assert f"Could not access model data at s3://{BUCKET}/llm/3/" in ended.stdout
    assert running(aws) == current

    deployment.destroy()
    assert left(aws) == before
