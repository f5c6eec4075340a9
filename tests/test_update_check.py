"""The update check: each rule on two small templates, and the templates of a folder."""

import json
import warnings
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnResource, Stack, Stage
from aws_cdk.cx_api import CloudAssembly
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from cdk_sagemaker_inference import Scaling, check_updates, find_update_problems
from cdk_sagemaker_inference.updates import RULES
from cdk_sagemaker_inference.updates.resources import NAMED
from support import realtime, synthesize, templates_unchecked

Template = dict[str, Any]


def attribute(logical_id: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, name]}


def variant(name: str = "A", **changes: Any) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": "m", "InstanceType": "ml.m5.large", **changes}


SERVERLESS = {"VariantName": "A", "ModelName": "m", "ServerlessConfig": {"MaxConcurrency": 5}}
COMPONENT = {"VariantName": "A", "InstanceType": "ml.m5.large"}


def resource(resource_type: str, **properties: Any) -> dict[str, Any]:
    return {"Type": resource_type, "Properties": properties}


def endpoint(
    *variants: Mapping[str, Any],
    name: str = "fraud",
    config: Mapping[str, Any] | None = None,
    scaled: object = None,
    guarded: bool = False,
    **more: Mapping[str, Any],
) -> Template:
    """A template with one endpoint.

    :param config: more properties of the config.
    :param scaled: the resource id of a scalable target.
    :param more: more resources by logical id.
    """
    shown = [*variants] if variants else [variant()]
    # What it holds is in the name of a config, as the library has it.
    digest = sum(json.dumps([shown, config], sort_keys=True).encode())
    resources: dict[str, Any] = {
        "Endpoint": resource(
            "AWS::SageMaker::Endpoint",
            EndpointName=name,
            EndpointConfigName=attribute("Config", "EndpointConfigName"),
            **({"DeploymentConfig": {"BlueGreenUpdatePolicy": {}}} if guarded else {}),
        ),
        "Config": resource(
            "AWS::SageMaker::EndpointConfig",
            EndpointConfigName=f"fraud-{digest}",
            ProductionVariants=shown,
            **({} if config is None else config),
        ),
        **more,
    }
    if scaled is not None:
        resources["Target"] = target(scaled)
    return {"Resources": resources}


def target(resource_id: object) -> dict[str, Any]:
    return resource(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="sagemaker",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        ResourceId=resource_id,
    )


BY_REFERENCE = {
    "Fn::Join": ["", ["endpoint/", attribute("Endpoint", "EndpointName"), "/variant/A"]]
}
LITERALLY = "endpoint/fraud/variant/A"
BY_SUBSTITUTION = {"Fn::Sub": "endpoint/${Endpoint.EndpointName}/variant/A"}
BIGGER = variant(InstanceType="ml.m5.xlarge")
ASYNCHRONOUS = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/p"}}}


def component(**changes: Any) -> dict[str, Any]:
    said = {
        "InferenceComponentName": "chat",
        "EndpointName": attribute("Endpoint", "EndpointName"),
        "VariantName": "A",
    }
    return resource("AWS::SageMaker::InferenceComponent", **said | changes)


def model(**changes: Any) -> dict[str, Any]:
    said = {"ModelName": "m", "PrimaryContainer": {"Image": "image:1"}}
    return resource("AWS::SageMaker::Model", **said | changes)


REFUSED = "refused"
WARNED = "warned"

