"""The second deployment, and the third: the CDK CLI against the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, DefaultStackSynthesizer, Stack
from aws_cdk import aws_ec2 as ec2

from cdk_sagemaker_inference import Container, ContainerImage, ModelData
from deploying import ENDPOINT, Deployment, bootstrap, by_cli, cdk, left
from local.embedded import ACCOUNT, EmbeddedAws
from stacks.fraud_model.pack import pack
from support import CONTEXT, realtime

pytestmark = pytest.mark.cli


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    """An account that is ready for the CDK CLI."""
    with EmbeddedAws() as embedded:
        bootstrap(embedded)
        yield embedded


def image(tag: str) -> ContainerImage:
    return ContainerImage.from_registry(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/fraud:{tag}")


def test_every_change_deploys_over_the_last_and_destroy_leaves_nothing(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    first.write_bytes(pack())
    second.write_bytes(pack() + b"\0")
    before = left(aws)
    deployment = Deployment(aws, tmp_path / "assemblies", by_cli)
    request: dict[str, Any] = {
        "image": image("1"),
        "data": ModelData.from_asset(str(first)),
        "environment": {"WORKERS": "1"},
    }
    instances: dict[str, Any] = {"instance_type": "ml.m5.xlarge"}

    def deploy() -> dict[str, Any]:
        deployment.deploy(realtime(model=Container(**request), **instances))
        return deployment.running()

    initial = deploy()

    request["image"] = image("2")
    running = deploy()
    assert running["container"]["Image"].endswith("fraud:2")

    request["data"] = ModelData.from_asset(str(second))
    running = deploy()
    assert running["container"]["ModelDataUrl"] != initial["container"]["ModelDataUrl"]
    assert running["container"]["ModelDataUrl"].endswith(".tar.gz")

    instances["instance_type"] = "ml.c5.2xlarge"
    running = deploy()
    assert running["variant"]["InstanceType"] == "ml.c5.2xlarge"

    request["environment"] = {"WORKERS": "2"}
    running = deploy()
    assert running["container"]["Environment"] == {"WORKERS": "2"}
    assert running["container"]["Image"].endswith("fraud:2")
    assert running["arn"] == initial["arn"]

    deployment.destroy()
    assert left(aws) == before


def test_a_network_comes_and_goes_with_the_endpoint_in_place(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    def in_vpc(stack: Stack) -> None:
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0)
        selection = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        realtime(model=Container(image=image("1")), vpc=vpc, vpc_subnets=selection)(stack)

    before = left(aws)
    deployment = Deployment(aws, tmp_path, by_cli)
    deployment.deploy(realtime(model=Container(image=image("1"))))
    sagemaker = aws.client("sagemaker")
    deployment.deploy(in_vpc)
    deployment.running()
    (model,) = sagemaker.list_models()["Models"]
    assert len(sagemaker.describe_model(ModelName=model["ModelName"])["VpcConfig"]["Subnets"]) == 2
    deployment.deploy(realtime(model=Container(image=image("1"))))
    deployment.running()
    deployment.destroy()
    assert left(aws) == before


def test_what_the_template_says_is_what_boto3_reads(aws: EmbeddedAws, tmp_path: Path) -> None:
    deployment = Deployment(aws, tmp_path, by_cli)
    deployment.deploy(realtime(model=Container(image=image("1")), instance_count=2))
    sagemaker = aws.client("sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert described["ProductionVariants"][0]["DesiredInstanceCount"] == 2
    tags = sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "Environment": "prod",
        "Model": "fraud",
        "Project": "project-a",
        "Team": "rc",
        "Version": "3",
    }
    deployment.destroy()


def test_a_failing_update_leaves_the_endpoint_on_what_it_was(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    deployment = Deployment(aws, tmp_path, by_cli)
    deployment.deploy(realtime(model=Container(image=image("1"))))
    running = deployment.running()

    def overridden(stack: Stack) -> None:
        endpoint = realtime(model=Container(image=image("2")))(stack)
        endpoint.cfn_endpoint_config.add_property_override(
            "ProductionVariants.0.ModelName", "no-such-model"
        )

    ended = deployment.try_deploy(overridden)
    assert ended.returncode != 0
    assert "Could not find model" in ended.stdout
    assert deployment.running() == running
    deployment.destroy()


def test_two_endpoints_of_one_name_are_refused_as_aws_does(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    deployment = Deployment(aws, tmp_path / "one", by_cli)
    deployment.deploy(realtime(model=Container(image=image("1"))))
    app_dir = str(tmp_path / "two")
    app = App(context=dict(CONTEXT), outdir=app_dir, analytics_reporting=False)
    other = Stack(app, "Other", synthesizer=DefaultStackSynthesizer())
    realtime(model=Container(image=image("2")))(other)
    app.synth()
    ended = cdk(aws, "deploy", "Other", "--app", app_dir, "--require-approval", "never")
    assert ended.returncode != 0
    assert "already exist" in ended.stdout
    deployment.running()
    deployment.destroy()
