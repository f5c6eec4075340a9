"""Recognising CDK tokens without asking Node.

``Token.is_unresolved`` is a round trip to the jsii kernel for every value. How CDK encodes tokens
in strings, lists and numbers has not changed since its first release, so they are recognised here;
a test compares this module with CDK itself.
"""

import re
import struct

TOKEN_PATTERN = r"\$\{Token\[[^\]]*\]\}"
"""Regular expression of one token inside a string."""

_STRING_OR_LIST_TOKEN = re.compile(r"[$#]\{Token\[[^\]]*\]\}")
_WRITTEN_NUMBER_TOKEN = re.compile(r"-1\.888\d+e\+289")
_NUMBER_TOKEN_PREFIX = b"\xfb\xff"


def has_tokens(text: str) -> bool:
    """Tell whether what is written in Python's notation holds a token, also as a number."""
    return is_token(text) or _WRITTEN_NUMBER_TOKEN.search(text) is not None


def is_token(value: object) -> bool:
    """Tell whether a value, or a part of it, becomes known only at deployment."""
    match value:
        case str():
            return _STRING_OR_LIST_TOKEN.search(value) is not None
        case float():
            return struct.pack(">d", value)[:2] == _NUMBER_TOKEN_PREFIX
        case list() | tuple():
            return any(is_token(item) for item in value)
        case _:
            # IResolvable; the class is asked because reading a jsii property is a call.
            return hasattr(type(value), "creation_stack") and hasattr(type(value), "resolve")
