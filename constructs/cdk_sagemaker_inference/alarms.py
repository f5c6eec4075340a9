"""Alarms of an endpoint: one entry per alarm in one table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from . import instances
from .metrics import (
    CPU_UTILIZATION,
    DISK_UTILIZATION,
    GPU_MEMORY_UTILIZATION,
    GPU_UTILIZATION,
    INVOCATION_4XX_ERRORS,
    INVOCATION_5XX_ERRORS,
    INVOCATIONS,
    MEMORY_UTILIZATION,
    MODEL_LATENCY,
    OVERHEAD_LATENCY,
    EndpointMetric,
    variant_dimensions,
)

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns

MICROSECONDS_PER_MILLISECOND = 1000
METRIC_DELAY_SECONDS = 60
"""What a metric may take to reach CloudWatch, over its period; inferred, not documented."""


class Severity(Enum):
    """How urgent an alarm is; actions are chosen by it."""

    CRITICAL = "Critical"
    """Callers get errors, or nobody answers them."""

    WARNING = "Warning"
    """Something will go wrong unless somebody looks."""


class AlarmAction(Protocol):
    """``aws_cloudwatch.IAlarmAction``, with parameters by position.

    CDK's own actions name theirs otherwise than its interface does, which type checkers refuse.
    """

    def bind(self, scope: Construct, alarm: cloudwatch.IAlarm, /) -> cloudwatch.AlarmActionConfig:
        """Say what the alarm calls."""
        ...


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """Thresholds and actions; ``None`` switches an alarm off.

    No traffic is no alarm, except that instances which report nothing at all are one.

    Example::

        Alarms(topic=ops_topic, model_latency_millis=300, disk_percent=None)

    :param topic: SNS topic that all alarms and their all-clears go to. Default: none.
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

    topic: "sns.ITopic | sns.Topic | None" = None
    actions: Mapping[Severity, Sequence[AlarmAction]] = field(default_factory=dict)
    model_latency_millis: float | None = 1000
    overhead_latency_millis: float | None = 200
    latency_statistic: str = "p90"
    error_4xx_percent: float | None = 1
    error_5xx_percent: float | None = 0.1
    cpu_percent: float | None = 80
    memory_percent: float | None = 80
    disk_percent: float | None = 80
    gpu_percent: float | None = 80
    gpu_memory_percent: float | None = 80
    min_healthy_instances: int | None = 1


@dataclass(frozen=True, kw_only=True)
class AlarmKind:
    """One alarm that every instance variant has.

    :param id: part of its name and construct id.
    :param argument: the argument of :class:`Alarms` that is its threshold.
    :param description: what it means, for whoever is woken by it.
    :param severity: whose actions it calls.
    :param metric: what it watches.
    :param statistic: its statistic. Default: the metric's own.
    :param per: metric that it is a share of, in percent of sums.
    :param scale: what the threshold is multiplied with to get the metric's unit, by instance type.
    :param applies: whether an instance type has the metric.
    :param period_seconds: length of one datapoint.
    :param periods: datapoints that are looked at.
    :param datapoints: how many of them must agree.
    :param comparison: how metric and threshold are compared.
    :param missing_data: what a missing datapoint counts as.
    :param guards: whether it rolls a deployment back by default.
    :param after_endpoint: made after the endpoint, because it is in alarm without one.
    """

    id: str
    argument: str
    description: str
    severity: Severity
    metric: EndpointMetric
    per: EndpointMetric | None = None
    statistic: str | None = None
    scale: Callable[[str], float | None] = lambda instance_type: 1
    applies: Callable[[str], bool] = lambda instance_type: True
    period_seconds: int = 60
    periods: int = 5
    datapoints: int = 5
    comparison: str = "GreaterThanThreshold"
    missing_data: str = "notBreaching"
    guards: bool = False
    after_endpoint: bool = False

    @property
    def seconds_to_fire(self) -> int:
        """How long a fault lasts before the alarm tells, at most."""
        return self.period_seconds * self.periods + METRIC_DELAY_SECONDS

    def threshold(self, alarms: Alarms, instance_type: str) -> float | None:
        """The threshold in the metric's unit; ``None`` if there is no such alarm."""
        value: float | None = getattr(alarms, self.argument)
        scale = self.scale(instance_type)
        if value is None or scale is None or not self.applies(instance_type):
            return None
        return value * scale


def _milliseconds(instance_type: str) -> float:
    return MICROSECONDS_PER_MILLISECOND


def _has_gpu(instance_type: str) -> bool:
    return instances.gpus(instance_type) > 0


