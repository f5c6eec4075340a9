"""API calls from inside the embedded AWS to itself.

Resource providers use the same API as any other user, so that a template cannot make what a call
would refuse. The calls go through botocore (serialized, dispatched, parsed), but over no socket:
moto's stubber answers them.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from moto.core.models import botocore_stubber

_lock = threading.Lock()

# Collected first: the stubs do not know `ignore_configured_endpoint_urls` yet.
_OPTIONS: dict[str, Any] = {
    "ignore_configured_endpoint_urls": True,
    "parameter_validation": False,
    "retries": {"total_max_attempts": 1},
}
_CONFIG = Config(**_OPTIONS)


def call(service: str, operation: str, region: str, **request: Any) -> dict[str, Any]:
    """Runs one operation, named as in boto3 (`create_model`), and returns its answer."""
    if not botocore_stubber.enabled:
        raise RuntimeError(f"{service}.{operation} called outside the embedded AWS")
    client = _client(service, region)
    answer: dict[str, Any] = getattr(client, operation)(**request)
    answer.pop("ResponseMetadata", None)
    return answer


def _client(service: str, region: str) -> Any:
    with _lock:
        return _cached_client(service, region)


@cache
def _cached_client(service: str, region: str) -> Any:
    """boto3 sessions are not safe to create clients from in several threads, hence the lock
    around this.
    """
    session = boto3.Session(
        aws_access_key_id="embedded", aws_secret_access_key="embedded", region_name=region
    )
    # boto3-stubs types `client` by literal service names; here the name comes from a table.
    make: Any = session.client
    return make(service, config=_CONFIG)
