"""An endpoint among other constructs: nested stacks, stages, aspects, other stacks."""

import json
from pathlib import Path
from typing import Any, cast

from aws_cdk import App, Aspects, IAspect, NestedStack, Stack, Stage, Tag
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_sagemaker_inference import Alarms, BlueGreen, Container, ModelData
from support import CONTAINER, CONTEXT, realtime


def templates(app: App) -> list[dict[str, Any]]:
    directory = Path(app.synth().directory)
    return [json.loads(path.read_text()) for path in sorted(directory.rglob("*.template.json"))]


def an_app(tmp_path: Path) -> App:
    return App(context=dict(CONTEXT), outdir=str(tmp_path), analytics_reporting=False)


def types(template: dict[str, Any]) -> list[str]:
    return [resource["Type"] for resource in template["Resources"].values()]


def test_a_nested_stack_holds_an_endpoint_in_its_parents_network(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    parent = Stack(app, "Parent")
    vpc = ec2.Vpc(parent, "Vpc", max_azs=2, nat_gateways=0)
    nested = NestedStack(parent, "Nested")
    endpoint = realtime(
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        alarms=Alarms(),
        deployment=BlueGreen.all_at_once(),
    )(cast(Stack, nested))
    s3.Bucket(parent, "Bucket").grant_read(endpoint)
    made = templates(app)
    (inner,) = (t for t in made if "AWS::SageMaker::Endpoint" in types(t))
    assert "AWS::EC2::VPC" not in types(inner)
    (model,) = (r for r in inner["Resources"].values() if r["Type"] == "AWS::SageMaker::Model")
    assert len(model["Properties"]["VpcConfig"]["Subnets"]) == 2


def test_stages_of_one_app_hold_the_same_endpoint(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    for name in ("Test", "Production"):
        realtime(alarms=Alarms())(Stack(Stage(app, name), "Models"))
    first, second = templates(app)
    assert sorted(types(first)) == sorted(types(second))


def test_a_bucket_of_another_stack_gives_the_artifact(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    bucket = s3.Bucket(Stack(app, "Data"), "Bucket")
    data = ModelData.from_bucket(bucket, "model.tar.gz")
    realtime(model=Container(image=CONTAINER.image, data=data))(Stack(app, "Models"))
    (models,) = (t for t in templates(app) if "AWS::SageMaker::Model" in types(t))
    (model,) = (r for r in models["Resources"].values() if r["Type"] == "AWS::SageMaker::Model")
    assert "Fn::ImportValue" in str(model["Properties"]["PrimaryContainer"]["ModelDataUrl"])


def test_aspects_reach_everything(tmp_path: Path) -> None:
    app = an_app(tmp_path)
    stack = Stack(app, "Models")
    realtime(alarms=Alarms())(stack)
    boundary = iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess")
    iam.PermissionsBoundary.of(stack).apply(boundary)
    # jsii's types do not see that a Tag is an aspect.
    Aspects.of(app).add(cast(IAspect, Tag("Reached", "yes")))
    (template,) = templates(app)
    resources = list(template["Resources"].values())
    (role,) = (r for r in resources if r["Type"] == "AWS::IAM::Role")
    assert "PowerUserAccess" in str(role["Properties"]["PermissionsBoundary"])
    for resource in resources:
        if resource["Type"] != "AWS::IAM::ManagedPolicy":  # takes no tags
            assert {"Key": "Reached", "Value": "yes"} in resource["Properties"]["Tags"]


def test_names_do_not_depend_on_what_else_is_in_the_app(tmp_path: Path) -> None:
    def names(others: int) -> set[str]:
        app = an_app(tmp_path / str(others))
        stack = Stack(app, "Models")
        for index in range(others):
            s3.Bucket(stack, f"Other{index}")
        realtime(model=Container(image=CONTAINER.image))(stack)
        (template,) = templates(app)
        return {
            value
            for resource in template["Resources"].values()
            for name in ("ModelName", "EndpointConfigName")
            if isinstance(value := resource.get("Properties", {}).get(name), str)
        }

    assert names(0) == names(3)
    assert len(names(0)) == 2
