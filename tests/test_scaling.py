"""Autoscaling, as the template has it."""

from typing import Any, cast

import pytest
from aws_cdk import App, CfnParameter, Duration, Stack, TimeZone
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    AdjustmentType,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ScalingStep,
    ShadowVariant,
    Variant,
    VariantProperty,
)
from support import CONTAINER, Synthesized, realtime, synthesize

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"
CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
ENDPOINT_NAME = "rc-project-a-fraud-ep"
TRACKING = "TargetTrackingScalingPolicyConfiguration"
STEPS = "StepScalingPolicyConfiguration"

QUEUE = cloudwatch.Metric(
    namespace="Fraud",
    metric_name="Backlog",
    dimensions_map={"Queue": "fraud"},
    statistic="Maximum",
    period=Duration.minutes(1),
)


def scaling(*policies: ScalingPolicy, **arguments: Any) -> Scaling:
    said: dict[str, Any] = {"min_capacity": 2, "max_capacity": 8, "policies": policies} | arguments
    return Scaling(**said)


def variant(name: str, **arguments: Any) -> Variant:
    said: dict[str, Any] = {"name": name, "model": CONTAINER} | arguments
    return Variant(**said)


def logical_id(result: Synthesized, resource_type: str) -> str:
    found: str
    (found,) = (
        key
        for key, resource in result.template["Resources"].items()
        if resource["Type"] == resource_type
    )
    return found


def resource_id(result: Synthesized, variant_name: str) -> dict[str, Any]:
    endpoint = {"Fn::GetAtt": [logical_id(result, ENDPOINT), "EndpointName"]}
    return {"Fn::Join": ["", ["endpoint/", endpoint, f"/variant/{variant_name}"]]}


