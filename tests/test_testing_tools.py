"""cfn-lint and the policy packs as checks of one's own app, and what is said without the extra."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import Acknowledgment, App, Stack, Stage, Validations
from aws_cdk import aws_s3 as s3

from broken_templates import resource, template
from cdk_sagemaker_inference.testing import (
    CDK_WRITES,
    Accepted,
    Finding,
    MissingExtraError,
    check_template,
    lint_template,
    policy_pack_findings,
    policy_packs,
)
from support import ROOT


def test_lint_says_where_and_which_rule() -> None:
    body = {"Resources": {"Bucket": resource("S3::Bucket", BucketNam="models")}}
    (finding,) = lint_template(body)
    assert finding == Finding(
        resource="Bucket",
        type="AWS::S3::Bucket",
        path="Properties.BucketNam",
        value=None,
        problem=finding.problem,
        source="cfn-lint E3002",
    )
    assert "'BucketNam' was unexpected" in finding.problem


def test_lint_takes_the_schemas_of_the_regions() -> None:
    component = {"Resources": {"C": template()["Resources"]["Component"]}}
    component["Resources"]["C"]["Properties"] |= {"EndpointName": "fraud"}
    sources = {one.source for one in lint_template(component, regions=["cn-north-1"])}
    assert "cfn-lint E3006" in sources
    assert "cfn-lint E3006" not in {one.source for one in lint_template(component)}


def test_lint_reads_any_character() -> None:
    body = {"Resources": {"T": resource("SNS::Topic", DisplayName="Größe 😀")}}
    assert lint_template(body) == []


WAITING = {
    "Resources": {
        "Role": resource("IAM::Role", AssumeRolePolicyDocument={"Statement": []}),
        "Function": resource(
            "Lambda::Function",
            Role={"Fn::GetAtt": ["Role", "Arn"]},
            Code={"ZipFile": "pass"},
            Handler="index.handler",
            Runtime="python3.13",
        )
        | {"DependsOn": ["Role"]},
    }
}


def sources(findings: list[Finding]) -> list[str]:
    return [finding.source for finding in findings]


def test_what_cdk_writes_in_its_own_way_is_left_out() -> None:
    strict = sources(lint_template(WAITING, accepted=()))
    usual = sources(lint_template(WAITING))
    assert "cfn-lint W3005" in strict
    assert "cfn-lint W3005" not in usual


def test_informational_rules_count_too() -> None:
    joined = {"Fn::Join": ["", ["fraud-", {"Ref": "AWS::Region"}]]}
    body = {"Resources": {"Topic": resource("SNS::Topic", TopicName=joined)}}
    assert sources(lint_template(body, accepted=())) == ["cfn-lint I1022"]
    assert lint_template(body) == []


def test_what_is_accepted_for_some_types_is_found_for_others() -> None:
    body = {
        "Resources": {
            "First": resource("S3::Bucket", BucketName="models-of-fraud"),
            "Second": resource("S3::Bucket", BucketName={"Fn::Sub": "${First}-2"})
            | {"DependsOn": ["First"]},
        }
    }
    assert sources(lint_template(body)) == ["cfn-lint W3005"]
    everywhere = Accepted("W3005", "it does no harm")
    assert lint_template(body, accepted=[*CDK_WRITES, everywhere]) == []


def test_every_accepted_rule_has_a_reason() -> None:
    assert all(len(accepted.reason) > 20 for accepted in CDK_WRITES)


def test_the_packs_are_those_of_the_promise() -> None:
    assert [pack.name for pack in policy_packs()] == [
        "AwsSolutions",
        "Serverless",
        "NIST.800.53.R5",
        "HIPAA.Security",
        "PCI.DSS.321",
    ]


def rules(scope: App | Stage | Stack) -> set[str]:
    return {finding.rule for finding in policy_pack_findings(scope)}


@pytest.fixture
def stored() -> tuple[App, Stack, s3.Bucket]:
    app = App(analytics_reporting=False)
    stack = Stack(app, "Stack")
    return app, stack, s3.Bucket(stack, "Bucket")


def test_a_pack_s_finding_names_the_resource(stored: tuple[App, Stack, s3.Bucket]) -> None:
    app, _, _ = stored
    (finding,) = (one for one in policy_pack_findings(app) if one.rule == "AwsSolutions-S1")
    assert finding.path == "Stack/Bucket/Resource"
    assert finding.message == "The S3 Bucket has server access logs disabled."
    assert (finding.pack, finding.severity) == ("AwsSolutions", "error")
    assert str(finding).startswith("Stack/Bucket/Resource: AwsSolutions-S1 (error): The S3")


@pytest.mark.parametrize("rule", ["AwsSolutions-S1", "AwsSolutions::AwsSolutions-S1"])
@pytest.mark.parametrize("at", ["bucket", "stack"])
def test_an_acknowledged_rule_is_no_finding(
    stored: tuple[App, Stack, s3.Bucket], rule: str, at: str
) -> None:
    app, stack, bucket = stored
    before = rules(app)
    scope = bucket if at == "bucket" else stack
    Validations.of(scope).acknowledge(Acknowledgment(id=rule, reason="no logs of the logs"))
    assert rules(app) == before - {"AwsSolutions-S1"}


def test_a_pack_looks_at_what_it_is_given(stored: tuple[App, Stack, s3.Bucket]) -> None:
    app, stack, _ = stored
    other = Stack(app, "Other")
    assert rules(stack) == rules(app)
    assert policy_pack_findings(other) == []
    assert policy_pack_findings(app, packs=[]) == []


def forget(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Makes a library look uninstalled to modules of the extra that are imported from now on."""
    monkeypatch.setitem(sys.modules, missing, None)
    for name in ("names", "service_model", "shapes"):
        monkeypatch.delitem(sys.modules, f"cdk_sagemaker_inference.testing.{name}", raising=False)


