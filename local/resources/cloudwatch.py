"""AWS::CloudWatch::Alarm. PutMetricAlarm overwrites, so an existing alarm is looked for before
one is made.
"""

from __future__ import annotations

from moto.utilities.utils import get_partition

from local.providers import Made, Properties, ResourceType, Tagging

_ACCOUNT = "123456789012"


def _arn(made: Made) -> str:
    partition = get_partition(made.region)
    name = made.properties["AlarmName"]
    return f"arn:{partition}:cloudwatch:{made.region}:{_ACCOUNT}:alarm:{name}"


def _names(made: Made) -> Properties:
    return {"AlarmNames": [made.properties["AlarmName"]]}


TYPES = (
    ResourceType(
        type="AWS::CloudWatch::Alarm",
        service="cloudwatch",
        create="PutMetricAlarm",
        read="DescribeAlarms",
        found="MetricAlarms",
        update="PutMetricAlarm",
        delete="DeleteAlarms",
        name="AlarmName",
        longest_name=255,
        ref=lambda made: str(made.properties["AlarmName"]),
        arn=_arn,
        identity=_names,
        attributes={"Arn": _arn},
        tagging=Tagging(add="TagResource", remove="UntagResource", arn_member="ResourceARN"),
        gone=frozenset({"ResourceNotFound"}),
    ),
)
