"""Where constructs are in their app, asked once: each question is a call to Node."""

from weakref import WeakKeyDictionary

from aws_cdk import Stack, Stage
from constructs import IConstruct

from .tokens import is_token

_STACKS: "WeakKeyDictionary[IConstruct, Stack]" = WeakKeyDictionary()
_PATHS: "WeakKeyDictionary[IConstruct, str]" = WeakKeyDictionary()
_STAGES: "WeakKeyDictionary[Stack, Stage]" = WeakKeyDictionary()
_APPS: "WeakKeyDictionary[Stack, IConstruct]" = WeakKeyDictionary()
_NAMES: "WeakKeyDictionary[Stack, str]" = WeakKeyDictionary()


def stack_of(construct: IConstruct) -> Stack:
    """The stack that a construct belongs to."""
    if isinstance(construct, Stack):
        return construct
    if construct not in _STACKS:
        _STACKS[construct] = Stack.of(construct)
    return _STACKS[construct]


def stage_of(stack: Stack) -> Stage:
    """The stage that a stack belongs to; the app is one."""
    if stack not in _STAGES:
        stage = Stage.of(stack)
        assert stage is not None  # a stack without an app makes one
        _STAGES[stack] = stage
    return _STAGES[stack]


def app_of(stack: Stack) -> IConstruct:
    """The root of the tree that a stack is in."""
    if stack not in _APPS:
        _APPS[stack] = stack.node.root
    return _APPS[stack]


def path_of(construct: IConstruct) -> str:
    """The construct's path in its app."""
    if construct not in _PATHS:
        _PATHS[construct] = construct.node.path
    return _PATHS[construct]


def address_of(construct: IConstruct) -> str:
    """What tells a construct from all others of an account and Region.

    The stack's name and the path in the stack; not the path in the app, because a stack that is put
    into a stage or a pipeline stays the same stack.
    """
    stack = stack_of(construct)
    if stack not in _NAMES:
        name = stack.stack_name
        # A nested stack's is known only at deployment.
        _NAMES[stack] = path_of(stack) if is_token(name) else name
    return _NAMES[stack] + path_of(construct).removeprefix(path_of(stack))


def place_below(scope: IConstruct, construct_id: str, construct: IConstruct) -> None:
    """Remember where a construct of the library's own was made, so that nobody needs to ask."""
    _STACKS[construct] = stack_of(scope)
    _PATHS[construct] = f"{path_of(scope)}/{construct_id}"
