"""An endpoint in production over its life, deployed to the embedded AWS."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    Container,
    ContainerImage,
    DataCapture,
    RealtimeEndpoint,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ScalingStep,
    Variant,
)
from deploying import ENDPOINT, Deployment, left
from local.embedded import ACCOUNT, EmbeddedAws
from support import NAMING, realtime

CHAMPION, CHALLENGER = (
    f"endpoint/{ENDPOINT}/variant/{name}" for name in ("champion", "challenger")
)
ROLLBACK_ALARMS = {
    f"{ENDPOINT}-{variant}-{kind}"
    for variant in ("champion", "challenger")
    for kind in ("ModelLatency", "5XXErrors")
}


def container(tag: str) -> Container:
    uri = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/fraud:{tag}"
    return Container(image=ContainerImage.from_registry(uri))


def production(
    *,
    version: int = 3,
    challenger_weight: float = 1,
    max_capacity: int = 8,
    night_capacity: int = 2,
    model_latency_millis: float = 300,
) -> Any:
    """Everything that an operated endpoint can have; the arguments are what changes later."""
    queue = cloudwatch.Metric(
        namespace="Own", metric_name="Queue", statistic="Maximum", period=Duration.minutes(1)
    )
    scaling = Scaling(
        min_capacity=2,
        max_capacity=max_capacity,
        policies=[
            ScalingPolicy.on_invocations(
                per_instance_per_minute=Scaling.per_minute(max_requests_per_second=40),
                scale_in_cooldown=Duration.minutes(10),
            ),
            ScalingPolicy.on_cpu(percent=70),
            ScalingPolicy.in_steps(
                queue,
                name="queue",
                steps=[
                    ScalingStep(change=1, lower=10, upper=50),
                    ScalingStep(change=3, lower=50),
                    ScalingStep(change=-1, upper=2),
                ],
            ),
        ],
        schedules=[
            ScalingSchedule(
                name="morning",
                schedule=appscaling.Schedule.cron(hour="8", minute="0", week_day="MON-FRI"),
                time_zone=TimeZone.EUROPE_BERLIN,
                min_capacity=4,
            ),
            ScalingSchedule(
                name="night",
                schedule=appscaling.Schedule.rate(Duration.days(1)),
                min_capacity=night_capacity,
                max_capacity=4,
            ),
        ],
    )

    def build(stack: Stack) -> None:
        bucket = s3.Bucket(stack, "Captured", removal_policy=RemovalPolicy.DESTROY)
        RealtimeEndpoint(
            stack,
            "Fraud",
            naming=replace(NAMING, version=version),
            variants=[
                Variant(
                    name="champion",
                    model=container(f"{version}"),
                    weight=10 - challenger_weight,
                    scaling=scaling,
                ),
                Variant(
                    name="challenger",
                    model=container(f"{version}-next"),
                    weight=challenger_weight,
                    scaling=Scaling.on_concurrent_requests(
                        min_capacity=2, max_capacity=4, per_model=5
                    ),
                ),
            ],
            deployment=BlueGreen.canary(
                percent=20,
                bake=Duration.minutes(5),
                termination_wait=Duration.minutes(2),
                maximum_execution_timeout=Duration.hours(2),
            ),
            alarms=Alarms(
                topic=sns.Topic(stack, "Ops"),
                model_latency_millis=model_latency_millis,
                disk_percent=None,
            ),
            data_capture=DataCapture(bucket=bucket, prefix="captured/fraud", sampling_percent=10),
            dashboard=True,
        )

    return build


def targets(aws: EmbeddedAws) -> dict[str, Any]:
    scaling = aws.client("application-autoscaling")
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return {target["ResourceId"]: target for target in found}


def alarms(aws: EmbeddedAws) -> dict[str, Any]:
    found = aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: alarm for alarm in found}


def endpoint(aws: EmbeddedAws) -> dict[str, Any]:
    described: dict[str, Any] = aws.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    assert described["EndpointStatus"] == "InService"
    return described


def variants(aws: EmbeddedAws) -> dict[str, tuple[int, float]]:
    return {
        variant["VariantName"]: (variant["DesiredInstanceCount"], variant["DesiredWeight"])
        for variant in endpoint(aws)["ProductionVariants"]
    }


def instance_types(aws: EmbeddedAws) -> set[str]:
    config = aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=endpoint(aws)["EndpointConfigName"]
    )
    return {variant["InstanceType"] for variant in config["ProductionVariants"]}


def check_deployment(aws: EmbeddedAws) -> None:
    config = endpoint(aws)["LastDeploymentConfig"]
    assert config["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 300,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
        },
        "TerminationWaitInSeconds": 120,
        "MaximumExecutionTimeoutInSeconds": 7200,
    }
    guards = {alarm["AlarmName"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]}
    assert guards == ROLLBACK_ALARMS


def check_scaling(aws: EmbeddedAws) -> None:
    bounds = {id: (t["MinCapacity"], t["MaxCapacity"]) for id, t in targets(aws).items()}
    assert bounds == {CHAMPION: (2, 8), CHALLENGER: (2, 4)}
    scaling = aws.client("application-autoscaling")
    found = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"]
    policies = {policy["PolicyName"].removeprefix(f"{ENDPOINT}-"): policy for policy in found}
    tracking = "TargetTrackingScalingPolicyConfiguration"
    followed = {
        name: (
            policy[tracking]["TargetValue"],
            policy[tracking]["ScaleInCooldown"],
            policy[tracking]["ScaleOutCooldown"],
        )
        for name, policy in policies.items()
        if tracking in policy
    }
    assert followed == {
        "champion-invocations": (1200, 600, 60),
        "champion-cpu": (280, 300, 60),
        "challenger-concurrency": (5, 300, 60),
    }
    steps = {
        name: (
            policy["StepScalingPolicyConfiguration"]["Cooldown"],
            [
                (
                    step.get("MetricIntervalLowerBound"),
                    step.get("MetricIntervalUpperBound"),
                    step["ScalingAdjustment"],
                )
                for step in policy["StepScalingPolicyConfiguration"]["StepAdjustments"]
            ],
        )
        for name, policy in policies.items()
        if tracking not in policy
    }
    assert steps == {
        "champion-queue-out": (60, [(0, 40, 1), (40, None, 3)]),
        "champion-queue-in": (300, [(None, 0, -1)]),
    }
    called = {policy["PolicyARN"] for name, policy in policies.items() if name in steps}
    stepping = [alarm for alarm in alarms(aws).values() if alarm.get("MetricName") == "Queue"]
    assert {action for alarm in stepping for action in alarm["AlarmActions"]} == called
    assert {alarm["Threshold"] for alarm in stepping} == {10, 2}
    schedules = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")
    actions = {action["ScheduledActionName"]: action for action in schedules["ScheduledActions"]}
    assert actions.keys() == {"morning", "night"}
    assert actions["morning"]["Schedule"] == "cron(0 8 ? * MON-FRI *)"
    assert actions["morning"]["Timezone"] == "Europe/Berlin"
    assert actions["morning"]["ScalableTargetAction"] == {"MinCapacity": 4}
    assert actions["night"]["Schedule"] == "rate(1 day)"
    assert actions["night"]["ScalableTargetAction"] == {"MinCapacity": 2, "MaxCapacity": 4}


def check_alarms(aws: EmbeddedAws) -> None:
    own = {name: a for name, a in alarms(aws).items() if a.get("MetricName") != "Queue"}
    # Ten kinds, without the two of GPUs and without the disk, for each variant.
    assert len(own) == 14
    (topic,) = aws.client("sns").list_topics()["Topics"]
    assert all(alarm["AlarmActions"] == [topic["TopicArn"]] for alarm in own.values())
    assert all(alarm["OKActions"] == [topic["TopicArn"]] for alarm in own.values())
    thresholds = {
        name.removeprefix(f"{ENDPOINT}-champion-"): alarm["Threshold"]
        for name, alarm in own.items()
        if "-champion-" in name
    }
    assert thresholds == {
        "ModelLatency": 300_000,
        "OverheadLatency": 200_000,
        "4XXErrors": 1,
        "5XXErrors": 0.1,
        "CPUUtilization": 320,
        "MemoryUtilization": 80,
        "HealthyInstances": 1,
    }


def check_capture_and_dashboard(aws: EmbeddedAws) -> None:
    capture = endpoint(aws)["DataCaptureConfig"]
    assert capture["CaptureStatus"] == "Started"
    assert capture["CurrentSamplingPercentage"] == 10
    assert capture["DestinationS3Uri"].endswith("/captured/fraud")
    dashboards = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    assert [entry["DashboardName"] for entry in dashboards] == [f"{ENDPOINT}-us-east-1"]


def test_production_is_what_was_asked_and_keeps_what_autoscaling_decided(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    deployment.deploy(production())
    check_deployment(aws)
    check_scaling(aws)
    check_alarms(aws)
    check_capture_and_dashboard(aws)
    assert variants(aws) == {"champion": (2, 9), "challenger": (2, 1)}

    aws.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT,
        DesiredWeightsAndCapacities=[{"VariantName": "champion", "DesiredInstanceCount": 5}],
    )
    first = endpoint(aws)
    deployment.deploy(production(version=4, challenger_weight=3))
    second = endpoint(aws)
    assert second["EndpointArn"] == first["EndpointArn"]
    assert second["EndpointConfigName"] != first["EndpointConfigName"]
    assert variants(aws) == {"champion": (5, 7), "challenger": (2, 3)}

    made = {id: target["CreationTime"] for id, target in targets(aws).items()}
    changed = {"max_capacity": 9, "night_capacity": 3, "model_latency_millis": 250}
    deployment.deploy(production(version=4, challenger_weight=3, **changed))
    assert endpoint(aws)["EndpointConfigName"] == second["EndpointConfigName"]
    assert {id: target["CreationTime"] for id, target in targets(aws).items()} == made
    assert targets(aws)[CHAMPION]["MaxCapacity"] == 9
    assert alarms(aws)[f"{ENDPOINT}-champion-ModelLatency"]["Threshold"] == 250_000
    assert variants(aws) == {"champion": (5, 7), "challenger": (2, 3)}

    deployment.destroy()
    assert left(aws) == before


def test_an_instance_type_changes_only_after_scaling_is_off(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    before = left(aws)
    deployment = Deployment(aws, tmp_path)
    scaled = {
        "model": container("1"),
        "alarms": Alarms(),
        "scaling": Scaling.on_cpu(min_capacity=2, max_capacity=4, percent=60),
    }
    deployment.deploy(realtime(**scaled))
    running = deployment.running()

    refused = deployment.try_deploy(realtime(**scaled, instance_type="ml.c5.xlarge"))
    assert refused.returncode != 0
    assert "must be deregistered as scalable targets" in refused.stdout
    assert deployment.running() == running
    assert instance_types(aws) == {"ml.m5.xlarge"}
    assert len(targets(aws)) == 1

    deployment.deploy(realtime(**scaled | {"scaling": None, "instance_count": 2}))
    assert targets(aws) == {}
    assert len(alarms(aws)) == 8

    unscaled = {"model": container("1"), "instance_count": 2}
    deployment.deploy(realtime(**unscaled, alarms=None, instance_type="ml.c5.xlarge"))
    assert instance_types(aws) == {"ml.c5.xlarge"}
    assert alarms(aws) == {}

    deployment.destroy()
    assert left(aws) == before
