"""Alarms, compared with one table of SageMaker's metrics that no code was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pytest
from aws_cdk import App, Aws, CfnParameter, Duration, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    RealtimeEndpoint,
    Severity,
    ShadowVariant,
    Variant,
)
from support import CONTAINER, NAMING, Synthesized, realtime, synthesize

ALARM = "AWS::CloudWatch::Alarm"
ENDPOINT = "AWS::SageMaker::Endpoint"
ENDPOINT_NAME = "rc-project-a-fraud-ep"


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An alarm as sagemaker-rules.md §6 wants it.

    ``per_unit`` says what 1 of the argument is in CloudWatch: a number, or what to count.
    """

    argument: str
    default: float
    metric: str
    namespace: str
    statistic: str
    per_unit: int | str
    critical: bool
    share_of: str | None = None
    missing_data: str = "notBreaching"
    comparison: str = "GreaterThanThreshold"


# Metrics, namespaces, dimensions and units: sagemaker-rules.md §6, from the Developer Guide's
# monitoring-cloudwatch. ModelLatency and OverheadLatency are in microseconds, percentiles on the
# former only; errors send 1 or 0 per request, so that their Sum is a count; CPUUtilization is
# 0-100 x cores; GPUUtilization and GPUMemoryUtilization are 0-100 x GPUs; MemoryUtilization and
# DiskUtilization are 0-100. SageMaker has no metric of healthy instances.
INVOCATION = "AWS/SageMaker"
INSTANCE = "/aws/sagemaker/Endpoints"
TABLE: dict[str, Expected] = {
    "ModelLatency": Expected(
        argument="model_latency_millis",
        default=1000,
        metric="ModelLatency",
        namespace=INVOCATION,
        statistic="p90",
        per_unit=1000,
        critical=True,
    ),
    "OverheadLatency": Expected(
        argument="overhead_latency_millis",
        default=200,
        metric="OverheadLatency",
        namespace=INVOCATION,
        statistic="Average",
        per_unit=1000,
        critical=False,
    ),
    "4XXErrors": Expected(
        argument="error_4xx_percent",
        default=1,
        metric="Invocation4XXErrors",
        namespace=INVOCATION,
        statistic="Sum",
        per_unit=1,
        critical=False,
        share_of="Invocations",
    ),
    "5XXErrors": Expected(
        argument="error_5xx_percent",
        default=0.1,
        metric="Invocation5XXErrors",
        namespace=INVOCATION,
        statistic="Sum",
        per_unit=1,
        critical=True,
        share_of="Invocations",
    ),
    "CPUUtilization": Expected(
        argument="cpu_percent",
        default=80,
        metric="CPUUtilization",
        namespace=INSTANCE,
        statistic="Average",
        per_unit="vcpus",
        critical=False,
    ),
    "MemoryUtilization": Expected(
        argument="memory_percent",
        default=80,
        metric="MemoryUtilization",
        namespace=INSTANCE,
        statistic="Average",
        per_unit=1,
        critical=False,
    ),
    "DiskUtilization": Expected(
        argument="disk_percent",
        default=80,
        metric="DiskUtilization",
        namespace=INSTANCE,
        statistic="Average",
        per_unit=1,
        critical=False,
    ),
    "GPUUtilization": Expected(
        argument="gpu_percent",
        default=80,
        metric="GPUUtilization",
        namespace=INSTANCE,
        statistic="Average",
        per_unit="gpus",
        critical=False,
    ),
    "GPUMemoryUtilization": Expected(
        argument="gpu_memory_percent",
        default=80,
        metric="GPUMemoryUtilization",
        namespace=INSTANCE,
        statistic="Average",
        per_unit="gpus",
        critical=False,
    ),
    "HealthyInstances": Expected(
        argument="min_healthy_instances",
        default=1,
        metric="CPUUtilization",
        namespace=INSTANCE,
        statistic="SampleCount",
        per_unit=1,
        critical=True,
        missing_data="breaching",
        comparison="LessThanThreshold",
    ),
}
GPU_ALARMS = {id for id, expected in TABLE.items() if expected.per_unit == "gpus"}

