"""What a serverless endpoint puts into the template, and what it refuses."""

import functools
import inspect
import json
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import pytest
from aws_cdk import App, Aws, CfnParameter, Duration, Environment, Size, Stack
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from cdk_sagemaker_inference import (
    Alarms,
    AsyncAlarms,
    AsyncScaling,
    BlueGreen,
    Container,
    ContainerImage,
    InferencePipeline,
    ModelData,
    ModelPackage,
    Naming,
    ProvisionedConcurrencyScaling,
    Rolling,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ServerlessAlarms,
    ServerlessEndpoint,
)
from cdk_sagemaker_inference.alarms import AlarmSettings
from support import ARCHIVE, CONTAINER, NAMING, Synthesized, caller, synthesize
from test_no_cycles import Graph

MODEL = "AWS::SageMaker::Model"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ROLE = "AWS::IAM::Role"
POLICY = "AWS::IAM::ManagedPolicy"
ALARM = "AWS::CloudWatch::Alarm"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SCALING_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
DASHBOARD = "AWS::CloudWatch::Dashboard"

ENDPOINT_NAME = "rc-project-a-fraud-ep"
INVOCATION = "AWS/SageMaker"
INSTANCE = "/aws/sagemaker/Endpoints"
OF_VARIANT = {"EndpointName": ENDPOINT_NAME, "VariantName": "AllTraffic"}
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/10000000-1111-1111-1111-111111111111"

# With both known, ARNs are plain text.
IRELAND = Environment(account="123456789012", region="eu-west-1")

Build = Callable[[Stack], ServerlessEndpoint]


def serverless(**arguments: Any) -> Build:
    """Build an endpoint in order and without alarms, but for the arguments given.

    What is callable is called with the stack.
    """

    def build(stack: Stack) -> ServerlessEndpoint:
        said = {name: arg(stack) if callable(arg) else arg for name, arg in arguments.items()}
        defaults = {"naming": NAMING, "model": CONTAINER, "alarms": None}
        return ServerlessEndpoint(stack, "Fraud", **{**defaults, **said})

    return build


def model_of(image: ContainerImage) -> Container:
    return Container(image=image, data=CONTAINER.data)


def key(stack: Stack) -> kms.IKey:
    return kms.Key.from_key_arn(stack, "Key", KEY_ARN)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def permissions(result: Synthesized) -> dict[str, tuple[set[str], list[Any]]]:
    """Actions and resources of the execution policy, by statement."""
    return {
        sid: (set(as_list(statement["Action"])), as_list(statement["Resource"]))
        for sid, statement in result.statements().items()
    }


def config_of(result: Synthesized) -> dict[str, Any]:
    (variant,) = result.properties(CONFIG)["ProductionVariants"]
    found: dict[str, Any] = variant["ServerlessConfig"]
    return found


def by_utilization(**bounds: Any) -> ProvisionedConcurrencyScaling:
    said: dict[str, Any] = {"min_capacity": 2, "max_capacity": 4, "percent": 70} | bounds
    return ProvisionedConcurrencyScaling.on_utilization(**said)


@functools.cache
def minimal() -> Synthesized:
    return synthesize(serverless(), env=IRELAND)


def logical_id(result: Synthesized, resource_type: str) -> str:
    found: str
    (found,) = (
        name
        for name, resource in result.template["Resources"].items()
        if resource["Type"] == resource_type
    )
    return found


class TestMinimal:
    def test_a_name_and_a_model_give_a_running_endpoint(self) -> None:
        assert minimal().types() == [POLICY, ROLE, ENDPOINT, CONFIG, MODEL]
        assert minimal().messages == []

    def test_the_variant_has_memory_and_concurrency_and_nothing_of_instances(self) -> None:
        (variant,) = minimal().properties(CONFIG)["ProductionVariants"]
        assert variant == {
            "VariantName": "AllTraffic",
            "ModelName": {"Fn::GetAtt": [logical_id(minimal(), MODEL), "ModelName"]},
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }

    def test_nothing_is_written_that_nobody_asked_for(self) -> None:
        assert sorted(minimal().properties(MODEL)) == [
            "ExecutionRoleArn",
            "ModelName",
            "PrimaryContainer",
            "Tags",
        ]
        assert sorted(minimal().properties(CONFIG)) == [
            "EndpointConfigName",
            "ProductionVariants",
            "Tags",
        ]
        assert sorted(minimal().properties(ENDPOINT)) == [
            "EndpointConfigName",
            "EndpointName",
            "Tags",
        ]

    def test_the_role_reads_the_model_and_writes_logs_and_metrics_and_nothing_else(self) -> None:
        log_group = (
            "arn:aws:logs:eu-west-1:123456789012:log-group:"
            "/aws/sagemaker/Endpoints/rc-project-a-fraud-ep"
        )
        assert permissions(minimal()) == {
            "WriteLogs": (
                {
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                },
                [log_group, f"{log_group}:*"],
            ),
            "PublishMetrics": ({"cloudwatch:PutMetricData"}, ["*"]),
            "ReadModelData": ({"s3:GetObject"}, ["arn:aws:s3:::models/fraud/3/model.tar.gz"]),
            "PullImage": (
                {
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                },
                ["arn:aws:ecr:eu-west-1:123456789012:repository/fraud"],
            ),
            "LogInToRegistry": ({"ecr:GetAuthorizationToken"}, ["*"]),
        }

    def test_what_sagemaker_does_not_offer_has_no_argument(self) -> None:
        """sagemaker-rules.md §2: no VPC, isolation, capture, shadow, instances, other variants."""
        arguments = inspect.signature(ServerlessEndpoint.__init__).parameters
        assert {
            "vpc",
            "vpc_subnets",
            "security_groups",
            "enable_network_isolation",
            "data_capture",
            "variants",
            "shadow",
            "weight",
            "instance_type",
            "instance_count",
            "volume_size",
            "model_data_download_timeout",
            "container_startup_health_check_timeout",
            "routing_strategy",
        }.isdisjoint(arguments)
        assert not hasattr(ServerlessEndpoint, "metric_cpu_utilization")
        assert not hasattr(ServerlessEndpoint, "metric_disk_utilization")

    def test_it_has_no_network(self) -> None:
        endpoint = serverless()(Stack(App(), "Test"))
        assert endpoint.security_groups == []
        with pytest.raises(ValueError, match="has no security groups"):
            _ = endpoint.connections