INVOCATIONS = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
    }
}
CONCURRENCY = {
    "PredefinedMetricSpecification": {
        "PredefinedMetricType": "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    }
}
CPU = {
    "CustomizedMetricSpecification": {
        "Namespace": "/aws/sagemaker/Endpoints",
        "MetricName": "CPUUtilization",
        "Statistic": "Average",
        "Dimensions": [
            {"Name": "EndpointName", "Value": ENDPOINT_NAME},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ],
    }
}
OWN = {
    "CustomizedMetricSpecification": {
        "Namespace": "Fraud",
        "MetricName": "Backlog",
        "Statistic": "Maximum",
        "Dimensions": [{"Name": "Queue", "Value": "fraud"}],
    }
}

# policy, name after the variant's, what it follows, target value on ml.m5.xlarge with 4 vCPUs
TRACKED = [
    (ScalingPolicy.on_invocations(per_instance_per_minute=70), "invocations", INVOCATIONS, 70),
    (ScalingPolicy.on_concurrent_requests(per_model=5), "concurrency", CONCURRENCY, 5),
    (ScalingPolicy.on_cpu(percent=70), "cpu", CPU, 280),
    (ScalingPolicy.on_metric(QUEUE, name="backlog", target=0.5), "backlog", OWN, 0.5),
]


class TestTarget:
    def test_bounds_of_the_variant_by_the_endpoints_reference(self) -> None:
        result = synthesize(realtime(scaling=scaling(ScalingPolicy.on_cpu(percent=50))))
        properties = result.properties(TARGET)
        properties.pop("Tags", None)
        assert properties == {
            "ServiceNamespace": "sagemaker",
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ResourceId": resource_id(result, "AllTraffic"),
            "MinCapacity": 2,
            "MaxCapacity": 8,
        }

    def test_the_service_linked_role_is_used_and_no_other_is_made(self) -> None:
        plain = synthesize(realtime())
        result = synthesize(realtime(scaling=scaling(ScalingPolicy.on_cpu(percent=50))))
        assert len(result.of_type("AWS::IAM::Role")) == len(plain.of_type("AWS::IAM::Role")) == 1
        assert "RoleARN" not in result.properties(TARGET)
        assert "application-autoscaling" not in str(result.of_type("AWS::IAM::Role"))

    def test_policies_refer_to_the_target(self) -> None:
        result = synthesize(realtime(scaling=scaling(*(policy for policy, *_ in TRACKED))))
        target = {"Ref": logical_id(result, TARGET)}
        policies = [policy["Properties"] for policy in result.of_type(POLICY)]
        assert [policy["ScalingTargetId"] for policy in policies] == [target] * len(TRACKED)
        for other in ("ResourceId", "ScalableDimension", "ServiceNamespace"):
            assert all(other not in policy for policy in policies)

    def test_without_scaling_there_is_nothing_of_it(self) -> None:
        result = synthesize(realtime())
        assert result.of_type(TARGET) == result.of_type(POLICY) == []
        assert "RetainAllVariantProperties" not in result.properties(ENDPOINT)

    def test_targets_are_public(self) -> None:
        def build(stack: Stack) -> None:
            endpoint = realtime(scaling=scaling(ScalingPolicy.on_cpu(percent=50)))(stack)
            assert list(endpoint.cfn_scalable_targets) == ["AllTraffic"]
            endpoint.cfn_scalable_targets["AllTraffic"].max_capacity = 9

        assert synthesize(build).properties(TARGET)["MaxCapacity"] == 9


class TestTargetTracking:
    @pytest.mark.parametrize(
        ("policy", "name", "follows", "target"), TRACKED, ids=[entry[1] for entry in TRACKED]
    )
    def test_each_kind_follows_its_metric_with_default_cooldowns(
        self, policy: ScalingPolicy, name: str, follows: dict[str, Any], target: float
    ) -> None:
        result = synthesize(realtime(scaling=scaling(policy)))
        assert result.properties(POLICY) == {
            "PolicyName": f"{ENDPOINT_NAME}-AllTraffic-{name}",
            "PolicyType": "TargetTrackingScaling",
            "ScalingTargetId": {"Ref": logical_id(result, TARGET)},
            TRACKING: {
                "TargetValue": target,
                "ScaleInCooldown": 300,
                "ScaleOutCooldown": 60,
                **follows,
            },
        }

    OPTIONS: dict[str, Any] = {
        "scale_in_cooldown": Duration.minutes(10),
        "scale_out_cooldown": Duration.seconds(0),
        "disable_scale_in": True,
    }

    @pytest.mark.parametrize(
        "policy",
        [
            ScalingPolicy.on_invocations(per_instance_per_minute=70, **OPTIONS),
            ScalingPolicy.on_concurrent_requests(per_model=5, **OPTIONS),
            ScalingPolicy.on_cpu(percent=70, **OPTIONS),
            ScalingPolicy.on_metric(QUEUE, name="backlog", target=2, **OPTIONS),
        ],
        ids=[entry[1] for entry in TRACKED],
    )
    def test_each_kind_takes_cooldowns_and_scales_out_only(self, policy: ScalingPolicy) -> None:
        result = synthesize(realtime(scaling=scaling(policy)))
        configuration = result.properties(POLICY)[TRACKING]
        assert configuration["ScaleInCooldown"] == 600
        assert configuration["ScaleOutCooldown"] == 0
        assert configuration["DisableScaleIn"] is True

    @pytest.mark.parametrize(
        ("instance_type", "vcpus"),
        [("ml.m5.xlarge", 4), ("ml.c5.2xlarge", 8), ("ml.c4.8xlarge", 36), ("ml.m5.large", 2)],
    )
    def test_cpu_is_scaled_by_the_instances_vcpus(self, instance_type: str, vcpus: int) -> None:
        """CPUUtilization counts 100 per core: sagemaker-rules.md §6, dg:monitoring-cloudwatch."""
        result = synthesize(
            realtime(instance_type=instance_type, scaling=scaling(ScalingPolicy.on_cpu(percent=75)))
        )
        assert result.properties(POLICY)[TRACKING]["TargetValue"] == 75 * vcpus

    @pytest.mark.parametrize(
        ("short", "long"),
        [
            (
                Scaling.on_invocations(
                    min_capacity=2, max_capacity=8, per_instance_per_minute=1200
                ),
                scaling(ScalingPolicy.on_invocations(per_instance_per_minute=1200)),
            ),
            (
                Scaling.on_concurrent_requests(min_capacity=2, max_capacity=8, per_model=3),
                scaling(ScalingPolicy.on_concurrent_requests(per_model=3)),
            ),
            (
                Scaling.on_cpu(min_capacity=2, max_capacity=8, percent=60),
                scaling(ScalingPolicy.on_cpu(percent=60)),
            ),
        ],
        ids=["invocations", "concurrency", "cpu"],
    )
    def test_one_policy_is_said_shorter(self, short: Scaling, long: Scaling) -> None:
        templates = [synthesize(realtime(scaling=said)).template for said in (short, long)]
        assert templates[0] == templates[1]


class TestSteps:
    def test_out_and_in_are_a_policy_and_an_alarm_each(self) -> None:
        policy = ScalingPolicy.in_steps(
            QUEUE,
            name="backlog",
            steps=[
                ScalingStep(change=3, lower=90),
                ScalingStep(change=1, lower=70, upper=90),
                ScalingStep(change=-1, lower=10, upper=30),
                ScalingStep(change=-2, upper=10),
            ],
        )
        result = synthesize(realtime(scaling=scaling(policy)))
        resources = result.template["Resources"]
        policies = {
            resource["Properties"]["PolicyName"]: (key, resource["Properties"])
            for key, resource in resources.items()
            if resource["Type"] == POLICY
        }
        alarms = {
            alarm["Properties"]["AlarmName"]: alarm["Properties"] for alarm in result.of_type(ALARM)
        }
        for alarm in alarms.values():
            assert {tag["Key"] for tag in alarm.pop("Tags")} >= {"Team", "Project", "Model"}
        out_name = f"{ENDPOINT_NAME}-AllTraffic-backlog-out"
        in_name = f"{ENDPOINT_NAME}-AllTraffic-backlog-in"
        assert set(policies) == set(alarms) == {out_name, in_name}

        out_id, out_policy = policies[out_name]
        assert out_policy["PolicyType"] == "StepScaling"
        assert out_policy[STEPS] == {
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 60,
            "MetricAggregationType": "Maximum",
            "StepAdjustments": [
                {
                    "ScalingAdjustment": 1,
                    "MetricIntervalLowerBound": 0,
                    "MetricIntervalUpperBound": 20,
                },
                {"ScalingAdjustment": 3, "MetricIntervalLowerBound": 20},
            ],
        }
        watched = {
            "Namespace": "Fraud",
            "MetricName": "Backlog",
            "Dimensions": [{"Name": "Queue", "Value": "fraud"}],
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "TreatMissingData": "notBreaching",
        }
        assert alarms[out_name] == watched | {
            "AlarmName": out_name,
            "AlarmDescription": "Scales variant AllTraffic out",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 70,
            "AlarmActions": [{"Ref": out_id}],
        }

        in_id, in_policy = policies[in_name]
        assert in_policy[STEPS] == {
            "AdjustmentType": "ChangeInCapacity",
            "Cooldown": 300,
            "MetricAggregationType": "Maximum",
            "StepAdjustments": [
                {"ScalingAdjustment": -2, "MetricIntervalUpperBound": -20},
                {
                    "ScalingAdjustment": -1,
                    "MetricIntervalLowerBound": -20,
                    "MetricIntervalUpperBound": 0,
                },
            ],
        }
        assert alarms[in_name] == watched | {
            "AlarmName": in_name,
            "AlarmDescription": "Scales variant AllTraffic in",
            "ComparisonOperator": "LessThanOrEqualToThreshold",
            "Threshold": 30,
            "AlarmActions": [{"Ref": in_id}],
        }

    def test_every_number(self) -> None:
        policy = ScalingPolicy.in_steps(
            QUEUE.with_(statistic="Sum", period=Duration.minutes(5)),
            name="backlog",
            steps=[ScalingStep(change=50, lower=10)],
            adjustment_type=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY,
            min_adjustment_magnitude=2,
            evaluation_periods=3,
            cooldown=Duration.minutes(2),
        )
        result = synthesize(realtime(scaling=scaling(policy)))
        assert result.properties(POLICY)[STEPS] == {
            "AdjustmentType": "PercentChangeInCapacity",
            "Cooldown": 120,
            "MetricAggregationType": "Average",
            "MinAdjustmentMagnitude": 2,
            "StepAdjustments": [{"ScalingAdjustment": 50, "MetricIntervalLowerBound": 0}],
        }
        alarm = result.properties(ALARM)
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 3)
        assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 10)

    @pytest.mark.parametrize(
        ("step", "direction"),
        [(ScalingStep(change=1, lower=10), "out"), (ScalingStep(change=-1, upper=10), "in")],
    )
    def test_one_direction_alone_emits_nothing_for_the_other(
        self, step: ScalingStep, direction: str
    ) -> None:
        policy = ScalingPolicy.in_steps(QUEUE, name="backlog", steps=[step])
        result = synthesize(realtime(scaling=scaling(policy)))
        assert result.properties(POLICY)["PolicyName"].endswith(f"-backlog-{direction}")
        assert result.properties(ALARM)["AlarmName"].endswith(f"-backlog-{direction}")


