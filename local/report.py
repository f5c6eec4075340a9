"""What runs in the embedded AWS after a deployment, as a table, compared with what the templates
ask for.

Everything here is a pure function of boto3's answers and of the templates; `local.__main__`
fetches both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Answer = Mapping[str, Any]

HEADINGS = ("endpoint", "type", "status", "runs on", "variants", "min-max", "alarms")
_SAGEMAKER_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/")


@dataclass(frozen=True)
class Endpoint:
    """The answers about one endpoint."""

    endpoint: Answer
    """DescribeEndpoint"""
    config: Answer
    """DescribeEndpointConfig of its configuration"""
    models: Mapping[str, Answer]
    """DescribeModel of each model of its variants, by model name"""


@dataclass(frozen=True)
class Findings:
    """All answers that the table is made of."""

    endpoints: Sequence[Endpoint]
    targets: Sequence[Answer]
    """DescribeScalableTargets"""
    alarms: Sequence[Answer]
    """DescribeAlarms' metric alarms"""


def rows(findings: Findings) -> list[tuple[str, ...]]:
    """One row per endpoint, in the order of `HEADINGS`."""
    return [_row(found, findings) for found in findings.endpoints]


def _row(found: Endpoint, findings: Findings) -> tuple[str, ...]:
    name = str(found.endpoint["EndpointName"])
    variants = [*found.config["ProductionVariants"]]
    shadows = list(found.config.get("ShadowProductionVariants") or [])
    names = [v["VariantName"] for v in variants] + [f"{v['VariantName']} (shadow)" for v in shadows]
    return (
        name,
        kind(found),
        str(found.endpoint["EndpointStatus"]),
        ", ".join(dict.fromkeys(_runs_on(v) for v in [*variants, *shadows])),
        ", ".join(names),
        _bounds(name, found, findings.targets),
        str(sum(concerns(alarm, name) for alarm in findings.alarms)),
    )


def kind(found: Endpoint) -> str:
    """The deployment type that the configuration and its models amount to."""
    variants = found.config["ProductionVariants"]
    if any("ServerlessConfig" in variant for variant in variants):
        return "serverless"
    if "AsyncInferenceConfig" in found.config:
        return "async"
    if not any("ModelName" in variant for variant in variants):
        return "components"
    if any(_is_multi_model(model) for model in found.models.values()):
        return "multi-model"
    return "real-time"


def _is_multi_model(model: Answer) -> bool:
    containers = [model.get("PrimaryContainer"), *(model.get("Containers") or [])]
    return any(c is not None and c.get("Mode") == "MultiModel" for c in containers)


def _runs_on(variant: Answer) -> str:
    serverless = variant.get("ServerlessConfig")
    return f"{serverless['MemorySizeInMB']} MB" if serverless else str(variant.get("InstanceType"))


def _bounds(name: str, found: Endpoint, targets: Iterable[Answer]) -> str:
    """The scaling bounds of each variant, or its fixed instance count."""
    prefix = f"endpoint/{name}/variant/".lower()
    scaled = {
        str(target["ResourceId"]).rsplit("/", 1)[1]: target
        for target in targets
        if str(target["ResourceId"]).lower().startswith(prefix)
    }
    return ", ".join(
        _variant_bounds(variant, scaled.get(variant["VariantName"]))
        for variant in found.endpoint["ProductionVariants"]
    )


def _variant_bounds(variant: Answer, target: Answer | None) -> str:
    if target is not None:
        return f"{target['MinCapacity']}-{target['MaxCapacity']}"
    serverless = variant.get("CurrentServerlessConfig")
    if serverless is not None:
        return f"0-{serverless['MaxConcurrency']}"
    return str(variant.get("DesiredInstanceCount", "-"))


def concerns(alarm: Answer, endpoint: str) -> bool:
    """Whether an alarm watches an endpoint, by the dimensions of its metric or of its metric
    math.
    """
    metrics = [q["MetricStat"]["Metric"] for q in alarm.get("Metrics") or [] if q.get("MetricStat")]
    for metric in [alarm, *metrics]:
        if str(metric.get("Namespace", "")).startswith(_SAGEMAKER_NAMESPACES):
            named = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or []}
            if named.get("EndpointName", "").lower() == endpoint.lower():
                return True
    return False


def table(body: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Columns as wide as their widest cell."""
    lines = [list(headings), *[list(row) for row in body]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(headings))]
    rule = ["-" * width for width in widths]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [lines[0], rule, *lines[1:]]
    )


# What the templates ask for is found again through the stacks' resources: the type and, from
# DescribeStackResources, the physical id by which the service knows the resource.
COMPARED = (
    "AWS::SageMaker::Endpoint",
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::CloudWatch::Alarm",
)


def wanted(template: Answer) -> dict[str, str]:
    """The logical ids of the resources that a template asks for and the table shows, with their
    types.

    Conditional resources are left out: whether they exist depends on parameters.
    """
    return {
        logical_id: entry["Type"]
        for logical_id, entry in template.get("Resources", {}).items()
        if entry["Type"] in COMPARED and "Condition" not in entry
    }


def missing(
    stack: str, template: Answer, resources: Iterable[Answer], findings: Findings
) -> list[str]:
    """What a template asks for and is not there, or not in service; one sentence each."""
    physical = {r["LogicalResourceId"]: str(r.get("PhysicalResourceId", "")) for r in resources}
    status = {
        str(found.endpoint["EndpointArn"]): str(found.endpoint["EndpointStatus"])
        for found in findings.endpoints
    }
    targets = {
        f"{t['ResourceId']}|{t['ScalableDimension']}|{t['ServiceNamespace']}"
        for t in findings.targets
    }
    alarms = {str(alarm["AlarmName"]) for alarm in findings.alarms}
    complaints: list[str] = []
    for logical_id, resource_type in wanted(template).items():
        known = physical.get(logical_id)
        where = f"{stack}: {resource_type} {logical_id}"
        if known is None:
            complaints.append(f"{where} was not deployed")
        elif resource_type == "AWS::SageMaker::Endpoint":
            if status.get(known) != "InService":
                complaints.append(f"{where} is {status.get(known, 'not there')}")
        elif known not in (alarms if resource_type.endswith("::Alarm") else targets):
            complaints.append(f"{where} is not there")
    return complaints
