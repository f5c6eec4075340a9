"""CloudTrail's LookupEvents, which the CDK CLI asks why a deployment failed; moto lacks it."""

from __future__ import annotations

from collections.abc import Mapping

from moto.cloudtrail import urls as moto_urls
from moto.cloudtrail.responses import CloudTrailResponse

from local.services.api import Answer, CheckedResponse, Operation, Request


def _no_events(_request: Request) -> Answer:
    return {"Events": []}


class TrailResponse(CheckedResponse, CloudTrailResponse):
    """Answers that nothing was recorded; a server error would make the CLI retry for half a
    minute.
    """

    def must_check(self, action: str) -> bool:
        return False

    def own_operations(self) -> Mapping[str, Operation]:
        return {"LookupEvents": _no_events}


def install() -> None:
    """Puts this behaviour in moto's place."""
    moto_urls.url_paths["{0}/$"] = TrailResponse.dispatch
