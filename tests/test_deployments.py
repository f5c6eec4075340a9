"""The second deployment, and the third: the CDK CLI against the embedded AWS."""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, DefaultStackSynthesizer, Stack
from aws_cdk import aws_ec2 as ec2

from cdk_sagemaker_inference import Container, ContainerImage, ModelData
from local.embedded import ACCOUNT, EmbeddedAws
from stacks.fraud_model.pack import pack
from support import CONTEXT, ROOT, realtime

pytestmark = pytest.mark.cli

ENDPOINT = "rc-project-a-fraud-ep"
STACK = "Deployed"


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as embedded:
        cdk(embedded, "bootstrap", f"aws://{ACCOUNT}/{embedded.region}")
        yield embedded


def cdk(aws: EmbeddedAws, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npx", "--no-install", "cdk", *arguments, "--no-notices", "--ci"],
        cwd=ROOT,
        env=aws.environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )


@dataclass
class Deployment:
    """Deploys one build after the other as the same stack."""

    aws: EmbeddedAws
    directory: Path
    count: int = 0

    def assembly(self, build: Callable[[Stack], object]) -> str:
        self.count += 1
        outdir = str(self.directory / str(self.count))
        app = App(context=dict(CONTEXT), outdir=outdir, analytics_reporting=False)
        build(Stack(app, STACK))
        app.synth()
        return outdir

    def try_deploy(self, build: Callable[[Stack], object]) -> subprocess.CompletedProcess[str]:
        return cdk(
            self.aws,
            "deploy",
            STACK,
            "--app",
            self.assembly(build),
            "--require-approval",
            "never",
        )

    def deploy(self, build: Callable[[Stack], object]) -> None:
        ended = self.try_deploy(build)
        assert ended.returncode == 0, ended.stdout

    def destroy(self) -> None:
        outdir = str(self.directory / str(self.count))
        ended = cdk(self.aws, "destroy", STACK, "--app", outdir, "--force")
        assert ended.returncode == 0, ended.stdout

    def running(self) -> dict[str, Any]:
        """The model and the variant that the endpoint ends on; nothing else may be left."""
        sagemaker = self.aws.client("sagemaker")
        (endpoint,) = sagemaker.list_endpoints()["Endpoints"]
        assert endpoint["EndpointName"] == ENDPOINT
        assert endpoint["EndpointStatus"] == "InService"
        (config,) = sagemaker.list_endpoint_configs()["EndpointConfigs"]
        (model,) = sagemaker.list_models()["Models"]
        described = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
        assert described["EndpointConfigName"] == config["EndpointConfigName"]
        variants = sagemaker.describe_endpoint_config(
            EndpointConfigName=config["EndpointConfigName"]
        )["ProductionVariants"]
        assert [variant["ModelName"] for variant in variants] == [model["ModelName"]]
        container = sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]
        return {"arn": endpoint["EndpointArn"], "variant": variants[0], "container": container}


def left(aws: EmbeddedAws) -> dict[str, set[str]]:
    """What there is in the account, by kind."""
    sagemaker = aws.client("sagemaker")
    iam = aws.client("iam")
    ec2_client = aws.client("ec2")
    return {
        "endpoints": {e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]},
        "configs": {
            c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        },
        "models": {m["ModelName"] for m in sagemaker.list_models()["Models"]},
        "roles": {role["RoleName"] for role in iam.list_roles()["Roles"]},
        "policies": {p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]},
        "groups": {g["GroupId"] for g in ec2_client.describe_security_groups()["SecurityGroups"]},
        "vpcs": {v["VpcId"] for v in ec2_client.describe_vpcs()["Vpcs"]},
    }


def image(tag: str) -> ContainerImage:
    return ContainerImage.from_registry(f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/fraud:{tag}")


def test_every_change_deploys_over_the_last_and_destroy_leaves_nothing(
    aws: EmbeddedAws, tmp_path: Path
) -> None:
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    first.write_bytes(pack())
    second.write_bytes(pack() + b"\0")
    before = left(aws)
    deployment = Deployment(aws, tmp_path / "assemblies")
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
    deployment = Deployment(aws, tmp_path)
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
    deployment = Deployment(aws, tmp_path)
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
    deployment = Deployment(aws, tmp_path)
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
    deployment = Deployment(aws, tmp_path / "one")
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
