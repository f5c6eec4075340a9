"""What each way to serve can do: AWS's feature matrix (Developer Guide,
model-deploy-feature-matrix, corrected by the pages that contradict it), cell by cell.

Each row of ``MATRIX`` begins with what SageMaker does, one verdict for each column in the order of
``Column``: Y, N, - where it has no meaning, (I) inferred, (C) in contradiction, (U) undocumented.
Then it says, for each column, what the library does about it:

* ``Offered``: these arguments put this into the template, and nothing is warned about;
* ``Warned``: likewise, with this warning;
* ``Refused``: these arguments raise a ``ValueError`` that holds these words;
* ``NoArgument``: there is no such argument to ask with.

Batch transform, the matrix's last column, is not covered here.
"""

import inspect
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import (
    AsyncEndpoint,
    AsyncScaling,
    BlueGreen,
    ComponentResources,
    ComponentRolling,
    Container,
    ContainerImage,
    CopyScaling,
    DataCapture,
    InferenceComponentEndpoint,
    InferencePipeline,
    ManagedInstanceScaling,
    ModelData,
    ModelDefinition,
    ModelPackage,
    MultiContainerModel,
    MultiModelEndpoint,
    ProvisionedConcurrencyScaling,
    RealtimeEndpoint,
    Rolling,
    S3Prefix,
    Scaling,
    ServerlessEndpoint,
    ShadowVariant,
    Variant,
)
from support import CONTAINER, CONTEXT, IMAGE_URI, NAMING, Synthesized

MODEL = "AWS::SageMaker::Model"
ENDPOINT_CONFIG = "AWS::SageMaker::EndpointConfig"
ENDPOINT = "AWS::SageMaker::Endpoint"
COMPONENT = "AWS::SageMaker::InferenceComponent"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
OTHER_IMAGE = IMAGE_URI.replace(ACCOUNT, OTHER_ACCOUNT)
PACKAGE_ARN = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package/fraud-1"

Made = Callable[[Stack], Any]
"""An argument, or a part of one, that must be made in the stack."""

Asked = Mapping[str, Any]
"""Arguments by name; functions are called with the stack."""


class Column(Enum):
    """The columns of the matrix."""

    REALTIME = "Real-time"
    SERVERLESS = "Serverless"
    ASYNC = "Async"
    MULTI_MODEL = "Multi-model"
    PIPELINE = "Serial pipeline"
    DIRECT = "Multi-container direct"
    COMPONENTS = "Inference components"


def a_bucket(stack: Stack) -> s3.IBucket:
    made = stack.node.try_find_child("Bucket")
    return made if isinstance(made, s3.Bucket) else s3.Bucket(stack, "Bucket")


def a_key(stack: Stack) -> kms.Key:
    return kms.Key(stack, "Key")


def a_vpc(stack: Stack) -> ec2.Vpc:
    return ec2.Vpc(stack, "Vpc", max_azs=2)


def captured(stack: Stack) -> DataCapture:
    return DataCapture(bucket=a_bucket(stack), prefix="captured", sampling_percent=10)


def below(prefix: str) -> Made:
    return lambda stack: S3Prefix(bucket=a_bucket(stack), prefix=prefix)


def archives(*, caching: bool = True, image: str = IMAGE_URI) -> Made:
    """A container of many models."""
    return lambda stack: Container(
        image=ContainerImage.from_registry(image),
        data=ModelData.from_archives(a_bucket(stack), "models", caching=caching),
    )


def files(stack: Stack) -> Container:
    """A container of a model that is not packed."""
    data = ModelData.from_prefix(a_bucket(stack), "models/fraud/3")
    return Container(image=ContainerImage.from_registry(IMAGE_URI), data=data)


def container(image: str) -> Container:
    return Container(image=ContainerImage.from_registry(image), data=CONTAINER.data)


def pipeline(last: Made | Any = CONTAINER, **more: Made) -> Made:
    return lambda stack: InferencePipeline(containers=_containers(stack, last=last, **more))


def direct(last: Made | Any = CONTAINER) -> Made:
    return lambda stack: MultiContainerModel(containers=_containers(stack, last=last))


