"""CDK constructs for models in production on Amazon SageMaker: if it synthesizes, it deploys."""

import importlib
import typing

if typing.TYPE_CHECKING:
    from .alarm_kinds import Severity
    from .alarms import (
        Alarms,
        AsyncAlarms,
        ComponentAlarms,
        EndpointAlarm,
        InstanceAlarms,
        MultiModelAlarms,
        ServerlessAlarms,
    )
    from .async_endpoint import AsyncEndpoint
    from .async_inference import NotificationTopic
    from .batch_transform_job import BatchTransformJob
    from .component_request import ComponentResources
    from .container_image import ContainerImage
    from .data_capture import CaptureMode, DataCapture
    from .deployer import DeployerPolicy, cdk_cli_statements, deployer_statements
    from .deployment import BlueGreen, ComponentRolling, DeploymentPolicy, Rolling
    from .inference_component import InferenceComponent
    from .inference_component_endpoint import InferenceComponentEndpoint
    from .inference_endpoint import ImportedEndpoint, InferenceEndpoint
    from .metrics import MetricOptions
    from .model import (
        Container,
        InferencePipeline,
        ModelDefinition,
        ModelPackage,
        MultiContainerModel,
    )
    from .model_data import ModelData
    from .multi_model_endpoint import MultiModelEndpoint
    from .naming import Naming, NamingScheme
    from .realtime_endpoint import RealtimeEndpoint
    from .scaling import (
        AsyncScaling,
        CopyScaling,
        ProvisionedConcurrencyScaling,
        Scaling,
        ScalingSchedule,
    )
    from .scaling_policy import AdjustmentType, ScalingPolicy, ScalingStep
    from .serverless_endpoint import ServerlessEndpoint
    from .storage import S3Prefix
    from .transform import (
        AssembleWith,
        BatchDataCapture,
        BatchStrategy,
        DataProcessing,
        Experiment,
        SplitType,
        TransformInput,
        TransformOutput,
    )
    from .transform_observability import BatchAlarms, TransformJobStatus
    from .transform_runs import BatchSchedule, RunAtDeployment, RunOnDemand
    from .updates import UpdateFinding, check_updates, find_update_problems
    from .variants import (
        ManagedInstanceScaling,
        RoutingStrategy,
        ShadowVariant,
        Variant,
        VariantProperty,
    )

__all__ = [
    "AdjustmentType",
    "Alarms",
    "AssembleWith",
    "AsyncAlarms",
    "AsyncEndpoint",
    "AsyncScaling",
    "BatchAlarms",
    "BatchDataCapture",
    "BatchSchedule",
    "BatchStrategy",
    "BatchTransformJob",
    "BlueGreen",
    "CaptureMode",
    "ComponentAlarms",
    "ComponentResources",
    "ComponentRolling",
    "Container",
    "ContainerImage",
    "CopyScaling",
    "DataCapture",
    "DataProcessing",
    "DeployerPolicy",
    "DeploymentPolicy",
    "EndpointAlarm",
    "Experiment",
    "ImportedEndpoint",
    "InferenceComponent",
    "InferenceComponentEndpoint",
    "InferenceEndpoint",
    "InferencePipeline",
    "InstanceAlarms",
    "ManagedInstanceScaling",
    "MetricOptions",
    "ModelData",
    "ModelDefinition",
    "ModelPackage",
    "MultiContainerModel",
    "MultiModelAlarms",
    "MultiModelEndpoint",
    "Naming",
    "NamingScheme",
    "NotificationTopic",
    "ProvisionedConcurrencyScaling",
    "RealtimeEndpoint",
    "Rolling",
    "RoutingStrategy",
    "RunAtDeployment",
    "RunOnDemand",
    "S3Prefix",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "ScalingStep",
    "ServerlessAlarms",
    "ServerlessEndpoint",
    "Severity",
    "ShadowVariant",
    "SplitType",
    "TransformInput",
    "TransformJobStatus",
    "TransformOutput",
    "UpdateFinding",
    "Variant",
    "VariantProperty",
    "cdk_cli_statements",
    "check_updates",
    "deployer_statements",
    "find_update_problems",
]

_MODULES = {
    "alarm_kinds": ["Severity"],
    "alarms": [
        "Alarms",
        "AsyncAlarms",
        "ComponentAlarms",
        "EndpointAlarm",
        "InstanceAlarms",
        "MultiModelAlarms",
        "ServerlessAlarms",
    ],
    "async_endpoint": ["AsyncEndpoint"],
    "async_inference": ["NotificationTopic"],
    "batch_transform_job": ["BatchTransformJob"],
    "component_request": ["ComponentResources"],
    "container_image": ["ContainerImage"],
    "data_capture": ["CaptureMode", "DataCapture"],
    "deployer": ["DeployerPolicy", "cdk_cli_statements", "deployer_statements"],
    "deployment": ["BlueGreen", "ComponentRolling", "DeploymentPolicy", "Rolling"],
    "inference_component": ["InferenceComponent"],
    "inference_component_endpoint": ["InferenceComponentEndpoint"],
    "inference_endpoint": ["ImportedEndpoint", "InferenceEndpoint"],
    "metrics": ["MetricOptions"],
    "model": [
        "Container",
        "InferencePipeline",
        "ModelDefinition",
        "ModelPackage",
        "MultiContainerModel",
    ],
    "model_data": ["ModelData"],
    "multi_model_endpoint": ["MultiModelEndpoint"],
    "naming": ["Naming", "NamingScheme"],
    "realtime_endpoint": ["RealtimeEndpoint"],
    "scaling": [
        "AsyncScaling",
        "CopyScaling",
        "ProvisionedConcurrencyScaling",
        "Scaling",
        "ScalingSchedule",
    ],
    "scaling_policy": ["AdjustmentType", "ScalingPolicy", "ScalingStep"],
    "serverless_endpoint": ["ServerlessEndpoint"],
    "storage": ["S3Prefix"],
    "transform": [
        "AssembleWith",
        "BatchDataCapture",
        "BatchStrategy",
        "DataProcessing",
        "Experiment",
        "SplitType",
        "TransformInput",
        "TransformOutput",
    ],
    "transform_observability": ["BatchAlarms", "TransformJobStatus"],
    "transform_runs": ["BatchSchedule", "RunAtDeployment", "RunOnDemand"],
    "updates": ["UpdateFinding", "check_updates", "find_update_problems"],
    "variants": [
        "ManagedInstanceScaling",
        "RoutingStrategy",
        "ShadowVariant",
        "Variant",
        "VariantProperty",
    ],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


if not typing.TYPE_CHECKING:  # to checkers any name would be one of the package's

    def __getattr__(name: str) -> object:
        """Load what is asked for: all of it would add a tenth to the start of a small app."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f".{_MODULE_OF[name]}", __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
