"""Tests run with the virtual environment's Node, also when that is not activated."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local.embedded import EmbeddedAws

_NODE = Path(sys.executable).parent / "node"
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))


@pytest.fixture(scope="module")
def aws() -> "Iterator[EmbeddedAws]":
    """An account of the embedded AWS for each module, ready for the CDK CLI."""
    from deploying import bootstrap
    from local.embedded import EmbeddedAws

    with EmbeddedAws() as embedded:
        bootstrap(embedded)
        yield embedded


@pytest.fixture(scope="module")
def plain_sagemaker() -> Iterator[None]:
    """SageMaker as moto has it, also where the embedded AWS is installed in the same process.

    It must be asked for before ``mock_aws`` begins.
    """
    from moto.sagemaker import urls
    from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
    from moto.sagemaker.responses import SageMakerResponse

    backend, dispatch = sagemaker_backends.backend, urls.url_paths["{0}/$"]
    sagemaker_backends.backend = SageMakerModelBackend
    urls.url_paths["{0}/$"] = SageMakerResponse.dispatch
    sagemaker_backends.clear()
    yield
    sagemaker_backends.backend = backend
    urls.url_paths["{0}/$"] = dispatch
    sagemaker_backends.clear()
