"""Scalable targets and scaling policies of every dimension that SageMaker has."""

from __future__ import annotations

from typing import Any

import pytest

VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 2,
}
ASYNC = {"OutputConfig": {"S3OutputPath": "s3://out/ok"}}
INSTANCES = "sagemaker:variant:DesiredInstanceCount"
CONCURRENCY = "sagemaker:variant:DesiredProvisionedConcurrency"
COPIES = "sagemaker:inference-component:DesiredCopyCount"
MAIN = "endpoint/endpoint/variant/main"
COMPONENT = "inference-component/First"


class Scaling:
    """One endpoint of each kind, made when it is asked for; all are called `endpoint`."""

    def __init__(self, hosting: Any) -> None:
        self.hosting = hosting
        self.api = hosting.cloud.client("application-autoscaling")
        self.refused = hosting.refused
        hosting.model()

    def realtime(self) -> None:
        self.hosting.config("config", VARIANT)
        self.hosting.endpoint()

    def asynchronous(self) -> None:
        self.hosting.config("config", VARIANT, AsyncInferenceConfig=ASYNC)
        self.hosting.endpoint()

    def serverless(self, **changes: Any) -> None:
        size = {"MemorySizeInMB": 2048, "MaxConcurrency": 20} | changes
        variant = {"VariantName": "main", "ModelName": "model", "ServerlessConfig": size}
        self.hosting.config("config", variant)
        self.hosting.endpoint()

    def component(self) -> None:
        variant = {k: v for k, v in VARIANT.items() if k != "ModelName"}
        self.hosting.config("config", variant, ExecutionRoleArn=self.hosting.role)
        self.hosting.endpoint()
        self.hosting.api.create_inference_component(
            InferenceComponentName="First",
            EndpointName="endpoint",
            VariantName="main",
            Specification={
                "ModelName": "model",
                "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
            },
            RuntimeConfig={"CopyCount": 2},
        )

    def register(self, low: int, high: int, dimension: str, resource: str = MAIN) -> Any:
        return self.api.register_scalable_target(
            ServiceNamespace="sagemaker",
            ResourceId=resource,
            ScalableDimension=dimension,
            MinCapacity=low,
            MaxCapacity=high,
        )

    def targets(self) -> list[str]:
        found = self.api.describe_scalable_targets(ServiceNamespace="sagemaker")
        return [target["ResourceId"] for target in found["ScalableTargets"]]

    def put(self, kind: str, body: dict[str, Any], dimension: str, resource: str = MAIN) -> Any:
        return self.api.put_scaling_policy(
            PolicyName="policy",
            ServiceNamespace="sagemaker",
            ResourceId=resource,
            ScalableDimension=dimension,
            PolicyType=kind,
            **{f"{kind}PolicyConfiguration": body},
        )

    def copies(self) -> int:
        described = self.hosting.api.describe_inference_component(InferenceComponentName="first")
        return int(described["RuntimeConfig"]["CurrentCopyCount"])


@pytest.fixture
def scaling(hosting: Any) -> Scaling:
    return Scaling(hosting)


def test_instances_of_a_real_time_variant_never_reach_zero(scaling: Scaling) -> None:
    scaling.realtime()
    with scaling.refused("MinCapacity of sagemaker:variant:DesiredInstanceCount must be at least"):
        scaling.register(0, 2, INSTANCES)
    assert scaling.targets() == []


def test_instances_of_an_asynchronous_variant_do(scaling: Scaling) -> None:
    scaling.asynchronous()
    scaling.register(0, 0, INSTANCES)
    assert scaling.hosting.variants()["main"]["DesiredInstanceCount"] == 0
    scaling.register(3, 5, INSTANCES)
    assert scaling.hosting.variants()["main"]["CurrentInstanceCount"] == 3


def test_burstable_instances_do_not_scale(scaling: Scaling) -> None:
    scaling.hosting.config("config", VARIANT | {"InstanceType": "ml.t2.medium"})
    scaling.hosting.endpoint()
    with scaling.refused("Instance type ml.t2.medium does not support autoscaling"):
        scaling.register(1, 2, INSTANCES)


