"""Variants: which model runs on which instances."""

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from .model import Container

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


@dataclass(frozen=True, kw_only=True)
class InstanceVariant:
    """A model on instances, as the user asked for it.

    :param prefix: where the user said it, before the argument's name in errors; empty for arguments
        of the construct itself.
    """

    model: Container
    name: str = DEFAULT_VARIANT_NAME
    instance_type: str = DEFAULT_INSTANCE_TYPE
    instance_count: int = 1
    weight: float = 1
    volume_size: "Size | None" = None
    model_data_download_timeout: "Duration | None" = None
    container_startup_health_check_timeout: "Duration | None" = None
    routing_strategy: RoutingStrategy | None = None
    prefix: str = ""

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
            initial_instance_count=self.instance_count,
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
