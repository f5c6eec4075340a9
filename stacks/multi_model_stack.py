"""A multi-model endpoint: a model per shop behind one endpoint."""

from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_sagemaker_inference import (
    BlueGreen,
    ModelData,
    MultiModelAlarms,
    MultiModelEndpoint,
    NamingScheme,
    Scaling,
)
from stacks.fraud_model.container import fraud_container


class MultiModelStack(Stack):
    """Scores each shop's transactions with the shop's own model.

    Training puts ``<shop>/<version>.tar.gz`` below ``shops`` in the bucket, and callers name it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, naming: NamingScheme, **kwargs: Any
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        """
        super().__init__(scope, construct_id, **kwargs)
        models = s3.Bucket(
            self,
            "Models",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        operations = sns.Topic(self, "Operations", enforce_ssl=True)
        self.endpoint = MultiModelEndpoint(
            self,
            "Shops",
            naming=naming,
            model=fraud_container(ModelData.from_archives(models, "shops")),
            instance_type="ml.r5.xlarge",
            scaling=Scaling.on_invocations(
                min_capacity=2, max_capacity=6, per_instance_per_minute=1200
            ),
            deployment=BlueGreen.all_at_once(),
            alarms=MultiModelAlarms(topic=operations, model_latency_millis=2000),
            dashboard=True,
            outputs=True,
        )
