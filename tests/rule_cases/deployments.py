"""Cases of the rules about deployment guardrails."""

from typing import Any

from aws_cdk import Duration

from cdk_sagemaker_inference import (
    Alarms,
    AsyncScaling,
    BlueGreen,
    ComponentAlarms,
    ComponentRolling,
    CopyScaling,
    Rolling,
)

from .building import (
    NUMBER_TOKEN,
    TOKEN,
    Cases,
    Changes,
    More,
    added,
    asynchronous,
    guarded,
    multi_model,
    scaling,
    variants,
)

TO_ZERO = AsyncScaling.on_backlog(max_capacity=4, per_instance=5)


def rolling(**arguments: Any) -> ComponentRolling:
    return ComponentRolling(**arguments)


def updated(policy: object, **changes: Any) -> Changes:
    """An inference component of ten copies that a policy updates."""
    return added(**{"deployment": policy, "copies": 10} | changes)


CASES: Cases = {
    "deployment-type": (
        guarded(BlueGreen.all_at_once()),
        guarded(ComponentRolling(percent=50), alarms=None),
        "deployment='ComponentRolling': is not how an endpoint is updated; use BlueGreen or "
        "Rolling",
    ),
    "deployment-size": (
        guarded(BlueGreen.canary(instances=1)),
        guarded(BlueGreen.canary()),
        "deployment={}: needs exactly one of percent and instances",
    ),
    "deployment-size-range": (
        guarded(BlueGreen.canary(instances=5)),
        guarded(BlueGreen.canary(instances=6)),
        "deployment.instances=6: must be 1 to 50 percent of the fleet, and is 60 percent of a "
        "fleet that may have 10",
    ),
    "deployment-fleet": (
        guarded(BlueGreen.canary(percent=50), instance_count=2),
        guarded(BlueGreen.canary(percent=50), instance_count=1),
        "deployment='CANARY': the fleet may have one instance, of which no half can be shifted",
    ),
    "deployment-rolling-fleet": (
        guarded(Rolling(percent=50), instance_count=2),
        guarded(Rolling(percent=50), instance_count=1),
        "no half can be replaced",
    ),
    "deployment-waits": (
        guarded(BlueGreen.all_at_once(bake=Duration.hours(1))),
        guarded(BlueGreen.all_at_once(termination_wait=Duration.seconds(3601))),
        "deployment.termination_wait='3601 s': must be 0 to 3600 whole seconds",
    ),
    "deployment-timeout": (
        guarded(BlueGreen.canary(percent=10, maximum_execution_timeout=Duration.seconds(1501))),
        guarded(BlueGreen.canary(percent=10, maximum_execution_timeout=Duration.seconds(1500))),
        "deployment.maximum_execution_timeout='1500 s': must exceed all waits of the deployment, "
        "which are 1500 s",
    ),
    "deployment-bake": (
        guarded(BlueGreen.all_at_once(bake=Duration.seconds(240))),
        guarded(BlueGreen.all_at_once(bake=Duration.seconds(239))),
        "deployment.bake='239 s': ends before a rollback alarm can go off, which takes 240 s",
    ),
    "deployment-rolling-variants": (
        guarded(Rolling(percent=50)),
        {"deployment": Rolling(percent=50), "variants": variants({}, {})},
        "deployment='Rolling': allows one variant, not 2; use BlueGreen",
    ),
    "deployment-alarm-count": (
        {
            "deployment": BlueGreen.all_at_once(),
            "alarms": Alarms(),
            "variants": variants(*[{}] * 5),
        },
        {
            "deployment": BlueGreen.all_at_once(),
            "alarms": Alarms(),
            "variants": variants(*[{}] * 6),
        },
        "alarms=12: may be 10 rollback alarms of all variants",
    ),
    "deployment-without-alarms": (
        guarded(BlueGreen.all_at_once(roll_back=False), alarms=None),
        guarded(BlueGreen.all_at_once(), alarms=None),
        "no alarm of the endpoint guards it",
    ),
    "deployment-fallback": (
        guarded(BlueGreen.all_at_once(), instance_type="ml.inf1.xlarge"),
        guarded(BlueGreen.canary(percent=10), instance_type="ml.inf1.xlarge"),
        "SageMaker deploys it all at once and does not say so",
    ),
}

