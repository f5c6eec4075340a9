from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from local.extension import install
from local.models import UNKNOWN

REGION = "us-east-1"
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
        }
    ]
}


@dataclass
class Cloud:
    """The embedded AWS in process: clients, and stacks given as resource dictionaries."""

    region: str = REGION

    def __post_init__(self) -> None:
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            make: Any = boto3.client
            # boto3 would refuse some requests before they are sent.
            config = Config(parameter_validation=False)
            self._clients[service] = make(service, region_name=self.region, config=config)
        return self._clients[service]

    def deploy(self, resources: Mapping[str, Any], name: str = "stack", **more: Any) -> str:
        """Creates or updates a stack; answers with its status."""
        cloudformation = self.client("cloudformation")
        outputs = more.pop("Outputs", {})
        body = json.dumps({"Resources": resources, "Outputs": outputs})
        stacks = cloudformation.describe_stacks()["Stacks"]
        known = any(stack["StackName"] == name for stack in stacks)
        act = cloudformation.update_stack if known else cloudformation.create_stack
        act(StackName=name, TemplateBody=body, **more)
        return self.status(name)

    def destroy(self, name: str = "stack") -> None:
        self.client("cloudformation").delete_stack(StackName=name)

    def status(self, name: str = "stack") -> str:
        stacks = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return str(stacks[0]["StackStatus"])

    def events(self, name: str = "stack") -> list[tuple[str, str]]:
        """Logical ids and statuses, oldest first."""
        found = self._events(name)
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in found]

    def reasons(self, name: str = "stack") -> dict[str, str]:
        """Why resources failed, by logical id."""
        return {
            e["LogicalResourceId"]: e["ResourceStatusReason"]
            for e in self._events(name)
            if e["ResourceStatus"].endswith("_FAILED")
        }

    def _events(self, name: str) -> list[Any]:
        answer = self.client("cloudformation").describe_stack_events(StackName=name)
        return list(reversed(answer["StackEvents"]))

    def physical_id(self, logical_id: str, name: str = "stack") -> str:
        answer = self.client("cloudformation").describe_stack_resources(StackName=name)
        ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in answer["StackResources"]}
        return str(ids[logical_id])

    def state(self) -> dict[str, Any]:
        """Everything that the hosting, scaling, alarm and IAM APIs show, without times and ids."""
        sagemaker, iam = self.client("sagemaker"), self.client("iam")
        models = [m["ModelName"] for m in sagemaker.list_models()["Models"]]
        configs = [
            c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ]
        endpoints = [e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]]
        scaling = self.client("application-autoscaling")
        targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")
        policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")
        listed = sagemaker.list_inference_components()["InferenceComponents"]
        components = [c["InferenceComponentName"] for c in listed]
        alarms = self.client("cloudwatch").describe_alarms()["MetricAlarms"]
        shown = {
            "models": [sagemaker.describe_model(ModelName=n) for n in sorted(models)],
            "configs": [
                sagemaker.describe_endpoint_config(EndpointConfigName=n) for n in sorted(configs)
            ],
            "endpoints": [sagemaker.describe_endpoint(EndpointName=n) for n in sorted(endpoints)],
            "tags": [
                sagemaker.list_tags(ResourceArn=e["EndpointArn"])["Tags"]
                for e in sagemaker.list_endpoints()["Endpoints"]
            ],
            "components": [
                sagemaker.describe_inference_component(InferenceComponentName=n)
                for n in sorted(components)
            ],
            "packages": sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"],
            "targets": targets["ScalableTargets"],
            "policies": policies["ScalingPolicies"],
            "alarms": alarms,
            "roles": sorted(role["RoleName"] for role in iam.list_roles()["Roles"]),
        }
        cleaned = _without_times(shown)
        assert isinstance(cleaned, dict)
        return cleaned


