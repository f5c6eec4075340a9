"""What a pipeline may do: all that CloudFormation calls, and little else."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import boto3
import pytest
from aws_cdk import App, Stack
from moto import mock_aws

from cdk_sagemaker_inference import DeployerPolicy, RealtimeEndpoint
from deployer_forms import FORMS, PACKAGE, ROLE_ARN
from deployer_refusals import ADMINISTRATOR, ALWAYS_REFUSED
from deployer_support import (
    KEY,
    NOT_USED,
    PLACE,
    REGION,
    STACK,
    VPC_ID,
    Calls,
    Rehearsed,
    arn,
    generated,
    parliament,
    resolved,
    synthesize_with_deployer,
)
from local.extension import install
from policy_evaluation import Call
from support import CONTAINER, NAMING

Covers = Callable[[str, str], None]

LONG_STACK = "a-team-with-a-long-name-fraud-detection-production"
BOUNDARY = "arn:aws:iam::123456789012:policy/models"
BOUNDED = {"iam:PermissionsBoundary": BOUNDARY}
MAX_POLICY_LENGTH = 6144


@functools.cache
def rehearsed(form: str, stack_name: str = STACK, boundary: str | None = None) -> Rehearsed:
    return synthesize_with_deployer(FORMS[form], stack_name=stack_name, boundary=boundary)


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """A scope of its own keeps the tests of a form, and so its template, in one process."""
    return str(request.param)


def said(call: Call) -> str:
    context = ", ".join(f"{key}={value}" for key, value in sorted(call.context.items()))
    return f"{call.action} {call.resource} {context}".strip()


def sids(made: Rehearsed) -> set[str]:
    return {item["Sid"] for document in made.documents for item in document["Statement"]}


def check_deployment(made: Rehearsed, what: str, covers: Covers, **boundary: str) -> None:
    calls = Calls(made, **boundary).all()
    assert [said(call) for call in calls if not made.policies.allow(call)] == []
    for call in calls:
        covers("deployer calls allowed", f"{what}: {said(call)}")


def test_every_call_of_a_deployment_is_allowed(form: str, covers: Covers) -> None:
    check_deployment(rehearsed(form), form, covers)


# Only these have names that come to be too long.
@pytest.mark.parametrize("with_functions", ["batch", "asynchronous"])
def test_calls_on_names_that_cloudformation_cuts_are_allowed(
    with_functions: str, covers: Covers
) -> None:
    made = rehearsed(with_functions, LONG_STACK)
    check_deployment(made, f"long {with_functions}", covers)


@pytest.mark.parametrize("bounded", ["batch", "realtime"])
def test_every_call_of_a_deployment_with_a_boundary_is_allowed(
    bounded: str, covers: Covers
) -> None:
    made = rehearsed(bounded, STACK, BOUNDARY)
    check_deployment(made, f"bounded {bounded}", covers, boundary=BOUNDARY)


def test_calls_on_what_is_not_the_endpoints_are_refused(form: str, covers: Covers) -> None:
    made = rehearsed(form)
    assert [said(call) for call in ALWAYS_REFUSED if made.policies.allow(call)] == []
    for call in ALWAYS_REFUSED:
        covers("deployer calls refused", f"{form}: {said(call)}")


def own(made: Rehearsed, kind: str) -> list[str]:
    """ARNs of the endpoint's own resources of a type."""
    calls = Calls(made)
    return [
        calls.arn(logical_id)
        for logical_id, resource in made.resources.items()
        if resource["Type"] == kind and logical_id.startswith("Fraud")
    ]


