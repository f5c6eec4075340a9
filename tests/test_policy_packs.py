"""The rule packs of cdk-nag, on the reference app and on an app of a user of the library."""

import json
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from app import build, check
from cdk_sagemaker_inference import BatchTransformJob, RunOnDemand
from cdk_sagemaker_inference.acknowledgements import ACKNOWLEDGEMENTS, CONTEXT_KEY, IN_POLICIES
from cdk_sagemaker_inference.rule_packs import Acknowledgement
from cdk_sagemaker_inference.testing import policy_pack_findings
from policy_pack_forms import (
    FORMS,
    USERS,
    full_async,
    new_app,
    plain_batch,
    plain_realtime,
    users_app,
)
from support import CONTEXT, templates_unchecked

PACKS = ("AwsSolutions", "Serverless", "NIST.800.53.R5", "HIPAA.Security", "PCI.DSS.321")


@dataclass(frozen=True)
class Looked:
    """What the packs find in an app, and what the app acknowledges.

    :param findings: construct path and rule.
    :param recorded: reasons by construct path and rule.
    :param templates: their texts by stack.
    """

    findings: frozenset[tuple[str, str]]
    recorded: dict[tuple[str, str], str]
    templates: dict[str, str]


def look(make: Callable[[str], App]) -> Looked:
    # Other tests hold templates of these forms against the service model and cfn-lint.
    with templates_unchecked(), tempfile.TemporaryDirectory() as directory:
        found = policy_pack_findings(make(directory))
        recorded = {
            (path.removeprefix("/"), rule.removeprefix("Annotation::")): reason
            for file in Path(directory).rglob("*.metadata.json")
            for path, entries in json.loads(file.read_text()).items()
            for entry in entries
            if entry["type"] == "aws:cdk:acknowledged-rules"
            for rule, reason in entry["data"].items()
        }
        templates = {
            file.name: file.read_text() for file in Path(directory).rglob("*.template.json")
        }
    return Looked(
        findings=frozenset((one.path, one.rule) for one in found if USERS not in one.path),
        recorded=recorded,
        templates=templates,
    )


@cache
def users(**context: Any) -> Looked:
    """The app of a user."""
    return look(lambda outdir: users_app(outdir, **context))


def bare() -> Looked:
    """The same without the library's acknowledgements."""
    return users(**{CONTEXT_KEY: False})


@cache
def reference() -> Looked:
    """The reference app, which the packs look at when it is synthesized too."""

    def make(outdir: str) -> App:
        app = new_app(outdir, **CONTEXT)
        build(app)
        check(app)
        return app

    return look(make)


def below(path: str, construct: str) -> bool:
    return path == construct or path.startswith(f"{construct}/")


def test_the_packs_find_nothing_in_the_reference_app(covers: Callable[[str, str], None]) -> None:
    assert sorted(reference().findings) == []
    assert len(reference().templates) == 8
    for stack in reference().templates:
        covers("policy packs", f"reference app: {stack}")


def test_the_reference_app_is_not_synthesized_with_a_finding(tmp_path: Path) -> None:
    app = new_app(str(tmp_path), **CONTEXT, **{CONTEXT_KEY: False})
    build(app)
    check(app)
    with (
        templates_unchecked(),
        pytest.raises(RuntimeError, match=r"AwsSolutions-IAM5\[Resource::\*\]"),
    ):
        app.synth()


@pytest.mark.parametrize("form", FORMS)
def test_the_packs_find_nothing_that_the_library_made(
    form: str, covers: Callable[[str, str], None]
) -> None:
    assert sorted(one for one in users().findings if below(one[0], form)) == []
    covers("policy packs", f"user's app: {form}")


@pytest.mark.parametrize("form", FORMS)
def test_without_acknowledgements_they_find_something_in_each_form(form: str) -> None:
    assert [one for one in bare().findings if below(one[0], form)]


