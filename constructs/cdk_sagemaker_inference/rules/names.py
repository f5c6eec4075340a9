"""Rules about names and tags."""

import re
from collections.abc import Iterator, Mapping

from ..replacement import HASH_LENGTH
from ..request import PlacedRequest
from ..tokens import is_token
from .registry import Finding, Rules, is_whole, rule

MAX_NAME_LENGTH = 63
MAX_HASHED_NAME_LENGTH = MAX_NAME_LENGTH - 1 - HASH_LENGTH
MAX_TAGS = 50

# What a schedule appends to a job's name: a hyphen and an execution id of 16 characters.
MAX_TRANSFORM_JOB_PREFIX_LENGTH = MAX_NAME_LENGTH - 17

_LIMITS = {
    "endpoint_name": MAX_NAME_LENGTH,
    "transform_job_name": MAX_TRANSFORM_JOB_PREFIX_LENGTH,
}
_NAME = re.compile(r"[a-z0-9](-*[a-z0-9])*")
_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")

RULES = Rules("names and tags")


@rule(
    RULES,
    "name-literal",
    "Names are literals known at synth, because alarms and endpoint refer to each other by them.",
    source="api:AutoRollbackConfig",
)
def _name_literal(placed: PlacedRequest) -> Iterator[Finding]:
    naming = placed.request.naming
    for argument, value in (naming.parts or _names(placed)).items():
        if is_token(value):
            yield Finding(
                argument=f"naming.{argument}",
                value=value,
                problem="must be a literal, not a token",
                fix="pass the text itself, for example from context",
            )


@rule(
    RULES,
    "name-characters",
    "Names are made of lower-case letters, digits and inner hyphens.",
    source="api:EndpointName",
)
def _name_characters(placed: PlacedRequest) -> Iterator[Finding]:
    naming = placed.request.naming
    wrong = False
    for argument, value in naming.parts.items():
        if not is_token(value) and not (isinstance(value, str) and _NAME.fullmatch(value)):
            wrong = True
            yield _wrong_characters(f"naming.{argument}", value)
    if not wrong:
        for argument, name in _names(placed).items():
            if not is_token(name) and not _NAME.fullmatch(name):
                yield _wrong_characters(f"naming.{argument}", name)


def _wrong_characters(argument: str, value: object) -> Finding:
    lowered = value.lower().replace("_", "-").replace(".", "-") if isinstance(value, str) else ""
    return Finding(
        argument=argument,
        value=value,
        problem="must be lower-case letters, digits and hyphens, with neither end a hyphen",
        fix=f"for example {lowered!r}" if _NAME.fullmatch(lowered) else None,
    )


def _names(placed: PlacedRequest) -> Mapping[str, str]:
    naming = placed.request.naming
    if placed.request.transform is not None:
        return {
            "transform_job_name": naming.transform_job_name,
            "model_name": naming.model_name,
        }
    return {
        "endpoint_name": naming.endpoint_name,
        "model_name": naming.model_name,
        "endpoint_config_name": naming.endpoint_config_name,
    }


@rule(
    RULES,
    "name-length",
    "Names have 63 characters at most, of which models and configs need nine for a hash, and "
    "transform jobs 17 for what tells their runs apart.",
    source="api:EndpointName, api:ModelName, api:EndpointConfigName, api:TransformJobName",
)
def _name_length(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, name in _names(placed).items():
        limit = _LIMITS.get(argument, MAX_HASHED_NAME_LENGTH)
        if not is_token(name) and len(name) > limit:
            parts = ", ".join(f"naming.{part}" for part in placed.request.naming.parts)
            yield Finding(
                argument=f"naming.{argument}",
                value=name,
                problem=f"has {len(name)} characters and may have {limit}",
                fix=f"shorten {parts} by {len(name) - limit}" if parts else None,
            )


@rule(
    RULES,
    "naming-version",
    "A version is a whole number from 0.",
    source="convention of this library",
)
def _naming_version(placed: PlacedRequest) -> Iterator[Finding]:
    version = getattr(placed.request.naming, "version", 0)
    if not is_token(version) and (not is_whole(version) or version < 0):
        yield Finding(
            argument="naming.version", value=version, problem="must be a whole number from 0"
        )


@rule(
    RULES,
    "tags",
    "A resource has 50 tags at most, keys of 1 to 128 and values of up to 256 characters out of "
    "letters, digits, spaces and _.:/=+-@, and no key begins with aws:.",
    source="api:Tag, tag:TaggingResources",
)
def _tags(placed: PlacedRequest) -> Iterator[Finding]:
    tags = placed.request.naming.tags
    if len(tags) > MAX_TAGS:
        yield Finding(
            argument="naming.tags", value=len(tags), problem=f"may have {MAX_TAGS} entries"
        )
    for key, value in tags.items():
        if is_token(key) or is_token(value):
            continue
        if not 1 <= len(key) <= 128 or not _TAG_TEXT.fullmatch(key) or key.startswith("aws:"):
            yield Finding(
                argument="naming.tags",
                value=key,
                problem="a key must be 1 to 128 letters, digits, spaces or _.:/=+-@, and must not "
                "begin with aws:",
            )
        if not isinstance(value, str) or len(value) > 256 or not _TAG_TEXT.fullmatch(value):
            yield Finding(
                argument=f"naming.tags[{key!r}]",
                value=value,
                problem="must be up to 256 letters, digits, spaces or _.:/=+-@",
            )
