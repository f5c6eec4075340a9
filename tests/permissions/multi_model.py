"""Multi-model endpoints: the archives below a prefix, and who may call which model."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import Container, ContainerImage, ModelData, MultiModelEndpoint
from permissions.common import (
    CALLS,
    ENDPOINT,
    NETWORK,
    NEVER,
    NO_CALLS,
    PUBLISH_METRICS,
    PULL_IMAGE,
    WATCH,
    WRITE_LOGS,
    new_key,
)
from permissions.rows import Row, Rows, Table, arn, joined
from support import IMAGE_URI, NAMING, caller

TARGET = "sagemaker:TargetModel"
MODELS = "arn:aws:s3:::shops"
KEY = arn("kms", "key/ShopsKey")


def endpoint(stack: Stack, **arguments: Any) -> MultiModelEndpoint:
    bucket = s3.Bucket(
        stack, "Shops", bucket_name="shops", encryption_key=new_key(stack, "ShopsKey")
    )
    return MultiModelEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=Container(
            image=ContainerImage.from_registry(IMAGE_URI),
            data=ModelData.from_archives(bucket, "live/models"),
        ),
        alarms=None,
        **arguments,
    )


def all_models(stack: Stack) -> None:
    endpoint(stack).grant_invoke(caller(stack))


def some_models(stack: Stack) -> None:
    endpoint(stack).grant_invoke(caller(stack), target_models=["europe/*", "usa.tar.gz"])


LOADS: Rows = {
    "execution role": [
        *WRITE_LOGS,
        *PUBLISH_METRICS,
        *PULL_IMAGE,
        Row("s3:GetObject", f"{MODELS}/live/models/europe/1.tar.gz"),
        Row("s3:GetObject", f"{MODELS}/live/models/usa.tar.gz"),
        Row("s3:ListBucket", MODELS, "", {"s3:prefix": "live/models/"}),
        Row("s3:ListBucket", MODELS, "", {"s3:prefix": "live/models/europe/1.tar.gz"}),
        Row("kms:Decrypt", KEY),
    ]
}
LOADS_NOTHING_ELSE: Rows = {
    "execution role": [
        *NETWORK,
        *WATCH,
        Row("s3:GetObject", f"{MODELS}/live/models-2/1.tar.gz", "a sibling prefix"),
        Row("s3:GetObject", f"{MODELS}/live/1.tar.gz", "above the prefix"),
        Row("s3:GetObject", f"{MODELS}/x/live/models/1.tar.gz", "a longer prefix"),
        Row("s3:GetObject", "arn:aws:s3:::shops-2/live/models/1.tar.gz", "another bucket"),
        Row("s3:ListBucket", MODELS, "the whole bucket"),
        Row("s3:ListBucket", MODELS, "the whole bucket", {"s3:prefix": ""}),
        Row("s3:ListBucket", MODELS, "above the prefix", {"s3:prefix": "live/"}),
        Row("s3:ListBucket", MODELS, "a sibling prefix", {"s3:prefix": "live/models-2/"}),
        Row("s3:ListBucket", "arn:aws:s3:::models", "another", {"s3:prefix": "live/models/"}),
        Row("s3:PutObject", f"{MODELS}/live/models/usa.tar.gz", "overwriting a model"),
        Row("s3:DeleteObject", f"{MODELS}/live/models/usa.tar.gz", "deleting a model"),
        Row("kms:GenerateDataKey", KEY, "nothing is written"),
        Row("kms:CreateGrant", KEY),
    ]
}


def invoke(model: str, note: str = "", *, of: str = ENDPOINT) -> Row:
    return Row("sagemaker:InvokeEndpoint", of, note, {TARGET: model})


TABLES = [
    Table(
        type="multi-model",
        capability="all models",
        build=all_models,
        allowed=joined(
            LOADS, CALLS, {"caller": [invoke("europe/1.tar.gz"), invoke("new/any.tar.gz")]}
        ),
        refused=joined(
            NEVER,
            LOADS_NOTHING_ELSE,
            NO_CALLS,
            {
                "caller": [
                    invoke("europe/1.tar.gz", "another endpoint", of=f"{ENDPOINT}-2"),
                    Row("s3:PutObject", f"{MODELS}/live/models/new.tar.gz", "adding a model"),
                    Row("s3:GetObject", f"{MODELS}/live/models/usa.tar.gz", "reading a model"),
                ]
            },
        ),
    ),
    Table(
        type="multi-model",
        capability="some models",
        build=some_models,
        allowed={
            "caller": [
                invoke("europe/1.tar.gz"),
                invoke("europe/north/2.tar.gz"),
                invoke("usa.tar.gz"),
            ]
        },
        refused=joined(
            NO_CALLS,
            {
                "caller": [
                    invoke("asia/1.tar.gz", "another model"),
                    invoke("europe", "not below"),
                    invoke("x/europe/1.tar.gz", "a longer path"),
                    invoke("usa.tar.gz.old", "a name that begins alike"),
                    invoke("USA.tar.gz", "upper case"),
                    invoke("*", "a wildcard"),
                    invoke("europe/1.tar.gz", "another endpoint", of=f"{ENDPOINT}-2"),
                    Row("sagemaker:InvokeEndpoint", ENDPOINT, "no model is named"),
                ]
            },
        ),
    ),
]
