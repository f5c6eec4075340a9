"""An asynchronous endpoint: requests wait in a queue, and no instance runs while there are none."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_inference import (
    AsyncAlarms,
    AsyncEndpoint,
    AsyncScaling,
    BlueGreen,
    NamingScheme,
    S3Prefix,
)
from stacks.fraud_model.container import fraud_container
from stacks.parts import encryption_key, files_bucket, operations_topic


class AsyncStack(Stack):
    """Scores whole months of transactions, a file each."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        vpc: ec2.IVpc,
        access_logs: s3.IBucket,
        **kwargs: Any,
    ) -> None:
        """Compose the endpoint.

        :param naming: names and tags of the endpoint.
        :param vpc: network that the instances are in.
        :param access_logs: bucket for access logs.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts requests, scores, volumes and alarms")
        files = files_bucket(
            self, "Files", key=key, access_logs=access_logs, keep=Duration.days(30)
        )
        operations = operations_topic(self, key)
        self.endpoint = AsyncEndpoint(
            self,
            "Months",
            naming=naming,
            model=fraud_container(),
            input=S3Prefix(bucket=files, prefix="requests"),
            output=S3Prefix(bucket=files, prefix="scores"),
            failures=S3Prefix(bucket=files, prefix="failures"),
            success_topic=True,
            error_topic=True,
            max_concurrent_invocations_per_instance=4,
            scaling=AsyncScaling.on_backlog(max_capacity=4, per_instance=5),
            deployment=BlueGreen.all_at_once(),
            alarms=AsyncAlarms(topic=operations, age_of_oldest_request_seconds=3600),
            dashboard=True,
            encryption_key=key,
            vpc=vpc,
            outputs=True,
        )