def everything(stack: Stack) -> ServerlessEndpoint:
    """All that a serverless endpoint can have."""
    return ServerlessEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=CONTAINER,
        memory_size=Size.gibibytes(4),
        max_concurrency=20,
        provisioned_concurrency=3,
        scaling=by_utilization(),
        encryption_key=kms.Key(stack, "Key"),
        deployment=BlueGreen.all_at_once(
            bake=Duration.minutes(5), termination_wait=Duration.minutes(1)
        ),
        alarms=ServerlessAlarms(
            topic=sns.Topic(stack, "Operations"), provisioned_concurrency_spillover=10
        ),
        dashboard=True,
        outputs=True,
    )


@functools.cache
def full() -> Synthesized:
    return synthesize(everything, env=IRELAND)


class TestEverything:
    def test_it_is_said_as_cloudformation_has_it(self) -> None:
        assert config_of(full()) == {
            "MemorySizeInMB": 4096,
            "MaxConcurrency": 20,
            "ProvisionedConcurrency": 3,
        }
        config = full().properties(CONFIG)
        assert config["KmsKeyId"] == {"Fn::GetAtt": [logical_id(full(), "AWS::KMS::Key"), "Arn"]}
        assert sorted(config) == ["EndpointConfigName", "KmsKeyId", "ProductionVariants", "Tags"]

    def test_it_is_updated_all_at_once_and_rolled_back_by_latency_and_errors(self) -> None:
        config = full().properties(ENDPOINT)["DeploymentConfig"]
        assert config["BlueGreenUpdatePolicy"] == {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
            "TerminationWaitInSeconds": 60,
        }
        guards = config["AutoRollbackConfiguration"]["Alarms"]
        alarms = [full().template["Resources"][guard["AlarmName"]["Ref"]] for guard in guards]
        assert [alarm["Properties"]["AlarmName"] for alarm in alarms] == [
            f"{ENDPOINT_NAME}-AllTraffic-ModelLatency",
            f"{ENDPOINT_NAME}-AllTraffic-5XXErrors",
        ]

    def test_each_need_is_a_statement_of_its_own(self) -> None:
        found = permissions(full())
        alarm = f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{ENDPOINT_NAME}-AllTraffic"
        assert {sid: found[sid] for sid in found.keys() - permissions(minimal()).keys()} == {
            "UseVolumeKey": (
                {"kms:CreateGrant", "kms:DescribeKey"},
                [{"Fn::GetAtt": [logical_id(full(), "AWS::KMS::Key"), "Arn"]}],
            ),
            "WatchDeploymentAlarms": (
                {"cloudwatch:DescribeAlarms"},
                [f"{alarm}-5XXErrors", f"{alarm}-ModelLatency"],
            ),
        }

    def test_all_comes_in_order_and_nothing_depends_on_itself(self) -> None:
        graph = Graph.of(full().template["Resources"])
        assert graph.cycles() == []
        (endpoint,) = graph.of_type(ENDPOINT)
        (model,) = graph.of_type(MODEL)
        (target,) = graph.of_type(TARGET)
        assert graph.comes_before(endpoint, ROLE, POLICY, MODEL, CONFIG, "AWS::KMS::Key")
        assert graph.comes_before(model, ROLE, POLICY)
        assert endpoint in graph.before[target]

    @pytest.mark.parametrize("template", [minimal, full])
    def test_cfn_lint_reports_nothing(self, template: Callable[[], Synthesized]) -> None:
        config = ManualArgs(regions=["eu-west-1"])
        assert [str(match) for match in lint(json.dumps(template().template), config=config)] == []

    def test_the_same_request_gives_the_same_template(self) -> None:
        assert synthesize(everything, env=IRELAND).template == full().template

    def test_outputs(self) -> None:
        values = {output["Value"] for output in full().template["Outputs"].values()}
        assert values == {
            ENDPOINT_NAME,
            f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT_NAME}",
        }


