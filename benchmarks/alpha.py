"""The request with CDK's experimental constructs for SageMaker, as far as they can express it.

They have model, config and endpoint; neither alarms nor guardrails, keys of their own names, data
capture nor a policy that can be read beforehand.
"""

from importlib import import_module
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_s3 as s3

from benchmarks import requests as asked

# Only `make bench` installs it.
sagemaker: Any = import_module("aws_cdk.aws_sagemaker_alpha")

CAN = {"minimal": True, "full": False}


def build(stack: Stack, numbers: range, *, full: bool) -> None:
    """Make the endpoints of a stack."""
    assert not full, "cannot be expressed"
    bucket = s3.Bucket.from_bucket_name(stack, "Models", asked.MODELS_BUCKET)
    repository = ecr.Repository.from_repository_name(stack, "Images", asked.REPOSITORY)
    for number in numbers:
        stem = f"{asked.TEAM}-{asked.PROJECT}-{asked.model_name(number)}"
        model = sagemaker.Model(
            stack,
            f"Model{number}",
            model_name=f"{stem}-v{asked.VERSION}-01234567",
            containers=[
                sagemaker.ContainerDefinition(
                    image=sagemaker.ContainerImage.from_ecr_repository(repository, asked.TAG),
                    model_data=sagemaker.ModelData.from_bucket(bucket, asked.MODEL_KEY),
                )
            ],
        )
        config = sagemaker.EndpointConfig(
            stack,
            f"Config{number}",
            endpoint_config_name=f"{stem}-config-01234567",
            instance_production_variants=[
                sagemaker.InstanceProductionVariantProps(
                    variant_name="AllTraffic",
                    model=model,
                    instance_type=sagemaker.InstanceType.of("ml.m5.xlarge"),
                )
            ],
        )
        sagemaker.Endpoint(
            stack, f"Endpoint{number}", endpoint_name=f"{stem}-ep", endpoint_config=config
        )
