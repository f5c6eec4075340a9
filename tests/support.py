"""What the tests share: a stack to build in, its template, and a valid request to vary."""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam

from cdk_sagemaker_inference import (
    Container,
    ContainerImage,
    ModelData,
    Naming,
    RealtimeEndpoint,
)

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