MORE_REFUSED: More = [
    (
        "deployment-size-range",
        {
            "deployment": BlueGreen.linear(instances=1),
            "alarms": Alarms(),
            "scaling": scaling(2, 11),
        },
    ),
    ("deployment-size", guarded(BlueGreen.canary(percent=10, instances=1))),
    ("deployment-size", guarded(BlueGreen.linear(percent=0))),
    ("deployment-size", guarded(Rolling(percent=10, rollback_percent=1, rollback_instances=1))),
    ("deployment-size-range", guarded(BlueGreen.canary(percent=51))),
    ("deployment-size-range", guarded(BlueGreen.canary(instances=1), instance_count=1)),
    ("deployment-size-range", guarded(BlueGreen.linear(percent=9))),
    ("deployment-size-range", guarded(Rolling(percent=4))),
    ("deployment-size-range", guarded(Rolling(percent=5, rollback_percent=101))),
    ("deployment-waits", guarded(BlueGreen.canary(percent=10, bake=Duration.seconds(3601)))),
    ("deployment-waits", guarded(Rolling(percent=10, bake=Duration.millis(240500)))),
    (
        "deployment-timeout",
        guarded(BlueGreen.all_at_once(maximum_execution_timeout=Duration.seconds(599))),
    ),
    (
        "deployment-timeout",
        guarded(BlueGreen.linear(percent=10, bake=Duration.hours(1))),
    ),
    ("deployment-timeout", guarded(Rolling(percent=5, bake=Duration.minutes(30)))),
    ("deployment-type", updated(BlueGreen.all_at_once())),
    ("deployment-type", updated(Rolling(percent=50))),
    ("deployment-type", multi_model(deployment=ComponentRolling(percent=50), instance_count=2)),
    ("deployment-size", updated(ComponentRolling())),
    ("deployment-size", updated(ComponentRolling(percent=50, copies=1))),
    ("deployment-size", updated(ComponentRolling(copies=0))),
    ("deployment-size", updated(rolling(copies="1"))),
    ("deployment-size", updated(ComponentRolling(copies=1, rollback_copies=0))),
    ("deployment-size-range", updated(ComponentRolling(percent=4))),
    ("deployment-size-range", updated(ComponentRolling(percent=51))),
    ("deployment-size-range", updated(ComponentRolling(copies=6))),
    ("deployment-size-range", updated(ComponentRolling(copies=1), copies=1)),
    ("deployment-size-range", updated(ComponentRolling(copies=1), copies=21)),
    (
        "deployment-size-range",
        updated(
            ComponentRolling(copies=2),
            copies=None,
            scaling=CopyScaling.on_invocations(
                min_capacity=3, max_capacity=8, per_copy_per_minute=60
            ),
        ),
    ),
    ("deployment-fleet", asynchronous(deployment=BlueGreen.canary(percent=10), scaling=TO_ZERO)),
    ("deployment-waits", updated(ComponentRolling(percent=50, bake=Duration.seconds(3601)))),
    (
        "deployment-timeout",
        updated(ComponentRolling(percent=50, maximum_execution_timeout=Duration.seconds(599))),
    ),
    ("deployment-timeout", updated(ComponentRolling(percent=5, bake=Duration.hours(1)))),
    (
        "deployment-bake",
        updated(ComponentRolling(percent=50, bake=Duration.seconds(239)), alarms=ComponentAlarms()),
    ),
    ("deployment-without-alarms", updated(ComponentRolling(percent=50))),
    ("deployment-rolling-fleet", asynchronous(deployment=Rolling(percent=50), scaling=TO_ZERO)),
]

MORE_ACCEPTED: More = [
    ("deployment-type", guarded(Rolling(percent=50))),
    ("deployment-type", updated(ComponentRolling(percent=50))),
    ("deployment-size", updated(ComponentRolling(percent=50, rollback_copies=10))),
    ("deployment-size-range", updated(ComponentRolling(copies=5))),
    ("deployment-size-range", updated(ComponentRolling(copies=1), copies=NUMBER_TOKEN)),
    ("deployment-fallback", guarded(BlueGreen.canary(percent=10), instance_type=TOKEN)),
    (
        "deployment-bake",
        updated(ComponentRolling(percent=50, bake=Duration.seconds(240)), alarms=ComponentAlarms()),
    ),
]
