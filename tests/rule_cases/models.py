"""Cases of the rules about what a model is made of, and which endpoints serve it."""

from typing import Any

from aws_cdk import Aws

from cdk_sagemaker_inference import (
    Container,
    InferencePipeline,
    ModelData,
    ModelPackage,
    MultiContainerModel,
)

from .building import (
    ACCOUNT,
    BUCKET,
    REGION,
    TOKEN,
    Cases,
    More,
    added,
    asynchronous,
    container,
    multi_model,
    serverless,
    shadow,
    variants,
)
from .observability import capture

PACKAGES = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package"


def pipeline(count: int = 2, **others: Any) -> InferencePipeline:
    return InferencePipeline(containers=several(count) | others)


def direct(count: int = 2, **others: Any) -> MultiContainerModel:
    return MultiContainerModel(containers=several(count) | others)


def several(count: int) -> dict[str, Container]:
    return {f"container-{number}": container() for number in range(count)}


def named(hostname: Any) -> InferencePipeline:
    return InferencePipeline(containers={"first": container(), hostname: container()})


def package(arn: Any = f"{PACKAGES}/fraud/7", **changes: Any) -> ModelPackage:
    read: dict[str, Any] = {
        "artifacts": [ModelData.from_uri("s3://models/fraud/7/model.tar.gz")],
        "repositories": [object()],
    }
    return ModelPackage(arn=arn, **read | changes)


def archives(prefix: Any = "models") -> ModelData:
    return ModelData.from_archives(BUCKET, prefix)


def files(prefix: Any = "models/fraud/3") -> ModelData:
    return ModelData.from_prefix(BUCKET, prefix)


MARKETPLACE = ModelPackage(arn=f"{PACKAGES}/fraud-1", marketplace=True)

CASES: Cases = {
    "containers-count": (
        {"model": pipeline(15)},
        {"model": pipeline(16)},
        "model.containers=16: must be 2 to 15 containers",
    ),
    "containers-hostname": (
        {"model": named("Predict-" + "x" * 55)},
        {"model": named("predict_2")},
        "model.containers='predict_2': must be a literal of up to 63 letters, digits and inner "
        "hyphens",
    ),
    "containers-are-containers": (
        {"model": pipeline(third=container())},
        {"model": pipeline(third="fraud:1")},
        "model.containers['third']='fraud:1': must be a Container",
    ),
    "containers-serverless": (
        serverless(),
        serverless(model=pipeline()),
        "model='InferencePipeline': a serverless endpoint serves one container; use "
        "RealtimeEndpoint",
    ),
    "containers-direct-gpu": (
        {"model": direct(), "instance_type": "ml.c5.xlarge"},
        {"model": direct(), "instance_type": "ml.g5.xlarge"},
        "instance_type='ml.g5.xlarge': has GPUs, which a MultiContainerModel is not served on",
    ),
    "containers-direct-type": (
        {"model": direct()},
        asynchronous(model=direct()),
        "model='MultiContainerModel': requests to an asynchronous endpoint cannot name a "
        "container; use RealtimeEndpoint, or an InferencePipeline",
    ),
    "containers-capture": (
        {"data_capture": capture()},
        {"data_capture": capture(), "model": pipeline()},
        "data_capture='InferencePipeline': is not offered for models of several containers",
    ),
    "containers-shadow": (
        {"shadow": shadow()},
        {"shadow": shadow(), "model": pipeline()},
        "model='InferencePipeline': cannot be beside or behind a shadow variant",
    ),
    "containers-unverified": (
        {"model": pipeline()},
        asynchronous(model=pipeline()),
        "model='InferencePipeline': that an asynchronous endpoint serves it is not documented",
    ),
    "archives-type": (
        multi_model(data=archives()),
        {"data": archives()},
        "model.data='models': a real-time endpoint serves one model, not all below a prefix; use "
        "MultiModelEndpoint, or ModelData.from_bucket",
    ),
    "uncompressed-type": (
        {"data": files()},
        serverless(data=files()),
        "model.data='models/fraud/3': a serverless endpoint serves .tar.gz archives; pack the "
        "files, and use ModelData.from_bucket",
    ),
    "uncompressed-unverified": (
        {"data": files()},
        asynchronous(data=files()),
        "model.data='models/fraud/3': AWS documents files below a prefix for real-time endpoints "
        "of one container",
    ),
    "model-data-prefix": (
        # The URI may have 1024 characters: s3://, a bucket's 63, and slashes before and after.
        {"data": files("p" * (1024 - 5 - 63 - 2))},
        {"data": files("/models/fraud/3")},
        "model.data='/models/fraud/3': must be a prefix without slashes at its ends and without * "
        "and ?; 'models/fraud/3'",
    ),
    "package-arn": (
        {"model": package()},
        {"model": package("fraud/7")},
        "model.arn='fraud/7': must be arn:…:model-package/name, or …/group/version",
    ),
    "package-unknown-arn": (
        {"model": package()},
        {"model": package(TOKEN)},
        "is known only at deployment, so that another package does not rename the model",
    ),
    "package-marketplace": (
        {"model": MARKETPLACE, "enable_network_isolation": True},
        {"model": MARKETPLACE},
        "enable_network_isolation=False: packages of the Marketplace run only in isolation",
    ),
    "package-marketplace-unverified": (
        added(model=package()),
        added(model=MARKETPLACE, enable_network_isolation=True),
        "model.marketplace=True: that it runs as an inference component is not documented",
    ),
    "package-permissions": (
        {"model": package()},
        {"model": package(artifacts=[])},
        "model.artifacts=[]: the role is granted no artifacts of the package; pass artifacts, or "
        "grant them to the endpoint",
    ),
}

