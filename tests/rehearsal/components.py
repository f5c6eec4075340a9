"""Changes of an endpoint for inference components, and of the components."""

from aws_cdk import Duration, Size

from cdk_sagemaker_inference import (
    ComponentAlarms,
    ComponentResources,
    ComponentRolling,
    CopyScaling,
    InstanceAlarms,
    ManagedInstanceScaling,
)
from rehearsal.artifacts import artifact_changes, data_changes
from rehearsal.changes import ABSENT, Asked, Change, Partly
from rehearsal.fleets import VARIANT, instance_changes, network_changes
from rehearsal.seen import ADDED, CHANGED, REMOVED
from rehearsal.surroundings import identity_changes
from rehearsal.vocabulary import BIGGER, CONTAINER, TWENTY_MINUTES, Kind, container

CHAT: Asked = {
    "model": CONTAINER,
    "resources": ComponentResources(min_memory=Size.gibibytes(2)),
    "alarms": None,
}


def with_models(**models: Asked) -> Asked:
    """The components to add, each with what is other than in the simplest."""
    return {"models": {name: {**CHAT, **said} for name, said in models.items()}}


COMPONENTS = Kind(
    base={
        "type": "components",
        "alarms": None,
        "instance_count": 2,
        **with_models(chat={}),
    },
    asks=lambda **changes: with_models(chat={"model": container(**changes)}),
    path="component.chat.model.PrimaryContainer",
    # CDK merges the components' statements, which have no ids.
    pulling="ecr:BatchCheckLayerAvailability",
    reading="s3:GetObject",
)
LOGS = f"{COMPONENTS.role}.logs:CreateLogGroup.Resource"
TARGET = "target.inference-component/<endpoint>-chat"
RESOURCES = "component.chat.Specification.ComputeResourceRequirements"
BAKE = Duration.minutes(15)
ALARMED: Asked = {"copies": 2, "alarms": ComponentAlarms()}
MANAGED = ManagedInstanceScaling(min_instance_count=2, max_instance_count=4)


def scaled(high: int) -> CopyScaling:
    return CopyScaling.on_invocations(min_capacity=1, max_capacity=high, per_copy_per_minute=60)


def rolling(bake: Duration) -> Asked:
    return with_models(chat={**ALARMED, "deployment": ComponentRolling(percent=50, bake=bake)})


def rolled(seconds: int) -> dict[str, object]:
    return {
        "component.chat.LastDeploymentConfig": {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": seconds,
            },
            "AutoRollbackConfiguration": {
                "Alarms": [
                    {"AlarmName": f"<endpoint>-chat-{name}"}
                    for name in ("ModelLatency", "5XXErrors")
                ]
            },
        }
    }


LAST_DEPLOYMENT = frozenset({"component.chat.LastDeploymentConfig"})
"""What is shown of the last update that had a policy."""

OWN = [
    Change(
        "component added",
        with_models(chat={}, summary={}),
        {"component.summary": ADDED, LOGS: CHANGED},
        back="component removed",
    ),
    Change(
        "component renamed",
        with_models(talk={}),
        {"component.chat": REMOVED, "component.talk": ADDED, LOGS: CHANGED},
    ),
    Change(
        "copies up",
        with_models(chat={"copies": 2}),
        {
            f"component.chat.RuntimeConfig.{member}": 2
            for member in ("CurrentCopyCount", "DesiredCopyCount")
        },
        back="copies down",
    ),
    Change(
        "memory",
        with_models(chat={"resources": ComponentResources(min_memory=Size.gibibytes(4))}),
        {f"{RESOURCES}.MinMemoryRequiredInMb": 4096},
    ),
    Change(
        "processors",
        with_models(
            chat={"resources": ComponentResources(min_memory=Size.gibibytes(2), cpu_cores=1)}
        ),
        {f"{RESOURCES}.NumberOfCpuCoresRequired": 1},
    ),
    Change(
        "scaling on",
        with_models(chat={"scaling": scaled(2)}),
        {TARGET: {"MinCapacity": 1, "MaxCapacity": 2}, "policy.chat-invocations": ADDED},
        back="scaling off",
    ),
    Change(
        "upper bound",
        with_models(chat={"scaling": scaled(3)}),
        {f"{TARGET}.MaxCapacity": 3},
        before=with_models(chat={"scaling": scaled(2)}),
    ),
    Change(
        "environment variable under scaling",
        with_models(chat={"scaling": scaled(2), "model": container(environment={"A": "1"})}),
        {"component.chat.model.PrimaryContainer.Environment": {"A": "1"}},
        before=with_models(chat={"scaling": scaled(2)}),
    ),
    Change(
        "instance type under scaling of copies",
        {"instance_type": BIGGER},
        {f"{VARIANT}.InstanceType": BIGGER},
        before=with_models(chat={"scaling": scaled(2)}),
    ),
    Change(
        "component removed under scaling",
        with_models(talk={}),
        {
            "component.chat": REMOVED,
            "component.talk": ADDED,
            LOGS: CHANGED,
            TARGET: REMOVED,
            "policy.chat-invocations": REMOVED,
        },
        before=with_models(chat={"scaling": scaled(2)}),
    ),
    Change(
        "guardrails on",
        rolling(BAKE),
        {**rolled(900), f"{COMPONENTS.role}.cloudwatch:DescribeAlarms": ADDED},
        before=with_models(chat=ALARMED),
        back="guardrails off",
        stays=LAST_DEPLOYMENT,
    ),
    Change(
        "bake", rolling(TWENTY_MINUTES), rolled(1200), before=rolling(BAKE), stays=LAST_DEPLOYMENT
    ),
    Change(
        "alarms on",
        with_models(chat={"alarms": ComponentAlarms()}),
        {
            f"alarm.chat-{name}": ADDED
            for name in (
                "4XXErrors",
                "5XXErrors",
                "CPUUtilization",
                "MemoryUtilization",
                "ModelLatency",
                "NoCapacity",
                "OverheadLatency",
            )
        },
        back="alarms off",
    ),
    Change(
        "alarms of the instances on",
        {"alarms": InstanceAlarms()},
        {f"alarm.AllTraffic-{name}Utilization": ADDED for name in ("CPU", "Disk", "Memory")},
        back="alarms of the instances off",
    ),
    Change(
        "instance scaling on",
        {"instance_scaling": MANAGED},
        {
            f"{VARIANT}.ManagedInstanceScaling": {
                "Status": "ENABLED",
                "MinInstanceCount": 2,
                "MaxInstanceCount": 4,
            }
        },
        back="instance scaling off",
    ),
    Change(
        "instances at most",
        {"instance_scaling": ManagedInstanceScaling(min_instance_count=2, max_instance_count=6)},
        {f"{VARIANT}.ManagedInstanceScaling.MaxInstanceCount": 6},
        before={"instance_scaling": MANAGED},
    ),
    Change(
        "from real-time to components",
        {"type": "components", "model": ABSENT, **with_models(chat={})},
        Partly({"component.chat": ADDED, f"{VARIANT}.model": REMOVED}),
        before={"type": "realtime", "model": CONTAINER, "models": {}},
        warned=frozenset({"endpoint-kind"}),
        # The components would go after the endpoint has moved on.
        back_rules=frozenset({"endpoint-kind"}),
    ),
]

CHANGES = [
    *artifact_changes(COMPONENTS),
    *data_changes(COMPONENTS),
    *instance_changes(timeouts=False),
    *network_changes("endpoint"),
    *OWN,
    *identity_changes("endpoint", "component.chat.model"),
]