# EC2's numbers: virtual CPUs and GPUs.
INSTANCES: dict[str, dict[str, int]] = {
    "ml.m5.xlarge": {"vcpus": 4, "gpus": 0},
    "ml.c5.2xlarge": {"vcpus": 8, "gpus": 0},
    "ml.c4.8xlarge": {"vcpus": 36, "gpus": 0},
    "ml.g5.xlarge": {"vcpus": 4, "gpus": 1},
    "ml.g5.12xlarge": {"vcpus": 48, "gpus": 4},
    "ml.p4d.24xlarge": {"vcpus": 96, "gpus": 8},
    "ml.inf2.xlarge": {"vcpus": 4, "gpus": 0},
}


def made(result: Synthesized, variant: str = "AllTraffic") -> dict[str, dict[str, Any]]:
    """A variant's alarms by the last part of their names."""
    prefix = f"{ENDPOINT_NAME}-{variant}-"
    return {
        alarm["Properties"]["AlarmName"].removeprefix(prefix): alarm["Properties"]
        for alarm in result.of_type(ALARM)
        if alarm["Properties"]["AlarmName"].startswith(prefix)
    }


def dimensions(variant: str = "AllTraffic") -> list[dict[str, str]]:
    return [
        {"Name": "EndpointName", "Value": ENDPOINT_NAME},
        {"Name": "VariantName", "Value": variant},
    ]


def in_cloudwatch(expected: Expected, value: float, instance_type: str) -> float:
    factor = expected.per_unit
    return value * (factor if isinstance(factor, int) else INSTANCES[instance_type][factor])


def assert_as_expected(
    alarm: Mapping[str, Any], expected: Expected, *, threshold: float, variant: str = "AllTraffic"
) -> None:
    assert alarm["Threshold"] == pytest.approx(threshold)
    assert alarm["ComparisonOperator"] == expected.comparison
    assert alarm["TreatMissingData"] == expected.missing_data
    assert 1 <= alarm["DatapointsToAlarm"] <= alarm["EvaluationPeriods"]
    assert "Unit" not in str(alarm), "a unit that differs from the published one yields no data"
    if expected.share_of is None:
        plain = not expected.statistic.startswith("p")
        watched = {
            "Namespace": expected.namespace,
            "MetricName": expected.metric,
            "Dimensions": dimensions(variant),
            "Period": 60,
            "Statistic" if plain else "ExtendedStatistic": expected.statistic,
        }
        assert {key: alarm[key] for key in watched} == watched
        assert ("Statistic" in alarm) != ("ExtendedStatistic" in alarm)
        assert "Metrics" not in alarm
        return
    assert "MetricName" not in alarm
    assert "Period" not in alarm
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}
    (share,) = (metric for metric in metrics.values() if metric.get("ReturnData", True))
    assert share["Expression"] == "100 * part / whole"
    for id, name in (("part", expected.metric), ("whole", expected.share_of)):
        assert metrics[id] == {
            "Id": id,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": expected.namespace,
                    "MetricName": name,
                    "Dimensions": dimensions(variant),
                },
                "Period": 60,
                "Stat": expected.statistic,
            },
        }


