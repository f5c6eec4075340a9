"""Who hears of the end of batch transform jobs: events and alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from .alarm_kinds import Severity
from .alarms import AlarmSettings, add_actions
from .reads import read

if TYPE_CHECKING:
    from aws_cdk import aws_events as events

FIVE_MINUTES_SECONDS = 300


class RuleTarget(Protocol):
    """``aws_events.IRuleTarget``, with parameters by position.

    CDK's own targets name theirs otherwise than its interface does, which type checkers refuse.
    """

    def bind(self, rule: "events.IRule", id: str | None = None, /) -> "events.RuleTargetConfig":
        """Say where events go."""
        ...


class TransformJobStatus(Enum):
    """States of a job that an event tells of (API reference, TransformJobStatus)."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


@dataclass(frozen=True, kw_only=True)
class BatchAlarms(AlarmSettings):
    """Alarms of batch transform jobs; ``None`` switches one off.

    Example::

        BatchAlarms(topic=ops_topic)

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param failed_jobs: jobs that failed within five minutes. Default: 0, any.
    :param failed_starts: starts by a schedule that failed for good and wait in the dead-letter
        queue that the construct made. Default: 0, any.
    """

    failed_jobs: float | None = 0
    failed_starts: float | None = 0


def emit_state_rule(
    scope: Construct,
    construct_id: str,
    *,
    name_prefix: str,
    statuses: Sequence[TransformJobStatus],
    description: str | None = None,
    target: RuleTarget | None = None,
) -> "events.Rule":
    """Emit a rule for jobs that come into a state (Developer Guide,
    automating-sagemaker-with-eventbridge).
    """
    from aws_cdk import aws_events as events

    return events.Rule(
        scope,
        construct_id,
        description=description,
        event_pattern=events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=["SageMaker Transform Job State Change"],
            detail={
                "TransformJobName": [{"prefix": f"{name_prefix}-"}],
                "TransformJobStatus": [status.value for status in statuses],
            },
        ),
        targets=None if target is None else [cast("events.IRuleTarget", target)],
    )


def emit_batch_alarm(
    scope: Construct,
    construct_id: str,
    *,
    alarms: AlarmSettings,
    name: str,
    severity: Severity,
    description: str,
    threshold: float,
    namespace: str,
    metric_name: str,
    statistic: str,
    dimension: tuple[str, str],
) -> cloudwatch.CfnAlarm:
    """Emit an alarm on something that batch transform jobs should not do."""
    topics = None if alarms.topic is None else [read(alarms.topic, "topic_arn")]
    resource = cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_name=name,
        alarm_description=f"{severity.value}: {description}",
        namespace=namespace,
        metric_name=metric_name,
        dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=dimension[0], value=dimension[1])],
        statistic=statistic,
        period=FIVE_MINUTES_SECONDS,
        evaluation_periods=1,
        threshold=threshold,
        comparison_operator="GreaterThanThreshold",
        treat_missing_data="notBreaching",
        alarm_actions=topics,
        ok_actions=topics,
    )
    add_actions(scope, resource, name, severity, alarms, topics)
    return resource
