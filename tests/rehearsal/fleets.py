"""Changes of instances: types, numbers, volumes, keys, networks, guardrails, autoscaling."""

from collections.abc import Iterator

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    BlueGreen,
    Rolling,
    RoutingStrategy,
    ScalingPolicy,
    ScalingSchedule,
)
from rehearsal.changes import Asked, Change, Obstructed
from rehearsal.seen import ADDED, CHANGED, REMOVED
from rehearsal.vocabulary import (
    BIGGER,
    FIFTY_GIB,
    SMALLER,
    TWENTY_MINUTES,
    Kind,
    image,
    key,
    one_subnet,
    own_group,
    vpc,
)

VARIANT = "variant.AllTraffic"
TARGET, POLICY = "target.variant/AllTraffic", "policy.AllTraffic-cpu"
ROLE = "permission.made role"
DEREGISTER = "must be deregistered as scalable targets"


def instance_changes(*, timeouts: bool = True, routing: bool = True) -> Iterator[Change]:
    """Changes of what a variant runs on; it begins with two ml.m5.xlarge."""
    yield Change("instance type up", {"instance_type": BIGGER}, {f"{VARIANT}.InstanceType": BIGGER})
    yield Change(
        "instance type down", {"instance_type": SMALLER}, {f"{VARIANT}.InstanceType": SMALLER}
    )
    for what, count in (("instance count up", 3), ("instance count down", 1)):
        yield Change(
            what,
            {"instance_count": count},
            {
                f"{VARIANT}.InitialInstanceCount": count,
                f"{VARIANT}.now.DesiredInstanceCount": count,
            },
        )
    yield Change("volume size", {"volume_size": FIFTY_GIB}, {f"{VARIANT}.VolumeSizeInGB": 50})
    if routing:
        yield Change(
            "routing strategy",
            {"routing_strategy": RoutingStrategy.LEAST_OUTSTANDING_REQUESTS},
            {f"{VARIANT}.RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}},
        )
    if timeouts:
        yield Change(
            "download timeout",
            {"model_data_download_timeout": TWENTY_MINUTES},
            {f"{VARIANT}.ModelDataDownloadTimeoutInSeconds": 1200},
        )
        yield Change(
            "start-up timeout",
            {"container_startup_health_check_timeout": TWENTY_MINUTES},
            {f"{VARIANT}.ContainerStartupHealthCheckTimeoutInSeconds": 1200},
        )
    yield key_change()


def key_change() -> Change:
    """A key for the volumes."""
    return Change(
        "key on",
        {"encryption_key": key},
        {"endpoint.KmsKeyId": "<key>", f"{ROLE}.UseVolumeKey": ADDED},
        back="key off",
    )


def network_changes(path: str) -> Iterator[Change]:
    """Changes of the VPC.

    :param path: what carries it, model or config.
    """
    inside: Asked = {"vpc": vpc}
    subnets = ["<subnet 1>", "<subnet 2>"]
    yield Change(
        "VPC on",
        inside,
        {
            f"{path}.VpcConfig": {"SecurityGroupIds": ["<made group>"], "Subnets": subnets},
            "group.<made group>": True,
            f"{ROLE}.CreateNetworkInterfaces": ADDED,
            f"{ROLE}.DescribeNetwork": ADDED,
            f"{ROLE}.ManageNetworkInterfaces": ADDED,
        },
        back="VPC off",
    )
    yield Change(
        "subnet",
        {"vpc_subnets": one_subnet},
        {
            f"{path}.VpcConfig.Subnets": ["<subnet 1>"],
            f"{ROLE}.CreateNetworkInterfaces.Resource": CHANGED,
        },
        before=inside,
        back="subnet added",
    )
    yield Change(
        "security group",
        {"security_groups": own_group},
        {
            f"{path}.VpcConfig.SecurityGroupIds": ["<group>"],
            "group.<made group>": REMOVED,
            f"{ROLE}.CreateNetworkInterfaces.Resource": CHANGED,
        },
        before=inside,
    )
    yield Change(
        "network isolation on",
        {"enable_network_isolation": True},
        {f"{path}.EnableNetworkIsolation": True},
        back="network isolation off",
    )


def scaling_changes(kind: Kind) -> Iterator[Change]:
    """Changes of autoscaling, and under it; there are two instances, and two at least."""
    scaled: Asked = {"scaling": kind.scaled()}
    night = ScalingSchedule(
        name="night",
        schedule=appscaling.Schedule.cron(hour="20", minute="0"),
        time_zone=TimeZone.EUROPE_BERLIN,
        max_capacity=3,
    )
    yield Change(
        "scaling on",
        scaled,
        {TARGET: {"MinCapacity": 2, "MaxCapacity": 4}, POLICY: ADDED},
        back="scaling off",
    )
    yield Change(
        "upper bound", {"scaling": kind.scaled(high=8)}, {f"{TARGET}.MaxCapacity": 8}, before=scaled
    )
    yield Change(
        "lower bound",
        {"scaling": kind.scaled(low=1)},
        {f"{TARGET}.MinCapacity": 1},
        before=scaled,
    )
    yield Change(
        "target value",
        {"scaling": kind.scaled(percent=50)},
        # CloudWatch counts 100 per virtual CPU, and an ml.m5.xlarge has four.
        {f"{POLICY}.TargetTrackingScalingPolicyConfiguration.TargetValue": 200},
        before=scaled,
    )
    yield Change(
        "scaling policy added",
        {
            "scaling": kind.scaled(
                policies=[
                    ScalingPolicy.on_cpu(percent=60),
                    ScalingPolicy.on_metric(
                        _queue(), name="queue", target=10, scale_in_cooldown=TWENTY_MINUTES
                    ),
                ]
            )
        },
        {"policy.AllTraffic-queue": ADDED},
        before=scaled,
        back="scaling policy removed",
    )
    yield Change(
        "schedule added",
        {"scaling": kind.scaled(schedules=[night])},
        {"schedule.night": ADDED},
        before=scaled,
        back="schedule removed",
    )
    yield Change(
        "image under scaling",
        kind.asks(image=image("1.4.3")),
        {f"{kind.path}.Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fraud:1.4.3"},
        before=scaled,
    )
    yield Change(
        "volume size under scaling",
        {"volume_size": FIFTY_GIB},
        {f"{VARIANT}.VolumeSizeInGB": 50},
        before=scaled,
    )
    yield Obstructed(
        "instance type under scaling",
        {"instance_type": BIGGER},
        {
            f"{VARIANT}.InstanceType": BIGGER,
            # The same share of eight virtual CPUs.
            f"{POLICY}.TargetTrackingScalingPolicyConfiguration.TargetValue": 480,
        },
        before=scaled,
        rules=frozenset({"scaled-instance-type"}),
        words=DEREGISTER,
        steps=[{"scaling": None}],
    )
    yield Obstructed(
        "instance type with scaling off",
        {"instance_type": BIGGER, "scaling": None},
        {f"{VARIANT}.InstanceType": BIGGER, TARGET: REMOVED, POLICY: REMOVED},
        before=scaled,
        rules=frozenset({"scaled-instance-type"}),
        words=DEREGISTER,
        steps=[{"scaling": None}],
    )


def _queue() -> cloudwatch.Metric:
    return cloudwatch.Metric(namespace="Own", metric_name="Queue", statistic="Average")


def guardrail_changes(kind: Kind) -> Iterator[Change]:
    """Changes of how updates are guarded; the fleet has two instances."""
    rollback = {"Alarms": [{"AlarmName": f"<endpoint>-AllTraffic-{name}"} for name in kind.guards]}
    alarmed: Asked = {"alarms": kind.alarmed()}
    bake = Duration.minutes(15)
    canary: Asked = {**alarmed, "deployment": BlueGreen.canary(percent=50, bake=bake)}
    routing = "endpoint.deployment.BlueGreenUpdatePolicy.TrafficRoutingConfiguration"
    blue_green, rolling = (
        f"endpoint.deployment.{name}UpdatePolicy" for name in ("BlueGreen", "Rolling")
    )
    yield Change(
        "guardrails on",
        {"deployment": BlueGreen.canary(percent=50, bake=bake)},
        {
            "endpoint.deployment": {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "CANARY",
                        "WaitIntervalInSeconds": 900,
                        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                    },
                    "TerminationWaitInSeconds": 300,
                },
                "AutoRollbackConfiguration": rollback,
            },
            f"{ROLE}.WatchDeploymentAlarms": ADDED,
        },
        before=alarmed,
        back="guardrails off",
    )
    yield Change(
        "guardrails from canary to linear",
        {"deployment": BlueGreen.linear(percent=50, bake=bake)},
        {
            f"{routing}.Type": "LINEAR",
            f"{routing}.CanarySize": REMOVED,
            f"{routing}.LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
        before=canary,
    )
    yield Change(
        "guardrails from canary to all at once",
        {"deployment": BlueGreen.all_at_once(bake=bake)},
        {f"{routing}.Type": "ALL_AT_ONCE", f"{routing}.CanarySize": REMOVED},
        before=canary,
    )
    yield Change(
        "guardrails from canary to rolling",
        {"deployment": Rolling(percent=50, bake=bake)},
        {
            blue_green: REMOVED,
            rolling: {
                "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": 900,
            },
        },
        before=canary,
    )
    yield Change(
        "bake",
        {"deployment": BlueGreen.canary(percent=50, bake=TWENTY_MINUTES)},
        {f"{routing}.WaitIntervalInSeconds": 1200},
        before=canary,
    )
    yield Change(
        "canary by instances",
        {"deployment": BlueGreen.canary(instances=1, bake=bake)},
        {f"{routing}.CanarySize.Type": "INSTANCE_COUNT", f"{routing}.CanarySize.Value": 1},
        before=canary,
    )
    yield Change(
        "rollback off",
        {"deployment": BlueGreen.canary(percent=50, bake=bake, roll_back=False)},
        {
            "endpoint.deployment.AutoRollbackConfiguration": REMOVED,
            f"{ROLE}.WatchDeploymentAlarms": REMOVED,
        },
        before=canary,
        back="rollback on",
    )
    yield Change(
        "image under guardrails",
        kind.asks(image=image("1.4.3")),
        {f"{kind.path}.Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fraud:1.4.3"},
        before=canary,
    )
    if "ModelLatency" not in kind.guards:
        return
    yield Change(
        "rollback alarm off",
        {"alarms": kind.alarmed(model_latency_millis=None)},
        {
            "alarm.AllTraffic-ModelLatency": REMOVED,
            "endpoint.deployment.AutoRollbackConfiguration.Alarms": rollback["Alarms"][1:],
            f"{ROLE}.WatchDeploymentAlarms.Resource": CHANGED,
        },
        before=canary,
        back="rollback alarm on",
    )