def test_provisioned_concurrency_scales_up_to_the_maximum(scaling: Scaling) -> None:
    scaling.serverless(ProvisionedConcurrency=1)
    scaling.register(4, 20, CONCURRENCY)
    serverless = scaling.hosting.variants()["main"]["CurrentServerlessConfig"]
    assert serverless == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 20,
        "ProvisionedConcurrency": 4,
    }
    for low, high in ((0, 5), (1, 21)):
        with scaling.refused("must be between 1 and the variant's MaxConcurrency (20)"):
            scaling.register(low, high, CONCURRENCY)


def test_a_serverless_variant_scales_nothing_else(scaling: Scaling) -> None:
    scaling.serverless()
    with scaling.refused("Variant main has no sagemaker:variant:DesiredProvisionedConcurrency"):
        scaling.register(1, 5, CONCURRENCY)
    with scaling.refused("Variant main is serverless and has no"):
        scaling.register(1, 5, INSTANCES)


def test_copies_of_a_component_scale_to_zero(scaling: Scaling) -> None:
    scaling.component()
    scaling.register(3, 5, COPIES, COMPONENT)
    assert scaling.copies() == 3
    scaling.register(0, 0, COPIES, COMPONENT)
    assert scaling.copies() == 0


def test_targets_of_nothing_are_refused(scaling: Scaling) -> None:
    scaling.component()
    with scaling.refused("No inference component exists for resource ID: inference-component/no"):
        scaling.register(1, 2, COPIES, "inference-component/no")
    with scaling.refused("No endpoint and variant exist for resource ID: endpoint/endpoint/vari"):
        scaling.register(1, 2, INSTANCES, "endpoint/endpoint/variant/no")
    for dimension, resource in ((COPIES, MAIN), (INSTANCES, COMPONENT), (CONCURRENCY, COMPONENT)):
        with scaling.refused("Unsupported service namespace, resource type or scalable dimension"):
            scaling.register(1, 2, dimension, resource)


def test_a_deleted_component_takes_its_target_along(scaling: Scaling) -> None:
    scaling.component()
    scaling.register(1, 2, COPIES, COMPONENT)
    scaling.register(1, 2, INSTANCES)
    scaling.hosting.api.delete_inference_component(InferenceComponentName="FIRST")
    assert scaling.targets() == [MAIN]
    scaling.hosting.api.delete_endpoint(EndpointName="endpoint")
    assert scaling.targets() == []


def test_another_endpoints_targets_stay(scaling: Scaling) -> None:
    scaling.realtime()
    scaling.hosting.endpoint(name="endpoint-2")
    scaling.register(1, 2, INSTANCES)
    scaling.register(1, 2, INSTANCES, "endpoint/endpoint-2/variant/main")
    scaling.hosting.api.delete_endpoint(EndpointName="endpoint")
    assert scaling.targets() == ["endpoint/endpoint-2/variant/main"]


PREDEFINED = {
    INSTANCES: (
        "SageMakerVariantInvocationsPerInstance",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    ),
    CONCURRENCY: ("SageMakerVariantProvisionedConcurrencyUtilization",),
    COPIES: (
        "SageMakerInferenceComponentInvocationsPerCopy",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    ),
}


def _tracking(metric: str) -> dict[str, Any]:
    return {
        "TargetValue": 1.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
    }


@pytest.mark.parametrize("dimension", PREDEFINED)
def test_each_dimension_has_its_predefined_metrics(scaling: Scaling, dimension: str) -> None:
    resource = COMPONENT if dimension == COPIES else MAIN
    if dimension == COPIES:
        scaling.component()
    elif dimension == CONCURRENCY:
        scaling.serverless(ProvisionedConcurrency=1)
    else:
        scaling.realtime()
    scaling.register(1, 5, dimension, resource)
    for supported in PREDEFINED.values():
        for metric in supported:
            if metric in PREDEFINED[dimension]:
                scaling.put("TargetTrackingScaling", _tracking(metric), dimension, resource)
                continue
            text = f"Scalable dimension {dimension} only supports the following predefined metric"
            with scaling.refused(text):
                scaling.put("TargetTrackingScaling", _tracking(metric), dimension, resource)