class TestTable:
    def test_every_alarm_of_the_library_is_in_it(self) -> None:
        assert sorted(kind.id for kind in Alarms.kinds) == sorted(TABLE)
        assert {kind.argument for kind in Alarms.kinds} == {e.argument for e in TABLE.values()}

    def test_every_threshold_belongs_to_an_alarm(self) -> None:
        thresholds = set(vars(Alarms())) - {"topic", "actions", "latency_statistic"}
        assert thresholds == {expected.argument for expected in TABLE.values()}

    @pytest.mark.parametrize("instance_type", INSTANCES)
    def test_all_that_are_made_by_default_and_no_others(self, instance_type: str) -> None:
        alarms = made(synthesize(realtime(alarms=Alarms(), instance_type=instance_type)))
        gpus = INSTANCES[instance_type]["gpus"]
        assert set(alarms) == {id for id in TABLE if gpus or id not in GPU_ALARMS}
        for id, alarm in alarms.items():
            threshold = in_cloudwatch(TABLE[id], TABLE[id].default, instance_type)
            assert_as_expected(alarm, TABLE[id], threshold=threshold)

    def test_they_are_on_without_being_asked_for(self) -> None:
        def build(stack: Stack) -> None:
            RealtimeEndpoint(stack, "Fraud", naming=NAMING, model=CONTAINER)

        asked = synthesize(realtime(alarms=Alarms()))
        assert made(synthesize(build)) == made(asked)

    def test_none_switches_all_off(self) -> None:
        assert synthesize(realtime(alarms=None)).of_type(ALARM) == []

    @pytest.mark.parametrize(
        ("instance_type", "id", "threshold"),
        [
            ("ml.c5.2xlarge", "CPUUtilization", 8 * 80),
            ("ml.g5.12xlarge", "CPUUtilization", 48 * 80),
            ("ml.g5.12xlarge", "GPUUtilization", 4 * 80),
            ("ml.g5.12xlarge", "GPUMemoryUtilization", 4 * 80),
            ("ml.m5.xlarge", "ModelLatency", 1_000_000),
            ("ml.m5.xlarge", "OverheadLatency", 200_000),
            ("ml.m5.xlarge", "4XXErrors", 1),
            ("ml.m5.xlarge", "5XXErrors", 0.1),
        ],
    )
    def test_thresholds_by_hand(self, instance_type: str, id: str, threshold: float) -> None:
        alarms = made(synthesize(realtime(alarms=Alarms(), instance_type=instance_type)))
        assert alarms[id]["Threshold"] == pytest.approx(threshold)

    def test_each_variant_has_its_own_scaled_by_its_own_instances(self) -> None:
        result = synthesize(
            realtime(
                alarms=Alarms(),
                variants=[
                    Variant(name="A", model=CONTAINER),
                    Variant(name="B", model=CONTAINER, instance_type="ml.g5.12xlarge"),
                ],
            )
        )
        for variant, instance_type in (("A", "ml.m5.xlarge"), ("B", "ml.g5.12xlarge")):
            alarms = made(result, variant)
            gpus = INSTANCES[instance_type]["gpus"]
            assert set(alarms) == {id for id in TABLE if gpus or id not in GPU_ALARMS}
            for id, alarm in alarms.items():
                threshold = in_cloudwatch(TABLE[id], TABLE[id].default, instance_type)
                assert_as_expected(alarm, TABLE[id], threshold=threshold, variant=variant)

    def test_a_shadow_is_watched_too(self) -> None:
        shadow = ShadowVariant(variant=Variant(name="shadow", model=CONTAINER))
        result = synthesize(realtime(alarms=Alarms(), shadow=shadow))
        assert set(made(result, "shadow")) == set(TABLE) - GPU_ALARMS

    def test_names_of_variants_and_alarms_never_meet(self) -> None:
        result = synthesize(
            realtime(
                alarms=Alarms(),
                variants=[
                    Variant(name="A", model=CONTAINER, instance_type="ml.g5.xlarge"),
                    Variant(name="AGPU", model=CONTAINER),
                ],
            )
        )
        assert len(made(result, "A")) == 10
        assert len(made(result, "AGPU")) == 8


