"""What the tests share: a stack to build in, its template, and a valid request to vary."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest
from aws_cdk import App, Environment, Stack, Stage
from aws_cdk import aws_iam as iam
from aws_cdk.cx_api import CloudAssembly

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    ModelData,
    Naming,
    RealtimeEndpoint,
)
from cdk_sagemaker_inference.testing import CDK_WRITES, Accepted, check_template, lint_template
from cdk_sagemaker_inference.testing.assembly import templates

ROOT = Path(__file__).parent.parent
CONTEXT: Mapping[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
ARCHIVE = ROOT / "stacks" / "fraud_model" / "model.tar.gz"

NAMING = Naming(team="rc", project="project-a", model="fraud", version=3, environment="prod")
IMAGE_URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud:1.4.2"
CONTAINER = Container(
    image=ContainerImage.from_registry(IMAGE_URI),
    data=ModelData.from_uri("s3://models/fraud/3/model.tar.gz"),
)


class Synthesized:
    """A template, by type instead of by logical id."""

    def __init__(self, template: dict[str, Any], messages: list[str]) -> None:
        self.template = template
        self.messages = messages

    def of_type(self, resource_type: str) -> list[dict[str, Any]]:
        return [
            resource
            for resource in self.template["Resources"].values()
            if resource["Type"] == resource_type
        ]

    def resource(self, resource_type: str) -> dict[str, Any]:
        (resource,) = self.of_type(resource_type)
        return resource

    def properties(self, resource_type: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resource(resource_type)["Properties"]
        return properties

    def types(self) -> list[str]:
        return sorted(resource["Type"] for resource in self.template["Resources"].values())

    def statements(self) -> dict[str, dict[str, Any]]:
        """The execution policy's statements by id; grants have none and are numbered."""
        document = self.properties("AWS::IAM::ManagedPolicy")["PolicyDocument"]
        return {
            statement.get("Sid", str(index)): statement
            for index, statement in enumerate(document["Statement"])
        }


def synthesize(
    build: Callable[[Stack], object], *, env: Environment | None = None, **context: Any
) -> Synthesized:
    """Synthesize a stack with the reference app's feature flags, CDK's validation among them."""
    with tempfile.TemporaryDirectory() as directory:
        app = App(context={**CONTEXT, **context}, outdir=directory, analytics_reporting=False)
        build(Stack(app, "Test", env=env))
        artifact = app.synth().get_stack_by_name("Test")
        messages = [str(message.entry.data) for message in artifact.messages]
        template: dict[str, Any] = json.loads((Path(directory) / "Test.template.json").read_text())
    for section in ("Parameters", "Rules"):  # how the bootstrap stack's version is checked
        template.pop(section, None)
    return Synthesized(template, messages)


def caller(stack: Stack) -> iam.Role:
    """A principal to grant to."""
    # jsii's types name a parameter otherwise than the protocol does.
    anyone = cast(iam.IPrincipal, iam.AccountRootPrincipal())
    return iam.Role(stack, "Caller", assumed_by=anyone)


def realtime(**arguments: Any) -> Callable[[Stack], RealtimeEndpoint]:
    """Build a real-time endpoint in order and without alarms, but for the arguments given."""
    defaults = {"naming": NAMING, "model": CONTAINER, "alarms": None}
    if "variants" in arguments:
        del defaults["model"]
    return lambda stack: RealtimeEndpoint(stack, "Fraud", **{**defaults, **arguments})


# What cfn-lint says of the things that tests make up.
_MADE_UP = (
    *CDK_WRITES,
    Accepted("W1030", "a test may give any token for what only the deployment knows"),
    Accepted("W3010", "the zones of a VPC without look-up are CDK's own made-up ones"),
)
_seen: set[tuple[str, ...]] = set()
_checking = True


@contextmanager
def every_template_checked(linted: Path) -> Iterator[None]:
    """Hold all templates that are synthesized meanwhile against the service model, and against
    cfn-lint's rules those with a property that no template of the run had before.

    Linting takes a tenth of a second. Whether a property may be there, and in this form, is what
    it adds; the values are checked in every template, by CDK and against the service model.

    Args:
        linted: A directory that the processes of a run share.
    """
    linted.mkdir(exist_ok=True)

    def checked(synth: Callable[..., CloudAssembly]) -> Callable[..., CloudAssembly]:
        @wraps(synth)
        def synthesize_and_check(stage: Stage, **options: Any) -> CloudAssembly:
            assembly = synth(stage, **options)
            if _checking:
                for one in templates(Path(assembly.directory)):
                    _check(one.template.body, linted)
            return assembly

        return synthesize_and_check

    with pytest.MonkeyPatch.context() as patch:
        for owner in (App, Stage):
            patch.setattr(owner, "synth", checked(owner.synth))
        yield


@contextmanager
def templates_unchecked() -> Iterator[None]:
    """Let a test make templates that are wrong."""
    global _checking
    _checking = False
    yield
    _checking = True


def _check(template: Mapping[str, Any], linted: Path) -> None:
    findings = check_template(template)
    new = set(_properties(template)) - _seen
    _seen.update(new)
    if [path for path in new if _is_first(path, linted)]:
        findings += lint_template(template, accepted=_MADE_UP)
    assert not findings, "\n".join(map(str, findings))


def _is_first(path: tuple[str, ...], linted: Path) -> bool:
    """Whether no process of the run has linted a property yet; from now on one has."""
    try:
        (linted / sha256(".".join(path).encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _properties(template: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The properties of each type, with the function that makes the value, if one does."""
    for resource in template.get("Resources", {}).values():
        yield from _below(resource.get("Properties", {}), (resource["Type"],))


def _below(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    made = path[-1] == "Ref" or path[-1].startswith("Fn::")
    if isinstance(value, Mapping) and not made:
        free = path[-1] in ("Environment", "Variables")  # maps with keys of the user's
        for key, item in value.items():
            yield from _below(item, (*path, "" if free else key))
    elif isinstance(value, list) and not made:
        for item in value:
            yield from _below(item, path)
    else:
        yield path
