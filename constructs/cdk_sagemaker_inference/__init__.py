"""CDK constructs for models in production on Amazon SageMaker: if it synthesizes, it deploys."""

from .container_image import ContainerImage
from .inference_endpoint import InferenceEndpoint
from .metrics import MetricOptions
from .model import Container
from .model_data import ModelData
from .naming import Naming, NamingScheme
from .realtime_endpoint import RealtimeEndpoint
from .variants import RoutingStrategy

__all__ = [
    "Container",
    "ContainerImage",
    "InferenceEndpoint",
    "MetricOptions",
    "ModelData",
    "Naming",
    "NamingScheme",
    "RealtimeEndpoint",
    "RoutingStrategy",
]
