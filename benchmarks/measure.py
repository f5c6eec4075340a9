"""Runs synths in processes of their own, one way after the other, and sums up."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path

from benchmarks.requests import Request

ROOT = Path(__file__).parent.parent
BASE = "by_hand"
"""What the others are compared with."""


@dataclass(frozen=True)
class Run:
    """One synth, from the start of Python to its end."""

    wall_seconds: float
    cpu_seconds: float
    import_seconds: float
    build_seconds: float
    synth_seconds: float
    peak_mebibytes: float


@dataclass(frozen=True)
class Summary:
    """Several runs of one way."""

    runs: Sequence[Run]

    def median(self, measure: str) -> float:
        """The run in the middle."""
        return statistics.median(self._values(measure))

    def spread(self, measure: str) -> tuple[float, float]:
        """The least and the most."""
        values = self._values(measure)
        return min(values), max(values)

    def _values(self, measure: str) -> list[float]:
        return [getattr(run, measure) for run in self.runs]


def run_once(
    way: str,
    request: Request,
    outdir: str,
    *,
    options: Mapping[str, object] | None = None,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """Synthesize once.

    :param options: arguments of the app.
    :param variables: environment variables beside this process's.
    """
    said = json.dumps({} if options is None else dict(options))
    environment = {**os.environ, **({} if variables is None else variables)}
    # As for users, whose package is installed with its bytecode.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(Path(tempfile.gettempdir()) / "benchmarks-bytecode")
    before, began = os.times(), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", way, request.name, outdir, said],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    wall, after = time.perf_counter() - began, os.times()
    cpu = (
        after.children_user - before.children_user + after.children_system - before.children_system
    )
    return Run(wall_seconds=wall, cpu_seconds=cpu, **json.loads(ended.stdout.splitlines()[-1]))


def measure(ways: Sequence[str], request: Request, rounds: int) -> Mapping[str, Summary]:
    """Run each way in turn, so that what else the machine does falls on all of them."""
    runs: dict[str, list[Run]] = {way: [] for way in ways}
    for way in ways:
        _warm(way)
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(rounds):
            for way in ways:
                runs[way].append(run_once(way, request, directory))
    return {way: Summary(items) for way, items in runs.items()}


@cache
def _warm(way: str) -> None:
    """Let Python write its bytecode."""
    with tempfile.TemporaryDirectory() as directory:
        run_once(way, Request(endpoints=1, full=way != "alpha"), directory)


def resource_counts(way: str, request: Request) -> Counter[str]:
    """How many resources of each type a way makes."""
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as directory:
        run_once(way, request, directory)
        for path in Path(directory).glob("*.template.json"):
            resources = json.loads(path.read_text())["Resources"].values()
            counts.update(item["Type"] for item in resources)
    return counts


def marginal_milliseconds(by_size: Mapping[int, Summary], measure: str) -> float:
    """Cost of one more endpoint: the slope of the least squares line through the medians."""
    sizes = list(by_size)
    medians = [by_size[size].median(measure) for size in sizes]
    return statistics.linear_regression(sizes, medians).slope * 1000


def growth_exponent(by_size: Mapping[int, Summary], measure: str) -> float:
    """Exponent of the growth beyond one endpoint: 1 is linear."""
    first, *rest = by_size
    base = by_size[first].median(measure)
    points = [(log(size - first), log(by_size[size].median(measure) - base)) for size in rest]
    return statistics.linear_regression(*zip(*points, strict=True)).slope
