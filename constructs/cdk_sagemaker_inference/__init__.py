"""CDK constructs for models in production on Amazon SageMaker: if it synthesizes, it deploys."""

from .alarm_kinds import Severity
from .alarms import Alarms, EndpointAlarm
from .container_image import ContainerImage
from .data_capture import CaptureMode, DataCapture
from .deployment import BlueGreen, DeploymentPolicy, Rolling
from .inference_endpoint import InferenceEndpoint
from .metrics import MetricOptions
from .model import Container
from .model_data import ModelData
from .naming import Naming, NamingScheme
from .realtime_endpoint import RealtimeEndpoint
from .scaling import Scaling, ScalingSchedule
from .scaling_policy import AdjustmentType, ScalingPolicy, ScalingStep
from .variants import RoutingStrategy, ShadowVariant, Variant, VariantProperty

__all__ = [
    "AdjustmentType",
    "Alarms",
    "BlueGreen",
    "CaptureMode",
    "Container",
    "ContainerImage",
    "DataCapture",
    "DeploymentPolicy",
    "EndpointAlarm",
    "InferenceEndpoint",
    "MetricOptions",
    "ModelData",
    "Naming",
    "NamingScheme",
    "RealtimeEndpoint",
    "Rolling",
    "RoutingStrategy",
    "Scaling",
    "ScalingPolicy",
    "ScalingSchedule",
    "ScalingStep",
    "Severity",
    "ShadowVariant",
    "Variant",
    "VariantProperty",
]
