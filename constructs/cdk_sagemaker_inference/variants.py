"""Variants: which model runs on which instances."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from aws_cdk import aws_sagemaker as sagemaker

from .model import ModelDefinition
from .scaling import CapacityScaling, Scaling

if TYPE_CHECKING:
    from aws_cdk import Duration, Size

DEFAULT_VARIANT_NAME = "AllTraffic"
"""Name of the only variant; constant, for guardrails and autoscaling need it to stay the same."""

DEFAULT_INSTANCE_TYPE = "ml.m5.xlarge"
"""4 vCPUs and 16 GiB without a GPU, offered for hosting in every Region that has SageMaker."""


class RoutingStrategy(Enum):
    """How SageMaker picks the instance that answers a request (API reference, RoutingStrategy)."""

    RANDOM = "RANDOM"
    """A random instance."""

    LEAST_OUTSTANDING_REQUESTS = "LEAST_OUTSTANDING_REQUESTS"
    """The instance with the most spare capacity; better where requests differ in cost."""


class VariantProperty(Enum):
    """What an update may take from the template instead of keeping it (API reference,
    VariantPropertyType).
    """

    DESIRED_INSTANCE_COUNT = "DesiredInstanceCount"
    DESIRED_WEIGHT = "DesiredWeight"


@dataclass(frozen=True, kw_only=True)
class InstanceOptions:
    """What variants on instances have in common; see :class:`Variant` for the meaning."""

    instance_type: str = DEFAULT_INSTANCE_TYPE
    instance_count: int | None = None
    volume_size: "Size | None" = None
    model_data_download_timeout: "Duration | None" = None
    container_startup_health_check_timeout: "Duration | None" = None
    routing_strategy: RoutingStrategy | None = None


@dataclass(frozen=True, kw_only=True)
class Variant(InstanceOptions):
    """One of several models behind an endpoint, and its share of the traffic.

    Keep names from version to version: guardrails and autoscaling refuse updates that rename a
    variant (Developer Guide, deployment-guardrails-exclusions and endpoint-scaling-update).

    Example::

        Variant(name="challenger", model=container, weight=0.1, instance_type="ml.c5.xlarge")

    :param name: unique within the endpoint; letters, digits and inner hyphens, 63 at most.
    :param model: what runs.
    :param instance_type: default ``ml.m5.xlarge``.
    :param instance_count: instances to begin with, within the bounds of ``scaling``. It is part of
        the endpoint config, so that another number is a deployment: give it if the lower bound
        changes often. Default: the lower bound, or 1 without scaling.
    :param weight: share of the traffic, relative to the other weights; 0 takes none. Default: 1.
    :param volume_size: as for :class:`RealtimeEndpoint`.
    :param model_data_download_timeout: likewise.
    :param container_startup_health_check_timeout: likewise.
    :param routing_strategy: likewise.
    :param scaling: autoscaling. Default: none, the number of instances is fixed.
    """

    name: str
    model: ModelDefinition
    weight: float = 1
    scaling: Scaling | None = None


@dataclass(frozen=True, kw_only=True)
class ShadowVariant:
    """A model that gets a copy of the requests and whose answers nobody sees.

    :param variant: the model and its instances; its weight is not used.
    :param sampling_percent: share of the production variant's requests that are copied, above 0 and
        at most 100. It becomes the shadow's weight, relative to the production variant's weight of
        1, which is inferred, not documented; below 100 a warning says so. Default: 100.
    """

    variant: Variant
    sampling_percent: float = 100


@dataclass(frozen=True, kw_only=True)
class ManagedInstanceScaling:
    """Lets SageMaker add and remove the instances that inference components share.

    Instances are added when a copy finds no room and removed when none is on them; how many copies
    there are is said for each component.

    Example::

        ManagedInstanceScaling(min_instance_count=0, max_instance_count=4)

    :param min_instance_count: instances at least, from 0. The endpoint has none only if every
        component may have no copy (Developer Guide, endpoint-auto-scaling-zero-instances).
    :param max_instance_count: instances at most, from 1.
    """

    min_instance_count: int
    max_instance_count: int

    @property
    def properties(self) -> sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty:
        """CloudFormation's ManagedInstanceScaling."""
        return sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty(
            status="ENABLED",
            min_instance_count=self.min_instance_count,
            max_instance_count=self.max_instance_count,
        )


@dataclass(frozen=True, kw_only=True)
class EndpointVariant(ABC):
    """A variant of a request, of whichever kind.

    :param prefix: where the user said it, before the argument's name in errors; empty for arguments
        of the construct itself.
    :param model: what runs, unless models are added to the endpoint as inference components.
    :param shadow: whether it gets copies only.
    """

    name: str = DEFAULT_VARIANT_NAME
    prefix: str = ""
    model: ModelDefinition | None = None
    weight: float = 1
    scaling: CapacityScaling | None = None
    shadow: bool = False

    takes_model: ClassVar[bool] = True

    @property
    def type_of_instance(self) -> str | None:
        """What it runs on, if it has instances."""
        return None

    @property
    @abstractmethod
    def said_count(self) -> tuple[str, int | None]:
        """The argument that says the capacity to begin with, and what the user said."""

    def properties(
        self, model_name: str | None
    ) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """CloudFormation's ProductionVariant, without what was not asked for."""
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name, model_name=model_name, **self.capacity()
        )

    @abstractmethod
    def capacity(self) -> dict[str, Any]:
        """What the variant runs on, as CloudFormation's ProductionVariant says it."""


