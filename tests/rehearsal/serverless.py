"""Changes of a serverless endpoint."""

from aws_cdk import Duration, Size

from cdk_sagemaker_inference import BlueGreen, ProvisionedConcurrencyScaling, ServerlessAlarms
from rehearsal.artifacts import artifact_changes, data_changes
from rehearsal.changes import ABSENT, Asked, Change, Obstructed, Partly
from rehearsal.fleets import TARGET, VARIANT, key_change
from rehearsal.realtime import MODEL, REALTIME
from rehearsal.seen import ADDED, REMOVED
from rehearsal.surroundings import identity_changes, topic_changes
from rehearsal.vocabulary import OTHER_TEAM, TWENTY_MINUTES, Kind

SERVERLESS = Kind(
    base={**REALTIME.base, "type": "serverless", "instance_count": ABSENT},
    asks=REALTIME.asks,
    alarms=ServerlessAlarms,
)
ALARMS = [
    f"alarm.AllTraffic-{name}"
    for name in (
        "4XXErrors",
        "5XXErrors",
        "ConcurrencyUtilization",
        "MemoryUtilization",
        "ModelLatency",
        "ModelSetupTime",
        "OverheadLatency",
    )
]
FOUR_GIB = Size.gibibytes(4)
WARM: Asked = {"provisioned_concurrency": 2}
SCALED: Asked = {
    "scaling": ProvisionedConcurrencyScaling.on_utilization(
        min_capacity=1, max_capacity=4, percent=70
    )
}
ALARMED: Asked = {"alarms": ServerlessAlarms()}
GUARDED: Asked = {**ALARMED, "deployment": BlueGreen.all_at_once(bake=Duration.minutes(15))}


def capacity(member: str, value: int) -> dict[str, int]:
    """A member of the serverless config, as it is and as it runs."""
    return {
        f"{VARIANT}.{path}.{member}": value
        for path in ("ServerlessConfig", "now.DesiredServerlessConfig")
    }


CAPACITY = [
    Change("memory", {"memory_size": FOUR_GIB}, capacity("MemorySizeInMB", 4096)),
    Change("concurrency", {"max_concurrency": 20}, capacity("MaxConcurrency", 20)),
    Change(
        "provisioned concurrency on",
        WARM,
        capacity("ProvisionedConcurrency", 2),
        back="provisioned concurrency off",
    ),
    Change(
        "provisioned concurrency",
        {"provisioned_concurrency": 3},
        capacity("ProvisionedConcurrency", 3),
        before=WARM,
    ),
    Change(
        "scaling on",
        SCALED,
        {
            TARGET: {"MinCapacity": 1, "MaxCapacity": 4},
            "policy.AllTraffic-utilization": ADDED,
        },
        before=WARM,
        back="scaling off",
    ),
    Change(
        "target value",
        {
            "scaling": ProvisionedConcurrencyScaling.on_utilization(
                min_capacity=1, max_capacity=4, percent=50
            )
        },
        # The metric is a fraction.
        {"policy.AllTraffic-utilization.TargetTrackingScalingPolicyConfiguration.TargetValue": 0.5},
        before=SCALED,
    ),
    Change(
        "memory under scaling",
        {"memory_size": FOUR_GIB},
        capacity("MemorySizeInMB", 4096),
        before=SCALED,
    ),
]

WATCHED = [
    Change("alarms on", ALARMED, dict.fromkeys(ALARMS, ADDED), back="alarms off"),
    Change(
        "alarm threshold",
        {"alarms": ServerlessAlarms(model_setup_time_millis=10_000)},
        # CloudWatch has it in microseconds.
        {"alarm.AllTraffic-ModelSetupTime.Threshold": 10_000_000},
        before=ALARMED,
    ),
    *topic_changes(SERVERLESS, ALARMS),
    Change(
        "guardrails on",
        {"deployment": GUARDED["deployment"]},
        {
            "endpoint.deployment": {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "ALL_AT_ONCE",
                        "WaitIntervalInSeconds": 900,
                    },
                    "TerminationWaitInSeconds": 300,
                },
                "AutoRollbackConfiguration": {
                    "Alarms": [
                        {"AlarmName": f"<endpoint>-AllTraffic-{name}"} for name in REALTIME.guards
                    ]
                },
            },
            f"{SERVERLESS.role}.WatchDeploymentAlarms": ADDED,
        },
        before=ALARMED,
        back="guardrails off",
    ),
    Change(
        "bake",
        {"deployment": BlueGreen.all_at_once(bake=TWENTY_MINUTES)},
        {
            "endpoint.deployment.BlueGreenUpdatePolicy.TrafficRoutingConfiguration"
            ".WaitIntervalInSeconds": 1200
        },
        before=GUARDED,
    ),
]

CONVERSIONS = [
    Change(
        "from serverless to real-time",
        {"type": "realtime"},
        Partly({f"{VARIANT}.ServerlessConfig": REMOVED, f"{VARIANT}.InstanceType": "ml.m5.xlarge"}),
        warned=frozenset({"serverless-to-instances"}),
        back_rules=frozenset({"instances-to-serverless"}),
    ),
    Obstructed(
        "from scaled serverless to real-time",
        {"type": "realtime", "scaling": None},
        Partly({f"{VARIANT}.ServerlessConfig": REMOVED, TARGET: REMOVED}),
        before=SCALED,
        rules=frozenset({"serverless-to-instances"}),
        words="must be deregistered as scalable targets",
        instead={"type": "realtime", "scaling": None, "naming": OTHER_TEAM},
    ),
]

CHANGES = [
    *artifact_changes(SERVERLESS),
    *data_changes(SERVERLESS),
    key_change(),
    *CAPACITY,
    *WATCHED,
    *identity_changes(MODEL),
    *CONVERSIONS,
]