class TestThresholds:
    GPU_TYPE = "ml.g5.12xlarge"

    @pytest.mark.parametrize("id", TABLE)
    def test_none_removes_exactly_that_alarm(self, id: str) -> None:
        off = Alarms(**{TABLE[id].argument: None})  # type: ignore[arg-type]  # by name
        alarms = made(synthesize(realtime(alarms=off, instance_type=self.GPU_TYPE)))
        assert set(alarms) == set(TABLE) - {id}

    @pytest.mark.parametrize("id", TABLE)
    def test_each_value_lands_in_its_alarm_in_its_unit_and_in_no_other(self, id: str) -> None:
        said = Alarms(**{TABLE[id].argument: 7})  # type: ignore[arg-type]  # by name
        count = 8  # as many instances as may have to be healthy
        plain = made(
            synthesize(realtime(alarms=Alarms(), instance_type=self.GPU_TYPE, instance_count=count))
        )
        alarms = made(
            synthesize(realtime(alarms=said, instance_type=self.GPU_TYPE, instance_count=count))
        )
        threshold = in_cloudwatch(TABLE[id], 7, self.GPU_TYPE)
        assert_as_expected(alarms.pop(id), TABLE[id], threshold=threshold)
        del plain[id]
        assert alarms == plain

    @pytest.mark.parametrize(
        ("statistic", "key"),
        [
            ("p99", "ExtendedStatistic"),
            ("p99.9", "ExtendedStatistic"),
            ("tm95", "ExtendedStatistic"),
            ("Average", "Statistic"),
            ("Maximum", "Statistic"),
        ],
    )
    def test_latency_by_another_statistic(self, statistic: str, key: str) -> None:
        alarms = made(synthesize(realtime(alarms=Alarms(latency_statistic=statistic))))
        assert alarms["ModelLatency"][key] == statistic
        assert alarms["OverheadLatency"]["Statistic"] == "Average"

    # argument: (value, what the message holds)
    REFUSED: list[tuple[dict[str, Any], str]] = [
        ({"model_latency_millis": 0}, "alarms.model_latency_millis=0: must be above 0"),
        ({"overhead_latency_millis": -1}, "alarms.overhead_latency_millis=-1: must be above 0"),
        ({"error_4xx_percent": 101}, "alarms.error_4xx_percent=101: must be above 0 and at most"),
        ({"error_5xx_percent": float("nan")}, "alarms.error_5xx_percent=nan"),
        ({"cpu_percent": 320}, "alarms.cpu_percent=320: must be above 0 and at most 100"),
        ({"memory_percent": "80"}, "alarms.memory_percent='80': must be a number"),
        ({"disk_percent": True}, "alarms.disk_percent=True: must be a number"),
        ({"gpu_percent": 0}, "alarms.gpu_percent=0"),
        ({"gpu_memory_percent": 100.5}, "alarms.gpu_memory_percent=100.5"),
        ({"min_healthy_instances": 0}, "alarms.min_healthy_instances=0: must be a whole number"),
        ({"min_healthy_instances": 2}, "variant AllTraffic may have 1, and would be in alarm"),
        ({"latency_statistic": "median"}, "alarms.latency_statistic='median'"),
    ]

    @pytest.mark.parametrize(("arguments", "text"), REFUSED)
    def test_what_means_nothing_is_refused(self, arguments: dict[str, Any], text: str) -> None:
        with pytest.raises(ValueError, match="has 1 problem") as caught:
            realtime(alarms=Alarms(**arguments))(Stack(App(), "Test"))
        assert text in str(caught.value)

    def test_every_problem_is_said_at_once(self) -> None:
        alarms = Alarms(cpu_percent=0, memory_percent=0, disk_percent=0)
        with pytest.raises(ValueError, match="has 3 problems"):
            realtime(alarms=alarms)(Stack(App(), "Test"))

    def test_processors_known_only_at_deployment_are_warned_about(self) -> None:
        def build(stack: Stack) -> None:
            name = CfnParameter(stack, "Type").value_as_string
            realtime(alarms=Alarms(), instance_type=name)(stack)

        result = synthesize(build)
        assert set(made(result)) == set(TABLE) - GPU_ALARMS - {"CPUUtilization"}
        (message,) = result.messages
        assert "its processors are not known at synth" in message


