"""Rules about deployment guardrails."""

from collections.abc import Iterator

from ..deployment import BlueGreen, CapacityUnit, ComponentRolling, DeploymentPolicy, Rolling
from ..model import ModelPackage
from ..request import PlacedRequest, rollback_alarms
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, is_whole, rule

WAIT_SECONDS = range(3601)
TIMEOUT_SECONDS = range(600, 28801)
MAX_ROLLBACK_ALARMS = 10

# Percent of the fleet that a step may have.
STEP_PERCENT = {
    "CANARY": (1, 50),
    "LINEAR": (10, 50),
    "BATCH": (5, 50),
    "ROLLBACK_BATCH": (1, 100),
}

RULES = Rules("guarded deployments")


def _policy(placed: PlacedRequest) -> Iterator[DeploymentPolicy]:
    if placed.request.deployment is not None:
        yield placed.request.deployment


def _fleets(placed: PlacedRequest) -> tuple[int, int] | None:
    """The fewest and the most instances or copies that are deployed, if that is known."""
    counts = placed.request.deployed_counts
    if not counts or not all(is_whole(count) and count >= 0 for count in counts):
        return None
    # What scales to zero has one instance on the way.
    return max(1, min(counts)), max(1, *counts)


def _may_be_one(placed: PlacedRequest) -> bool:
    fleets = _fleets(placed)
    return fleets is not None and fleets[0] == 1


def _sizes_are_sound(policy: DeploymentPolicy) -> bool:
    return all(
        len(sizes) == 1 or (kind == "ROLLBACK_BATCH" and not sizes)
        for kind, sizes in policy.sizes.items()
    ) and all(
        is_whole(size.value) and size.value >= 1
        for sizes in policy.sizes.values()
        for size in sizes
    )


@rule(
    RULES,
    "deployment-type",
    "Endpoints are updated blue/green or rolling, and inference components rolling by copies.",
    source="api:DeploymentConfig, api:InferenceComponentDeploymentConfig",
)
def _deployment_type(placed: PlacedRequest) -> Iterator[Finding]:
    added = placed.request.component is not None
    for policy in _policy(placed):
        if not isinstance(policy, ComponentRolling if added else (BlueGreen, Rolling)):
            yield Finding(
                argument="deployment",
                value=type(policy).__name__,
                problem=f"is not how an {'inference component' if added else 'endpoint'} is "
                "updated",
                fix="use ComponentRolling" if added else "use BlueGreen or Rolling",
            )


