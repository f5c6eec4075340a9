"""The checks of whole apps: what stacks take from each other, and all findings in one error."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, NestedStack, Stack, Stage
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker

from broken_templates import DIMENSION, TARGET, resource, template
from cdk_sagemaker_inference.testing import (
    assert_deployable,
    check_assembly,
    check_template,
)
from support import templates_unchecked


@pytest.fixture(autouse=True)
def _wrong_on_purpose() -> Iterator[None]:
    with templates_unchecked():
        yield


IRELAND = Environment(account="123456789012", region="eu-west-1")
LONDON = Environment(account="123456789012", region="eu-west-2")


def model(name: Any, **properties: Any) -> dict[str, Any]:
    return resource("SageMaker::Model", ModelName=name, **properties)


def target(resource_id: Any) -> dict[str, Any]:
    return resource(
        "ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="sagemaker",
        ScalableDimension=DIMENSION,
        ResourceId=resource_id,
        MinCapacity=1,
        MaxCapacity=2,
    )


def problems(**resources: Any) -> list[str]:
    return [f"{one.resource}: {one.problem}" for one in check_template({"Resources": resources})]


def test_two_resources_of_a_name_are_found_whatever_the_case() -> None:
    assert problems(A=model("fraud"), B=model("Fraud"), C=model("other")) == [
        "B: an account and Region have one model of a name, and A has it too"
    ]


def test_names_of_different_kinds_do_not_clash() -> None:
    config = resource(
        "SageMaker::EndpointConfig",
        EndpointConfigName="fraud",
        ProductionVariants=[{"VariantName": "main"}],
    )
    assert problems(A=model("fraud"), B=config) == []


def test_alarms_and_composite_alarms_share_their_names() -> None:
    alarm = template()["Resources"]["Alarm"]
    composite = resource("CloudWatch::CompositeAlarm", AlarmName="fraud-errors", AlarmRule="TRUE")
    assert problems(A=alarm, B=composite) == [
        "B: an account and Region have one alarm of a name, and A has it too"
    ]


def test_the_case_of_an_alarm_s_name_counts() -> None:
    rule = {"AlarmRule": "TRUE"}
    first = resource("CloudWatch::CompositeAlarm", AlarmName="fraud", **rule)
    second = resource("CloudWatch::CompositeAlarm", AlarmName="Fraud", **rule)
    assert problems(A=first, B=second) == []


def test_resources_of_which_a_condition_makes_one_may_share_a_name() -> None:
    first, second = (model("fraud") | {"Condition": name} for name in ("Big", "Small"))
    assert problems(A=first, B=second) == []


def test_names_that_cloudformation_generates_do_not_clash() -> None:
    unnamed = resource("SageMaker::Model")
    assert problems(A=unnamed, B=unnamed, C=model({"Ref": "Name"}), D=model({"Ref": "Name"})) == []


OVERWRITES = (
    "B: a capacity has one scalable target, and A is of the same resource and dimension; "
    "the later one overwrites the earlier one"
)


def test_two_targets_of_a_capacity_are_found() -> None:
    assert problems(A=target(TARGET), B=target({"Fn::Sub": TARGET})) == [OVERWRITES]
    assert problems(A=target(TARGET), B=target(TARGET.replace("main", "other"))) == []


def test_two_targets_of_a_capacity_that_is_said_the_same_way_are_found() -> None:
    said = {"Fn::Sub": "endpoint/${Name}/variant/main"}
    other = {"Fn::Sub": "endpoint/${Other}/variant/main"}
    assert problems(A=target(said), B=target(said)) == [OVERWRITES]
    assert problems(A=target(said), B=target(other)) == []


def test_an_endpoint_s_targets_are_known_by_its_attributes() -> None:
    endpoint = template()["Resources"]["Endpoint"]
    by_attribute = {"Fn::Sub": "endpoint/${E.EndpointName}/variant/main"}
    findings = problems(
        E=endpoint,
        Config=template()["Resources"]["Config"],
        A=target(TARGET),
        B=target(by_attribute),
    )
    assert findings == [OVERWRITES]


def endpoint(scope: Stack, name: str = "fraud") -> sagemaker.CfnEndpoint:
    return sagemaker.CfnEndpoint(
        scope, "Endpoint", endpoint_name=name, endpoint_config_name="fraud"
    )


def synthesized(tmp_path: Path, build: Callable[[App], object]) -> list[str]:
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    build(app)
    app.synth()
    found = check_assembly(tmp_path)
    return [f"{one.stack}/{one.resource}: {one.problem}" for one in found]


ONE_ENDPOINT = "an account and Region have one endpoint of a name, and {} has it too"


def two_stacks(first: Environment | None, second: Environment | None) -> Callable[[App], None]:
    def build(app: App) -> None:
        endpoint(Stack(app, "First", env=first))
        endpoint(Stack(app, "Second", env=second))

    return build


@pytest.mark.parametrize(
    ("first", "second"),
    [(IRELAND, IRELAND), (None, None)],
    ids=["of one Region", "of no Region"],
)
def test_stacks_share_their_names(
    tmp_path: Path, first: Environment | None, second: Environment | None
) -> None:
    assert synthesized(tmp_path, two_stacks(first, second)) == [
        f"Second/Endpoint: {ONE_ENDPOINT.format('First/Endpoint')}"
    ]


@pytest.mark.parametrize(
    ("first", "second"), [(IRELAND, LONDON), (IRELAND, None)], ids=["two Regions", "one unknown"]
)
def test_stacks_of_other_regions_have_names_of_their_own(
    tmp_path: Path, first: Environment | None, second: Environment | None
) -> None:
    assert synthesized(tmp_path, two_stacks(first, second)) == []


def test_stages_and_nested_stacks_are_looked_into(tmp_path: Path) -> None:
    def build(app: App) -> None:
        endpoint(Stack(app, "Outside", env=IRELAND))
        stage = Stage(app, "Prod", env=IRELAND)
        stack = Stack(stage, "Inside")
        endpoint(NestedStack(stack, "Nested"))

    (found,) = synthesized(tmp_path, build)
    assert found.startswith("Outside/Endpoint: an account and Region have one endpoint of a name")
    assert "Prod-Inside/NestedNestedStack" in found


def test_a_directory_without_assembly_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"manifest\.json"):
        check_assembly(tmp_path)


def test_an_app_is_checked_as_it_is() -> None:
    app = App(analytics_reporting=False)
    endpoint(Stack(app, "Stack"), "no_name")
    (finding,) = check_assembly(app)
    assert (finding.stack, finding.resource) == ("Stack", "Endpoint")
    assert finding.path == "Properties.EndpointName"


def test_all_findings_are_in_one_assertion_error() -> None:
    body = {"Resources": {"A": model("a_b"), "B": model("c_d")}}
    with pytest.raises(AssertionError) as failure:
        assert_deployable(body, lint=False)
    first, *others = str(failure.value).splitlines()
    assert first == "2 findings:"
    assert [line.split(" (")[0] for line in others] == ["  - A", "  - B"]


def test_an_app_that_deploys_passes() -> None:
    app = App(analytics_reporting=False)
    cloudwatch.CfnAlarm(
        Stack(app, "Stack", env=LONDON),
        "Alarm",
        alarm_name="fraud",
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        threshold=1,
        metric_name="Invocations",
        namespace="AWS/SageMaker",
        period=60,
        statistic="Sum",
    )
    assert_deployable(app)


def test_cfn_lint_counts_unless_it_is_left_out() -> None:
    body = {"Resources": {"Bucket": resource("S3::Bucket", BucketNam="models")}}
    with pytest.raises(AssertionError, match=r"BucketNam.*cfn-lint E3002"):
        assert_deployable(body)
    assert_deployable(body, lint=False)