MORE_REFUSED: More = [
    ("containers-count", {"model": pipeline(0)}),
    ("containers-count", {"model": pipeline(1)}),
    ("containers-count", {"model": direct(1)}),
    ("containers-count", {"model": direct(16)}),
    ("containers-count", {"variants": variants({}, {"model": pipeline(1)})}),
    ("containers-count", added(model=pipeline(1))),
    ("containers-hostname", {"model": named("x" * 64)}),
    ("containers-hostname", {"model": named("")}),
    ("containers-hostname", {"model": named("-predict")}),
    ("containers-hostname", {"model": named("predict-")}),
    ("containers-hostname", {"model": named(TOKEN)}),
    ("containers-hostname", {"model": named(None)}),
    ("containers-hostname", {"model": named(2)}),
    ("containers-are-containers", {"model": pipeline(third=None)}),
    ("containers-are-containers", {"model": pipeline(third=package())}),
    ("containers-are-containers", {"model": direct(third=pipeline())}),
    ("containers-serverless", serverless(model=direct())),
    ("containers-direct-gpu", {"model": direct(), "instance_type": "ml.g4dn.xlarge"}),
    ("containers-direct-gpu", {"model": direct(), "instance_type": "ml.p3.2xlarge"}),
    (
        "containers-direct-gpu",
        {"variants": variants({}, {"model": direct(), "instance_type": "ml.g5.xlarge"})},
    ),
    ("containers-direct-type", multi_model(model=direct(third=container(data=archives())))),
    ("containers-capture", {"data_capture": capture(), "model": direct()}),
    (
        "containers-capture",
        {"data_capture": capture(), "variants": variants({}, {"model": pipeline()})},
    ),
    ("containers-shadow", {"shadow": shadow(), "model": direct()}),
    ("containers-shadow", {"shadow": shadow(model=pipeline())}),
    ("containers-unverified", added(model=pipeline())),
    ("containers-unverified", added(model=direct())),
    ("archives-type", serverless(data=archives())),
    ("archives-type", asynchronous(data=archives())),
    ("archives-type", added(data=archives())),
    ("archives-type", {"model": pipeline(third=container(data=archives()))}),
    ("archives-type", multi_model(data=None)),
    ("archives-type", multi_model(data=ModelData.from_uri("s3://models/fraud.tar.gz"))),
    ("archives-type", multi_model(data=files())),
    ("archives-type", multi_model(model=package())),
    ("archives-type", multi_model(model=pipeline())),
    (
        "archives-type",
        multi_model(
            model=pipeline(third=container(data=archives()), fourth=container(data=archives()))
        ),
    ),
    ("uncompressed-type", multi_model(data=files())),
    (
        "uncompressed-type",
        multi_model(
            model=pipeline(third=container(data=archives()), fourth=container(data=files()))
        ),
    ),
    ("uncompressed-unverified", added(data=files())),
    ("uncompressed-unverified", {"model": pipeline(third=container(data=files()))}),
    ("uncompressed-unverified", {"model": direct(third=container(data=files()))}),
    ("model-data-prefix", {"data": files("p" * (1024 - 5 - 63 - 1))}),
    ("model-data-prefix", {"data": files("")}),
    ("model-data-prefix", {"data": files(None)}),
    ("model-data-prefix", {"data": files(3)}),
    ("model-data-prefix", {"data": files("models/")}),
    ("model-data-prefix", {"data": files("models/*")}),
    ("model-data-prefix", {"data": files("models/?")}),
    ("model-data-prefix", multi_model(data=archives("models/"))),
    ("model-data-prefix", multi_model(data=archives(""))),
    ("package-arn", {"model": package(None)}),
    ("package-arn", {"model": package(7)}),
    ("package-arn", {"model": package("")}),
    ("package-arn", {"model": package(PACKAGES)}),
    ("package-arn", {"model": package(PACKAGES.replace("model-package", "model") + "/fraud")}),
    ("package-arn", {"model": package(f"{PACKAGES}/fraud/latest")}),
    ("package-arn", {"model": package(f"{PACKAGES}/fraud/1234567890")}),
    ("package-arn", {"model": package(f"{PACKAGES}/{'f' * 64}")}),
    ("package-arn", {"model": package(f"{PACKAGES}/fraud/7"), "region": "us-east-1"}),
    ("package-arn", serverless(model=package("fraud"))),
    ("package-arn", added(model=package("fraud"))),
    ("package-unknown-arn", {"model": package(f"{PACKAGES}/{TOKEN}")}),
    ("package-marketplace", serverless(model=MARKETPLACE)),
    ("package-marketplace", asynchronous(model=MARKETPLACE, enable_network_isolation=True)),
    ("package-marketplace", multi_model(model=MARKETPLACE, enable_network_isolation=True)),
    ("package-marketplace", added(model=MARKETPLACE)),
    (
        "package-marketplace",
        {"model": MARKETPLACE, "enable_network_isolation": True, "shadow": shadow()},
    ),
    (
        "package-marketplace",
        {"enable_network_isolation": True, "shadow": shadow(model=MARKETPLACE)},
    ),
    ("package-permissions", {"model": package(repositories=[])}),
    ("package-permissions", serverless(model=package(artifacts=()))),
    ("package-permissions", added(model=package(artifacts=()))),
]

