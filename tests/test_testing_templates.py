"""What the checks of `cdk_sagemaker_inference.testing` find in a template, and what they leave."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from broken_templates import (
    DIMENSION,
    IMAGE,
    MISTAKES,
    REMOVED,
    TARGET,
    Mistake,
    changed,
    resource,
    template,
)
from cdk_sagemaker_inference.testing import Finding, check_template
from cdk_sagemaker_inference.testing.translation import TYPES


def found(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding.resource, finding.path) for finding in check_template(body)]


def test_the_apis_accept_a_template_of_every_type_that_is_checked() -> None:
    assert {entry["Type"] for entry in template()["Resources"].values()} == set(TYPES)
    assert check_template(template()) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_found_where_it_is(
    mistake: Mistake, covers: Callable[[str, str], None]
) -> None:
    findings = check_template(changed(mistake.resource, mistake.place, mistake.value))
    (first,) = (f for f in findings if (f.resource, f.path) == (mistake.resource, mistake.path))
    assert mistake.says in first.problem
    # The others are where the value is referred to.
    assert all(str(first.value) in str(finding.value) for finding in findings)
    covers("mistakes in templates", mistake.name)


@pytest.mark.parametrize("resource_type", TYPES)
def test_every_type_has_a_mistake(resource_type: str) -> None:
    types = {template()["Resources"][mistake.resource]["Type"] for mistake in MISTAKES}
    assert resource_type in types


def test_a_finding_says_where_what_and_why() -> None:
    body = changed("Config", ("ProductionVariants", 0, "VariantName"), "bad name!!")
    (finding,) = check_template(body)
    assert finding == Finding(
        resource="Config",
        type="AWS::SageMaker::EndpointConfig",
        path="Properties.ProductionVariants[0].VariantName",
        value="bad name!!",
        problem="Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
        source="api:CreateEndpointConfig",
    )
    assert str(finding) == (
        "Config (AWS::SageMaker::EndpointConfig) Properties.ProductionVariants[0].VariantName="
        "'bad name!!': Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62} [api:CreateEndpointConfig]"
    )


def test_a_long_enumeration_is_cut_to_what_is_like_the_value() -> None:
    place = ("ProductionVariants", 0, "InstanceType")
    (finding,) = check_template(changed("Config", place, "ml.m5.larg"))
    assert finding.problem.startswith("Member must satisfy enum value set: [ml.m5.large, ")
    assert finding.problem.endswith(" values]")
    assert len(finding.problem) < 120


def test_all_mistakes_of_a_resource_are_found_at_once() -> None:
    variant = {"VariantName": "a_b", "InitialVariantWeight": -1, "InstanceType": "m5"}
    body = changed("Config", ("ProductionVariants",), [variant, {"ModelName": "m"}])
    assert found(body) == [
        ("Config", "Properties.ProductionVariants[0].VariantName"),
        ("Config", "Properties.ProductionVariants[0].InstanceType"),
        ("Config", "Properties.ProductionVariants[0].InitialVariantWeight"),
        ("Config", "Properties.ProductionVariants[1].VariantName"),
    ]


def test_it_takes_what_cdk_asserts_with() -> None:
    stack = Stack(App(), "Stack")
    assert check_template(Template.from_stack(stack)) == []


# Values that only the deployment knows, each of a property that takes neither the name `a b` nor
# an empty text.
UNKNOWN = {
    "a parameter": {"Ref": "Name"},
    "an attribute": {"Fn::GetAtt": ["Elsewhere", "Name"]},
    "an attribute, in short": {"Fn::GetAtt": "Elsewhere.Name"},
    "an import": {"Fn::ImportValue": "Other:Name"},
    "a part of a parameter": {"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Names"}]}]},
    "a join": {"Fn::Join": ["-", ["fraud", {"Ref": "Name"}]]},
    "a substitution": {"Fn::Sub": "fraud-${Name}"},
    "a substitution with a variable": {"Fn::Sub": ["fraud-${N}", {"N": {"Ref": "Name"}}]},
    "a coded parameter": {"Fn::Base64": {"Ref": "Name"}},
    "a document": {"Fn::ToJsonString": {"a": {"Ref": "Name"}}},
    "a macro": {"Fn::Transform": {"Name": "Names", "Parameters": {}}},
    "a function of tomorrow": {"Fn::Guess": ["a b"]},
    "a mapping that is not there": {"Fn::FindInMap": ["Names", "a", "b"]},
    "a reference to nothing": {"Ref": "Nothing"},
    "a broken join": {"Fn::Join": ["-"]},
    "a broken condition": {"Fn::If": ["Never"]},
    "a broken substitution": {"Fn::Sub": 1},
    "a broken attribute": {"Fn::GetAtt": ["Elsewhere"]},
}


@pytest.mark.parametrize("value", UNKNOWN.values(), ids=UNKNOWN)
def test_what_only_the_deployment_knows_is_no_finding(value: Any) -> None:
    assert check_template(changed("Model", ("ModelName",), value)) == []


@pytest.mark.parametrize("value", [UNKNOWN["a parameter"], UNKNOWN["an attribute"]])
@pytest.mark.parametrize(
    ("logical_id", "name"),
    [
        ("Model", "PrimaryContainer"),
        ("Config", "ProductionVariants"),
        ("Target", "MaxCapacity"),
        ("Target", "ScheduledActions"),
        ("Target", "Tags"),
        ("Policy", "ScalingTargetId"),
        ("Endpoint", "RetainAllVariantProperties"),
        ("Group", "ModelPackageGroupPolicy"),
        ("Dashboard", "DashboardBody"),
    ],
)
def test_an_unknown_value_of_any_type_is_no_finding(logical_id: str, name: str, value: Any) -> None:
    assert check_template(changed(logical_id, (name,), value)) == []


# Functions whose value is known: an underscore in the name of a model.
KNOWN = {
    "a join of texts": {"Fn::Join": ["_", ["my", "model"]]},
    "a substitution without variables": {"Fn::Sub": "my_model"},
    "a substitution of a text": {"Fn::Sub": ["my${Separator}model", {"Separator": "_"}]},
    "an item of a list": {"Fn::Select": ["1", ["model", "my_model"]]},
    "an item of a text": {"Fn::Select": [0, {"Fn::Split": ["/", "my_model/1"]}]},
    "a mapping": {"Fn::FindInMap": ["Names", "eu-west-1", "model"]},
    "another resource's own name": {"Ref": "Bucket"},
    "one side of a condition": {"Fn::If": ["Prod", "my-model", "my_model"]},
    "one entry of a mapping": {"Fn::FindInMap": ["Names", {"Ref": "AWS::Region"}, "model"]},
}


@pytest.mark.parametrize("value", KNOWN.values(), ids=KNOWN)
def test_what_a_function_yields_for_certain_is_checked(value: Any) -> None:
    body = changed("Model", ("ModelName",), value)
    body["Mappings"] = {"Names": {"x": {"model": "model"}, "eu-west-1": {"model": "my_model"}}}
    body["Resources"]["Bucket"] = resource("S3::Bucket", BucketName="my_model")
    findings = {finding.resource: finding for finding in check_template(body)}
    assert findings["Model"].path.startswith("Properties.ModelName")
    assert findings["Model"].value == "my_model"
    assert findings["Config"].value == "my_model", "it refers to the model's name"


def test_a_finding_in_a_condition_names_the_side() -> None:
    value = {"Fn::If": ["Prod", {"Fn::If": ["Big", 2, 0]}, {"Ref": "AWS::NoValue"}]}
    place = ("ProductionVariants", 0, "InitialInstanceCount")
    assert found(changed("Config", place, value)) == [
        ("Config", "Properties.ProductionVariants[0].InitialInstanceCount.Fn::If[1].Fn::If[2]")
    ]


def test_no_value_is_no_property() -> None:
    assert found(changed("Config", ("ProductionVariants",), {"Ref": "AWS::NoValue"})) == [
        ("Config", "Properties.ProductionVariants")
    ]


def alarms(count: int, optional: int) -> list[Any]:
    certain: list[Any] = [{"AlarmName": f"alarm-{number}"} for number in range(count)]
    maybe = {"Fn::If": ["More", {"AlarmName": "more"}, {"Ref": "AWS::NoValue"}]}
    return [*certain, *([maybe] * optional)]


@pytest.mark.parametrize(
    ("count", "optional", "refused"),
    [(10, 0, False), (10, 1, False), (11, 0, True), (11, 1, True), (0, 1, False), (0, 0, True)],
)
def test_items_that_a_condition_leaves_out_count_only_if_they_must(
    count: int, optional: int, refused: bool
) -> None:
    place = ("DeploymentConfig", "AutoRollbackConfiguration", "Alarms")
    assert bool(found(changed("Endpoint", place, alarms(count, optional)))) is refused


def test_a_text_whose_known_parts_are_too_long_is_found() -> None:
    image = {"Fn::Join": ["", ["x" * 250, {"Ref": "AWS::AccountId"}, ":1"]]}
    (finding,) = check_template(changed("Model", ("PrimaryContainer", "Image"), image))
    assert "length less than or equal to 255" in finding.problem


def test_a_text_that_may_be_short_enough_is_no_finding() -> None:
    image = {"Fn::Join": ["", ["x" * 250, {"Ref": "Tag"}]]}
    assert check_template(changed("Model", ("PrimaryContainer", "Image"), image)) == []


def test_a_policy_document_with_references_is_no_finding() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": {"Ref": "AWS::AccountId"}}}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    assert check_template(changed("Group", ("ModelPackageGroupPolicy",), policy)) == []


def test_a_scaling_policy_may_name_its_target_by_the_three_parts() -> None:
    body = changed("Policy", ("ScalingTargetId",), REMOVED)
    assert sorted(path for _, path in found(body)) == [
        "Properties.ResourceId",
        "Properties.ScalableDimension",
        "Properties.ServiceNamespace",
    ]
    body["Resources"]["Policy"]["Properties"] |= {
        "ServiceNamespace": "sagemaker",
        "ScalableDimension": DIMENSION,
        "ResourceId": TARGET,
    }
    assert check_template(body) == []


def test_the_id_of_a_target_is_looked_into() -> None:
    target = {"Fn::Sub": "endpoint/${Name}/variant/main|variant:Count|sagemaker"}
    (finding,) = check_template(changed("Policy", ("ScalingTargetId",), target))
    assert finding.path == "Properties.ScalingTargetId"
    assert finding.value == "variant:Count"


def test_a_join_is_never_a_list() -> None:
    body = changed("Model", ("Tags",), {"Fn::Join": [",", [{"Ref": "A"}, {"Ref": "B"}]]})
    assert found(body) == [("Model", "Properties.Tags")]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ({"Fn::GetAtt": ["Role", "Arn"]}, []),
        ({"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/fraud"}, []),
        ({"Ref": "Role"}, ["Properties.ExecutionRoleArn"]),
        ({"Fn::Sub": "arn:${AWS::Partition}:iam:role/fraud"}, ["Properties.ExecutionRoleArn"]),
    ],
    ids=["its ARN", "an ARN in pieces", "its name", "pieces of another ARN"],
)
def test_the_form_of_a_reference_is_known(role: Any, names: list[str]) -> None:
    body = changed("Model", ("ExecutionRoleArn",), role)
    body["Resources"]["Role"] = resource("IAM::Role", AssumeRolePolicyDocument={"Statement": []})
    assert [finding.path for finding in check_template(body)] == names


def test_an_arn_is_right_where_the_api_takes_one() -> None:
    group = {"Ref": "Group"}
    assert check_template(changed("Package", ("ModelPackageGroupName",), group)) == []


def test_references_in_a_circle_end() -> None:
    first = resource("CloudWatch::Alarm", AlarmName={"Ref": "Second"})
    second = resource("CloudWatch::Alarm", AlarmName={"Ref": "First"})
    body = {"Resources": {"First": first, "Second": second}}
    assert {path for _, path in found(body)} <= {"Properties.ComparisonOperator"}


@pytest.mark.parametrize(
    ("arn", "refused"),
    [
        ("arn:aws:sagemaker:*:*:endpoint/MyModel", True),
        ({"Fn::Sub": "arn:${AWS::Partition}:sagemaker:*:*:endpoint/MyModel"}, True),
        ({"Fn::Sub": "arn:aws:sagemaker:${AWS::Region}:${AWS::AccountId}:model/A-*"}, True),
        ("arn:aws:sagemaker:*:*:endpoint/my-model", False),
        ({"Fn::Sub": "arn:aws:sagemaker:*:*:endpoint/${Name}"}, False),
        ({"Fn::GetAtt": ["Elsewhere", "Arn"]}, False),
        ("arn:aws:s3:::Models/Fraud", False),
        ("arn:aws:sagemaker:*:*:*", False),
    ],
)
@pytest.mark.parametrize("statement", ["Resource", "Resources", "Condition"])
def test_upper_case_in_an_arn_of_sagemaker_matches_nothing(
    arn: Any, refused: bool, statement: str
) -> None:
    said: dict[str, Any] = {
        "Resource": {"Resource": arn},
        "Resources": {"Resource": ["*", arn]},
        "Condition": {"Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": arn}}},
    }[statement]
    document = {"Statement": [{"Effect": "Allow", "Action": "sagemaker:*", **said}]}
    body = {"Resources": {"Policy": resource("IAM::Policy", PolicyDocument=document)}}
    findings = check_template(body)
    assert bool(findings) is refused
    for finding in findings:
        assert finding.path.startswith("Properties.PolicyDocument.Statement[0].")
        assert "lower case" in finding.problem


@pytest.mark.parametrize(
    ("dimension", "resource_id"),
    [
        (DIMENSION, "endpoint/fraud/variant/main"),
        ("sagemaker:variant:DesiredProvisionedConcurrency", "endpoint/fraud/variant/main"),
        ("sagemaker:inference-component:DesiredCopyCount", "inference-component/chat"),
    ],
)
def test_the_resource_ids_of_the_guide_are_right(dimension: str, resource_id: str) -> None:
    body = changed("Target", ("ScalableDimension",), dimension)
    body["Resources"]["Target"]["Properties"]["ResourceId"] = resource_id
    assert check_template(body) == []


def test_other_services_are_left_to_themselves() -> None:
    body = {
        "Resources": {
            "Table": resource("DynamoDB::Table", TableName="a b"),
            "Target": resource(
                "ApplicationAutoScaling::ScalableTarget",
                ServiceNamespace="dynamodb",
                ScalableDimension="dynamodb:table:ReadCapacityUnits",
                ResourceId={"Fn::Sub": "table/${Table}"},
                MinCapacity=1,
                MaxCapacity=2,
            ),
            "Fn::ForEach::Models": ["Name", ["a", "b"], {}],
        }
    }
    assert check_template(body) == []


def test_an_alarm_may_watch_an_endpoint_of_elsewhere() -> None:
    assert check_template(changed("Alarm", ("Dimensions", 0, "Value"), "elsewhere")) == []


image = partial(changed, "Model", ("PrimaryContainer", "Image"))


def test_metadata_and_conditions_of_a_resource_change_nothing() -> None:
    body = image("my image")
    body["Resources"]["Model"] |= {"Condition": "Prod", "Metadata": {"aws:cdk:path": "A/B"}}
    assert found(body) == [("Model", "Properties.PrimaryContainer.Image")]


def test_a_resource_without_properties_lacks_what_is_required() -> None:
    body = {"Resources": {"Endpoint": {"Type": "AWS::SageMaker::Endpoint"}}}
    assert found(body) == [("Endpoint", "Properties.EndpointConfigName")]


def test_an_image_of_the_account_is_right() -> None:
    uri = IMAGE.replace("123456789012", "${AWS::AccountId}").replace("eu-west-1", "${AWS::Region}")
    assert check_template(image({"Fn::Sub": uri})) == []


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if place:
        yield place
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*place, step))


JUNK = [None, True, 0, "", [], {}, [None], {"Ref": "X"}, {"Ref": ["X"]}, {"Fn::If": ["C", {}, []]}]


@pytest.mark.parametrize("logical_id", template()["Resources"])
def test_nothing_that_a_template_can_hold_makes_the_checks_fail(logical_id: str) -> None:
    for place in places(template()["Resources"][logical_id]["Properties"]):
        for junk in JUNK:
            for finding in check_template(changed(logical_id, place, junk)):
                assert str(finding)