class TestWhatRuns:
    @pytest.mark.parametrize("gibibytes", range(1, 7))
    def test_each_size_of_memory(self, gibibytes: int) -> None:
        endpoint = serverless(memory_size=Size.gibibytes(gibibytes))(Stack(App(), "Test"))
        (variant,) = cast(Any, endpoint.cfn_endpoint_config.production_variants)
        assert variant.serverless_config.memory_size_in_mb == gibibytes * 1024

    def test_memory_and_concurrency_of_which_only_the_deployment_knows(self) -> None:
        def build(stack: Stack) -> None:
            def number(name: str) -> int:
                return cast(int, CfnParameter(stack, name, type="Number").value_as_number)

            serverless(
                memory_size=Size.mebibytes(number("Memory")),
                max_concurrency=number("Most"),
                provisioned_concurrency=number("Warm"),
            )(stack)

        assert config_of(synthesize(build)) == {
            "MemorySizeInMB": {"Ref": "Memory"},
            "MaxConcurrency": {"Ref": "Most"},
            "ProvisionedConcurrency": {"Ref": "Warm"},
        }

    def test_an_image_of_a_repository_of_the_stack(self) -> None:
        def build(stack: Stack) -> None:
            image = ContainerImage.from_ecr_repository(ecr.Repository(stack, "Own"), tag="1")
            serverless(model=model_of(image))(stack)

        result = synthesize(build, env=IRELAND)
        repository = logical_id(result, "AWS::ECR::Repository")
        assert permissions(result)["PullImage"][1] == [{"Fn::GetAtt": [repository, "Arn"]}]

    def test_an_image_of_awss(self) -> None:
        image = ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")
        result = synthesize(serverless(model=model_of(image)), env=IRELAND)
        assert "/pytorch-inference:2.6.0-cpu-py312" in str(result.properties(MODEL))

    def test_an_artifact_of_the_checkout(self) -> None:
        data = ModelData.from_asset(str(ARCHIVE))
        result = synthesize(serverless(model=Container(image=CONTAINER.image, data=data)))
        assert ".tar.gz" in str(result.properties(MODEL)["PrimaryContainer"]["ModelDataUrl"])

    def test_a_package_of_the_registry(self) -> None:
        arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/7"
        result = synthesize(serverless(model=ModelPackage(arn=arn)), env=IRELAND)
        assert result.properties(MODEL)["PrimaryContainer"] == {"ModelPackageName": arn}

    def test_the_image_is_encrypted_with_a_key_of_yours(self) -> None:
        result = synthesize(serverless(encryption_key=key), env=IRELAND)
        assert result.properties(CONFIG)["KmsKeyId"] == KEY_ARN
        assert permissions(result)["UseVolumeKey"] == (
            {"kms:CreateGrant", "kms:DescribeKey"},
            [KEY_ARN],
        )


class TestGrants:
    def test_a_caller_may_invoke_it_and_no_more(self) -> None:
        def build(stack: Stack) -> None:
            serverless(encryption_key=key)(stack).grant_invoke(caller(stack)).assert_success()

        document = synthesize(build, env=IRELAND).properties("AWS::IAM::Policy")["PolicyDocument"]
        assert document["Statement"] == [
            {
                "Action": "sagemaker:InvokeEndpoint",
                "Effect": "Allow",
                "Resource": f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{ENDPOINT_NAME}",
            }
        ]

    def test_the_endpoint_is_a_principal_that_takes_grants(self) -> None:
        def build(stack: Stack) -> None:
            s3.Bucket(stack, "Features").grant_read(serverless()(stack), "2024/*")

        assert "/2024/*" in str(synthesize(build).statements())

    def test_a_role_of_yours_gets_the_permissions_or_is_left_as_it_is(self) -> None:
        def role(stack: Stack) -> iam.IRole:
            return iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/models")

        result = synthesize(serverless(role=role), env=IRELAND)
        assert result.properties(POLICY)["Roles"] == ["models"]
        left = synthesize(serverless(role=role, attach_execution_policy=False), env=IRELAND)
        assert left.types() == [ENDPOINT, CONFIG, MODEL]


