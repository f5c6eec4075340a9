"""What users can change about a synth, and what it brings."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.measure import Run, Summary, run_once
from benchmarks.requests import Request

REQUEST = Request(endpoints=10, full=False)


@dataclass(frozen=True)
class Setting:
    """Something that can be set.

    :param options: arguments of the app.
    :param variables: environment variables.
    """

    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


def settings(directory: str) -> Iterator[Setting]:
    """Each by itself."""
    yield Setting("as the reference app has it")
    system = _node_of_the_system()
    if system is not None:
        yield Setting(f"the system's {system}", variables={"JSII_NODE": system})
    yield Setting("NODE_COMPILE_CACHE", variables={"NODE_COMPILE_CACHE": directory})
    yield Setting("PYTHONOPTIMIZE=1", variables={"PYTHONOPTIMIZE": "1"})
    yield Setting(
        "App(builtin_cloud_formation_validation=False)",
        options={"builtin_cloud_formation_validation": False},
    )
    yield Setting("App(stack_traces=False)", options={"stack_traces": False})
    yield Setting("App(tree_metadata=False)", options={"tree_metadata": False})


def _node_of_the_system() -> str | None:
    own = str(Path(sys.executable).parent)
    others = [part for part in os.environ["PATH"].split(os.pathsep) if part != own]
    return shutil.which("node", path=os.pathsep.join(others))


def measure_settings(rounds: int) -> dict[str, Summary]:
    """Run each setting in turn."""
    runs: dict[str, list[Run]] = {}
    with tempfile.TemporaryDirectory() as outdir, tempfile.TemporaryDirectory() as compiled:
        for turn in range(rounds + 1):
            for setting in settings(compiled):
                run = run_once(
                    "ours", REQUEST, outdir, options=setting.options, variables=setting.variables
                )
                if turn:  # the first fills the caches
                    runs.setdefault(setting.name, []).append(run)
    return {name: Summary(items) for name, items in runs.items()}
