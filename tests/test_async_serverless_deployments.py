"""Asynchronous and serverless endpoints over their life, deployed to the embedded AWS."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    AsyncAlarms,
    AsyncEndpoint,
    AsyncScaling,
    BlueGreen,
    Container,
    ContainerImage,
    Naming,
    NotificationTopic,
    ProvisionedConcurrencyScaling,
    S3Prefix,
    ServerlessAlarms,
    ServerlessEndpoint,
)
from deploying import ENDPOINT, Deployment, left
from local.embedded import ACCOUNT, EmbeddedAws
from support import NAMING, realtime

VARIANT = f"endpoint/{ENDPOINT}/variant/AllTraffic"


def container(tag: str) -> Container:
    uri = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/fraud:{tag}"
    return Container(image=ContainerImage.from_registry(uri))


def described(aws: EmbeddedAws) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    return found


def variant(aws: EmbeddedAws) -> dict[str, Any]:
    (found,) = described(aws)["ProductionVariants"]
    return cast(dict[str, Any], found)


def bounds(aws: EmbeddedAws) -> dict[tuple[str, str], tuple[int, int]]:
    """What scales and between which bounds, by resource and dimension."""
    targets = aws.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker"
    )["ScalableTargets"]
    return {
        (target["ResourceId"], target["ScalableDimension"]): (
            target["MinCapacity"],
            target["MaxCapacity"],
        )
        for target in targets
    }


def policies(aws: EmbeddedAws) -> dict[str, dict[str, Any]]:
    found = aws.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="sagemaker"
    )["ScalingPolicies"]
    return {
        policy["PolicyName"].removeprefix(f"{ENDPOINT}-AllTraffic-"): policy for policy in found
    }


def alarms(aws: EmbeddedAws) -> dict[str, dict[str, Any]]:
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix(f"{ENDPOINT}-AllTraffic-"): alarm for alarm in found}


def guards(aws: EmbeddedAws) -> set[str]:
    rollback = described(aws)["LastDeploymentConfig"]["AutoRollbackConfiguration"]
    return {
        alarm["AlarmName"].removeprefix(f"{ENDPOINT}-AllTraffic-") for alarm in rollback["Alarms"]
    }


def set_capacity(aws: EmbeddedAws, **wanted: Any) -> None:
    """What autoscaling does."""
    aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", **wanted}],
    )


def asynchronous(
    *,
    tag: str = "1",
    failures: bool = False,
    own_topic: bool = False,
    in_vpc: bool = False,
    **arguments: Any,
) -> Callable[[Stack], AsyncEndpoint]:
    def build(stack: Stack) -> AsyncEndpoint:
        bucket = s3.Bucket(stack, "Files", removal_policy=RemovalPolicy.DESTROY)
        said: dict[str, Any] = {"alarms": None} | arguments
        if failures:
            said["failures"] = S3Prefix(bucket=bucket, prefix="failures")
        if own_topic:
            said["success_topic"] = sns.Topic(stack, "Scores", topic_name="scores")
        if in_vpc:
            said["vpc"] = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
            said["vpc_subnets"] = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        return AsyncEndpoint(
            stack,
            "Months",
            naming=NAMING,
            model=container(tag),
            input=S3Prefix(bucket=bucket, prefix="requests"),
            output=S3Prefix(bucket=bucket, prefix="scores"),
            **said,
        )

    return build


def output_config(aws: EmbeddedAws) -> dict[str, Any]:
    (config,) = aws.client("sagemaker").list_endpoint_configs()["EndpointConfigs"]
    found = aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=config["EndpointConfigName"]
    )
    return cast(dict[str, Any], found["AsyncInferenceConfig"]["OutputConfig"])


def check_operated_async(aws: EmbeddedAws) -> None:
    assert bounds(aws) == {(VARIANT, "sagemaker:variant:DesiredInstanceCount"): (0, 4)}
    assert policies(aws).keys() == {"backlog", "wake-up"}
    tracking = policies(aws)["backlog"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 5
    assert tracking["CustomizedMetricSpecification"]["Dimensions"] == [
        {"Name": "EndpointName", "Value": ENDPOINT}
    ]
    wake_up = alarms(aws)["wake-up"]
    assert wake_up["MetricName"] == "HasBacklogWithoutCapacity"
    assert wake_up["Dimensions"] == [{"Name": "EndpointName", "Value": ENDPOINT}]
    assert wake_up["AlarmActions"] == [policies(aws)["wake-up"]["PolicyARN"]]
    assert alarms(aws).keys() - {"wake-up"} == {
        "Failures",
        "AgeOfOldestRequest",
        "BacklogPerInstance",
        "ExpiredRequests",
        "NotificationFailures",
        "CPUUtilization",
        "MemoryUtilization",
        "DiskUtilization",
    }
    assert alarms(aws)["AgeOfOldestRequest"]["Threshold"] == 600


def test_an_asynchronous_endpoint_gains_changes_and_loses_what_it_can_have(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)

    deployment.deploy(asynchronous())
    first = deployment.running()
    assert first["variant"]["InitialInstanceCount"] == 1
    assert output_config(aws).keys() == {"S3OutputPath"}
    assert output_config(aws)["S3OutputPath"].endswith("/scores")
    assert left(aws)["topics"] == before["topics"]

    operated: dict[str, Any] = {
        "scaling": AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
        "deployment": BlueGreen.all_at_once(bake=Duration.minutes(5)),
        "alarms": AsyncAlarms(age_of_oldest_request_seconds=600),
    }
    deployment.deploy(
        asynchronous(
            tag="2",
            failures=True,
            success_topic=True,
            error_topic=True,
            include_inference_response_in=[NotificationTopic.SUCCESS],
            max_concurrent_invocations_per_instance=2,
            dashboard=True,
            **operated,
        )
    )
    running = deployment.running()
    assert running["arn"] == first["arn"]
    assert running["container"]["Image"].endswith("fraud:2")
    check_operated_async(aws)
    output = output_config(aws)
    assert output["S3FailurePath"].endswith("/failures")
    notifications = output["NotificationConfig"]
    made = {notifications["SuccessTopic"], notifications["ErrorTopic"]}
    assert made == left(aws)["topics"] - before["topics"]
    assert len(made) == 2
    assert notifications["IncludeInferenceResponseIn"] == ["SUCCESS_NOTIFICATION_TOPIC"]
    for topic in made:
        attributes = aws.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        assert attributes["KmsMasterKeyId"].endswith("alias/aws/sns")

    set_capacity(aws, DesiredInstanceCount=0)
    operated["scaling"] = AsyncScaling.on_backlog(max_capacity=6, per_instance=8)
    deployment.deploy(asynchronous(tag="3", own_topic=True, in_vpc=True, **operated))
    running = deployment.running()
    assert running["container"]["Image"].endswith("fraud:3")
    assert variant(aws)["DesiredInstanceCount"] == 0, "the update undid what autoscaling decided"
    assert guards(aws) == {"Failures"}
    assert bounds(aws) == {(VARIANT, "sagemaker:variant:DesiredInstanceCount"): (0, 6)}
    output = output_config(aws)
    assert "S3FailurePath" not in output
    assert list(output["NotificationConfig"]) == ["SuccessTopic"]
    assert output["NotificationConfig"]["SuccessTopic"].endswith(":scores")
    assert len(left(aws)["topics"] - before["topics"]) == 1
    (model,) = aws.client("sagemaker").list_models()["Models"]
    network = aws.client("sagemaker").describe_model(ModelName=model["ModelName"])["VpcConfig"]
    assert len(network["Subnets"]) == 2

    deployment.deploy(asynchronous(tag="3", instance_count=2))
    assert deployment.running()["arn"] == first["arn"]
    assert variant(aws)["DesiredInstanceCount"] == 2
    assert output_config(aws).keys() == {"S3OutputPath"}
    assert (bounds(aws), alarms(aws), policies(aws)) == ({}, {}, {})
    now = left(aws)
    for kind in ("topics", "vpcs", "groups", "dashboards"):
        assert now[kind] == before[kind]

    deployment.destroy()
    assert left(aws) == before


def test_a_topic_that_the_role_may_not_publish_to_fails_and_leaves_nothing(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    """What the library's own policy, which comes before the endpoint, is there to prevent."""

    def with_bare_role(stack: Stack) -> None:
        principal = cast(iam.IPrincipal, iam.ServicePrincipal("sagemaker.amazonaws.com"))
        role = iam.Role(stack, "Bare", assumed_by=principal)
        asynchronous(success_topic=True, role=role, attach_execution_policy=False)(stack)

    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    ended = deployment.try_deploy(with_bare_role)
    assert ended.returncode != 0
    assert "sns:Publish" in ended.stdout
    deployment.destroy()
    assert left(aws) == before


