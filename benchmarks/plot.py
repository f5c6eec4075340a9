"""The plot of the documentation."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "benchmarks"

from matplotlib import pyplot

from benchmarks.measure import Summary

LABELS = {"ours": "this library", "by_hand": "by hand", "alpha": "aws-sagemaker-alpha"}


def plot(results: Mapping[str, Mapping[int, Mapping[str, Summary]]], path: Path) -> None:
    """Wall time by number of endpoints, one picture for each kind of request."""
    figure, axes = pyplot.subplots(1, len(results), figsize=(10, 4), sharey=True, squeeze=False)
    for axis, (kind, by_size) in zip(axes[0], results.items(), strict=True):
        sizes = list(by_size)
        for way in by_size[sizes[0]]:
            summaries = [by_size[size][way] for size in sizes]
            medians = [summary.median("wall_seconds") for summary in summaries]
            spreads = [summary.spread("wall_seconds") for summary in summaries]
            (line,) = axis.plot(sizes, medians, marker="o", label=LABELS[way])
            axis.fill_between(sizes, *zip(*spreads, strict=True), alpha=0.2, color=line.get_color())
        axis.set_title(f"{kind} request")
        axis.set_xlabel("endpoints")
        axis.set_ylim(bottom=0)
        axis.legend()
    axes[0][0].set_ylabel("seconds for a synth")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
