"""What an instance type has: virtual CPUs, GPUs, a disk of its own.

CloudWatch counts CPU utilization 100 per virtual CPU and GPU utilization 100 per GPU (Developer
Guide, monitoring-cloudwatch), so that a threshold in percent needs these numbers. They are EC2's
for the type of the same name; a test compares them with EC2's instance types.
"""

import re

_SIZE = re.compile(r"(?P<times>\d*)xlarge")

# EC2 gives 4 virtual CPUs per xlarge, with these exceptions.
_VCPUS_BY_SIZE = {"medium": 1, "large": 2}
_VCPUS_BY_TYPE = {"ml.t2.medium": 2, "ml.c4.8xlarge": 36}

# Sizes that are not named have one GPU.
_GPUS_BY_FAMILY: dict[str, dict[str, int]] = {
    "p2": {"8xlarge": 8, "16xlarge": 16},
    "p3": {"8xlarge": 4, "16xlarge": 8},
    "p4d": {"24xlarge": 8},
    "p4de": {"24xlarge": 8},
    "p5": {"48xlarge": 8},
    "p5e": {"48xlarge": 8},
    "p5en": {"48xlarge": 8},
    "p6-b200": {"48xlarge": 8},
    "p6-b300": {"48xlarge": 8},
    "p6e-gb200": {"36xlarge": 4},
    "g4dn": {"12xlarge": 4},
    "g5": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g6": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g6e": {"12xlarge": 4, "24xlarge": 4, "48xlarge": 8},
    "g7": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
    "g7e": {"12xlarge": 2, "24xlarge": 4, "48xlarge": 8},
}

# Instances with a disk of their own, by family: SageMaker's own SDK tells them by the letter d
# (m5d, g4dn, p4de) and by this list.
_LOCAL_STORAGE_FAMILY = re.compile(
    r"[a-z]+\d+[a-z]*d[a-z]*|dl1|g5|g6e?|g7e|p5(e|en)?|p6-b200|trn1n?|trn2"
)
_UNKNOWN_STORAGE_FAMILY = re.compile(r"g7|p6-b300|p6e-gb200")


def _family_and_size(instance_type: str | None) -> tuple[str, str]:
    if not isinstance(instance_type, str):  # serverless has none, and a rule refuses others
        return "", ""
    family, _, size = instance_type.removeprefix("ml.").partition(".")
    return family, size


def vcpus(instance_type: str | None) -> int | None:
    """Virtual CPUs of an instance; ``None`` without one, for a token or a name of another form."""
    if instance_type is not None and instance_type in _VCPUS_BY_TYPE:
        return _VCPUS_BY_TYPE[instance_type]
    _, size = _family_and_size(instance_type)
    if size in _VCPUS_BY_SIZE:
        return _VCPUS_BY_SIZE[size]
    match = _SIZE.fullmatch(size)
    if match is None:
        return None
    return 4 * (int(match["times"]) if match["times"] else 1)


def gpus(instance_type: str | None) -> int:
    """GPUs of an instance that CloudWatch has metrics of; 0 without any, and for a token."""
    family, size = _family_and_size(instance_type)
    return _GPUS_BY_FAMILY[family].get(size, 1) if family in _GPUS_BY_FAMILY else 0


def has_local_storage(instance_type: str) -> bool | None:
    """Tell whether instances have a disk instead of a volume; ``None`` if that is unknown."""
    family, _ = _family_and_size(instance_type)
    if _UNKNOWN_STORAGE_FAMILY.fullmatch(family):
        return None
    return _LOCAL_STORAGE_FAMILY.fullmatch(family) is not None


def is_burstable(instance_type: str) -> bool:
    """Tell whether an instance type earns CPU credits, which rules out autoscaling."""
    return re.match(r"ml\.t\d", instance_type) is not None
