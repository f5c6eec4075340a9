"""Artifacts and packages of models that a role may read, also of another account."""

from functools import partial

from aws_cdk import Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import ModelData, ModelDefinition, ModelPackage
from deployed_template import Elsewhere
from permissions.common import (
    ARTIFACT,
    NOTHING_MORE,
    OTHER_OBJECTS,
    PULL_IMAGE,
    READ_ARTIFACT,
    new_key,
)
from permissions.images import CLOSED, THEIR_REPOSITORIES, THEIRS, container, of_model, pulls
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, REGION, Row, arn
from policy_evaluation import Statement
from support import ARCHIVE


def bucket_with_key(stack: Stack) -> ModelDefinition:
    bucket = s3.Bucket(
        stack,
        "Models",
        bucket_name="models",
        encryption_key=new_key(stack, "ModelsKey"),
        enforce_ssl=True,
    )
    return container(data=ModelData.from_bucket(bucket, "fraud/3/model.tar.gz"))


MODELS_KEY = arn("kms", "key/ModelsKey")


def uri_with_key(stack: Stack) -> ModelDefinition:
    key = kms.Key.from_key_arn(stack, "Key", THEIR_KEY)
    return container(
        data=ModelData.from_uri("s3://theirs/fraud/3/model.tar.gz", encryption_key=key)
    )


THEIR_KEY = arn("kms", "key/a0000000-1111-1111-1111-111111111111", account=OTHER_ACCOUNT)
THEIR_ARTIFACT = "arn:aws:s3:::theirs/fraud/3/model.tar.gz"
LET_US: Statement = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": ["s3:GetObject", "kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"],
    "Resource": "*",
}


def asset(_: Stack) -> ModelDefinition:
    return container(data=ModelData.from_asset(str(ARCHIVE)))


ASSETS = f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


def uncompressed(stack: Stack) -> ModelDefinition:
    bucket = s3.Bucket.from_bucket_name(stack, "Models", "models")
    return container(data=ModelData.from_prefix(bucket, "llama/7b"))


def own_package(stack: Stack) -> ModelDefinition:
    repository = ecr.Repository.from_repository_name(stack, "Repository", "fraud")
    return ModelPackage(
        arn=arn("sagemaker", "model-package/fraud/7"), artifacts=[DATA], repositories=[repository]
    )


def package_of_others(stack: Stack) -> ModelDefinition:
    repository = ecr.Repository.from_repository_arn(stack, "Repository", THEIRS)
    bucket = s3.Bucket.from_bucket_attributes(
        stack,
        "Theirs",
        bucket_arn="arn:aws:s3:::theirs",
        encryption_key=kms.Key.from_key_arn(stack, "Key", THEIR_KEY),
    )
    return ModelPackage(
        arn=arn("sagemaker", "model-package/fraud/7", account=OTHER_ACCOUNT),
        artifacts=[ModelData.from_bucket(bucket, "fraud/3/model.tar.gz")],
        repositories=[repository],
    )


THEIR_POLICIES = Elsewhere(
    owners={"arn:aws:s3:::theirs": OTHER_ACCOUNT},
    # Developer Guide, model-registry-deploy: repository, bucket and key let the account in.
    resources={
        **THEIR_REPOSITORIES.resources,
        "arn:aws:s3:::theirs": [LET_US],
        THEIR_KEY: [LET_US],
    },
)
NOT_LET_IN = Elsewhere(
    owners={"arn:aws:s3:::theirs": OTHER_ACCOUNT},
    resources={"arn:aws:s3:::theirs": [], THEIR_KEY: []},
)

NOT_THEIRS = [
    Row("s3:GetObject", "arn:aws:s3:::theirs/fraud/2/model.tar.gz", "another key of the bucket"),
    Row("s3:PutObject", THEIR_ARTIFACT),
    Row("s3:DeleteObject", THEIR_ARTIFACT),
    Row("s3:ListBucket", "arn:aws:s3:::theirs"),
    Row("kms:CreateGrant", THEIR_KEY, "which its policy would allow"),
    Row("kms:DescribeKey", THEIR_KEY, "which its policy would allow"),
    Row("kms:Encrypt", THEIR_KEY),
]

DATA = ModelData.from_uri("s3://models/fraud/3/model.tar.gz")

table = partial(of_model, "artifact")

