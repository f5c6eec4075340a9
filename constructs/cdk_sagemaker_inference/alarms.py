"""Alarms of an endpoint: what the user says of them, and their emission."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from .acknowledgements import NO_ALARM_ACTION
from .acknowledging import acknowledge
from .alarm_kinds import (
    ASYNC_ALARMS,
    COMPONENT_ALARMS,
    INSTANCE_ALARMS,
    INVOCATION_ALARMS,
    MULTI_MODEL_ALARMS,
    SERVERLESS_ALARMS,
    AlarmKind,
    Severity,
)
from .environment import StackEnvironment
from .metrics import EndpointMetric, MetricSubject

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


class AlarmAction(Protocol):
    """``aws_cloudwatch.IAlarmAction``, with parameters by position.

    CDK's own actions name theirs otherwise than its interface does, which type checkers refuse.
    """

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm, /) -> cloudwatch.AlarmActionConfig:
        """Say what the alarm calls."""
        ...


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """What the alarms of all kinds of endpoints have in common; take the class of the endpoint."""

    topic: "sns.ITopic | sns.Topic | None" = None
    actions: Mapping[Severity, Sequence[AlarmAction]] = field(default_factory=dict)

    kinds: ClassVar[tuple[AlarmKind, ...]] = ()

    def thresholds(self, instance_type: str | None) -> Iterator[tuple[AlarmKind, float]]:
        """The alarms that there are, with thresholds in the metrics' units."""
        for kind in self.kinds:
            threshold = kind.threshold(getattr(self, kind.argument), instance_type)
            if threshold is not None:
                yield kind, threshold


@dataclass(frozen=True, kw_only=True)
class InvocationAlarms(AlarmSettings):
    """Thresholds of endpoints that answer at once."""

    model_latency_millis: float | None = 1000
    overhead_latency_millis: float | None = 200
    latency_statistic: str = "p90"
    error_4xx_percent: float | None = 1
    error_5xx_percent: float | None = 0.1


@dataclass(frozen=True, kw_only=True)
class InstanceAlarms(AlarmSettings):
    """Thresholds and actions of instances that inference components share; ``None`` switches an
    alarm off.

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param cpu_percent: share of all virtual CPUs. Default: 80.
    :param memory_percent: share of the memory. Default: 80.
    :param disk_percent: share of the disk. Default: 80.
    :param gpu_percent: share of all GPUs; only for instances that have one. Default: 80.
    :param gpu_memory_percent: share of all GPUs' memory, likewise. Default: 80.
    :param min_healthy_instances: instances that report at least. SageMaker has no such metric; the
        instances are counted by their datapoints of CPU utilization, one a minute each. That 0
        means none is certain, larger numbers are inferred and warned about; for endpoints that
        never scale to zero. Default: none, no alarm.
    """

    cpu_percent: float | None = 80
    memory_percent: float | None = 80
    disk_percent: float | None = 80
    gpu_percent: float | None = 80
    gpu_memory_percent: float | None = 80
    min_healthy_instances: int | None = None

    kinds: ClassVar[tuple[AlarmKind, ...]] = INSTANCE_ALARMS


@dataclass(frozen=True, kw_only=True)
class Alarms(InvocationAlarms, InstanceAlarms):
    """Thresholds and actions; ``None`` switches an alarm off.

    No traffic is no alarm, except that instances which report nothing at all are one.

    Example::

        Alarms(topic=ops_topic, model_latency_millis=300, disk_percent=None)

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param model_latency_millis: time that the containers take, in milliseconds. Default: 1000.
    :param overhead_latency_millis: time that SageMaker adds, in milliseconds. Default: 200.
    :param latency_statistic: statistic of the model's latency. Default: ``p90``.
    :param error_4xx_percent: share of requests answered with 4XX. Default: 1.
    :param error_5xx_percent: share of requests answered with 5XX. Default: 0.1.
    :param cpu_percent: share of all virtual CPUs. Default: 80.
    :param memory_percent: share of the memory. Default: 80.
    :param disk_percent: share of the disk. Default: 80.
    :param gpu_percent: share of all GPUs; only for instances that have one. Default: 80.
    :param gpu_memory_percent: share of all GPUs' memory, likewise. Default: 80.
    :param min_healthy_instances: instances that report at least. SageMaker has no such metric; the
        instances are counted by their datapoints of CPU utilization, one a minute each. That 0
        means none is certain, larger numbers are inferred and warned about. Default: 1.
    """

    min_healthy_instances: int | None = 1

    kinds: ClassVar[tuple[AlarmKind, ...]] = (*INVOCATION_ALARMS, *INSTANCE_ALARMS)