class TestHowTheyBehave:
    def test_no_traffic_is_no_alarm_but_silent_instances_are(self) -> None:
        alarms = made(synthesize(realtime(alarms=Alarms(), instance_type="ml.g5.xlarge")))
        treatments = {id: alarm["TreatMissingData"] for id, alarm in alarms.items()}
        assert treatments.pop("HealthyInstances") == "breaching"
        assert set(treatments.values()) == {"notBreaching"}

    def test_only_the_alarm_on_silence_waits_for_the_endpoint(self) -> None:
        result = synthesize(realtime(alarms=Alarms(), instance_type="ml.g5.xlarge"))
        resources = result.template["Resources"]
        (endpoint_id,) = (key for key, value in resources.items() if value["Type"] == ENDPOINT)
        waiting = {
            alarm["Properties"]["AlarmName"]: alarm["DependsOn"]
            for alarm in result.of_type(ALARM)
            if "DependsOn" in alarm
        }
        assert waiting == {f"{ENDPOINT_NAME}-AllTraffic-HealthyInstances": [endpoint_id]}

    def test_they_refer_to_nothing_but_literals(self) -> None:
        for alarm in synthesize(realtime(alarms=Alarms())).of_type(ALARM):
            assert "Ref" not in str(alarm["Properties"])
            assert "Fn::" not in str(alarm["Properties"])

    def test_the_description_says_what_and_where(self) -> None:
        alarms = made(synthesize(realtime(alarms=Alarms(), instance_type="ml.g5.xlarge")))
        for id, alarm in alarms.items():
            severity = "Critical" if TABLE[id].critical else "Warning"
            assert alarm["AlarmDescription"].startswith(f"{severity}: ")
            assert f"(endpoint {ENDPOINT_NAME}, variant AllTraffic)" in alarm["AlarmDescription"]

    def test_they_deploy_in_any_region_and_partition(self) -> None:
        anywhere = synthesize(realtime(alarms=Alarms()))
        environment = Environment(account="123456789012", region="eu-west-1")
        somewhere = synthesize(realtime(alarms=Alarms()), env=environment)
        assert made(anywhere) == made(somewhere)


def alarm_action(action: object) -> cloudwatch.IAlarmAction:
    """jsii's types name the parameters of ``bind`` otherwise than the protocol does."""
    return cast(cloudwatch.IAlarmAction, action)


