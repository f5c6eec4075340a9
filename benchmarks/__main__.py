"""``make bench``: what the library costs at synth, beside the same resources written by hand.

Prints medians, spread and ratios, and writes them to ``docs/performance.json`` and a plot to
``docs/performance.svg``. ``ROUNDS=1 SIZES=1,10 make bench`` is quick and coarse.
"""

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from benchmarks.alpha import CAN
from benchmarks.functions import functions
from benchmarks.measure import (
    BASE,
    ROOT,
    Summary,
    growth_exponent,
    marginal_milliseconds,
    measure,
    resource_counts,
)
from benchmarks.plot import plot
from benchmarks.requests import Request
from benchmarks.settings import REQUEST, measure_settings

SIZES = (1, 10, 35, 200)
MEASURES = {
    "wall_seconds": "wall s",
    "cpu_seconds": "CPU s",
    "import_seconds": "import s",
    "peak_mebibytes": "peak MiB",
}
TARGETS = {
    "wall_seconds": 1.05,
    "marginal wall": 1.10,
    "import over by hand, ms": 60,
    "peak_mebibytes": 1.05,
}

Results = Mapping[str, Mapping[int, Mapping[str, Summary]]]
"""By kind of request, size and way."""


def _ways(request: Request) -> Sequence[str]:
    can = CAN["full" if request.full else "minimal"]
    return ("ours", BASE, *(["alpha"] if can else []))


def _check_same_resources() -> None:
    for full in (False, True):
        request = Request(endpoints=2, full=full)
        ours, base = resource_counts("ours", request), resource_counts(BASE, request)
        if ours != base:
            raise SystemExit(f"{request.name} is not the same: {ours - base} {base - ours}")
        print(f"{request.name}: both make {dict(sorted(ours.items()))}")


def _lines(results: Results) -> Iterator[str]:
    yield f"{'request':12} {'n':>4} {'way':8} " + " ".join(
        f"{title:>26}" for title in MEASURES.values()
    )
    for kind, by_size in results.items():
        for size, ways in by_size.items():
            for way, summary in ways.items():
                cells = []
                for name in MEASURES:
                    median, (least, most) = summary.median(name), summary.spread(name)
                    ratio = median / ways[BASE].median(name)
                    cells.append(f"{median:7.2f} ({least:.2f}-{most:.2f}) {ratio:4.2f}x")
                yield f"{kind:12} {size:4} {way:8} " + " ".join(f"{cell:>26}" for cell in cells)


def _verdicts(results: Results) -> Iterator[tuple[str, float, float]]:
    """Each target with what was measured."""
    for kind, by_size in results.items():
        for size, ways in by_size.items():
            for name in ("wall_seconds", "peak_mebibytes"):
                ratio = ways["ours"].median(name) / ways[BASE].median(name)
                yield f"{kind} {size} {name}, ratio", ratio, TARGETS[name]
            more = ways["ours"].median("import_seconds") - ways[BASE].median("import_seconds")
            limit = TARGETS["import over by hand, ms"]
            yield f"{kind} {size} import over by hand, ms", more * 1000, limit
        if len(by_size) > 1:
            ours, base = (
                marginal_milliseconds({n: ways[way] for n, ways in by_size.items()}, "wall_seconds")
                for way in ("ours", BASE)
            )
            name = f"{kind} one more endpoint ({ours:.1f} ms, by hand {base:.1f} ms), ratio"
            yield name, ours / base, TARGETS["marginal wall"]
        if len(by_size) > 2:
            mine = {size: ways["ours"] for size, ways in by_size.items()}
            yield f"{kind} exponent of growth", growth_exponent(mine, "build_seconds"), 1.05


def _as_json(results: Results) -> object:
    return {
        kind: {
            str(size): {way: [asdict(run) for run in summary.runs] for way, summary in ways.items()}
            for size, ways in by_size.items()
        }
        for kind, by_size in results.items()
    }


def main() -> None:
    """Measure, print and write."""
    rounds = int(os.environ.get("ROUNDS", "5"))
    sizes = [int(size) for size in os.environ.get("SIZES", ",".join(map(str, SIZES))).split(",")]
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {rounds} rounds")
    _check_same_resources()
    results: dict[str, dict[int, Mapping[str, Summary]]] = {}
    for kind, full in {"minimal": False, "full": True}.items():
        for size in sizes:
            request = Request(endpoints=size, full=full)
            results.setdefault(kind, {})[size] = measure(_ways(request), request, rounds)
    for line in _lines(results):
        print(line)
    for name, measured, limit in _verdicts(results):
        print(f"{'holds ' if measured <= limit else 'MISSED'} {name}: {measured:.2f} <= {limit:g}")
    changed = measure_settings(rounds)
    as_it_is = next(iter(changed.values())).median("wall_seconds")
    for setting, summary in changed.items():
        wall = summary.median("wall_seconds")
        print(f"{REQUEST.name} with {setting}: {wall:.2f} s ({wall - as_it_is:+.2f})")
    costs = list(functions(rounds))
    for cost in costs:
        print(
            f"function {cost.name}: {cost.code_bytes} bytes of code, import "
            f"{cost.import_seconds * 1000:.0f} ms after boto3's {cost.boto3_seconds * 1000:.0f}, "
            f"peak {cost.peak_mebibytes:.0f} MiB"
        )
    written = {
        "synth": _as_json(results),
        "settings": {name: [asdict(run) for run in each.runs] for name, each in changed.items()},
        "functions": [asdict(cost) for cost in costs],
    }
    (ROOT / "docs" / "performance.json").write_text(json.dumps(written, indent=1) + "\n")
    plot(results, ROOT / "docs" / "performance.svg")


if __name__ == "__main__":
    main()
