"""Batch transform: what a job reads, how it runs, and what it writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from .model import ModelDefinition
from .reads import read
from .storage import S3Prefix, object_url

if TYPE_CHECKING:
    from aws_cdk import Duration, Size
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3


class SplitType(Enum):
    """How an object is cut into records (API reference, SplitType)."""

    NONE = "None"
    """Not at all: an object is one request."""

    LINE = "Line"
    RECORD_IO = "RecordIO"
    TF_RECORD = "TFRecord"


class AssembleWith(Enum):
    """How the answers are put together (API reference, AssemblyType)."""

    NONE = "None"
    """One after the other."""

    LINE = "Line"
    """With a line break after each."""


class BatchStrategy(Enum):
    """How many records make a request (API reference, BatchStrategy)."""

    MULTI_RECORD = "MultiRecord"
    """As many as fit into ``max_payload``."""

    SINGLE_RECORD = "SingleRecord"


@dataclass(frozen=True, kw_only=True)
class TransformInput:
    """What a batch transform job reads; make one with the ``from_*`` methods.

    Lines of CSV::

        TransformInput.from_prefix(
            S3Prefix(bucket=bucket, prefix="claims/2026-11"),
            content_type="text/csv",
            split_type=SplitType.LINE,
        )

    Lines of JSON, packed::

        TransformInput.from_prefix(
            S3Prefix(bucket=bucket, prefix="claims/2026-11"),
            content_type="application/jsonlines",
            split_type=SplitType.LINE,
            gzip=True,
        )

    Images that a manifest names::

        TransformInput.from_manifest(
            bucket,
            "manifests/2026-11.json",
            objects=S3Prefix(bucket=bucket, prefix="images"),
            content_type="image/jpeg",
        )
    """

    data_type: str
    location: S3Prefix | None = None
    file: "tuple[s3.IBucket, str] | None" = None
    content_type: str | None = None
    split_type: SplitType = SplitType.NONE
    gzip: bool = False

    @staticmethod
    def from_prefix(
        location: S3Prefix,
        *,
        content_type: str | None = None,
        split_type: SplitType = SplitType.NONE,
        gzip: bool = False,
    ) -> "TransformInput":
        """Read all objects below a prefix.

        :param location: where they are.
        :param content_type: MIME type that the container gets. Default: none is said.
        :param split_type: how an object is cut into records. Default: not at all.
        :param gzip: whether the objects are compressed. Default: false.
        """
        return TransformInput(
            data_type="S3Prefix",
            location=location,
            content_type=content_type,
            split_type=split_type,
            gzip=gzip,
        )

    @staticmethod
    def from_object(
        bucket: "s3.IBucket",
        key: str,
        *,
        content_type: str | None = None,
        split_type: SplitType = SplitType.NONE,
        gzip: bool = False,
    ) -> "TransformInput":
        """Read one object. Others whose keys begin like its key would be read too.

        :param bucket: its bucket.
        :param key: its key.
        :param content_type: MIME type that the container gets. Default: none is said.
        :param split_type: how the object is cut into records. Default: not at all.
        :param gzip: whether the object is compressed. Default: false.
        """
        return TransformInput(
            data_type="S3Prefix",
            file=(bucket, key),
            content_type=content_type,
            split_type=split_type,
            gzip=gzip,
        )

    @staticmethod
    def from_manifest(
        bucket: "s3.IBucket",
        key: str,
        *,
        objects: S3Prefix,
        content_type: str | None = None,
        split_type: SplitType = SplitType.NONE,
        gzip: bool = False,
    ) -> "TransformInput":
        """Read the objects that a manifest names (API reference, TransformS3DataSource).

        :param bucket: the manifest's bucket.
        :param key: the manifest's key.
        :param objects: a prefix that all of the objects are below, so that the role may read them.
        :param content_type: MIME type that the container gets. Default: none is said.
        :param split_type: how an object is cut into records. Default: not at all.
        :param gzip: whether the objects are compressed. Default: false.
        """
        return TransformInput(
            data_type="ManifestFile",
            location=objects,
            file=(bucket, key),
            content_type=content_type,
            split_type=split_type,
            gzip=gzip,
        )

    @property
    def uri(self) -> str:
        """What the job is told to read."""
        if self.file is not None:
            bucket, key = self.file
            return object_url(bucket, key)
        assert self.location is not None  # one of both is given by every factory
        # With the slash, for SageMaker reads all keys that begin so.
        return f"{object_url(self.location.bucket, self.location.prefix)}/"

    @property
    def listed(self) -> "tuple[s3.IBucket, str] | None":
        """What SageMaker lists to find the objects: keys that begin so."""
        if self.data_type != "S3Prefix":
            return None
        if self.location is None:
            return self.file
        return self.location.bucket, f"{self.location.prefix}/"

    @property
    def definition(self) -> dict[str, Any]:
        """SageMaker's TransformInput."""
        source = {"S3DataSource": {"S3DataType": self.data_type, "S3Uri": self.uri}}
        said: dict[str, Any] = {"DataSource": source, "SplitType": self.split_type.value}
        if self.content_type is not None:
            said["ContentType"] = self.content_type
        if self.gzip:
            said["CompressionType"] = "Gzip"
        return said


