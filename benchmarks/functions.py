"""What the Lambda functions cost: size of the code, import and memory."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT

_PROBE = """
import json, resource, sys, time
began = time.perf_counter()
import boto3
libraries = time.perf_counter()
sys.path.insert(0, sys.argv[1])
import index
print(json.dumps([libraries - began, time.perf_counter() - libraries,
    resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


@dataclass(frozen=True)
class FunctionCost:
    """One function.

    :param code_bytes: its source; boto3 is the runtime's.
    :param boto3_seconds: to import boto3.
    :param import_seconds: to import the function after that.
    :param peak_mebibytes: of the process, boto3 included.
    """

    name: str
    code_bytes: int
    boto3_seconds: float
    import_seconds: float
    peak_mebibytes: float


def functions(rounds: int) -> Iterator[FunctionCost]:
    """Measure each function."""
    for index in sorted((ROOT / "lambda").glob("*/index.py")):
        probes = [_probe(index.parent) for _ in range(rounds)]
        boto3, own, peak = (statistics.median(values) for values in zip(*probes, strict=True))
        size = sum(path.stat().st_size for path in index.parent.glob("*.py"))
        yield FunctionCost(index.parent.name, size, boto3, own, peak)


def _probe(folder: Path) -> list[float]:
    ended = subprocess.run(
        [sys.executable, "-c", _PROBE, str(folder)], capture_output=True, text=True, check=True
    )
    measured: list[float] = json.loads(ended.stdout)
    return measured