class TestSchedules:
    @pytest.mark.parametrize(
        ("schedule", "expected"),
        [
            (
                ScalingSchedule(
                    name="office-hours",
                    schedule=appscaling.Schedule.cron(hour="8", minute="0", week_day="MON-FRI"),
                    time_zone=TimeZone.EUROPE_BERLIN,
                    min_capacity=4,
                    max_capacity=12,
                ),
                {
                    "ScheduledActionName": "office-hours",
                    "Schedule": "cron(0 8 ? * MON-FRI *)",
                    "Timezone": "Europe/Berlin",
                    "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 12},
                },
            ),
            (
                ScalingSchedule(
                    name="min only",
                    schedule=appscaling.Schedule.rate(Duration.hours(6)),
                    min_capacity=3,
                ),
                {
                    "ScheduledActionName": "min only",
                    "Schedule": "rate(6 hours)",
                    "ScalableTargetAction": {"MinCapacity": 3},
                },
            ),
            (
                ScalingSchedule(
                    name="max only",
                    schedule=appscaling.Schedule.cron(hour="20", minute="30"),
                    max_capacity=2,
                ),
                {
                    "ScheduledActionName": "max only",
                    "Schedule": "cron(30 20 * * ? *)",
                    "ScalableTargetAction": {"MaxCapacity": 2},
                },
            ),
        ],
        ids=["cron with time zone", "rate, min only", "cron, max only"],
    )
    def test_each_kind(self, schedule: ScalingSchedule, expected: dict[str, Any]) -> None:
        result = synthesize(realtime(scaling=scaling(schedules=[schedule])))
        assert result.properties(TARGET)["ScheduledActions"] == [expected]
        assert result.of_type(POLICY) == []

    def test_schedules_stay_in_order_beside_policies(self) -> None:
        schedules = [
            ScalingSchedule(
                name=name,
                schedule=appscaling.Schedule.cron(hour=hour, minute="0"),
                min_capacity=low,
            )
            for name, hour, low in (("up", "8", 4), ("down", "20", 1))
        ]
        result = synthesize(
            realtime(scaling=scaling(ScalingPolicy.on_cpu(percent=60), schedules=schedules))
        )
        actions = result.properties(TARGET)["ScheduledActions"]
        assert [action["ScheduledActionName"] for action in actions] == ["up", "down"]
        assert len(result.of_type(POLICY)) == 1


