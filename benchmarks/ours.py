"""The request in this library's terms."""

from typing import Any

from aws_cdk import Duration, Stack

from benchmarks import requests as asked
from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    Container,
    ContainerImage,
    DataCapture,
    ModelData,
    Naming,
    RealtimeEndpoint,
    Scaling,
)


def build(stack: Stack, numbers: range, *, full: bool) -> None:
    """Make the endpoints of a stack."""
    shared = _production(stack) if full else {}
    for number in numbers:
        RealtimeEndpoint(
            stack,
            f"Endpoint{number}",
            naming=Naming(
                team=asked.TEAM,
                project=asked.PROJECT,
                model=asked.model_name(number),
                version=asked.VERSION,
                environment=asked.ENVIRONMENT,
            ),
            model=Container(
                image=ContainerImage.from_registry(asked.IMAGE_URI),
                data=ModelData.from_uri(f"s3://{asked.MODELS_BUCKET}/{asked.MODEL_KEY}"),
            ),
            **shared,
        )


def _production(stack: Stack) -> dict[str, Any]:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns

    return {
        "vpc": ec2.Vpc.from_vpc_attributes(
            stack,
            "Vpc",
            vpc_id=asked.VPC_ID,
            availability_zones=list(asked.ZONES),
            private_subnet_ids=list(asked.SUBNET_IDS),
        ),
        "encryption_key": kms.Key.from_key_arn(stack, "Key", asked.KEY_ARN),
        "scaling": Scaling.on_invocations(
            min_capacity=asked.MIN_CAPACITY,
            max_capacity=asked.MAX_CAPACITY,
            per_instance_per_minute=asked.INVOCATIONS_PER_MINUTE,
        ),
        "deployment": BlueGreen.canary(
            percent=asked.CANARY_PERCENT, bake=Duration.seconds(asked.BAKE_SECONDS)
        ),
        "alarms": Alarms(topic=sns.Topic.from_topic_arn(stack, "Topic", asked.TOPIC_ARN)),
        "data_capture": DataCapture(
            bucket=s3.Bucket.from_bucket_name(stack, "Captured", asked.CAPTURE_BUCKET),
            prefix=asked.CAPTURE_PREFIX,
            sampling_percent=10,
        ),
    }
