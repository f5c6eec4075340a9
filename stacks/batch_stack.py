"""Batch transform jobs: a check with each deployment, a run each night, and many on demand."""

from pathlib import Path
from typing import Any, cast

from aws_cdk import Duration, Stack, TimeZone
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_sagemaker_inference import (
    AssembleWith,
    BatchAlarms,
    BatchSchedule,
    BatchStrategy,
    BatchTransformJob,
    NamingScheme,
    RunAtDeployment,
    RunOnDemand,
    S3Prefix,
    SplitType,
    TransformInput,
    TransformOutput,
)
from stacks.fraud_model.container import fraud_container
from stacks.parts import dead_letter_queue, encryption_key, files_bucket, operations_topic

SAMPLE = Path(__file__).parent / "fraud_model" / "samples" / "transactions.jsonl"


class BatchStack(Stack):
    """Scores a sample with each new model, and all transactions of a day each night."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: NamingScheme,
        night_naming: NamingScheme,
        vpc: ec2.IVpc,
        access_logs: s3.IBucket,
        **kwargs: Any,
    ) -> None:
        """Compose the jobs.

        :param naming: names and tags of the job that checks a new model.
        :param night_naming: names and tags of the nightly job.
        :param vpc: network that the nightly job's instances are in.
        :param access_logs: bucket for access logs.
        """
        super().__init__(scope, construct_id, **kwargs)
        key = encryption_key(self, "Encrypts transactions, scores, volumes and alarms")
        files = files_bucket(
            self, "Files", key=key, access_logs=access_logs, keep=Duration.days(90)
        )
        operations = operations_topic(self, key, "events.amazonaws.com")
        sample = s3_assets.Asset(self, "Sample", path=str(SAMPLE))
        self.check = BatchTransformJob(
            self,
            "Check",
            naming=naming,
            model=fraud_container(),
            input=TransformInput.from_object(
                sample.bucket,
                sample.s3_object_key,
                content_type="application/json",
                split_type=SplitType.LINE,
            ),
            output=TransformOutput(
                location=S3Prefix(bucket=files, prefix="checks"),
                accept="application/json",
                assemble_with=AssembleWith.LINE,
            ),
            batch_strategy=BatchStrategy.SINGLE_RECORD,
            at_deployment=RunAtDeployment(wait_for_completion=Duration.minutes(30)),
            alarms=BatchAlarms(topic=operations),
        )
        self.nightly = BatchTransformJob(
            self,
            "Nightly",
            naming=night_naming,
            model=fraud_container(),
            input=TransformInput.from_prefix(
                S3Prefix(bucket=files, prefix="transactions"),
                content_type="application/json",
                split_type=SplitType.LINE,
            ),
            output=TransformOutput(
                location=S3Prefix(bucket=files, prefix="scores"),
                accept="application/json",
                assemble_with=AssembleWith.LINE,
            ),
            instance_count=2,
            batch_strategy=BatchStrategy.SINGLE_RECORD,
            at_deployment=None,
            schedules=[
                BatchSchedule(
                    name="nightly",
                    schedule=scheduler.ScheduleExpression.cron(
                        hour="2", minute="0", time_zone=TimeZone.EUROPE_BERLIN
                    ),
                    flexible_time_window=Duration.minutes(15),
                )
            ],
            on_demand=RunOnDemand(max_concurrency=4, max_attempts=2),
            alarms=BatchAlarms(topic=operations),
            encryption_key=key,
            vpc=vpc,
        )
        # jsii's types name a parameter otherwise in Topic than in the protocol.
        announce = targets.SnsTopic(
            cast(sns.ITopic, operations),
            dead_letter_queue=cast(sqs.IQueue, dead_letter_queue(self, "Unannounced")),
        )
        self.nightly.on_completed("Scored", target=cast(events.IRuleTarget, announce))