def test_own_roles_are_passed_to_their_service_and_given_their_policies_only(
    form: str, covers: Covers
) -> None:
    made = rehearsed(form)
    passable = {
        call.context["iam:PassedToService"]: call.resource
        for call in Calls(made).all()
        if call.action == "iam:PassRole"
    }
    services = ["sagemaker", "lambda", "states", "scheduler", "ec2", "ecs-tasks", "glue"]
    roles = own(made, "AWS::IAM::Role")
    attached = {
        (call.resource, call.context["iam:PolicyARN"])
        for call in Calls(made).all()
        if call.action == "iam:AttachRolePolicy"
    }
    inline = {call.resource for call in Calls(made).all() if call.action == "iam:PutRolePolicy"}
    refused = [
        *(
            Call("iam:PassRole", role, {"iam:PassedToService": f"{service}.amazonaws.com"})
            for role in roles
            for service in services
            if passable.get(f"{service}.amazonaws.com") is None or service in ("ec2", "glue")
        ),
        *(Call("iam:PassRole", role) for role in roles),
        *(Call("sts:AssumeRole", role) for role in roles),
        *(
            Call("iam:AttachRolePolicy", role, {"iam:PolicyARN": policy})
            for role in roles
            for policy in (ADMINISTRATOR, BOUNDARY, arn("iam", "policy/mine", region=""))
        ),
        *(Call("iam:PutRolePolicy", role) for role in roles if role not in inline),
        *(Call("iam:DeleteRolePermissionsBoundary", role) for role in roles),
        *(Call("iam:PutRolePermissionsBoundary", role, BOUNDED) for role in roles),
        *(
            Call("iam:AttachRolePolicy", arn("iam", "role/Admin", region=""), context)
            for _, policy in attached
            for context in [{"iam:PolicyARN": policy}]
        ),
        *(
            Call(f"iam:{verb}", policy)
            for verb in ("SetDefaultPolicyVersion", "TagPolicy")
            for policy in own(made, "AWS::IAM::ManagedPolicy")
        ),
    ]
    assert [said(call) for call in refused if made.policies.allow(call)] == []
    for call in refused:
        covers("deployer calls refused", f"{form}: {said(call)}")


@pytest.mark.parametrize("bounded", ["batch", "realtime"])
def test_nothing_gets_round_the_permissions_boundary(bounded: str, covers: Covers) -> None:
    made = rehearsed(bounded, STACK, BOUNDARY)
    other = {"iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/wide"}
    refused = [
        *(
            Call(call.action, call.resource, {**call.context, **boundary})
            for call in Calls(made).all()
            for boundary in ({}, other)
            if call.action in ("iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy")
        ),
        *(
            Call(action, role, boundary)
            for role in own(made, "AWS::IAM::Role")
            for action, boundary in [
                ("iam:PutRolePermissionsBoundary", other),
                ("iam:DeleteRolePermissionsBoundary", BOUNDED),
                ("iam:DeleteRolePermissionsBoundary", {}),
            ]
        ),
        *(
            Call(f"iam:{verb}", BOUNDARY)
            for verb in ("CreatePolicyVersion", "DeletePolicy", "SetDefaultPolicyVersion")
        ),
    ]
    assert [said(call) for call in refused if made.policies.allow(call)] == []
    for call in refused:
        covers("deployer calls refused", f"bounded {bounded}: {said(call)}")


NEXT_RELEASE = {
    "realtime": [
        ("sagemaker:CreateModel", "model/rc-project-a-fraud-v4-0badcafe"),
        ("sagemaker:DeleteModel", "model/rc-project-a-fraud-v20261121-0badcafe"),
        ("sagemaker:CreateEndpointConfig", "endpoint-config/rc-project-a-fraud-config-0badcafe"),
        ("sagemaker:UpdateEndpoint", "endpoint-config/rc-project-a-fraud-config-0badcafe"),
    ],
    "components": [
        ("sagemaker:CreateInferenceComponent", "inference-component/rc-project-a-fraud-ep-new"),
        ("sagemaker:DeleteInferenceComponent", "inference-component/rc-project-a-fraud-ep-cards"),
    ],
}


@pytest.mark.parametrize("released", NEXT_RELEASE)
def test_the_next_release_needs_no_other_policy(released: str, covers: Covers) -> None:
    made = rehearsed(released)
    calls = [Call(action, arn("sagemaker", name)) for action, name in NEXT_RELEASE[released]]
    calls.append(
        Call("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:rc-project-a-fraud-ep-New-Any"))
    )
    assert [said(call) for call in calls if not made.policies.allow(call)] == []
    for call in calls:
        covers("deployer calls allowed", f"{released}, next release: {said(call)}")