# Names and namespaces: sagemaker-rules.md §6, from the Developer Guide's
# serverless-endpoints-monitoring, which allows Average, Max and Min for all that is serverless.
METRICS: dict[str, tuple[str, str, str]] = {
    "metric_invocations": ("Invocations", INVOCATION, "Sum"),
    "metric_invocation_4xx_errors": ("Invocation4XXErrors", INVOCATION, "Sum"),
    "metric_invocation_5xx_errors": ("Invocation5XXErrors", INVOCATION, "Sum"),
    "metric_invocation_model_errors": ("InvocationModelErrors", INVOCATION, "Sum"),
    "metric_model_latency": ("ModelLatency", INVOCATION, "Average"),
    "metric_overhead_latency": ("OverheadLatency", INVOCATION, "Average"),
    "metric_model_setup_time": ("ModelSetupTime", INVOCATION, "Average"),
    "metric_memory_utilization": ("MemoryUtilization", INSTANCE, "Average"),
    "metric_concurrent_executions_utilization": (
        "ServerlessConcurrentExecutionsUtilization",
        INVOCATION,
        "Maximum",
    ),
    "metric_provisioned_concurrency_executions": (
        "ServerlessProvisionedConcurrencyExecutions",
        INVOCATION,
        "Maximum",
    ),
    "metric_provisioned_concurrency_utilization": (
        "ServerlessProvisionedConcurrencyUtilization",
        INVOCATION,
        "Maximum",
    ),
    "metric_provisioned_concurrency_invocations": (
        "ServerlessProvisionedConcurrencyInvocations",
        INVOCATION,
        "Maximum",
    ),
    "metric_provisioned_concurrency_spillover": (
        "ServerlessProvisionedConcurrencySpilloverInvocations",
        INVOCATION,
        "Maximum",
    ),
}


class TestMetrics:
    @staticmethod
    @functools.cache
    def endpoint() -> ServerlessEndpoint:
        return serverless()(Stack(App(), "Test"))

    def test_every_method_is_in_the_table(self) -> None:
        methods = {name for name in dir(ServerlessEndpoint) if name.startswith("metric_")}
        assert methods == set(METRICS)

    @pytest.mark.parametrize("method", METRICS)
    def test_it_matches_what_sagemaker_publishes(self, method: str) -> None:
        metric = getattr(self.endpoint(), method)()
        assert (metric.metric_name, metric.namespace, metric.statistic) == METRICS[method]
        assert metric.dimensions == OF_VARIANT

    @pytest.mark.parametrize("method", METRICS)
    def test_its_docstring_names_the_statistic(self, method: str) -> None:
        documentation = inspect.getdoc(getattr(ServerlessEndpoint, method)) or ""
        assert f"Default statistic: {METRICS[method][2].lower()}" in documentation


class Expected(NamedTuple):
    """An alarm: its threshold by default, what 1 of the argument comes to in CloudWatch's unit, how
    many datapoints of how many must agree, whether it is critical, what it watches, and of what it
    is a share.
    """

    argument: str
    threshold: float
    per_unit: float
    datapoints: tuple[int, int]
    critical: bool
    metric: str
    statistic: str
    namespace: str = INVOCATION
    share_of: str | None = None


# Times are in microseconds, utilizations of concurrency fractions, memory is in percent
# (sagemaker-rules.md §6); set-up time may be 30 s, which are 30 million microseconds.
ALARMS: dict[str, Expected] = {
    "ModelLatency": Expected(
        "model_latency_millis", 1_000_000, 1000, (3, 3), True, "ModelLatency", "p90"
    ),
    "OverheadLatency": Expected(
        "overhead_latency_millis", 200_000, 1000, (5, 5), False, "OverheadLatency", "Average"
    ),
    "4XXErrors": Expected(
        "error_4xx_percent",
        1,
        1,
        (5, 5),
        False,
        "Invocation4XXErrors",
        "Sum",
        share_of="Invocations",
    ),
    "5XXErrors": Expected(
        "error_5xx_percent",
        0.1,
        1,
        (2, 3),
        True,
        "Invocation5XXErrors",
        "Sum",
        share_of="Invocations",
    ),
    "ModelSetupTime": Expected(
        "model_setup_time_millis", 30_000_000, 1000, (5, 5), False, "ModelSetupTime", "Average"
    ),
    "ConcurrencyUtilization": Expected(
        "concurrency_utilization_percent",
        0.8,
        0.01,
        (3, 3),
        False,
        "ServerlessConcurrentExecutionsUtilization",
        "Maximum",
    ),
    # Only where it is asked for.
    "ProvisionedConcurrencySpillover": Expected(
        "provisioned_concurrency_spillover",
        10,
        1,
        (5, 5),
        False,
        "ServerlessProvisionedConcurrencySpilloverInvocations",
        "Maximum",
    ),
    "MemoryUtilization": Expected(
        "memory_percent", 80, 1, (5, 5), False, "MemoryUtilization", "Average", INSTANCE
    ),
}
BY_DEFAULT = set(ALARMS) - {"ProvisionedConcurrencySpillover"}


