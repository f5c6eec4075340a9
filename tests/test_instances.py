"""What instance types have, compared with EC2's own data."""

import gzip
import json
from pathlib import Path
from typing import Any

import moto
import pytest
from aws_cdk import Aws
from botocore.session import get_session

from cdk_sagemaker_inference import instances

HOSTING_TYPES: list[str] = list(
    get_session()
    .get_service_model("sagemaker")
    .shape_for("ProductionVariantInstanceType")
    .metadata["enum"]
)
EC2_TYPES: dict[str, dict[str, Any]] = json.loads(
    gzip.decompress(
        (Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz").read_bytes()
    )
)

# Virtual CPUs and GPUs of the types that moto's data lacks, from EC2's documentation: "Amazon EC2
# instance types by accelerated computing" (p2 and p3 are its previous generation's). dl1 has eight
# Gaudi accelerators, which are no GPUs and of which SageMaker publishes no GPU metrics.
DOCUMENTED = {
    "ml.p2.xlarge": (4, 1),
    "ml.p2.8xlarge": (32, 8),
    "ml.p2.16xlarge": (64, 16),
    "ml.p3.2xlarge": (8, 1),
    "ml.p3.8xlarge": (32, 4),
    "ml.p3.16xlarge": (64, 8),
    "ml.dl1.24xlarge": (96, 0),
    "ml.p6e-gb200.36xlarge": (144, 4),
}


def ec2(instance_type: str) -> tuple[int, int]:
    if instance_type in DOCUMENTED:
        return DOCUMENTED[instance_type]
    data = EC2_TYPES[instance_type.removeprefix("ml.")]
    gpus = sum(gpu["Count"] for gpu in data.get("GpuInfo", {}).get("Gpus", []))
    return data["VCpuInfo"]["DefaultVCpus"], gpus


def test_there_are_types_to_compare() -> None:
    assert len(HOSTING_TYPES) > 250


def test_exactly_the_types_that_the_data_lacks_are_listed() -> None:
    lacking = {name for name in HOSTING_TYPES if name.removeprefix("ml.") not in EC2_TYPES}
    assert lacking == set(DOCUMENTED)


@pytest.mark.parametrize("instance_type", HOSTING_TYPES)
def test_processors_are_those_of_ec2(instance_type: str) -> None:
    vcpus, gpus = ec2(instance_type)
    assert (instances.vcpus(instance_type), instances.gpus(instance_type)) == (vcpus, gpus)


def test_only_t2_is_burstable_among_the_hosting_types() -> None:
    burstable = {name for name in HOSTING_TYPES if instances.is_burstable(name)}
    assert burstable == {name for name in HOSTING_TYPES if name.startswith("ml.t2.")}
    assert burstable


@pytest.mark.parametrize(
    ("instance_type", "burstable"),
    [
        ("ml.t2.medium", True),
        ("ml.t3.large", True),
        ("ml.trn1.2xlarge", False),
        ("ml.m5.large", False),
        pytest.param(Aws.REGION, False, id="token"),
    ],
)
def test_burstable_is_a_matter_of_the_family(instance_type: str, burstable: bool) -> None:
    assert instances.is_burstable(instance_type) is burstable


@pytest.mark.parametrize(
    "instance_type",
    [Aws.REGION, f"ml.m5.{Aws.REGION}", "ml.m5.metal", ""],
    ids=["token", "token as size", "other size", "nothing"],  # tokens are counted anew each run
)
def test_of_what_is_not_known_there_are_no_vcpus_and_no_gpus(instance_type: str) -> None:
    assert instances.vcpus(instance_type) is None
    assert instances.gpus(instance_type) == 0


@pytest.mark.parametrize("instance_type", HOSTING_TYPES)
def test_local_storage_is_ec2s_where_it_is_said(instance_type: str) -> None:
    """The families without an answer have local storage in EC2; whether SageMaker refuses a volume
    size for them is not documented (sagemaker-rules.md §3).
    """
    said = instances.has_local_storage(instance_type)
    if said is None:
        assert instance_type.split(".")[1] in {"g7", "p6-b300", "p6e-gb200"}
    elif instance_type in DOCUMENTED:
        assert said is (instance_type == "ml.dl1.24xlarge")
    else:
        assert said is EC2_TYPES[instance_type.removeprefix("ml.")]["InstanceStorageSupported"]


@pytest.mark.parametrize("family", ["g7", "p6-b300", "p6e-gb200"])
def test_of_families_that_no_source_names_nothing_is_said(family: str) -> None:
    assert instances.has_local_storage(f"ml.{family}.48xlarge") is None
