"""The request with the constructs of CloudFormation, as one would write it by hand."""

from typing import Any

from aws_cdk import Aws, CfnTag, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker

from benchmarks import requests as asked

VARIANT = "AllTraffic"
PARTITION = Aws.PARTITION
HERE = f"{asked.REGION}:{asked.ACCOUNT}"


def build(stack: Stack, numbers: range, *, full: bool) -> None:
    """Make the endpoints of a stack."""
    for number in numbers:
        _Endpoint(stack, number, full=full)


class _Endpoint:
    def __init__(self, stack: Stack, number: int, *, full: bool) -> None:
        self.stack, self.id, self.full = stack, f"Endpoint{number}", full
        stem = f"{asked.TEAM}-{asked.PROJECT}-{asked.model_name(number)}"
        self.stem, self.name = stem, f"{stem}-ep"
        self.tags = [
            CfnTag(key="Environment", value=asked.ENVIRONMENT),
            CfnTag(key="Model", value=asked.model_name(number)),
            CfnTag(key="Project", value=asked.PROJECT),
            CfnTag(key="Team", value=asked.TEAM),
            CfnTag(key="Version", value=str(asked.VERSION)),
        ]
        self.group_id = self._security_group() if full else None
        role = iam.CfnRole(
            stack,
            f"{self.id}Role",
            description=f"Execution role of SageMaker endpoint {self.name}",
            assume_role_policy_document=_document(
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": asked.ACCOUNT},
                        "ArnLike": {"aws:SourceArn": f"arn:{PARTITION}:sagemaker:{HERE}:*"},
                    },
                }
            ),
            tags=self.tags,
        )
        policy = iam.CfnManagedPolicy(
            stack,
            f"{self.id}Policy",
            policy_document=_document(*self._statements()),
            roles=[role.ref],
        )
        model = self._model(role.attr_arn)
        model.add_resource_dependency(policy)
        config = self._config(model.attr_model_name)
        guards = [alarm.ref for alarm in self._alarms() if full]
        self._endpoint(config.attr_endpoint_config_name, guards)

    def _security_group(self) -> str:
        from aws_cdk import aws_ec2 as ec2

        group = ec2.CfnSecurityGroup(
            self.stack,
            f"{self.id}SecurityGroup",
            group_description="SageMaker endpoint",
            vpc_id=asked.VPC_ID,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    cidr_ip="0.0.0.0/0",
                    description="Model artifact and image over HTTPS",
                    from_port=443,
                    to_port=443,
                    ip_protocol="tcp",
                )
            ],
            tags=self.tags,
        )
        return group.attr_group_id

    def _statements(self) -> list[dict[str, Any]]:
        logs = f"arn:{PARTITION}:logs:{HERE}:log-group:/aws/sagemaker/Endpoints/{self.name}"
        statements: list[dict[str, Any]] = [
            {
                "Sid": "WriteLogs",
                "Effect": "Allow",
                "Action": [
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                "Resource": [logs, f"{logs}:*"],
            },
            {
                "Sid": "PublishMetrics",
                "Effect": "Allow",
                "Action": "cloudwatch:PutMetricData",
                "Resource": "*",
                "Condition": {"StringEquals": {"cloudwatch:namespace": "/aws/sagemaker/Endpoints"}},
            },
            {
                "Sid": "ReadModelData",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"arn:{PARTITION}:s3:::{asked.MODELS_BUCKET}/{asked.MODEL_KEY}",
            },
            {
                "Sid": "PullImage",
                "Effect": "Allow",
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": f"arn:{PARTITION}:ecr:{HERE}:repository/{asked.REPOSITORY}",
            },
            {
                "Sid": "LogInToRegistry",
                "Effect": "Allow",
                "Action": "ecr:GetAuthorizationToken",
                "Resource": "*",
            },
        ]
        return statements + self._more_statements() if self.full else statements

    def _more_statements(self) -> list[dict[str, Any]]:
        captured = f"{asked.CAPTURE_BUCKET}/{asked.CAPTURE_PREFIX}/*"
        interfaces = f"arn:{PARTITION}:ec2:{HERE}:network-interface/*"
        subnets = [f"arn:{PARTITION}:ec2:{asked.REGION}:*:subnet/{id}" for id in asked.SUBNET_IDS]
        return [
            {
                "Sid": "UseVolumeKey",
                "Effect": "Allow",
                "Action": ["kms:CreateGrant", "kms:DescribeKey"],
                "Resource": asked.KEY_ARN,
            },
            {
                "Sid": "WriteCapturedData",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": f"arn:{PARTITION}:s3:::{captured}",
            },
            {
                "Sid": "WatchDeploymentAlarms",
                "Effect": "Allow",
                "Action": "cloudwatch:DescribeAlarms",
                "Resource": [
                    f"arn:{PARTITION}:cloudwatch:{HERE}:alarm:{self.name}-{VARIANT}-{alarm}"
                    for alarm in ("5XXErrors", "ModelLatency")
                ],
            },
            {
                "Sid": "CreateNetworkInterfaces",
                "Effect": "Allow",
                "Action": "ec2:CreateNetworkInterface",
                "Resource": [
                    f"arn:{PARTITION}:ec2:{asked.REGION}:*:security-group/{self.group_id}",
                    *subnets,
                    interfaces,
                ],
            },
            {
                "Sid": "ManageNetworkInterfaces",
                "Effect": "Allow",
                "Action": [
                    "ec2:CreateNetworkInterfacePermission",
                    "ec2:DeleteNetworkInterface",
                    "ec2:DeleteNetworkInterfacePermission",
                ],
                "Resource": interfaces,
            },
            {
                "Sid": "DescribeNetwork",
                "Effect": "Allow",
                "Action": [
                    "ec2:DescribeDhcpOptions",
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcEndpoints",
                    "ec2:DescribeVpcs",
                ],
                "Resource": "*",
            },
        ]

    def _model(self, role_arn: str) -> sagemaker.CfnModel:
        network = None
        if self.group_id is not None:
            network = sagemaker.CfnModel.VpcConfigProperty(
                subnets=list(asked.SUBNET_IDS), security_group_ids=[self.group_id]
            )
        return sagemaker.CfnModel(
            self.stack,
            f"{self.id}Model",
            model_name=f"{self.stem}-v{asked.VERSION}-01234567",
            execution_role_arn=role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=asked.IMAGE_URI,
                model_data_url=f"s3://{asked.MODELS_BUCKET}/{asked.MODEL_KEY}",
            ),
            vpc_config=network,
            tags=self.tags,
        )

    def _config(self, model_name: str) -> sagemaker.CfnEndpointConfig:
        config = sagemaker.CfnEndpointConfig
        capture = None
        if self.full:
            capture = config.DataCaptureConfigProperty(
                enable_capture=True,
                initial_sampling_percentage=10,
                destination_s3_uri=f"s3://{asked.CAPTURE_BUCKET}/{asked.CAPTURE_PREFIX}",
                capture_options=[
                    config.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
                ],
            )
        return config(
            self.stack,
            f"{self.id}Config",
            endpoint_config_name=f"{self.stem}-config-01234567",
            production_variants=[
                config.ProductionVariantProperty(
                    variant_name=VARIANT,
                    model_name=model_name,
                    instance_type="ml.m5.xlarge",
                    initial_instance_count=asked.MIN_CAPACITY if self.full else 1,
                    initial_variant_weight=1,
                )
            ],
            kms_key_id=asked.KEY_ARN if self.full else None,
            data_capture_config=capture,
            tags=self.tags,
        )

    def _alarms(self) -> list[cloudwatch.CfnAlarm]:
        """All alarms; the first two guard deployments."""
        plain: list[tuple[str, str, str, float, str]] = [
            ("ModelLatency", "AWS/SageMaker", "p90", 1_000_000, "GreaterThanThreshold"),
            ("OverheadLatency", "AWS/SageMaker", "Average", 200_000, "GreaterThanThreshold"),
            ("CPUUtilization", "/aws/sagemaker/Endpoints", "Average", 320, "GreaterThanThreshold"),
            (
                "MemoryUtilization",
                "/aws/sagemaker/Endpoints",
                "Average",
                80,
                "GreaterThanThreshold",
            ),
            ("DiskUtilization", "/aws/sagemaker/Endpoints", "Average", 75, "GreaterThanThreshold"),
            ("HealthyInstances", "/aws/sagemaker/Endpoints", "SampleCount", 1, "LessThanThreshold"),
        ]
        shares = [self._share_alarm("5XXErrors"), self._share_alarm("4XXErrors")]
        rest = [self._plain_alarm(*alarm) for alarm in plain]
        return [shares[0], rest[0]] if self.full else [*shares, *rest]

    def _common(self, name: str, threshold: float, comparison: str) -> dict[str, Any]:
        topics = [asked.TOPIC_ARN] if self.full else None
        return {
            "scope": self.stack,
            "id": f"{self.id}{name}",
            "alarm_name": f"{self.name}-{VARIANT}-{name}",
            "alarm_description": f"Warning: {name} (endpoint {self.name}, variant {VARIANT})",
            "threshold": threshold,
            "comparison_operator": comparison,
            "evaluation_periods": 5,
            "datapoints_to_alarm": 5,
            "treat_missing_data": "notBreaching",
            "alarm_actions": topics,
            "ok_actions": topics,
            "tags": self.tags,
        }

    @property
    def _dimensions(self) -> list[cloudwatch.CfnAlarm.DimensionProperty]:
        dimension = cloudwatch.CfnAlarm.DimensionProperty
        return [
            dimension(name="EndpointName", value=self.name),
            dimension(name="VariantName", value=VARIANT),
        ]

    def _plain_alarm(
        self, metric: str, namespace: str, statistic: str, threshold: float, comparison: str
    ) -> cloudwatch.CfnAlarm:
        named: dict[str, Any] = {
            "extended_statistic" if statistic.startswith("p") else "statistic": statistic
        }
        return cloudwatch.CfnAlarm(
            **self._common(metric, threshold, comparison),
            namespace=namespace,
            metric_name="CPUUtilization" if metric == "HealthyInstances" else metric,
            dimensions=self._dimensions,
            period=60,
            **named,
        )

    def _share_alarm(self, errors: str) -> cloudwatch.CfnAlarm:
        alarm = cloudwatch.CfnAlarm

        def part(id: str, metric: str) -> cloudwatch.CfnAlarm.MetricDataQueryProperty:
            return alarm.MetricDataQueryProperty(
                id=id,
                return_data=False,
                metric_stat=alarm.MetricStatProperty(
                    metric=alarm.MetricProperty(
                        namespace="AWS/SageMaker", metric_name=metric, dimensions=self._dimensions
                    ),
                    period=60,
                    stat="Sum",
                ),
            )

        return alarm(
            **self._common(errors, 1, "GreaterThanThreshold"),
            metrics=[
                alarm.MetricDataQueryProperty(
                    id="share",
                    expression="100 * part / whole",
                    label=f"Invocation{errors} in percent of Invocations",
                    return_data=True,
                ),
                part("part", f"Invocation{errors}"),
                part("whole", "Invocations"),
            ],
        )

    def _endpoint(self, config_name: str, guards: list[str]) -> None:
        endpoint = sagemaker.CfnEndpoint
        deployment = None
        if self.full:
            deployment = endpoint.DeploymentConfigProperty(
                auto_rollback_configuration=endpoint.AutoRollbackConfigProperty(
                    alarms=[endpoint.AlarmProperty(alarm_name=name) for name in guards]
                ),
                blue_green_update_policy=endpoint.BlueGreenUpdatePolicyProperty(
                    maximum_execution_timeout_in_seconds=3600,
                    termination_wait_in_seconds=0,
                    traffic_routing_configuration=endpoint.TrafficRoutingConfigProperty(
                        type="CANARY",
                        wait_interval_in_seconds=asked.BAKE_SECONDS,
                        canary_size=endpoint.CapacitySizeProperty(
                            type="CAPACITY_PERCENT", value=asked.CANARY_PERCENT
                        ),
                    ),
                ),
            )
        resource = endpoint(
            self.stack,
            self.id,
            endpoint_name=self.name,
            endpoint_config_name=config_name,
            deployment_config=deployment,
            retain_all_variant_properties=True if self.full else None,
            tags=self.tags,
        )
        if self.full:
            self._scaling(resource)

    def _scaling(self, resource: sagemaker.CfnEndpoint) -> None:
        from aws_cdk import aws_applicationautoscaling as appscaling

        target = appscaling.CfnScalableTarget(
            self.stack,
            f"{self.id}Target",
            min_capacity=asked.MIN_CAPACITY,
            max_capacity=asked.MAX_CAPACITY,
            resource_id=f"endpoint/{self.name}/variant/{VARIANT}",
            scalable_dimension="sagemaker:variant:DesiredInstanceCount",
            service_namespace="sagemaker",
        )
        target.add_resource_dependency(resource)
        policy = appscaling.CfnScalingPolicy
        policy(
            self.stack,
            f"{self.id}Scaling",
            policy_name=f"{self.name}-{VARIANT}-invocations",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
                target_value=asked.INVOCATIONS_PER_MINUTE,
                predefined_metric_specification=policy.PredefinedMetricSpecificationProperty(
                    predefined_metric_type="SageMakerVariantInvocationsPerInstance"
                ),
            ),
        )


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
