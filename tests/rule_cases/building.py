"""Requests in order, one for each way to serve, and how a case says what it changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aws_cdk import Duration, Size

from cdk_sagemaker_inference import (
    Alarms,
    ComponentResources,
    Container,
    ContainerImage,
    ModelData,
    Naming,
    NamingScheme,
    S3Prefix,
    Scaling,
    ScalingPolicy,
    ShadowVariant,
    Variant,
)
from cdk_sagemaker_inference.async_inference import AsyncInference
from cdk_sagemaker_inference.component_request import ComponentRequest
from cdk_sagemaker_inference.environment import StackEnvironment
from cdk_sagemaker_inference.network import SelectedSubnets
from cdk_sagemaker_inference.request import EndpointRequest, EndpointType, PlacedRequest
from cdk_sagemaker_inference.variants import (
    ComponentVariant,
    EndpointVariant,
    InstanceVariant,
    ServerlessVariant,
)

Changes = dict[str, Any]
"""What a case says, by the name of what it changes."""

Cases = dict[str, tuple[Changes, Changes, str]]
"""By rule: changes that are accepted, changes that are refused, what the message must hold."""

More = list[tuple[str, Changes]]
"""Rules, each with more changes that it refuses, or has nothing against."""

REGION = "eu-west-1"
ACCOUNT = "123456789012"
ECR = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
ARCHIVE = Path(__file__).parents[2] / "stacks" / "fraud_model" / "model.tar.gz"
TOKEN = "${Token[TOKEN.1]}"
NUMBER_TOKEN = -1.8881545897087827e289
"""As CDK encodes a token in a number."""

KINDS = {
    EndpointType.REALTIME: "RealtimeEndpoint",
    EndpointType.SERVERLESS: "ServerlessEndpoint",
    EndpointType.ASYNC: "AsyncEndpoint",
    EndpointType.MULTI_MODEL: "MultiModelEndpoint",
    EndpointType.COMPONENTS: "InferenceComponentEndpoint",
    EndpointType.BATCH: "BatchTransformJob",
}

FLEET = (
    "instance_type",
    "instance_count",
    "weight",
    "scaling",
    "volume_size",
    "model_data_download_timeout",
    "container_startup_health_check_timeout",
    "routing_strategy",
)


@dataclass(frozen=True, eq=False)
class FakeBucket:
    """Rules only look at whether two prefixes are of one bucket, and at its Region."""

    bucket_name: str | None = None
    region: str | None = None

    @property
    def env(self) -> "FakeBucket":
        return self


@dataclass(frozen=True)
class FakeKey:
    """Rules only look at a key's ARN."""

    region: str = REGION
    account: str = ACCOUNT

    @property
    def key_arn(self) -> str:
        return f"arn:aws:kms:{self.region}:{self.account}:key/11111111-2222-3333-4444-555555555555"


class FakeVpc:
    """Rules only look at whether there is a VPC."""


BUCKET: Any = FakeBucket()


@dataclass(frozen=True)
class FakeTopic:
    """Rules only look at the ARN."""

    topic_arn: str


def prefix(name: Any = "requests", **changes: Any) -> S3Prefix:
    said: dict[str, Any] = {"bucket": BUCKET, "prefix": name, **changes}
    return S3Prefix(**said)


def placed(
    *, type: EndpointType = EndpointType.REALTIME, added: bool = False, **changes: Any
) -> PlacedRequest:
    """A request in order, with changes by the name of what they change.

    :param added: of a model that is added to an endpoint as an inference component.
    """
    environment = StackEnvironment(
        partition="aws",
        region=changes.pop("region", REGION),
        account=changes.pop("account", ACCOUNT),
    )
    subnets = changes.pop("subnets", None)
    others = changes.pop("beside", ())
    said: dict[str, Any] = {"variants": []}
    if added:
        said["component"] = _component(changes)
    elif "variants" in changes:
        said["variants"] = changes.pop("variants")
    else:
        said["variants"] = [_variant(type, changes)]
    if type is EndpointType.ASYNC:
        said["asynchronous"] = _asynchronous(changes)
    naming = changes.pop("naming", None) or Naming(
        **_taken(changes, {"team": "rc", "project": "project-a", "version": 3}), model="fraud"
    )
    kind = KINDS[type] + (".add_model" if added else "")
    request = EndpointRequest(kind=kind, type=type, naming=naming, **said, **changes)
    return PlacedRequest(request=request, environment=environment, subnets=subnets, others=others)


def _taken(
    changes: Changes, defaults: Mapping[str, Any], others: Iterable[str] = ()
) -> dict[str, Any]:
    """What there is a default for, changed, and what of the others was said."""
    taken = {name: changes.pop(name, value) for name, value in defaults.items()}
    return taken | {name: changes.pop(name) for name in others if name in changes}


def _model(type: EndpointType, changes: Changes) -> Any:
    data = (
        ModelData.from_archives(BUCKET, "models")
        if type is EndpointType.MULTI_MODEL
        else ModelData.from_uri("s3://models/fraud/3/model.tar.gz")
    )
    defaults = {
        "image": ContainerImage.from_registry(f"{ECR}/fraud:1.4.2"),
        "data": data,
        "environment": {"WORKERS": "4"},
    }
    container = Container(**_taken(changes, defaults))
    return changes.pop("model", container)


