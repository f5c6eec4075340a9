"""Models that share instances, over their life, deployed to the embedded AWS."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from botocore.exceptions import ClientError

from cdk_sagemaker_inference import (
    ComponentAlarms,
    ComponentResources,
    ComponentRolling,
    Container,
    ContainerImage,
    CopyScaling,
    InferenceComponentEndpoint,
    InstanceAlarms,
    ManagedInstanceScaling,
    Naming,
)
from deploying import ENDPOINT, Deployment, left
from local.embedded import ACCOUNT, EmbeddedAws
from support import NAMING

CARDS, TRANSFERS, PAYMENTS = (f"{ENDPOINT}-{name}" for name in ("cards", "transfers", "payments"))
GUARDED: dict[str, Any] = {
    "scaling": CopyScaling.on_concurrent_requests(min_capacity=0, max_capacity=4, per_copy=2),
    "deployment": ComponentRolling(percent=50, bake=Duration.minutes(5)),
    "alarms": ComponentAlarms(),
}
SMALL = ComponentResources(min_memory=Size.gibibytes(1))
LARGE = ComponentResources(
    min_memory=Size.gibibytes(2), max_memory=Size.gibibytes(3), cpu_cores=1.5
)


def container(tag: str) -> Container:
    uri = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/fraud:{tag}"
    return Container(image=ContainerImage.from_registry(uri))


def endpoint(**arguments: Any) -> Callable[[Stack], InferenceComponentEndpoint]:
    defaults = {"naming": NAMING, "alarms": None}
    return lambda stack: InferenceComponentEndpoint(stack, "Shared", **{**defaults, **arguments})


def build(
    components: Mapping[str, Mapping[str, Any]], *, in_vpc: bool = False, **arguments: Any
) -> Callable[[Stack], None]:
    """An endpoint with components by name, each with its tag and what else is said of it."""

    def made(stack: Stack) -> None:
        said = dict(arguments)
        if in_vpc:
            said["vpc"] = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            isolated = ec2.SubnetType.PRIVATE_ISOLATED
            said["vpc_subnets"] = ec2.SubnetSelection(subnet_type=isolated)
        shared = endpoint(**said)(stack)
        for name, asked in components.items():
            options: dict[str, Any] = {"resources": SMALL, "alarms": None, **asked}
            shared.add_model(name, model=container(options.pop("tag")), **options)

    return made


def read(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What there is, without what differs from answer to answer."""
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


def components(aws: EmbeddedAws) -> dict[str, dict[str, Any]]:
    """The components by name, each with its image; no other models may be left."""
    sagemaker = aws.client("sagemaker")
    found = {}
    for listed in sagemaker.list_inference_components()["InferenceComponents"]:
        name = listed["InferenceComponentName"]
        described = read(sagemaker.describe_inference_component(InferenceComponentName=name))
        model = sagemaker.describe_model(ModelName=described["Specification"]["ModelName"])
        assert described["InferenceComponentStatus"] == "InService"
        assert "VpcConfig" not in model
        described["Image"] = model["PrimaryContainer"]["Image"].rpartition(":")[2]
        found[name] = described
    used = {component["Specification"]["ModelName"] for component in found.values()}
    assert {model["ModelName"] for model in sagemaker.list_models()["Models"]} == used
    return found


def images(aws: EmbeddedAws) -> dict[str, str]:
    return {name: component["Image"] for name, component in components(aws).items()}


def running(aws: EmbeddedAws) -> tuple[dict[str, Any], dict[str, Any]]:
    """The only endpoint and its config; no other config may be left."""
    sagemaker = aws.client("sagemaker")
    (listed,) = sagemaker.list_endpoints()["Endpoints"]
    described = read(sagemaker.describe_endpoint(EndpointName=listed["EndpointName"]))
    assert described["EndpointStatus"] == "InService"
    (config,) = sagemaker.list_endpoint_configs()["EndpointConfigs"]
    assert described["EndpointConfigName"] == config["EndpointConfigName"]
    return described, sagemaker.describe_endpoint_config(
        EndpointConfigName=config["EndpointConfigName"]
    )