class TestActions:
    def test_nobody_is_told_by_default(self) -> None:
        for alarm in made(synthesize(realtime(alarms=Alarms()))).values():
            assert not {"AlarmActions", "OKActions"} & set(alarm)

    def test_a_topic_gets_every_alarm_and_every_all_clear(self) -> None:
        def build(stack: Stack) -> None:
            topic = sns.Topic(stack, "Ops")
            realtime(alarms=Alarms(topic=topic))(stack)

        result = synthesize(build)
        ((topic_id, _),) = (
            (key, value)
            for key, value in result.template["Resources"].items()
            if value["Type"] == "AWS::SNS::Topic"
        )
        for alarm in made(result).values():
            assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic_id}]

    def test_an_imported_topic(self) -> None:
        arn = "arn:aws:sns:eu-west-1:123456789012:ops"

        def build(stack: Stack) -> None:
            topic = sns.Topic.from_topic_arn(stack, "Ops", arn)
            realtime(alarms=Alarms(topic=topic))(stack)

        for alarm in made(synthesize(build)).values():
            assert alarm["AlarmActions"] == [arn]

    def test_actions_by_severity_beside_the_topic(self) -> None:
        def build(stack: Stack) -> None:
            everyone = sns.Topic.from_topic_arn(
                stack, "All", "arn:aws:sns:eu-west-1:123456789012:all"
            )
            pager = sns.Topic.from_topic_arn(
                stack, "Pager", "arn:aws:sns:eu-west-1:123456789012:pager"
            )
            ticket = actions.SsmAction(actions.OpsItemSeverity.LOW)
            realtime(
                alarms=Alarms(
                    topic=everyone,
                    actions={
                        Severity.CRITICAL: [
                            alarm_action(actions.SnsAction(pager)),
                            alarm_action(actions.SsmAction(actions.OpsItemSeverity.CRITICAL)),
                        ],
                        Severity.WARNING: [alarm_action(ticket)],
                    },
                )
            )(stack)

        result = synthesize(build, env=Environment(account="123456789012", region="eu-west-1"))
        sns_arn = "arn:aws:sns:eu-west-1:123456789012:"
        for id, alarm in made(result).items():
            first, *rest = alarm["AlarmActions"]
            assert first == f"{sns_arn}all"
            if TABLE[id].critical:
                assert rest[0] == f"{sns_arn}pager"
                assert str(rest[1:]).count("opsitem:1") == len(rest[1:]) == 1
            else:
                assert str(rest).count("opsitem:4") == len(rest) == 1
            assert alarm["OKActions"] == [f"{sns_arn}all"]

    def test_actions_of_one_severity_leave_the_other_alone(self) -> None:
        def build(stack: Stack) -> None:
            pager = actions.SnsAction(cast(sns.ITopic, sns.Topic(stack, "Pager")))
            realtime(alarms=Alarms(actions={Severity.CRITICAL: [alarm_action(pager)]}))(stack)

        told = {id for id, alarm in made(synthesize(build)).items() if "AlarmActions" in alarm}
        assert told == {id for id, expected in TABLE.items() if expected.critical}

    def test_a_function_may_be_called_by_several_alarms(self) -> None:
        """LambdaAction names the permission that it adds by the alarm's construct id."""

        def build(stack: Stack) -> None:
            function = lambda_.Function(
                stack,
                "Function",
                runtime=lambda_.Runtime.PYTHON_3_13,
                handler="index.handler",
                code=lambda_.Code.from_inline("def handler(event, context): ..."),
            )
            action = actions.LambdaAction(cast(lambda_.IFunction, function))
            realtime(
                alarms=Alarms(actions={Severity.CRITICAL: [alarm_action(action)]}),
                variants=[Variant(name=name, model=CONTAINER) for name in ("A", "B")],
            )(stack)

        permissions = synthesize(build).of_type("AWS::Lambda::Permission")
        sources = {str(permission["Properties"]["SourceArn"]) for permission in permissions}
        critical = [expected for expected in TABLE.values() if expected.critical]
        assert len(permissions) == len(sources) == 2 * len(critical)


