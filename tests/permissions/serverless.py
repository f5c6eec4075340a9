"""Serverless endpoints: what their roles and their callers may do."""

from typing import Any

from aws_cdk import Stack

from cdk_sagemaker_inference import ServerlessEndpoint
from permissions.common import (
    CALLS,
    ENDPOINT_LOGS,
    FOREIGN_KEY,
    NO_CALLS,
    NOTHING_MORE,
    SERVES,
    new_key,
    taken_by_nobody_else,
    taken_by_sagemaker,
)
from permissions.rows import Row, Table, arn, joined
from support import CONTAINER, NAMING, caller


def endpoint(stack: Stack, **arguments: Any) -> ServerlessEndpoint:
    return ServerlessEndpoint(
        stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None, **arguments
    )


def minimal(stack: Stack) -> None:
    endpoint(stack).grant_invoke(caller(stack))


def encrypted(stack: Stack) -> None:
    endpoint(stack, encryption_key=new_key(stack, "ImageKey"))


IMAGE_KEY = arn("kms", "key/ImageKey")

TABLES = [
    Table(
        type="serverless",
        capability="nothing but a model",
        build=minimal,
        allowed=joined(SERVES, CALLS, taken_by_sagemaker("FraudRole")),
        refused=joined(NOTHING_MORE, NO_CALLS, taken_by_nobody_else("FraudRole")),
    ),
    Table(
        type="serverless",
        capability="encrypted copy of the image",
        build=encrypted,
        allowed=joined(
            SERVES,
            {
                "execution role": [
                    Row("kms:CreateGrant", IMAGE_KEY),
                    Row("kms:DescribeKey", IMAGE_KEY),
                    Row("logs:PutLogEvents", f"{ENDPOINT_LOGS}:log-stream:AllTraffic/1"),
                ]
            },
        ),
        refused=joined(
            NOTHING_MORE,
            {
                "execution role": [
                    Row("kms:Decrypt", IMAGE_KEY, "SageMaker decrypts by its grant"),
                    Row("kms:GenerateDataKey", IMAGE_KEY),
                    Row("kms:PutKeyPolicy", IMAGE_KEY),
                    Row("kms:ScheduleKeyDeletion", IMAGE_KEY),
                    Row("kms:DescribeKey", FOREIGN_KEY),
                ]
            },
        ),
    ),
]