MORE_ACCEPTED: More = [
    ("containers-count", {"model": pipeline(2)}),
    ("containers-count", {"model": direct(2)}),
    ("containers-count", {"model": direct(15)}),
    ("containers-direct-gpu", {"model": pipeline(), "instance_type": "ml.g5.xlarge"}),
    ("containers-direct-gpu", {"model": direct(), "instance_type": TOKEN}),
    ("containers-direct-type", asynchronous(model=pipeline())),
    ("archives-type", multi_model(model=pipeline(third=container(data=archives())))),
    ("uncompressed-type", added(data=files())),
    ("model-data-prefix", {"data": files(f"models/{TOKEN}/3/")}),
    ("model-data-prefix", multi_model(data=archives(TOKEN))),
    ("package-arn", {"model": package(f"{PACKAGES}/fraud")}),
    ("package-arn", {"model": package(f"{PACKAGES}/{'f' * 63}/123456789")}),
    ("package-arn", {"model": package(TOKEN)}),
    ("package-arn", {"model": package(), "region": Aws.REGION}),
    ("package-marketplace", {"model": package()}),
    ("package-permissions", {"model": MARKETPLACE, "enable_network_isolation": True}),
    (
        "package-permissions",
        {"model": package(artifacts=[]), "role": object(), "attach_execution_policy": False},
    ),
]