# what: (deployed, wanted, rule, refused or warned)
FOUND: Mapping[str, tuple[Template, Template, str, str]] = {
    "instance type, target by reference": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(BIGGER, scaled=BY_REFERENCE),
        "scaled-instance-type",
        REFUSED,
    ),
    "instance type, target by name": (
        endpoint(scaled=LITERALLY),
        endpoint(BIGGER, scaled=LITERALLY),
        "scaled-instance-type",
        REFUSED,
    ),
    "instance type, target by substitution": (
        endpoint(scaled=BY_SUBSTITUTION),
        endpoint(BIGGER, scaled=BY_SUBSTITUTION),
        "scaled-instance-type",
        REFUSED,
    ),
    "instance type and scaling off at once": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(BIGGER),
        "scaled-instance-type",
        REFUSED,
    ),
    "instance type by a parameter": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(variant(InstanceType={"Ref": "Type"}), scaled=BY_REFERENCE),
        "scaled-instance-type",
        WARNED,
    ),
    "scaled variant renamed": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(variant("B"), scaled=LITERALLY),
        "scaled-variant",
        REFUSED,
    ),
    "scaled variant removed": (
        endpoint(variant(), variant("B"), scaled=BY_REFERENCE),
        endpoint(variant("B")),
        "scaled-variant",
        REFUSED,
    ),
    "variant added under guardrails": (
        endpoint(guarded=True),
        endpoint(variant(), variant("B"), guarded=True),
        "guarded-variants",
        REFUSED,
    ),
    "variant renamed while guardrails come": (
        endpoint(),
        endpoint(variant("B"), guarded=True),
        "guarded-variants",
        REFUSED,
    ),
    "instances to serverless": (
        endpoint(),
        endpoint(SERVERLESS),
        "instances-to-serverless",
        REFUSED,
    ),
    "serverless to instances": (
        endpoint(SERVERLESS),
        endpoint(),
        "serverless-to-instances",
        WARNED,
    ),
    "synchronous to asynchronous": (
        endpoint(),
        endpoint(config=ASYNCHRONOUS),
        "endpoint-kind",
        WARNED,
    ),
    "components to models": (endpoint(COMPONENT), endpoint(), "endpoint-kind", WARNED),
    "component of a renamed endpoint": (
        endpoint(COMPONENT, Chat=component()),
        endpoint(COMPONENT, name="claims", Chat=component()),
        "component-place",
        REFUSED,
    ),
    "component renamed in place": (
        endpoint(COMPONENT, Chat=component()),
        endpoint(COMPONENT, Chat=component(InferenceComponentName="talk")),
        "component-place",
        REFUSED,
    ),
    "another type under a logical id": (
        endpoint(Other=model()),
        endpoint(Other=resource("AWS::SNS::Topic")),
        "resource-type",
        REFUSED,
    ),
    "model replaced under its name": (
        endpoint(Model=model()),
        endpoint(Model=model(PrimaryContainer={"Image": "image:2"})),
        "fixed-name",
        REFUSED,
    ),
    "endpoint under another logical id": (
        endpoint(),
        {
            "Resources": {
                "Moved" if name == "Endpoint" else name: entry
                for name, entry in endpoint()["Resources"].items()
            }
        },
        "name-in-use",
        REFUSED,
    ),
    "scalable target under another logical id": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(Moved=target(LITERALLY)),
        "target-in-use",
        WARNED,
    ),
    "bucket removed": (
        endpoint(Bucket=resource("AWS::S3::Bucket")),
        endpoint(),
        "data-removed",
        WARNED,
    ),
}

KEPT_BUCKET = {**resource("AWS::S3::Bucket"), "DeletionPolicy": "Retain"}
OTHER_NAME = endpoint(BIGGER, name="claims", scaled=BY_REFERENCE)