@dataclass(frozen=True, kw_only=True)
class FleetVariant(InstanceOptions, EndpointVariant):
    """A variant on instances."""

    @property
    def type_of_instance(self) -> str | None:
        """Its instance type."""
        return self.instance_type

    @property
    def said_count(self) -> tuple[str, int | None]:
        """The number of instances."""
        return "instance_count", self.instance_count

    @property
    def initial_count(self) -> int:
        """Instances to begin with."""
        return 1 if self.instance_count is None else self.instance_count

    @property
    def counts(self) -> Sequence[int]:
        """Numbers of instances that the variant may come to have: every bound, or the fixed one."""
        return [self.initial_count]

    def capacity(self) -> dict[str, Any]:
        """Instances: type, number, storage, patience."""
        volume = self.volume_size
        download = self.model_data_download_timeout
        start_up = self.container_startup_health_check_timeout
        routing = self.routing_strategy
        return {
            "instance_type": self.instance_type,
            "initial_instance_count": self.initial_count,
            "volume_size_in_gb": None if volume is None else volume.to_gibibytes(),
            "model_data_download_timeout_in_seconds": (
                None if download is None else download.to_seconds()
            ),
            "container_startup_health_check_timeout_in_seconds": (
                None if start_up is None else start_up.to_seconds()
            ),
            "routing_config": None
            if routing is None
            else sagemaker.CfnEndpointConfig.RoutingConfigProperty(routing_strategy=routing.value),
        }


@dataclass(frozen=True, kw_only=True)
class InstanceVariant(FleetVariant):
    """A variant that serves one model on instances, which autoscaling may add and remove."""

    @classmethod
    def alone(cls, said: Mapping[str, Any]) -> "InstanceVariant":
        """The only variant, of what was said to the construct; ``None`` was not said."""
        return cls(**{name: value for name, value in said.items() if value is not None})

    @classmethod
    def of(cls, variant: Variant, *, prefix: str) -> "InstanceVariant":
        """Place a user's variant in a request."""
        return cls(**_said(variant), prefix=prefix)

    @classmethod
    def of_shadow(cls, shadow: ShadowVariant) -> "InstanceVariant":
        """Place a user's shadow variant in a request."""
        percent = shadow.sampling_percent
        # Rules refuse anything but a literal number.
        weight = percent / 100 if isinstance(percent, (int, float)) else percent
        said: dict[str, Any] = {**_said(shadow.variant), "weight": weight}
        return cls(**said, prefix="shadow.variant.", shadow=True)

    @property
    def initial_count(self) -> int:
        """Instances to begin with; at least one, also where autoscaling may remove all."""
        if self.instance_count is not None:
            return self.instance_count
        return 1 if self.scaling is None else self.scaling.initial_capacity

    @property
    def counts(self) -> Sequence[int]:
        """Numbers of instances that the variant may come to have: every bound, or the fixed one."""
        return [self.initial_count] if self.scaling is None else self.scaling.bounds

    def capacity(self) -> dict[str, Any]:
        """Instances, and the share of the traffic."""
        return super().capacity() | {"initial_variant_weight": self.weight}


def _said(variant: Variant) -> dict[str, Any]:
    return {field.name: getattr(variant, field.name) for field in fields(Variant)}


@dataclass(frozen=True, kw_only=True)
class ServerlessVariant(EndpointVariant):
    """A variant without instances.

    :param memory_size: memory of one concurrent execution.
    :param max_concurrency: executions at the same time.
    :param provisioned_concurrency: of which are kept warm.
    """

    memory_size: "Size"
    max_concurrency: int
    provisioned_concurrency: int | None

    @property
    def said_count(self) -> tuple[str, int | None]:
        """The provisioned concurrency."""
        return "provisioned_concurrency", self.provisioned_concurrency

    @property
    def initial_concurrency(self) -> int | None:
        """Executions to begin with; there must be some, so that they can scale."""
        if self.provisioned_concurrency is not None or self.scaling is None:
            return self.provisioned_concurrency
        return self.scaling.initial_capacity

    def capacity(self) -> dict[str, Any]:
        """Memory and concurrency."""
        return {
            "serverless_config": sagemaker.CfnEndpointConfig.ServerlessConfigProperty(
                memory_size_in_mb=self.memory_size.to_mebibytes(),
                max_concurrency=self.max_concurrency,
                provisioned_concurrency=self.initial_concurrency,
            ),
        }


@dataclass(frozen=True, kw_only=True)
class ComponentVariant(FleetVariant):
    """A variant whose instances several models share as inference components.

    :param instance_scaling: lets SageMaker add and remove instances as copies need them.
    """

    instance_scaling: ManagedInstanceScaling | None = None

    takes_model: ClassVar[bool] = False

    @property
    def initial_count(self) -> int:
        """Instances to begin with."""
        if self.instance_count is not None or self.instance_scaling is None:
            return super().initial_count
        # A variant begins with one instance at least, also if it may have none later.
        return max(1, self.instance_scaling.min_instance_count)

    @property
    def counts(self) -> Sequence[int]:
        """Numbers of instances that the variant may come to have."""
        scaling = self.instance_scaling
        if scaling is None:
            return super().counts
        return [scaling.min_instance_count, scaling.max_instance_count]

    def capacity(self) -> dict[str, Any]:
        """Instances, and who adds and removes them."""
        scaling = self.instance_scaling
        return super().capacity() | {
            "managed_instance_scaling": None if scaling is None else scaling.properties
        }
