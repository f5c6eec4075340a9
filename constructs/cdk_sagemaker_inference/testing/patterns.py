"""The regular expressions of AWS's service models, which are Java's, as Python's."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"

_POSIX = {
    "ASCII": r"\x00-\x7F",
    "Alnum": "a-zA-Z0-9",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Graph": r"\x21-\x7E",
    "Print": r"\x20-\x7E",
    "Punct": r"\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E",
    "Space": r"\s",
}


@cache
def java_pattern(pattern: str) -> re.Pattern[str] | None:
    """A service model's pattern (Java syntax) for Python, or None where it cannot be translated.

    The dialects differ in Unicode categories (`\\p{L}`), which are spelled out as ranges; in
    surrogate pairs, which Java reads as one character; in a repeated `$`, which Python refuses;
    and in class intersections (`&&`), which have no equivalent.
    """
    if "&&" in pattern:
        return None
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010ffff")
    pattern = re.sub(r"\$\{\d+,\d+\}", "$", pattern)
    try:
        return re.compile(re.sub(r"\\p\{(\w+)\}", _category, pattern))
    except (re.error, KeyError):
        return None


def _category(match: re.Match[str]) -> str:
    name = match[1].removeprefix("Is")
    ranges = _POSIX[name] if name in _POSIX else _category_ranges(name)
    before = match.string[: match.start()]
    inside_class = before.count("[") - before.count("\\[") > before.count("]") - before.count("\\]")
    return ranges if inside_class else f"[{ranges}]"


@cache
def _category_ranges(name: str) -> str:
    """The ranges of a Unicode category, or of a group of them named by its first letter."""
    codes = (n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)).startswith(name))
    spans: list[tuple[int, int]] = []
    for number in codes:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    if not spans:
        raise KeyError(name)
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in spans)