ENDPOINT = {
    "ManageEndpoint",
    "ManageEndpointConfigs",
    "ManageModels",
    "ReleaseEndpoint",
    "PassRoleToSageMaker",
    "ReadBootstrapVersion",
}
ROLES = {"ManageRoles", "ManagePolicies", "CreateRoles", "AttachPolicies"}
SCALING = {
    "Scale",
    "DescribeScaling",
    "TagScalableTargets",
    "TrackTargets",
    "CreateServiceLinkedRole",
}
GROUPS = {"CreateSecurityGroups", "ManageSecurityGroups", "TagSecurityGroups", "DescribeNetwork"}
KEYS = {"GrantVolumeKey", "DescribeVolumeKey"}


STATEMENTS: Mapping[str, set[str]] = {
    "plain": ENDPOINT | ROLES,
    "serverless": ENDPOINT | ROLES | SCALING | {"ManageAlarms"},
    "multi-model": ENDPOINT | ROLES | {"ManageAlarms"},
    "realtime": ENDPOINT | ROLES | SCALING | GROUPS | KEYS | {"ManageAlarms", "ManageDashboard"},
    "asynchronous": ENDPOINT | ROLES | SCALING | GROUPS | KEYS | {"ManageAlarms", "ManageTopics"},
    "components": ENDPOINT
    | ROLES
    | SCALING
    | GROUPS
    | {"ManageAlarms", "ManageInferenceComponents", "CreateInferenceComponents"},
    "batch": ENDPOINT - {"ManageEndpoint", "ManageEndpointConfigs", "ReleaseEndpoint"}
    | ROLES
    | GROUPS
    | {
        "ManageAlarms",
        "ManageFunctions",
        "ManageLogGroups",
        "ManageLogGroupsInGeneral",
        "ManageQueues",
        "ManageRules",
        "ManageSchedules",
        "ManageStateMachines",
        "PassRolesToLambda",
        "PassRolesToScheduler",
        "PassRolesToStepFunctions",
        "PutInlinePolicies",
        "ReadAssets",
        "RunJob",
    },
    "package": ENDPOINT
    | {"ManagePolicies", "AttachPolicies", "MakeModelsOfPackages", "ReadModelPackages"},
    "own role": ENDPOINT | {"ManagePolicies", "AttachPolicies"},
}


def test_there_is_a_statement_for_each_need_and_for_nothing_else(form: str) -> None:
    assert sids(rehearsed(form)) == STATEMENTS[form]


def test_a_known_vpc_and_a_known_key_narrow_the_statements() -> None:
    made = rehearsed("realtime")
    group = arn("ec2", "security-group/sg-0123456789abcdef0")
    ours, other = (arn("ec2", f"vpc/{name}") for name in (VPC_ID, "vpc-00000000000000000"))
    allowed = made.policies.allow
    assert allowed(Call("ec2:DeleteSecurityGroup", group, {"ec2:Vpc": ours}))
    assert not allowed(Call("ec2:DeleteSecurityGroup", group, {"ec2:Vpc": other}))
    assert not allowed(Call("ec2:CreateSecurityGroup", other))
    through_service = {"kms:GrantIsForAWSResource": "true"}
    assert allowed(Call("kms:CreateGrant", KEY, through_service))
    assert not allowed(Call("kms:CreateGrant", f"{KEY[:-1]}0", through_service))


def test_a_vpc_and_a_key_of_the_app_leave_those_of_the_account_and_region() -> None:
    made = rehearsed("asynchronous")
    group = arn("ec2", "security-group/sg-0123456789abcdef0")
    assert made.policies.allow(Call("ec2:DeleteSecurityGroup", group))
    elsewhere = group.replace(REGION, "us-east-1")
    assert not made.policies.allow(Call("ec2:DeleteSecurityGroup", elsewhere))
    assert not made.policies.allow(Call("kms:CreateGrant", KEY))


def test_a_model_package_and_a_given_role_are_used_by_their_arns() -> None:
    made = rehearsed("package")
    to_sagemaker = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    assert made.policies.allow(Call("iam:PassRole", ROLE_ARN, to_sagemaker))
    assert not made.policies.allow(Call("iam:PassRole", f"{ROLE_ARN}2", to_sagemaker))
    assert made.policies.allow(Call("sagemaker:CreateModel", PACKAGE))
    assert not made.policies.allow(Call("sagemaker:CreateModel", PACKAGE.replace("/3", "/4")))


