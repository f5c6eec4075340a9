"""Deploying to the embedded AWS, and looking at what there is then.

The CDK CLI takes more than a second for a deployment; `by_api` does what matters of it in a tenth.
"""

import io
import json
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws_cdk import App, Stack
from botocore.exceptions import ClientError

from local.embedded import ACCOUNT, EmbeddedAws
from support import CONTEXT, ROOT

ENDPOINT = "rc-project-a-fraud-ep"
STACK = "Deployed"


@dataclass(frozen=True)
class Ended:
    """How a deployment ended, as a process does."""

    returncode: int
    stdout: str = ""


Through = Callable[[EmbeddedAws, str], Ended]
"""Brings the stack of an assembly to its template."""


def by_cli(aws: EmbeddedAws, outdir: str) -> Ended:
    """Deploy as users do."""
    ended = cdk(aws, "deploy", STACK, "--app", outdir, "--require-approval", "never")
    return Ended(ended.returncode, ended.stdout)


def by_api(aws: EmbeddedAws, outdir: str) -> Ended:
    """Publish the assets and let CloudFormation create or update the stack."""
    _publish(aws, Path(outdir))
    cloudformation = aws.client("cloudformation")
    body = (Path(outdir) / f"{STACK}.template.json").read_text()
    try:
        status = bring_stack(cloudformation, STACK, body)
    except ClientError as error:
        nothing_to_do = "No updates are to be performed" in str(error)
        return Ended(0 if nothing_to_do else 1, str(error))
    return Ended(0) if status in DEPLOYED else Ended(1, failures(cloudformation, STACK))


DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def bring_stack(cloudformation: Any, stack: str, body: str) -> str:
    """Create or update a stack and return its status."""
    status = stack_status(cloudformation, stack)
    if status == "ROLLBACK_COMPLETE":
        cloudformation.delete_stack(StackName=stack)
        status = None
    act = cloudformation.create_stack if status is None else cloudformation.update_stack
    act(StackName=stack, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    return str(stack_status(cloudformation, stack))


def stack_status(cloudformation: Any, name: str) -> str | None:
    """The status of a stack, if there is one of that name."""
    for stack in cloudformation.describe_stacks()["Stacks"]:
        if stack["StackName"] == name:
            return str(stack["StackStatus"])
    return None


def failures(cloudformation: Any, stack: str) -> str:
    """Why resources failed in the stack's deployments, latest first."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED")
    )


def _publish(aws: EmbeddedAws, outdir: Path) -> None:
    assets = json.loads((outdir / f"{STACK}.assets.json").read_text())
    for asset in assets["files"].values():
        source = outdir / asset["source"]["path"]
        if source.name == f"{STACK}.template.json":
            continue
        content = _zipped(source) if source.is_dir() else source.read_bytes()
        for destination in asset["destinations"].values():
            aws.client("s3").put_object(
                Bucket=_bucket(aws), Key=destination["objectKey"], Body=content
            )


def _zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


def _bucket(aws: EmbeddedAws) -> str:
    return f"cdk-hnb659fds-assets-{ACCOUNT}-{aws.region}"


def make_ready(aws: EmbeddedAws) -> None:
    """Make what templates of CDK refer to in the account, without the CLI."""
    aws.client("s3").create_bucket(Bucket=_bucket(aws))
    aws.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )


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
    through: Through = by_api
    count: int = 0

    def assembly(self, build: Callable[[Stack], object]) -> str:
        self.count += 1
        outdir = str(self.directory / str(self.count))
        app = App(context=dict(CONTEXT), outdir=outdir, analytics_reporting=False)
        build(Stack(app, STACK))
        app.synth()
        return outdir

    def try_deploy(self, build: Callable[[Stack], object]) -> Ended:
        return self.through(self.aws, self.assembly(build))

    def deploy(self, build: Callable[[Stack], object]) -> None:
        ended = self.try_deploy(build)
        assert ended.returncode == 0, ended.stdout

    def destroy(self) -> None:
        cloudformation = self.aws.client("cloudformation")
        if self.through is by_cli:
            outdir = str(self.directory / str(self.count))
            ended = cdk(self.aws, "destroy", STACK, "--app", outdir, "--force")
            assert ended.returncode == 0, ended.stdout
        else:
            cloudformation.delete_stack(StackName=STACK)
        assert stack_status(cloudformation, STACK) is None

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