ALARMS: tuple[AlarmKind, ...] = (
    AlarmKind(
        id="ModelLatency",
        argument="model_latency_millis",
        description="The model takes too long to answer",
        severity=Severity.CRITICAL,
        metric=MODEL_LATENCY,
        scale=_milliseconds,
        periods=3,
        datapoints=3,
        guards=True,
    ),
    AlarmKind(
        id="OverheadLatency",
        argument="overhead_latency_millis",
        description="SageMaker adds too much time to the model's",
        severity=Severity.WARNING,
        metric=OVERHEAD_LATENCY,
        scale=_milliseconds,
    ),
    AlarmKind(
        id="4XXErrors",
        argument="error_4xx_percent",
        description="Too many requests are refused as wrong",
        severity=Severity.WARNING,
        metric=INVOCATION_4XX_ERRORS,
        per=INVOCATIONS,
    ),
    AlarmKind(
        id="5XXErrors",
        argument="error_5xx_percent",
        description="Too many requests fail",
        severity=Severity.CRITICAL,
        metric=INVOCATION_5XX_ERRORS,
        per=INVOCATIONS,
        periods=3,
        datapoints=2,
        guards=True,
    ),
    AlarmKind(
        id="CPUUtilization",
        argument="cpu_percent",
        description="The virtual CPUs are nearly used up",
        severity=Severity.WARNING,
        metric=CPU_UTILIZATION,
        scale=instances.vcpus,
    ),
    AlarmKind(
        id="MemoryUtilization",
        argument="memory_percent",
        description="The memory is nearly used up",
        severity=Severity.WARNING,
        metric=MEMORY_UTILIZATION,
    ),
    AlarmKind(
        id="DiskUtilization",
        argument="disk_percent",
        description="The disk is nearly full; data capture stops when it is",
        severity=Severity.WARNING,
        metric=DISK_UTILIZATION,
    ),
    AlarmKind(
        id="GPUUtilization",
        argument="gpu_percent",
        description="The GPUs are nearly used up",
        severity=Severity.WARNING,
        metric=GPU_UTILIZATION,
        scale=instances.gpus,
        applies=_has_gpu,
    ),
    AlarmKind(
        id="GPUMemoryUtilization",
        argument="gpu_memory_percent",
        description="The GPUs' memory is nearly used up",
        severity=Severity.WARNING,
        metric=GPU_MEMORY_UTILIZATION,
        scale=instances.gpus,
        applies=_has_gpu,
    ),
    AlarmKind(
        id="HealthyInstances",
        argument="min_healthy_instances",
        description="Too few instances are there and report",
        severity=Severity.CRITICAL,
        # SageMaker has no metric of healthy instances; each sends one datapoint a minute.
        metric=CPU_UTILIZATION,
        statistic="SampleCount",
        comparison="LessThanThreshold",
        missing_data="breaching",
        after_endpoint=True,
    ),
)
"""Every alarm. Thresholds are in the metric's unit after scaling; sources: Developer Guide,
monitoring-cloudwatch."""


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
        return cloudwatch.Alarm.from_alarm_arn(
            # LambdaAction names its permission by this id.
            self.cfn_alarm,
            self.name,
            self.cfn_alarm.attr_arn,
        )


def alarm_kinds(alarms: Alarms, instance_type: str) -> Iterator[tuple[AlarmKind, float]]:
    """The alarms that a variant on these instances has, with thresholds in the metrics' units."""
    for kind in ALARMS:
        threshold = kind.threshold(alarms, instance_type)
        if threshold is not None:
            yield kind, threshold


def alarm_name(endpoint_name: str, variant_name: str, kind: AlarmKind) -> str:
    """A literal name, so that endpoint and alarm can refer to each other."""
    return f"{endpoint_name}-{variant_name}-{kind.id}"


def emit_alarms(
    scope: Construct,
    *,
    endpoint_name: str,
    variant_name: str,
    instance_type: str,
    alarms: Alarms,
    topic_arn: str | None,
) -> list[EndpointAlarm]:
    """Emit a variant's alarms, one resource each."""
    made = []
    for kind, threshold in alarm_kinds(alarms, instance_type):
        name = alarm_name(endpoint_name, variant_name, kind)
        topics = None if topic_arn is None else [topic_arn]
        resource = cloudwatch.CfnAlarm(
            scope,
            f"{variant_name}-{kind.id}",
            alarm_name=name,
            alarm_description=f"{kind.severity.value}: {kind.description} "
            f"(endpoint {endpoint_name}, variant {variant_name})",
            comparison_operator=kind.comparison,
            threshold=threshold,
            evaluation_periods=kind.periods,
            datapoints_to_alarm=kind.datapoints,
            treat_missing_data=kind.missing_data,
            alarm_actions=topics,
            ok_actions=topics,
            **_watched(kind, alarms, endpoint_name, variant_name),
        )
        alarm = EndpointAlarm(kind=kind, variant_name=variant_name, name=name, cfn_alarm=resource)
        _add_actions(scope, alarm, alarms, topics)
        made.append(alarm)
    return made


def _add_actions(
    scope: Construct, alarm: EndpointAlarm, alarms: Alarms, topics: list[str] | None
) -> None:
    actions = alarms.actions.get(alarm.kind.severity, ())
    if actions:
        bound = [action.bind(scope, alarm.alarm).alarm_action_arn for action in actions]
        alarm.cfn_alarm.alarm_actions = [*(topics or []), *bound]


def _watched(
    kind: AlarmKind, alarms: Alarms, endpoint_name: str, variant_name: str
) -> dict[str, Any]:
    """The part of the alarm that names a metric, or the share of two."""
    dimensions = [
        cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
        for name, value in variant_dimensions(endpoint_name, variant_name).items()
    ]
    statistic = kind.metric.statistic if kind.statistic is None else kind.statistic
    if kind.metric is MODEL_LATENCY:
        statistic = alarms.latency_statistic
    if kind.per is None:
        plain = statistic in {"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
        return {
            "namespace": kind.metric.namespace,
            "metric_name": kind.metric.name,
            "dimensions": dimensions,
            "period": kind.period_seconds,
            "statistic" if plain else "extended_statistic": statistic,
        }

    def part(id: str, metric: EndpointMetric) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
        return cloudwatch.CfnAlarm.MetricDataQueryProperty(
            id=id,
            return_data=False,
            metric_stat=cloudwatch.CfnAlarm.MetricStatProperty(
                metric=cloudwatch.CfnAlarm.MetricProperty(
                    namespace=metric.namespace, metric_name=metric.name, dimensions=dimensions
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
