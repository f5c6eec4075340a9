"""Deployment guardrails, as the template has them."""

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Stack
from aws_cdk import aws_iam as iam

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    DeploymentPolicy,
    Rolling,
    Scaling,
    ScalingPolicy,
    ShadowVariant,
    Variant,
)
from support import CONTAINER, Synthesized, realtime, synthesize

ALARM = "AWS::CloudWatch::Alarm"
ENDPOINT = "AWS::SageMaker::Endpoint"
ENDPOINT_NAME = "rc-project-a-fraud-ep"
GUARDS = ("5XXErrors", "ModelLatency")
FLEET = 10

EVERY_NUMBER: dict[str, Any] = {
    "bake": Duration.minutes(15),
    "maximum_execution_timeout": Duration.hours(6),
}
BOTH_WAITS: dict[str, Any] = EVERY_NUMBER | {"termination_wait": Duration.minutes(7)}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def count(value: int) -> dict[str, Any]:
    return {"Type": "INSTANCE_COUNT", "Value": value}


def blue_green(
    routing: dict[str, Any], *, termination_wait: int = 300, timeout: int | None = None
) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": termination_wait,
    }
    if timeout is not None:
        policy["MaximumExecutionTimeoutInSeconds"] = timeout
    return {"BlueGreenUpdatePolicy": policy}


