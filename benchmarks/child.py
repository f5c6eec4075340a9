"""One synth in a process of its own: ``python -m benchmarks.child ours minimal-10 outdir``.

Prints what it measured as one line of JSON.
"""

import time

_BEGAN = time.perf_counter()

import importlib
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.requests import ACCOUNT, REGION, Request


def _children(process: str) -> Iterator[str]:
    for tasks in Path(f"/proc/{process}/task").glob("*/children"):
        for child in tasks.read_text().split():
            yield child
            yield from _children(child)


def _peak_mebibytes() -> float:
    """Most memory that this process and Node had, each at its own time."""
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for process in _children("self"):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                kibibytes += int(line.split()[1])
    return kibibytes / 1024


def main(way: str, request: Request, outdir: str, options: dict[str, Any]) -> dict[str, float]:
    """Synthesize and say what it took.

    :param options: arguments of the app.
    """
    module = importlib.import_module(f"benchmarks.{way}")
    import aws_cdk as cdk

    imported = time.perf_counter()
    app = cdk.App(outdir=outdir, **{"analytics_reporting": False, **options})
    env = cdk.Environment(account=ACCOUNT, region=REGION)
    for stack, numbers in request.stacks:
        module.build(cdk.Stack(app, stack, env=env), numbers, full=request.full)
    built = time.perf_counter()
    app.synth()
    return {
        "import_seconds": imported - _BEGAN,
        "build_seconds": built - imported,
        "synth_seconds": time.perf_counter() - built,
        "peak_mebibytes": _peak_mebibytes(),
    }


if __name__ == "__main__":
    said = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    print(json.dumps(main(sys.argv[1], Request.named(sys.argv[2]), sys.argv[3], said)))
