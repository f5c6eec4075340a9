"""Models of the other endpoint types: many artifacts, several containers, registry packages."""

from __future__ import annotations

from typing import Any

import pytest

MANY = {"Image": "image:1", "Mode": "MultiModel", "ModelDataUrl": "s3://theirs/models/"}
PAIR = [
    {"Image": "a:1", "ContainerHostname": "one"},
    {"Image": "b:1", "ContainerHostname": "two"},
]
DIRECT = {"InferenceExecutionConfig": {"Mode": "Direct"}}


def _source(uri: str = "s3://ours/model/", kind: str = "S3Prefix", how: str = "None") -> Any:
    source = {"S3Uri": uri, "S3DataType": kind, "CompressionType": how}
    return {"Image": "image:1", "ModelDataSource": {"S3DataSource": source}}


def _single(container: dict[str, Any]) -> dict[str, Any]:
    return {"PrimaryContainer": container}


def _several(*containers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"PrimaryContainer": None, "Containers": list(containers), **more}


@pytest.fixture
def ours(hosting: Any) -> Any:
    """A bucket of this account with one uncompressed model in it."""
    s3 = hosting.cloud.client("s3")
    s3.create_bucket(Bucket="ours")
    s3.put_object(Bucket="ours", Key="model/weights", Body=b"")
    return hosting


@pytest.mark.parametrize(
    "request_",
    [
        _single(MANY),
        _single(MANY | {"MultiModelConfig": {"ModelCacheSetting": "Disabled"}}),
        _single(MANY | {"ModelDataUrl": "s3://ours/nothing-yet/"}),
        _single(_source()),
        _single(_source("s3://theirs/model.tar.gz", "S3Object", "Gzip")),
        _several(*PAIR),
        _several(*PAIR, InferenceExecutionConfig={"Mode": "Serial"}),
        _several(*PAIR, **DIRECT),
        _several({"Image": "a:1"}, MANY),
        _several({"Image": "a:1"}),
    ],
)
def test_models_that_are_accepted_and_read_back(ours: Any, request_: dict[str, Any]) -> None:
    ours.model(**request_)
    described = ours.api.describe_model(ModelName="model")
    given = {member: value for member, value in request_.items() if value is not None}
    assert {member: described[member] for member in given} == given


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_single(MANY | {"ModelDataUrl": "s3://a/model.tar.gz"}), "ends with a forward slash"),
        (_single({"Image": "image:1", "Mode": "MultiModel"}), "ends with a forward slash"),
        (
            _single(_source() | {"Mode": "MultiModel"}),
            "ModelDataSource is not supported for containers in MultiModel mode",
        ),
        (
            _single({"Image": "a:1", "MultiModelConfig": {"ModelCacheSetting": "Enabled"}}),
            "MultiModelConfig is only supported for containers in MultiModel mode",
        ),
        (_single(_source("s3://ours/model")), "S3Uri of an S3Prefix data source must end"),
        (_single(_source(how="Gzip")), "CompressionType Gzip requires an S3Object"),
        (_single(_source("s3://ours/none/")), "Could not access model data at s3://ours/none/"),
        (
            _single(_source() | {"ModelDataUrl": "s3://theirs/a.tar.gz"}),
            "You cannot specify both ModelDataUrl and ModelDataSource",
        ),
        (_several(), "Containers must name at least one container"),
        (_several(*PAIR, PAIR[0]), "ContainerHostname must be unique"),
        (_several(MANY, MANY), "Only one container of a model can be in MultiModel mode"),
        (_several({"Image": "a:1"}, {"Image": "b:1"}, **DIRECT), "ContainerHostname is required"),
        (_several(PAIR[0], **DIRECT), "Mode Direct requires several containers"),
        (
            _several(PAIR[0], MANY | {"ContainerHostname": "two"}, **DIRECT),
            "MultiModel mode is not supported when InferenceExecutionConfig is Direct",
        ),
        (_several(*[{"Image": "a:1"}] * 16), "Member must have length less than or equal to 15"),
    ],
)
def test_models_that_are_refused(ours: Any, request_: dict[str, Any], text: str) -> None:
    with ours.refused(text):
        ours.model(**request_)
    assert ours.api.list_models()["Models"] == []


def _package(hosting: Any, **changes: Any) -> str:
    containers = {"Containers": [{"Image": "image:1"}]}
    specification = containers | {"SupportedContentTypes": [], "SupportedResponseMIMETypes": []}
    request = {"ModelPackageGroupName": "Fraud", "InferenceSpecification": specification}
    made = hosting.api.create_model_package(**request | changes)
    return str(made["ModelPackageArn"])


@pytest.fixture
def group(hosting: Any) -> Any:
    hosting.api.create_model_package_group(ModelPackageGroupName="Fraud")
    return hosting


def test_a_model_of_a_package_of_this_account(group: Any) -> None:
    arn = _package(group)
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:model-package/fraud/1"
    assert _package(group).endswith("/2")
    group.model(PrimaryContainer={"ModelPackageName": arn})
    described = group.api.describe_model(ModelName="model")
    assert described["PrimaryContainer"] == {"ModelPackageName": arn}


def test_packages_of_other_accounts_are_let_pass(hosting: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:999999999999:model-package/fraud/1"
    hosting.model(PrimaryContainer={"ModelPackageName": arn})


def test_packages_that_models_are_refused_for(group: Any) -> None:
    arn = _package(group)
    with group.refused("You cannot specify both Image and ModelPackageName"):
        group.model(PrimaryContainer={"ModelPackageName": arn, "Image": "image:1"})
    with group.refused(f'Could not find model package "{arn[:-1]}2".'):
        group.model(PrimaryContainer={"ModelPackageName": f"{arn[:-1]}2"})
    with group.refused("Could not find model package"):
        group.model(PrimaryContainer={"ModelPackageName": "unversioned"})


def test_packages_are_described_listed_and_approved(group: Any) -> None:
    arn = _package(group, CustomerMetadataProperties={"a": "1", "b": "2"})
    described = group.api.describe_model_package(ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["InferenceSpecification"]["Containers"] == [{"Image": "image:1"}]
    group.api.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        CustomerMetadataPropertiesToRemove=["a"],
    )
    _package(group)
    listed = group.api.list_model_packages(
        ModelPackageGroupName="fraud", ModelApprovalStatus="Approved"
    )["ModelPackageSummaryList"]
    assert [package["ModelPackageArn"] for package in listed] == [arn]
    described = group.api.describe_model_package(ModelPackageName=arn)
    assert described["CustomerMetadataProperties"] == {"b": "2"}
    assert len(group.api.list_model_packages()["ModelPackageSummaryList"]) == 2


def test_packages_that_are_refused(group: Any) -> None:
    with group.refused("Both ModelPackageName and ModelPackageGroupName are provided"):
        _package(group, ModelPackageName="own")
    with group.refused("Missing ARN."):
        group.api.create_model_package()
    group.api.create_model_package(ModelPackageName="own")
    with group.refused("Cannot create already existing model package"):
        group.api.create_model_package(ModelPackageName="OWN")
    with group.refused("Could not find model package group"):
        _package(group, ModelPackageGroupName="none")
    with group.refused("Cannot create already existing model package group"):
        group.api.create_model_package_group(ModelPackageGroupName="FRAUD")
    arn = _package(group)
    with group.refused("still has model packages"):
        group.api.delete_model_package_group(ModelPackageGroupName="Fraud")
    group.api.delete_model_package(ModelPackageName=arn)
    group.api.delete_model_package_group(ModelPackageGroupName="Fraud")
    assert group.api.list_model_package_groups()["ModelPackageGroupSummaryList"] == []
