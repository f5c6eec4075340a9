"""CDK constructs for models in production on Amazon SageMaker: if it synthesizes, it deploys."""

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
from .model import Container, InferencePipeline, ModelDefinition, ModelPackage, MultiContainerModel
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
