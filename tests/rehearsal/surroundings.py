"""Changes of what is around an endpoint: alarms, names, tags, roles, dashboards, its construct."""

from collections.abc import Iterator

from aws_cdk import Stack, Tags
from constructs import IConstruct

from rehearsal.changes import Asked, Change, Obstructed
from rehearsal.seen import ADDED, REMOVED
from rehearsal.vocabulary import (
    BIGGER,
    NEXT_VERSION,
    OTHER_ENVIRONMENT,
    OTHER_TEAM,
    Kind,
    Made,
    role,
    topic,
)


def alarm_changes(kind: Kind) -> Iterator[Change]:
    """Changes of a fleet's alarms."""
    alarmed: Asked = {"alarms": kind.alarmed()}
    alarms = sorted(f"alarm.AllTraffic-{name}" for name in kind.alarm_names)
    cpu = "alarm.AllTraffic-CPUUtilization"
    yield Change("alarms on", alarmed, dict.fromkeys(alarms, ADDED), back="alarms off")
    yield Change(
        "alarm threshold",
        {"alarms": kind.alarmed(cpu_percent=50)},
        # CloudWatch counts 100 per virtual CPU, and an ml.m5.xlarge has four.
        {f"{cpu}.Threshold": 200},
        before=alarmed,
    )
    yield Change(
        "one alarm off",
        {"alarms": kind.alarmed(memory_percent=None)},
        {"alarm.AllTraffic-MemoryUtilization": REMOVED},
        before=alarmed,
        back="one alarm on",
    )
    yield Change(
        "instance type under alarms",
        {"instance_type": BIGGER},
        {"variant.AllTraffic.InstanceType": BIGGER, f"{cpu}.Threshold": 640},
        before=alarmed,
    )
    yield from topic_changes(kind, alarms)


def topic_changes(kind: Kind, alarms: list[str]) -> Iterator[Change]:
    """Changes of whom alarms tell."""

    def told(name: str) -> Made:
        return lambda stack, neighbours: kind.alarmed(topic=topic(name)(stack, neighbours))

    def telling(name: str) -> dict[str, list[str]]:
        return {
            f"{alarm}.{actions}": [f"<{name}>"]
            for alarm in alarms
            for actions in ("AlarmActions", "OKActions")
        }

    yield Change(
        "topic",
        {"alarms": told("ops")},
        telling("ops"),
        before={"alarms": kind.alarmed()},
        back="topic removed",
    )
    yield Change(
        "another topic",
        {"alarms": told("other ops")},
        telling("other ops"),
        before={"alarms": told("ops")},
    )


def identity_changes(*role_seen: str) -> Iterator[Change]:
    """Changes of names, tags, role, dashboard and construct.

    :param role_seen: what the role is seen in, models or config.
    """
    yield Change(
        "team",
        {"naming": OTHER_TEAM},
        {"endpoint.name": "other-project-a-fraud-ep", "endpoint.tags.Team": "other"},
    )
    yield Change("version", {"naming": NEXT_VERSION}, {"endpoint.tags.Version": "4"})
    yield Change(
        "environment", {"naming": OTHER_ENVIRONMENT}, {"endpoint.tags.Environment": "test"}
    )
    yield Change(
        "tag of the user's",
        {"then": _tag},
        {"endpoint.tags.CostCentre": "42"},
        back="tag of the user's removed",
    )
    yield Change(
        "role given",
        {"role": role},
        {
            **{f"{path}.ExecutionRoleArn": "<role>" for path in role_seen},
            "permission.made role": REMOVED,
            "permission.own role": ADDED,
        },
        back="role made",
    )
    yield Change(
        "dashboard on", {"dashboard": True}, {"dashboard.us-east-1": ADDED}, back="dashboard off"
    )
    yield Change("outputs", {"outputs": True}, {})
    yield Obstructed(
        "construct id",
        {"id": "Other"},
        {"endpoint.name": "other-project-a-fraud-ep", "endpoint.tags.Team": "other"},
        rules=frozenset({"name-in-use"}),
        words="already exist",
        instead={"id": "Other", "naming": OTHER_TEAM},
    )


def _tag(stack: Stack, made: IConstruct) -> None:
    Tags.of(made).add("CostCentre", "42")