@dataclass(frozen=True, kw_only=True)
class TransformOutput:
    """What a batch transform job writes: for each object one with the suffix ``.out``.

    Example::

        TransformOutput(
            location=S3Prefix(bucket=bucket, prefix="scores/2026-11"),
            accept="text/csv",
            assemble_with=AssembleWith.LINE,
        )

    :param location: where to; its ``encryption_key`` encrypts the objects.
    :param accept: MIME type that the container is asked for. Default: none is said.
    :param assemble_with: how the answers are put together. Default: one after the other.
    """

    location: S3Prefix
    accept: str | None = None
    assemble_with: AssembleWith = AssembleWith.NONE

    @property
    def definition(self) -> dict[str, Any]:
        """SageMaker's TransformOutput."""
        said: dict[str, Any] = {
            "S3OutputPath": object_url(self.location.bucket, self.location.prefix),
            "AssembleWith": self.assemble_with.value,
        }
        if self.accept is not None:
            said["Accept"] = self.accept
        if self.location.encryption_key is not None:
            said["KmsKeyId"] = read(self.location.encryption_key, "key_arn")
        return said


@dataclass(frozen=True, kw_only=True)
class DataProcessing:
    """What of each record the model gets, and what of record and answer is written.

    The answer joined to its record, as CSV or JSON lines::

        DataProcessing(join_input=True, input_filter="$[1:]", output_filter="$[0,-1]")

    :param input_filter: JSONPath of what the model gets, 63 characters at most. Default: all.
    :param output_filter: JSONPath of what is written, of the joined record if there is one,
        likewise. Default: all.
    :param join_input: writes each answer with its record. Default: false.
    """

    input_filter: str | None = None
    output_filter: str | None = None
    join_input: bool = False

    @property
    def definition(self) -> dict[str, Any]:
        """SageMaker's DataProcessing."""
        said = {"JoinSource": "Input" if self.join_input else "None"}
        if self.input_filter is not None:
            said["InputFilter"] = self.input_filter
        if self.output_filter is not None:
            said["OutputFilter"] = self.output_filter
        return said


