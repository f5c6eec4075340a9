"""A serverless endpoint: no instances, paid by the request."""

from typing import Any

from aws_cdk import Size, Stack
from constructs import Construct

from cdk_sagemaker_inference import BlueGreen, NamingScheme, ServerlessAlarms, ServerlessEndpoint
from stacks.fraud_model.container import fraud_container
from stacks.parts import encryption_key, operations_topic


class ServerlessStack(Stack):
    """Scores transactions of a shop that is quiet at night; one execution is kept warm."""

    def __init__(
        self, scope: Construct, construct_id: str, *, naming: NamingScheme, **kwargs: Any
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts SageMaker's copy of the image, and alarms")
        operations = operations_topic(self, key)
        self.endpoint = ServerlessEndpoint(
            self,
            "Fraud",
            naming=naming,
            model=fraud_container(),
            memory_size=Size.gibibytes(4),
            max_concurrency=20,
            provisioned_concurrency=1,
            deployment=BlueGreen.all_at_once(),
            alarms=ServerlessAlarms(topic=operations, model_latency_millis=2000),
            dashboard=True,
            encryption_key=key,
            outputs=True,
        )
