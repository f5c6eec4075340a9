"""The reference app's templates, as a pipeline would take them."""

import gzip
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from syrupy.assertion import SnapshotAssertion

from app import build
from cdk_sagemaker_inference.testing import CDK_WRITES, Accepted, Finding, lint_template
from stacks.fraud_model.pack import pack
from support import ARCHIVE, CONTEXT, ROOT

ENDPOINT_STACKS = [
    "project-a-async-dev",
    "project-a-components-dev",
    "project-a-multi-model-dev",
    "project-a-pipeline-dev",
    "project-a-realtime-dev",
    "project-a-serverless-dev",
]
STACKS = sorted([*ENDPOINT_STACKS, "project-a-batch-dev", "project-a-network-dev"])


@cache
def templates(**context: str) -> dict[str, str]:
    app = App(context={**CONTEXT, **context}, analytics_reporting=False)
    build(app)
    assembly = app.synth()
    return {
        stack.stack_name: Path(stack.template_full_path).read_text() for stack in assembly.stacks
    }


ACCEPTED = (
    *CDK_WRITES,
    Accepted("I4010", "experimental: it asks for notes to the readers of a template"),
)


def lint(template: str) -> list[Finding]:
    """What all of cfn-lint's rules report in some Region of each partition."""
    regions = ["us-east-1", "eu-west-1"]
    # CloudFormation has no inference components in the other partitions.
    if "AWS::SageMaker::InferenceComponent" not in template:
        regions += ["cn-north-1", "us-gov-west-1"]
    body = json.loads(template)
    return lint_template(body, regions=regions, accepted=ACCEPTED, experimental=True)


def resource_types(template: str) -> dict[str, str]:
    resources = json.loads(template)["Resources"]
    return {key: resource["Type"] for key, resource in resources.items()}


def test_the_stacks_are_these() -> None:
    assert sorted(templates()) == STACKS


@pytest.mark.parametrize("stack", STACKS)
def test_the_template_is_as_reviewed(stack: str, snapshot: SnapshotAssertion) -> None:
    assert json.loads(templates()[stack]) == snapshot


@pytest.mark.parametrize("stack", STACKS)
def test_cfn_lint_reports_nothing(stack: str) -> None:
    assert lint(templates()[stack]) == []


@pytest.mark.parametrize("stack", ENDPOINT_STACKS)
def test_it_has_the_same_resources_for_a_literal_account_and_region(stack: str) -> None:
    literal = templates(account="123456789012", region="eu-west-1")[stack]
    assert resource_types(literal) == resource_types(templates()[stack])


def test_cfn_lint_reports_nothing_for_a_literal_account_and_region() -> None:
    literal = templates(account="123456789012", region="eu-west-1")
    assert lint(literal["project-a-realtime-dev"]) == []


def test_the_archive_holds_the_model_of_the_checkout() -> None:
    # Compression differs between versions of zlib; the archive in it does not.
    held, packed = gzip.decompress(ARCHIVE.read_bytes()), gzip.decompress(pack())
    assert held == packed, "run python stacks/fraud_model/pack.py"


def test_the_model_scores(tmp_path: Path) -> None:
    sys.path.insert(0, str(ROOT / "stacks" / "fraud_model" / "code"))
    try:
        import inference  # type: ignore[import-not-found]  # what the container imports
    finally:
        sys.path.pop(0)
    model = inference.model_fn(str(ROOT / "stacks" / "fraud_model"))
    body = json.dumps([{"amount_over_mean": 0}, {"amount_over_mean": 5, "new_device": 1}])
    rows = inference.input_fn(body, "application/json")
    low, high = json.loads(inference.output_fn(inference.predict_fn(rows, model), ""))["scores"]
    assert 0 < low < 0.1 < 0.9 < high < 1


# CDK's validation takes seconds to load, and writes nothing.
PROGRAM = """
import aws_cdk
from app import build

app = aws_cdk.App(builtin_cloud_formation_validation=False)
build(app)
app.synth()
"""