class TestInitialCount:
    @pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 8), (5, 5)])
    def test_it_is_the_lower_bound_by_itself(self, low: int, high: int) -> None:
        said = Scaling.on_cpu(min_capacity=low, max_capacity=high, percent=60)
        (made,) = synthesize(realtime(scaling=said)).properties(CONFIG)["ProductionVariants"]
        assert made["InitialInstanceCount"] == low

    @pytest.mark.parametrize("count", [2, 5, 8])
    def test_it_may_lie_within_the_bounds(self, count: int) -> None:
        said = scaling(ScalingPolicy.on_cpu(percent=60))
        result = synthesize(realtime(scaling=said, instance_count=count))
        (made,) = result.properties(CONFIG)["ProductionVariants"]
        assert made["InitialInstanceCount"] == count


class TestSeveralVariants:
    def test_each_has_its_own_target_and_policies(self) -> None:
        result = synthesize(
            realtime(
                variants=[
                    variant(
                        "champion",
                        scaling=Scaling.on_cpu(min_capacity=2, max_capacity=8, percent=60),
                    ),
                    variant(
                        "challenger",
                        instance_type="ml.c5.2xlarge",
                        scaling=Scaling.on_cpu(min_capacity=1, max_capacity=3, percent=60),
                    ),
                    variant("fixed"),
                ]
            )
        )
        targets = {
            key: resource["Properties"]
            for key, resource in result.template["Resources"].items()
            if resource["Type"] == TARGET
        }
        assert [target["ResourceId"] for target in targets.values()] == [
            resource_id(result, "champion"),
            resource_id(result, "challenger"),
        ]
        bounds = [(target["MinCapacity"], target["MaxCapacity"]) for target in targets.values()]
        assert bounds == [(2, 8), (1, 3)]
        policies = [policy["Properties"] for policy in result.of_type(POLICY)]
        assert [policy["ScalingTargetId"]["Ref"] for policy in policies] == list(targets)
        assert [policy["PolicyName"] for policy in policies] == [
            f"{ENDPOINT_NAME}-champion-cpu",
            f"{ENDPOINT_NAME}-challenger-cpu",
        ]
        assert [policy[TRACKING]["TargetValue"] for policy in policies] == [240, 480]
        followed = [
            policy[TRACKING]["CustomizedMetricSpecification"]["Dimensions"][1]["Value"]
            for policy in policies
        ]
        assert followed == ["champion", "challenger"]

    @pytest.mark.parametrize(
        "names", [("A", "Acpu"), ("A", "A-cpu"), ("Scaling", "ScalingA"), ("Target", "Policy")]
    )
    def test_names_of_variants_and_policies_never_meet(self, names: tuple[str, str]) -> None:
        said = scaling(
            ScalingPolicy.on_cpu(percent=60),
            ScalingPolicy.on_metric(QUEUE, name="Target", target=1),
            ScalingPolicy.in_steps(QUEUE, name="x", steps=[ScalingStep(change=1, lower=1)]),
            ScalingPolicy.on_metric(QUEUE, name="xOut", target=1),
            ScalingPolicy.on_metric(QUEUE, name="xOutAlarm", target=1),
        )
        result = synthesize(realtime(variants=[variant(name, scaling=said) for name in names]))
        assert len(result.of_type(TARGET)) == 2
        policies = [policy["Properties"]["PolicyName"] for policy in result.of_type(POLICY)]
        assert len(policies) == len(set(policies)) == 10
        alarms = [alarm["Properties"]["AlarmName"] for alarm in result.of_type(ALARM)]
        assert len(alarms) == len(set(alarms)) == 2

    def test_a_shadow_scales_too(self) -> None:
        shadow = variant(
            "shadow", scaling=Scaling.on_cpu(min_capacity=1, max_capacity=2, percent=60)
        )
        result = synthesize(realtime(shadow=ShadowVariant(variant=shadow)))
        assert result.properties(TARGET)["ResourceId"] == resource_id(result, "shadow")


