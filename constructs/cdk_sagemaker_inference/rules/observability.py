"""Rules about alarms and data capture."""

import math
import re
from collections.abc import Iterator, Mapping

from .. import instances
from ..alarms import (
    Alarms,
    AlarmSettings,
    AsyncAlarms,
    ComponentAlarms,
    InstanceAlarms,
    InvocationAlarms,
    MultiModelAlarms,
    ServerlessAlarms,
)
from ..environment import ArnPlace
from ..reads import read
from ..request import EndpointType, PlacedRequest
from ..storage import prefix_problem
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, is_number, is_whole, rule

MAX_ALARM_ACTIONS = 5
MAX_CAPTURE_CONTENT_TYPES = 10
MAX_CONTENT_TYPE_LENGTH = 256
MAX_CAPTURE_URI_LENGTH = 512
HEALTHY_INSTANCES = "min_healthy_instances"

_STATISTIC = re.compile(r"Average|Maximum|Minimum|p(\d{1,2}(\.\d{1,10})?|100)|tm\d{1,2}")
_CONTENT_TYPE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*/[a-zA-Z0-9](-*[a-zA-Z0-9.])*")

_ALARMS_OF: Mapping[EndpointType, type[AlarmSettings]] = {
    EndpointType.REALTIME: Alarms,
    EndpointType.SERVERLESS: ServerlessAlarms,
    EndpointType.ASYNC: AsyncAlarms,
    EndpointType.MULTI_MODEL: MultiModelAlarms,
    EndpointType.COMPONENTS: InstanceAlarms,
}

RULES = Rules("alarms and data capture")


