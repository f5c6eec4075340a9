"""Each rule accepts what is in order and finds what is not; the cases are in ``rule_cases``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import Aws, Size, Stack

from cdk_sagemaker_inference import (
    ComponentResources,
    ContainerImage,
    InferenceComponentEndpoint,
    ModelData,
)
from cdk_sagemaker_inference.instances import has_local_storage
from cdk_sagemaker_inference.rules import RULES, Rule, refuse, warnings
from rule_cases import CASES, MORE_ACCEPTED, MORE_REFUSED
from rule_cases.building import ecr_image, placed
from support import CONTAINER, NAMING

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
def test_what_breaks_the_rule_is_found_and_nothing_else_is(
    id: str, covers: Callable[[str, str], None]
) -> None:
    _, changes, text = CASES[id]
    (found,) = findings(BY_ID[id], changes)
    assert text in found
    request = placed(**changes)
    if BY_ID[id].warns:
        refuse("Fraud", request)
    else:
        with pytest.raises(ValueError, match="has 1 problem:"):
            refuse("Fraud", request)
    covers("rules that warn" if BY_ID[id].warns else "rules that refuse", id)


@pytest.mark.parametrize(("id", "changes"), MORE_REFUSED)
def test_the_rule_finds_this_too(id: str, changes: dict[str, Any]) -> None:
    assert findings(BY_ID[id], changes)


@pytest.mark.parametrize(("id", "changes"), MORE_ACCEPTED)
def test_the_rule_has_nothing_against_this(id: str, changes: dict[str, Any]) -> None:
    assert findings(BY_ID[id], changes) == []


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


def test_what_is_of_another_class_is_told_before_the_rest() -> None:
    """Other rules could only guess, or fail, at what such an argument means."""
    with pytest.raises(ValueError, match="2 problems") as caught:
        refuse("Fraud", placed(team="RC", volume_size=50, image="fraud:1", deployment=None))
    assert str(caught.value).splitlines()[1:] == [
        "  - volume_size=50: must be a Size [convention of this library]",
        "  - model.image='fraud:1': must be a ContainerImage [convention of this library]",
    ]


def test_a_refused_model_is_told_by_the_component_that_it_would_have_been() -> None:
    endpoint = InferenceComponentEndpoint(Stack(), "Shared", naming=NAMING, alarms=None)
    resources = ComponentResources(min_memory=Size.mebibytes(64), accelerators=1)
    with pytest.raises(ValueError, match="2 problems") as caught:
        endpoint.add_model("chat", model=CONTAINER, resources=resources)
    assert str(caught.value).splitlines() == [
        "InferenceComponentEndpoint.add_model 'chat' has 2 problems:",
        "  - resources.min_memory='64 MiB': must be whole MiB from 128 "
        "[api:InferenceComponentComputeResourceRequirements]",
        "  - resources.accelerators=1: ml.m5.xlarge has no GPU "
        "[api:InferenceComponentComputeResourceRequirements]",
    ]
    assert endpoint.components == {}
    assert endpoint.node.find_child("Components").node.children == []


def test_a_name_is_refused_the_second_time() -> None:
    endpoint = InferenceComponentEndpoint(Stack(), "Shared", naming=NAMING, alarms=None)
    resources = ComponentResources(min_memory=Size.gibibytes(1))
    endpoint.add_model("chat", model=CONTAINER, resources=resources)
    with pytest.raises(ValueError, match=r"add_model 'chat' has 1 problem:\n.* already"):
        endpoint.add_model("chat", model=CONTAINER, resources=resources)


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