def test_the_packs_find_nothing_in_nested_stages_either() -> None:
    assert any(path.startswith("stage/") for path, _ in bare().findings)
    assert sorted(users().findings) == []


def test_every_pack_has_something_to_say() -> None:
    rules = {rule for _, rule in bare().findings}
    assert [pack for pack in PACKS if not any(rule.startswith(f"{pack}-") for rule in rules)] == []


def test_nothing_is_acknowledged_that_is_not_found() -> None:
    needless = [
        (construct, rule)
        for construct, rule in users().recorded
        if not any(rule == found and below(path, construct) for path, found in bare().findings)
    ]
    assert needless == []


def test_nothing_is_acknowledged_above_the_resource_but_for_alarms_and_cdks_own_parts() -> None:
    """A resource that a user puts below an endpoint is not covered by what the library says."""
    broad = {
        construct.rpartition("/")[2]
        for construct, rule in users().recorded
        if len({path for path, found in bare().findings if below(path, construct)}) > 1
    }
    assert broad == {"Alarms", "Provider"}


def test_the_context_leaves_all_acknowledgements_out() -> None:
    assert bare().recorded == {}
    assert bare().findings > users().findings


@pytest.mark.parametrize(("said", "recorded"), [("false", 0), (False, 0), ("true", 5), (None, 5)])
def test_the_context_may_come_from_the_command_line(said: object, recorded: int) -> None:
    def make(outdir: str) -> App:
        app = new_app(outdir, **{CONTEXT_KEY: said})
        plain_realtime(Stack(app, "Test"), alarms=None)
        return app

    assert len(look(make).recorded) == recorded


@pytest.mark.parametrize("listening", [True, False], ids=["with cdk-nag", "without"])
def test_they_are_written_where_rule_packs_may_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, listening: bool
) -> None:
    app = new_app(str(tmp_path))
    plain_realtime(Stack(app, "Test"), alarms=None)
    if not listening:
        monkeypatch.delitem(sys.modules, "cdk_nag")
    app.synth()
    written = (tmp_path / "Test.metadata.json").read_text()
    assert ("aws:cdk:acknowledged-rules" in written) is listening


def test_templates_do_not_change_with_the_acknowledgements() -> None:
    assert users().templates == bare().templates
    assert "cdk_nag" not in "".join(users().templates.values())


@pytest.mark.parametrize("row", ACKNOWLEDGEMENTS, ids=lambda row: f"{row.rules[0]} {row.resource}")
def test_a_form_needs_each_acknowledgement(
    row: Acknowledgement, covers: Callable[[str, str], None]
) -> None:
    """Reasons of one finding are joined, so that each row is known by its reason."""
    used = {
        rule.split("[")[0] for (_, rule), reason in users().recorded.items() if row.reason in reason
    }
    assert used == set(row.rules)
    covers("acknowledgements", row.reason)


def test_every_reason_that_is_recorded_is_of_the_table() -> None:
    reasons = sorted((row.reason for row in ACKNOWLEDGEMENTS), key=len, reverse=True)
    for reason in set(users().recorded.values()):
        rest = reason
        for known in reasons:
            rest = rest.replace(known, "")
        assert rest.strip() == ""


@pytest.mark.parametrize("row", ACKNOWLEDGEMENTS, ids=lambda row: f"{row.rules[0]} {row.resource}")
def test_each_reason_is_a_sentence_of_some_length(row: Acknowledgement) -> None:
    assert len(row.reason) >= 80
    assert row.reason.endswith(".")
    assert all(rule.startswith(PACKS) for rule in row.rules)


@pytest.mark.parametrize("row", IN_POLICIES, ids=lambda row: f"{row.statements[0]} {row.finding}")
def test_each_reason_for_a_wildcard_names_the_action_or_what_gives_the_name(
    row: Acknowledgement,
) -> None:
    actions = re.findall(r"\b(?:cloudwatch|ecr|ec2|s3|sagemaker):[A-Z]\w+", row.reason)
    assert actions or re.search(r"SageMaker writes to|shared by another|Step Functions", row.reason)


