"""Rules about instances: their count, storage and start-up."""

import re
from collections.abc import Iterator

from aws_cdk import Duration, Size, SizeRoundingBehavior

from ..instances import has_local_storage
from ..request import PlacedRequest
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, is_whole, rule

VOLUME_GIBIBYTES = range(1, 513)
TIMEOUT_SECONDS = range(60, 3601)

_INSTANCE_TYPE = re.compile(r"ml\.[a-z]+\d[a-z0-9-]*\.(medium|\d*x?large)")

RULES = Rules("instances and volumes")


def _gibibytes(size: Size) -> float:
    return size.to_gibibytes(rounding=SizeRoundingBehavior.NONE)


@rule(
    RULES,
    "instance-type",
    "An instance type is ml., a family and a size; CDK's own validation knows which there are.",
    source="api:ProductionVariantInstanceType",
)
def _instance_type(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        name = variant.instance_type
        if is_token(name) or (isinstance(name, str) and _INSTANCE_TYPE.fullmatch(name)):
            continue
        prefixed = f"ml.{name}"
        yield Finding(
            argument=f"{variant.prefix}instance_type",
            value=name,
            problem="must be ml., a family and a size, such as ml.m5.xlarge",
            fix=f"{prefixed!r}" if _INSTANCE_TYPE.fullmatch(prefixed) else None,
        )


@rule(
    RULES,
    "instance-count",
    "A variant begins with at least one instance.",
    source="api:InitialTaskCount",
)
def _instance_count(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        count = variant.instance_count
        if count is None or is_token(count):
            continue
        if not is_whole(count) or count < 1:
            yield Finding(
                argument=f"{variant.prefix}instance_count",
                value=count,
                problem="must be a whole number from 1",
            )


@rule(
    RULES,
    "volume-size",
    "A volume has 1 to 512 GiB.",
    source="api:ProductionVariantVolumeSizeInGB",
)
def _volume_size(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        if variant.volume_size is None:
            continue
        size = _gibibytes(variant.volume_size)
        if not is_token(size) and size not in VOLUME_GIBIBYTES:
            yield Finding(
                argument=f"{variant.prefix}volume_size",
                value=f"{size:g} GiB",
                problem="must be 1 to 512 whole GiB",
            )


@rule(
    RULES,
    "volume-local-storage",
    "Instances with local storage take no volume size.",
    source="api:ProductionVariant, sagemaker-python-sdk volume_size_supported",
)
def _volume_local_storage(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        if variant.volume_size is None or is_token(variant.instance_type):
            continue
        if has_local_storage(variant.instance_type):
            yield Finding(
                argument=f"{variant.prefix}volume_size",
                value=f"{_gibibytes(variant.volume_size):g} GiB",
                problem=f"{variant.instance_type} has local storage and takes no volume size",
                fix="leave volume_size out",
            )


@rule(
    RULES,
    "volume-unknown-storage",
    "Whether these new families have local storage, which takes no volume size, is not documented.",
    source="sagemaker-python-sdk volume_size_supported",
    warns=Doubt.UNVERIFIED,
)
def _volume_unknown_storage(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        if variant.volume_size is None or is_token(variant.instance_type):
            continue
        if has_local_storage(variant.instance_type) is None:
            yield Finding(
                argument=f"{variant.prefix}volume_size",
                value=f"{_gibibytes(variant.volume_size):g} GiB",
                problem=f"{variant.instance_type} may have local storage and refuse a volume size",
                fix="leave volume_size out if the deployment is refused",
            )


@rule(
    RULES,
    "encryption-local-storage",
    "The KMS key does not cover local storage, which the instance's hardware encrypts.",
    source="api:CreateEndpointConfigInput",
    warns=Doubt.HARMLESS,
)
def _encryption_local_storage(placed: PlacedRequest) -> Iterator[Finding]:
    if placed.request.encryption_key is None:
        return
    for variant in placed.request.fleets:
        if not is_token(variant.instance_type) and has_local_storage(variant.instance_type):
            yield Finding(
                argument=f"{variant.prefix}instance_type",
                value=variant.instance_type,
                problem="encryption_key does not cover its local storage, which its hardware "
                "encrypts with a key of its own",
            )


@rule(
    RULES,
    "variant-timeouts",
    "Download and health check may take 60 to 3600 seconds each.",
    source="api:ProductionVariantModelDataDownloadTimeoutInSeconds, "
    "api:ProductionVariantContainerStartupHealthCheckTimeoutInSeconds",
)
def _variant_timeouts(placed: PlacedRequest) -> Iterator[Finding]:
    for variant in placed.request.fleets:
        yield from startup_timeouts(
            variant.prefix,
            variant.model_data_download_timeout,
            variant.container_startup_health_check_timeout,
        )


def startup_timeouts(
    prefix: str, download: Duration | None, health_check: Duration | None
) -> Iterator[Finding]:
    """What is wrong with the patience for a start."""
    timeouts = {
        "model_data_download_timeout": download,
        "container_startup_health_check_timeout": health_check,
    }
    for argument, duration in timeouts.items():
        if duration is None:
            continue
        seconds = duration.to_seconds(integral=False)
        if not is_token(seconds) and seconds not in TIMEOUT_SECONDS:
            yield Finding(
                argument=f"{prefix}{argument}",
                value=f"{seconds:g} s",
                problem="must be 60 to 3600 whole seconds",
            )
