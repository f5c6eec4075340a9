"""What a request's place in the app says about it."""

from collections.abc import Iterator
from dataclasses import replace

from aws_cdk import Stack
from constructs import Construct

from .app_names import OtherName, give_name, other_names
from .environment import StackEnvironment
from .network import select_subnets
from .request import EndpointRequest, PlacedRequest
from .tokens import is_token
from .tree import path_of, stack_of


def place(scope: Construct, request: EndpointRequest) -> PlacedRequest:
    """Put a request where it is asked for."""
    stack = stack_of(scope)
    placed = PlacedRequest(
        request=request,
        environment=StackEnvironment.of(stack),
        subnets=None if request.vpc is None else select_subnets(request.vpc, request.vpc_subnets),
    )
    return replace(placed, others=list(_others(stack, placed)))


def place_component(endpoint: Construct, placed: PlacedRequest) -> PlacedRequest:
    """Put the request for a component where its endpoint is."""
    others = list(_others(stack_of(endpoint), placed))
    if others:
        # Another rule compares the components of one endpoint.
        within = f"{path_of(endpoint)}/"
        others = [other for other in others if not other.path.startswith(within)]
    return replace(placed, others=others)


def give_names(construct: Construct, placed: PlacedRequest) -> None:
    """Let later constructs of the app know which names are taken."""
    stack = stack_of(construct)
    for noun, name in placed.request.given_names:
        give_name(construct, stack, placed.environment, noun, name)


def _others(stack: Stack, placed: PlacedRequest) -> Iterator[OtherName]:
    for noun, name in placed.request.given_names:
        # Rules find what is no name.
        if isinstance(name, str) and not is_token(name):
            yield from other_names(stack, placed.environment, noun, name)
