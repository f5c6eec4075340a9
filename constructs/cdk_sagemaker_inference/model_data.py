"""Where a model's artifact comes from."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aws_cdk import AssetStaging, FileAssetPackaging, Fn, Stack
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from .environment import StackEnvironment
from .reads import read
from .replacement import physical_name
from .storage import S3Prefix, bucket_region, object_arn, object_url

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

_SCHEME = "s3://"


@dataclass(frozen=True, kw_only=True)
class BoundModelData:
    """An artifact as the model needs it.

    :param url: what goes into the template, ``s3://bucket/key``.
    :param object_arn: the object that the execution role must read, or all below a prefix.
    :param key_arns: KMS keys that the objects are encrypted with, if any are known.
    :param identity: what makes the URL differ although its text in the template stays the same.
    :param listing: what the role must list, where the artifact is more than one object.
    """

    url: str
    object_arn: str
    key_arns: Sequence[str] = ()
    identity: tuple[object, ...] = ()
    listing: "BucketListing | None" = None

    @property
    def properties(self) -> dict[str, Any]:
        """The part of CloudFormation's ContainerDefinition that names the artifact."""
        return {"model_data_url": self.url}


@dataclass(frozen=True, kw_only=True)
class BucketListing:
    """What of a bucket must be listed.

    :param bucket_arn: the bucket.
    :param prefix: only keys that begin so.
    """

    bucket_arn: str
    prefix: str


class ArtifactForm(Enum):
    """How an artifact lies in S3."""

    ARCHIVE = "one .tar.gz archive"
    UNCOMPRESSED = "the files of one model below a prefix"
    ARCHIVES = "the archives of many models below a prefix"


class ModelData(ABC):
    """A model artifact in S3; make one with the ``from_*`` methods.

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

    @staticmethod
    def from_prefix(
        bucket: "s3.IBucket", prefix: str, *, accept_eula: bool | None = None
    ) -> "ModelData":
        """Use the files of one model as they are, not packed, as large models are kept.

        The role may read what is below the prefix and list it. Not for serverless and multi-model
        endpoints, nor for batch (API reference, ContainerDefinition, ModelDataSource).

        :param bucket: the bucket.
        :param prefix: the prefix, without slashes at its ends.
        :param accept_eula: accepts the model's licence on your behalf, where it has one. Default:
            nothing is said.
        """
        return _PrefixModelData(bucket=bucket, prefix=prefix, accept_eula=accept_eula)

    @staticmethod
    def from_archives(bucket: "s3.IBucket", prefix: str, *, caching: bool = True) -> "ModelData":
        """Use many models, each one ``.tar.gz`` archive below a prefix, for multi-model endpoints.

        Callers name the archive, relative to the prefix, as ``TargetModel``. The role may read what
        is below the prefix and list it. A new archive can be called without a deployment; give
        each version a name of its own, because an archive that is overwritten while instances hold
        the old one is served in either version (Developer Guide, add-models-to-endpoint).

        :param bucket: the bucket.
        :param prefix: the prefix, without slashes at its ends.
        :param caching: keeps loaded models in memory until it runs short. False loads a model for
            each request anew, for very many that are seldom called (API reference,
            ModelCacheSetting). Default: true.
        """
        return _ArchivesModelData(bucket=bucket, prefix=prefix, caching=caching)

    @property
    def form(self) -> ArtifactForm:
        """How the artifact lies in S3."""
        return ArtifactForm.ARCHIVE

    @property
    def prefix_below(self) -> str | None:
        """The prefix that the artifact's objects are below, if it is more than one object."""
        return None

    @property
    def caches(self) -> bool | None:
        """Whether loaded models are kept, where there are many."""
        return None

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

    @property
    def region(self) -> str | None:
        """Region of the artifact's bucket where CDK knows it, perhaps a token."""
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

    @property
    def region(self) -> str | None:
        return bucket_region(self.bucket)

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        key = read(self.bucket, "encryption_key")
        return BoundModelData(
            url=object_url(self.bucket, self.object_key),
            object_arn=object_arn(self.bucket, self.object_key),
            key_arns=[] if key is None else [read(key, "key_arn")],
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
            key_arns=[] if self.encryption_key is None else [read(self.encryption_key, "key_arn")],
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


@dataclass(frozen=True, kw_only=True)
class _BelowPrefix(ModelData):
    bucket: "s3.IBucket"
    prefix: str

    @property
    def prefix_below(self) -> str | None:
        return self.prefix

    @property
    def region(self) -> str | None:
        return bucket_region(self.bucket)

    def _read(self) -> dict[str, Any]:
        """What a bound artifact below a prefix consists of."""
        bound = S3Prefix(bucket=self.bucket, prefix=self.prefix).bind()
        return {
            # A prefix needs a slash at its end (API reference, S3ModelDataSource).
            "url": f"{bound.url}/",
            "object_arn": bound.object_arns,
            "key_arns": bound.key_arns,
            "identity": bound.identity,
            "listing": BucketListing(
                bucket_arn=read(self.bucket, "bucket_arn"), prefix=f"{self.prefix}/"
            ),
        }


@dataclass(frozen=True, kw_only=True)
class _PrefixModelData(_BelowPrefix):
    accept_eula: bool | None

    @property
    def form(self) -> ArtifactForm:
        return ArtifactForm.UNCOMPRESSED

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        return _BoundUncompressed(**self._read(), accept_eula=self.accept_eula)


@dataclass(frozen=True, kw_only=True)
class _BoundUncompressed(BoundModelData):
    accept_eula: bool | None

    @property
    def properties(self) -> dict[str, Any]:
        model = sagemaker.CfnModel
        return {
            "model_data_source": model.ModelDataSourceProperty(
                s3_data_source=model.S3DataSourceProperty(
                    s3_uri=self.url,
                    s3_data_type="S3Prefix",
                    compression_type="None",
                    model_access_config=None
                    if self.accept_eula is None
                    else model.ModelAccessConfigProperty(accept_eula=self.accept_eula),
                )
            )
        }


@dataclass(frozen=True, kw_only=True)
class _ArchivesModelData(_BelowPrefix):
    caching: bool

    @property
    def form(self) -> ArtifactForm:
        return ArtifactForm.ARCHIVES

    @property
    def caches(self) -> bool | None:
        return self.caching

    def bind(self, scope: Construct, environment: StackEnvironment) -> BoundModelData:
        return _BoundArchives(**self._read(), caching=self.caching)


@dataclass(frozen=True, kw_only=True)
class _BoundArchives(BoundModelData):
    caching: bool

    @property
    def properties(self) -> dict[str, Any]:
        return {
            "model_data_url": self.url,
            "mode": "MultiModel",
            "multi_model_config": sagemaker.CfnModel.MultiModelConfigProperty(
                model_cache_setting="Enabled" if self.caching else "Disabled"
            ),
        }