class TestUpdatesKeepWhatAutoscalingDecided:
    SCALING = Scaling.on_cpu(min_capacity=2, max_capacity=8, percent=60)

    @pytest.mark.parametrize(
        ("arguments", "excluded"),
        [
            ({}, ["DesiredWeight"]),
            ({"exclude_retained_variant_properties": []}, None),
            (
                {
                    "exclude_retained_variant_properties": [
                        VariantProperty.DESIRED_INSTANCE_COUNT,
                        VariantProperty.DESIRED_WEIGHT,
                    ]
                },
                ["DesiredInstanceCount", "DesiredWeight"],
            ),
        ],
        ids=["default", "none", "both"],
    )
    def test_what_is_retained(self, arguments: dict[str, Any], excluded: list[str] | None) -> None:
        properties = synthesize(realtime(scaling=self.SCALING, **arguments)).properties(ENDPOINT)
        assert properties["RetainAllVariantProperties"] is True
        assert properties.get("ExcludeRetainedVariantProperties") == (
            None if excluded is None else [{"VariantPropertyType": name} for name in excluded]
        )

    def test_one_scaling_variant_of_two_is_enough(self) -> None:
        result = synthesize(realtime(variants=[variant("A"), variant("B", scaling=self.SCALING)]))
        assert result.properties(ENDPOINT)["RetainAllVariantProperties"] is True


class TestPerMinute:
    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({"max_requests_per_second": 20}, 600),
            ({"max_requests_per_second": 20, "safety_factor": 0.7}, 840),
            ({"max_requests_per_second": 0.5, "safety_factor": 1}, 30),
        ],
    )
    def test_requests_per_second_by_safety_by_sixty(
        self, arguments: dict[str, float], expected: float
    ) -> None:
        """dg:endpoint-scaling-loadtest, sagemaker-rules.md §5."""
        assert Scaling.per_minute(**arguments) == pytest.approx(expected)

    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ({"max_requests_per_second": 0}, "max_requests_per_second=0"),
            ({"max_requests_per_second": -1}, "max_requests_per_second=-1"),
            ({"max_requests_per_second": 1, "safety_factor": 0}, "safety_factor=0"),
            ({"max_requests_per_second": 1, "safety_factor": 1.1}, r"safety_factor=1\.1"),
        ],
    )
    def test_numbers_that_mean_nothing_are_refused(
        self, arguments: dict[str, float], text: str
    ) -> None:
        with pytest.raises(ValueError, match=text):
            Scaling.per_minute(**arguments)


