"""Turns what a handler raised into the reason that CloudFormation shows for a failed resource."""

from __future__ import annotations

import traceback
import uuid

from botocore.exceptions import ClientError
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException

_SERVICES = {
    "sagemaker": "AmazonSageMaker",
    "application-autoscaling": "AWSApplicationAutoScaling",
    "cloudwatch": "AmazonCloudWatch",
    "iam": "AmazonIdentityManagement",
    "s3": "Amazon S3",
    "ec2": "AmazonEC2",
    "sns": "AmazonSNS",
    "sqs": "AmazonSQS",
}


class CallFailedError(Exception):
    """A service refused a provider's call."""

    def __init__(self, service: str, error: ClientError) -> None:
        super().__init__(str(error))
        self.service = service
        self.error = error

    @property
    def code(self) -> str:
        return str(self.error.response.get("Error", {}).get("Code", "Unknown"))

    @property
    def text(self) -> str:
        return str(self.error.response.get("Error", {}).get("Message", ""))


class HandlerError(Exception):
    """A resource provider's own refusal, worded in full."""


def reason(error: Exception) -> str:
    """The `ResourceStatusReason` for an exception; a mistake of the embedded AWS itself is named
    as such.
    """
    if isinstance(error, CallFailedError):
        status = error.error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        return _worded(
            error.text, _SERVICES.get(error.service, error.service), int(status), error.code
        )
    if isinstance(error, HandlerError):
        return str(error)
    if isinstance(error, ServiceException):
        return error.message
    if isinstance(error, HTTPException):
        message = getattr(error, "message", None)
        return str(message if message is not None else error.description)
    traceback.print_exception(error)
    return f"internal failure of the embedded AWS: {type(error).__name__}: {error}"


def _worded(text: str, service: str, status: int, code: str) -> str:
    return (
        f"{text} (Service: {service}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {uuid.uuid4()}; Proxy: null)"
    )
