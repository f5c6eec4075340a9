"""Two constructs of one app that would give the same name are told so at synth."""

from dataclasses import replace
from typing import Any

import pytest
from aws_cdk import App, Environment, Size, Stack, Stage
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_inference import (
    Alarms,
    BatchTransformJob,
    ComponentResources,
    Container,
    ContainerImage,
    InferenceComponentEndpoint,
    RunAtDeployment,
    RunOnDemand,
    S3Prefix,
    TransformInput,
    TransformOutput,
)
from support import CONTAINER, CONTEXT, NAMING, realtime

IRELAND = Environment(account="123456789012", region="eu-west-1")
VIRGINIA = Environment(account="123456789012", region="us-east-1")
OTHER_ACCOUNT = Environment(account="999999999999", region="eu-west-1")


def app() -> App:
    return App(context=dict(CONTEXT), analytics_reporting=False)


def endpoint(scope: Any, **arguments: Any) -> Any:
    """An endpoint of a model that every account and Region has."""
    model = Container(image=ContainerImage.from_dlc("pytorch-inference", tag="2.6.0-cpu-py312"))
    return realtime(**{"model": model, **arguments})(scope)


def batch(scope: Construct, id: str = "Scores", **arguments: Any) -> BatchTransformJob:
    claims = s3.Bucket.from_bucket_name(scope, f"{id}Bucket", "claims")
    return BatchTransformJob(
        scope,
        id,
        naming=NAMING,
        model=CONTAINER,
        instance_type="ml.m5.xlarge",
        input=TransformInput.from_prefix(S3Prefix(bucket=claims, prefix="claims")),
        output=TransformOutput(location=S3Prefix(bucket=claims, prefix="scores")),
        **arguments,
    )


def warnings(scope: App) -> list[str]:
    return [
        str(message.entry.data)
        for stack in scope.synth().stacks_recursively
        for message in stack.messages
    ]


def test_one_stack_has_an_endpoint_of_a_name_once() -> None:
    stack = Stack(app(), "Test")
    endpoint(stack)
    with pytest.raises(ValueError, match=r"naming='rc-project-a-fraud-ep'.*of 'Test/Fraud'"):
        endpoint(Construct(stack, "Inner"))


@pytest.mark.parametrize("other", [VIRGINIA, OTHER_ACCOUNT])
def test_another_region_or_account_has_names_of_its_own(other: Environment) -> None:
    scope = app()
    endpoint(Stack(scope, "One", env=IRELAND))
    endpoint(Stack(scope, "Two", env=other))
    assert warnings(scope) == []


def test_two_stacks_of_one_account_and_region_share_names() -> None:
    scope = app()
    endpoint(Stack(scope, "One", env=IRELAND))
    with pytest.raises(ValueError, match=r"of 'One/Fraud' already, in the same account and Region"):
        endpoint(Stack(scope, "Two", env=IRELAND))


def test_two_apps_do_not_share_names() -> None:
    for _ in range(2):
        endpoint(Stack(app(), "One", env=IRELAND))


def test_stacks_without_an_environment_may_share_names() -> None:
    scope = app()
    endpoint(Stack(scope, "One"))
    endpoint(Stack(scope, "Two"))
    (warning,) = warnings(scope)
    assert "is the name of the endpoint of 'One/Fraud' too" in warning
    assert "cdk-sagemaker-inference:name-may-be-taken" in warning


def test_stages_are_taken_for_different_environments() -> None:
    scope = app()
    endpoint(Stack(Stage(scope, "Beta"), "One"))
    endpoint(Stack(Stage(scope, "Prod"), "One"))
    assert warnings(scope) == []


def test_what_was_removed_has_given_its_name_back() -> None:
    stack = Stack(app(), "Test")
    endpoint(stack)
    assert stack.node.try_remove_child("Fraud")
    endpoint(stack)


def test_a_refused_construct_has_given_no_name() -> None:
    stack = Stack(app(), "Test")
    with pytest.raises(ValueError, match="instance_count=0"):
        endpoint(stack, instance_count=0)
    endpoint(stack)


def test_components_of_two_endpoints_can_come_to_one_name() -> None:
    stack = Stack(app(), "Test")
    resources = ComponentResources(min_memory=Size.gibibytes(2))
    one, two = [
        InferenceComponentEndpoint(
            stack, id, naming=replace(NAMING, model=model), instance_type="ml.g5.12xlarge"
        )
        for id, model in {"One": "a", "Two": "a-ep-x"}.items()
    ]
    one.add_model("x-ep-y", model=CONTAINER, resources=resources)
    with pytest.raises(ValueError, match=r"rc-project-a-a-ep-x-ep-y.*of 'Test/One/Components/"):
        two.add_model("y", model=CONTAINER, resources=resources)


def test_two_components_of_one_endpoint_are_one_finding() -> None:
    resources = ComponentResources(min_memory=Size.gibibytes(2))
    one = InferenceComponentEndpoint(
        Stack(app(), "Test"), "One", naming=NAMING, instance_type="ml.g5.12xlarge"
    )
    one.add_model("chat", model=CONTAINER, resources=resources)
    with pytest.raises(ValueError, match="has 1 problem"):
        one.add_model("chat", model=CONTAINER, resources=resources)


@pytest.mark.parametrize(
    ("arguments", "noun"),
    [
        ({"alarms": Alarms()}, "alarms on transform jobs"),
        ({"alarms": None, "on_demand": RunOnDemand()}, "log group of transform jobs"),
    ],
    ids=["alarms", "logs"],
)
def test_batch_jobs_share_names_where_they_name_something(
    arguments: dict[str, Any], noun: str
) -> None:
    if arguments["alarms"] is not None:
        arguments = {}
    stack = Stack(app(), "Test")
    batch(stack, **arguments)
    with pytest.raises(ValueError, match=f"rc-project-a-fraud-transform.*{noun} of 'Test/Scores'"):
        batch(stack, "Others", **arguments)


def test_batch_jobs_without_names_stand_beside_each_other() -> None:
    stack = Stack(app(), "Test")
    names = [
        batch(stack, id, alarms=None, at_deployment=RunAtDeployment()).cfn_model.model_name
        for id in ("Scores", "Others")
    ]
    assert len(set(names)) == 2


def test_a_model_has_another_name_in_each_stack() -> None:
    """Roles of one logical id would make the same properties of two models."""
    scope = app()
    names = {
        batch(Stack(scope, "Weekly"), alarms=None).cfn_model.model_name,
        batch(Stack(scope, "Monthly"), alarms=None).cfn_model.model_name,
        *[
            model.model_name
            for model in endpoint(Stack(scope, "Online"), model=CONTAINER).cfn_models.values()
        ],
    }
    assert len(names) == 3
