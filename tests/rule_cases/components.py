"""Cases of the rules about inference components and the endpoints that they share."""

from typing import Any

from aws_cdk import Aws, Duration, Size

from cdk_sagemaker_inference import ComponentResources, ManagedInstanceScaling

from .building import (
    NUMBER_TOKEN,
    TOKEN,
    Cases,
    Changes,
    More,
    Scheme,
    added,
    components,
    seconds,
)


def given(
    memory: Size | None = None, *, instance_type: str = "ml.m5.xlarge", **resources: Any
) -> Changes:
    """A model that is given a part of an instance."""
    least = Size.gibibytes(2) if memory is None else memory
    return added(
        resources=ComponentResources(min_memory=least, **resources), instance_type=instance_type
    )


def between(low: Any, high: Any, **changes: Any) -> Changes:
    """An endpoint of which SageMaker manages the instances."""
    bounds = ManagedInstanceScaling(min_instance_count=low, max_instance_count=high)
    return components(instance_scaling=bounds, **changes)


class Shouting(Scheme):
    def component_name(self, name: str) -> str:
        return name.upper()


class LateBound(Scheme):
    def component_name(self, name: str) -> str:
        return f"{TOKEN}-{name}"


ENDPOINT = "rc-project-a-fraud-ep"

CASES: Cases = {
    "component-name": (
        added(name="c" * (63 - len(f"{ENDPOINT}-"))),
        added(name="Chat"),
        "name='Chat': must be a literal of lower-case letters, digits and inner hyphens",
    ),
    "component-memory": (
        given(Size.mebibytes(128), max_memory=Size.mebibytes(128)),
        given(Size.mebibytes(127)),
        "resources.min_memory='127 MiB': must be whole MiB from 128",
    ),
    "component-processors": (
        given(cpu_cores=0.25, accelerators=4, instance_type="ml.g5.12xlarge"),
        given(cpu_cores=0.2),
        "resources.cpu_cores=0.2: must be a number from 0.25",
    ),
    "component-copies": (
        added(copies=1),
        added(copies=0),
        "copies=0: must be a whole number from 1; CopyScaling with min_capacity=0",
    ),
    "component-timeouts": (
        added(
            model_data_download_timeout=Duration.seconds(60),
            container_startup_health_check_timeout=Duration.hours(1),
        ),
        added(model_data_download_timeout=Duration.seconds(59)),
        "model_data_download_timeout='59 s': must be 60 to 3600 whole seconds",
    ),
    "component-tags": (
        added(naming=Scheme(own_tags={"Purpose": "x"})),
        added(naming=Scheme(own_tags={"Purpose": ""})),
        "naming.tags['Purpose']='': inference components have no empty tags",
    ),
    "instance-scaling-bounds": (
        between(0, 1),
        between(-1, 1),
        "instance_scaling.min_instance_count=-1: must be a whole number from 0",
    ),
    "components-encryption": (
        components(),
        components(encryption_key=object()),
        "encryption_key='given': that it is used on component endpoints is not documented",
    ),
    "components-region": (
        components(region="eu-west-1"),
        components(region="eu-west-3"),
        "region='eu-west-3': CloudFormation's registry does not list "
        "AWS::SageMaker::InferenceComponent in this Region",
    ),
}

MORE_REFUSED: More = [
    ("component-name", added(name="")),
    ("component-name", added(name=None)),
    ("component-name", added(name=5)),
    ("component-name", added(name=TOKEN)),
    ("component-name", added(name="chat_1")),
    ("component-name", added(name="-chat")),
    ("component-name", added(name="chat-")),
    ("component-name", added(name="c" * (64 - len(f"{ENDPOINT}-")))),
    ("component-name", added(name="chat", others=("embed", "chat"))),
    ("component-name", added(naming=Shouting())),
    ("component-name", added(naming=LateBound())),
    ("component-memory", given(Size.kibibytes(128 * 1024 + 512))),
    ("component-memory", given(max_memory=Size.mebibytes(2047))),
    ("component-memory", given(max_memory=Size.mebibytes(100))),
    ("component-processors", given(cpu_cores=0)),
    ("component-processors", given(cpu_cores="1")),
    ("component-processors", given(cpu_cores=True)),
    ("component-processors", given(cpu_cores=float("nan"))),
    ("component-processors", given(cpu_cores=4.5)),
    ("component-processors", given(accelerators=1)),
    ("component-processors", given(accelerators=0, instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators=0.5, instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators="1", instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators=True, instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators=2, instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators=5, instance_type="ml.g5.12xlarge")),
    ("component-copies", added(copies=-1)),
    ("component-copies", added(copies="1")),
    ("component-copies", added(copies=1.5)),
    ("component-copies", added(copies=True)),
    ("component-timeouts", added(model_data_download_timeout=seconds(60.5))),
    ("component-timeouts", added(container_startup_health_check_timeout=seconds(3601))),
    ("instance-scaling-bounds", between("0", 1)),
    ("instance-scaling-bounds", between(None, 1)),
    ("instance-scaling-bounds", between(0, None)),
    ("instance-scaling-bounds", between(0, 0)),
    ("instance-scaling-bounds", between(0.5, 1)),
    ("instance-scaling-bounds", between(False, True)),
    ("instance-scaling-bounds", between(3, 2)),
    ("instance-scaling-bounds", between(2, 4, instance_count=1)),
    ("instance-scaling-bounds", between(2, 4, instance_count=5)),
    ("components-region", components(region="us-gov-west-1")),
]

MORE_ACCEPTED: More = [
    ("component-name", added(name="7b-chat")),
    ("component-name", added(name="chat", others=("chat-2",))),
    ("component-memory", given(Size.mebibytes(NUMBER_TOKEN))),
    ("component-memory", given(max_memory=Size.mebibytes(NUMBER_TOKEN))),
    ("component-processors", given()),
    ("component-processors", given(cpu_cores=4)),
    ("component-processors", given(cpu_cores=NUMBER_TOKEN)),
    ("component-processors", given(cpu_cores=500, instance_type=TOKEN)),
    ("component-processors", given(accelerators=1.0, instance_type="ml.g5.xlarge")),
    ("component-processors", given(accelerators=NUMBER_TOKEN)),
    ("component-processors", given(accelerators=16, instance_type=TOKEN)),
    ("component-processors", given(accelerators=2, instance_type="ml.inf2.xlarge")),
    ("component-copies", added(copies=NUMBER_TOKEN)),
    ("component-timeouts", added(model_data_download_timeout=Duration.seconds(NUMBER_TOKEN))),
    ("component-tags", components(naming=Scheme(own_tags={"Purpose": ""}))),
    ("instance-scaling-bounds", components(instance_count=3)),
    ("instance-scaling-bounds", between(0, 4, instance_count=1)),
    ("instance-scaling-bounds", between(2, 4, instance_count=4)),
    ("instance-scaling-bounds", between(NUMBER_TOKEN, 1)),
    ("instance-scaling-bounds", between(5, NUMBER_TOKEN)),
    ("instance-scaling-bounds", between(2, 4, instance_count=NUMBER_TOKEN)),
    ("components-encryption", {"encryption_key": object()}),
    ("components-region", components(region=Aws.REGION)),
    ("components-region", {"region": Aws.REGION}),
]