def _containers(stack: Stack, **others: Any) -> dict[str, Container]:
    return {"first": CONTAINER} | {name: _made(other, stack) for name, other in others.items()}


def two(model: Made | ModelDefinition) -> Made:
    """Two variants of a model."""
    return lambda stack: [
        Variant(name=name, model=_made(model, stack), instance_count=2) for name in ("A", "B")
    ]


def _made(value: Any, stack: Stack) -> Any:
    return value(stack) if inspect.isfunction(value) else value


MARKETPLACE = ModelPackage(arn=PACKAGE_ARN, marketplace=True)
ON_CPU = Scaling.on_cpu(min_capacity=1, max_capacity=2, percent=60)
ON_BACKLOG = AsyncScaling.on_backlog(min_capacity=1, max_capacity=2, per_instance=5)
ON_UTILIZATION = ProvisionedConcurrencyScaling.on_utilization(
    min_capacity=1, max_capacity=2, percent=70
)
FROM_ZERO = Scaling.on_cpu(min_capacity=0, max_capacity=2, percent=60)
COPIES_FROM_ZERO = CopyScaling.on_invocations(
    min_capacity=0, max_capacity=2, per_copy_per_minute=60
)
# Alarms are off, so that nothing could roll back.
CANARY = {"deployment": BlueGreen.canary(percent=50, roll_back=False), "instance_count": 2}
ROLLING = {"deployment": Rolling(percent=50, roll_back=False), "instance_count": 2}
BATCH_BY_BATCH = ComponentRolling(percent=50, roll_back=False)
SHADOW = ShadowVariant(variant=Variant(name="Shadow", model=CONTAINER))
RESOURCES = ComponentResources(min_memory=Size.gibibytes(2))
WITH_GPU = ComponentResources(min_memory=Size.gibibytes(2), accelerators=1)
TRITON = IMAGE_URI.replace("fraud", "tritonserver")
ENDPOINT_CLASSES: Mapping[Column, type] = {
    Column.REALTIME: RealtimeEndpoint,
    Column.SERVERLESS: ServerlessEndpoint,
    Column.ASYNC: AsyncEndpoint,
    Column.MULTI_MODEL: MultiModelEndpoint,
    Column.PIPELINE: RealtimeEndpoint,
    Column.DIRECT: RealtimeEndpoint,
    Column.COMPONENTS: InferenceComponentEndpoint,
}
IN_ORDER: Mapping[Column, Asked] = {
    Column.REALTIME: {"model": CONTAINER},
    Column.SERVERLESS: {"model": CONTAINER},
    Column.ASYNC: {"model": CONTAINER, "input": below("requests"), "output": below("answers")},
    Column.MULTI_MODEL: {"model": archives()},
    Column.PIPELINE: {"model": pipeline()},
    Column.DIRECT: {"model": direct()},
    Column.COMPONENTS: {},
}


@dataclass(frozen=True)
class Seen:
    """Where in the template it can be seen.

    :param path: keys and indexes below the resource's properties.
    :param value: what is there. Default: anything.
    """

    resource_type: str
    path: str
    value: object = None


@dataclass(frozen=True)
class Offered:
    """Can be asked for.

    :param arguments: of the endpoint.
    :param added: of ``add_model``, for inference components.
    :param by: the class, where it is not the column's.
    """

    arguments: Asked
    seen: Seen
    added: Asked = field(default_factory=dict)
    by: type | None = None


@dataclass(frozen=True)
class Warned(Offered):
    """Can be asked for, at one's own risk."""

    warning: str = ""


@dataclass(frozen=True)
class Refused:
    """Can be said, and is refused."""

    arguments: Asked
    words: str
    added: Asked = field(default_factory=dict)
    by: type | None = None


@dataclass(frozen=True)
class NoArgument:
    """Cannot be said.

    :param added: nor to ``add_model``.
    """

    name: str
    added: bool = True


Claim = Offered | Warned | Refused | NoArgument
Cell = Claim | tuple[Claim, ...]