def alarms_of(result: Synthesized) -> dict[str, dict[str, Any]]:
    prefix = f"{ENDPOINT_NAME}-AllTraffic-"
    found = [alarm["Properties"] for alarm in result.of_type(ALARM)]
    assert all(alarm["AlarmName"].startswith(prefix) for alarm in found)
    return {alarm["AlarmName"].removeprefix(prefix): alarm for alarm in found}


@functools.cache
def alarmed(**thresholds: Any) -> Synthesized:
    return synthesize(serverless(alarms=ServerlessAlarms(**thresholds)))


class TestAlarms:
    def test_every_alarm_is_in_the_table(self) -> None:
        assert {kind.id for kind in ServerlessAlarms.kinds} == set(ALARMS)
        thresholds = set(vars(ServerlessAlarms())) - set(vars(AlarmSettings()))
        thresholds.remove("latency_statistic")
        assert thresholds == {expected.argument for expected in ALARMS.values()}

    def test_they_are_on_without_being_asked_for_and_none_switches_all_off(self) -> None:
        def build(stack: Stack) -> None:
            ServerlessEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER)

        assert set(alarms_of(synthesize(build))) == BY_DEFAULT
        assert minimal().of_type(ALARM) == []

    @pytest.mark.parametrize("id", ALARMS)
    def test_each_watches_its_metric(self, id: str) -> None:
        expected = ALARMS[id]
        alarm = alarms_of(full())[id]
        assert alarm["Threshold"] == pytest.approx(expected.threshold)
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert alarm["TreatMissingData"] == "notBreaching"
        datapoints = (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
        assert datapoints == expected.datapoints
        severity = "Critical" if expected.critical else "Warning"
        assert alarm["AlarmDescription"].startswith(f"{severity}: ")
        assert "Unit" not in str(alarm), "a unit that differs from the published one has no data"
        dimensions = [{"Name": name, "Value": value} for name, value in OF_VARIANT.items()]
        if expected.share_of is None:
            is_percentile = expected.statistic.startswith("p")
            watched = {
                "Namespace": expected.namespace,
                "MetricName": expected.metric,
                "ExtendedStatistic" if is_percentile else "Statistic": expected.statistic,
                "Dimensions": dimensions,
                "Period": 60,
            }
            assert {name: alarm[name] for name in watched} == watched
            assert "Metrics" not in alarm
            return
        share, *parts = alarm["Metrics"]
        assert share["Expression"] == "100 * part / whole"
        assert [part["MetricStat"] for part in parts] == [
            {
                "Metric": {
                    "Namespace": INVOCATION,
                    "MetricName": name,
                    "Dimensions": dimensions,
                },
                "Period": 60,
                "Stat": "Sum",
            }
            for name in (expected.metric, expected.share_of)
        ]

    @pytest.mark.parametrize("id", ALARMS)
    def test_a_threshold_lands_in_its_alarm_in_its_unit_and_in_no_other(self, id: str) -> None:
        expected = ALARMS[id]
        alarms = alarms_of(alarmed(**{expected.argument: 7}))
        assert alarms.pop(id)["Threshold"] == pytest.approx(7 * expected.per_unit)
        others = alarms_of(alarmed())
        assert alarms == {name: alarm for name, alarm in others.items() if name != id}

    @pytest.mark.parametrize("id", ALARMS)
    def test_none_removes_exactly_that_alarm(self, id: str) -> None:
        alarms = alarms_of(alarmed(**{ALARMS[id].argument: None}))
        assert set(alarms) == BY_DEFAULT - {id}

    def test_latency_by_another_statistic(self) -> None:
        alarms = alarms_of(alarmed(latency_statistic="Average"))
        assert alarms["ModelLatency"]["Statistic"] == "Average"

    def test_the_topic_hears_of_all_and_of_all_clears(self) -> None:
        topic = [{"Ref": logical_id(full(), "AWS::SNS::Topic")}]
        alarms = alarms_of(full()).values()
        assert len(alarms) == 8
        assert all(alarm["AlarmActions"] == alarm["OKActions"] == topic for alarm in alarms)


class TestScaling:
    def test_the_provisioned_concurrency_is_what_scales(self) -> None:
        target = {
            name: value for name, value in full().properties(TARGET).items() if name != "Tags"
        }
        endpoint = {"Fn::GetAtt": [logical_id(full(), ENDPOINT), "EndpointName"]}
        assert target == {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
            "ResourceId": {"Fn::Join": ["", ["endpoint/", endpoint, "/variant/AllTraffic"]]},
            "MinCapacity": 2,
            "MaxCapacity": 4,
        }

    def test_utilization_is_followed_as_a_fraction(self) -> None:
        policy = full().properties(SCALING_POLICY)
        assert policy["PolicyName"] == f"{ENDPOINT_NAME}-AllTraffic-utilization"
        assert policy["TargetTrackingScalingPolicyConfiguration"] == {
            "TargetValue": 0.7,
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantProvisionedConcurrencyUtilization"
            },
        }

    def test_it_begins_with_the_lower_bound_because_what_is_not_there_cannot_scale(self) -> None:
        """Developer Guide, serverless-endpoints-autoscale: deployed with it before it scales."""
        result = synthesize(serverless(scaling=by_utilization()))
        assert config_of(result)["ProvisionedConcurrency"] == 2
        assert config_of(full())["ProvisionedConcurrency"] == 3

    def test_without_scaling_nothing_is_provisioned_and_nothing_kept(self) -> None:
        assert "ProvisionedConcurrency" not in config_of(minimal())
        assert "RetainAllVariantProperties" not in minimal().properties(ENDPOINT)
        assert full().properties(ENDPOINT)["RetainAllVariantProperties"] is True

    def test_the_conflict_of_awss_documents_is_warned_about(self) -> None:
        (message,) = full().messages
        assert "the Developer Guide says that CloudFormation does not support it" in message
        assert "[ack: cdk-sagemaker-inference:serverless-scaling]" in message

    def test_by_a_schedule_alone(self) -> None:
        schedule = ScalingSchedule(
            name="shop-opens", schedule=appscaling.Schedule.cron(hour="8"), min_capacity=4
        )
        scaling = ProvisionedConcurrencyScaling(
            min_capacity=1, max_capacity=4, schedules=[schedule]
        )
        result = synthesize(serverless(scaling=scaling))
        (action,) = result.properties(TARGET)["ScheduledActions"]
        assert action["ScalableTargetAction"] == {"MinCapacity": 4}
        assert result.of_type(SCALING_POLICY) == result.of_type(ALARM) == []


