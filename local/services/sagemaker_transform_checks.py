"""What CreateTransformJob refuses beyond the service model's constraints.

Where a comment says *wording not sourced*, the rule is documented by AWS and the sentence is ours.
"""

from __future__ import annotations

from typing import Any

from local.services import sagemaker_model_checks as model_checks
from local.services.api import Refusal, Request
from local.services.neighbours import object_is_missing
from local.services.sagemaker_config_checks import has_local_storage
from local.services.sagemaker_store import Store

_MOST_INSTANCES = 100
_MOST_MEGABYTES = 100
_DEFAULT_PAYLOAD = 6
_PROCESSED = ("text/csv", "application/json", "application/jsonlines")


def check_transform_job(store: Store, request: Request, model: Request) -> None:
    """Refuses a job that cannot run."""
    _check_model(request["ModelName"], model)
    _check_source(store, request["TransformInput"], model.get("ExecutionRoleArn"))
    _check_requests(request)
    _check_resources(request["TransformResources"])
    if "DataProcessing" in request:
        _check_processing(request["DataProcessing"], request)


def _check_model(name: str, model: Request) -> None:
    if model_checks.is_multi_model(model):
        # Wording not sourced; the rule is in dg:model-deploy-feature-matrix.
        raise Refusal(f"Model {name} is in MultiModel mode, which batch transform excludes.")
    if any("ModelDataSource" in container for container in model_checks.containers(model)):
        # Wording not sourced; the rule is in ContainerDefinition's documentation.
        raise Refusal(f"ModelDataSource is not supported for batch transform (model {name}).")


def _check_source(store: Store, given: dict[str, Any], role: str | None) -> None:
    source = given["DataSource"]["S3DataSource"]
    kind, url = source["S3DataType"], source["S3Uri"]
    if kind not in ("S3Prefix", "ManifestFile"):
        # Wording not sourced; the rule is in TransformS3DataSource's documentation.
        raise Refusal(f"S3DataType {kind} is not supported for batch transform.")
    prefix = kind == "S3Prefix"
    if object_is_missing(store.account, url, store.region, prefix=prefix):
        # gh:aws/amazon-sagemaker-examples#2414
        bucket = url.removeprefix("s3://").split("/")[0]
        raise Refusal(
            f'No S3 objects found under S3 URL "{url}" given in input data source. Please ensure '
            f"that the bucket exists in the selected region ({store.region}), that objects exist "
            f'under that S3 prefix, and that the role "{role}" has "s3:ListBucket" permissions on '
            f'bucket "{bucket}".'
        )


def _check_requests(request: Request) -> None:
    """The rules are in CreateTransformJobRequest's documentation; no wording is sourced."""
    concurrent = request.get("MaxConcurrentTransforms", 0)
    payload = request.get("MaxPayloadInMB", _DEFAULT_PAYLOAD)
    if payload > _MOST_MEGABYTES:
        raise Refusal(f"MaxPayloadInMB ({payload}) cannot be greater than {_MOST_MEGABYTES} MB.")
    if concurrent * payload > _MOST_MEGABYTES:
        raise Refusal(
            f"MaxConcurrentTransforms ({concurrent}) * MaxPayloadInMB ({payload}) cannot exceed "
            f"{_MOST_MEGABYTES} MB."
        )
    # The documentation wants a SplitType for SingleRecord too, but AWS's own samples run it without
    # (amazon-sagemaker-examples, image classification).
    whole = request["TransformInput"].get("SplitType", "None") == "None"
    if request.get("BatchStrategy") == "MultiRecord" and whole:
        raise Refusal("BatchStrategy MultiRecord requires SplitType Line, RecordIO or TFRecord.")


def _check_resources(resources: dict[str, Any]) -> None:
    """The rules are in TransformResources' documentation; no wording is sourced."""
    instance_type, count = resources["InstanceType"], resources["InstanceCount"]
    if count > _MOST_INSTANCES:
        raise Refusal(f"InstanceCount ({count}) cannot be greater than {_MOST_INSTANCES}.")
    if "VolumeKmsKeyId" in resources and has_local_storage(instance_type):
        raise Refusal(
            f"VolumeKmsKeyId is not supported for instance type {instance_type}, which has local "
            "storage."
        )


def _check_processing(processing: dict[str, Any], request: Request) -> None:
    """dg:batch-transform-data-processing; no wording is sourced."""
    for member in ("InputFilter", "OutputFilter"):
        if not processing.get(member, "$").startswith("$"):
            raise Refusal(f"{member} must be a JSONPath expression that begins with $.")
    ends = (
        ("TransformInput", "ContentType", "SplitType"),
        ("TransformOutput", "Accept", "AssembleWith"),
    )
    for member, type_member, lines_member in ends:
        kind = str(request[member].get(type_member))
        if not kind.startswith(_PROCESSED):
            raise Refusal(f"DataProcessing requires {type_member} to be one of {list(_PROCESSED)}.")
        if kind.startswith("text/csv") and request[member].get(lines_member) != "Line":
            raise Refusal(f"DataProcessing of text/csv requires {lines_member} Line.")