# id: (policy, DeploymentConfig without alarms)
STRATEGIES: dict[str, tuple[DeploymentPolicy, dict[str, Any]]] = {
    "all at once": (
        BlueGreen.all_at_once(),
        blue_green({"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 600}),
    ),
    "all at once, every number": (
        BlueGreen.all_at_once(**BOTH_WAITS),
        blue_green(
            {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 900},
            termination_wait=420,
            timeout=21600,
        ),
    ),
    "canary in percent": (
        BlueGreen.canary(percent=10),
        blue_green({"Type": "CANARY", "WaitIntervalInSeconds": 600, "CanarySize": percent(10)}),
    ),
    "canary in instances, every number": (
        BlueGreen.canary(instances=2, **BOTH_WAITS),
        blue_green(
            {"Type": "CANARY", "WaitIntervalInSeconds": 900, "CanarySize": count(2)},
            termination_wait=420,
            timeout=21600,
        ),
    ),
    "linear in percent": (
        BlueGreen.linear(percent=20),
        blue_green({"Type": "LINEAR", "WaitIntervalInSeconds": 600, "LinearStepSize": percent(20)}),
    ),
    "linear in instances, every number": (
        BlueGreen.linear(instances=5, **BOTH_WAITS),
        blue_green(
            {"Type": "LINEAR", "WaitIntervalInSeconds": 900, "LinearStepSize": count(5)},
            termination_wait=420,
            timeout=21600,
        ),
    ),
    "rolling in percent": (
        Rolling(percent=25),
        {"RollingUpdatePolicy": {"MaximumBatchSize": percent(25), "WaitIntervalInSeconds": 600}},
    ),
    "rolling in instances, every number": (
        Rolling(instances=3, rollback_percent=50, **EVERY_NUMBER),
        {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": count(3),
                "RollbackMaximumBatchSize": percent(50),
                "WaitIntervalInSeconds": 900,
                "MaximumExecutionTimeoutInSeconds": 21600,
            }
        },
    ),
    "rolling, rolled back in instances": (
        Rolling(percent=50, rollback_instances=10),
        {
            "RollingUpdatePolicy": {
                "MaximumBatchSize": percent(50),
                "RollbackMaximumBatchSize": count(10),
                "WaitIntervalInSeconds": 600,
            }
        },
    ),
}


def deployed(**arguments: Any) -> Synthesized:
    return synthesize(
        realtime(**{"alarms": Alarms(), "instance_count": FLEET} | arguments),
    )


def alarm_ids(result: Synthesized) -> dict[str, str]:
    return {
        resource["Properties"]["AlarmName"]: key
        for key, resource in result.template["Resources"].items()
        if resource["Type"] == ALARM
    }


def describable(result: Synthesized) -> list[str]:
    """Names of the alarms that the role may describe."""
    statement = result.statements().get("WatchDeploymentAlarms")
    if statement is None:
        return []
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == "cloudwatch:DescribeAlarms"
    resources = statement["Resource"]
    found = []
    for resource in resources if isinstance(resources, list) else [resources]:
        separator, parts = resource["Fn::Join"]
        *front, last = parts
        assert separator == ""
        assert front == [
            "arn:",
            {"Ref": "AWS::Partition"},
            ":cloudwatch:",
            {"Ref": "AWS::Region"},
            ":",
            {"Ref": "AWS::AccountId"},
        ]
        assert last.startswith(":alarm:")
        found.append(last.removeprefix(":alarm:"))
    return sorted(found)


class TestStrategies:
    @pytest.mark.parametrize("id", STRATEGIES)
    def test_every_number_arrives_and_the_librarys_alarms_roll_back(self, id: str) -> None:
        policy, expected = STRATEGIES[id]
        result = deployed(deployment=policy)
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        ids = alarm_ids(result)
        guards = [
            {"AlarmName": {"Ref": ids[f"{ENDPOINT_NAME}-AllTraffic-{guard}"]}} for guard in GUARDS
        ]
        rollback = config.pop("AutoRollbackConfiguration")
        assert sorted(map(str, rollback.pop("Alarms"))) == sorted(map(str, guards))
        assert rollback == {}
        assert config == expected
        assert result.messages == []

    @pytest.mark.parametrize("id", STRATEGIES)
    def test_without_rollback_there_is_no_rollback_block(self, id: str) -> None:
        policy, expected = STRATEGIES[id]
        result = deployed(deployment=replace(policy, roll_back=False))
        assert result.properties(ENDPOINT)["DeploymentConfig"] == expected
        assert describable(result) == []

    @pytest.mark.parametrize(
        ("policy", "path"),
        [
            (
                BlueGreen.all_at_once(bake=Duration.seconds(0), roll_back=False),
                ("BlueGreenUpdatePolicy", "TrafficRoutingConfiguration"),
            ),
            (
                BlueGreen.canary(percent=10, bake=Duration.seconds(0), roll_back=False),
                ("BlueGreenUpdatePolicy", "TrafficRoutingConfiguration"),
            ),
            (
                BlueGreen.linear(percent=10, bake=Duration.seconds(0), roll_back=False),
                ("BlueGreenUpdatePolicy", "TrafficRoutingConfiguration"),
            ),
            (
                Rolling(percent=10, bake=Duration.seconds(0), roll_back=False),
                ("RollingUpdatePolicy",),
            ),
        ],
        ids=["all at once", "canary", "linear", "rolling"],
    )
    def test_the_wait_is_there_even_if_it_is_0(
        self, policy: DeploymentPolicy, path: tuple[str, ...]
    ) -> None:
        """The API requires it and CloudFormation does not: sagemaker-rules.md §1."""
        part = deployed(deployment=policy).properties(ENDPOINT)["DeploymentConfig"]
        for key in path:
            part = part[key]
        assert part["WaitIntervalInSeconds"] == 0

    def test_the_old_fleet_may_end_at_once(self) -> None:
        policy = BlueGreen.all_at_once(termination_wait=Duration.seconds(0))
        config = deployed(deployment=policy).properties(ENDPOINT)["DeploymentConfig"]
        assert config["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 0

    def test_without_a_policy_there_is_none(self) -> None:
        result = deployed()
        assert "DeploymentConfig" not in result.properties(ENDPOINT)
        assert describable(result) == []


class TestRollback:
    def test_the_alarms_exist_first_and_only_through_references(self) -> None:
        result = deployed(deployment=BlueGreen.canary(percent=10))
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        referred = [
            alarm["AlarmName"]["Ref"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]
        ]
        resources = result.template["Resources"]
        for id in referred:
            assert resources[id]["Type"] == ALARM
            assert "DependsOn" not in resources[id]
            assert "Ref" not in str(resources[id]["Properties"])

    def test_the_role_may_describe_exactly_them(self) -> None:
        result = deployed(deployment=BlueGreen.canary(percent=10))
        assert describable(result) == [f"{ENDPOINT_NAME}-AllTraffic-{guard}" for guard in GUARDS]
        assert "AWS::CloudWatch" not in str(result.statements()["WatchDeploymentAlarms"])

    def test_of_every_variant(self) -> None:
        result = deployed(
            instance_count=None,
            deployment=BlueGreen.all_at_once(),
            variants=[Variant(name=name, model=CONTAINER) for name in ("A", "B")],
        )
        names = [f"{ENDPOINT_NAME}-{variant}-{guard}" for variant in "AB" for guard in GUARDS]
        assert describable(result) == names
        ids = alarm_ids(result)
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        referred = {
            alarm["AlarmName"]["Ref"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]
        }
        assert referred == {ids[name] for name in names}

    def test_not_of_a_shadow_whose_answers_nobody_sees(self) -> None:
        shadow = ShadowVariant(variant=Variant(name="shadow", model=CONTAINER, instance_count=2))
        result = deployed(deployment=BlueGreen.all_at_once(), shadow=shadow)
        assert describable(result) == [f"{ENDPOINT_NAME}-AllTraffic-{guard}" for guard in GUARDS]
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        assert len(config["AutoRollbackConfiguration"]["Alarms"]) == len(GUARDS)

    @pytest.mark.parametrize(
        ("alarms", "guards"),
        [
            (Alarms(model_latency_millis=None), ["5XXErrors"]),
            (Alarms(error_5xx_percent=None), ["ModelLatency"]),
            (Alarms(model_latency_millis=None, error_5xx_percent=None), []),
            (None, []),
        ],
        ids=["no latency", "no errors", "neither", "no alarms"],
    )
    def test_what_is_off_guards_nothing(self, alarms: Alarms | None, guards: list[str]) -> None:
        result = deployed(deployment=BlueGreen.all_at_once(), alarms=alarms)
        config = result.properties(ENDPOINT)["DeploymentConfig"]
        assert describable(result) == [f"{ENDPOINT_NAME}-AllTraffic-{guard}" for guard in guards]
        assert len(config.get("AutoRollbackConfiguration", {}).get("Alarms", [])) == len(guards)
        assert ("AutoRollbackConfiguration" in config) == bool(guards)
        if not guards:
            (message,) = result.messages
            assert "no alarm of the endpoint guards it" in message

    def test_a_role_of_the_users_may_too(self) -> None:
        def build(stack: Stack) -> None:
            role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::123456789012:role/r")
            realtime(alarms=Alarms(), deployment=BlueGreen.all_at_once(), role=role)(stack)

        assert len(describable(synthesize(build))) == len(GUARDS)

    def test_the_docstring_says_what_the_first_deployment_does(self) -> None:
        assert "very first deployment" in str(DeploymentPolicy.__doc__)


# id: (arguments over a fleet of ten, number of problems, what the message holds)
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "canary of one instance": (
        {"deployment": BlueGreen.canary(percent=10), "instance_count": 1},
        "of which no half can be shifted",
    ),
    "scaled down to one instance": (
        {
            "deployment": BlueGreen.linear(percent=20),
            "instance_count": None,
            "scaling": Scaling(
                min_capacity=1,
                max_capacity=8,
                policies=[ScalingPolicy.on_invocations(per_instance_per_minute=60)],
            ),
        },
        "of which no half can be shifted",
    ),
    "canary without a size": (
        {"deployment": BlueGreen.canary()},
        "deployment={}: needs exactly one of percent and instances",
    ),
    "canary with two": (
        {"deployment": BlueGreen.canary(percent=10, instances=1)},
        "needs exactly one of percent and instances",
    ),
    "linear without a size": (
        {"deployment": BlueGreen.linear()},
        "needs exactly one of percent and instances",
    ),
    "rolling without a size": (
        {"deployment": Rolling()},
        "needs exactly one of percent and instances",
    ),
    "rollback with two": (
        {"deployment": Rolling(percent=10, rollback_percent=10, rollback_instances=1)},
        "needs at most one of rollback_percent and rollback_instances",
    ),
    "size 0": (
        {"deployment": BlueGreen.canary(percent=0)},
        "deployment.percent=0: must be a whole number from 1",
    ),
    "half an instance": (
        {"deployment": BlueGreen.canary(instances=0.5)},  # type: ignore[arg-type]  # on purpose
        "deployment.instances=0.5: must be a whole number from 1",
    ),
    "canary above half": (
        {"deployment": BlueGreen.canary(percent=51)},
        "deployment.percent=51: must be 1 to 50 percent of the fleet",
    ),
    "canary above half of the instances": (
        {"deployment": BlueGreen.canary(instances=6)},
        "deployment.instances=6: must be 1 to 50 percent of the fleet, and is 60 percent of a "
        "fleet that may have 10; say it in percent, or change the fleet's bounds",
    ),
    "canary of a fleet of one": (
        {"deployment": BlueGreen.canary(instances=1), "instance_count": 1},
        "and is 100 percent of a fleet that may have 1",
    ),
    "canary of a fleet that scales down": (
        {
            "deployment": BlueGreen.canary(instances=2),
            "instance_count": None,
            "scaling": Scaling.on_cpu(min_capacity=3, max_capacity=10, percent=50),
        },
        "of a fleet that may have 3",
    ),
    "linear below a tenth": (
        {"deployment": BlueGreen.linear(percent=9)},
        "deployment.percent=9: must be 10 to 50 percent",
    ),
    "linear above half": (
        {"deployment": BlueGreen.linear(percent=51)},
        "deployment.percent=51: must be 10 to 50 percent",
    ),
    "linear below a tenth of the instances": (
        {"deployment": BlueGreen.linear(instances=1), "instance_count": 11},
        "deployment.instances=1: must be 10 to 50 percent",
    ),
    "batch below a twentieth": (
        {"deployment": Rolling(percent=4)},
        "deployment.percent=4: must be 5 to 50 percent",
    ),
    "batch above half": (
        {"deployment": Rolling(instances=6)},
        "deployment.instances=6: must be 5 to 50 percent",
    ),
    "rollback above the fleet": (
        {"deployment": Rolling(percent=10, rollback_percent=101)},
        "must be 1 to 100 percent",
    ),
    "bake too long": (
        {"deployment": BlueGreen.all_at_once(bake=Duration.seconds(3601))},
        "deployment.bake='3601 s': must be 0 to 3600 whole seconds",
    ),
    "bake of a fraction": (
        {"deployment": BlueGreen.all_at_once(bake=Duration.millis(600_500))},
        "deployment.bake='600.5 s': must be 0 to 3600 whole seconds",
    ),
    "termination wait too long": (
        {"deployment": BlueGreen.all_at_once(termination_wait=Duration.hours(2))},
        "deployment.termination_wait='7200 s': must be 0 to 3600 whole seconds",
    ),
    "timeout too short": (
        {
            "deployment": BlueGreen.all_at_once(
                maximum_execution_timeout=Duration.seconds(599),
                bake=Duration.minutes(4),
                termination_wait=Duration.seconds(0),
            )
        },
        "deployment.maximum_execution_timeout='599 s': must be 600 to 28800 whole seconds",
    ),
    "timeout too long": (
        {"deployment": Rolling(percent=50, maximum_execution_timeout=Duration.seconds(28801))},
        "deployment.maximum_execution_timeout='28801 s': must be 600 to 28800 whole seconds",
    ),
    "waits of one step and the end": (
        {
            "deployment": BlueGreen.all_at_once(
                bake=Duration.minutes(10),
                termination_wait=Duration.minutes(5),
                maximum_execution_timeout=Duration.minutes(15),
            )
        },
        "must exceed all waits of the deployment, which are 900 s",
    ),
    "a canary bakes twice": (
        {
            "deployment": BlueGreen.canary(
                percent=10,
                bake=Duration.minutes(10),
                termination_wait=Duration.seconds(0),
                maximum_execution_timeout=Duration.minutes(20),
            )
        },
        "must exceed all waits of the deployment, which are 1200 s",
    ),
    "linear bakes at each step": (
        {
            "deployment": BlueGreen.linear(
                percent=30,
                bake=Duration.minutes(10),
                termination_wait=Duration.minutes(5),
                maximum_execution_timeout=Duration.minutes(45),
            )
        },
        "must exceed all waits of the deployment, which are 2700 s",
    ),
    "rolling bakes at each batch": (
        {
            "deployment": Rolling(
                instances=2,
                bake=Duration.minutes(10),
                maximum_execution_timeout=Duration.minutes(50),
            )
        },
        "must exceed all waits of the deployment, which are 3000 s",
    ),
    "waits above the longest timeout": (
        {"deployment": Rolling(percent=5, bake=Duration.hours(1))},
        "must exceed all waits of the deployment, which are 72000 s",
    ),
    "bake before an alarm can fire": (
        {"deployment": BlueGreen.all_at_once(bake=Duration.seconds(239))},
        "deployment.bake='239 s': ends before a rollback alarm can go off, which takes 240 s",
    ),
    "rolling with variants": (
        {
            "deployment": Rolling(percent=50),
            "instance_count": None,
            "variants": [
                Variant(name=name, model=CONTAINER, instance_count=4) for name in ("A", "B")
            ],
        },
        "deployment='Rolling': allows one variant, not 2",
    ),
    "rolling with a shadow": (
        {
            "deployment": Rolling(percent=50),
            "shadow": ShadowVariant(variant=Variant(name="shadow", model=CONTAINER)),
        },
        "deployment='Rolling': allows one variant, not 2",
    ),
    "more than ten alarms": (
        {
            "deployment": BlueGreen.all_at_once(),
            "instance_count": None,
            "variants": [Variant(name=f"V{index}", model=CONTAINER) for index in range(6)],
        },
        "alarms=12: may be 10 rollback alarms of all variants",
    ),
}


def without_none(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None}


@pytest.mark.parametrize("id", REFUSED)
def test_what_sagemaker_would_refuse_is_refused(id: str) -> None:
    changes, text = REFUSED[id]
    arguments = without_none({"alarms": Alarms(), "instance_count": FLEET} | changes)
    with pytest.raises(ValueError, match="has 1 problem:") as caught:
        realtime(**arguments)(Stack(App(), "Test"))
    assert text in str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    policy = Rolling(
        percent=60, bake=Duration.seconds(100), maximum_execution_timeout=Duration.seconds(1)
    )
    variants = [Variant(name=name, model=CONTAINER, instance_count=2) for name in ("A", "B")]
    with pytest.raises(ValueError, match="has 4 problems:") as caught:
        realtime(alarms=Alarms(), deployment=policy, variants=variants)(Stack(App(), "Test"))
    for text in ("percent=60", "timeout='1 s'", "bake='100 s'", "allows one variant"):
        assert text in str(caught.value)


# id: arguments over a fleet of ten that are just about right
ACCEPTED: dict[str, dict[str, Any]] = {
    "half of two": {"deployment": BlueGreen.canary(instances=1), "instance_count": 2},
    "canary of 1 percent": {"deployment": BlueGreen.canary(percent=1)},
    "linear of a tenth": {"deployment": BlueGreen.linear(instances=1)},
    "batch of a twentieth": {"deployment": Rolling(instances=1), "instance_count": 20},
    "rollback at once": {"deployment": Rolling(percent=50, rollback_percent=100)},
    "bake as long as the alarm takes": {
        "deployment": BlueGreen.all_at_once(bake=Duration.seconds(240))
    },
    "short bake without rollback": {
        "deployment": BlueGreen.all_at_once(bake=Duration.seconds(1), roll_back=False)
    },
    "timeout just above the waits": {
        "deployment": BlueGreen.all_at_once(
            bake=Duration.minutes(10),
            termination_wait=Duration.minutes(5),
            maximum_execution_timeout=Duration.seconds(901),
        )
    },
    "ten alarms": {
        "deployment": BlueGreen.all_at_once(),
        "instance_count": None,
        "variants": [Variant(name=f"V{index}", model=CONTAINER) for index in range(5)],
    },
    "ten variants with one alarm each": {
        "deployment": BlueGreen.all_at_once(),
        "alarms": Alarms(model_latency_millis=None),
        "instance_count": None,
        "variants": [Variant(name=f"V{index}", model=CONTAINER) for index in range(10)],
    },
    "blue/green with a shadow": {
        "deployment": BlueGreen.canary(percent=10),
        "shadow": ShadowVariant(variant=Variant(name="shadow", model=CONTAINER, instance_count=2)),
    },
}


@pytest.mark.parametrize("id", ACCEPTED)
def test_what_is_just_right_is_accepted_without_a_word(id: str) -> None:
    arguments = without_none({"alarms": Alarms(), "instance_count": FLEET} | ACCEPTED[id])
    assert synthesize(realtime(**arguments)).messages == []


# id: (arguments, what the warning holds)
WARNED: dict[str, tuple[dict[str, Any], str]] = {
    "rolling of one instance": (
        {"deployment": Rolling(percent=10), "instance_count": 1},
        "the fleet may have one instance, of which no half can be replaced",
    ),
    "Inferentia 1": (
        {"deployment": BlueGreen.canary(percent=10), "instance_type": "ml.inf1.xlarge"},
        "instance_type='ml.inf1.xlarge': SageMaker deploys it all at once and does not say so",
    ),
    "nothing to roll back for": (
        {
            "deployment": BlueGreen.all_at_once(),
            "alarms": Alarms(model_latency_millis=None, error_5xx_percent=None),
        },
        "no alarm of the endpoint guards it",
    ),
}


@pytest.mark.parametrize("id", WARNED)
def test_what_sagemaker_would_do_silently_is_warned_about(id: str) -> None:
    changes, text = WARNED[id]
    arguments = without_none({"alarms": Alarms(), "instance_count": FLEET} | changes)
    (message,) = synthesize(realtime(**arguments)).messages
    assert text in message
    assert "cdk-sagemaker-inference:deployment-" in message


def test_inferentia_1_all_at_once_is_what_it_gets_anyway() -> None:
    result = deployed(deployment=BlueGreen.all_at_once(), instance_type="ml.inf1.xlarge")
    assert result.messages == []


def test_tokens_are_left_to_the_deployment() -> None:
    def build(stack: Stack) -> None:
        seconds = CfnParameter(stack, "Bake", type="Number").value_as_number
        realtime(
            alarms=Alarms(),
            instance_count=FLEET,
            deployment=BlueGreen.canary(percent=10, bake=Duration.seconds(seconds)),
        )(stack)

    config = synthesize(build).properties(ENDPOINT)["DeploymentConfig"]
    routing = config["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["WaitIntervalInSeconds"] == {"Ref": "Bake"}
