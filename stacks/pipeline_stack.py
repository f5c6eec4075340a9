"""A serial inference pipeline: features are made by one container and scored by the next."""

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    InferencePipeline,
    NamingScheme,
    RealtimeEndpoint,
)
from stacks.fraud_model.container import fraud_container
from stacks.parts import encryption_key, operations_topic


class PipelineStack(Stack):
    """Scores raw transactions."""

    def __init__(
        self, scope: Construct, construct_id: str, *, naming: NamingScheme, **kwargs: Any
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts volumes and alarms")
        operations = operations_topic(self, key)
        self.endpoint = RealtimeEndpoint(
            self,
            "Raw",
            naming=naming,
            model=InferencePipeline(
                containers={
                    "features": fraud_container(environment={"FRAUD_STEP": "features"}),
                    "score": fraud_container(environment={"FRAUD_STEP": "score"}),
                }
            ),
            instance_type="ml.c5.xlarge",
            instance_count=2,
            deployment=BlueGreen.canary(percent=50),
            alarms=Alarms(topic=operations, model_latency_millis=500),
            dashboard=True,
            encryption_key=key,
            outputs=True,
        )