def test_each_component_lives_by_itself(aws: EmbeddedAws, tmp_path: Path) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    cards: dict[str, Any] = {"tag": "1"}
    transfers: dict[str, Any] = {"tag": "1", "copies": 2}
    deployment.deploy(build({"cards": cards, "transfers": transfers}))
    first = components(aws)
    assert {name: made["Image"] for name, made in first.items()} == {CARDS: "1", TRANSFERS: "1"}
    assert first[CARDS]["RuntimeConfig"]["DesiredCopyCount"] == 1
    assert first[TRANSFERS]["RuntimeConfig"]["DesiredCopyCount"] == 2
    tags = aws.client("sagemaker").list_tags(ResourceArn=first[CARDS]["InferenceComponentArn"])
    assert {"Key": "Project", "Value": "project-a"} in tags["Tags"]
    shared, _ = running(aws)

    cards["tag"] = "2"
    deployment.deploy(build({"cards": cards, "transfers": transfers}))
    second = components(aws)
    assert second[CARDS]["Image"] == "2"
    assert second[CARDS]["InferenceComponentArn"] == first[CARDS]["InferenceComponentArn"]
    assert second[TRANSFERS] == first[TRANSFERS]
    assert running(aws)[0] == shared

    transfers |= {"resources": LARGE, "copies": 3}
    cards |= GUARDED
    deployment.deploy(build({"cards": cards, "transfers": transfers}))
    third = components(aws)
    assert third[TRANSFERS]["RuntimeConfig"]["DesiredCopyCount"] == 3
    assert third[TRANSFERS]["Specification"]["ComputeResourceRequirements"] == {
        "MinMemoryRequiredInMb": 2048,
        "MaxMemoryRequiredInMb": 3072,
        "NumberOfCpuCoresRequired": 1.5,
    }
    assert third[CARDS]["CreationTime"] == first[CARDS]["CreationTime"]
    check_guarded(aws)

    # What autoscaling decides is lost by an update of the component, and is documented so.
    aws.client("sagemaker").update_inference_component_runtime_config(
        InferenceComponentName=CARDS, DesiredRuntimeConfig={"CopyCount": 4}
    )
    cards["tag"] = "3"
    more = {"cards": cards, "payments": transfers, "loans": {"tag": "1"}}
    deployment.deploy(build(more))
    assert images(aws) == {CARDS: "3", PAYMENTS: "1", f"{ENDPOINT}-loans": "1"}
    assert components(aws)[CARDS]["RuntimeConfig"]["DesiredCopyCount"] == 1
    check_guarded(aws)

    deployment.deploy(build({"cards": {"tag": "3"}}))
    fifth = components(aws)
    assert fifth.keys() == {CARDS}
    assert fifth[CARDS]["CreationTime"] == first[CARDS]["CreationTime"]
    now = left(aws)
    assert now["targets"] == now["policies of scaling"] == now["alarms"] == set()
    assert running(aws)[0] == shared

    deployment.destroy()
    assert components(aws) == {}
    assert left(aws) == before


def check_guarded(aws: EmbeddedAws) -> None:
    """The cards scale to zero, wake up, and are rolled back by their alarms."""
    scaling = aws.client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert target["ResourceId"] == f"inference-component/{CARDS}"
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 4)
    found = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    policies = {policy["PolicyName"]: policy for policy in found}
    assert policies.keys() == {f"{CARDS}-concurrency", f"{CARDS}-wake-up"}
    tracked = policies[f"{CARDS}-concurrency"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracked["TargetValue"] == 2
    alarms = {
        alarm["AlarmName"]: alarm
        for alarm in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    }
    # Latencies, errors, requests without a copy, CPU and memory; and the wake-up.
    assert len(alarms) == 7 + 1
    waking = alarms[f"{CARDS}-wake-up"]
    assert waking["AlarmActions"] == [policies[f"{CARDS}-wake-up"]["PolicyARN"]]
    assert waking["Dimensions"] == [{"Name": "InferenceComponentName", "Value": CARDS}]
    config = components(aws)[CARDS]["LastDeploymentConfig"]
    assert config["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 300,
    }
    guards = {alarm["AlarmName"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]}
    assert guards == {f"{CARDS}-ModelLatency", f"{CARDS}-5XXErrors"}


def test_the_endpoint_changes_below_its_components(aws: EmbeddedAws, tmp_path: Path) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    guarded = {"cards": {"tag": "1", **GUARDED}, "transfers": {"tag": "1"}}
    deployment.deploy(build(guarded, alarms=InstanceAlarms()))
    first = components(aws)
    shared, config = running(aws)
    (variant,) = config["ProductionVariants"]
    assert "ModelName" not in variant
    assert config["ExecutionRoleArn"].startswith(f"arn:aws:iam::{ACCOUNT}:role/")

    scaling = ManagedInstanceScaling(min_instance_count=0, max_instance_count=4)
    changed: dict[str, Any] = {"instance_type": "ml.m5.2xlarge", "instance_scaling": scaling}
    deployment.deploy(build(guarded, alarms=InstanceAlarms(), **changed))
    now, config = running(aws)
    assert now["EndpointArn"] == shared["EndpointArn"]
    (variant,) = config["ProductionVariants"]
    assert variant["InstanceType"] == "ml.m5.2xlarge"
    assert variant["ManagedInstanceScaling"] == {
        "Status": "ENABLED",
        "MinInstanceCount": 0,
        "MaxInstanceCount": 4,
    }
    assert components(aws) == first
    thresholds = aws.client("cloudwatch").describe_alarms(
        AlarmNames=[f"{ENDPOINT}-AllTraffic-CPUUtilization"]
    )["MetricAlarms"]
    assert [alarm["Threshold"] for alarm in thresholds] == [8 * 80]

    deployment.deploy(build(guarded, in_vpc=True, enable_network_isolation=True))
    _, config = running(aws)
    assert len(config["VpcConfig"]["Subnets"]) == 2
    assert config["EnableNetworkIsolation"] is True
    assert "ManagedInstanceScaling" not in config["ProductionVariants"][0]
    assert components(aws) == first

    with pytest.raises(ClientError, match="inference component"):
        aws.client("sagemaker").delete_endpoint(EndpointName=ENDPOINT)
    naming = Naming(team="rc", project="project-a", model="risk", version=3)
    deployment.deploy(build(guarded, naming=naming))
    renamed, _ = running(aws)
    assert renamed["EndpointName"] == "rc-project-a-risk-ep"
    moved = components(aws)
    assert moved.keys() == {"rc-project-a-risk-ep-cards", "rc-project-a-risk-ep-transfers"}
    assert {made["EndpointName"] for made in moved.values()} == {"rc-project-a-risk-ep"}
    assert left(aws)["targets"] == {"inference-component/rc-project-a-risk-ep-cards"}

    deployment.destroy()
    assert left(aws) == before
