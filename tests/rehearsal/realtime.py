"""Changes of a real-time endpoint."""

from typing import cast

from aws_cdk import Duration, Stack
from constructs import IConstruct

from cdk_sagemaker_inference import (
    Alarms,
    BlueGreen,
    DataCapture,
    InferencePipeline,
    MultiContainerModel,
    RealtimeEndpoint,
    Scaling,
    ShadowVariant,
    Variant,
)
from rehearsal.artifacts import artifact_changes, data_changes
from rehearsal.changes import ABSENT, Asked, Change, Obstructed, Partly
from rehearsal.fleets import (
    DEREGISTER,
    guardrail_changes,
    instance_changes,
    network_changes,
    scaling_changes,
)
from rehearsal.seen import ADDED, CHANGED, REMOVED
from rehearsal.surroundings import alarm_changes, identity_changes
from rehearsal.vocabulary import (
    CONTAINER,
    OTHER_TEAM,
    SMALLER,
    Kind,
    Made,
    archives,
    below,
    bucket,
    container,
    image,
)

REALTIME = Kind(
    base={"type": "realtime", "model": CONTAINER, "instance_count": 2, "alarms": None},
    asks=lambda **changes: {"model": container(**changes)},
    alarms=Alarms,
    alarm_names=frozenset(
        {
            "4XXErrors",
            "5XXErrors",
            "CPUUtilization",
            "DiskUtilization",
            "HealthyInstances",
            "MemoryUtilization",
            "ModelLatency",
            "OverheadLatency",
        }
    ),
    guards=("ModelLatency", "5XXErrors"),
    scaling=Scaling,
)

MODEL = "variant.AllTraffic.model"
NEXT = container(image=image("1.4.3"))


def several(**variants: Asked) -> Asked:
    """Variants instead of one model."""
    return {
        "model": None,
        "instance_count": None,
        "variants": [
            Variant(**{"name": name, "model": CONTAINER, **said}) for name, said in variants.items()
        ],
    }


def captured(percent: int, prefix: str = "captured") -> Made:
    return lambda stack, _: DataCapture(
        bucket=bucket(stack), prefix=prefix, sampling_percent=percent
    )


def chain(*names: str) -> Asked:
    return {"model": InferencePipeline(containers=dict.fromkeys(names, CONTAINER))}


TWO = several(A={"weight": 9}, B={"weight": 1})
THREE = several(A={"weight": 9}, B={"weight": 1}, C={"weight": 0})
RENAMED = several(A={"weight": 9}, D={"weight": 1})
B_SCALED = several(
    A={"weight": 9},
    B={"weight": 1, "scaling": Scaling.on_cpu(min_capacity=1, max_capacity=2, percent=60)},
)
GUARDED: Asked = {
    "alarms": Alarms(),
    "deployment": BlueGreen.all_at_once(bake=Duration.minutes(15)),
}
GONE_B = {"variant.B": REMOVED}
TO_SERVERLESS: Asked = {"type": "serverless", "instance_count": ABSENT}

VARIANTS = [
    Change("variant added", THREE, {"variant.C": ADDED}, before=TWO, back="variant removed"),
    Change("variant renamed", RENAMED, {"variant.B": REMOVED, "variant.D": ADDED}, before=TWO),
    Change(
        "variants reweighted",
        several(A={"weight": 5}, B={"weight": 5}),
        {
            f"variant.{name}.{path}": 5
            for name in "AB"
            for path in ("InitialVariantWeight", "now.DesiredWeight")
        },
        before=TWO,
    ),
    Change(
        "variants reweighted under scaling",
        several(A={"weight": 9}, B={"weight": 3, "scaling": B_SCALED["variants"][1].scaling}),
        {"variant.B.InitialVariantWeight": 3, "variant.B.now.DesiredWeight": 3},
        before=B_SCALED,
    ),
    Change(
        "image of one variant",
        several(A={"weight": 9}, B={"weight": 1, "model": NEXT}),
        {
            "variant.B.model.PrimaryContainer.Image": (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/fraud:1.4.3"
            )
        },
        before=TWO,
    ),
    Change(
        "instance type of the variant that does not scale",
        several(
            A={"weight": 9, "instance_type": SMALLER},
            B={"weight": 1, "scaling": B_SCALED["variants"][1].scaling},
        ),
        {"variant.A.InstanceType": SMALLER},
        before=B_SCALED,
    ),
    Obstructed(
        "variant removed under scaling",
        several(A={"weight": 9}),
        {**GONE_B, "target.variant/B": REMOVED, "policy.B-cpu": REMOVED},
        before=B_SCALED,
        rules=frozenset({"scaled-variant"}),
        words=DEREGISTER,
        steps=[TWO],
    ),
    Obstructed(
        "variant renamed under scaling",
        several(A={"weight": 9}, D={"weight": 1, "scaling": B_SCALED["variants"][1].scaling}),
        {
            **GONE_B,
            "variant.D": ADDED,
            "target.variant/B": REMOVED,
            "target.variant/D": ADDED,
            "policy.B-cpu": REMOVED,
            "policy.D-cpu": ADDED,
        },
        before=B_SCALED,
        rules=frozenset({"scaled-variant"}),
        words=DEREGISTER,
        steps=[TWO],
    ),
    *(
        Obstructed(
            f"variant {what} under guardrails",
            {**after, **GUARDED},
            Partly(seen),
            before={**TWO, **GUARDED},
            rules=frozenset({"guarded-variants"}),
            words="the same variant names",
            steps=[{**after, "deployment": None}],
        )
        for what, after, seen in (
            ("added", THREE, {"variant.C": ADDED}),
            ("removed", several(A={"weight": 9}), GONE_B),
            ("renamed", RENAMED, {**GONE_B, "variant.D": ADDED}),
        )
    ),
    Change(
        "shadow added",
        {"shadow": ShadowVariant(variant=Variant(name="Shadow", model=NEXT))},
        {"shadow.Shadow": ADDED},
        back="shadow removed",
    ),
    Change(
        "shadow's share",
        {"shadow": ShadowVariant(variant=Variant(name="Shadow", model=NEXT), sampling_percent=50)},
        {"shadow.Shadow.InitialVariantWeight": 0.5},
        before={"shadow": ShadowVariant(variant=Variant(name="Shadow", model=NEXT))},
    ),
]

