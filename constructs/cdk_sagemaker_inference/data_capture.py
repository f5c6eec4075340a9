"""Data capture: requests and responses kept in S3."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from aws_cdk import aws_sagemaker as sagemaker

from .reads import read
from .storage import BoundPrefix, S3Prefix

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3


class CaptureMode(Enum):
    """What is captured (API reference, CaptureMode)."""

    INPUT = "Input"
    OUTPUT = "Output"


@dataclass(frozen=True, kw_only=True)
class DataCapture:
    """Keeps a sample of requests and responses under a prefix of a bucket.

    SageMaker writes to ``{prefix}/{endpoint}/{variant}/yyyy/mm/dd/hh/`` and stops when an
    instance's disk is nearly full (Developer Guide, model-monitor-data-capture-endpoint).

    Example::

        DataCapture(bucket=bucket, prefix="captured/fraud", sampling_percent=10)

    :param bucket: where to.
    :param prefix: below which prefix, without slashes at its ends.
    :param sampling_percent: share of the requests, 0 to 100. Default: 100.
    :param modes: what of them. Default: input and output.
    :param encryption_key: KMS key of the captured objects. Default: the bucket's own encryption.
    :param csv_content_types: content types that are kept as they are. Default: SageMaker's; all
        other types are kept in base64.
    :param json_content_types: content types that are kept as JSON, likewise.
    """

    bucket: "s3.IBucket"
    prefix: str
    sampling_percent: int = 100
    modes: Sequence[CaptureMode] = (CaptureMode.INPUT, CaptureMode.OUTPUT)
    encryption_key: "kms.IKey | kms.Key | None" = None
    csv_content_types: Sequence[str] = ()
    json_content_types: Sequence[str] = ()

    def bind(self) -> "BoundDataCapture":
        """Read from the bucket and the keys what config and role need."""
        destination = S3Prefix(
            bucket=self.bucket, prefix=self.prefix, encryption_key=self.encryption_key
        ).bind()
        types = None
        if self.csv_content_types or self.json_content_types:
            types = sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                csv_content_types=list(self.csv_content_types) or None,
                json_content_types=list(self.json_content_types) or None,
            )
        return BoundDataCapture(
            destination=destination,
            properties=sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
                enable_capture=True,
                initial_sampling_percentage=self.sampling_percent,
                destination_s3_uri=destination.url,
                capture_options=[
                    sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode.value)
                    for mode in self.modes
                ],
                capture_content_type_header=types,
                kms_key_id=None
                if self.encryption_key is None
                else read(self.encryption_key, "key_arn"),
            ),
        )


@dataclass(frozen=True, kw_only=True)
class BoundDataCapture:
    """Data capture in the app.

    :param destination: where the role must write.
    :param properties: CloudFormation's DataCaptureConfig.
    """

    destination: BoundPrefix
    properties: sagemaker.CfnEndpointConfig.DataCaptureConfigProperty