TABLES = [
    table(
        "no artifact",
        lambda _: container(),
        PULL_IMAGE,
        [*READ_ARTIFACT, *OTHER_OBJECTS],
    ),
    table(
        "artifact in a bucket with a key",
        bucket_with_key,
        [*READ_ARTIFACT, Row("kms:Decrypt", MODELS_KEY)],
        [
            *OTHER_OBJECTS,
            Row("s3:GetObject", ARTIFACT, "without TLS", {"aws:SecureTransport": "false"}),
            Row("kms:GenerateDataKey", MODELS_KEY, "nothing is written"),
            Row("kms:Encrypt", MODELS_KEY),
            Row("kms:CreateGrant", MODELS_KEY),
            Row("kms:ScheduleKeyDeletion", MODELS_KEY),
            Row("kms:PutKeyPolicy", MODELS_KEY),
        ],
    ),
    table(
        "artifact of another account, which lets us in",
        uri_with_key,
        [Row("s3:GetObject", THEIR_ARTIFACT), Row("kms:Decrypt", THEIR_KEY)],
        NOT_THEIRS,
        elsewhere=THEIR_POLICIES,
    ),
    table(
        "artifact of another account, which lets nobody in",
        uri_with_key,
        [],
        [
            Row("s3:GetObject", THEIR_ARTIFACT, "the bucket's policy does not name us"),
            Row("kms:Decrypt", THEIR_KEY, "the key's policy does not name us"),
        ],
        elsewhere=NOT_LET_IN,
    ),
    table(
        "artifact uploaded with the deployment",
        asset,
        [Row("s3:GetObject", f"{ASSETS}/<asset>.tar.gz")],
        [
            Row("s3:GetObject", f"{ASSETS}/{64 * '0'}.tar.gz", "another asset"),
            Row("s3:GetObject", f"{ASSETS}/{64 * '0'}.json", "a template"),
            Row("s3:GetObject", f"{ASSETS}/<asset>.tar.gz.bak", "a key that begins alike"),
            Row("s3:ListBucket", ASSETS),
            Row("s3:PutObject", f"{ASSETS}/<asset>.tar.gz"),
            Row("s3:DeleteObject", f"{ASSETS}/<asset>.tar.gz"),
        ],
    ),
    table(
        "artifact below a prefix",
        uncompressed,
        [
            Row("s3:GetObject", "arn:aws:s3:::models/llama/7b/config.json"),
            Row("s3:GetObject", "arn:aws:s3:::models/llama/7b/shards/1.safetensors"),
            Row("s3:ListBucket", "arn:aws:s3:::models", "", {"s3:prefix": "llama/7b/"}),
            Row("s3:ListBucket", "arn:aws:s3:::models", "", {"s3:prefix": "llama/7b/shards/"}),
        ],
        [
            Row("s3:GetObject", "arn:aws:s3:::models/llama/7b-chat/config.json", "a sibling"),
            Row("s3:GetObject", "arn:aws:s3:::models/llama/config.json", "above the prefix"),
            Row("s3:GetObject", "arn:aws:s3:::models/x/llama/7b/config.json", "a longer prefix"),
            Row("s3:GetObject", "arn:aws:s3:::models-2/llama/7b/config.json", "another bucket"),
            Row("s3:ListBucket", "arn:aws:s3:::models", "the whole bucket"),
            Row("s3:ListBucket", "arn:aws:s3:::models", "the whole bucket", {"s3:prefix": ""}),
            Row(
                "s3:ListBucket", "arn:aws:s3:::models", "a sibling", {"s3:prefix": "llama/7b-chat/"}
            ),
            Row("s3:ListBucket", "arn:aws:s3:::models", "above", {"s3:prefix": "llama/"}),
            Row(
                "s3:ListBucket", "arn:aws:s3:::models", "without a slash", {"s3:prefix": "llama/7b"}
            ),
            Row("s3:ListBucket", "arn:aws:s3:::models-2", "another", {"s3:prefix": "llama/7b/"}),
            Row("s3:ListBucketVersions", "arn:aws:s3:::models", "", {"s3:prefix": "llama/7b/"}),
            Row("s3:PutObject", "arn:aws:s3:::models/llama/7b/config.json"),
            Row("s3:DeleteObject", "arn:aws:s3:::models/llama/7b/config.json"),
        ],
    ),
    table(
        "package of the registry",
        own_package,
        [*PULL_IMAGE, *READ_ARTIFACT],
        [
            *NOTHING_MORE["execution role"],
            Row("sagemaker:DescribeModelPackage", arn("sagemaker", "model-package/fraud/7")),
            Row("sagemaker:UpdateModelPackage", arn("sagemaker", "model-package/fraud/7")),
        ],
    ),
    table(
        "package of another account",
        package_of_others,
        [*pulls(THEIRS), Row("s3:GetObject", THEIR_ARTIFACT), Row("kms:Decrypt", THEIR_KEY)],
        [*NOT_THEIRS, Row("ecr:BatchGetImage", CLOSED), Row("ecr:PutImage", THEIRS)],
        elsewhere=THEIR_POLICIES,
    ),
]