@rule(
    RULES,
    "alarm-type",
    "Alarms watch what the endpoint publishes.",
    source="dg:monitoring-cloudwatch, dg:serverless-endpoints-monitoring, "
    "dg:async-inference-monitor",
)
def _alarm_type(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    fitting = _ALARMS_OF.get(request.type)
    noun = request.type.value
    if request.component is not None:
        fitting, noun = ComponentAlarms, "inference component"
    if request.alarms is None or fitting is None:
        return
    if not set(request.alarms.kinds) <= set(fitting.kinds):
        yield Finding(
            argument="alarms",
            value=type(request.alarms).__name__,
            problem=f"watches metrics that no {noun} publishes",
            fix=f"use {fitting.__name__}",
        )


@rule(
    RULES,
    "alarm-thresholds",
    "A threshold is a number above 0, a share of what there is at most 100 percent.",
    source="cloudwatch:PutMetricAlarm",
)
def _alarm_thresholds(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if alarms is None:
        return
    for kind in alarms.kinds:
        argument, value = kind.argument, getattr(alarms, kind.argument)
        if value is None:
            continue
        if is_token(value):
            if kind.converts:
                yield Finding(
                    argument=f"alarms.{argument}",
                    value=value,
                    problem="must be a literal, for it is converted to the metric's unit",
                )
            continue
        highest = 100 if argument.endswith("_percent") else math.inf
        if argument == HEALTHY_INSTANCES:
            wrong = "must be a whole number from 1" if not is_whole(value) or value < 1 else None
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            yield Finding(argument=f"alarms.{argument}", value=value, problem="must be a number")
            continue
        elif kind.counts:
            wrong = None if is_number(value) and value >= 0 else "must be a number from 0"
        else:
            limit = " and at most 100" if highest == 100 else ""
            sound = 0 < value <= highest and is_number(value)
            wrong = None if sound else f"must be above 0{limit}"
        if wrong is not None:
            yield Finding(
                argument=f"alarms.{argument}",
                value=value,
                problem=wrong,
                fix="None switches the alarm off",
            )


@rule(
    RULES,
    "alarm-latency-statistic",
    "Latency is watched by Average, Minimum, Maximum, a percentile or a trimmed mean.",
    source="dg:monitoring-cloudwatch",
)
def _alarm_latency_statistic(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if not isinstance(alarms, InvocationAlarms):
        return
    statistic = alarms.latency_statistic
    if not isinstance(statistic, str) or not _STATISTIC.fullmatch(statistic):
        yield Finding(
            argument="alarms.latency_statistic",
            value=statistic,
            problem="must be Average, Minimum, Maximum, or such as p90 or tm99",
        )


@rule(
    RULES,
    "alarm-healthy-instances",
    "There are as many instances as must be healthy.",
    source="convention of this library",
)
def _alarm_healthy_instances(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if not isinstance(alarms, InstanceAlarms) or not is_whole(alarms.min_healthy_instances):
        return
    healthy = alarms.min_healthy_instances or 0
    for variant in placed.request.fleets:
        if all(map(is_whole, variant.counts)) and min(variant.counts) < healthy:
            count = min(variant.counts)
            yield Finding(
                argument="alarms.min_healthy_instances",
                value=healthy,
                problem=f"variant {variant.name} may have {count}, and would be in alarm then",
            )


@rule(
    RULES,
    "alarm-healthy-counted",
    "Instances are counted by datapoints, one a minute each, which is inferred.",
    source="dg:monitoring-cloudwatch",
    warns=Doubt.INFERRED,
)
def _alarm_healthy_counted(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if not isinstance(alarms, InstanceAlarms) or not is_whole(alarms.min_healthy_instances):
        return
    if alarms.min_healthy_instances is not None and alarms.min_healthy_instances > 1:
        yield Finding(
            argument="alarms.min_healthy_instances",
            value=alarms.min_healthy_instances,
            problem="that each instance sends one datapoint a minute is inferred",
            fix="1 tells surely whether any instance reports",
        )


@rule(
    RULES,
    "alarm-actions",
    "An alarm calls at most five actions, the topic among them.",
    source="cloudwatch:PutMetricAlarm",
)
def _alarm_actions(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if alarms is None:
        return
    for severity, actions in alarms.actions.items():
        count = len(actions) + (0 if alarms.topic is None else 1)
        if count > MAX_ALARM_ACTIONS:
            yield Finding(
                argument=f"alarms.actions[{severity}]",
                value=count,
                problem=f"may be {MAX_ALARM_ACTIONS} with the topic",
            )


@rule(
    RULES,
    "alarm-topic-region",
    "An alarm calls a topic of its own Region.",
    source="cloudwatch:PutMetricAlarm",
)
def _alarm_topic_region(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if alarms is not None and alarms.topic is not None:
        yield from topic_findings(placed, "alarms.topic", alarms.topic)


def topic_findings(
    placed: PlacedRequest, argument: str, topic: object, kind: str = "an SNS topic"
) -> Iterator[Finding]:
    """What is wrong with a topic that something of this Region publishes to."""
    arn = read(topic, "topic_arn")
    if not isinstance(arn, str):
        yield Finding(
            argument=argument,
            value=topic,
            problem=f"must be {kind}",
            fix="sns.Topic.from_topic_arn makes one of an ARN",
        )
    elif placed.environment.is_elsewhere(ArnPlace.of(arn).region):
        yield Finding(
            argument=argument,
            value=arn,
            problem=f"is not in the stack's Region {placed.environment.region}",
        )


@rule(
    RULES,
    "alarm-unknown-instance",
    "Alarms on processors need an instance type of which the processors are known.",
    source="dg:monitoring-cloudwatch",
    warns=Doubt.UNSEEN,
)
def _alarm_unknown_instance(placed: PlacedRequest) -> Iterator[Finding]:
    alarms = placed.request.alarms
    if not isinstance(alarms, InstanceAlarms) or alarms.cpu_percent is None:
        return
    for variant in placed.request.fleets:
        if instances.vcpus(variant.instance_type) is None:
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=variant.instance_type,
                problem="its processors are not known at synth, so that no alarm watches them",
                fix="alarms=Alarms(cpu_percent=None), and an alarm of your own",
            )


@rule(
    RULES,
    "capture-sampling",
    "Data capture samples 0 to 100 whole percent of the requests.",
    source="api:SamplingPercentage",
)
def _capture_sampling(placed: PlacedRequest) -> Iterator[Finding]:
    capture = placed.request.data_capture
    if capture is None or is_token(capture.sampling_percent):
        return
    if not is_whole(capture.sampling_percent) or not 0 <= capture.sampling_percent <= 100:
        yield Finding(
            argument="data_capture.sampling_percent",
            value=capture.sampling_percent,
            problem="must be a whole number from 0 to 100",
        )


@rule(
    RULES,
    "capture-modes",
    "Data capture keeps input, output or both.",
    source="api:CaptureOptionList",
)
def _capture_modes(placed: PlacedRequest) -> Iterator[Finding]:
    capture = placed.request.data_capture
    if capture is not None and not 1 <= len(set(capture.modes)) == len(capture.modes):
        yield Finding(
            argument="data_capture.modes",
            value=[mode.value for mode in capture.modes],
            problem="must be input, output or both, each once",
        )


@rule(
    RULES,
    "capture-prefix",
    "Data is captured below a prefix, so that the role may write there and nowhere else.",
    source="api:DestinationS3Uri",
)
def _capture_prefix(placed: PlacedRequest) -> Iterator[Finding]:
    capture = placed.request.data_capture
    if capture is None:
        return
    problem = prefix_problem(capture.prefix, max_uri_length=MAX_CAPTURE_URI_LENGTH)
    if problem is not None:
        yield Finding(argument="data_capture.prefix", value=capture.prefix, problem=problem)


@rule(
    RULES,
    "capture-content-types",
    "Data capture knows up to ten content types of CSV and ten of JSON.",
    source="api:CaptureContentTypeHeader",
)
def _capture_content_types(placed: PlacedRequest) -> Iterator[Finding]:
    capture = placed.request.data_capture
    if capture is None:
        return
    for argument, types in (
        ("csv_content_types", capture.csv_content_types),
        ("json_content_types", capture.json_content_types),
    ):
        if len(types) > MAX_CAPTURE_CONTENT_TYPES:
            yield Finding(
                argument=f"data_capture.{argument}",
                value=len(types),
                problem=f"may be {MAX_CAPTURE_CONTENT_TYPES}",
            )
        for name in types:
            if is_token(name):
                continue
            if len(name) > MAX_CONTENT_TYPE_LENGTH or not _CONTENT_TYPE.fullmatch(name):
                yield Finding(
                    argument=f"data_capture.{argument}",
                    value=name,
                    problem="must be a content type such as text/csv",
                )