@dataclass(frozen=True, kw_only=True)
class MultiModelAlarms(Alarms):
    """Thresholds and actions of a multi-model endpoint: those of :class:`Alarms`, and these.

    Example::

        MultiModelAlarms(topic=ops_topic, model_cache_hit_percent=50)

    :param model_cache_hit_percent: share of the requests whose model is loaded already, at least,
        for a quarter of an hour. Default: 50.
    :param model_loading_wait_time_millis: time that requests wait for their model, in milliseconds.
        Default: 10000.
    :param loaded_models: models in an instance's memory. Default: none, no alarm.
    """

    model_cache_hit_percent: float | None = 50
    model_loading_wait_time_millis: float | None = 10000
    loaded_models: float | None = None

    kinds: ClassVar[tuple[AlarmKind, ...]] = (*Alarms.kinds, *MULTI_MODEL_ALARMS)


@dataclass(frozen=True, kw_only=True)
class ServerlessAlarms(InvocationAlarms):
    """Thresholds and actions of a serverless endpoint; ``None`` switches an alarm off.

    Example::

        ServerlessAlarms(topic=ops_topic, model_setup_time_millis=None)

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param model_latency_millis: time that the containers take, in milliseconds. Default: 1000.
    :param overhead_latency_millis: time that SageMaker adds, in milliseconds. Default: 200.
    :param latency_statistic: statistic of the model's latency. Default: ``p90``.
    :param error_4xx_percent: share of requests answered with 4XX. Default: 1.
    :param error_5xx_percent: share of requests answered with 5XX. Default: 0.1.
    :param model_setup_time_millis: time to start an execution, in milliseconds. Default: 30000.
    :param concurrency_utilization_percent: share of ``max_concurrency`` in use. Default: 80.
    :param provisioned_concurrency_spillover: requests that find no warm execution, the most in a
        minute's datapoints. Default: none, no alarm.
    :param memory_percent: share of the memory. Default: 80.
    """

    model_setup_time_millis: float | None = 30000
    concurrency_utilization_percent: float | None = 80
    provisioned_concurrency_spillover: float | None = None
    memory_percent: float | None = 80

    kinds: ClassVar[tuple[AlarmKind, ...]] = (*INVOCATION_ALARMS, *SERVERLESS_ALARMS)


@dataclass(frozen=True, kw_only=True)
class AsyncAlarms(InstanceAlarms):
    """Thresholds and actions of an asynchronous endpoint; ``None`` switches an alarm off.

    Example::

        AsyncAlarms(topic=ops_topic, age_of_oldest_request_seconds=600)

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param failure_percent: share of the requests that fail. Default: 1.
    :param age_of_oldest_request_seconds: time that the oldest request has waited. Default: 900.
    :param backlog_per_instance: requests that wait for each instance, for ten minutes. Default:
        100.
    :param expired_requests: requests a minute that expired while they waited. Default: 0, any.
    :param notification_failures: results a minute that could not be announced. Default: 0, any.
    :param cpu_percent: share of all virtual CPUs. Default: 80.
    :param memory_percent: share of the memory. Default: 80.
    :param disk_percent: share of the disk. Default: 80.
    :param gpu_percent: share of all GPUs; only for instances that have one. Default: 80.
    :param gpu_memory_percent: share of all GPUs' memory, likewise. Default: 80.
    :param min_healthy_instances: instances that report at least, as for :class:`Alarms`; for
        endpoints that never scale to zero. Default: none, no alarm.
    """

    failure_percent: float | None = 1
    age_of_oldest_request_seconds: float | None = 900
    backlog_per_instance: float | None = 100
    expired_requests: float | None = 0
    notification_failures: float | None = 0

    kinds: ClassVar[tuple[AlarmKind, ...]] = (*ASYNC_ALARMS, *INSTANCE_ALARMS)


@dataclass(frozen=True, kw_only=True)
class ComponentAlarms(InvocationAlarms):
    """Thresholds and actions of an inference component; ``None`` switches an alarm off.

    Example::

        ComponentAlarms(topic=ops_topic, no_capacity_failures=None)

    :param topic: SNS topic that all alarms and their all-clears go to. A policy of its own, as
        ``enforce_ssl`` makes, and a customer managed key must let ``cloudwatch.amazonaws.com``
        in. Default: none.
    :param actions: more actions by severity, such as ``SnsAction`` or ``SsmAction``. Default: none.
    :param model_latency_millis: time that the containers take, in milliseconds. Default: 1000.
    :param overhead_latency_millis: time that SageMaker adds, in milliseconds. Default: 200.
    :param latency_statistic: statistic of the model's latency. Default: ``p90``.
    :param error_4xx_percent: share of requests answered with 4XX. Default: 1.
    :param error_5xx_percent: share of requests answered with 5XX. Default: 0.1.
    :param no_capacity_failures: requests a minute that fail because no copy runs, for a quarter of
        an hour. Default: 0, any.
    :param cpu_percent: share of the component's virtual CPUs. Default: 80.
    :param memory_percent: share of the component's memory. Default: 80.
    :param gpu_percent: share of the component's GPUs; only on instances that have one. Default: 80.
    :param gpu_memory_percent: share of their memory, likewise. Default: 80.
    """

    no_capacity_failures: float | None = 0
    cpu_percent: float | None = 80
    memory_percent: float | None = 80
    gpu_percent: float | None = 80
    gpu_memory_percent: float | None = 80

    kinds: ClassVar[tuple[AlarmKind, ...]] = COMPONENT_ALARMS


