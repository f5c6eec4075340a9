"""Says which extra is missing when one of its libraries cannot be imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

EXTRA = "cdk-sagemaker-inference[testing]"


class MissingExtraError(ModuleNotFoundError):
    """A check needs a library that only the extra ``testing`` installs."""


@contextmanager
def needs(distribution: str) -> Iterator[None]:
    """Names the extra if the imports below cannot be done.

    ::

        with needs("botocore"):
            import botocore.session

    Args:
        distribution: What ``pip`` calls the library.

    Raises:
        MissingExtraError: The library, or something that it needs, is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"this check needs {distribution}: pip install '{EXTRA}'", name=error.name
        ) from error
