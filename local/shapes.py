"""Checks a request against the constraints in a botocore service model, and words a refusal as
AWS does.

The comparison is that of `cdk_sagemaker_inference.testing`, which holds templates against the same
constraints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdk_sagemaker_inference.testing.patterns import java_pattern
from cdk_sagemaker_inference.testing.shapes import (
    Problem,
    cast,
    input_shape,
    problems,
    service_model,
)

__all__ = [
    "Problem",
    "cast",
    "check",
    "code",
    "input_shape",
    "java_pattern",
    "message",
    "problems",
    "service_model",
    "untranslatable_patterns",
]


def check(service: str, operation: str, request: Mapping[str, Any]) -> list[Problem]:
    """Every problem of a request to an operation, in the order of the service model's members."""
    shape = service_model(service).operation_model(operation).input_shape
    if shape is None:
        return []
    return list(problems(shape, request))


def message(found: Sequence[Problem]) -> str:
    """The text of the validation error that AWS answers with."""
    serialization = [problem for problem in found if problem.code == "SerializationException"]
    if serialization:
        return serialization[0].text
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: " + "; ".join(p.text for p in found)


def code(found: Sequence[Problem]) -> str:
    """The error code: a value of the wrong type fails before any constraint is looked at."""
    if any(problem.code == "SerializationException" for problem in found):
        return "SerializationException"
    return "ValidationException"


def untranslatable_patterns(service: str) -> list[str]:
    """The patterns of a service model that `problems` cannot check."""
    model = service_model(service)
    shapes = (model.shape_for(name) for name in model.shape_names)
    patterns = {shape.metadata["pattern"] for shape in shapes if "pattern" in shape.metadata}
    return sorted(pattern for pattern in patterns if java_pattern(pattern) is None)
