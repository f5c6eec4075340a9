"""The reference app's model: a logistic regression over three numbers, in plain Python.

The functions' names are those that AWS's PyTorch inference container calls.
"""

import json
import math
from pathlib import Path
from typing import TypedDict


class Model(TypedDict):
    """What ``weights.json`` holds."""

    intercept: float
    coefficients: dict[str, float]


def model_fn(model_dir: str) -> Model:
    """Load the model that SageMaker unpacked."""
    model: Model = json.loads((Path(model_dir) / "weights.json").read_text())
    return model


def input_fn(body: str | bytes, content_type: str) -> list[dict[str, float]]:
    """Read one JSON object, or a list of them."""
    if content_type != "application/json":
        raise ValueError(f"content type {content_type!r}: only application/json is supported")
    payload = json.loads(body)
    return payload if isinstance(payload, list) else [payload]


def predict_fn(rows: list[dict[str, float]], model: Model) -> list[float]:
    """Score each row from 0 (sound) to 1 (fraud); missing numbers count as 0."""
    return [
        1
        / (
            1
            + math.exp(
                -model["intercept"]
                - sum(weight * row.get(name, 0.0) for name, weight in model["coefficients"].items())
            )
        )
        for row in rows
    ]


def output_fn(scores: list[float], accept: str) -> str:
    """Write the scores as JSON."""
    return json.dumps({"scores": scores})