NOTHING: Mapping[str, tuple[Template, Template]] = {
    "the same template": (endpoint(scaled=BY_REFERENCE), endpoint(scaled=BY_REFERENCE)),
    "instance type without scaling": (endpoint(), endpoint(BIGGER)),
    "instance type while scaling comes": (endpoint(), endpoint(BIGGER, scaled=BY_REFERENCE)),
    "instance type under another name": (endpoint(scaled=BY_REFERENCE), OTHER_NAME),
    "instance type of the other variant": (
        endpoint(variant(), variant("B"), scaled=BY_REFERENCE),
        endpoint(variant(), variant("B", InstanceType="ml.m5.xlarge"), scaled=BY_REFERENCE),
    ),
    "model of a scaled variant": (
        endpoint(scaled=BY_REFERENCE),
        endpoint(variant(ModelName="n"), scaled=BY_REFERENCE),
    ),
    "scaling off": (endpoint(scaled=BY_REFERENCE), endpoint()),
    "another endpoint's target": (
        endpoint(scaled="endpoint/claims/variant/A"),
        endpoint(BIGGER, scaled="endpoint/claims/variant/A"),
    ),
    "variant renamed without guardrails": (endpoint(), endpoint(variant("B"))),
    "variant renamed while guardrails go": (endpoint(guarded=True), endpoint(variant("B"))),
    "serverless under another name": (endpoint(), endpoint(SERVERLESS, name="claims")),
    "component of another name for a renamed endpoint": (
        endpoint(COMPONENT, Chat=component()),
        endpoint(COMPONENT, name="claims", Talk=component(InferenceComponentName="claims-chat")),
    ),
    "model replaced under another name": (
        endpoint(Model=model()),
        endpoint(Model=model(ModelName="n", PrimaryContainer={"Image": "image:2"})),
    ),
    "model without a name": (
        endpoint(Model=resource("AWS::SageMaker::Model", PrimaryContainer={"Image": "1"})),
        endpoint(Model=resource("AWS::SageMaker::Model", PrimaryContainer={"Image": "2"})),
    ),
    "bucket that stays": (endpoint(Bucket=KEPT_BUCKET), endpoint()),
    "parameters and outputs only": ({"Parameters": {}}, endpoint()),
}


@pytest.mark.parametrize("what", FOUND)
def test_each_rule_finds_what_breaks_it_and_nothing_else(what: str) -> None:
    deployed, wanted, rule, verdict = FOUND[what]
    (finding,) = find_update_problems(deployed, wanted)
    assert (finding.rule, finding.refused) == (rule, verdict == REFUSED)
    assert finding.logical_id in wanted["Resources"] or finding.logical_id in deployed["Resources"]
    assert finding.way
    assert f"[{finding.source}]" in str(finding)


@pytest.mark.parametrize("what", NOTHING)
def test_what_breaks_no_rule_is_let_pass(what: str) -> None:
    deployed, wanted = NOTHING[what]
    assert find_update_problems(deployed, wanted) == []


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert {rule.id for rule in RULES} == {rule for _, _, rule, _ in FOUND.values()}


def test_an_unnamed_endpoint_is_known_by_its_logical_id() -> None:
    deployed, wanted = endpoint(scaled=BY_REFERENCE), endpoint(BIGGER, scaled=BY_REFERENCE)
    for template in (deployed, wanted):
        del template["Resources"]["Endpoint"]["Properties"]["EndpointName"]
    assert [finding.rule for finding in find_update_problems(deployed, wanted)] == [
        "scaled-instance-type"
    ]


def test_refusals_come_before_warnings() -> None:
    deployed = endpoint(scaled=BY_REFERENCE, Bucket=resource("AWS::S3::Bucket"))
    found = find_update_problems(deployed, endpoint(BIGGER, config=ASYNCHRONOUS))
    assert [(finding.rule, finding.refused) for finding in found] == [
        ("scaled-instance-type", True),
        ("endpoint-kind", False),
        ("data-removed", False),
    ]


def test_templates_are_only_read() -> None:
    for deployed, wanted, _, _ in FOUND.values():
        before = deepcopy((deployed, wanted))
        find_update_problems(deployed, wanted)
        assert (deployed, wanted) == before


