"""What an instance has, by EC2's description of the type of the same name."""

from __future__ import annotations

from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPES


def _described(instance_type: str | None) -> Any:
    return None if instance_type is None else INSTANCE_TYPES.get(instance_type.removeprefix("ml."))


def vcpus(instance_type: str | None) -> int | None:
    """The virtual CPUs of an instance, or None if its type is unknown."""
    found = _described(instance_type)
    return None if found is None else int(found["VCpuInfo"]["DefaultVCpus"])


def memory(instance_type: str | None) -> int | None:
    """The memory of an instance in MiB, or None if its type is unknown."""
    found = _described(instance_type)
    return None if found is None else int(found["MemoryInfo"]["SizeInMiB"])


def gpus(instance_type: str | None) -> int | None:
    """The GPUs of an instance, or None if its type is unknown or its accelerators are no GPUs."""
    found = _described(instance_type)
    if found is None or "NeuronInfo" in found or "InferenceAcceleratorInfo" in found:
        return None
    return sum(int(gpu["Count"]) for gpu in found.get("GpuInfo", {}).get("Gpus", []))