@pytest.mark.parametrize(
    ("missing", "distribution", "check"),
    [
        ("botocore.session", "botocore", lambda: check_template({})),
        ("cfnlint.decode.decode", "cfn-lint", lambda: lint_template({})),
        ("cdk_nag", "cdk-nag", lambda: policy_packs()),
    ],
)
def test_a_check_without_its_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, missing: str, distribution: str, check: Callable[[], object]
) -> None:
    forget(monkeypatch, missing)
    with pytest.raises(MissingExtraError) as refusal:
        check()
    assert str(refusal.value) == (
        f"this check needs {distribution}: pip install 'cdk-sagemaker-inference[testing]'"
    )


def imports(path: Path) -> set[str]:
    """The modules that a module imports, relative ones with their dots."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names] if node.module is None else [node.module]
            found |= {"." * node.level + name for name in names}
    return found


def test_the_library_itself_imports_nothing_of_the_extra() -> None:
    package = ROOT / "constructs" / "cdk_sagemaker_inference"
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] != "testing":
            for name in imports(path):
                top = name.lstrip(".").split(".")[0]
                assert top not in {"botocore", "cdk_nag", "cfnlint", "testing"}, path


def test_the_extra_is_what_the_checks_say_they_need() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    (line,) = (line for line in project.splitlines() if line.startswith("testing = "))
    needed = {requirement.split(">=")[0] for requirement in json.loads(line.partition("= ")[2])}
    package = ROOT / "constructs" / "cdk_sagemaker_inference" / "testing"
    said = {
        call.args[0].value
        for path in package.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "needs"
        and isinstance(call.args[0], ast.Constant)
    }
    assert said == needed


@pytest.mark.parametrize("text", ["\x1f", "\x7f", "\x9f", "\ufffe", "\U0001f600"])
def test_texts_that_json_allows_can_be_linted(text: str) -> None:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": text}}
    assert lint_template({"Resources": {"Parameter": parameter}}) == []
