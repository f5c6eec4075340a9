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
    return report.Endpoint(endpoint, config, models, changes.pop("components", []))


def _target(resource: str = "endpoint/fraud/variant/main", low: int = 2) -> dict[str, Any]:
    return {
        "ResourceId": resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "ServiceNamespace": "sagemaker",
        "MinCapacity": low,
        "MaxCapacity": 8,
    }


def _component(name: str = "first", copies: int = 2, status: str = "InService") -> dict[str, Any]:
    return {
        "InferenceComponentName": name,
        "InferenceComponentArn": f"{BASE}:inference-component/{name.lower()}",
        "InferenceComponentStatus": status,
        "RuntimeConfig": {"DesiredCopyCount": copies},
    }


def _alarm(
    name: str = "errors", watched: str = "fraud", dimension: str = "EndpointName"
) -> dict[str, Any]:
    dimensions = [{"Name": dimension, "Value": watched}]
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
        ("fraud", "real-time", "InService", "ml.m5.large", "main", "2-8", "2", "")
    ]


def test_without_a_target_the_count_is_shown() -> None:
    assert report.rows(report.Findings([_endpoint()], [], []))[0][5] == "2"


def _row(endpoint: report.Endpoint, *targets: Any, alarms: Any = ()) -> dict[str, str]:
    (row,) = report.rows(report.Findings([endpoint], targets, alarms))
    return dict(zip(report.HEADINGS, row, strict=True))


def _serverless(**size: int) -> report.Endpoint:
    running = [{"VariantName": "main", "CurrentServerlessConfig": {"MaxConcurrency": 5, **size}}]
    return _endpoint(config={"ProductionVariants": [SERVERLESS]}, running=running)


def test_a_serverless_row_shows_memory_and_concurrency() -> None:
    row = _row(_serverless())
    assert (row["runs on"], row["min-max"], row["serves"]) == ("2048 MB", "0-5", "")


def test_a_serverless_row_shows_provisioned_concurrency_and_its_scaling() -> None:
    row = _row(_serverless(ProvisionedConcurrency=3))
    assert (row["min-max"], row["serves"]) == ("0-5", "3 provisioned")
    row = _row(_serverless(ProvisionedConcurrency=3), _target("endpoint/Fraud/variant/main"))
    assert (row["min-max"], row["serves"]) == ("0-5", "2-8 provisioned")


def test_an_asynchronous_row_shows_its_output_and_its_zero() -> None:
    output = {"OutputConfig": {"S3OutputPath": "s3://out/ok"}}
    row = _row(_endpoint(config={"AsyncInferenceConfig": output}), _target(low=0))
    assert (row["min-max"], row["serves"]) == ("0-8", "to s3://out/ok")


@pytest.mark.parametrize(
    ("model", "serves"),
    [
        (
            {"PrimaryContainer": {"Mode": "MultiModel", "ModelDataUrl": "s3://many/"}},
            "s3://many/",
        ),
        ({"Containers": [{}, {}, {}]}, "pipeline of 3 containers"),
        (
            {"Containers": [{}, {"Mode": "MultiModel", "ModelDataUrl": "s3://many/"}]},
            "s3://many/ pipeline of 2 containers",
        ),
        (
            {"Containers": [{}, {}], "InferenceExecutionConfig": {"Mode": "Direct"}},
            "any of 2 containers",
        ),
        ({"Containers": [{}]}, ""),
    ],
)
def test_a_row_shows_how_a_model_serves(model: dict[str, Any], serves: str) -> None:
    assert _row(_endpoint(models={"model": model}))["serves"] == serves


def test_a_component_row_shows_each_component_and_the_instances() -> None:
    managed = {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 4}
    running = [
        {"VariantName": "main", "DesiredInstanceCount": 1, "ManagedInstanceScaling": managed}
    ]
    pools = [{"InstanceType": "ml.g5.xlarge"}, {"InstanceType": "ml.g6.xlarge"}]
    endpoint = _endpoint(
        config={"ProductionVariants": [{"VariantName": "main", "InstancePools": pools}]},
        running=running,
        models={},
        components=[_component("First", 1), _component("fraud-second", 3)],
    )
    alarms = [
        _alarm("own"),
        _alarm("first", "first", "InferenceComponentName"),
        _alarm("third", "third", "InferenceComponentName"),
    ]
    row = _row(endpoint, _target("inference-component/first", low=0), alarms=alarms)
    assert row["runs on"] == "ml.g5.xlarge/ml.g6.xlarge"
    assert (row["min-max"], row["serves"]) == ("0-4", "First x 0-8, second x 3")
    assert row["alarms"] == "2"


def test_a_component_endpoint_may_be_empty() -> None:
    variant = {"VariantName": "main", "InstanceType": "ml.g5.xlarge"}
    row = _row(_endpoint(config={"ProductionVariants": [variant]}, models={}))
    assert (row["type"], row["min-max"], row["serves"]) == ("components", "2", "no components")


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


@pytest.mark.parametrize(
    ("components", "complaint"),
    [
        ([_component()], []),
        ([_component(status="Failed")], ["is Failed"]),
        ([], ["is not there"]),
    ],
)
def test_missing_components_are_named(components: list[Any], complaint: list[str]) -> None:
    template = {"Resources": {"First": {"Type": "AWS::SageMaker::InferenceComponent"}}}
    arn = f"{BASE}:inference-component/first"
    resources = [{"LogicalResourceId": "First", "PhysicalResourceId": arn}]
    findings = report.Findings([_endpoint(components=components)], [], [])
    assert report.missing("stack", template, resources, findings) == [
        f"stack: AWS::SageMaker::InferenceComponent First {why}" for why in complaint
    ]