def by_steps(*steps: ScalingStep) -> Scaling:
    return scaling(ScalingPolicy.in_steps(QUEUE, name="backlog", steps=steps))


def schedule(**arguments: Any) -> ScalingSchedule:
    hourly = appscaling.Schedule.rate(Duration.hours(1))
    said: dict[str, Any] = {"name": "hourly", "schedule": hourly} | arguments
    return ScalingSchedule(**said)


CPU_POLICY = ScalingPolicy.on_cpu(percent=60)

# id: (arguments, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "minimum 0": (
        {"scaling": scaling(CPU_POLICY, min_capacity=0)},
        "scaling.min_capacity=0: must be a whole number from 1; only asynchronous endpoints",
    ),
    "bounds swapped": (
        {"scaling": scaling(CPU_POLICY, max_capacity=1)},
        "scaling.max_capacity=1: is below min_capacity=2",
    ),
    "bound no whole number": (
        {"scaling": scaling(CPU_POLICY, max_capacity=2.5)},
        "scaling.max_capacity=2.5: must be a whole number",
    ),
    "initial count below": (
        {"scaling": scaling(CPU_POLICY), "instance_count": 1},
        "instance_count=1: is outside the bounds 2 to 8 of scaling",
    ),
    "initial count above": (
        {"scaling": scaling(CPU_POLICY), "instance_count": 9},
        "instance_count=9: is outside the bounds 2 to 8 of scaling",
    ),
    "burstable": (
        {"scaling": scaling(CPU_POLICY), "instance_type": "ml.t2.medium"},
        "instance_type='ml.t2.medium': is burstable and cannot scale",
    ),
    "neither policy nor schedule": (
        {"scaling": scaling()},
        "has neither policies nor schedules and would change nothing",
    ),
    "target 0": (
        {"scaling": scaling(ScalingPolicy.on_invocations(per_instance_per_minute=0))},
        "scaling.policies[0].per_instance_per_minute=0: must be above 0",
    ),
    "target below 0": (
        {"scaling": scaling(ScalingPolicy.on_concurrent_requests(per_model=-1))},
        "scaling.policies[0].per_model=-1: must be above 0",
    ),
    "target not a number": (
        {"scaling": scaling(ScalingPolicy.on_metric(QUEUE, name="b", target=float("nan")))},
        "scaling.policies[0].target=nan: must be above 0",
    ),
    "more CPU than there is": (
        {"scaling": scaling(ScalingPolicy.on_cpu(percent=101))},
        "scaling.policies[0].percent=101: must be above 0 and at most 100",
    ),
    "one metric followed twice": (
        {"scaling": scaling(CPU_POLICY, ScalingPolicy.on_cpu(percent=70))},
        "scaling.policies='CPUUtilization': is followed by 2 policies",
    ),
    "one name twice": (
        {
            "scaling": scaling(
                ScalingPolicy.on_metric(QUEUE, name="b", target=1),
                ScalingPolicy.on_metric(QUEUE, name="b", target=2),
            )
        },
        "scaling.policies='AllTraffic-b': is what 2 policies or their alarms",
    ),
    "a name that is the library's": (
        {"scaling": scaling(CPU_POLICY, ScalingPolicy.on_metric(QUEUE, name="cpu", target=1))},
        "scaling.policies='AllTraffic-cpu': is what 2 policies or their alarms",
    ),
    "a name with a space": (
        {"scaling": scaling(ScalingPolicy.on_metric(QUEUE, name="my queue", target=1))},
        "scaling.policies='my queue': a name must be up to 63",
    ),
    "statistic that scales nothing": (
        {
            "scaling": scaling(
                ScalingPolicy.on_metric(QUEUE.with_(statistic="p90"), name="b", target=1)
            )
        },
        "scaling.policies[0].metric='p90': must be one of",
    ),
    "fraction of a second": (
        {
            "scaling": scaling(
                ScalingPolicy.on_cpu(percent=60, scale_in_cooldown=Duration.millis(1500))
            )
        },
        "scaling.policies[0].scale_in_cooldown='1.5 s': must be whole seconds",
    ),
    "no steps": ({"scaling": by_steps()}, "steps=[]: must have at least one step"),
    "step of 0": (
        {"scaling": by_steps(ScalingStep(change=0, lower=1))},
        "change must be a whole number other than 0",
    ),
    "adding without lower": (
        {"scaling": by_steps(ScalingStep(change=1, upper=1))},
        "a step that adds needs lower",
    ),
    "removing without upper": (
        {"scaling": by_steps(ScalingStep(change=-1, lower=1))},
        "a step that removes needs upper",
    ),
    "empty interval": (
        {"scaling": by_steps(ScalingStep(change=1, lower=2, upper=2))},
        "lower must be below upper",
    ),
    "gap": (
        {
            "scaling": by_steps(
                ScalingStep(change=1, lower=1, upper=2), ScalingStep(change=2, lower=3)
            )
        },
        "must begin where the step below ends, at 2",
    ),
    "highest step ends": (
        {
            "scaling": by_steps(
                ScalingStep(change=1, lower=1, upper=2), ScalingStep(change=2, lower=2, upper=3)
            )
        },
        "the highest step that adds must be without upper",
    ),
    "lowest step ends": (
        {"scaling": by_steps(ScalingStep(change=-1, lower=1, upper=2))},
        "the lowest step that removes must be without lower",
    ),
    "adds where it removes": (
        {"scaling": by_steps(ScalingStep(change=1, lower=1), ScalingStep(change=-1, upper=2))},
        "removes where a step adds, above 1",
    ),
    "schedule that changes nothing": (
        {"scaling": scaling(schedules=[schedule()])},
        "scaling.schedules[0]='hourly': needs min_capacity or max_capacity",
    ),
    "schedule to 0": (
        {"scaling": scaling(schedules=[schedule(min_capacity=0)])},
        "scaling.schedules[0].min_capacity=0: must be a whole number from 1",
    ),
    "schedule with bounds swapped": (
        {"scaling": scaling(schedules=[schedule(min_capacity=3, max_capacity=2)])},
        "scaling.schedules[0].min_capacity=3: is above every max_capacity",
    ),
    "schedules of one name": (
        {"scaling": scaling(schedules=[schedule(min_capacity=3), schedule(max_capacity=9)])},
        "scaling.schedules='hourly': is the name of 2",
    ),
    "schedule with a slash": (
        {"scaling": scaling(schedules=[schedule(name="a/b", min_capacity=3)])},
        "scaling.schedules='a/b': a name must be 1 to 256 characters",
    ),
    "variant by its place": (
        {
            "variants": [
                variant("A", scaling=scaling(CPU_POLICY)),
                variant("B", scaling=scaling(CPU_POLICY, min_capacity=0)),
            ]
        },
        "variants[1].scaling.min_capacity=0",
    ),
}


