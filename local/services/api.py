"""What the services here share: requests checked against the service model, operations as plain
functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse

from local import shapes

Request = dict[str, Any]
Answer = dict[str, Any]
Operation = Callable[[Request], Answer]


class Refusal(ServiceException):
    """An error answer, with AWS's code and words."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(code, message)


class CheckedResponse(BaseResponse):
    """Checks each request against the service model, then runs an own operation or leaves it to
    moto.
    """

    def own_operations(self) -> Mapping[str, Operation]:
        """The operations that do not go to moto, by their name in the service model."""
        return {}

    def must_check(self, action: str) -> bool:
        """Whether a request is held against the service model's constraints."""
        return True

    def call_action(self) -> TYPE_RESPONSE:
        action = self._get_action()
        try:
            request = self._request()
            if self.must_check(action):
                self._check(action, request)
            operation = self.own_operations().get(action)
            if operation is None:
                return super().call_action()
            return self.serialized(ActionResult(operation(request)))
        except ServiceException as refusal:
            return self.serialized(ActionResult(refusal))

    def _request(self) -> Request:
        """The request as it was sent: moto's own parser drops members that the service does not
        know.
        """
        if "json" in self.headers.get("Content-Type", ""):
            request: Request = json.loads(self.raw_body) if self.raw_body else {}
            return request
        return dict(self.params)

    def _check(self, action: str, request: Request) -> None:
        found = shapes.check(self.boto3_service_name, action, request)
        if found:
            raise Refusal(shapes.message(found), shapes.code(found))


def tags_of(request: Request) -> dict[str, str]:
    """A request's tag list as a dictionary."""
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags") or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as the list of keys and values that most APIs use."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def page(items: list[Answer], request: Request, size: int) -> tuple[list[Answer], Answer]:
    """One page of a listing, with the token of the next one if there is one."""
    start = int(request.get("NextToken", "0"))
    end = start + int(request.get("MaxResults", size))
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
