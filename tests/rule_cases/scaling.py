"""Cases of the rules about autoscaling."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_applicationautoscaling as appscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk_sagemaker_inference import (
    AsyncScaling,
    CopyScaling,
    ProvisionedConcurrencyScaling,
    Scaling,
    ScalingPolicy,
    ScalingSchedule,
    ScalingStep,
)

from .building import (
    NUMBER_TOKEN,
    ON_INVOCATIONS,
    TOKEN,
    Cases,
    Changes,
    More,
    added,
    asynchronous,
    multi_model,
    scaling,
    serverless,
    shadow,
)

ON_BACKLOG = ScalingPolicy.on_backlog(per_instance=5)
ON_CPU = ScalingPolicy.on_cpu(percent=60)
ON_UTILIZATION = ScalingPolicy.on_provisioned_concurrency_utilization(percent=70)
PER_COPY = ScalingPolicy.on_invocations_per_copy(per_minute=60)
QUEUE = cloudwatch.Metric(namespace="Own", metric_name="Queue")
NIGHTLY = appscaling.Schedule.cron(hour="20", minute="0")


def paused(cooldown: Duration) -> ScalingPolicy:
    return ScalingPolicy.on_cpu(percent=60, scale_in_cooldown=cooldown)


def steps(*said: ScalingStep) -> Scaling:
    return scaling(2, 8, ScalingPolicy.in_steps(QUEUE, name="queue", steps=said))


def schedule(name: Any = "night", **bounds: Any) -> Scaling:
    return scaling(schedules=[ScalingSchedule(name=name, schedule=NIGHTLY, **bounds)])


def unnamed(name: Any) -> ScalingPolicy:
    return ScalingPolicy.on_metric(QUEUE, name=name, target=5)


def queued(low: Any, high: Any, *policies: ScalingPolicy, **changes: Any) -> Changes:
    """An asynchronous endpoint that scales."""
    said = AsyncScaling(
        min_capacity=low, max_capacity=high, policies=policies or [ON_BACKLOG], **changes
    )
    return asynchronous(scaling=said)


def warmed(low: Any, high: Any, *policies: ScalingPolicy, **changes: Any) -> Changes:
    """A serverless endpoint that scales."""
    said = ProvisionedConcurrencyScaling(
        min_capacity=low, max_capacity=high, policies=policies or [ON_UTILIZATION]
    )
    return serverless(scaling=said, **changes)


def copied(low: Any, high: Any, *policies: ScalingPolicy, **changes: Any) -> Changes:
    """An inference component that scales."""
    said = CopyScaling(min_capacity=low, max_capacity=high, policies=policies or [PER_COPY])
    return added(scaling=said, **changes)


def emptied(**bounds: Any) -> Changes:
    """An asynchronous endpoint of which a schedule changes the bounds."""
    return queued(1, 2, schedules=[ScalingSchedule(name="night", schedule=NIGHTLY, **bounds)])


CASES: Cases = {
    "scaling-type": (
        {"scaling": scaling(1, 2, ON_CPU)},
        {"scaling": AsyncScaling(min_capacity=1, max_capacity=2, policies=[ON_CPU])},
        "scaling='AsyncScaling': is for another kind of endpoint; use Scaling",
    ),
    "scaling-bounds": (
        {"scaling": scaling(1, 1)},
        {"scaling": scaling(0, 8)},
        "scaling.min_capacity=0: must be a whole number from 1; only asynchronous endpoints",
    ),
    "scaling-initial-count": (
        {"scaling": scaling(2, 8), "instance_count": 8},
        {"scaling": scaling(2, 8), "instance_count": 1},
        "instance_count=1: is outside the bounds 2 to 8 of scaling; leave it out",
    ),
    "scaling-burstable": (
        {"scaling": scaling(), "instance_type": "ml.m5.large"},
        {"scaling": scaling(), "instance_type": "ml.t2.medium"},
        "instance_type='ml.t2.medium': is burstable",
    ),
    "scaling-shadow": (
        {"shadow": shadow(instance_count=2)},
        {"shadow": shadow(scaling=scaling())},
        "shadow.variant.scaling='Shadow': SageMaker may refuse to scale a shadow variant",
    ),
    "scaling-reason": (
        {"scaling": schedule(min_capacity=1)},
        {"scaling": Scaling(min_capacity=1, max_capacity=2)},
        "scaling='1 to 2': has neither policies nor schedules",
    ),
    "scaling-target": (
        {"scaling": scaling(1, 2, ScalingPolicy.on_cpu(percent=100))},
        {"scaling": scaling(1, 2, ScalingPolicy.on_cpu(percent=101))},
        "scaling.policies[0].percent=101: must be above 0 and at most 100",
    ),
    "scaling-policy-fits": (
        {"scaling": scaling(1, 2, ON_INVOCATIONS)},
        {"scaling": scaling(1, 2, ScalingPolicy.on_backlog(per_instance=5))},
        "scaling.policies[0]='ApproximateBacklogSizePerInstance': is not measured for the "
        "instances of a real-time endpoint",
    ),
    "scaling-cooldowns": (
        {"scaling": scaling(1, 2, paused(Duration.seconds(0)))},
        {"scaling": scaling(1, 2, paused(Duration.millis(500)))},
        "scaling.policies[0].scale_in_cooldown='0.5 s': must be whole seconds",
    ),
    "scaling-cpu": (
        {"scaling": scaling(1, 2, ON_CPU)},
        {"scaling": scaling(1, 2, ON_CPU), "instance_type": TOKEN},
        "how many virtual CPUs the instance has is not known",
    ),
    "scaling-policies-differ": (
        {"scaling": scaling(1, 2, ON_INVOCATIONS, ON_CPU)},
        {"scaling": scaling(1, 2, ON_CPU, ScalingPolicy.on_cpu(percent=70))},
        "scaling.policies='CPUUtilization': is followed by 2 policies",
    ),
    "scaling-statistic": (
        {"scaling": scaling(1, 2, ScalingPolicy.on_metric(QUEUE, name="queue", target=5))},
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(
                    cloudwatch.Metric(namespace="Own", metric_name="Queue", statistic="p99"),
                    name="queue",
                    target=5,
                ),
            )
        },
        "scaling.policies[0].metric='p99'",
    ),
    "scaling-steps": (
        {
            "scaling": steps(
                ScalingStep(upper=2, change=-1),
                ScalingStep(lower=10, upper=20, change=1),
                ScalingStep(lower=20, change=3),
            )
        },
        {
            "scaling": steps(
                ScalingStep(lower=10, upper=20, change=1), ScalingStep(lower=25, change=3)
            )
        },
        "must begin where the step below ends, at 20",
    ),
    "scaling-schedules": (
        {"scaling": schedule(min_capacity=1, max_capacity=1)},
        {"scaling": schedule()},
        "scaling.schedules[0]='night': needs min_capacity or max_capacity",
    ),
}

MORE_REFUSED: More = [
    ("scaling-bounds", {"scaling": scaling(3, 2)}),
    ("scaling-bounds", {"scaling": scaling(1, 2.5)}),
    ("scaling-bounds", {"scaling": scaling("1", 2)}),
    ("scaling-initial-count", {"scaling": scaling(2, 8), "instance_count": 9}),
    (
        "scaling-target",
        {"scaling": scaling(1, 2, ScalingPolicy.on_invocations(per_instance_per_minute=0))},
    ),
    (
        "scaling-target",
        {"scaling": scaling(1, 2, ScalingPolicy.on_concurrent_requests(per_model=float("inf")))},
    ),
    (
        "scaling-policies-differ",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(QUEUE, name="queue", target=5),
                ScalingPolicy.on_metric(QUEUE, name="queue", target=6),
            )
        },
    ),
    (
        "scaling-policies-differ",
        {"scaling": scaling(1, 2, ScalingPolicy.on_metric(QUEUE, name="a queue", target=5))},
    ),
    (
        "scaling-policies-differ",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.on_metric(QUEUE, name="hot-out", target=5),
                ScalingPolicy.in_steps(QUEUE, name="hot", steps=[ScalingStep(lower=1, change=1)]),
            )
        },
    ),
    (
        "scaling-steps",
        {
            "scaling": scaling(
                1,
                2,
                ScalingPolicy.in_steps(
                    QUEUE,
                    name="hot",
                    steps=[ScalingStep(lower=1, change=1)],
                    min_adjustment_magnitude=2,
                ),
            )
        },
    ),
    ("scaling-schedules", {"scaling": schedule(min_capacity=9)}),
    ("scaling-schedules", {"scaling": schedule(max_capacity=1)}),
    ("scaling-steps", {"scaling": steps()}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=1, change=0))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(upper=1, change=1))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=1, change=-1))}),
    ("scaling-steps", {"scaling": steps(ScalingStep(lower=2, upper=2, change=1))}),
    (
        "scaling-steps",
        {"scaling": steps(ScalingStep(upper=10, change=-1), ScalingStep(lower=5, change=1))},
    ),
    ("scaling-schedules", {"scaling": schedule("a:b", min_capacity=1)}),
    ("scaling-schedules", {"scaling": schedule(min_capacity=0)}),
    ("scaling-schedules", {"scaling": schedule(min_capacity=3, max_capacity=2)}),
    ("scaling-type", serverless(scaling=scaling(1, 2, ON_CPU))),
    ("scaling-type", asynchronous(scaling=scaling(1, 2, ON_CPU))),
    ("scaling-type", multi_model(scaling=queued(1, 2, ON_CPU)["scaling"])),
    ("scaling-type", added(scaling=scaling(1, 2, ON_CPU))),
    ("scaling-type", {"scaling": copied(1, 2)["scaling"]}),
    ("scaling-type", {"scaling": warmed(1, 2)["scaling"]}),
    ("scaling-type", {"shadow": shadow(scaling=queued(1, 2)["scaling"])}),
    ("scaling-bounds", {"scaling": scaling(None, 2)}),
    ("scaling-bounds", {"scaling": scaling(1, None)}),
    ("scaling-bounds", {"scaling": scaling(True, 2)}),
    ("scaling-bounds", multi_model(scaling=scaling(0, 2))),
    ("scaling-bounds", warmed(0, 2)),
    ("scaling-bounds", queued(-1, 2)),
    ("scaling-bounds", queued(0, 0)),
    ("scaling-bounds", queued(3, 2)),
    ("scaling-bounds", copied(-1, 2)),
    ("scaling-bounds", copied(0, 0)),
    ("scaling-bounds", copied(0, "2")),
    ("scaling-initial-count", asynchronous(**queued(0, 2) | {"instance_count": 3})),
    ("scaling-initial-count", warmed(2, 4, provisioned_concurrency=1)),
    ("scaling-initial-count", copied(2, 4, copies=1)),
    ("scaling-initial-count", copied(0, 4, copies=5)),
    ("scaling-burstable", asynchronous(**queued(0, 2) | {"instance_type": "ml.t2.medium"})),
    ("scaling-reason", asynchronous(scaling=AsyncScaling(max_capacity=2))),
    ("scaling-reason", added(scaling=CopyScaling(min_capacity=0, max_capacity=2))),
    ("scaling-target", queued(0, 2, ScalingPolicy.on_backlog(per_instance=0))),
    ("scaling-target", copied(0, 2, ScalingPolicy.on_invocations_per_copy(per_minute=-1))),
    (
        "scaling-target",
        warmed(1, 2, ScalingPolicy.on_provisioned_concurrency_utilization(percent=101)),
    ),
    (
        # It is divided by 100.
        "scaling-target",
        warmed(1, 2, ScalingPolicy.on_provisioned_concurrency_utilization(percent=NUMBER_TOKEN)),
    ),
    ("scaling-policy-fits", {"scaling": scaling(1, 2, ON_UTILIZATION)}),
    ("scaling-policy-fits", {"scaling": scaling(1, 2, PER_COPY)}),
    ("scaling-policy-fits", multi_model(scaling=scaling(1, 2, ON_BACKLOG))),
    ("scaling-policy-fits", queued(0, 2, ON_INVOCATIONS)),
    ("scaling-policy-fits", queued(0, 2, ScalingPolicy.on_concurrent_requests(per_model=2))),
    ("scaling-policy-fits", queued(0, 2, PER_COPY)),
    ("scaling-policy-fits", warmed(1, 2, ON_CPU)),
    ("scaling-policy-fits", warmed(1, 2, ON_BACKLOG)),
    ("scaling-policy-fits", warmed(1, 2, ON_INVOCATIONS)),
    ("scaling-policy-fits", copied(1, 2, ON_CPU)),
    ("scaling-policy-fits", copied(1, 2, ON_BACKLOG)),
    ("scaling-policy-fits", copied(1, 2, ON_INVOCATIONS)),
    ("scaling-policy-fits", copied(1, 2, ON_UTILIZATION)),
    (
        "scaling-policies-differ",
        {"scaling": scaling(1, 2, ScalingPolicy.on_metric(QUEUE, name=TOKEN, target=5))},
    ),
    (
        "scaling-policies-differ",
        {"scaling": scaling(1, 2, unnamed(None), unnamed("queue"))},
    ),
    (
        "scaling-policies-differ",
        queued(0, 2, ScalingPolicy.on_metric(QUEUE, name="wake-up", target=5)),
    ),
    ("scaling-schedules", {"scaling": schedule(None, min_capacity=1)}),
    ("scaling-schedules", {"scaling": schedule(7, min_capacity=1)}),
    ("scaling-schedules", {"scaling": schedule(min_capacity="1")}),
    ("scaling-schedules", emptied(min_capacity=-1)),
    ("scaling-schedules", emptied(max_capacity=0)),
]

MORE_ACCEPTED: More = [
    ("scaling-type", queued(0, 2)),
    ("scaling-type", warmed(1, 2)),
    ("scaling-type", copied(0, 2)),
    ("scaling-type", multi_model(scaling=scaling())),
    ("scaling-bounds", {"scaling": scaling(NUMBER_TOKEN, 2)}),
    ("scaling-bounds", {"scaling": scaling(5, NUMBER_TOKEN)}),
    ("scaling-bounds", queued(0, 1)),
    ("scaling-bounds", copied(0, 1)),
    ("scaling-bounds", warmed(1, 1)),
    ("scaling-initial-count", asynchronous(**queued(0, 2) | {"instance_count": 1})),
    ("scaling-initial-count", copied(0, 2, copies=2)),
    ("scaling-initial-count", copied(NUMBER_TOKEN, 2, copies=5)),
    ("scaling-burstable", {"scaling": scaling(), "instance_type": TOKEN}),
    ("scaling-target", queued(0, 2, ScalingPolicy.on_backlog(per_instance=NUMBER_TOKEN))),
    ("scaling-policy-fits", queued(0, 2, ON_CPU)),
    (
        "scaling-policy-fits",
        queued(0, 2, ScalingPolicy.on_metric(QUEUE, name="queue", target=5)),
    ),
    (
        "scaling-policy-fits",
        copied(0, 2, ScalingPolicy.on_concurrent_requests_per_copy(per_copy=2)),
    ),
    (
        "scaling-policy-fits",
        multi_model(scaling=scaling(1, 2, ScalingPolicy.on_concurrent_requests(per_model=2))),
    ),
    ("scaling-schedules", emptied(min_capacity=0)),
    ("scaling-schedules", {"scaling": schedule(min_capacity=NUMBER_TOKEN)}),
]