def _step(low: float | None = None, high: float | None = None, by: int = 1) -> dict[str, Any]:
    bounds = {"MetricIntervalLowerBound": low, "MetricIntervalUpperBound": high}
    return {k: v for k, v in bounds.items() if v is not None} | {"ScalingAdjustment": by}


def _stepping(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(steps), **more}


@pytest.mark.parametrize(
    "body",
    [
        _stepping(_step(0), Cooldown=300, MetricAggregationType="Maximum"),
        _stepping(_step(high=0, by=-1)),
        _stepping(_step(10), _step(0, 10)),
        _stepping(_step(high=-5, by=-2), _step(-5, 0, by=-1)),
        _stepping(_step(0), MinAdjustmentMagnitude=1)
        | {"AdjustmentType": "PercentChangeInCapacity"},
    ],
)
def test_step_policies_are_read_back(scaling: Scaling, body: dict[str, Any]) -> None:
    scaling.asynchronous()
    scaling.register(0, 5, INSTANCES)
    arn = scaling.put("StepScaling", body, INSTANCES)["PolicyARN"]
    (found,) = scaling.api.describe_scaling_policies(ServiceNamespace="sagemaker")[
        "ScalingPolicies"
    ]
    assert found["PolicyARN"] == arn
    assert found["StepScalingPolicyConfiguration"] == body


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"StepAdjustments": [_step(0)]}, "AdjustmentType is required"),
        (_stepping(), "StepAdjustments is required"),
        (_stepping(_step(0), MinAdjustmentMagnitude=1), "requires PercentChangeInCapacity"),
        (_stepping(_step()), "Both lower and upper bounds of a step adjustment cannot be left"),
        (_stepping(_step(0, 5)), "unspecified upper bound (i.e., upper bound is null)"),
        (_stepping(_step(-5, 0)), "unspecified lower bound (i.e., lower bound is null)"),
        (_stepping(_step(0, 5), _step(6)), "must neither overlap nor leave a gap"),
        (_stepping(_step(0, 5), _step(4)), "must neither overlap nor leave a gap"),
        (_stepping(_step(0), _step(5)), "must neither overlap nor leave a gap"),
        (_stepping(_step(5, 5), _step(5)), "must neither overlap nor leave a gap"),
        (
            _stepping(*[_step(n, n + 1) for n in range(20)], _step(20)),
            "There can be at most 20 step adjustments per scaling policy",
        ),
    ],
)
def test_step_policies_that_are_refused(scaling: Scaling, body: dict[str, Any], text: str) -> None:
    scaling.realtime()
    scaling.register(1, 5, INSTANCES)
    with scaling.refused(text):
        scaling.put("StepScaling", body, INSTANCES)


def test_policies_need_a_target(scaling: Scaling) -> None:
    scaling.component()
    with scaling.refused("No scalable target registered"):
        scaling.put("StepScaling", _stepping(_step(0)), COPIES, COMPONENT)


def test_a_policy_has_the_body_of_its_type(scaling: Scaling) -> None:
    scaling.realtime()
    scaling.register(1, 5, INSTANCES)
    request = {
        "PolicyName": "policy",
        "ServiceNamespace": "sagemaker",
        "ResourceId": MAIN,
        "ScalableDimension": INSTANCES,
    }
    with scaling.refused("StepScalingPolicyConfiguration is not valid for policy type Target"):
        scaling.api.put_scaling_policy(
            **request,
            PolicyType="TargetTrackingScaling",
            StepScalingPolicyConfiguration=_stepping(_step(0)),
        )
    with scaling.refused("Give exactly one of a predefined and a customized metric"):
        scaling.put("TargetTrackingScaling", {"TargetValue": 1.0}, INSTANCES)