@rule(
    RULES,
    "deployment-size",
    "A step of a deployment is said once, as a whole number of percent, instances or copies from "
    "1.",
    source="api:CapacitySize",
)
def _deployment_size(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        for kind, sizes in policy.sizes.items():
            said = {size.argument: size.value for size in sizes}
            needed = kind != "ROLLBACK_BATCH"
            if len(sizes) > 1 or (needed and not sizes):
                prefix = "" if needed else "rollback_"
                yield Finding(
                    argument="deployment",
                    value=said,
                    problem=f"needs {'exactly' if needed else 'at most'} one of {prefix}percent "
                    f"and {prefix}{policy.unit.noun}",
                )
            for size in sizes:
                if not is_token(size.value) and (not is_whole(size.value) or size.value < 1):
                    yield Finding(
                        argument=f"deployment.{size.argument}",
                        value=size.value,
                        problem="must be a whole number from 1",
                    )


@rule(
    RULES,
    "deployment-size-range",
    "A canary is at most 50 percent of the fleet, a linear step 10 to 50, a rolling batch 5 to 50.",
    source="api:TrafficRoutingConfig, api:RollingUpdatePolicy",
)
def _deployment_size_range(placed: PlacedRequest) -> Iterator[Finding]:
    fleets = _fleets(placed)
    for policy in _policy(placed):
        if not _sizes_are_sound(policy):
            return
        for kind, sizes in policy.sizes.items():
            low, high = STEP_PERCENT[kind]
            for size in sizes:
                if size.unit is CapacityUnit.PERCENT:
                    if not low <= size.value <= high:
                        yield Finding(
                            argument=f"deployment.{size.argument}",
                            value=size.value,
                            problem=f"must be {low} to {high} percent of the fleet",
                        )
                    continue
                # A count is the largest part of the smallest fleet and the reverse.
                for fleet in dict.fromkeys(fleets or ()):
                    if not low <= size.of(fleet) <= high:
                        yield Finding(
                            argument=f"deployment.{size.argument}",
                            value=size.value,
                            problem=f"must be {low} to {high} percent of the fleet, and is "
                            f"{size.of(fleet):g} percent of a fleet that may have {fleet}",
                            fix="say it in percent, or change the fleet's bounds",
                        )


@rule(
    RULES,
    "deployment-fleet",
    "A canary or linear step is at least one instance and at most half of the fleet, which "
    "therefore has two.",
    source="api:TrafficRoutingConfig",
)
def _deployment_fleet(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        in_percent = any(
            size.unit is CapacityUnit.PERCENT for sizes in policy.sizes.values() for size in sizes
        )
        if isinstance(policy, BlueGreen) and in_percent and _may_be_one(placed):
            yield Finding(
                argument="deployment",
                value=policy.traffic,
                problem="the fleet may have one instance, of which no half can be shifted",
                fix="begin and scale with two instances or more, or use BlueGreen.all_at_once",
            )


@rule(
    RULES,
    "deployment-rolling-fleet",
    "What a rolling batch of at most half of the fleet is on one instance is not documented.",
    source="api:RollingUpdatePolicy",
    warns=Doubt.UNVERIFIED,
)
def _deployment_rolling_fleet(placed: PlacedRequest) -> Iterator[Finding]:
    if isinstance(placed.request.deployment, Rolling) and _may_be_one(placed):
        yield Finding(
            argument="deployment",
            value="Rolling",
            problem="the fleet may have one instance, of which no half can be replaced",
            fix="begin and scale with two instances or more, or use BlueGreen.all_at_once",
        )


@rule(
    RULES,
    "deployment-waits",
    "Bake and termination wait are 0 to 3600 seconds each.",
    source="api:WaitIntervalInSeconds, api:TerminationWaitInSeconds",
)
def _deployment_waits(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        for argument, seconds in policy.waits:
            if not is_token(seconds) and seconds not in WAIT_SECONDS:
                yield Finding(
                    argument=f"deployment.{argument}",
                    value=f"{seconds:g} s",
                    problem="must be 0 to 3600 whole seconds",
                )


@rule(
    RULES,
    "deployment-timeout",
    "The maximum execution time is 600 to 28800 seconds and exceeds all waits of the deployment.",
    source="api:BlueGreenUpdatePolicy, api:RollingUpdatePolicy",
)
def _deployment_timeout(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        timeout = policy.timeout_seconds
        if is_token(timeout) or any(is_token(seconds) for _, seconds in policy.waits):
            return
        if timeout not in TIMEOUT_SECONDS:
            yield Finding(
                argument="deployment.maximum_execution_timeout",
                value=f"{timeout:g} s",
                problem="must be 600 to 28800 whole seconds",
            )
            return
        fleets = _fleets(placed)
        if not _sizes_are_sound(policy) or fleets is None:
            return
        waits = max(policy.total_wait_seconds(fleet) for fleet in fleets)
        if waits >= timeout:
            yield Finding(
                argument="deployment.maximum_execution_timeout",
                value=f"{timeout:g} s",
                problem=f"must exceed all waits of the deployment, which are {waits:g} s",
                fix="shorten bake or take larger steps",
            )


@rule(
    RULES,
    "deployment-bake",
    "A bake is long enough for each rollback alarm to go off.",
    source="dg:deployment-guardrails-configuration",
)
def _deployment_bake(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        seconds = policy.bake_seconds
        slowest = max(
            (kind.seconds_to_fire for kind, _ in rollback_alarms(placed.request)), default=0
        )
        if not is_token(seconds) and seconds < slowest:
            yield Finding(
                argument="deployment.bake",
                value=f"{seconds:g} s",
                problem=f"ends before a rollback alarm can go off, which takes {slowest} s",
                fix=f"bake at least {slowest} s, or say roll_back=False",
            )


@rule(
    RULES,
    "deployment-rolling-variants",
    "A rolling deployment has one variant.",
    source="dg:deployment-guardrails-exclusions",
)
def _deployment_rolling_variants(placed: PlacedRequest) -> Iterator[Finding]:
    count = len(placed.request.all_variants)
    if isinstance(placed.request.deployment, Rolling) and count > 1:
        yield Finding(
            argument="deployment",
            value="Rolling",
            problem=f"allows one variant, not {count}",
            fix="use BlueGreen",
        )


@rule(
    RULES,
    "deployment-alarm-count",
    "At most ten alarms guard a deployment.",
    source="api:AutoRollbackConfig",
)
def _deployment_alarm_count(placed: PlacedRequest) -> Iterator[Finding]:
    count = len(list(rollback_alarms(placed.request)))
    if count > MAX_ROLLBACK_ALARMS:
        yield Finding(
            argument="alarms",
            value=count,
            problem=f"may be {MAX_ROLLBACK_ALARMS} rollback alarms of all variants",
            fix="switch one kind off, such as model_latency_millis=None, or say roll_back=False",
        )


@rule(
    RULES,
    "deployment-without-alarms",
    "Without alarms nothing rolls a deployment back; the bakes only wait.",
    source="dg:deployment-guardrails-configuration",
    warns=Doubt.HARMLESS,
)
def _deployment_without_alarms(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        if policy.roll_back and not list(rollback_alarms(placed.request)):
            yield Finding(
                argument="deployment.roll_back",
                value=True,
                problem="no alarm of the endpoint guards it"
                if placed.request.component is None
                else "no alarm of the component guards it",
                fix="leave alarms on, or call add_alarm(…, guards_deployment=True)"
                if placed.request.component is None
                else "leave alarms on, those on errors or latency",
            )


@rule(
    RULES,
    "deployment-fallback",
    "Inferentia 1 and packages of the Marketplace are deployed all at once, without a final bake, "
    "whatever the policy says.",
    source="dg:deployment-guardrails-exclusions",
    warns=Doubt.HARMLESS,
)
def _deployment_fallback(placed: PlacedRequest) -> Iterator[Finding]:
    for policy in _policy(placed):
        for argument, model in placed.request.models:
            if policy.shifts_gradually and isinstance(model, ModelPackage) and model.marketplace:
                yield Finding(
                    argument=f"{argument}.marketplace",
                    value=True,
                    problem="SageMaker deploys it all at once and does not say so",
                )
        for variant in placed.request.fleets:
            name = variant.instance_type
            if policy.shifts_gradually and str(name).startswith("ml.inf1."):
                yield Finding(
                    argument=f"{variant.prefix}instance_type",
                    value=name,
                    problem="SageMaker deploys it all at once and does not say so",
                )