class TestAttribute:
    def test_each_says_what_it_is(self) -> None:
        endpoint = realtime(alarms=Alarms())(Stack(App(), "Test"))
        found = {alarm.kind.id: alarm for alarm in endpoint.alarms}
        assert set(found) == set(TABLE) - GPU_ALARMS
        for id, alarm in found.items():
            assert alarm.name == f"{ENDPOINT_NAME}-AllTraffic-{id}"
            assert alarm.variant_name == "AllTraffic"

    def test_it_is_usable_in_a_composite_alarm(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(alarms=Alarms())(stack)
            rules = [
                cloudwatch.AlarmRule.from_alarm(alarm.alarm, cloudwatch.AlarmState.ALARM)
                for alarm in endpoint.alarms
                if alarm.kind.severity is Severity.CRITICAL
            ]
            cloudwatch.CompositeAlarm(
                stack, "Composite", alarm_rule=cloudwatch.AlarmRule.any_of(*rules)
            )

        result = synthesize(build)
        resources = result.template["Resources"]
        rule = str(result.properties("AWS::CloudWatch::CompositeAlarm")["AlarmRule"])
        for key, resource in resources.items():
            if resource["Type"] == ALARM:
                id = resource["Properties"]["AlarmName"].rpartition("-")[2]
                assert (key in rule) == TABLE[id].critical

    def test_the_resource_is_there_to_be_changed(self) -> None:
        def build(stack: Stack) -> None:
            for alarm in realtime(alarms=Alarms())(stack).alarms:
                alarm.cfn_alarm.actions_enabled = False

        assert all(not a["ActionsEnabled"] for a in made(synthesize(build)).values())


class TestAlarmsOfTheUsersOwn:
    @staticmethod
    def own(stack: Stack, endpoint: RealtimeEndpoint, id: str = "Own") -> cloudwatch.IAlarm:
        alarm = cloudwatch.Alarm(
            stack,
            id,
            metric=endpoint.metric_model_latency(statistic="p99", period=Duration.minutes(1)),
            threshold=2_000_000,
            evaluation_periods=3,
        )
        return cast(cloudwatch.IAlarm, alarm)

    def test_without_guarding_it_is_only_kept(self) -> None:
        def build(stack: Stack, *, add: bool) -> None:
            endpoint = realtime(alarms=Alarms(), deployment=BlueGreen.all_at_once())(stack)
            alarm = self.own(stack, endpoint)
            if add:
                endpoint.add_alarm(alarm)
                assert endpoint.own_alarms == [alarm]
                assert alarm not in [made.alarm for made in endpoint.alarms]

        added = synthesize(lambda stack: build(stack, add=True))
        assert added.template == synthesize(lambda stack: build(stack, add=False)).template

    def test_it_guards_beside_the_librarys(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(alarms=Alarms(), deployment=BlueGreen.all_at_once())(stack)
            endpoint.add_alarm(self.own(stack, endpoint), guards_deployment=True)

        result = synthesize(build)
        resources = result.template["Resources"]
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        guarding = [
            alarm["AlarmName"]["Ref"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]
        ]
        (own_id,) = (
            key
            for key, value in resources.items()
            if value["Type"] == ALARM and "AlarmName" not in value["Properties"]
        )
        assert len(guarding) == 3
        assert guarding[-1] == own_id
        assert config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == {
            "Type": "ALL_AT_ONCE",
            "WaitIntervalInSeconds": 600,
        }
        allowed = [
            statement
            for statement in result.statements().values()
            if statement["Action"] == "cloudwatch:DescribeAlarms"
        ]
        assert {"Fn::GetAtt": [own_id, "Arn"]} in [
            resource
            for statement in allowed
            for resource in (
                statement["Resource"]
                if isinstance(statement["Resource"], list)
                else [statement["Resource"]]
            )
        ]

    def test_it_guards_alone(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(alarms=None, deployment=BlueGreen.all_at_once())(stack)
            endpoint.add_alarm(self.own(stack, endpoint), guards_deployment=True)

        config = synthesize(build).properties(ENDPOINT)["DeploymentConfig"]
        assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 1

    def test_it_can_be_imported(self) -> None:
        arn = f"arn:aws:cloudwatch:{Aws.REGION}:123456789012:alarm:business"

        def build(stack: Stack) -> None:
            endpoint = realtime(alarms=None, deployment=BlueGreen.all_at_once())(stack)
            endpoint.add_alarm(
                cloudwatch.Alarm.from_alarm_arn(stack, "Own", arn), guards_deployment=True
            )

        result = synthesize(build)
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        assert config["AutoRollbackConfiguration"]["Alarms"] == [{"AlarmName": "business"}]

    def test_there_must_be_a_deployment_to_guard(self) -> None:
        stack = Stack(App(), "Test")
        endpoint = realtime(alarms=Alarms())(stack)
        alarm = self.own(stack, endpoint)
        with pytest.raises(ValueError, match="has no deployment policy to guard"):
            endpoint.add_alarm(alarm, guards_deployment=True)
        assert endpoint.own_alarms == []

    def test_ten_guard_and_no_more(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(alarms=Alarms(), deployment=BlueGreen.all_at_once())(stack)
            for index in range(8):
                endpoint.add_alarm(self.own(stack, endpoint, f"Own{index}"), guards_deployment=True)
            one_more = self.own(stack, endpoint, "OneMore")
            with pytest.raises(ValueError, match="10 alarms guard the deployment already"):
                endpoint.add_alarm(one_more, guards_deployment=True)
            assert len(endpoint.own_alarms) == 8
            endpoint.add_alarm(one_more)
            assert len(endpoint.own_alarms) == 9

        config = synthesize(build).properties(ENDPOINT)["DeploymentConfig"]
        assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 10