def _without_times(value: Any) -> Any:
    hidden = ("ResponseMetadata",)
    if isinstance(value, dict):
        return {
            k: _without_times(v)
            for k, v in value.items()
            if k not in hidden and not k.endswith(("Time", "Timestamp"))
        }
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    return value


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    install()
    UNKNOWN.clear()
    with mock_aws():
        yield Cloud()


@pytest.fixture
def role(cloud: Cloud) -> str:
    answer = cloud.client("iam").create_role(
        RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST)
    )
    return str(answer["Role"]["Arn"])


VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}


class Hosting:
    """A model, a configuration and an endpoint, each with its defaults."""

    def __init__(self, cloud: Any, role: str) -> None:
        self.cloud = cloud
        self.api = cloud.client("sagemaker")
        self.role = role

    def model(self, name: str = "model", **changes: Any) -> Any:
        request = {
            "ModelName": name,
            "ExecutionRoleArn": self.role,
            "PrimaryContainer": {"Image": "image:1"},
        }
        wanted = request | changes
        return self.api.create_model(**{k: v for k, v in wanted.items() if v is not None})

    def config(self, name: str = "config", *variants: Any, **more: Any) -> Any:
        production = list(variants) if variants else [VARIANT]
        return self.api.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=production, **more
        )

    def endpoint(self, config: str = "config", name: str = "endpoint", **more: Any) -> Any:
        return self.api.create_endpoint(EndpointName=name, EndpointConfigName=config, **more)

    def update(self, config: str, **more: Any) -> Any:
        return self.api.update_endpoint(EndpointName="endpoint", EndpointConfigName=config, **more)

    @staticmethod
    def refused(text: str) -> Any:
        """Expects an API's refusal whose message holds the text."""
        return pytest.raises(ClientError, match=re.escape(text))

    def variants(self) -> dict[str, Any]:
        described = self.api.describe_endpoint(EndpointName="endpoint")
        return {v["VariantName"]: v for v in described["ProductionVariants"]}

    def scale(self, low: int, high: int, variant: str = "main", **more: Any) -> Any:
        dimension = more.pop("dimension", "sagemaker:variant:DesiredInstanceCount")
        return self.cloud.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="sagemaker",
            ResourceId=f"endpoint/endpoint/variant/{variant}",
            ScalableDimension=dimension,
            MinCapacity=low,
            MaxCapacity=high,
        )


@pytest.fixture
def hosting(cloud: Cloud, role: str) -> Hosting:
    return Hosting(cloud, role)


@pytest.fixture
def endpoint_stack() -> Callable[..., dict[str, Any]]:
    """Builds the resources of a scaled endpoint; keyword arguments change one thing each."""

    def build(
        *,
        image: str = "image:1",
        suffix: str = "1",
        config_name: str | None = None,
        instance_type: str = "ml.m5.large",
        variant: str = "main",
        scaled: bool = True,
        retain: bool = False,
    ) -> dict[str, Any]:
        endpoint = {"Fn::GetAtt": ["Endpoint", "EndpointName"]}
        resources: dict[str, Any] = {
            # Deliberately not in dependency order.
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointName": "Fraud",
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                    "RetainAllVariantProperties": retain,
                    "Tags": [{"Key": "Team", "Value": "own"}],
                },
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "EndpointConfigName": config_name or f"fraud-config-{suffix}",
                    "ProductionVariants": [
                        {
                            "VariantName": variant,
                            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                            "InstanceType": instance_type,
                            "InitialInstanceCount": "1",
                            "InitialVariantWeight": 0,
                        }
                    ],
                },
            },
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {
                    "ModelName": f"fraud-model-{suffix}",
                    "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "PrimaryContainer": {"Image": image, "Environment": {"WORKERS": 2}},
                },
            },
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        }
        if scaled:
            resources["Target"] = {
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": {
                    "MinCapacity": "2",
                    "MaxCapacity": 6,
                    "ServiceNamespace": "sagemaker",
                    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                    "ResourceId": {"Fn::Join": ["/", ["endpoint", endpoint, "variant", variant]]},
                },
            }
        return resources

    return build
