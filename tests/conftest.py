"""Tests run with the virtual environment's Node, also when that is not activated."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import botocore.session
import pytest

if TYPE_CHECKING:
    from local.embedded import EmbeddedAws

# moto forgets boto3's session with each test, and with it the service models; to read them again
# would take most of a test's time.
botocore.session.create_loader = cache(botocore.session.create_loader)

_NODE = Path(sys.executable).parent / "node"
if _NODE.exists():
    os.environ.setdefault("JSII_NODE", str(_NODE))


@pytest.fixture(autouse=True, scope="session")
def _every_template_is_checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test passes with a template that the APIs refuse, whatever it asserts."""
    from support import every_template_checked

    mine = tmp_path_factory.getbasetemp()
    of_the_run = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    with every_template_checked(of_the_run / "linted"):
        yield


@pytest.fixture
def covers(record_property: Callable[[str, object], None]) -> Callable[[str, str], None]:
    """Say that the test, if it passes, proves an item of a table: a rule, a call, an update.

    The end of the run prints how many different items of each kind were proved.
    """
    return lambda kind, item: record_property("covers", [kind, item])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the passed tests prove, also those of other processes."""
    proved = {
        (kind, item)
        for report in terminalreporter.stats.get("passed", [])
        for name, value in report.user_properties
        if name == "covers"
        for kind, item in [value]
    }
    if proved:
        terminalreporter.section("proved")
        for kind, count in sorted(Counter(kind for kind, _ in proved).items()):
            terminalreporter.write_line(f"{count:5} {kind}")


@pytest.fixture(scope="module")
def aws() -> "Iterator[EmbeddedAws]":
    """An account of the embedded AWS for each module, ready for templates of CDK."""
    from deploying import make_ready
    from local.embedded import EmbeddedAws

    with EmbeddedAws() as embedded:
        make_ready(embedded)
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