def test_no_reason_is_said_twice() -> None:
    assert len({row.reason for row in ACKNOWLEDGEMENTS}) == len(ACKNOWLEDGEMENTS)


def test_the_table_knows_the_statements_that_it_is_about() -> None:
    assert all(row.statements for row in IN_POLICIES)
    assert all(row.finding and "*" in row.finding for row in IN_POLICIES)


def wildcard_findings(make: Callable[[Stack], object]) -> set[tuple[str, str]]:
    def app(outdir: str) -> App:
        made = new_app(outdir)
        make(Stack(made, "Test"))
        return made

    return {
        (path.removeprefix("Test/"), rule.partition("-IAM5")[2])
        for path, rule in look(app).findings
        if "-IAM5" in rule
    }


EVERYTHING = iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"])


class TestGrantsOfUsers:
    def test_a_wildcard_that_the_library_has_too_is_found(self) -> None:
        def make(stack: Stack) -> None:
            endpoint = plain_realtime(stack)
            endpoint.role.add_to_principal_policy(EVERYTHING)

        assert wildcard_findings(make) == {
            ("Endpoint/Role/Grants/Resource", "[Resource::*]"),
        }

    def test_objects_below_the_same_prefix_are_found(self) -> None:
        def make(stack: Stack) -> None:
            full_async(stack)
            endpoint = stack.node.find_child("Endpoint")
            files = stack.node.find_child("Files")
            cast(s3.IBucket, files).grant_delete(cast(iam.IGrantable, endpoint), "requests/*")

        assert wildcard_findings(make) == {
            ("Endpoint/Role/Grants/Resource", "[Action::s3:DeleteObject*]"),
            (
                "Endpoint/Role/Grants/Resource",
                "[Resource::arn:<AWS::Partition>:s3:::files/requests/*]",
            ),
        }

    def test_another_wildcard_is_found_in_the_one_policy(self) -> None:
        def make(stack: Stack) -> None:
            files = s3.Bucket.from_bucket_name(stack, "Features", "features")
            files.grant_read(plain_realtime(stack), "daily/*")

        assert wildcard_findings(make) == {
            ("Endpoint/Policy/Resource", f"[{what}]")
            for what in (
                "Action::s3:GetObject*",
                "Action::s3:GetBucket*",
                "Action::s3:List*",
                "Resource::arn:<AWS::Partition>:s3:::features/daily/*",
            )
        }

    def test_a_wildcard_for_a_state_machine_is_found(self) -> None:
        def make(stack: Stack) -> None:
            plain_batch(stack, at_deployment=None, on_demand=RunOnDemand())
            job = cast(BatchTransformJob, stack.node.find_child("Job"))
            assert job.state_machine is not None
            job.state_machine.role.add_to_principal_policy(EVERYTHING)

        assert wildcard_findings(make) == {
            ("Job/OnDemand/Role/Grants/Resource", "[Resource::*]"),
        }

    def test_models_wait_for_grants_that_are_kept_apart(self) -> None:
        def make(outdir: str) -> App:
            app = new_app(outdir)
            plain_realtime(Stack(app, "Test")).role.add_to_principal_policy(EVERYTHING)
            return app

        (template,) = look(make).templates.values()
        resources = json.loads(template)["Resources"]
        policies = {
            logical_id: resource.get("DependsOn", [])
            for logical_id, resource in resources.items()
            if resource["Type"] == "AWS::IAM::ManagedPolicy"
        }
        (grants,) = (one for one in policies if "Grants" in one)
        (own,) = policies.keys() - {grants}
        (model,) = (one for one in resources.values() if one["Type"] == "AWS::SageMaker::Model")
        assert policies[own] == [grants]
        assert own in model["DependsOn"]
