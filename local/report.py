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

HEADINGS = ("endpoint", "type", "status", "runs on", "variants", "min-max", "alarms", "serves")
JOB_HEADINGS = ("transform job", "status", "model", "instances", "input -> output")
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
    components: Sequence[Answer] = ()
    """DescribeInferenceComponent of each of its components"""


@dataclass(frozen=True)
class Findings:
    """All answers that the table is made of."""

    endpoints: Sequence[Endpoint]
    targets: Sequence[Answer]
    """DescribeScalableTargets"""
    alarms: Sequence[Answer]
    """DescribeAlarms' metric alarms"""
    jobs: Sequence[Answer] = ()
    """DescribeTransformJob of each transform job"""


def rows(findings: Findings) -> list[tuple[str, ...]]:
    """One row per endpoint, in the order of `HEADINGS`."""
    return [_row(found, findings) for found in findings.endpoints]


def job_rows(findings: Findings) -> list[tuple[str, ...]]:
    """One row per transform job, in the order of `JOB_HEADINGS`."""
    return [
        (
            str(job["TransformJobName"]),
            str(job["TransformJobStatus"]),
            str(job["ModelName"]),
            "{InstanceCount} x {InstanceType}".format(**job["TransformResources"]),
            f"{_read_from(job)} -> {job['TransformOutput']['S3OutputPath']}",
        )
        for job in findings.jobs
    ]


def _read_from(job: Answer) -> str:
    return str(job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])


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
        _bounds(found, findings.targets),
        str(sum(_watches(alarm, found) for alarm in findings.alarms)),
        _serves(found, findings.targets),
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
    return any(container.get("Mode") == "MultiModel" for container in _containers(model))


def _containers(model: Answer) -> list[Answer]:
    single = model.get("PrimaryContainer")
    return [single] if single is not None else list(model.get("Containers") or [])


def _runs_on(variant: Answer) -> str:
    serverless = variant.get("ServerlessConfig")
    if serverless is not None:
        return f"{serverless['MemorySizeInMB']} MB"
    pools = [pool["InstanceType"] for pool in variant.get("InstancePools") or []]
    return "/".join(pools) if pools else str(variant.get("InstanceType"))


def _serves(found: Endpoint, targets: Sequence[Answer]) -> str:
    """What is special about the way that an endpoint serves; nothing for one model in real time."""
    parts = [_component(found, component, targets) for component in found.components]
    if kind(found) == "components" and not parts:
        parts.append("no components")
    parts += [_provisioned(found, variant, targets) for variant in _variants(found)]
    output = found.config.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    if "S3OutputPath" in output:
        parts.append(f"to {output['S3OutputPath']}")
    parts += [_model(model) for model in found.models.values()]
    return ", ".join(dict.fromkeys(filter(None, parts)))


def _component(found: Endpoint, component: Answer, targets: Iterable[Answer]) -> str:
    """A component's name, as far as it is not the endpoint's, with its copies: their scaling bounds
    or their number.
    """
    name = str(component["InferenceComponentName"])
    target = _target(targets, f"inference-component/{name}")
    copies = component["RuntimeConfig"]["DesiredCopyCount"] if target is None else _range(target)
    own = name.removeprefix(f"{found.endpoint['EndpointName']}-")
    return f"{own} x {copies}"


def _provisioned(found: Endpoint, variant: Answer, targets: Iterable[Answer]) -> str:
    """A serverless variant's provisioned concurrency, if it has any."""
    provisioned = variant.get("CurrentServerlessConfig", {}).get("ProvisionedConcurrency")
    target = _target(targets, _resource(found, variant))
    if provisioned is None:
        return ""
    return f"{provisioned if target is None else _range(target)} provisioned"


