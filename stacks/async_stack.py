"""An asynchronous endpoint: requests wait in a queue, and no instance runs while there are none."""

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
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


class AsyncStack(Stack):
    """Scores whole months of transactions, a file each."""

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
        files = s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(30))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        operations = sns.Topic(self, "Operations", enforce_ssl=True)
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
            vpc=vpc,
            outputs=True,
        )
