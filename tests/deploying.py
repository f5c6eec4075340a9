"""Deploying with the CDK CLI against the embedded AWS, and looking at what there is then."""

import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack

from local.embedded import ACCOUNT, EmbeddedAws
from support import CONTEXT, ROOT

ENDPOINT = "rc-project-a-fraud-ep"
STACK = "Deployed"


def cdk(aws: EmbeddedAws, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Not by npx, which takes a third of a second to find it.
        [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments, "--no-notices", "--ci"],
        cwd=ROOT,
        env=aws.environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )


def bootstrap(aws: EmbeddedAws) -> None:
    """Make what CDK's deployments need in the account."""
    with tempfile.TemporaryDirectory() as directory:
        # With the checkout's own app the CLI would synthesize into cdk.out, one test at a time.
        app = App(outdir=directory, analytics_reporting=False)
        Stack(app, "Any")
        app.synth()
        ended = cdk(aws, "bootstrap", f"aws://{ACCOUNT}/{aws.region}", "--app", directory)
    assert ended.returncode == 0, ended.stdout


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
    cloudwatch = aws.client("cloudwatch")
    scaling = aws.client("application-autoscaling")
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")
    policies = scaling.describe_scaling_policies(ServiceNamespace="sagemaker")
    schedules = scaling.describe_scheduled_actions(ServiceNamespace="sagemaker")
    return {
        "endpoints": {e["EndpointName"] for e in sagemaker.list_endpoints()["Endpoints"]},
        "configs": {
            c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        },
        "models": {m["ModelName"] for m in sagemaker.list_models()["Models"]},
        "components": {
            component["InferenceComponentName"]
            for component in sagemaker.list_inference_components()["InferenceComponents"]
        },
        "roles": {role["RoleName"] for role in iam.list_roles()["Roles"]},
        "policies": {p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]},
        "groups": {g["GroupId"] for g in ec2_client.describe_security_groups()["SecurityGroups"]},
        "vpcs": {v["VpcId"] for v in ec2_client.describe_vpcs()["Vpcs"]},
        "targets": {target["ResourceId"] for target in targets["ScalableTargets"]},
        "policies of scaling": {policy["PolicyName"] for policy in policies["ScalingPolicies"]},
        "schedules": {a["ScheduledActionName"] for a in schedules["ScheduledActions"]},
        "alarms": {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]},
        "dashboards": {
            entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]
        },
        "topics": {topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"]},
    }