class TestDashboard:
    def test_its_row_has_what_is_published(self) -> None:
        body = full().properties(DASHBOARD)["DashboardBody"]
        parts = body["Fn::Join"][1]
        text = "".join(part if isinstance(part, str) else "reference" for part in parts)
        graphs = {
            widget["properties"]["title"]: widget["properties"]["metrics"]
            for widget in json.loads(text)["widgets"]
            if widget["type"] == "metric"
        }
        shown = {
            title: {
                (entry[1], entry[-1].get("stat", "Average"))
                for entry in entries
                if isinstance(entry[0], str)
            }
            for title, entries in graphs.items()
        }
        assert shown == {
            "Requests per minute": {("Invocations", "Sum")},
            "Latency in milliseconds": {
                ("ModelLatency", "p50"),
                ("ModelLatency", "p90"),
                ("ModelLatency", "p99"),
                ("OverheadLatency", "Average"),
            },
            "Errors in percent of requests": {
                ("Invocation4XXErrors", "Sum"),
                ("Invocation5XXErrors", "Sum"),
                ("Invocations", "Sum"),
            },
            "Cold starts in milliseconds": {("ModelSetupTime", "Average")},
            "Concurrency in percent": {
                ("ServerlessConcurrentExecutionsUtilization", "Maximum"),
                ("ServerlessProvisionedConcurrencyUtilization", "Maximum"),
            },
            "Memory in percent": {("MemoryUtilization", "Average")},
        }
        expressions = {
            entry[0]["label"]: entry[0]["expression"]
            for title in ("Cold starts in milliseconds", "Concurrency in percent")
            for entry in graphs[title]
            if isinstance(entry[0], dict)
        }
        assert expressions == {
            "set-up": "setup / 1000",
            "in use": "100 * used",
            "provisioned in use": "100 * warm",
        }

    def test_a_dashboard_does_without_alarms(self) -> None:
        result = synthesize(serverless(dashboard=True))
        assert len(result.of_type(DASHBOARD)) == 1
        assert result.of_type(ALARM) == []


NAME = {MODEL: "ModelName", CONFIG: "EndpointConfigName", ENDPOINT: "EndpointName"}

# what changes: (before, after, which types get another name)
CHANGES: dict[str, tuple[Build, Build, set[str]]] = {
    "image": (
        serverless(),
        serverless(
            model=model_of(
                ContainerImage.from_registry("123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:2")
            )
        ),
        {MODEL, CONFIG},
    ),
    "memory": (serverless(), serverless(memory_size=Size.gibibytes(3)), {CONFIG}),
    "the same memory": (serverless(), serverless(memory_size=Size.mebibytes(2048)), set()),
    "concurrency": (serverless(), serverless(max_concurrency=6), {CONFIG}),
    "provisioned on": (serverless(), serverless(provisioned_concurrency=1), {CONFIG}),
    "provisioned": (
        serverless(provisioned_concurrency=1),
        serverless(provisioned_concurrency=2),
        {CONFIG},
    ),
    "scaling": (serverless(), serverless(scaling=by_utilization()), {CONFIG}),
    "scaling's lower bound": (
        serverless(scaling=by_utilization()),
        serverless(scaling=by_utilization(min_capacity=3)),
        {CONFIG},
    ),
    "scaling's upper bound": (
        serverless(scaling=by_utilization()),
        serverless(scaling=by_utilization(max_capacity=5)),
        set(),
    ),
    "scaling where it is provisioned": (
        serverless(provisioned_concurrency=2),
        serverless(provisioned_concurrency=2, scaling=by_utilization()),
        set(),
    ),
    "key": (serverless(), serverless(encryption_key=key), {CONFIG}),
    "alarms": (serverless(), serverless(alarms=ServerlessAlarms()), set()),
    "deployment": (
        serverless(alarms=ServerlessAlarms()),
        serverless(alarms=ServerlessAlarms(), deployment=BlueGreen.all_at_once()),
        {CONFIG},
    ),
    "dashboard": (serverless(), serverless(dashboard=True), set()),
    "project": (
        serverless(),
        serverless(naming=Naming(team="rc", project="b", model="fraud", version=3)),
        {MODEL, CONFIG, ENDPOINT},
    ),
}