@dataclass(frozen=True, kw_only=True)
class BatchDataCapture:
    """Keeps the requests and answers of a batch transform job, for Model Monitor.

    :param location: where to; its ``encryption_key`` encrypts the objects.
    :param generate_inference_id: gives each record an id. Default: false.
    """

    location: S3Prefix
    generate_inference_id: bool = False

    @property
    def definition(self) -> dict[str, Any]:
        """SageMaker's BatchDataCaptureConfig."""
        said: dict[str, Any] = {
            "DestinationS3Uri": object_url(self.location.bucket, self.location.prefix)
        }
        if self.location.encryption_key is not None:
            said["KmsKeyId"] = read(self.location.encryption_key, "key_arn")
        if self.generate_inference_id:
            said["GenerateInferenceId"] = True
        return said


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """The experiment that a batch transform job belongs to (API reference, ExperimentConfig).

    :param experiment_name: name of an experiment that there is. Default: none.
    :param trial_name: name of a trial that there is. Default: none.
    :param trial_component_display_name: what the job is called there. Default: SageMaker's choice.
    :param run_name: name of a run. Default: none.
    """

    experiment_name: str | None = None
    trial_name: str | None = None
    trial_component_display_name: str | None = None
    run_name: str | None = None

    @property
    def definition(self) -> dict[str, str]:
        """SageMaker's ExperimentConfig."""
        said = {
            "ExperimentName": self.experiment_name,
            "TrialName": self.trial_name,
            "TrialComponentDisplayName": self.trial_component_display_name,
            "RunName": self.run_name,
        }
        return {name: value for name, value in said.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class TransformRequest:
    """A batch transform job as the user said it; see :class:`BatchTransformJob`.

    :param endpoint_type: the way to serve of the endpoint whose model runs, if it is one's.
    :param endpoint_variants: the variants that the endpoint has a model of.
    :param endpoint_model: what the endpoint's model that runs is made of.
    :param endpoint_security_groups: the endpoint's groups, if it is in a VPC.
    :param variant_name: the one whose model runs. Default: the first.
    """

    input: TransformInput
    output: TransformOutput
    instance_type: str
    instance_count: int
    ami_version: str | None = None
    volume_key: "kms.IKey | kms.Key | None" = None
    processing: DataProcessing | None = None
    batch_strategy: BatchStrategy | None = None
    max_concurrent_transforms: int | None = None
    max_payload: "Size | None" = None
    environment: Mapping[str, str] = field(default_factory=dict)
    invocations_timeout: "Duration | None" = None
    invocations_max_retries: int | None = None
    data_capture: BatchDataCapture | None = None
    experiment: Experiment | None = None
    endpoint_type: str | None = None
    endpoint_variants: Sequence[str] = ()
    endpoint_model: ModelDefinition | None = None
    endpoint_security_groups: "Sequence[ec2.ISecurityGroup]" = ()
    variant_name: str | None = None

    @property
    def own_model(self) -> bool:
        """Whether the model is made for the job, and not an endpoint's."""
        return self.endpoint_type is None

    @property
    def outputs(self) -> list[S3Prefix]:
        """Everything that is written."""
        captured = () if self.data_capture is None else (self.data_capture.location,)
        return [self.output.location, *captured]

    def definition(self, model_name: str) -> dict[str, Any]:
        """SageMaker's CreateTransformJobRequest, but for name and tags."""
        said: dict[str, Any] = {
            "ModelName": model_name,
            "TransformInput": self.input.definition,
            "TransformOutput": self.output.definition,
            "TransformResources": {
                "InstanceType": self.instance_type,
                "InstanceCount": self.instance_count,
            },
        }
        if self.ami_version is not None:
            said["TransformResources"]["TransformAmiVersion"] = self.ami_version
        if self.volume_key is not None:
            said["TransformResources"]["VolumeKmsKeyId"] = read(self.volume_key, "key_arn")
        if self.max_concurrent_transforms is not None:
            said["MaxConcurrentTransforms"] = self.max_concurrent_transforms
        if self.max_payload is not None:
            said["MaxPayloadInMB"] = self.max_payload.to_mebibytes()
        if self.batch_strategy is not None:
            said["BatchStrategy"] = self.batch_strategy.value
        if self.environment:
            said["Environment"] = dict(self.environment)
        client: dict[str, Any] = {}
        if self.invocations_timeout is not None:
            client["InvocationsTimeoutInSeconds"] = self.invocations_timeout.to_seconds()
        if self.invocations_max_retries is not None:
            client["InvocationsMaxRetries"] = self.invocations_max_retries
        if client:
            said["ModelClientConfig"] = client
        parts = {
            "DataProcessing": self.processing,
            "DataCaptureConfig": self.data_capture,
            "ExperimentConfig": self.experiment,
        }
        said |= {name: part.definition for name, part in parts.items() if part is not None}
        return said