MODELS = [
    Change(
        "container added to a pipeline",
        chain("clean", "predict", "explain"),
        {f"{MODEL}.Containers": CHANGED},
        before=chain("clean", "predict"),
        back="container removed from a pipeline",
    ),
    Change(
        "from one container to a pipeline",
        chain("clean", "predict"),
        {f"{MODEL}.PrimaryContainer": REMOVED, f"{MODEL}.Containers": ADDED},
        back="from a pipeline to one container",
    ),
    Change(
        "from a pipeline to containers that are called directly",
        {"model": MultiContainerModel(containers={"clean": CONTAINER, "predict": CONTAINER})},
        {f"{MODEL}.InferenceExecutionConfig": {"Mode": "Direct"}},
        before=chain("clean", "predict"),
    ),
]


def guarded_by_own_alarm(stack: Stack, made: IConstruct) -> None:
    endpoint = cast(RealtimeEndpoint, made)
    alarm = endpoint.metric_overhead_latency().create_alarm(
        stack, "Own", alarm_name="own", threshold=500_000, evaluation_periods=3
    )
    endpoint.add_alarm(alarm, guards_deployment=True)


OWN_ALARM = Change(
    "own alarm that guards",
    {"then": guarded_by_own_alarm},
    {
        "alarm.own": ADDED,
        "endpoint.deployment.AutoRollbackConfiguration.Alarms": [
            {"AlarmName": "<endpoint>-AllTraffic-ModelLatency"},
            {"AlarmName": "<endpoint>-AllTraffic-5XXErrors"},
            {"AlarmName": "own"},
        ],
        "permission.made role.cloudwatch:DescribeAlarms": ADDED,
    },
    before=GUARDED,
    back="own alarm that guards removed",
)

CAPTURE = [
    Change(
        "capture on",
        {"data_capture": captured(10)},
        {"endpoint.DataCaptureConfig": ADDED, "permission.made role.WriteCapturedData": ADDED},
        back="capture off",
    ),
    Change(
        "capture's share",
        {"data_capture": captured(50)},
        {"endpoint.DataCaptureConfig.InitialSamplingPercentage": 50},
        before={"data_capture": captured(10)},
    ),
    Change(
        "capture's prefix",
        {"data_capture": captured(10, "elsewhere")},
        {
            "endpoint.DataCaptureConfig.DestinationS3Uri": "s3://files/elsewhere",
            "permission.made role.WriteCapturedData.Resource": "arn:aws:s3:::files/elsewhere/*",
        },
        before={"data_capture": captured(10)},
    ),
]

TO_ASYNC: Asked = {"type": "async", "input": below("requests"), "output": below("answers")}

CONVERSIONS = [
    Obstructed(
        "from real-time to serverless",
        TO_SERVERLESS,
        Partly(
            {
                "endpoint.name": "other-project-a-fraud-ep",
                "variant.AllTraffic.ServerlessConfig": {
                    "MemorySizeInMB": 2048,
                    "MaxConcurrency": 5,
                },
                "variant.AllTraffic.InstanceType": REMOVED,
            }
        ),
        rules=frozenset({"instances-to-serverless"}),
        words="Cannot convert an endpoint from instances to serverless",
        instead={**TO_SERVERLESS, "naming": OTHER_TEAM},
    ),
    Change(
        "from real-time to asynchronous",
        TO_ASYNC,
        Partly({"endpoint.AsyncInferenceConfig": ADDED}),
        warned=frozenset({"endpoint-kind"}),
        back="from asynchronous to real-time",
    ),
    Change(
        "from real-time to multi-model",
        {"type": "multi-model", "model": archives()},
        Partly({f"{MODEL}.PrimaryContainer.Mode": "MultiModel"}),
        back="from multi-model to real-time",
    ),
]

CHANGES = [
    *artifact_changes(REALTIME),
    *data_changes(REALTIME),
    *instance_changes(),
    *network_changes(MODEL),
    *scaling_changes(REALTIME),
    *guardrail_changes(REALTIME),
    *alarm_changes(REALTIME),
    *identity_changes(MODEL),
    *VARIANTS,
    *MODELS,
    OWN_ALARM,
    *CAPTURE,
    *CONVERSIONS,
]