@pytest.mark.parametrize("resource_type", NAMED)
def test_what_replaces_a_named_resource_is_what_the_registry_says(resource_type: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    replacing = {path.split("/")[2] for path in schema.get("createOnlyProperties", [])}
    named = NAMED[resource_type]
    assert named.name in schema["properties"]
    if resource_type == "AWS::S3::Bucket":
        replacing -= {"BucketNamePrefix", "BucketNamespace"}  # other ways to name it
    assert set(named.replaced_by) == replacing - {named.name}


def test_the_error_names_the_variant_and_says_what_to_do() -> None:
    scaling = Scaling.on_cpu(min_capacity=1, max_capacity=2, percent=60)
    before = synthesize(realtime(scaling=scaling)).template
    after = synthesize(realtime(scaling=scaling, instance_type="ml.c5.xlarge")).template
    (finding,) = find_update_problems(before, after)
    assert "variant 'AllTraffic' from ml.m5.xlarge to ml.c5.xlarge" in str(finding)
    assert "scaling=None" in finding.way
    assert finding.source == "dg:endpoint-scaling-update"


def fill(stack: Stack, template: Template) -> None:
    for logical_id, entry in template["Resources"].items():
        CfnResource(stack, logical_id, type=entry["Type"], properties=entry["Properties"])


def app_of(directory: Path, template: Template, *, times: int = 1) -> CloudAssembly:
    """The assembly of an app with one stack, or with several of one name."""
    app = App(outdir=str(directory), analytics_reporting=False)
    for index in range(times):
        fill(Stack(app, f"Stack{index}", stack_name="Fraud"), template)
    # They hold no more than the rules look at.
    with templates_unchecked():
        return app.synth()


SCALED, GROWN = endpoint(scaled=LITERALLY), endpoint(BIGGER, scaled=LITERALLY)


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    folder = tmp_path / "deployed"
    folder.mkdir()
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize("wrapped", [False, True], ids=["template", "answer"])
def test_an_app_that_breaks_a_rule_ends_with_one_error(
    deployed: Path, out: Path, wrapped: bool
) -> None:
    content = {"StagesAvailable": ["Original"], "TemplateBody": SCALED} if wrapped else SCALED
    (deployed / "Fraud.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="AWS would refuse 1 change to what is deployed") as error:
        check_updates(app_of(out, GROWN), deployed=deployed)
    assert "- Fraud, Endpoint: instance type of variant 'A'" in str(error.value)


def test_stages_are_checked_too(deployed: Path, out: Path) -> None:
    (deployed / "Prod-Fraud.json").write_text(json.dumps(SCALED))
    app = App(outdir=str(out), analytics_reporting=False)
    fill(Stack(Stage(app, "Prod"), "Fraud"), GROWN)
    with templates_unchecked():
        assembly = app.synth()
    with pytest.raises(ValueError, match="Prod-Fraud, Endpoint"):
        check_updates(assembly, deployed=str(deployed))


def test_stacks_that_are_not_deployed_have_nothing_to_break(deployed: Path, out: Path) -> None:
    (deployed / "Other.json").write_text("of somebody else")
    check_updates(app_of(out, GROWN), deployed=deployed)


def test_what_is_not_certain_is_a_warning(deployed: Path, out: Path) -> None:
    (deployed / "Fraud.json").write_text(json.dumps(endpoint(SERVERLESS)))
    with pytest.warns(UserWarning, match="Fraud, Endpoint: the endpoint is serverless"):
        check_updates(app_of(out, endpoint()), deployed=deployed)


def test_what_breaks_nothing_says_nothing(deployed: Path, out: Path) -> None:
    (deployed / "Fraud.json").write_text(json.dumps(SCALED))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_updates(app_of(out, SCALED), deployed=deployed)


def test_stacks_of_one_name_have_files_of_their_own(deployed: Path, out: Path) -> None:
    assembly = app_of(out, GROWN, times=2)
    (deployed / "Stack1.json").write_text(json.dumps(SCALED))
    with pytest.raises(ValueError, match="AWS would refuse 1 change"):
        check_updates(assembly, deployed=deployed)
    (deployed / "Fraud.json").write_text(json.dumps(SCALED))
    with pytest.raises(ValueError, match=r"2 stacks of the app are called 'Fraud'.*Stack0\.json"):
        check_updates(assembly, deployed=deployed)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ('"Resources:\\n  Endpoint: {}"', "deployed as YAML as text"),
        ("[]", "must be a template with Resources"),
    ],
    ids=["broken", "yaml", "list"],
)
def test_a_file_that_is_no_template_is_refused(
    deployed: Path, out: Path, content: str, words: str
) -> None:
    (deployed / "Fraud.json").write_text(content)
    with pytest.raises(ValueError, match=words):
        check_updates(app_of(out, GROWN), deployed=deployed)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path / "out"), analytics_reporting=False)
    with pytest.raises(ValueError, match="must be a folder of deployed templates"):
        check_updates(app.synth(), deployed=tmp_path / "deployed")
