"""A serverless endpoint: no instances, paid by the request."""

from typing import Any

from aws_cdk import Size, Stack
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_sagemaker_inference import BlueGreen, NamingScheme, ServerlessAlarms, ServerlessEndpoint
from stacks.fraud_model.container import fraud_container


class ServerlessStack(Stack):
    """Scores transactions of a shop that is quiet at night; one execution is kept warm."""

    def __init__(
        self, scope: Construct, construct_id: str, *, naming: NamingScheme, **kwargs: Any
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        """
        super().__init__(scope, construct_id, **kwargs)
        operations = sns.Topic(self, "Operations", enforce_ssl=True)
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
            outputs=True,
        )
