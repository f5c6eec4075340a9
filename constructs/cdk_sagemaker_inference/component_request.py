"""What is said of a model that is added to an endpoint as an inference component."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from .model import ModelDefinition
from .scaling import CopyScaling

if TYPE_CHECKING:
    from aws_cdk import Duration, Size


@dataclass(frozen=True, kw_only=True)
class ComponentResources:
    """What each copy of a model is given of an instance (API reference,
    InferenceComponentComputeResourceRequirements).

    Example::

        ComponentResources(min_memory=Size.gibibytes(8), accelerators=1)

    :param min_memory: memory that a copy is given, whole MiB from 128. SageMaker keeps a part of
        the instance's memory for itself.
    :param max_memory: memory that a copy may take. Default: no bound.
    :param cpu_cores: virtual CPUs, from 0.25. Default: none are set aside.
    :param accelerators: GPUs or Neuron devices, from 1. Default: none.
    """

    min_memory: "Size"
    max_memory: "Size | None" = None
    cpu_cores: float | None = None
    accelerators: float | None = None

    @property
    def properties(
        self,
    ) -> sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty:
        """CloudFormation's ComputeResourceRequirements."""
        component = sagemaker.CfnInferenceComponent
        return component.InferenceComponentComputeResourceRequirementsProperty(
            min_memory_required_in_mb=self.min_memory.to_mebibytes(),
            max_memory_required_in_mb=None
            if self.max_memory is None
            else self.max_memory.to_mebibytes(),
            number_of_cpu_cores_required=self.cpu_cores,
            number_of_accelerator_devices_required=self.accelerators,
        )


@dataclass(frozen=True, kw_only=True)
class ComponentRequest:
    """An inference component as the user said it; see :meth:`InferenceComponentEndpoint.add_model`.

    :param instance_type: what the endpoint runs on.
    :param others: names of the components that the endpoint has already.
    """

    name: str
    model: ModelDefinition
    resources: ComponentResources
    copies: int | None
    scaling: CopyScaling | None
    model_data_download_timeout: "Duration | None"
    container_startup_health_check_timeout: "Duration | None"
    instance_type: str
    others: Sequence[str] = ()

    @property
    def initial_copies(self) -> int:
        """Copies to begin with."""
        if self.copies is not None:
            return self.copies
        return 1 if self.scaling is None else self.scaling.initial_capacity

    @property
    def counts(self) -> Sequence[int]:
        """Numbers of copies that there may come to be: every bound, or the fixed number."""
        return [self.initial_copies] if self.scaling is None else self.scaling.bounds

    def specification(
        self, model_name: str
    ) -> sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty:
        """CloudFormation's Specification."""
        component = sagemaker.CfnInferenceComponent
        download = self.model_data_download_timeout
        start_up = self.container_startup_health_check_timeout
        parameters = None
        if download is not None or start_up is not None:
            parameters = component.InferenceComponentStartupParametersProperty(
                model_data_download_timeout_in_seconds=(
                    None if download is None else download.to_seconds()
                ),
                container_startup_health_check_timeout_in_seconds=(
                    None if start_up is None else start_up.to_seconds()
                ),
            )
        return component.InferenceComponentSpecificationProperty(
            model_name=model_name,
            compute_resource_requirements=self.resources.properties,
            startup_parameters=parameters,
        )
