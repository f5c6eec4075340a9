from __future__ import annotations

from typing import Any

import pytest

from local import report

BASE = "arn:aws:sagemaker:us-east-1:123456789012"


def _endpoint(name: str = "fraud", **changes: Any) -> report.Endpoint:
    variant = {"VariantName": "main", "ModelName": "model", "InstanceType": "ml.m5.large"}
    config: dict[str, Any] = {"ProductionVariants": [variant]} | changes.pop("config", {})
    endpoint = {
        "EndpointName": name,
        "EndpointArn": f"{BASE}:endpoint/{name}",
        "EndpointStatus": changes.pop("status", "InService"),
        "ProductionVariants": changes.pop(
            "running", [{"VariantName": "main", "DesiredInstanceCount": 2}]
        ),
    }
    models = changes.pop("models", {"model": {"PrimaryContainer": {"Image": "image"}}})
    return report.Endpoint(endpoint, config, models)


def _target(resource: str = "endpoint/fraud/variant/main") -> dict[str, Any]:
    return {
        "ResourceId": resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ServiceNamespace": "sagemaker",
        "MinCapacity": 2,
        "MaxCapacity": 8,
    }


def _alarm(name: str = "errors", endpoint: str = "fraud") -> dict[str, Any]:
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    return {"AlarmName": name, "Namespace": "AWS/SageMaker", "Dimensions": dimensions}


SERVERLESS = {
    "VariantName": "main",
    "ModelName": "model",
    "ServerlessConfig": {"MemorySizeInMB": 2048},
}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, "real-time"),
        ({"config": {"ProductionVariants": [SERVERLESS]}}, "serverless"),
        ({"config": {"AsyncInferenceConfig": {"OutputConfig": {}}}}, "async"),
        ({"config": {"ProductionVariants": [{"VariantName": "main"}]}}, "components"),
        ({"models": {"model": {"PrimaryContainer": {"Mode": "MultiModel"}}}}, "multi-model"),
        ({"models": {"model": {"Containers": [{"Mode": "MultiModel"}]}}}, "multi-model"),
    ],
)
def test_kinds(changes: dict[str, Any], kind: str) -> None:
    assert report.kind(_endpoint(**changes)) == kind


def test_a_row_shows_bounds_and_counts_its_own_alarms() -> None:
    math = {
        "AlarmName": "rate",
        "Metrics": [
            {"Id": "rate", "Expression": "e/i"},
            {"Id": "e", "MetricStat": {"Metric": _alarm()}},
        ],
    }
    findings = report.Findings(
        [_endpoint()], [_target()], [_alarm(), math, _alarm("other", "elsewhere")]
    )
    assert report.rows(findings) == [
        ("fraud", "real-time", "InService", "ml.m5.large", "main", "2-8", "2")
    ]


def test_without_a_target_the_count_is_shown() -> None:
    assert report.rows(report.Findings([_endpoint()], [], []))[0][5] == "2"


def test_a_serverless_row_shows_memory_and_concurrency() -> None:
    running = [{"VariantName": "main", "CurrentServerlessConfig": {"MaxConcurrency": 5}}]
    endpoint = _endpoint(config={"ProductionVariants": [SERVERLESS]}, running=running)
    row = report.rows(report.Findings([endpoint], [], []))[0]
    assert (row[3], row[5]) == ("2048 MB", "0-5")


def test_shadow_variants_are_marked() -> None:
    shadow = {"VariantName": "next", "ModelName": "model", "InstanceType": "ml.m5.xlarge"}
    endpoint = _endpoint(config={"ShadowProductionVariants": [shadow]})
    row = report.rows(report.Findings([endpoint], [], []))[0]
    assert row[3:5] == ("ml.m5.large, ml.m5.xlarge", "main, next (shadow)")


def test_the_table_is_aligned() -> None:
    shown = report.table([("a", "bb")], ("head", "h"))
    assert shown == "head  h\n----  --\na     bb"


TEMPLATE = {
    "Resources": {
        "Endpoint": {"Type": "AWS::SageMaker::Endpoint"},
        "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget"},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Maybe": {"Type": "AWS::CloudWatch::Alarm", "Condition": "Never"},
    }
}
RESOURCES = [
    {"LogicalResourceId": "Endpoint", "PhysicalResourceId": f"{BASE}:endpoint/fraud"},
    {
        "LogicalResourceId": "Target",
        "PhysicalResourceId": "endpoint/fraud/variant/main|sagemaker:variant:DesiredInstanceCount"
        "|sagemaker",
    },
    {"LogicalResourceId": "Alarm", "PhysicalResourceId": "errors"},
]


def test_nothing_is_missing() -> None:
    findings = report.Findings([_endpoint()], [_target()], [_alarm()])
    assert report.missing("stack", TEMPLATE, RESOURCES, findings) == []


@pytest.mark.parametrize(
    ("resources", "findings", "complaint"),
    [
        (
            RESOURCES[1:],
            report.Findings([_endpoint()], [_target()], [_alarm()]),
            "stack: AWS::SageMaker::Endpoint Endpoint was not deployed",
        ),
        (
            RESOURCES,
            report.Findings([_endpoint(status="Failed")], [_target()], [_alarm()]),
            "stack: AWS::SageMaker::Endpoint Endpoint is Failed",
        ),
        (
            RESOURCES,
            report.Findings([], [_target()], [_alarm()]),
            "stack: AWS::SageMaker::Endpoint Endpoint is not there",
        ),
        (
            RESOURCES,
            report.Findings([_endpoint()], [], [_alarm()]),
            "stack: AWS::ApplicationAutoScaling::ScalableTarget Target is not there",
        ),
        (
            RESOURCES,
            report.Findings([_endpoint()], [_target()], []),
            "stack: AWS::CloudWatch::Alarm Alarm is not there",
        ),
    ],
)
def test_missing_things_are_named(
    resources: list[Any], findings: report.Findings, complaint: str
) -> None:
    assert report.missing("stack", TEMPLATE, resources, findings) == [complaint]