def refusal(**arguments: Any) -> str:
    with pytest.raises(ValueError, match=r"has \d+ problem") as caught:
        realtime(**arguments)(Stack(App(), "Test"))
    return str(caught.value)


@pytest.mark.parametrize("id", REFUSED)
def test_what_could_not_be_deployed_is_refused(id: str) -> None:
    arguments, text = REFUSED[id]
    message = refusal(**arguments)
    assert "has 1 problem:" in message
    assert text in message


def test_everything_wrong_is_said_at_once() -> None:
    message = refusal(
        instance_type="ml.t2.medium",
        instance_count=9,
        scaling=scaling(
            ScalingPolicy.on_cpu(percent=120),
            ScalingPolicy.in_steps(QUEUE, name="b", steps=[]),
            schedules=[schedule()],
        ),
    )
    assert "has 5 problems:" in message
    for text in ("burstable", "outside the bounds", "percent=120", "steps=[]", "schedules[0]"):
        assert text in message


def test_tokens_are_left_to_the_deployment() -> None:
    def build(stack: Stack) -> None:
        number = cast(int, CfnParameter(stack, "Count", type="Number").value_as_number)
        realtime(
            scaling=Scaling.on_invocations(
                min_capacity=1, max_capacity=number, per_instance_per_minute=number
            )
        )(stack)

    result = synthesize(build)
    assert result.properties(TARGET)["MaxCapacity"] == {"Ref": "Count"}
    assert result.properties(POLICY)[TRACKING]["TargetValue"] == {"Ref": "Count"}
