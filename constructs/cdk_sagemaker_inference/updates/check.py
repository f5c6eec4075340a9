"""The update check: what AWS refuses because of what is deployed already, told at synth."""

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import endpoints, resources
from .registry import Update, UpdateRule
from .template import Template, TemplateReader

if TYPE_CHECKING:
    from aws_cdk import cx_api

RULES: tuple[UpdateRule, ...] = (*endpoints.RULES, *resources.RULES)
"""All rules, in the order in which their findings are reported."""


@dataclass(frozen=True, kw_only=True)
class UpdateFinding:
    """Something in an update that AWS refuses, or that needs a second look.

    :param rule: identifier of the rule.
    :param logical_id: the resource in the template.
    :param change: what changes, from what to what.
    :param problem: the rule in one sentence.
    :param way: how to bring the change about instead, in the library's argument names.
    :param source: where AWS says so.
    :param refused: whether AWS refuses it for certain. False is a warning: AWS does not document
        it, does not refuse it, or only the deployment knows.
    """

    rule: str
    logical_id: str
    change: str
    problem: str
    way: str
    source: str
    refused: bool

    def __str__(self) -> str:
        """One line: resource, change, rule, way."""
        return f"{self.logical_id}: {self.change}. {self.problem} To do: {self.way} [{self.source}]"


def find_update_problems(deployed: Template, wanted: Template) -> list[UpdateFinding]:
    """Compare two templates of one stack.

    Nothing is asked of AWS: an update that somebody made by hand is not seen, and the values of
    parameters are taken to stay. Nested stacks are templates of their own.

    Example::

        problems = find_update_problems(json.loads(old), json.loads(new))

    :param deployed: the template that is deployed.
    :param wanted: the template to deploy.
    :return: everything that was found, what AWS refuses first.
    """
    update = Update(TemplateReader(deployed), TemplateReader(wanted))
    found = [
        UpdateFinding(
            rule=rule.id,
            logical_id=obstacle.logical_id,
            change=obstacle.change,
            problem=rule.text,
            way=obstacle.way,
            source=rule.source,
            refused=not rule.warns and not obstacle.unknown,
        )
        for rule in RULES
        for obstacle in rule.check(update)
    ]
    return sorted(found, key=lambda finding: not finding.refused)


def check_updates(assembly: "cx_api.CloudAssembly", *, deployed: str | Path) -> None:
    """Refuse, at synth, what AWS would refuse of an update of what is deployed.

    Whether an update works also depends on the state before it, which synth does not know: an
    instance type changes, unless its variant is scaled; a variant is renamed, unless a deployment
    policy guards it. Here the deployed templates are that state. Call it where the app ends::

        app = App()
        FraudStack(app, "Fraud")
        check_updates(app.synth(), deployed="deployed")

    A pipeline fetches the templates before it synthesizes; synth itself calls nothing::

        mkdir -p deployed && for stack in $(aws cloudformation describe-stacks \\
            --query 'Stacks[].StackName' --output text); do aws cloudformation get-template \\
            --stack-name $stack --query TemplateBody > deployed/$stack.json; done
        cdk deploy --all

    Templates that are committed after each deployment do as well. Stacks without a file are new
    and have nothing to be refused; those of nested assemblies (stages) are checked too, nested
    stacks are not.

    What is not certain is told by Python's warnings (``UserWarning``) and refuses nothing.

    :param assembly: what ``app.synth()`` returns, or a stage's.
    :param deployed: the folder with one ``<stack name>.json`` for each deployed stack, the answer
        of ``aws cloudformation get-template`` or its ``TemplateBody``. Where several stacks of the
        app have one name, in several accounts or Regions, name the file by the stack's artifact id.
    :raises ValueError: with everything that AWS would refuse, in all stacks; if there is no such
        folder, a file is no JSON template, or it could be that of several stacks.
    """
    folder = Path(deployed)
    if not folder.is_dir():
        raise ValueError(f"deployed={str(deployed)!r}: must be a folder of deployed templates")
    refused = []
    for stack, file in _deployed(assembly, folder):
        wanted = json.loads(Path(stack.template_full_path).read_text(encoding="utf-8"))
        for finding in find_update_problems(_read(file), wanted):
            line = f"{stack.stack_name}, {finding}"
            if finding.refused:
                refused.append(line)
            else:
                warnings.warn(line, stacklevel=2)
    if refused:
        count = f"{len(refused)} change{'' if len(refused) == 1 else 's'}"
        lines = [f"AWS would refuse {count} to what is deployed:"]
        raise ValueError("\n".join([*lines, *(f"  - {line}" for line in refused)]))


def _deployed(
    assembly: "cx_api.CloudAssembly", folder: Path
) -> "Iterator[tuple[cx_api.CloudFormationStackArtifact, Path]]":
    """The stacks that have a file, and the file."""
    stacks = assembly.stacks_recursively
    names = Counter(stack.stack_name for stack in stacks)
    for stack in stacks:
        file = folder / f"{stack.stack_name}.json"
        if names[stack.stack_name] > 1:
            if file.exists():
                raise ValueError(
                    f"{file}: {names[stack.stack_name]} stacks of the app are called "
                    f"{stack.stack_name!r}; give each a file of its own, this one's is "
                    f"{stack.id}.json"
                )
            file = folder / f"{stack.id}.json"
        if file.exists():
            yield stack, file


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{file}: is not JSON: {error}") from error
    if isinstance(content, dict) and "TemplateBody" in content:
        content = content["TemplateBody"]
    if not isinstance(content, dict) or "Resources" not in content:
        raise ValueError(
            f"{file}: must be a template with Resources, as JSON; CloudFormation returns a "
            "template that was deployed as YAML as text"
        )
    return content
