"""How a deployer's policy is made: in which stack, with what, and what is refused."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from aws_cdk import (
    App,
    BootstraplessSynthesizer,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    Environment,
    IStackSynthesizer,
    NestedStack,
    Size,
    Stack,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_sagemaker_inference import (
    ComponentResources,
    Container,
    ContainerImage,
    DeployerPolicy,
    InferenceEndpoint,
    RealtimeEndpoint,
    cdk_cli_statements,
    deployer_statements,
)
from deployer_forms import batch, components, plain
from deployer_support import ACCOUNT, PLACE, REGION, arn, resolved, synthesize_with_deployer
from policy_evaluation import Call, Policies
from support import CONTAINER, CONTEXT, NAMING

ONE_CORE = ComponentResources(cpu_cores=1, min_memory=Size.gibibytes(1))


def new_app() -> App:
    return App(context=dict(CONTEXT), analytics_reporting=False)


def in_stacks(*, env: Environment | None = PLACE) -> tuple[RealtimeEndpoint, Stack]:
    """An endpoint, and another stack for its deployer."""
    app = new_app()
    return plain(Stack(app, "Endpoint", env=env)), Stack(app, "Pipeline", env=env)


def statements_by_id(statements: list[iam.PolicyStatement]) -> dict[str, Any]:
    return {item["Sid"]: item for item in (each.to_json() for each in statements)}


def template_of(stack: Stack) -> dict[str, Any]:
    assembly = cast(App, stack.node.root).synth()
    template: dict[str, Any] = assembly.get_stack_artifact(stack.artifact_id).template
    return template


def problems(make: Callable[[], object]) -> list[str]:
    with pytest.raises(ValueError, match="problem") as caught:
        make()
    return str(caught.value).splitlines()


def test_the_function_gives_the_statements_of_the_managed_policy() -> None:
    endpoint, pipeline = in_stacks()
    given = [statement.to_json() for statement in deployer_statements(endpoint)]
    (policy,) = DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint]).managed_policies
    (document,) = pipeline.resolve([policy.document])
    assert in_order(resolved(pipeline.resolve(given))) == in_order(resolved(document["Statement"]))


def in_order(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """CDK sorts what is in statements of some documents."""
    return [
        {key: sorted(value) if isinstance(value, list) else value for key, value in item.items()}
        for item in statements
    ]


def test_roles_get_the_policies_under_the_given_names() -> None:
    app = new_app()
    job = batch(Stack(app, "Endpoint", env=PLACE))
    pipeline = Stack(app, "Pipeline", env=PLACE)
    principal = cast(iam.IPrincipal, iam.AccountPrincipal(ACCOUNT))
    role = iam.Role(pipeline, "Ci", assumed_by=principal)
    DeployerPolicy(
        pipeline, "Deployer", endpoints=[job], roles=[role], managed_policy_name="deploy-models"
    )
    policies = [
        resource["Properties"]
        for resource in template_of(pipeline)["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    names = [policy["ManagedPolicyName"] for policy in policies]
    assert names == ["deploy-models", "deploy-models-2"]
    ci = pipeline.resolve(role.role_name)
    assert [policy["Roles"] for policy in policies] == [[ci], [ci]]


def test_statements_hold_no_reference_but_to_partition_region_and_account() -> None:
    endpoint, pipeline = in_stacks(env=None)
    DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint])
    template = template_of(pipeline)
    (policy,) = template["Resources"].values()
    text = json.dumps(policy)
    references = {part.split('"')[0] for part in text.split('{"Ref": "')[1:]}
    assert references == {"AWS::Partition", "AWS::Region", "AWS::AccountId"}
    assert "Fn::GetAtt" not in text
    assert "Fn::ImportValue" not in text


def test_arns_have_the_partition_of_the_region() -> None:
    app = new_app()
    place = Environment(account=ACCOUNT, region="us-gov-west-1")
    image = "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/fraud:1"
    endpoint = RealtimeEndpoint(
        Stack(app, "Endpoint", env=place),
        "Fraud",
        naming=NAMING,
        model=Container(image=ContainerImage.from_registry(image)),
    )
    pipeline = Stack(app, "Pipeline", env=place)
    DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint])
    text = json.dumps(template_of(pipeline)["Resources"])
    assert '"arn:aws-us-gov:sagemaker:us-gov-west-1:123456789012:endpoint/' in text
    assert "arn:aws:" not in text


def test_an_endpoint_in_a_nested_stack_is_deployed_with_the_stack_around_it() -> None:
    app = new_app()
    parent = Stack(app, "fraud-prod", env=PLACE)
    nested = NestedStack(parent, "Inner")
    endpoint = plain(nested)
    resource = nested.nested_stack_resource
    assert resource is not None
    inner = f"fraud-prod-{parent.resolve(resource.logical_id)}-1GRP3N0TVA1LD"
    given = [item.to_json() for item in deployer_statements(endpoint)]
    policies = Policies(resolved(parent.resolve(given)))
    assert policies.allow(
        Call("cloudformation:CreateStack", arn("cloudformation", f"stack/{inner}/0f1e2d3c"))
    )
    assert not policies.allow(
        Call("cloudformation:UpdateStack", arn("cloudformation", "stack/fraud-prod/0f1e2d3c"))
    )
    made = nested.resolve(cast(iam.CfnRole, endpoint.role.node.default_child).logical_id)
    role = f"role/fraud-prod-InnerNestedSt-{made}-1GRP3N0TVA1LD"
    assert policies.allow(Call("iam:CreateRole", arn("iam", role, region="")))
    template = f"arn:aws:s3:::cdk-hnb659fds-assets-{ACCOUNT}-{REGION}/template.json"
    assert policies.allow(Call("s3:GetObject", template))


def test_the_boundary_is_on_all_roles_of_the_endpoint() -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/models"
    made = synthesize_with_deployer(plain, boundary=boundary)
    roles = [item for item in made.resources.values() if item["Type"] == "AWS::IAM::Role"]
    assert [role["Properties"]["PermissionsBoundary"] for role in roles] == [boundary]
    assert made.warnings == []


def test_a_policy_without_boundary_warns_who_deploys_decides_what_roles_may_do() -> None:
    made = synthesize_with_deployer(plain)
    (warning,) = made.warnings
    assert "pass permissions_boundary" in warning
    assert "cdk-sagemaker-inference:deployer-without-boundary" in warning


def test_a_given_role_without_policy_needs_no_boundary() -> None:
    def build(stack: Stack) -> RealtimeEndpoint:
        role = iam.Role.from_role_name(stack, "Given", "models", mutable=False)
        return RealtimeEndpoint(
            stack,
            "Fraud",
            naming=NAMING,
            model=CONTAINER,
            alarms=None,
            role=role,
            attach_execution_policy=False,
        )

    made = synthesize_with_deployer(build)
    assert made.warnings == []
    assert {item["Sid"] for document in made.documents for item in document["Statement"]} == {
        "ManageEndpoint",
        "ManageEndpointConfigs",
        "ManageModels",
        "PassRoleToSageMaker",
        "ReadBootstrapVersion",
        "ReleaseEndpoint",
    }


def test_what_is_added_later_fails_the_synth() -> None:
    app = new_app()
    endpoint = components(Stack(app, "Endpoint", env=PLACE))
    pipeline = Stack(app, "Pipeline", env=PLACE)
    DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint])
    endpoint.add_model("late", model=CONTAINER, resources=ONE_CORE)
    # The next component needs no other policy, a rule of a topic does.
    sns.Topic(endpoint, "Topic")
    with pytest.raises(RuntimeError, match="make the DeployerPolicy after all of them"):
        app.synth()


def test_problems_of_arguments_are_told_together() -> None:
    app = new_app()
    stack = Stack(app, "Endpoint", env=PLACE)
    imported = InferenceEndpoint.from_endpoint_name(stack, "Other", "other")
    endpoint = plain(stack)
    iam.User(endpoint, "User")
    lines = problems(
        lambda: DeployerPolicy(stack, "Deployer", endpoints=[cast(Any, imported), endpoint])
    )
    assert lines == [
        "DeployerPolicy 'Deployer' has 3 problems:",
        "  - endpoints[0]=ImportedEndpoint: must be an endpoint or a batch transform job of this "
        "app; imported ones are deployed elsewhere",
        "  - endpoints[1]: Endpoint/Fraud/User/Resource is of type AWS::IAM::User, and what that "
        "takes is not known here; put it beside the endpoint, and permit it beside this",
        "  - endpoints[1]: is in stack 'Endpoint', as the policy would be, which whoever deploys "
        "it by this policy could not deploy; make the policy in another stack",
    ]


@pytest.mark.parametrize("make", [deployer_statements, cdk_cli_statements])
def test_there_must_be_an_endpoint(make: Callable[[], object]) -> None:
    assert problems(make)[1:] == [
        "  - endpoints=[]: there is nothing to deploy; give at least one endpoint"
    ]


def test_a_policy_is_in_the_endpoints_account() -> None:
    app = new_app()
    endpoint = plain(Stack(app, "Endpoint", env=PLACE))
    pipeline = Stack(app, "Pipeline", env=Environment(account="999999999999", region=REGION))
    (_, line) = problems(lambda: DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint]))
    assert line == (
        "  - endpoints[0]: is in account 123456789012, and the policy in 999999999999; make it in "
        "a stack of the endpoint's account"
    )


def test_the_boundary_is_not_made_by_whom_it_bounds() -> None:
    endpoint, pipeline = in_stacks()
    boundary = iam.ManagedPolicy(
        Stack.of(endpoint),
        "Boundary",
        statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])],
    )
    (_, line) = problems(
        lambda: DeployerPolicy(
            pipeline, "Deployer", endpoints=[endpoint], permissions_boundary=boundary
        )
    )
    assert line.startswith("  - permissions_boundary: is made by an endpoint's own stack")


def test_a_boundary_of_the_pipelines_stack_is_referred_to() -> None:
    endpoint, pipeline = in_stacks()
    boundary = iam.ManagedPolicy(
        pipeline,
        "Boundary",
        statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])],
    )
    DeployerPolicy(pipeline, "Deployer", endpoints=[endpoint], permissions_boundary=boundary)
    documents = [
        resource["Properties"]["PolicyDocument"]["Statement"]
        for name, resource in template_of(pipeline)["Resources"].items()
        if name.startswith("Deployer")
    ]
    create = next(
        item for document in documents for item in document if item["Sid"] == "CreateRoles"
    )
    (reference,) = create["Condition"]["StringEquals"]["iam:PermissionsBoundary"].values()
    assert reference.startswith("Boundary")


def test_a_role_that_is_known_only_at_deployment_is_refused() -> None:
    app = new_app()
    stack = Stack(app, "Endpoint", env=PLACE)
    holder = Construct(stack, "Holder")
    topic = sns.Topic(stack, "Topic")
    role = iam.Role.from_role_arn(holder, "Given", topic.topic_arn, mutable=False)
    endpoint = RealtimeEndpoint(
        stack, "Fraud", naming=NAMING, model=CONTAINER, alarms=None, role=role
    )
    assert problems(lambda: deployer_statements(endpoint))[1] == (
        "  - endpoints[0]: role=Endpoint/Holder/Given: its ARN is known only at deployment; import "
        "it by name or ARN"
    )


@pytest.mark.parametrize("qualifier", [None, "models"])
def test_whoever_runs_the_cli_takes_the_roles_of_the_bootstrap_and_nothing_else(
    qualifier: str | None,
) -> None:
    endpoint, pipeline = in_stacks()
    (statement,) = cdk_cli_statements(endpoint, endpoint, qualifier=qualifier)
    said = statement.to_json()
    assert said["Action"] == "sts:AssumeRole"
    name = "hnb659fds" if qualifier is None else qualifier
    assert [resolved(pipeline.resolve(item)) for item in said["Resource"]] == [
        f"arn:aws:iam::{ACCOUNT}:role/cdk-{name}-{kind}-role-{ACCOUNT}-{REGION}"
        for kind in ("deploy", "file-publishing", "image-publishing", "lookup")
    ]


def with_synthesizer(synthesizer: IStackSynthesizer) -> RealtimeEndpoint:
    return plain(Stack(new_app(), "Endpoint", env=PLACE, synthesizer=synthesizer))


@pytest.mark.parametrize("make", [deployer_statements, cdk_cli_statements])
def test_a_qualifier_that_cdk_does_not_tell_must_be_said(make: Callable[..., Any]) -> None:
    endpoint = with_synthesizer(DefaultStackSynthesizer(qualifier="models"))
    assert problems(lambda: make(endpoint))[1:] == [
        "  - endpoints[0]: its stack's synthesizer does not tell its qualifier; pass qualifier"
    ]
    text = json.dumps([item.to_json() for item in make(endpoint, qualifier="models")])
    assert "models" in text
    assert "hnb659fds" not in text


@pytest.mark.parametrize("synthesizer", [CliCredentialsStackSynthesizer, BootstraplessSynthesizer])
def test_a_stack_without_roles_of_a_bootstrap_has_none_to_take(
    synthesizer: Callable[[], IStackSynthesizer],
) -> None:
    endpoint = with_synthesizer(synthesizer())
    assert problems(lambda: cdk_cli_statements(endpoint))[1:] == [
        "  - endpoints[0]: the synthesizer of stack 'Endpoint' takes no roles of a bootstrap"
    ]
    assert "ReadBootstrapVersion" not in statements_by_id(deployer_statements(endpoint))
