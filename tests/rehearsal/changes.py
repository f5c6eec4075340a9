"""What a change is: two requests, and what the APIs show of the difference."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_cdk import Stack

from cdk_sagemaker_inference import (
    AsyncEndpoint,
    BatchTransformJob,
    InferenceComponentEndpoint,
    MultiModelEndpoint,
    Naming,
    RealtimeEndpoint,
    ServerlessEndpoint,
)
from rehearsal.bed import Bed
from support import synthesize

NAMING = Naming(team="rc", project="project-a", model="fraud", version=3, environment="prod")

TYPES: Mapping[str, type] = {
    "realtime": RealtimeEndpoint,
    "serverless": ServerlessEndpoint,
    "async": AsyncEndpoint,
    "multi-model": MultiModelEndpoint,
    "components": InferenceComponentEndpoint,
    "batch": BatchTransformJob,
}

ABSENT = object()
"""An argument that is not given, for constructs that do not have it."""

Asked = Mapping[str, Any]
"""Arguments by name; functions are called with the stack and the bed's neighbours.

Some names are no arguments of the construct: ``type`` is its class, ``id`` its id, ``models`` what
is added to an endpoint for components, ``then`` is called with the stack and what was made.
"""


@dataclass(frozen=True)
class Change:
    """A change that one deployment brings about, there and back.

    :param what: what the user changes.
    :param after: the arguments that are other than before.
    :param seen: exactly the paths that change, with their new values; of a :class:`Partly`, some.
    :param before: the arguments to begin with, over the table's base.
    :param back: what the way back is called, where it is a change of its own.
    :param warned: rules of the update check that only warn.
    :param back_rules: rules of the update check that the way back breaks; it is refused.
    :param stays: what the way back leaves.
    """

    what: str
    after: Asked
    seen: Mapping[str, Any]
    before: Asked = field(default_factory=dict)
    back: str | None = None
    warned: frozenset[str] = frozenset()
    back_rules: frozenset[str] = frozenset()
    stays: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Obstructed(Change):
    """A change that AWS refuses in one deployment.

    :param rules: what the update check finds.
    :param words: what AWS's refusal holds.
    :param steps: the changes to deploy one after the other instead, before ``after``.
    :param instead: the arguments that bring it about in the end, where they are not ``after``.
    """

    rules: frozenset[str] = frozenset()
    words: str = ""
    steps: Sequence[Asked] = ()
    instead: Asked | None = None


class Partly(dict[str, Any]):
    """Some of the paths that change."""


def build(asked: Asked, stack: Stack, neighbours: Mapping[str, str]) -> None:
    """Make a request's construct in a stack."""

    def made(said: Asked) -> dict[str, Any]:
        return {
            name: value(stack, neighbours) if inspect.isfunction(value) else value
            for name, value in said.items()
            if value is not ABSENT
        }

    said = dict(asked)
    kind, construct_id = said.pop("type"), said.pop("id", "Fraud")
    models, then = said.pop("models", {}), said.pop("then", None)
    construct = TYPES[kind](stack, construct_id, **{"naming": NAMING} | made(said))
    for name, model in models.items():
        construct.add_model(name, **made(model))
    if then is not None:
        then(stack, construct)


class Templates:
    """The templates of requests; the same request is synthesized once."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._made: dict[int, tuple[Asked, dict[str, Any]]] = {}

    def of(self, asked: Asked) -> dict[str, Any]:
        key = hash(tuple((name, id(value)) for name, value in sorted(asked.items())))
        if key not in self._made:
            template = synthesize(lambda stack: build(asked, stack, self._bed.neighbours)).template
            self._made[key] = (asked, template)
        return self._made[key][1]