def _model(model: Answer) -> str:
    """A model's prefix if there are many below it, and how its containers work together."""
    containers = _containers(model)
    parts = [str(c.get("ModelDataUrl", "")) for c in containers if c.get("Mode") == "MultiModel"]
    if len(containers) > 1:
        direct = model.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
        parts.append(f"{'any' if direct else 'pipeline'} of {len(containers)} containers")
    return " ".join(parts)


def _bounds(found: Endpoint, targets: Sequence[Answer]) -> str:
    """The bounds between which each variant scales, or its fixed instance count."""
    return ", ".join(
        _variant_bounds(variant, _target(targets, _resource(found, variant)))
        for variant in _variants(found)
    )


def _variant_bounds(variant: Answer, target: Answer | None) -> str:
    serverless = variant.get("CurrentServerlessConfig")
    if serverless is not None:
        return f"0-{serverless['MaxConcurrency']}"
    if target is not None:
        return _range(target)
    managed = variant.get("ManagedInstanceScaling", {})
    if managed.get("Status") == "ENABLED":
        return f"{managed.get('MinInstanceCount', '')}-{managed.get('MaxInstanceCount', '')}"
    return str(variant.get("DesiredInstanceCount", "-"))


def _variants(found: Endpoint) -> list[Answer]:
    variants: list[Answer] = found.endpoint["ProductionVariants"]
    return variants


def _resource(found: Endpoint, variant: Answer) -> str:
    return f"endpoint/{found.endpoint['EndpointName']}/variant/{variant['VariantName']}"


def _target(targets: Iterable[Answer], resource: str) -> Answer | None:
    """The scalable target of a resource; names in resource ids are looked up in any case."""
    found = (t for t in targets if str(t["ResourceId"]).lower() == resource.lower())
    return next(found, None)


def _range(target: Answer) -> str:
    return f"{target['MinCapacity']}-{target['MaxCapacity']}"


def _watches(alarm: Answer, found: Endpoint) -> bool:
    """Whether an alarm watches an endpoint or one of its components."""
    names = [str(component["InferenceComponentName"]) for component in found.components]
    return concerns(alarm, str(found.endpoint["EndpointName"])) or any(
        concerns(alarm, name, "InferenceComponentName") for name in names
    )


def concerns(alarm: Answer, name: str, dimension: str = "EndpointName") -> bool:
    """Whether an alarm watches an endpoint, by the dimensions of its metric or of its metric
    math.
    """
    metrics = [q["MetricStat"]["Metric"] for q in alarm.get("Metrics") or [] if q.get("MetricStat")]
    for metric in [alarm, *metrics]:
        if str(metric.get("Namespace", "")).startswith(_SAGEMAKER_NAMESPACES):
            named = {d["Name"]: d["Value"] for d in metric.get("Dimensions") or []}
            if named.get(dimension, "").lower() == name.lower():
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
TRANSFORM_JOB = "Custom::SageMakerTransformJob"
COMPARED = (
    TRANSFORM_JOB,
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::InferenceComponent",
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
    """What a template asks for and is not there, not in service or not well; one sentence each."""
    physical = {r["LogicalResourceId"]: str(r.get("PhysicalResourceId", "")) for r in resources}
    status = {
        str(found.endpoint["EndpointArn"]): str(found.endpoint["EndpointStatus"])
        for found in findings.endpoints
    } | {
        str(component["InferenceComponentArn"]): str(component["InferenceComponentStatus"])
        for found in findings.endpoints
        for component in found.components
    }
    jobs = {str(job["TransformJobName"]): str(job["TransformJobStatus"]) for job in findings.jobs}
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
        elif resource_type == TRANSFORM_JOB:
            if jobs.get(known) not in ("InProgress", "Completed"):
                complaints.append(f"{where} is {jobs.get(known, 'not there')}")
        elif resource_type.startswith("AWS::SageMaker::"):
            if status.get(known) != "InService":
                complaints.append(f"{where} is {status.get(known, 'not there')}")
        elif known not in (alarms if resource_type.endswith("::Alarm") else targets):
            complaints.append(f"{where} is not there")
    return complaints
