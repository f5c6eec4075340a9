"""Real-time endpoints with encrypted volumes, and with data capture."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import DataCapture
from permissions.common import FOREIGN_KEY, NOTHING_MORE, SERVES, endpoint, new_key
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, Row, Rows, Table, arn, but_for, joined


def encrypted(stack: Stack) -> None:
    endpoint(stack, encryption_key=new_key(stack, "Volume"))


VOLUME = arn("kms", "key/Volume")


def captured(stack: Stack) -> None:
    bucket = s3.Bucket(stack, "Captured", bucket_name="captured", enforce_ssl=True)
    endpoint(stack, data_capture=DataCapture(bucket=bucket, prefix="live/fraud"))


CAPTURED = "arn:aws:s3:::captured/live/fraud/rc-project-a-fraud-ep/AllTraffic/2026/11/21/1.jsonl"
CAPTURES: Rows = {"execution role": [Row("s3:PutObject", CAPTURED)]}
OTHER_CAPTURES: Rows = {
    "execution role": [
        Row("s3:PutObject", "arn:aws:s3:::captured/live/fraud-2/1.jsonl", "a sibling prefix"),
        Row("s3:PutObject", "arn:aws:s3:::captured/live/fraud", "the prefix itself"),
        Row("s3:PutObject", "arn:aws:s3:::captured/other/live/fraud/1.jsonl", "a longer prefix"),
        Row("s3:PutObject", "arn:aws:s3:::captured/1.jsonl", "outside the prefix"),
        Row("s3:PutObject", "arn:aws:s3:::captured-2/live/fraud/1.jsonl", "another bucket"),
        Row("s3:PutObject", CAPTURED, "without TLS", {"aws:SecureTransport": "false"}),
        Row("s3:GetObject", CAPTURED, "reading what was captured"),
        Row("s3:DeleteObject", CAPTURED, "deleting what was captured"),
        Row("s3:PutObjectAcl", CAPTURED, "letting others in"),
        Row("s3:ListBucket", "arn:aws:s3:::captured"),
    ]
}


def captured_encrypted(stack: Stack) -> None:
    key = new_key(stack, "BucketKey")
    bucket = s3.Bucket(stack, "Captured", bucket_name="captured", encryption_key=key)
    capture = DataCapture(
        bucket=bucket, prefix="live/fraud", encryption_key=new_key(stack, "CaptureKey")
    )
    endpoint(stack, data_capture=capture)


CAPTURE_KEYS = [arn("kms", "key/BucketKey"), arn("kms", "key/CaptureKey")]


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="real-time", capability=capability, **arguments)


TABLES = [
    table(
        "encrypted volumes",
        build=encrypted,
        allowed=joined(
            SERVES,
            {"execution role": [Row("kms:CreateGrant", VOLUME), Row("kms:DescribeKey", VOLUME)]},
        ),
        refused=joined(
            NOTHING_MORE,
            {
                "execution role": [
                    Row("kms:Decrypt", VOLUME, "SageMaker decrypts by its grant"),
                    Row("kms:Encrypt", VOLUME),
                    Row("kms:GenerateDataKey", VOLUME, "SageMaker encrypts by its grant"),
                    Row("kms:ReEncryptFrom", VOLUME),
                    Row("kms:RetireGrant", VOLUME),
                    Row("kms:ListGrants", VOLUME),
                    Row("kms:PutKeyPolicy", VOLUME, "letting others in"),
                    Row("kms:DisableKey", VOLUME),
                    Row("kms:ScheduleKeyDeletion", VOLUME),
                    Row("kms:CreateGrant", VOLUME.replace(ACCOUNT, OTHER_ACCOUNT)),
                    Row("kms:DescribeKey", FOREIGN_KEY),
                ]
            },
        ),
    ),
    table(
        "data capture",
        build=captured,
        allowed=joined(SERVES, CAPTURES),
        refused=joined(NOTHING_MORE, OTHER_CAPTURES),
    ),
    table(
        "data capture with keys",
        build=captured_encrypted,
        allowed=joined(
            SERVES,
            CAPTURES,
            {"execution role": [Row("kms:GenerateDataKey", key) for key in CAPTURE_KEYS]},
        ),
        refused=joined(
            NOTHING_MORE,
            but_for(OTHER_CAPTURES, "without TLS"),
            {
                "execution role": [
                    Row(f"kms:{action}", key)
                    for key in CAPTURE_KEYS
                    for action in ("Decrypt", "CreateGrant", "DescribeKey", "ScheduleKeyDeletion")
                ]
            },
        ),
    ),
]
