"""One accepted and one refused case for each rule.

A case is a change to a request that is in order otherwise. Refused cases also say what the message
must hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Aws, Duration, Size

from cdk_sagemaker_inference import Container, ContainerImage, ModelData, Naming, NamingScheme
from cdk_sagemaker_inference.environment import StackEnvironment
from cdk_sagemaker_inference.network import SelectedSubnets
from cdk_sagemaker_inference.request import EndpointRequest, PlacedRequest
from cdk_sagemaker_inference.rules import RULES, Rule, has_local_storage, refuse, warnings
from cdk_sagemaker_inference.variants import InstanceVariant

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ARCHIVE = Path(__file__).parent.parent / "stacks" / "fraud_model" / "model.tar.gz"


def placed(**changes: Any) -> PlacedRequest:
    """A request in order, with changes by the name of what they change."""

    def given(defaults: dict[str, Any]) -> dict[str, Any]:
        return {name: changes.pop(name, value) for name, value in defaults.items()}

    container = changes.pop(
        "model",
        Container(
            **given(
                {
                    "image": ContainerImage.from_registry(f"{ECR}/fraud:1.4.2"),
                    "data": ModelData.from_uri("s3://models/fraud/3/model.tar.gz"),
                    "environment": {"WORKERS": "4"},
                }
            )
        ),
    )
    environment = StackEnvironment(
        partition="aws", region=changes.pop("region", "eu-west-1"), account="123456789012"
    )
    subnets = changes.pop("subnets", None)
    variant_names = (
        "instance_type",
        "instance_count",
        "weight",
        "volume_size",
        "model_data_download_timeout",
        "container_startup_health_check_timeout",
    )
    variant = InstanceVariant(
        model=container, **{name: changes.pop(name) for name in variant_names if name in changes}
    )
    naming = changes.pop(
        "naming",
        Naming(**given({"team": "rc", "project": "project-a", "version": 3}), model="fraud"),
    )
    request = EndpointRequest(kind="RealtimeEndpoint", naming=naming, variants=[variant], **changes)
    return PlacedRequest(request=request, environment=environment, subnets=subnets)


@dataclass(frozen=True)
class Scheme(NamingScheme):
    name: str = "fraud-ep"
    model: str = "fraud"
    own_tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def endpoint_name(self) -> str:
        return self.name

    @property
    def model_name(self) -> str:
        return self.model

    @property
    def tags(self) -> Mapping[str, str]:
        return self.own_tags


class FakeVpc:
    """Rules only look at whether there is a VPC."""


ONE_ZONE = SelectedSubnets(subnet_ids=["subnet-1"], availability_zones=["eu-west-1a"])
TWO_ZONES = SelectedSubnets(
    subnet_ids=["subnet-1", "subnet-2"], availability_zones=["eu-west-1a", "eu-west-1b"]
)
SEVENTEEN = SelectedSubnets(
    subnet_ids=[f"subnet-{n}" for n in range(17)], availability_zones=["eu-west-1a", "eu-west-1b"]
)


def image(location: str) -> ContainerImage:
    return ContainerImage.from_registry(location)


def ecr_image(**reference: str) -> ContainerImage:
    return ContainerImage.from_ecr_repository(object(), **reference)  # type: ignore[arg-type]  # never bound


DIGEST = "sha256:" + "0" * 64

# id: (changes that are accepted, changes that are refused, what the message must hold)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "name-literal": (
        {"naming": Naming(team="rc", project="a", model="f", environment=Aws.REGION)},
        {"naming": Naming(team="rc", project=Aws.REGION, model="f")},
        "naming.project=",
    ),
    "name-characters": (
        {"project": "project--a1"},
        {"team": "RC"},
        "naming.team='RC': must be lower-case letters, digits and hyphens, with neither end a "
        "hyphen; for example 'rc'",
    ),
    "name-length": (
        # endpoint 63 characters, config 63 - 9 = 54 would be too long: the config has 7 of its own
        {"naming": Scheme(name="e" * 54, model="m" * 54)},
        {"project": "p" * 40},
        "naming.endpoint_config_name='rc-" + "p" * 40 + "-fraud-config': has 56 characters and may "
        "have 54; shorten naming.team, naming.project, naming.model by 2",
    ),
    "naming-version": ({"version": 0}, {"version": -1}, "naming.version=-1"),
    "tags": (
        {"naming": Scheme(own_tags={"Cost centre": "a/b:c+d=e@f.g_h-1", "Empty": ""})},
        {"naming": Scheme(own_tags={"aws:team": "rc"})},
        "naming.tags='aws:team'",
    ),
    "model-container": ({}, {"model": "fraud.tar.gz"}, "model='fraud.tar.gz': must be a Container"),
    "image-reference": (
        {"image": ecr_image(digest=DIGEST)},
        {"image": ecr_image(tag="1", digest=DIGEST)},
        "model.image=",
    ),
    "image-uri": (
        {"image": image(f"{ECR}/{'r' * 190}:1")},
        {"image": image(f"{ECR}/{'r' * 250}:1")},
        "characters and may have 255",
    ),
    "image-region": (
        {"region": Aws.REGION},
        {"region": "us-east-1"},
        "is in eu-west-1 while the stack is in us-east-1; replicate the image to us-east-1",
    ),
    "image-dlc-account": (
        {"region": "us-gov-west-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        {"region": "xx-new-1", "image": ContainerImage.from_dlc("pytorch", tag="1")},
        "pass account_id to from_dlc",
    ),
    "image-registry-vpc": (
        {"image": image("registry.example.com/fraud:1"), "vpc": FakeVpc()},
        {"image": image("registry.example.com/fraud:1")},
        "pass vpc, or copy the image to ECR",
    ),
    "image-asset": (
        {"image": ContainerImage.from_asset(str(ARCHIVE.parent), file="weights.json")},
        {"image": ContainerImage.from_asset("/nowhere")},
        "model.image='/nowhere/Dockerfile': is not a file",
    ),
    "image-mutable-tag": (
        {"image": ecr_image(tag="1.4.2")},
        {"image": ecr_image(tag="latest")},
        "pushing over this tag deploys nothing",
    ),
    "image-unknown-repository": (
        {"image": image(f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/fraud:1")},
        {"image": image("${Token[TOKEN.7]}")},
        "call repository.grant_pull(endpoint)",
    ),
    "model-data-uri": (
        {"data": ModelData.from_uri(f"s3://{Aws.ACCOUNT_ID}-models/fraud.tar.gz")},
        {"data": ModelData.from_uri("https://models/fraud.tar.gz")},
        "model.data='https://models/fraud.tar.gz': must be s3://bucket/key",
    ),
    "model-data-archive": (
        {"data": ModelData.from_uri("s3://models/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models/fraud.zip")},
        "model.data='fraud.zip': must end in .tar.gz",
    ),
    "model-data-key": (
        {"data": ModelData.from_uri("s3://models/a/fraud.tar.gz")},
        {"data": ModelData.from_uri("s3://models//fraud.tar.gz")},
        "; 'fraud.tar.gz'",
    ),
    "model-data-asset": (
        {"data": ModelData.from_asset(str(ARCHIVE))},
        {"data": ModelData.from_asset("/nowhere/model.tar.gz")},
        "model.data='/nowhere/model.tar.gz': is not a file",
    ),
    "environment-entries": (
        {"environment": {f"KEY_{n}": "x" for n in range(100)}},
        {"environment": {"1KEY": "x"}},
        "model.environment='1KEY'",
    ),
    "environment-size": (
        {"environment": {f"K{n:02}": "x" * 1021 for n in range(32)}},
        {"environment": {f"K{n:02}": "x" * 1022 for n in range(32)}},
        "model.environment='32800 bytes'",
    ),
    "instance-type": (
        {"instance_type": "ml.p6e-gb200.36xlarge"},
        {"instance_type": "m5.xlarge"},
        "instance_type='m5.xlarge': must be ml., a family and a size, such as ml.m5.xlarge; "
        "'ml.m5.xlarge'",
    ),
    "instance-count": ({"instance_count": 1}, {"instance_count": 0}, "instance_count=0"),
    "variant-weight": ({"weight": 0}, {"weight": -0.5}, "weight=-0.5"),
    "volume-size": (
        {"volume_size": Size.gibibytes(512)},
        {"volume_size": Size.gibibytes(513)},
        "must be 1 to 512 whole GiB",
    ),
    "volume-local-storage": (
        {"instance_type": "ml.m5.xlarge", "volume_size": Size.gibibytes(50)},
        {"instance_type": "ml.g5.xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g5.xlarge has local storage and takes no volume size; leave volume_size out",
    ),
    "volume-unknown-storage": (
        {"instance_type": "ml.g7.2xlarge"},
        {"instance_type": "ml.g7.2xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g7.2xlarge may have local storage",
    ),
    "encryption-local-storage": (
        {"instance_type": "ml.m5.xlarge", "encryption_key": object()},
        {"instance_type": "ml.m5d.xlarge", "encryption_key": object()},
        "instance_type='ml.m5d.xlarge': encryption_key does not cover its local storage",
    ),
    "variant-timeouts": (
        {"model_data_download_timeout": Duration.hours(1)},
        {"container_startup_health_check_timeout": Duration.seconds(59)},
        "must be 60 to 3600 whole seconds",
    ),
    "network-needs-vpc": (
        {"vpc": FakeVpc(), "security_groups": [object()]},
        {"security_groups": [object()]},
        "needs vpc",
    ),
    "subnets": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": SEVENTEEN},
        "vpc_subnets=17: must select 1 to 16 subnets",
    ),
    "subnet-zones": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": ONE_ZONE},
        "all subnets are in one Availability Zone",
    ),
    "role-policy": (
        {"role": object(), "attach_execution_policy": False},
        {"attach_execution_policy": False},
        "attach_execution_policy=False: leaves the endpoint's own role without any permission",
    ),
    "security-groups": (
        {"vpc": FakeVpc(), "security_groups": [object()] * 5},
        {"vpc": FakeVpc(), "security_groups": []},
        "security_groups=0: must be 1 to 5 groups",
    ),
}

MORE_REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("name-characters", {"team": ""}),
    ("name-characters", {"team": "rc-"}),
    ("name-characters", {"team": None}),
    ("name-characters", {"project": "project_a"}),
    ("name-characters", {"naming": Scheme(name="Fraud")}),
    ("name-length", {"naming": Scheme(name="e" * 64)}),
    ("naming-version", {"version": True}),
    ("naming-version", {"version": 1.5}),
    ("tags", {"naming": Scheme(own_tags={"a" * 129: "x"})}),
    ("tags", {"naming": Scheme(own_tags={"a": "x" * 257})}),
    ("tags", {"naming": Scheme(own_tags={"a": "<x>"})}),
    ("tags", {"naming": Scheme(own_tags={f"k{n}": "x" for n in range(51)})}),
    ("image-reference", {"image": ecr_image()}),
    ("image-reference", {"image": ecr_image(tag="-x")}),
    ("image-reference", {"image": ecr_image(tag="")}),
    ("image-reference", {"image": ecr_image(digest="sha256:12")}),
    ("image-uri", {"image": image("")}),
    ("environment-entries", {"environment": {f"K{n}": "x" for n in range(101)}}),
    ("environment-entries", {"environment": {"K": 4}}),
    ("environment-entries", {"environment": {"K": "x" * 1025}}),
    ("instance-type", {"instance_type": "ml.m5.tiny"}),
    ("instance-type", {"instance_type": 5}),
    ("instance-count", {"instance_count": "2"}),
    ("instance-count", {"instance_count": True}),
    ("variant-weight", {"weight": float("nan")}),
    ("variant-weight", {"weight": "1"}),
    ("volume-size", {"volume_size": Size.mebibytes(1500)}),
    ("volume-size", {"volume_size": Size.gibibytes(0)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.millis(90500)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.seconds(3601)}),
    ("network-needs-vpc", {"vpc_subnets": object()}),
    ("subnets", {"vpc": FakeVpc(), "subnets": "There are no 'Private' subnet groups"}),
    ("security-groups", {"vpc": FakeVpc(), "security_groups": [object()] * 6}),
]

BY_ID = {rule.id: rule for rule in RULES}


def findings(rule: Rule, changes: dict[str, Any]) -> list[str]:
    return [str(finding) for finding in rule.check(placed(**changes))]


def test_each_rule_has_its_cases() -> None:
    assert sorted(BY_ID) == sorted(CASES)
    assert len(BY_ID) == len(RULES), "an identifier stands twice"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_and_why(rule: Rule) -> None:
    assert rule.text.endswith(".")
    assert rule.source


@pytest.mark.parametrize("id", CASES)
def test_what_is_in_order_is_accepted(id: str) -> None:
    assert findings(BY_ID[id], CASES[id][0]) == []
    refuse("Fraud", placed(**CASES[id][0]))


@pytest.mark.parametrize("id", CASES)
def test_what_breaks_the_rule_is_found_and_nothing_else_is(id: str) -> None:
    _, changes, text = CASES[id]
    (found,) = findings(BY_ID[id], changes)
    assert text in found
    others = [
        rule.id for rule in RULES if rule.id != id and not rule.warns and findings(rule, changes)
    ]
    assert others == []


@pytest.mark.parametrize(("id", "changes"), MORE_REFUSED)
def test_the_rule_finds_this_too(id: str, changes: dict[str, Any]) -> None:
    assert findings(BY_ID[id], changes)


def test_every_problem_is_in_one_error() -> None:
    with pytest.raises(ValueError, match="3 problems") as caught:
        refuse("Fraud", placed(team="RC", instance_count=0, environment={"1": "x"}))
    assert str(caught.value).splitlines() == [
        "RealtimeEndpoint 'Fraud' has 3 problems:",
        "  - naming.team='RC': must be lower-case letters, digits and hyphens, with neither end a "
        "hyphen; for example 'rc' [api:EndpointName]",
        "  - model.environment='1': a key must be letters, digits and underscores, not begin with "
        "a digit, and have 1024 characters at most [api:EnvironmentMap]",
        "  - instance_count=0: must be a whole number from 1 [api:InitialTaskCount]",
    ]


def test_a_warning_refuses_nothing() -> None:
    request = placed(image=ecr_image(tag="latest"))
    refuse("Fraud", request)
    ((identifier, text),) = warnings(request)
    assert identifier == "cdk-sagemaker-inference:image-mutable-tag"
    assert "use a tag or digest per version" in text


def test_tokens_are_skipped_not_refused() -> None:
    token = "${Token[TOKEN.1]}"
    request = placed(
        image=ContainerImage.from_registry(
            f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.amazonaws.com/fraud:{token}"
        ),
        data=ModelData.from_uri(token),
        environment={"KEY": token * 200},
        instance_type=token,
        volume_size=Size.gibibytes(10),
    )
    refuse("Fraud", request)


def test_variants_name_their_arguments_by_place() -> None:
    request = placed(instance_count=0)
    variant = replace(request.request.variants[0], prefix="variants[1].")
    moved = replace(request, request=replace(request.request, variants=[variant]))
    with pytest.raises(ValueError, match=r"variants\[1\]\.instance_count=0"):
        refuse("Fraud", moved)


@pytest.mark.parametrize(
    ("instance_type", "local"),
    [
        ("ml.m5.xlarge", False),
        ("ml.c6g.large", False),
        ("ml.t2.medium", False),
        ("ml.p3.2xlarge", False),
        ("ml.inf2.xlarge", False),
        ("ml.m8g.large", False),
        ("ml.m5d.large", True),
        ("ml.c6gd.large", True),
        ("ml.r7gd.large", True),
        ("ml.g4dn.xlarge", True),
        ("ml.p4d.24xlarge", True),
        ("ml.p4de.24xlarge", True),
        ("ml.g5.xlarge", True),
        ("ml.g6.xlarge", True),
        ("ml.g6e.xlarge", True),
        ("ml.p5.48xlarge", True),
        ("ml.p5en.48xlarge", True),
        ("ml.p6-b200.48xlarge", True),
        ("ml.trn1n.32xlarge", True),
        ("ml.trn2.48xlarge", True),
        ("ml.g7.2xlarge", None),
        ("ml.p6-b300.48xlarge", None),
    ],
)
def test_local_storage_is_told_by_family(instance_type: str, local: bool | None) -> None:
    assert has_local_storage(instance_type) is local


def test_every_instance_type_that_the_api_knows_is_accepted() -> None:
    """botocore's service model is the list; the rule knows only the form."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    for name in model.shape_for("ProductionVariantInstanceType").metadata["enum"]:
        assert findings(BY_ID["instance-type"], {"instance_type": name}) == [], name
