"""The container that serves the fraud model."""

from collections.abc import Mapping
from pathlib import Path

from cdk_sagemaker_inference import Container, ContainerImage, ModelData

MODEL_ARCHIVE = Path(__file__).parent / "model.tar.gz"
IMAGE = ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312")


def fraud_container(
    data: ModelData | None = None, *, environment: Mapping[str, str] | None = None
) -> Container:
    """Serve the model of the checkout, or another one in the same image."""
    return Container(
        image=IMAGE,
        data=ModelData.from_asset(str(MODEL_ARCHIVE)) if data is None else data,
        environment={
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
            **(environment or {}),
        },
    )