@dataclass(frozen=True, kw_only=True)
class EndpointAlarm:
    """An alarm that the library made.

    :param kind: which one; its ``id`` is in the alarm's name.
    :param variant_name: the variant that it watches.
    :param name: the alarm's name, a literal.
    :param cfn_alarm: its resource.
    """

    kind: AlarmKind
    variant_name: str
    name: str
    cfn_alarm: cloudwatch.CfnAlarm

    @cached_property
    def alarm(self) -> cloudwatch.IAlarm:
        """The alarm for other constructs, such as a composite alarm or a dashboard."""
        return _as_alarm(self.cfn_alarm, self.name)


def _as_alarm(resource: cloudwatch.CfnAlarm, name: str) -> cloudwatch.IAlarm:
    # LambdaAction names its permission by this id.
    return cloudwatch.Alarm.from_alarm_arn(resource, name, resource.attr_arn)


def guarding_alarms(alarms: Iterable[EndpointAlarm], rollback_names: Container[str]) -> list[str]:
    """Those of the alarms that roll a deployment back.

    References, so that the alarms exist before SageMaker looks at them.
    """
    return [alarm.cfn_alarm.ref for alarm in alarms if alarm.name in rollback_names]


def alarm_name(subject: MetricSubject, kind: AlarmKind) -> str:
    """A literal name, so that endpoint and alarm can refer to each other."""
    return f"{subject.name}-{kind.id}"


def acknowledge_silence(
    scope: Construct, environment: StackEnvironment, alarms: AlarmSettings
) -> None:
    """Tell rule packs why alarms below a scope may call nobody, if some do."""
    if alarms.topic is None and not all(alarms.actions.get(severity) for severity in Severity):
        acknowledge(scope, environment, NO_ALARM_ACTION)


def emit_alarms(
    scope: Construct,
    *,
    subject: MetricSubject,
    alarms: AlarmSettings,
    topic_arn: str | None,
) -> list[EndpointAlarm]:
    """Emit a variant's or a component's alarms, one resource each."""
    made = []
    for kind, threshold in alarms.thresholds(subject.instance_type):
        name = alarm_name(subject, kind)
        topics = None if topic_arn is None else [topic_arn]
        resource = cloudwatch.CfnAlarm(
            scope,
            f"{subject.short_name}-{kind.id}",
            alarm_name=name,
            alarm_description=f"{kind.severity.value}: {kind.description} "
            f"(endpoint {subject.endpoint_name}, {subject.noun})",
            comparison_operator=kind.comparison,
            threshold=threshold,
            evaluation_periods=kind.periods,
            datapoints_to_alarm=kind.datapoints,
            treat_missing_data=kind.missing_data,
            alarm_actions=topics,
            ok_actions=topics,
            **_watched(kind, alarms, subject),
        )
        add_actions(scope, resource, name, kind.severity, alarms, topics)
        made.append(
            EndpointAlarm(
                kind=kind, variant_name=subject.variant_name, name=name, cfn_alarm=resource
            )
        )
    return made


def add_actions(
    scope: Construct,
    resource: cloudwatch.CfnAlarm,
    name: str,
    severity: Severity,
    alarms: AlarmSettings,
    topics: list[str] | None,
) -> None:
    """Let an alarm call the user's actions of its severity, beside the topic."""
    actions = alarms.actions.get(severity, ())
    if actions:
        alarm = _as_alarm(resource, name)
        bound = [action.bind(scope, alarm).alarm_action_arn for action in actions]
        resource.alarm_actions = [*(topics or []), *bound]


def _watched(kind: AlarmKind, alarms: AlarmSettings, subject: MetricSubject) -> dict[str, Any]:
    """The part of the alarm that names a metric, or the share of two."""
    if kind.per is None:
        statistic = kind.metric.statistic if kind.statistic is None else kind.statistic
        if kind.statistic_argument is not None:
            statistic = getattr(alarms, kind.statistic_argument)
        plain = statistic in {"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
        return {
            "namespace": kind.metric.namespace,
            "metric_name": kind.metric.name,
            "dimensions": _dimensions(kind.metric, subject),
            "period": kind.period_seconds,
            "statistic" if plain else "extended_statistic": statistic,
        }

    def part(id: str, metric: EndpointMetric) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
        return cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id=id,
            return_data=False,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=metric.namespace,
                    metric_name=metric.name,
                    dimensions=_dimensions(metric, subject),
                ),
                period=kind.period_seconds,
                stat=metric.statistic,
            ),
        )

    share = cloudwatch.CfnAlarm.MetricDataQueryProperty(
        id="share",
        expression="100 * part / whole",
        label=f"{kind.metric.name} in percent of {kind.per.name}",
        return_data=True,
    )
    return {"metrics": [share, part("part", kind.metric), part("whole", kind.per)]}


def _dimensions(
    metric: EndpointMetric, subject: MetricSubject
) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
    return [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in metric.dimensions.of(subject).items()
    ]
