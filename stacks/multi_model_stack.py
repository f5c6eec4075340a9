"""A multi-model endpoint: a model per shop behind one endpoint."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
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
from stacks.parts import encryption_key, files_bucket, operations_topic


class MultiModelStack(Stack):
    """Scores each shop's transactions with the shop's own model.

    Training puts ``<shop>/<version>.tar.gz`` below ``shops`` in the bucket, and callers name it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        access_logs: s3.IBucket,
        **kwargs: Any,
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        :param access_logs: bucket for access logs.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts the models of the shops, volumes and alarms")
        models = files_bucket(self, "Models", key=key, access_logs=access_logs)
        operations = operations_topic(self, key)
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
            encryption_key=key,
            outputs=True,
        )
