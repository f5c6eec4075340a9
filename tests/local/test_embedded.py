"""The server as a process of its own, over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.embedded import EmbeddedAws

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "node_modules" / ".bin" / "cdk"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; only its parent has not asked for its exit code yet.
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def _ends(pid: int, within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws() as running:
        yield running


def test_a_stack_deploys_over_http(aws: EmbeddedAws) -> None:
    resources = {
        "Odd": {"Type": "AWS::Nowhere::Thing"},
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointConfigName": "none"},
        },
    }
    cloudformation = aws.client("cloudformation")
    cloudformation.create_stack(StackName="http", TemplateBody=json.dumps({"Resources": resources}))
    stack = cloudformation.describe_stacks(StackName="http")["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert {"stack": "http", "logicalId": "Odd", "type": "AWS::Nowhere::Thing"} in (
        aws.unknown_types()
    )


def test_requests_are_checked_over_http(aws: EmbeddedAws) -> None:
    with pytest.raises(ClientError, match="Member must satisfy regular expression pattern"):
        aws.client("sagemaker").describe_endpoint(EndpointName="a_b")
    scaling = aws.client("application-autoscaling")
    with pytest.raises(ClientError, match="serviceNamespace"):
        scaling.describe_scalable_targets(ServiceNamespace="nonsense")
    with pytest.raises(ClientError, match="comparisonOperator"):
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName="a", MetricName="b", EvaluationPeriods=1, ComparisonOperator="nonsense"
        )


def test_the_environment_holds_nothing_of_the_users(
    aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    environment = aws.environment
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ENDPOINT_URL"].startswith("http://localhost:")
    assert environment["AWS_CONFIG_FILE"] == os.devnull


def test_leaving_the_context_ends_the_process() -> None:
    with EmbeddedAws() as running:
        pid = running.pid
        assert _alive(pid)
    assert _ends(pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_stays_when_the_starter_is_ended(number: signal.Signals) -> None:
    program = (
        "import time\n"
        "from local.embedded import EmbeddedAws\n"
        "with EmbeddedAws() as aws:\n"
        "    print(aws.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.send_signal(number)
        starter.wait(timeout=20)
    assert _ends(pid)


APP = """
import os
import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_sagemaker as sagemaker

app = cdk.App(builtin_cloud_formation_validation=False)  # which takes seconds, for each synth
stack = cdk.Stack(app, "Tiny")
role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
suffix = os.environ["SUFFIX"]
model = sagemaker.CfnModel(
    stack, "Model",
    model_name=f"tiny-{suffix}",
    execution_role_arn=role.role_arn,
    primary_container={"image": f"image:{os.environ['IMAGE']}"},
)
config = sagemaker.CfnEndpointConfig(
    stack, "Config",
    endpoint_config_name=f"tiny-{os.environ.get('CONFIG', suffix)}",
    production_variants=[{
        "variantName": "main", "modelName": model.attr_model_name,
        "instanceType": "ml.m5.large", "initialInstanceCount": 1, "initialVariantWeight": 1,
    }],
)
sagemaker.CfnEndpoint(
    stack, "Endpoint",
    endpoint_name="tiny", endpoint_config_name=config.attr_endpoint_config_name,
)
app.synth()
"""


@pytest.mark.cli
def test_the_cdk_cli_deploys_changes_rolls_back_and_destroys(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    with EmbeddedAws() as aws:

        def cdk(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
            quiet = ["--app", f"{sys.executable} -W ignore app.py", "--no-notices", "--ci"]
            return subprocess.run(
                [str(CDK), *arguments, *quiet],
                cwd=tmp_path,
                env=aws.environment | {"SUFFIX": "1", "IMAGE": "1"} | variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )

        def config_in_use() -> str:
            described = aws.client("sagemaker").describe_endpoint(EndpointName="tiny")
            return str(described["EndpointConfigName"])

        deploy = ("deploy", "--all", "--require-approval", "never")
        bootstrapped = cdk("bootstrap", "aws://123456789012/us-east-1")
        assert bootstrapped.returncode == 0, bootstrapped.stdout
        first = cdk(*deploy)
        assert first.returncode == 0, first.stdout
        changed = cdk(*deploy, SUFFIX="2", IMAGE="2")
        assert changed.returncode == 0, changed.stdout
        assert config_in_use() == "tiny-2"
        failed = cdk(*deploy, SUFFIX="3", IMAGE="3", CONFIG="2")
        assert failed.returncode != 0
        assert "Rename tiny-2 and update the stack again." in failed.stdout
        assert config_in_use() == "tiny-2"
        again = cdk(*deploy, SUFFIX="4", IMAGE="3")
        assert again.returncode == 0, again.stdout
        assert config_in_use() == "tiny-4"
        destroyed = cdk("destroy", "--all", "--force")
        assert destroyed.returncode == 0, destroyed.stdout
        sagemaker = aws.client("sagemaker")
        assert sagemaker.list_endpoints()["Endpoints"] == []
        assert sagemaker.list_models()["Models"] == []
        stacks = aws.client("cloudformation").describe_stacks()["Stacks"]
        assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