def _variant(type: EndpointType, changes: Changes) -> EndpointVariant:
    if type is EndpointType.COMPONENTS:
        return ComponentVariant(**_taken(changes, {}, (*FLEET, "instance_scaling")))
    model = _model(type, changes)
    if type is EndpointType.SERVERLESS:
        defaults = {
            "memory_size": Size.gibibytes(2),
            "max_concurrency": 5,
            "provisioned_concurrency": None,
        }
        return ServerlessVariant(model=model, **_taken(changes, defaults, ["scaling"]))
    return InstanceVariant.alone({"model": model} | _taken(changes, {}, FLEET))


def _asynchronous(changes: Changes) -> AsyncInference:
    defaults = {
        "input": prefix("requests"),
        "output": prefix("answers"),
        "failures": None,
        "max_concurrent_invocations_per_instance": None,
        "success_topic": False,
        "error_topic": False,
        "include_inference_response_in": (),
    }
    return AsyncInference(**_taken(changes, defaults))


def _component(changes: Changes) -> ComponentRequest:
    model = _model(EndpointType.COMPONENTS, changes)
    defaults = {
        "name": "chat",
        "resources": ComponentResources(min_memory=Size.gibibytes(2)),
        "copies": None,
        "scaling": None,
        "model_data_download_timeout": None,
        "container_startup_health_check_timeout": None,
        "instance_type": "ml.m5.xlarge",
    }
    return ComponentRequest(model=model, **_taken(changes, defaults, ["others"]))


def serverless(**changes: Any) -> Changes:
    return {"type": EndpointType.SERVERLESS, **changes}


def asynchronous(**changes: Any) -> Changes:
    return {"type": EndpointType.ASYNC, **changes}


def multi_model(**changes: Any) -> Changes:
    return {"type": EndpointType.MULTI_MODEL, **changes}


def components(**changes: Any) -> Changes:
    """An endpoint that models are to be added to."""
    return {"type": EndpointType.COMPONENTS, **changes}


def added(**changes: Any) -> Changes:
    """A model that is added."""
    return {"type": EndpointType.COMPONENTS, "added": True, **changes}


@dataclass(frozen=True)
class Scheme(NamingScheme):
    name: str = "fraud-ep"
    model: str = "fraud"
    own_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint_name(self) -> str:
        return self.name

    @property
    def model_name(self) -> str:
        return self.model

    @property
    def tags(self) -> Mapping[str, str]:
        return self.own_tags


ONE_ZONE = SelectedSubnets(subnet_ids=["subnet-1"], availability_zones=["eu-west-1a"])
TWO_ZONES = SelectedSubnets(
    subnet_ids=["subnet-1", "subnet-2"], availability_zones=["eu-west-1a", "eu-west-1b"]
)
KNOWN_LATER = SelectedSubnets(
    subnet_ids=["#{Token[TOKEN.1]}"], availability_zones=["#{Token[TOKEN.2]}", "#{Token[TOKEN.3]}"]
)
SEVENTEEN = SelectedSubnets(
    subnet_ids=[f"subnet-{n}" for n in range(17)], availability_zones=["eu-west-1a", "eu-west-1b"]
)


def image(location: str) -> ContainerImage:
    return ContainerImage.from_registry(location)


def ecr_image(**reference: str) -> ContainerImage:
    return ContainerImage.from_ecr_repository(object(), **reference)  # type: ignore[arg-type]  # never bound


def container(**changes: Any) -> Container:
    said: dict[str, Any] = {"image": image(f"{ECR}/fraud:1"), **changes}
    return Container(**said)


ON_INVOCATIONS = ScalingPolicy.on_invocations(per_instance_per_minute=600)


def scaling(low: Any = 2, high: Any = 8, *policies: ScalingPolicy, **changes: Any) -> Scaling:
    return Scaling(
        min_capacity=low, max_capacity=high, policies=policies or (ON_INVOCATIONS,), **changes
    )


def variants(*said: dict[str, Any]) -> list[InstanceVariant]:
    placed_variants = []
    for index, arguments in enumerate(said):
        all_arguments: dict[str, Any] = {"name": f"V{index}", "model": container(), **arguments}
        variant = Variant(**all_arguments)
        placed_variants.append(InstanceVariant.of(variant, prefix=f"variants[{index}]."))
    return placed_variants


def shadow(percent: Any = 50, **arguments: Any) -> ShadowVariant:
    said: dict[str, Any] = {"name": "Shadow", "model": container(), **arguments}
    return ShadowVariant(variant=Variant(**said), sampling_percent=percent)


def guarded(policy: object, **changes: Any) -> Changes:
    """A request that updates ten instances by a policy."""
    return {"deployment": policy, "instance_count": 10, "alarms": Alarms()} | changes


def seconds(count: float) -> Duration:
    return Duration.millis(round(count * 1000))
