"""The names that the constructs of one app give, so that no two of them give the same one."""

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Stack
from constructs import Construct, IConstruct

from .environment import StackEnvironment
from .tokens import is_token
from .tree import app_of, stage_of


@dataclass(frozen=True, kw_only=True)
class OtherName:
    """A name that another construct of the app gives already.

    :param noun: what the name is of.
    :param name: the name.
    :param path: where the other construct is in the app.
    :param certain: whether it is the same account and Region for sure. Two stacks without an
        environment may be deployed to different ones.
    """

    noun: str
    name: str
    path: str
    certain: bool


@dataclass(frozen=True, kw_only=True)
class _Given:
    construct: Construct
    stack: Stack
    environment: StackEnvironment


_Names = dict[tuple[str, str], list[_Given]]

# An app is kept, as Node keeps its constructs: its name would change if it were made anew.
_NAMES_OF_APPS: dict[IConstruct, _Names] = {}


def other_names(
    stack: Stack, environment: StackEnvironment, noun: str, name: str
) -> Iterator[OtherName]:
    """Every construct of the app that gives this name in the same account and Region, or may.

    :param noun: what the name is of; things of different nouns may have one name.
    :param name: the name, of lower-case letters alone.
    """
    for given in _names(stack).get((noun, name), []):
        certain = _is_same_place(given, stack, environment)
        if certain is not None and _is_there(given.construct):
            yield OtherName(noun=noun, name=name, path=given.construct.node.path, certain=certain)


def give_name(
    construct: Construct, stack: Stack, environment: StackEnvironment, noun: str, name: str
) -> None:
    """Remember that a construct gives a name."""
    given = _Given(construct=construct, stack=stack, environment=environment)
    _names(stack).setdefault((noun, name), []).append(given)


def _names(stack: Stack) -> _Names:
    return _NAMES_OF_APPS.setdefault(app_of(stack), {})


def _is_same_place(given: _Given, stack: Stack, environment: StackEnvironment) -> bool | None:
    """Whether two stacks go to one account and Region; ``None`` if they do not."""
    if given.stack is stack:
        return True
    here, there = [(place.account, place.region) for place in (environment, given.environment)]
    unknown = [is_token(part) for part in (*here, *there)]
    if not any(unknown):
        return True if here == there else None
    # Stages are for different environments; stacks of one stage rarely are.
    return False if all(unknown) and stage_of(stack) is stage_of(given.stack) else None


def _is_there(construct: Construct) -> bool:
    """Whether a construct was not removed from its tree."""
    scope = construct.node.scope
    return scope is not None and scope.node.try_find_child(construct.node.id) is construct
