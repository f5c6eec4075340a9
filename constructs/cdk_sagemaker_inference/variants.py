"""Variants: which model runs on which instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_sagemaker as sagemaker

from .model import Container
from .scaling import Scaling

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
class Variant:
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
    model: Container
    instance_type: str = DEFAULT_INSTANCE_TYPE
    instance_count: int | None = None
    weight: float = 1
    volume_size: "Size | None" = None
    model_data_download_timeout: "Duration | None" = None
    container_startup_health_check_timeout: "Duration | None" = None
    routing_strategy: RoutingStrategy | None = None
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
class InstanceVariant(Variant):
    """A variant of a request.

    :param prefix: where the user said it, before the argument's name in errors; empty for arguments
        of the construct itself.
    :param shadow: whether it gets copies only.
    """

    prefix: str = ""
    shadow: bool = False

    @classmethod
    def alone(cls, said: Mapping[str, Any]) -> "InstanceVariant":
        """The only variant, of what was said to the construct; a rule finds a missing model."""
        return cls(**{"name": DEFAULT_VARIANT_NAME, "model": None} | dict(said))

    @classmethod
    def of(cls, variant: Variant, *, prefix: str) -> "InstanceVariant":
        """Place a user's variant in a request."""
        said = {field.name: getattr(variant, field.name) for field in fields(Variant)}
        return cls(**said, prefix=prefix)

    @classmethod
    def of_shadow(cls, shadow: ShadowVariant) -> "InstanceVariant":
        """Place a user's shadow variant in a request."""
        variant = shadow.variant
        said = {field.name: getattr(variant, field.name) for field in fields(Variant)}
        percent = shadow.sampling_percent
        # Rules refuse anything but a literal number.
        said["weight"] = percent / 100 if isinstance(percent, (int, float)) else percent
        return cls(**said, prefix="shadow.variant.", shadow=True)

    @property
    def initial_count(self) -> int:
        """Instances to begin with."""
        if self.instance_count is not None:
            return self.instance_count
        return 1 if self.scaling is None else self.scaling.min_capacity

    @property
    def counts(self) -> Sequence[int]:
        """Numbers of instances that the variant may come to have: every bound, or the fixed one."""
        if self.scaling is None:
            return [self.initial_count]
        bounds = [self.scaling.min_capacity, self.scaling.max_capacity]
        for schedule in self.scaling.schedules:
            bounds += [
                bound
                for bound in (schedule.min_capacity, schedule.max_capacity)
                if bound is not None
            ]
        return bounds

    def properties(self, model_name: str) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        """CloudFormation's ProductionVariant, without what was not asked for."""
        volume = self.volume_size
        download = self.model_data_download_timeout
        start_up = self.container_startup_health_check_timeout
        routing = self.routing_strategy
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=self.name,
            model_name=model_name,
            instance_type=self.instance_type,
            initial_instance_count=self.initial_count,
            initial_variant_weight=self.weight,
            volume_size_in_gb=None if volume is None else volume.to_gibibytes(),
            model_data_download_timeout_in_seconds=(
                None if download is None else download.to_seconds()
            ),
            container_startup_health_check_timeout_in_seconds=(
                None if start_up is None else start_up.to_seconds()
            ),
            routing_config=None
            if routing is None
            else sagemaker.CfnEndpointConfig.RoutingConfigProperty(routing_strategy=routing.value),
        )
