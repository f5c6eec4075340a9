"""A real-time endpoint."""

from pathlib import Path
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    ModelData,
    NamingScheme,
    RealtimeEndpoint,
    RoutingStrategy,
)

MODEL_ARCHIVE = Path(__file__).parent / "fraud_model" / "model.tar.gz"


class RealtimeStack(Stack):
    """Scores transactions for fraud on two instances in a private network."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        vpc: ec2.IVpc,
        **kwargs: Any,
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        :param vpc: network that the instances are in.
        """
        super().__init__(scope, construct_id, **kwargs)
        volume_key = kms.Key(
            self,
            "VolumeKey",
            description="Encrypts the volumes of the endpoint's instances",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.endpoint = RealtimeEndpoint(
            self,
            "Fraud",
            naming=naming,
            model=Container(
                image=ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312"),
                data=ModelData.from_asset(str(MODEL_ARCHIVE)),
                environment={
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                },
            ),
            instance_type="ml.m5.xlarge",
            instance_count=2,
            routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
            encryption_key=volume_key,
            vpc=vpc,
            outputs=True,
        )