def names(build: Build) -> dict[str, str]:
    result = synthesize(build)
    return {kind: result.properties(kind)[name] for kind, name in NAME.items()}


class TestNames:
    @pytest.mark.parametrize("what", CHANGES)
    def test_exactly_what_the_change_replaces_gets_another_name(self, what: str) -> None:
        before, after, renamed = CHANGES[what]
        old, new = names(before), names(after)
        assert {kind for kind in NAME if old[kind] != new[kind]} == renamed


class TestAnywhere:
    def test_account_and_region_may_be_known_at_deployment_only(self) -> None:
        result = synthesize(everything)
        assert result.types() == full().types()
        assert Graph.of(result.template["Resources"]).cycles() == []
        text = json.dumps(result.template)
        assert "arn:aws:" not in text
        assert '{"Ref": "AWS::Partition"}' in text

    def test_the_template_is_the_same_file_for_a_region_that_is_a_token(self) -> None:
        token = Environment(account=Aws.ACCOUNT_ID, region=Aws.REGION)
        assert synthesize(everything, env=token).template == synthesize(everything).template

    def test_another_partition(self) -> None:
        china = Environment(account="123456789012", region="cn-north-1")
        image = ContainerImage.from_registry(
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/fraud:1.4.2"
        )
        build = serverless(
            model=model_of(image), alarms=ServerlessAlarms(), deployment=BlueGreen.all_at_once()
        )
        result = synthesize(build, env=china)
        assert "arn:aws:" not in json.dumps(result.template)
        config = ManualArgs(regions=["cn-north-1"])
        assert [str(match) for match in lint(json.dumps(result.template), config=config)] == []


def of_other_account(stack: Stack) -> Container:
    repository = ecr.Repository.from_repository_arn(
        stack, "Theirs", "arn:aws:ecr:eu-west-1:999999999999:repository/fraud"
    )
    return model_of(ContainerImage.from_ecr_repository(repository, tag="1"))


def of_private_registry(stack: Stack) -> Container:
    provider = lambda_.Function.from_function_name(stack, "Provider", "credentials")
    image = ContainerImage.from_registry(
        "registry.example.com/fraud:1", credentials_provider=provider
    )
    return model_of(image)


def of_files(stack: Stack) -> Container:
    bucket = s3.Bucket.from_bucket_name(stack, "Models", "models")
    return Container(image=CONTAINER.image, data=ModelData.from_prefix(bucket, "fraud"))


def of_archives(stack: Stack) -> Container:
    bucket = s3.Bucket.from_bucket_name(stack, "Models", "models")
    return Container(image=CONTAINER.image, data=ModelData.from_archives(bucket, "fraud"))


