"""What an endpoint costs at synth, in calls to Node and modules of CDK: a guard that is no timing.

`make bench` measures the time.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from aws_cdk import App, Environment, Stack
from jsii._kernel.providers import process

from benchmarks import by_hand, ours
from benchmarks.requests import ACCOUNT, REGION
from support import ROOT

CALLS = {"minimal": 29, "full": 42}
"""Calls for one more endpoint in a stack; by hand they are 18 and 26."""

MODULES = {"aws_cloudwatch", "aws_iam", "aws_sagemaker"}
"""What a real-time endpoint needs of CDK; each of the others takes up to a fifth of a second."""


@contextmanager
def counted() -> Iterator[list[object]]:
    calls: list[object] = []
    send = process._NodeProcess.send

    def counting(self: Any, request: Any, response: Any) -> Any:
        calls.append(request)
        return send(self, request, response)

    with patch.object(process._NodeProcess, "send", counting):
        yield calls


def calls_for_one_more(build: Callable[..., None], *, full: bool) -> float:
    app = App(analytics_reporting=False)
    stack = Stack(app, "Test", env=Environment(account=ACCOUNT, region=REGION))
    counts = []
    for numbers in (range(1), range(1, 2), range(2, 12)):
        with counted() as calls:
            build(Stack(stack, f"From{numbers.start}"), numbers, full=full)
        counts.append(len(calls))
    # What a stack costs once is in the second and in the third.
    return (counts[2] - counts[1]) / 9


@pytest.mark.parametrize("kind", CALLS)
def test_one_more_endpoint_takes_no_more_calls_than_it_did(kind: str) -> None:
    assert calls_for_one_more(ours.build, full=kind == "full") <= CALLS[kind]


def test_the_guard_counts_calls() -> None:
    assert calls_for_one_more(by_hand.build, full=False) == 18


PROGRAM = """
import json, sys
from cdk_sagemaker_inference import Alarms, BlueGreen, Container, RealtimeEndpoint, Scaling
loaded = [name.split(".") for name in sys.modules]
print(json.dumps([
    sorted({parts[1] for parts in loaded if parts[0] == "aws_cdk" and len(parts) > 1}),
    sorted({parts[1] for parts in loaded if parts[0] == "cdk_sagemaker_inference" and parts[1:]}),
]))
"""


def test_an_endpoint_loads_nothing_of_cdk_that_it_does_not_need() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    cdk, own = json.loads(ended.stdout)
    assert {name for name in cdk if name.startswith("aws_")} - bundled() == MODULES
    assert {"batch_transform_job", "deployer", "testing", "updates", "dashboard"}.isdisjoint(own)


def bundled() -> set[str]:
    """What `import aws_cdk` loads by itself."""
    program = (
        "import aws_cdk, sys; print(*[n for n in sys.modules if n.startswith('aws_cdk.aws_')])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {name.split(".")[1] for name in ended.stdout.split()}