def test_synthesizing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    def synthesize(seed: str) -> dict[str, bytes]:
        directory = tmp_path / seed
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            cwd=ROOT,
            check=True,
            env={
                **os.environ,
                "CDK_OUTDIR": str(directory),
                "PYTHONHASHSEED": seed,
                "CDK_CONTEXT_JSON": json.dumps(dict(CONTEXT)),
            },
        )
        return {
            path.name: path.read_bytes()
            for path in sorted(directory.glob("*.template.json"))
            + sorted(directory.glob("*.assets.json"))
        }

    first = synthesize("1")
    assert len(first) == 2 * len(STACKS)
    assert first == synthesize("2")


PARTITIONS = {
    "aws": ("eu-west-1", "amazonaws.com", "763104351884"),
    "aws-cn": ("cn-north-1", "amazonaws.com.cn", "727897471807"),
    "aws-us-gov": ("us-gov-west-1", "amazonaws.com", "442386744353"),
}


def resolve(value: Any, parameters: dict[str, str], mappings: dict[str, Any]) -> Any:
    """What CloudFormation makes of pseudo parameters, joins and mappings; the rest stays."""
    match value:
        case {"Ref": str(name)} if name in parameters:
            return parameters[name]
        case {"Fn::Sub": str(text)}:
            for name, replacement in parameters.items():
                text = text.replace(f"${{{name}}}", replacement)
            return text
        case {"Fn::FindInMap": [table, first, second]}:
            keys = [resolve(key, parameters, mappings) for key in (first, second)]
            return mappings[table][keys[0]][keys[1]]
        case {"Fn::Join": [separator, parts]}:
            joined: list[Any] = []
            for part in (resolve(part, parameters, mappings) for part in parts):
                if joined and isinstance(part, str) and isinstance(joined[-1], str):
                    joined[-1] += separator + part
                else:
                    joined.append(part)
            return joined[0] if len(joined) == 1 else {"Fn::Join": [separator, joined]}
        case dict():
            return {key: resolve(item, parameters, mappings) for key, item in value.items()}
        case list():
            return [resolve(item, parameters, mappings) for item in value]
        case _:
            return value


ACCOUNT = "123456789012"


def resolved(stack: str, partition: str) -> dict[str, Any]:
    """A stack's resources in a partition."""
    region, suffix, _ = PARTITIONS[partition]
    template = json.loads(templates()[stack])
    parameters = {
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::AccountId": ACCOUNT,
        "AWS::URLSuffix": suffix,
    }
    resources: dict[str, Any] = resolve(template["Resources"], parameters, template["Mappings"])
    return resources


@pytest.mark.parametrize("partition", PARTITIONS)
@pytest.mark.parametrize("stack", ENDPOINT_STACKS)
def test_every_arn_is_of_the_partition(stack: str, partition: str) -> None:
    text = json.dumps(resolved(stack, partition))
    assert "arn:" in text
    assert text.count("arn:") == text.count(f"arn:{partition}:"), "an ARN of another partition"


@pytest.mark.parametrize("partition", PARTITIONS)
def test_one_template_is_right_in_every_partition(partition: str) -> None:
    region, suffix, dlc_account = PARTITIONS[partition]
    account = ACCOUNT
    resources = resolved("project-a-realtime-dev", partition)
    model, _ = (r for r in resources.values() if r["Type"] == "AWS::SageMaker::Model")
    container = model["Properties"]["PrimaryContainer"]
    assert container["Image"] == (
        f"{dlc_account}.dkr.ecr.{region}.{suffix}/pytorch-inference:2.6.0-cpu-py312"
    )
    assert container["ModelDataUrl"].startswith(f"s3://cdk-hnb659fds-assets-{account}-{region}/")
    assert container["ModelDataUrl"].endswith(".tar.gz")
    (role,) = (r for r in resources.values() if r["Type"] == "AWS::IAM::Role")
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"] == (
        f"arn:{partition}:sagemaker:{region}:{account}:*"
    )
    (policy,) = (r for r in resources.values() if r["Type"] == "AWS::IAM::ManagedPolicy")
    statements = {s["Sid"]: s for s in policy["Properties"]["PolicyDocument"]["Statement"]}
    assert statements["PullImage"]["Resource"] == (
        f"arn:{partition}:ecr:{region}:{dlc_account}:repository/pytorch-inference"
    )
    assert statements["WriteLogs"]["Resource"][0] == (
        f"arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/Endpoints/"
        "rc-project-a-fraud-ep"
    )
