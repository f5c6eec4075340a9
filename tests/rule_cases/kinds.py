"""Cases of the rule about what kind of thing an argument is."""

from typing import Any

from aws_cdk import Duration, Size

from cdk_sagemaker_inference import (
    BlueGreen,
    ComponentResources,
    CopyScaling,
    InferencePipeline,
    ManagedInstanceScaling,
    ModelPackage,
    MultiContainerModel,
    Rolling,
    RoutingStrategy,
    Scaling,
    ScalingPolicy,
)

from .building import (
    Cases,
    Changes,
    More,
    added,
    asynchronous,
    components,
    container,
    guarded,
    multi_model,
    serverless,
    variants,
)


def given(kind: Any, **arguments: Any) -> Any:
    """Something with arguments that its types forbid."""
    return kind(**arguments)


def scaled(**arguments: Any) -> Changes:
    return {"scaling": Scaling(min_capacity=1, max_capacity=2, **arguments)}


CASES: Cases = {
    "argument-kind": (
        {"volume_size": Size.gibibytes(50)},
        {"volume_size": 50},
        "volume_size=50: must be a Size",
    ),
}

MORE_REFUSED: More = [
    ("argument-kind", {"volume_size": "50"}),
    ("argument-kind", {"model_data_download_timeout": 600}),
    ("argument-kind", {"container_startup_health_check_timeout": "600"}),
    ("argument-kind", {"variants": variants({}, {"volume_size": 50})}),
    ("argument-kind", {"routing_strategy": "RANDOM"}),
    ("argument-kind", {"scaling": 2}),
    ("argument-kind", {"alarms": "all"}),
    ("argument-kind", {"data_capture": {"sampling_percent": 10}}),
    ("argument-kind", {"shadow": variants({})[0]}),
    ("argument-kind", {"deployment": "CANARY"}),
    ("argument-kind", guarded(given(BlueGreen.canary, percent=10, bake=600))),
    ("argument-kind", guarded(given(BlueGreen.all_at_once, termination_wait=300))),
    ("argument-kind", guarded(given(Rolling, percent=10, maximum_execution_timeout=3600))),
    ("argument-kind", scaled(policies=None)),
    ("argument-kind", scaled(policies=[None])),
    ("argument-kind", scaled(policies=["cpu"])),
    ("argument-kind", scaled(schedules=None)),
    ("argument-kind", scaled(schedules=["night"])),
    (
        "argument-kind",
        scaled(policies=[given(ScalingPolicy.on_cpu, percent=60, scale_in_cooldown=60)]),
    ),
    ("argument-kind", {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:1"}),
    ("argument-kind", {"image": None}),
    ("argument-kind", {"data": "s3://models/fraud.tar.gz"}),
    ("argument-kind", {"environment": None}),
    ("argument-kind", {"model": given(InferencePipeline, containers=[container()] * 2)}),
    ("argument-kind", {"model": given(MultiContainerModel, containers=None)}),
    ("argument-kind", {"model": given(ModelPackage, arn="a", artifacts=None)}),
    ("argument-kind", {"model": given(ModelPackage, arn="a", artifacts=["s3://a/b.tar.gz"])}),
    ("argument-kind", {"model": given(ModelPackage, arn="a", repositories=None)}),
    ("argument-kind", {"model": given(ModelPackage, arn="a", environment=None)}),
    ("argument-kind", serverless(memory_size=2048)),
    ("argument-kind", serverless(memory_size=None)),
    ("argument-kind", asynchronous(scaling="to zero")),
    ("argument-kind", multi_model(image="triton")),
    ("argument-kind", components(instance_scaling={"min_instance_count": 0})),
    ("argument-kind", components(volume_size=50)),
    ("argument-kind", added(resources=None)),
    ("argument-kind", added(resources={"min_memory": 1024})),
    ("argument-kind", added(resources=given(ComponentResources, min_memory=1024))),
    ("argument-kind", added(resources=given(ComponentResources, min_memory=None))),
    (
        "argument-kind",
        added(
            resources=given(ComponentResources, min_memory=Size.gibibytes(1), max_memory=2048),
        ),
    ),
    ("argument-kind", added(scaling=2)),
    ("argument-kind", added(model_data_download_timeout=600)),
    ("argument-kind", added(image="fraud:1")),
]

MORE_ACCEPTED: More = [
    ("argument-kind", {"routing_strategy": RoutingStrategy.RANDOM}),
    ("argument-kind", serverless()),
    ("argument-kind", asynchronous()),
    ("argument-kind", multi_model()),
    (
        "argument-kind",
        components(
            instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=1)
        ),
    ),
    (
        "argument-kind",
        added(
            model_data_download_timeout=Duration.minutes(5),
            scaling=CopyScaling.on_invocations(
                min_capacity=1, max_capacity=2, per_copy_per_minute=60
            ),
        ),
    ),
]
