"""Names with a hash, so that what CloudFormation replaces never collides with itself."""

import hashlib
import json
from collections.abc import Mapping
from typing import cast
from weakref import WeakKeyDictionary

from constructs import Construct

from .reads import read
from .tokens import has_tokens, is_token
from .tree import address_of, stack_of

HASH_LENGTH = 8
"""Digits of the hash; with its hyphen it takes nine of a name's 63 characters."""


_RESOLVED: "WeakKeyDictionary[object, object]" = WeakKeyDictionary()


def replacement_name(
    scope: Construct, base: str, properties: Mapping[str, object], *identity: object
) -> str:
    """Name a resource of which every property forces a replacement.

    The hash covers the properties as they resolve in the template, never token strings, which
    differ from synth to synth. It also covers where the scope is, for two stacks may have the same
    model, with a role of the same logical id.

    :param scope: the resource's scope.
    :param base: beginning of the name.
    :param properties: all properties of the resource but name and tags.
    :param identity: what else makes the properties differ at deployment.
    """
    said = {"properties": properties, "identity": list(identity)}
    text = _written(said)
    if text is None or has_tokens(text):
        text = _written(stack_of(scope).resolve(said))
    text = f"{address_of(scope)} {text}"
    return f"{base}-{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"


def _written(value: object) -> str | None:
    """Write what has no tokens, for which Node need not be asked; ``None`` if it has some."""
    try:
        return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    except TypeError:  # IResolvable
        return None


def _plain(value: object) -> object:
    """Properties as the values they are made of."""
    # jsii's structs keep what they were given.
    given = getattr(value, "_values", value)
    match given:
        case Mapping():
            return {key: _plain(item) for key, item in given.items()}
        case list() | tuple():
            return [_plain(item) for item in given]
        case _:
            return given


def physical_name(resource: object) -> tuple[object, ...]:
    """Identify a resource of the app beyond its logical id.

    When the user renames a bucket, a reference to it keeps its text in the template while its value
    changes, and with it the property that holds it: the name must be in the hash. Imported
    resources have literal references and need nothing.
    """
    # jsii exposes CDK's protected ``physicalName`` with an underscore; interfaces lack it.
    name = read(resource, "_physical_name")
    if is_token(name):
        # CDK's for "a name if one is needed", also of imported resources.
        if resource not in _RESOLVED:
            _RESOLVED[resource] = stack_of(cast(Construct, resource)).resolve(name)
        name = _RESOLVED[resource]
    return () if name is None else (name,)
