"""What the library reads from constructs of the user's.

Each reading is a call to Node, two for interfaces (a fifth of a millisecond each), and constructs
such as buckets, keys, topics and VPCs are shared by many endpoints: each attribute is read once.
"""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from aws_cdk import Duration

_READ: "WeakKeyDictionary[Any, dict[str, Any]]" = WeakKeyDictionary()


def read(thing: object, name: str) -> Any:
    """Read an attribute that never changes, such as an ARN; ``None`` where there is none."""
    try:
        known = _READ.setdefault(thing, {})
    except TypeError:  # a user's mistake of another class, which a rule finds
        return getattr(thing, name, None)
    if name not in known:
        known[name] = getattr(thing, name, None)
    return known[name]


def seconds(duration: "Duration") -> float:
    """How long a duration is."""
    known = _READ.setdefault(duration, {})
    if "seconds" not in known:
        known["seconds"] = duration.to_seconds(integral=False)
    return float(known["seconds"])
