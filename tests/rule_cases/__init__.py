"""Accepted and refused cases of each rule, as changes to a request that is in order.

One module for each module of rules; what a case changes is in :mod:`building`.
"""

from . import (
    asynchronous,
    components,
    containers,
    deployments,
    instances,
    kinds,
    models,
    multi_model,
    names,
    neighbours,
    network,
    observability,
    permissions,
    scaling,
    serverless,
    transform,
    variants,
)
from .building import Cases, More

_MODULES = (
    kinds,
    names,
    variants,
    containers,
    models,
    instances,
    scaling,
    deployments,
    observability,
    serverless,
    asynchronous,
    multi_model,
    components,
    transform,
    network,
    permissions,
    neighbours,
)

CASES: Cases = {id: case for module in _MODULES for id, case in module.CASES.items()}
"""By rule: changes that are accepted, changes that are refused, what the message must hold."""

MORE_REFUSED: More = [case for module in _MODULES for case in module.MORE_REFUSED]
"""Rules, each with more changes that it refuses."""

MORE_ACCEPTED: More = [case for module in _MODULES for case in module.MORE_ACCEPTED]
"""Rules, each with more changes that it has nothing against."""
