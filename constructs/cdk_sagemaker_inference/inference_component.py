"""Inference components: models that share the instances of an endpoint."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .model import ModelDefinition
from .scaling import CopyScaling

if TYPE_CHECKING:
    from aws_cdk import Duration, Size


@dataclass(frozen=True, kw_only=True)
class ComponentResources:
    """What each copy of a model needs of an instance (API reference,
    InferenceComponentComputeResourceRequirements).

    Example::

        ComponentResources(accelerators=1, min_memory=Size.gibibytes(8))

    :param min_memory: memory that a copy is given, from 128 MiB.
    :param max_memory: memory that a copy may take. Default: no bound.
    :param cpu_cores: virtual CPUs, from 0.25. Default: none are set aside.
    :param accelerators: GPUs or Neuron devices, from 1. Default: none.
    """

    min_memory: "Size"
    max_memory: "Size | None" = None
    cpu_cores: float | None = None
    accelerators: float | None = None


@dataclass(frozen=True, kw_only=True)
class InferenceComponent:
    """A model that was added to an endpoint; see :meth:`InferenceComponentEndpoint.add_model`."""

    name: str
    model: ModelDefinition
    resources: ComponentResources
    copies: int | None
    scaling: CopyScaling | None
    model_data_download_timeout: "Duration | None"
    container_startup_health_check_timeout: "Duration | None"
