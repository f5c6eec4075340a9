"""A real-time endpoint in production: two models, scaling, alarms, guarded deployments."""

from typing import Any

from aws_cdk import Duration, Stack, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    DataCapture,
    NamingScheme,
    RealtimeEndpoint,
    RoutingStrategy,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    Variant,
)
from stacks.fraud_model.container import fraud_container
from stacks.parts import encryption_key, files_bucket, operations_topic

# What one ml.m5.xlarge held in a load test.
MAX_REQUESTS_PER_SECOND = 40


class RealtimeStack(Stack):
    """Scores transactions for fraud: a champion and, with a tenth of the traffic, a challenger."""

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
        key = encryption_key(
            self, "Encrypts the fraud endpoint's volumes, captured data and alarms"
        )
        captured = files_bucket(
            self, "Captured", key=key, access_logs=access_logs, keep=Duration.days(30)
        )
        operations = operations_topic(self, key)
        container = fraud_container()
        on_load = ScalingPolicy.on_invocations(
            per_instance_per_minute=Scaling.per_minute(
                max_requests_per_second=MAX_REQUESTS_PER_SECOND
            )
        )
        office_hours = [
            ScalingSchedule(
                name="office-hours-begin",
                schedule=appscaling.Schedule.cron(week_day="MON-FRI", hour="7", minute="30"),
                time_zone=TimeZone.EUROPE_BERLIN,
                min_capacity=4,
            ),
            ScalingSchedule(
                name="office-hours-end",
                schedule=appscaling.Schedule.cron(week_day="MON-FRI", hour="19", minute="0"),
                time_zone=TimeZone.EUROPE_BERLIN,
                min_capacity=2,
            ),
        ]
        self.endpoint = RealtimeEndpoint(
            self,
            "Fraud",
            naming=naming,
            variants=[
                Variant(
                    name="Champion",
                    model=container,
                    weight=9,
                    instance_type="ml.m5.xlarge",
                    routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
                    scaling=Scaling(
                        min_capacity=2,
                        max_capacity=8,
                        policies=[on_load, ScalingPolicy.on_cpu(percent=70)],
                        schedules=office_hours,
                    ),
                ),
                Variant(
                    name="Challenger",
                    model=container,
                    weight=1,
                    instance_type="ml.c5.xlarge",
                    routing_strategy=RoutingStrategy.LEAST_OUTSTANDING_REQUESTS,
                    scaling=Scaling(min_capacity=2, max_capacity=4, policies=[on_load]),
                ),
            ],
            deployment=BlueGreen.canary(percent=10, bake=Duration.minutes(10)),
            alarms=Alarms(topic=operations, model_latency_millis=300),
            data_capture=DataCapture(
                bucket=captured,
                prefix="fraud",
                sampling_percent=10,
                json_content_types=["application/json"],
            ),
            dashboard=True,
            encryption_key=key,
            vpc=vpc,
            outputs=True,
        )
