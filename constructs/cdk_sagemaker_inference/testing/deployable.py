"""The checks of templates and apps in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aws_cdk import App, Stage
from aws_cdk.assertions import Template as AssertedTemplate

from . import assembly
from .applications import DeployedTemplate, application_findings
from .findings import Finding, report
from .intrinsics import Template
from .linting import CDK_WRITES, Accepted, lint_template

Checkable = Mapping[str, Any] | AssertedTemplate | App | Stage | str | Path


def check_template(template: Mapping[str, Any] | AssertedTemplate) -> list[Finding]:
    """What the APIs would refuse of a template, and names in it that never match.

    Each SageMaker, Application Auto Scaling and CloudWatch resource is translated into its API
    calls and compared with botocore's service models: required and unknown members, types,
    enumerations, patterns, lengths, ranges. Besides, ARNs where names belong, upper case in ARNs of
    SageMaker, dashboards that are not JSON, and resources of one name are found. What only the
    deployment knows, such as the value of a parameter, is not reported; both sides of a condition
    are looked at.

    ::

        assert check_template(Template.from_stack(stack)) == []

    Args:
        template: A template as JSON is read, or CDK's ``assertions.Template``.

    Raises:
        MissingExtraError: botocore is not installed.
    """
    return list(_findings([_alone(template)]))


def check_assembly(assembly_or_app: App | Stage | str | Path) -> list[Finding]:
    """What ``check_template`` finds in all stacks, and what they take from each other.

    Two resources of one name in an account and Region are a finding also when they are in different
    stacks, and so are two scalable targets of one capacity. Stacks without an account or Region go
    to the same one, as with ``cdk deploy --all``.

    ::

        assert check_assembly(app) == []

    Args:
        assembly_or_app: An app or stage, which is synthesized; or the directory that ``cdk synth``
            wrote.

    Raises:
        FileNotFoundError: There is no cloud assembly in the directory.
        MissingExtraError: botocore is not installed.
    """
    return list(_findings(list(_templates(assembly_or_app))))


def assert_deployable(
    what: Checkable,
    *,
    lint: bool = True,
    accepted: Sequence[Accepted] = CDK_WRITES,
) -> None:
    """Fail unless a template or app passes all checks.

    ::

        def test_it_deploys() -> None:
            assert_deployable(build_app())

    Args:
        what: A template, an app or stage, or the directory of a cloud assembly.
        lint: Whether cfn-lint's rules count, for the Region of each stack and for us-east-1 where
            it has none. Default: they do.
        accepted: What cfn-lint reports and is right as it is. Default: what CDK itself writes.

    Raises:
        AssertionError: With all findings, a line each.
        FileNotFoundError: There is no cloud assembly in the directory.
        MissingExtraError: botocore or cfn-lint is not installed.
    """
    if isinstance(what, (Mapping, AssertedTemplate)):
        deployed = [_alone(what)]
    else:
        deployed = list(_templates(what))
    findings = list(_findings(deployed))
    if lint:
        for one in deployed:
            regions = ["us-east-1"] if one.region is None else [one.region]
            linted = lint_template(one.template.body, regions=regions, accepted=accepted)
            findings += [replace(finding, stack=one.stack) for finding in linted]
    if findings:
        count = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
        raise AssertionError(f"{count}:\n{report(findings)}")


def _findings(deployed: Sequence[DeployedTemplate]) -> Iterator[Finding]:
    # botocore is loaded when it is needed, so that an app can import this without the extra.
    from .names import name_findings
    from .service_model import service_model_findings

    for one in deployed:
        for check in (service_model_findings, name_findings):
            for finding in check(one.template):
                yield replace(finding, stack=one.stack)
    yield from application_findings(deployed)


def _alone(template: Mapping[str, Any] | AssertedTemplate) -> DeployedTemplate:
    body = template if isinstance(template, Mapping) else template.to_json()
    return DeployedTemplate("", "", Template(body))


def _templates(what: App | Stage | str | Path) -> Iterator[DeployedTemplate]:
    directory = what.synth().directory if isinstance(what, Stage) else what
    return assembly.templates(Path(directory))