@dataclass(frozen=True)
class Row:
    """A capability: SageMaker's verdicts, and what the library does about each."""

    verdicts: str
    realtime: Cell
    serverless: Cell
    asynchronous: Cell
    multi_model: Cell
    pipeline: Cell
    direct: Cell
    components: Cell

    @property
    def cells(self) -> dict[Column, tuple[str, tuple[Claim, ...]]]:
        cells = (
            self.realtime,
            self.serverless,
            self.asynchronous,
            self.multi_model,
            self.pipeline,
            self.direct,
            self.components,
        )
        verdicts = [verdict.strip() for verdict in self.verdicts.split("|")]
        return {
            column: (verdict, cell if isinstance(cell, tuple) else (cell,))
            for column, verdict, cell in zip(Column, verdicts, cells, strict=True)
        }


def scaled(dimension: str) -> Seen:
    return Seen(TARGET, "ScalableDimension", f"sagemaker:{dimension}")


INSTANCES_SCALED = scaled("variant:DesiredInstanceCount")
SHIFTED = Seen(
    ENDPOINT,
    "DeploymentConfig.BlueGreenUpdatePolicy.TrafficRoutingConfiguration.Type",
    "CANARY",
)
ROLLED = Seen(
    ENDPOINT,
    "DeploymentConfig.RollingUpdatePolicy.MaximumBatchSize",
    {"Type": "CAPACITY_PERCENT", "Value": 50},
)
CAPTURED = Seen(
    ENDPOINT_CONFIG,
    "DataCaptureConfig.CaptureOptions",
    [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
)
IN_VPC = Seen(MODEL, "VpcConfig.Subnets.1")
ENCRYPTED = Seen(ENDPOINT_CONFIG, "KmsKeyId.Fn::GetAtt.1", "Arn")
ISOLATED = Seen(MODEL, "EnableNetworkIsolation", True)
ON_GPU = Seen(ENDPOINT_CONFIG, "ProductionVariants.0.InstanceType", "ml.g5.xlarge")
SECOND_VARIANT = Seen(ENDPOINT_CONFIG, "ProductionVariants.1.VariantName", "B")
SHADOWED = Seen(ENDPOINT_CONFIG, "ShadowProductionVariants.0.VariantName", "Shadow")
OF_PACKAGE = Seen(MODEL, "PrimaryContainer.ModelPackageName", PACKAGE_ARN)
UNPACKED = "ModelDataSource.S3DataSource.CompressionType"
ONE_MODEL = "endpoint serves one model, not all below a prefix"
ONE_CONTAINER = "is not offered for models of several containers"
NO_SHADOW = "cannot be beside or behind a shadow variant"
ONE_VARIANT = "deployment='Rolling': allows one variant, not 2"
ONLY_INSTANCES_FROM_ONE = "scaling.min_capacity=0: must be a whole number from 1"
UPDATED_AT_ONCE = "a serverless endpoint is updated all at once"

MATRIX: Mapping[str, Row] = {
    "Autoscaling": Row(
        "Y | provisioned concurrency (C) | Y | Y | Y | Y | copies",
        realtime=Offered({"scaling": ON_CPU}, INSTANCES_SCALED),
        serverless=(
            Warned(
                {"scaling": ON_UTILIZATION},
                scaled("variant:DesiredProvisionedConcurrency"),
                warning="serverless-scaling",
            ),
            Refused({"scaling": ON_CPU}, "scaling='Scaling': is for another kind of endpoint"),
        ),
        asynchronous=Offered({"scaling": ON_BACKLOG}, INSTANCES_SCALED),
        multi_model=Offered({"scaling": ON_CPU}, INSTANCES_SCALED),
        pipeline=Offered({"scaling": ON_CPU}, INSTANCES_SCALED),
        direct=Offered({"scaling": ON_CPU}, INSTANCES_SCALED),
        components=(
            Offered(
                {},
                scaled("inference-component:DesiredCopyCount"),
                added={"scaling": COPIES_FROM_ZERO},
            ),
            NoArgument("scaling", added=False),
        ),
    ),
    "Blue/green canary/linear": Row(
        "Y | N, all-at-once | Y | N in matrix (C) | Y | Y | (U)",
        realtime=Offered(CANARY, SHIFTED),
        serverless=Refused({"deployment": CANARY["deployment"]}, UPDATED_AT_ONCE),
        asynchronous=Offered(CANARY, SHIFTED),
        multi_model=Warned(CANARY, SHIFTED, warning="multi-model-deployment"),
        pipeline=Offered(CANARY, SHIFTED),
        direct=Offered(CANARY, SHIFTED),
        components=(
            NoArgument("deployment", added=False),
            Refused({}, "use ComponentRolling", added={"deployment": CANARY["deployment"]}),
        ),
    ),
    "Rolling": Row(
        "Y, one variant | N | Y (I) | (U) | one variant (I) | one variant (I) | own policy",
        realtime=(
            Offered(ROLLING, ROLLED),
            Refused({"variants": two(CONTAINER), "deployment": ROLLING["deployment"]}, ONE_VARIANT),
        ),
        serverless=Refused({"deployment": ROLLING["deployment"]}, UPDATED_AT_ONCE),
        asynchronous=Offered(ROLLING, ROLLED),
        multi_model=Warned(ROLLING, ROLLED, warning="multi-model-deployment"),
        pipeline=(
            Offered(ROLLING, ROLLED),
            Refused(
                {"variants": two(pipeline()), "deployment": ROLLING["deployment"]}, ONE_VARIANT
            ),
        ),
        direct=(
            Offered(ROLLING, ROLLED),
            Refused({"variants": two(direct()), "deployment": ROLLING["deployment"]}, ONE_VARIANT),
        ),
        components=(
            Offered(
                {},
                Seen(
                    COMPONENT,
                    "DeploymentConfig.RollingUpdatePolicy.MaximumBatchSize",
                    {"Type": "CAPACITY_PERCENT", "Value": 50},
                ),
                added={"deployment": BATCH_BY_BATCH, "copies": 2},
            ),
            NoArgument("deployment", added=False),
        ),
    ),
    "Data capture": Row(
        "Y | N | N | N/A | N/A | N/A | (U)",
        realtime=Offered({"data_capture": captured}, CAPTURED),
        serverless=NoArgument("data_capture"),
        asynchronous=NoArgument("data_capture"),
        multi_model=NoArgument("data_capture"),
        pipeline=Refused({"data_capture": captured}, ONE_CONTAINER),
        direct=Refused({"data_capture": captured}, ONE_CONTAINER),
        components=NoArgument("data_capture"),
    ),
    # A monitor is a resource of the user's own, which reads requests and answers that are captured.
    "Model Monitor": Row(
        "Y | N | N | N | N/A | N/A | (U)",
        realtime=Offered({"data_capture": captured}, CAPTURED),
        serverless=NoArgument("data_capture"),
        asynchronous=NoArgument("data_capture"),
        multi_model=NoArgument("data_capture"),
        pipeline=Refused({"data_capture": captured}, ONE_CONTAINER),
        direct=Refused({"data_capture": captured}, ONE_CONTAINER),
        components=NoArgument("data_capture"),
    ),
    "VPC": Row(
        "Y | N | Y | Y | Y | Y | Y, on EndpointConfig",
        realtime=Offered({"vpc": a_vpc}, IN_VPC),
        serverless=NoArgument("vpc"),
        asynchronous=Offered({"vpc": a_vpc}, IN_VPC),
        multi_model=Offered({"vpc": a_vpc}, IN_VPC),
        pipeline=Offered({"vpc": a_vpc}, IN_VPC),
        direct=Offered({"vpc": a_vpc}, IN_VPC),
        components=Offered({"vpc": a_vpc}, Seen(ENDPOINT_CONFIG, "VpcConfig.Subnets.1")),
    ),
    "Customer KMS": Row(
        "Y | Y (image copy) | Y | Y | Y | Y | (U)",
        realtime=Offered({"encryption_key": a_key}, ENCRYPTED),
        serverless=Offered({"encryption_key": a_key}, ENCRYPTED),
        asynchronous=Offered({"encryption_key": a_key}, ENCRYPTED),
        multi_model=Offered({"encryption_key": a_key}, ENCRYPTED),
        pipeline=Offered({"encryption_key": a_key}, ENCRYPTED),
        direct=Offered({"encryption_key": a_key}, ENCRYPTED),
        components=Warned({"encryption_key": a_key}, ENCRYPTED, warning="components-encryption"),
    ),
    "Network isolation": Row(
        "Y | N | Y | Y | Y | Y | Y, on EndpointConfig",
        realtime=Offered({"enable_network_isolation": True}, ISOLATED),
        serverless=NoArgument("enable_network_isolation"),
        asynchronous=Offered({"enable_network_isolation": True}, ISOLATED),
        multi_model=Offered({"enable_network_isolation": True}, ISOLATED),
        pipeline=Offered({"enable_network_isolation": True}, ISOLATED),
        direct=Offered({"enable_network_isolation": True}, ISOLATED),
        components=Offered(
            {"enable_network_isolation": True},
            Seen(ENDPOINT_CONFIG, "EnableNetworkIsolation", True),
        ),
    ),
    "GPU": Row(
        "Y | N | Y | Y, single-GPU types | Y | N | Y",
        realtime=Offered({"instance_type": "ml.g5.xlarge"}, ON_GPU),
        serverless=NoArgument("instance_type"),
        asynchronous=Offered({"instance_type": "ml.g5.xlarge"}, ON_GPU),
        multi_model=(
            Offered({"instance_type": "ml.g5.xlarge", "model": archives(image=TRITON)}, ON_GPU),
            Refused({"instance_type": "ml.g5.12xlarge"}, "has 4 GPUs"),
            # Other images than Triton's hold many models on CPUs only.
            Warned({"instance_type": "ml.g5.xlarge"}, ON_GPU, warning="multi-model-accelerator"),
        ),
        pipeline=Offered({"instance_type": "ml.g5.xlarge"}, ON_GPU),
        direct=Refused(
            {"instance_type": "ml.g5.xlarge"},
            "has GPUs, which a MultiContainerModel is not served on",
        ),
        components=(
            Offered({"instance_type": "ml.g5.xlarge"}, ON_GPU, added={"resources": WITH_GPU}),
            Offered(
                {"instance_type": "ml.g5.xlarge"},
                Seen(
                    COMPONENT,
                    "Specification.ComputeResourceRequirements.NumberOfAcceleratorDevicesRequired",
                    1,
                ),
                added={"resources": WITH_GPU},
            ),
        ),
    ),
    "Several production variants": Row(
        "Y | N | N | N in matrix (C) | Y | Y | (U)",
        realtime=Offered({"variants": two(CONTAINER)}, SECOND_VARIANT),
        serverless=NoArgument("variants"),
        asynchronous=NoArgument("variants"),
        multi_model=NoArgument("variants"),
        pipeline=Offered({"variants": two(pipeline())}, SECOND_VARIANT),
        direct=Offered({"variants": two(direct())}, SECOND_VARIANT),
        components=NoArgument("variants"),
    ),
    "Shadow variant": Row(
        "Y | N | N | N | N | N | (U)",
        realtime=Offered({"shadow": SHADOW}, SHADOWED),
        serverless=NoArgument("shadow"),
        asynchronous=NoArgument("shadow"),
        multi_model=NoArgument("shadow"),
        pipeline=Refused({"shadow": SHADOW}, NO_SHADOW),
        direct=Refused({"shadow": SHADOW}, NO_SHADOW),
        components=NoArgument("shadow"),
    ),
    "Mode=MultiModel": Row(
        "- | N | N | Y | one such container | N/A | -",
        realtime=Refused({"model": archives()}, f"a real-time {ONE_MODEL}"),
        serverless=Refused({"model": archives()}, f"a serverless {ONE_MODEL}"),
        asynchronous=Refused({"model": archives()}, f"an asynchronous {ONE_MODEL}"),
        multi_model=Offered({}, Seen(MODEL, "PrimaryContainer.Mode", "MultiModel")),
        pipeline=(
            Offered(
                {"model": pipeline(archives())},
                Seen(MODEL, "Containers.1.Mode", "MultiModel"),
                by=MultiModelEndpoint,
            ),
            Refused(
                {"model": pipeline(archives(), another=archives())},
                "model=2: must have exactly one container with ModelData.from_archives",
                by=MultiModelEndpoint,
            ),
        ),
        direct=(
            Refused({"model": direct(archives())}, f"a real-time {ONE_MODEL}"),
            Refused(
                {"model": direct(archives())},
                "requests to a multi-model endpoint cannot name a container",
                by=MultiModelEndpoint,
            ),
        ),
        components=Refused({}, f"an inference component {ONE_MODEL}", added={"model": archives()}),
    ),
    "ModelCacheSetting": Row(
        "- | - | - | Y | - | - | -",
        realtime=Refused({"model": archives(caching=False)}, ONE_MODEL),
        serverless=Refused({"model": archives(caching=False)}, ONE_MODEL),
        asynchronous=Refused({"model": archives(caching=False)}, ONE_MODEL),
        multi_model=Offered(
            {"model": archives(caching=False)},
            Seen(MODEL, "PrimaryContainer.MultiModelConfig.ModelCacheSetting", "Disabled"),
        ),
        pipeline=Refused({"model": pipeline(archives(caching=False))}, ONE_MODEL),
        direct=Refused({"model": direct(archives(caching=False))}, ONE_MODEL),
        components=Refused({}, ONE_MODEL, added={"model": archives(caching=False)}),
    ),
    "ManagedInstanceScaling": Row(
        "N | N | N | N | N | N | Y",
        realtime=NoArgument("instance_scaling"),
        serverless=NoArgument("instance_scaling"),
        asynchronous=NoArgument("instance_scaling"),
        multi_model=NoArgument("instance_scaling"),
        pipeline=NoArgument("instance_scaling"),
        direct=NoArgument("instance_scaling"),
        components=Offered(
            {
                "instance_scaling": ManagedInstanceScaling(
                    min_instance_count=1, max_instance_count=4
                )
            },
            Seen(
                ENDPOINT_CONFIG,
                "ProductionVariants.0.ManagedInstanceScaling",
                {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4},
            ),
        ),
    ),
    "Scale to zero": Row(
        "N | Y | Y | N | N | N | Y",
        realtime=Refused({"scaling": FROM_ZERO}, ONLY_INSTANCES_FROM_ONE),
        # Nothing is kept warm unless it is asked for.
        serverless=Offered(
            {},
            Seen(
                ENDPOINT_CONFIG,
                "ProductionVariants.0.ServerlessConfig",
                {"MaxConcurrency": 5, "MemorySizeInMB": 2048},
            ),
        ),
        asynchronous=Offered(
            {"scaling": AsyncScaling.on_backlog(max_capacity=2, per_instance=5)},
            Seen(TARGET, "MinCapacity", 0),
        ),
        multi_model=Refused({"scaling": FROM_ZERO}, ONLY_INSTANCES_FROM_ONE),
        pipeline=Refused({"scaling": FROM_ZERO}, ONLY_INSTANCES_FROM_ONE),
        direct=Refused({"scaling": FROM_ZERO}, ONLY_INSTANCES_FROM_ONE),
        components=(
            Offered({}, Seen(TARGET, "MinCapacity", 0), added={"scaling": COPIES_FROM_ZERO}),
            Offered(
                {
                    "instance_scaling": ManagedInstanceScaling(
                        min_instance_count=0, max_instance_count=4
                    )
                },
                Seen(
                    ENDPOINT_CONFIG,
                    "ProductionVariants.0.ManagedInstanceScaling.MinInstanceCount",
                    0,
                ),
                added={"scaling": COPIES_FROM_ZERO},
            ),
        ),
    ),
    "Marketplace packages": Row(
        "Y | N | N | N | N | N | (U)",
        realtime=Offered({"model": MARKETPLACE, "enable_network_isolation": True}, OF_PACKAGE),
        serverless=Refused({"model": MARKETPLACE}, "a serverless endpoint does not serve it"),
        asynchronous=Refused(
            {"model": MARKETPLACE, "enable_network_isolation": True},
            "an asynchronous endpoint does not serve it",
        ),
        multi_model=Refused(
            {"model": MARKETPLACE, "enable_network_isolation": True},
            "a multi-model endpoint does not serve it",
        ),
        pipeline=Refused({"model": pipeline(MARKETPLACE)}, "must be a Container"),
        direct=Refused({"model": direct(MARKETPLACE)}, "must be a Container"),
        components=Warned(
            {"enable_network_isolation": True},
            OF_PACKAGE,
            added={"model": MARKETPLACE},
            warning="package-marketplace-unverified",
        ),
    ),
    "ModelDataSource": Row(
        "Y | N | (U) | N | (U) | (U) | (U)",
        realtime=Offered({"model": files}, Seen(MODEL, f"PrimaryContainer.{UNPACKED}", "None")),
        serverless=Refused({"model": files}, "a serverless endpoint serves .tar.gz archives"),
        asynchronous=Warned(
            {"model": files},
            Seen(MODEL, f"PrimaryContainer.{UNPACKED}", "None"),
            warning="uncompressed-unverified",
        ),
        multi_model=(
            Refused({"model": files}, "a multi-model endpoint serves .tar.gz archives"),
            Refused(
                {"model": pipeline(archives(), another=files)},
                "a multi-model endpoint serves .tar.gz archives",
            ),
        ),
        pipeline=Warned(
            {"model": pipeline(files)},
            Seen(MODEL, f"Containers.1.{UNPACKED}", "None"),
            warning="uncompressed-unverified",
        ),
        direct=Warned(
            {"model": direct(files)},
            Seen(MODEL, f"Containers.1.{UNPACKED}", "None"),
            warning="uncompressed-unverified",
        ),
        components=Warned(
            {},
            Seen(MODEL, f"PrimaryContainer.{UNPACKED}", "None"),
            added={"model": files},
            warning="uncompressed-unverified",
        ),
    ),
    "Other-account image": Row(
        "Y, repo policy | N | Y (I) | Y (I) | Y | Y | Y (I)",
        realtime=Offered(
            {"model": container(OTHER_IMAGE)}, Seen(MODEL, "PrimaryContainer.Image", OTHER_IMAGE)
        ),
        serverless=Refused(
            {"model": container(OTHER_IMAGE)},
            "is another account's, from which a serverless endpoint takes no image",
        ),
        asynchronous=Offered(
            {"model": container(OTHER_IMAGE)}, Seen(MODEL, "PrimaryContainer.Image", OTHER_IMAGE)
        ),
        multi_model=Offered(
            {"model": archives(image=OTHER_IMAGE)},
            Seen(MODEL, "PrimaryContainer.Image", OTHER_IMAGE),
        ),
        pipeline=Offered(
            {"model": pipeline(container(OTHER_IMAGE))},
            Seen(MODEL, "Containers.1.Image", OTHER_IMAGE),
        ),
        direct=Offered(
            {"model": direct(container(OTHER_IMAGE))},
            Seen(MODEL, "Containers.1.Image", OTHER_IMAGE),
        ),
        components=Offered(
            {},
            Seen(MODEL, "PrimaryContainer.Image", OTHER_IMAGE),
            added={"model": container(OTHER_IMAGE)},
        ),
    ),
}

# By column, so that tests that share an app follow each other.
CELLS = [(column, row) for column in Column for row in MATRIX]


def build(stack: Stack, column: Column, claim: Offered | Refused) -> None:
    """Make what a claim asks for."""
    # An account and Region has a name once.
    naming = replace(NAMING, model=stack.stack_name.lower())
    said = {"naming": naming, "alarms": None, **IN_ORDER[column], **claim.arguments}
    if "variants" in said:
        del said["model"]
    arguments = {name: _made(value, stack) for name, value in said.items()}
    endpoint = (claim.by or ENDPOINT_CLASSES[column])(stack, "Fraud", **arguments)
    if isinstance(endpoint, InferenceComponentEndpoint):
        asked: dict[str, Any] = {
            "model": CONTAINER,
            "resources": RESOURCES,
            "alarms": None,
            **claim.added,
        }
        added = {name: _made(value, stack) for name, value in asked.items()}
        endpoint.add_model("chat", **added)


def in_ireland(app: App, name: str) -> Stack:
    return Stack(app, name, env=Environment(account=ACCOUNT, region="eu-west-1"))


@cache
def synthesized(column: Column) -> dict[tuple[str, int], Synthesized | ValueError]:
    """What a column offers, a stack for each claim, in one app: an app for each would be slow."""
    made: dict[tuple[str, int], Synthesized | ValueError] = {}
    names: dict[tuple[str, int], str] = {}
    with tempfile.TemporaryDirectory() as directory:
        app = App(context=dict(CONTEXT), outdir=directory, analytics_reporting=False)
        for row in MATRIX:
            for index, claim in enumerate(MATRIX[row].cells[column][1]):
                if not isinstance(claim, Offered):
                    continue
                stack = in_ireland(app, f"Claim{len(names)}")
                names[row, index] = stack.stack_name
                try:
                    build(stack, column, claim)
                except ValueError as error:
                    made[row, index] = error
        assembly = app.synth()
        for key, name in names.items():
            template = json.loads((Path(directory) / f"{name}.template.json").read_text())
            messages = assembly.get_stack_by_name(name).messages
            texts = [str(message.entry.data) for message in messages]
            made.setdefault(key, Synthesized(template, texts))
    return made


def values_at(stack: Synthesized, seen: Seen) -> list[Any]:
    """What is at a path in each resource of a type that has it."""
    found: list[Any] = []
    for resource in stack.of_type(seen.resource_type):
        value: Any = resource["Properties"]
        try:
            for part in seen.path.split("."):
                value = value[int(part) if isinstance(value, list) else part]
        except (KeyError, IndexError):
            continue
        found.append(value)
    return found


def check_offered(claim: Offered, stack: Synthesized | ValueError) -> None:
    if isinstance(stack, ValueError):
        raise stack
    found = values_at(stack, claim.seen)
    assert found if claim.seen.value is None else claim.seen.value in found
    marker = "[ack: cdk-sagemaker-inference:"
    warnings = [text.partition(marker)[2].rstrip("]") for text in stack.messages if marker in text]
    assert warnings == ([claim.warning] if isinstance(claim, Warned) else [])


def check_refused(claim: Refused, column: Column) -> None:
    with pytest.raises(ValueError, match=r"' has \d+ problem") as caught:
        build(in_ireland(App(), "Test"), column, claim)
    assert claim.words in str(caught.value)


def arguments_of(function: Callable[..., object]) -> set[str]:
    return set(inspect.signature(function).parameters)


def check_no_argument(claim: NoArgument, column: Column) -> None:
    endpoint_class = ENDPOINT_CLASSES[column]
    assert claim.name not in arguments_of(endpoint_class.__init__)  # type: ignore[misc]  # of the class
    if column is Column.COMPONENTS and claim.added:
        assert claim.name not in arguments_of(InferenceComponentEndpoint.add_model)


@pytest.mark.parametrize(
    ("column", "row"), CELLS, ids=[f"{column.value}: {row}" for column, row in CELLS]
)
def test_the_library_does_what_the_cell_says(column: Column, row: str) -> None:
    _, claims = MATRIX[row].cells[column]
    for index, claim in enumerate(claims):
        match claim:
            case Offered():
                check_offered(claim, synthesized(column)[row, index])
            case Refused():
                check_refused(claim, column)
            case NoArgument():
                check_no_argument(claim, column)


@pytest.mark.parametrize("row", MATRIX)
def test_a_verdict_and_what_the_library_does_agree(row: str) -> None:
    for column, (verdict, claims) in MATRIX[row].cells.items():
        offered = any(isinstance(claim, Offered) for claim in claims)
        quietly = any(type(claim) is Offered for claim in claims)
        if "(U)" in verdict or "(C)" in verdict:
            assert not quietly, f"{column.value}: {verdict}"
        elif verdict.startswith(("N", "-")):
            assert not offered, f"{column.value}: {verdict}"
        else:
            assert quietly, f"{column.value}: {verdict}"


def test_the_table_is_complete() -> None:
    assert len(CELLS) == 18 * 7
    for row in MATRIX.values():
        assert list(row.cells) == list(Column)
        assert all(claims for _, claims in row.cells.values())


def test_an_argument_that_is_missing_is_not_just_misspelt() -> None:
    known: set[str] = set()
    for endpoint_class in ENDPOINT_CLASSES.values():
        known |= arguments_of(endpoint_class.__init__)  # type: ignore[misc]  # of the class
    claims = [claim for row in MATRIX.values() for _, cell in row.cells.values() for claim in cell]
    missing = {claim.name for claim in claims if isinstance(claim, NoArgument)}
    assert missing <= known
