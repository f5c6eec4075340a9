"""Folders in S3: what is read and written below a prefix of a bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aws_cdk import aws_iam as iam

from .reads import read
from .replacement import physical_name
from .tokens import is_token

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

MAX_BUCKET_NAME_LENGTH = 63
_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class S3Prefix:
    """A prefix of a bucket, below which something is read or written.

    Example::

        S3Prefix(bucket=bucket, prefix="fraud/requests")

    :param bucket: the bucket, in the endpoint's Region.
    :param prefix: the prefix, without slashes at its ends. It must not be empty, so that a
        permission for it is not one for the whole bucket.
    :param encryption_key: customer managed KMS key of the objects. Default: the bucket's, where it
        has one; an imported bucket knows its key only when it was imported with it.
    """

    bucket: "s3.IBucket"
    prefix: str
    encryption_key: "kms.IKey | kms.Key | None" = None

    def bind(self) -> "BoundPrefix":
        """Read from the bucket and the keys what others need."""
        own_key = read(self.bucket, "encryption_key")
        keys = [read(key, "key_arn") for key in (self.encryption_key, own_key) if key is not None]
        return BoundPrefix(
            url=object_url(self.bucket, self.prefix),
            object_arns=object_arn(self.bucket, f"{self.prefix}/*"),
            key_arns=keys,
            identity=physical_name(self.bucket),
        )

    def is_below(self, other: "S3Prefix") -> bool:
        """Tell whether all of it is below another prefix of the same bucket, or is that prefix.

        A bucket that was imported twice is one where its name is a literal.
        """
        name = read(self.bucket, "bucket_name")
        same_bucket = self.bucket is other.bucket or (
            name is not None and name == read(other.bucket, "bucket_name")
        )
        return same_bucket and f"{self.prefix}/".startswith(f"{other.prefix}/")

    def grant_put(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody write objects below the prefix, large ones in parts.

        :param grantee: who is granted.
        """
        return self._grant(
            grantee,
            ["s3:AbortMultipartUpload", "s3:PutObject"],
            # Parts of an upload are decrypted to be put together.
            ["kms:Decrypt", "kms:GenerateDataKey"],
        )

    def grant_get(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let somebody read objects below the prefix.

        :param grantee: who is granted.
        """
        return self._grant(grantee, ["s3:GetObject"], ["kms:Decrypt"])

    def _grant(
        self, grantee: iam.IGrantable, actions: Sequence[str], key_actions: Sequence[str]
    ) -> iam.Grant:
        for key in (self.encryption_key, read(self.bucket, "encryption_key")):
            if key is not None:
                key.grant(grantee, *key_actions)
        return iam.Grant.add_to_principal_or_resource(
            grantee=grantee,
            actions=actions,
            resource_arns=[object_arn(self.bucket, f"{self.prefix}/*")],
            # Where the grantee is of another account, the bucket's policy must allow it too.
            resource=cast(iam.IResourceWithPolicy, self.bucket),
        )


@dataclass(frozen=True, kw_only=True)
class BoundPrefix:
    """A prefix as others need it.

    :param url: ``s3://bucket/prefix``, without a slash at its end.
    :param object_arns: all objects below it.
    :param key_arns: KMS keys of those objects, if any are known.
    :param identity: what makes the bucket differ although its reference keeps its text.
    """

    url: str
    object_arns: str
    key_arns: Sequence[str]
    identity: tuple[object, ...]


def bucket_region(bucket: "s3.IBucket") -> str | None:
    """Region of a bucket, a token where its stack names none."""
    region = read(read(bucket, "env"), "region")
    return region if isinstance(region, str) else None


def object_url(bucket: "s3.IBucket", key: str) -> str:
    """``s3://bucket/key``."""
    return f"{_SCHEME}{read(bucket, 'bucket_name')}/{key}"


def object_arn(bucket: "s3.IBucket", pattern: str) -> str:
    """ARN of an object, or of all that a pattern matches."""
    return f"{read(bucket, 'bucket_arn')}/{pattern}"


def prefix_problem(prefix: str, *, max_uri_length: int) -> str | None:
    """What is wrong with a prefix, if anything is.

    :param max_uri_length: characters that ``s3://bucket/prefix`` may have; the bucket's name, which
        may be a token, is taken to be as long as it can be.
    """
    if is_token(prefix):
        return None
    wrong = not isinstance(prefix, str) or not prefix
    if wrong or prefix.startswith("/") or prefix.endswith("/") or "*" in prefix or "?" in prefix:
        return "must be a prefix without slashes at its ends and without * and ?"
    if len(prefix) > max_uri_length - len(_SCHEME) - MAX_BUCKET_NAME_LENGTH - 1:
        return f"with the bucket's name may have {max_uri_length} characters"
    return None
