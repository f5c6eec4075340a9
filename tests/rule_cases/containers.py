"""Cases of the rules about images, artifacts and environment variables."""

from typing import Any

from aws_cdk import Aws

from cdk_sagemaker_inference import ContainerImage, ModelData, ModelPackage

from .building import (
    ARCHIVE,
    ECR,
    REGION,
    TOKEN,
    Cases,
    FakeBucket,
    FakeVpc,
    More,
    added,
    components,
    ecr_image,
    image,
    serverless,
)


def from_bucket(region: str) -> ModelData:
    bucket: Any = FakeBucket(region=region)
    return ModelData.from_bucket(bucket, "fraud/3/model.tar.gz")


DIGEST = "sha256:" + "0" * 64

CASES: Cases = {
    "model-definition": (
        {},
        {"model": "fraud.tar.gz"},
        "model='fraud.tar.gz': must be a Container",
    ),
    "image-reference": (
        {"image": ecr_image(digest=DIGEST)},
        {"image": ecr_image(tag="1", digest=DIGEST)},
        "model.image=",
    ),
    "image-uri": (
        {"image": image(f"{ECR}/{'r' * 190}:1")},
        {"image": image(f"{ECR}/{'r' * 250}:1")},
        "characters and may have 255",
    ),
    "image-region": (
        {"region": Aws.REGION},
        {"region": "us-east-1"},
        "is in eu-west-1 while the stack is in us-east-1; replicate the image to us-east-1",
    ),
    "image-dlc-account": (
        {"region": "us-gov-west-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        {"region": "xx-new-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        "pass account_id to from_dlc",
    ),
    "image-registry-vpc": (
        {"image": image("registry.example.com/fraud:1"), "vpc": FakeVpc()},
        {"image": image("registry.example.com/fraud:1")},
        "pass vpc, or copy the image to ECR",
    ),
    "image-asset": (
        {"image": ContainerImage.from_asset(str(ARCHIVE.parent), file="weights.json")},
        {"image": ContainerImage.from_asset("/nowhere")},
        "model.image='/nowhere/Dockerfile': is not a file",
    ),
    "image-mutable-tag": (
        {"image": ecr_image(tag="1.4.2")},
        {"image": ecr_image(tag="latest")},
        "pushing over this tag deploys nothing",
    ),
    "image-unknown-repository": (
        {"image": image(f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/fraud:1")},
        {"image": image("${Token[TOKEN.7]}")},
        "call repository.grant_pull(endpoint)",
    ),
    "model-data-uri": (
        {"data": ModelData.from_uri(f"s3://{Aws.ACCOUNT_ID}-models/fraud.tar.gz")},
        {"data": ModelData.from_uri("https://models/fraud.tar.gz")},
        "model.data='https://models/fraud.tar.gz': must be s3://bucket/key",
    ),
    "model-data-archive": (
        {"data": ModelData.from_uri("s3://models/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models/fraud.zip")},
        "model.data='fraud.zip': must end in .tar.gz",
    ),
    "model-data-key": (
        {"data": ModelData.from_uri("s3://models/a/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models//fraud.tar.gz")},
        "; 'fraud.tar.gz'",
    ),
    "model-data-region": (
        {"data": from_bucket(REGION)},
        {"data": from_bucket("us-east-1")},
        "model.data='us-east-1': is the Region of the artifact's bucket, which must be in the "
        "stack's, eu-west-1; replicate the artifact into a bucket there",
    ),
    "model-data-asset": (
        {"data": ModelData.from_asset(str(ARCHIVE))},
        {"data": ModelData.from_asset("/nowhere/model.tar.gz")},
        "model.data='/nowhere/model.tar.gz': is not a file",
    ),
    "environment-entries": (
        {"environment": {f"KEY_{n}": "x" for n in range(100)}},
        {"environment": {"1KEY": "x"}},
        "model.environment='1KEY'",
    ),
    "environment-size": (
        {"environment": {f"K{n:02}": "x" * 1021 for n in range(32)}},
        {"environment": {f"K{n:02}": "x" * 1022 for n in range(32)}},
        "model.environment='32800 bytes'",
    ),
}

MORE_REFUSED: More = [
    ("image-reference", {"image": ecr_image()}),
    ("image-reference", {"image": ecr_image(tag="-x")}),
    ("image-reference", {"image": ecr_image(tag="")}),
    ("image-reference", {"image": ecr_image(digest="sha256:12")}),
    ("image-uri", {"image": image("")}),
    ("environment-entries", {"environment": {f"K{n}": "x" for n in range(101)}}),
    ("environment-entries", {"environment": {"K": 4}}),
    ("environment-entries", {"environment": {"K": "x" * 1025}}),
    ("model-definition", {"model": None}),
    ("environment-entries", {"environment": {1: "x"}}),
    ("environment-entries", {"environment": {"": "x"}}),
    ("environment-entries", {"model": ModelPackage(arn=TOKEN, environment={"1": "x"})}),
    (
        "environment-size",
        {"model": ModelPackage(arn=TOKEN, environment={f"K{n:02}": "x" * 1022 for n in range(32)})},
    ),
    ("model-definition", serverless(model=None)),
    ("model-definition", added(model="fraud")),
]

MORE_ACCEPTED: More = [
    ("model-data-region", {"data": from_bucket(TOKEN)}),
    ("model-data-region", {"data": from_bucket("us-east-1"), "region": Aws.REGION}),
    ("image-reference", {"image": ecr_image(tag="t" * 128)}),
    ("image-reference", {"image": ecr_image(tag=TOKEN)}),
    ("image-uri", {"image": image(TOKEN * 50)}),
    ("image-registry-vpc", serverless(image=image("registry.example.com/fraud:1"))),
    ("model-data-uri", {"data": ModelData.from_uri(TOKEN)}),
    ("model-data-archive", {"data": ModelData.from_uri(f"s3://models/{TOKEN}")}),
    ("environment-entries", {"environment": {"K": TOKEN * 200}}),
    ("environment-entries", {"environment": {"K" * 1024: "x" * 1024}}),
    ("environment-size", {"environment": {f"K{n:02}": TOKEN * 100 for n in range(40)}}),
    ("model-definition", components()),
]