# what: (arguments, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "memory between sizes": (
        {"memory_size": Size.mebibytes(1536)},
        "memory_size='1536 MiB': must be 1 to 6 whole GiB",
    ),
    "too little memory": ({"memory_size": Size.mebibytes(512)}, "memory_size='512 MiB'"),
    "too much memory": ({"memory_size": Size.gibibytes(7)}, "memory_size='7168 MiB'"),
    "no concurrency": (
        {"max_concurrency": 0},
        "max_concurrency=0: must be a whole number from 1 to 200",
    ),
    "too much concurrency": ({"max_concurrency": 201}, "max_concurrency=201: must be a whole"),
    "nothing provisioned": (
        {"provisioned_concurrency": 0},
        "provisioned_concurrency=0: must be a whole number from 1 to 200",
    ),
    "more provisioned than there is": (
        {"provisioned_concurrency": 6},
        "provisioned_concurrency=6: is above max_concurrency=5",
    ),
    "scaling above what there is": (
        {"scaling": by_utilization(max_capacity=6)},
        "scaling.max_capacity=6: is above max_concurrency=5",
    ),
    "a schedule above what there is": (
        {
            "scaling": ProvisionedConcurrencyScaling(
                min_capacity=1,
                max_capacity=4,
                schedules=[
                    ScalingSchedule(
                        name="day", schedule=appscaling.Schedule.cron(hour="8"), max_capacity=6
                    )
                ],
            )
        },
        "scaling.schedules[0].max_capacity=6: is above max_concurrency=5",
    ),
    "scaling from zero": (
        {"scaling": by_utilization(min_capacity=0)},
        "scaling.min_capacity=0: must be a whole number from 1",
    ),
    "provisioned outside the bounds": (
        {"scaling": by_utilization(), "provisioned_concurrency": 1},
        "provisioned_concurrency=1: is outside the bounds 2 to 4 of scaling",
    ),
    "more use than all": ({"scaling": by_utilization(percent=101)}, "percent=101"),
    "scaling without a reason": (
        {"scaling": ProvisionedConcurrencyScaling(min_capacity=1, max_capacity=2)},
        "add a ScalingPolicy, or set provisioned_concurrency instead",
    ),
    "scaling of instances": (
        {
            "scaling": Scaling.on_invocations(
                min_capacity=1, max_capacity=2, per_instance_per_minute=60
            )
        },
        "scaling='Scaling': is for another kind of endpoint; use ProvisionedConcurrencyScaling",
    ),
    "scaling of asynchronous endpoints": (
        {"scaling": AsyncScaling.on_backlog(max_capacity=2, per_instance=5)},
        "scaling='AsyncScaling': is for another kind of endpoint",
    ),
    "scaling on processors, of which nothing is published": (
        {
            "scaling": ProvisionedConcurrencyScaling(
                min_capacity=1, max_capacity=2, policies=[ScalingPolicy.on_cpu(percent=50)]
            )
        },
        "is not measured for the provisioned executions of a serverless endpoint",
    ),
    "canary": (
        {"deployment": BlueGreen.canary(percent=10), "alarms": ServerlessAlarms()},
        "deployment='CANARY': a serverless endpoint is updated all at once; use BlueGreen.all_at_",
    ),
    "linear": (
        {"deployment": BlueGreen.linear(percent=50), "alarms": ServerlessAlarms()},
        "deployment='LINEAR': a serverless endpoint is updated all at once",
    ),
    "rolling": (
        {"deployment": Rolling(percent=50), "alarms": ServerlessAlarms()},
        "deployment='Rolling': a serverless endpoint is updated all at once",
    ),
    "alarms of instances": (
        {"alarms": Alarms()},
        "alarms='Alarms': watches metrics that no serverless endpoint publishes; use Serverless",
    ),
    "alarms of asynchronous endpoints": ({"alarms": AsyncAlarms()}, "alarms='AsyncAlarms'"),
    "no set-up time at all": (
        {"alarms": ServerlessAlarms(model_setup_time_millis=0)},
        "alarms.model_setup_time_millis=0: must be above 0",
    ),
    "more than all concurrency": (
        {"alarms": ServerlessAlarms(concurrency_utilization_percent=101)},
        "alarms.concurrency_utilization_percent=101: must be above 0 and at most 100",
    ),
    "image of another account": (
        {"model": of_other_account},
        "model.image='999999999999': is another account's, from which a serverless endpoint takes "
        "no image",
    ),
    "image of a private registry": (
        {"model": of_private_registry},
        "model.image='registry.example.com/fraud:1': is not in Amazon ECR",
    ),
    "files of a model": (
        {"model": of_files},
        "model.data='fraud': a serverless endpoint serves .tar.gz archives",
    ),
    "archives of many models": (
        {"model": of_archives},
        "model.data='fraud': a serverless endpoint serves one model",
    ),
    "pipeline": (
        {"model": InferencePipeline(containers={"a": CONTAINER, "b": CONTAINER})},
        "model='InferencePipeline': a serverless endpoint serves one container",
    ),
    "package of the Marketplace": (
        {
            "model": ModelPackage(
                arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/fraud/1",
                marketplace=True,
            )
        },
        "model.marketplace=True: a serverless endpoint does not serve it",
    ),
}


class TestRefused:
    @pytest.mark.parametrize("what", REFUSED)
    def test_what_would_fail_or_never_work_is_refused(self, what: str) -> None:
        arguments, text = REFUSED[what]
        with pytest.raises(ValueError, match="ServerlessEndpoint 'Fraud' has") as caught:
            serverless(**arguments)(Stack(App(), "Test", env=IRELAND))
        assert text in str(caught.value)

    def test_an_account_that_only_the_deployment_knows_is_left_to_it(self) -> None:
        serverless(model=of_other_account)(Stack(App(), "Test"))

    def test_every_problem_is_said_at_once(self) -> None:
        build = serverless(
            memory_size=Size.gibibytes(7),
            max_concurrency=0,
            model=of_private_registry,
            deployment=Rolling(percent=50),
            alarms=Alarms(),
        )
        with pytest.raises(ValueError, match="ServerlessEndpoint 'Fraud' has") as caught:
            build(Stack(App(), "Test"))
        for argument in ("memory_size", "max_concurrency", "model.image", "deployment", "alarms"):
            assert f"- {argument}=" in str(caught.value)