def test_every_permission_that_is_left_out_has_one_reason(form: str) -> None:
    listed = [action for actions in NOT_USED.values() for action in actions]
    assert sorted(listed) == sorted(set(listed))
    allowed = {
        action
        for document in rehearsed(form).documents
        for item in document["Statement"]
        for action in as_list(item["Action"])
    }
    assert allowed & set(listed) == set()


WITHOUT_RESOURCE = {"DescribeNetwork", "DescribeScaling", "ManageLogGroupsInGeneral"}


def test_no_action_is_a_wildcard_and_only_actions_without_resource_have_a_star(form: str) -> None:
    for document in rehearsed(form).documents:
        for item in document["Statement"]:
            assert "*" not in json.dumps(item["Action"]), item
            if item["Resource"] == "*":
                assert item["Sid"] in WITHOUT_RESOURCE


def characters(document: object) -> int:
    """How IAM counts: without white space."""
    return len(json.dumps(document, separators=(",", ":")))


def test_policies_are_no_longer_than_iam_takes(form: str) -> None:
    for document in rehearsed(form).documents:
        assert characters(document) <= MAX_POLICY_LENGTH


def test_what_would_be_longer_is_several_policies() -> None:
    made = rehearsed("batch", LONG_STACK)
    assert len(made.documents) > 1
    for document in made.documents:
        assert characters(document) <= MAX_POLICY_LENGTH


def test_many_endpoints_share_policies_whose_long_statements_are_split() -> None:
    app = App(analytics_reporting=False)
    endpoints = []
    for number in range(40):
        stack = Stack(app, f"{STACK}-{number:02}", env=PLACE)
        naming = replace(NAMING, model=f"fraud-{number:02}")
        endpoints.append(
            RealtimeEndpoint(stack, "Fraud", naming=naming, model=CONTAINER, alarms=None)
        )
    pipeline = Stack(app, "Pipeline", env=PLACE)
    documents = DeployerPolicy(pipeline, "Deployer", endpoints=endpoints).managed_policies
    written = [resolved(pipeline.resolve(policy.document)) for policy in documents]
    assert len(written) > 1
    roles = [
        role
        for document in written
        for item in document["Statement"]
        if item["Sid"] == "CreateRoles"
        for role in as_list(item["Resource"])
    ]
    assert len(set(roles)) == 40
    assert all(characters(document) <= MAX_POLICY_LENGTH for document in written)


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


# Of 2025; parliament's list of actions is older.
KNOWN = {"UNKNOWN_ACTION Unknown action lambda:GetFunctionScalingConfig"}


def test_parliament_finds_nothing_in_the_policies(form: str) -> None:
    found = [
        f"{finding.issue} {finding.detail}"
        for document in rehearsed(form).documents
        for finding in parliament.analyze_policy_string(json.dumps(document)).findings
    ]
    assert set(found) <= KNOWN


def test_the_policies_deploy_and_allow_then_what_they_said() -> None:
    made = rehearsed("batch")
    install()
    with mock_aws():
        boto3.client("cloudformation", region_name=REGION).create_stack(
            StackName="Pipeline",
            TemplateBody=json.dumps({"Resources": made.policy_resources}),
            Capabilities=["CAPABILITY_IAM"],
        )
        # boto3-stubs has everything optional that AWS answers.
        client: Any = boto3.client("iam")
        policies = client.list_policies(Scope="Local")["Policies"]
        assert all(policy["PolicyName"].startswith("Pipeline-Deployer") for policy in policies)
        deployed = [
            client.get_policy_version(
                PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"]
            )["PolicyVersion"]["Document"]
            for policy in policies
        ]
    statements = [item for document in deployed for item in document["Statement"]]
    assert sorted(item["Sid"] for item in statements) == sorted(sids(made) | {"AttachPolicies"})


def test_names_that_cloudformation_cuts_are_told_by_what_is_left() -> None:
    """Observed for a function: 25 characters of the stack's name, 24 of the logical id."""
    name = generated("mylongerapp-playground-new", "InstancesLifecycleHandlerFunction", 64)
    assert name == "mylongerapp-playground-ne-InstancesLifecycleHandle-1GRP3N0TVA1LD"
