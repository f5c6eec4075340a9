"""Where a model's artifact comes from."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import AssetStaging, FileAssetPackaging, Fn, Stack
from constructs import Construct

from .environment import StackEnvironment
from .replacement import physical_name

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class BoundModelData:
    """An artifact as the model needs it.

    :param url: what goes into the template, ``s3://bucket/key``.
    :param object_arn: the object that the execution role must read.
    :param key_arn: KMS key that the object is encrypted with, if one is known.
    :param identity: what makes the URL differ although its text in the template stays the same.
    """

    url: str
    object_arn: str
    key_arn: str | None = None
    identity: tuple[object, ...] = ()


class ModelData(ABC):
    """A model artifact, one ``.tar.gz`` archive in S3; make one with the ``from_*`` methods.

    The bucket must be in the endpoint's Region (API reference, ContainerDefinition). Give every
    version a key of its own: an artifact that is overwritten changes no template and is not
    deployed.
    """

    @staticmethod
    def from_bucket(bucket: "s3.IBucket", key: str) -> "ModelData":
        """Use an object of a bucket.

        The role may read exactly this key, and decrypt with the bucket's key where it has one. An
        imported bucket knows its key only when it was imported with it.

        :param bucket: the bucket.
        :param key: key of the object, ending in ``.tar.gz``.
        """
        return _BucketModelData(bucket=bucket, object_key=key)

    @staticmethod
    def from_uri(uri: str, *, encryption_key: "kms.IKey | kms.Key | None" = None) -> "ModelData":
        """Use an object by its URI.

        :param uri: ``s3://bucket/key.tar.gz``, 1024 characters at most.
        :param encryption_key: customer managed KMS key of the object. Default: none, the object is
            encrypted with S3's or AWS's own key.
        """
        return _UriModelData(location=uri, encryption_key=encryption_key)

    @staticmethod
    def from_asset(path: str) -> "ModelData":
        """Upload a local ``model.tar.gz`` when deploying; its key is a hash of its content.

        :param path: path of the archive.
        """
        return _AssetModelData(path=path)

    @property
    def uri(self) -> str | None:
        """The artifact's URI where it is known before binding."""
        return None

    @property
    def key(self) -> str | None:
        """The object's key where it is known before binding."""
        return None

    @property
    def file(self) -> Path | None:
        """The local file, where there is one."""
        return None

    @abstractmethod
    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        """Make what the artifact needs below ``scope`` and say how the model refers to it."""


@dataclass(frozen=True, kw_only=True)
class _BucketModelData(ModelData):
    bucket: "s3.IBucket"
    object_key: str

    @property
    def key(self) -> str | None:
        return self.object_key

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        key = self.bucket.encryption_key
        return BoundModelData(
            url=self.bucket.s3_url_for_object(self.object_key),
            object_arn=self.bucket.arn_for_objects(self.object_key),
            key_arn=None if key is None else key.key_arn,
            identity=physical_name(self.bucket),
        )


@dataclass(frozen=True, kw_only=True)
class _UriModelData(ModelData):
    location: str
    encryption_key: "kms.IKey | kms.Key | None"

    @property
    def uri(self) -> str | None:
        return self.location

    @property
    def key(self) -> str | None:
        if not self.location.startswith(_SCHEME):
            return None
        return self.location.removeprefix(_SCHEME).partition("/")[2]

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        path = (
            self.location.removeprefix(_SCHEME)
            if self.location.startswith(_SCHEME)
            else Fn.select(1, Fn.split(_SCHEME, self.location))
        )
        return BoundModelData(
            url=self.location,
            object_arn=environment.object_arn(path),
            key_arn=None if self.encryption_key is None else self.encryption_key.key_arn,
        )


@dataclass(frozen=True, kw_only=True)
class _AssetModelData(ModelData):
    path: str

    @property
    def key(self) -> str | None:
        return self.path

    @property
    def file(self) -> Path | None:
        return Path(self.path)

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        staging = AssetStaging(scope, "ModelData", source_path=self.path)
        stack = Stack.of(scope)
        # aws_s3_assets.Asset would keep only the suffix .gz, while SageMaker documents .tar.gz.
        location = stack.synthesizer.add_file_asset(
            file_name=staging.relative_staged_path(stack),
            source_hash=f"{staging.asset_hash}.tar",
            packaging=FileAssetPackaging.FILE,
            display_name=f"Model artifact of {scope.node.path}",
        )
        return BoundModelData(
            url=location.s3_object_url,
            object_arn=environment.object_arn(f"{location.bucket_name}/{location.object_key}"),
        )