def serverless(tag: str = "1", **arguments: Any) -> Callable[[Stack], ServerlessEndpoint]:
    said = {"naming": NAMING, "alarms": None} | arguments
    return lambda stack: ServerlessEndpoint(stack, "Fraud", model=container(tag), **said)


def test_a_serverless_endpoint_gains_changes_and_loses_what_it_can_have(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)

    deployment.deploy(serverless())
    first = deployment.running()
    assert variant(aws)["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 5,
    }
    assert "CurrentInstanceCount" not in variant(aws)

    operated: dict[str, Any] = {
        "memory_size": Size.gibibytes(4),
        "max_concurrency": 20,
        "deployment": BlueGreen.all_at_once(bake=Duration.minutes(5)),
        "alarms": ServerlessAlarms(model_latency_millis=300),
    }
    deployment.deploy(
        serverless(
            "2",
            scaling=ProvisionedConcurrencyScaling.on_utilization(
                min_capacity=2, max_capacity=6, percent=70
            ),
            dashboard=True,
            **operated,
        )
    )
    running = deployment.running()
    assert running["arn"] == first["arn"]
    assert running["container"]["Image"].endswith("fraud:2")
    assert variant(aws)["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 4096,
        "MaxConcurrency": 20,
        "ProvisionedConcurrency": 2,
    }
    dimension = "sagemaker:variant:DesiredProvisionedConcurrency"
    assert bounds(aws) == {(VARIANT, dimension): (2, 6)}
    tracking = policies(aws)["utilization"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 0.7
    assert alarms(aws).keys() == {
        "ModelLatency",
        "OverheadLatency",
        "4XXErrors",
        "5XXErrors",
        "ModelSetupTime",
        "ConcurrencyUtilization",
        "MemoryUtilization",
    }
    assert alarms(aws)["ModelLatency"]["Threshold"] == 300_000
    assert alarms(aws)["ConcurrencyUtilization"]["Threshold"] == 0.8
    assert left(aws)["dashboards"] - before["dashboards"] == {f"{ENDPOINT}-us-east-1"}

    deployment.deploy(
        serverless("3", provisioned_concurrency=4, **operated | {"max_concurrency": 10})
    )
    running = deployment.running()
    assert running["container"]["Image"].endswith("fraud:3")
    assert variant(aws)["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 4096,
        "MaxConcurrency": 10,
        "ProvisionedConcurrency": 4,
    }
    assert guards(aws) == {"ModelLatency", "5XXErrors"}
    assert (bounds(aws), policies(aws)) == ({}, {})
    assert left(aws)["dashboards"] == before["dashboards"]

    deployment.deploy(serverless("3"))
    assert deployment.running()["arn"] == first["arn"]
    assert variant(aws)["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 5,
    }
    assert alarms(aws) == {}

    deployment.destroy()
    assert left(aws) == before


def test_instances_become_serverless_only_under_another_name(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    """Developer Guide, serverless-endpoints: SageMaker refuses to convert an endpoint."""
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    deployment.deploy(realtime(model=container("1")))
    running = deployment.running()

    refused = deployment.try_deploy(serverless())
    assert refused.returncode != 0
    assert "Cannot convert an endpoint from instances to serverless" in refused.stdout
    assert deployment.running() == running

    deployment.deploy(serverless(naming=Naming(team="rc", project="project-b", model="fraud")))
    (endpoint,) = aws.client("sagemaker").list_endpoints()["Endpoints"]
    assert endpoint["EndpointName"] == "rc-project-b-fraud-ep"

    deployment.destroy()
    assert left(aws) == before
