"""What it takes to deploy the resources of one endpoint, as IAM statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import deployer_actions as actions
from .deployer_actions import MANAGED_TYPES
from .deployer_names import Resource
from .scaling import SERVICE_NAMESPACE, ScalableDimension

_SERVICE_LINKED_ROLE = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
_SCALING_SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
_ROLE_OF: Mapping[str, tuple[str, str, str]] = {
    "AWS::Lambda::Function": ("lambda", "PassRolesToLambda", "role"),
    "AWS::Scheduler::Schedule": ("scheduler", "PassRolesToScheduler", "target"),
    "AWS::StepFunctions::StateMachine": ("states", "PassRolesToStepFunctions", "role_arn"),
}
"""By type: the service that gets a role, what the statement is called, and what holds the role."""


@dataclass(frozen=True, kw_only=True)
class Deployable:
    """What of an endpoint or a job the deployment comes to.

    :param name: what names of alarms and components begin with.
    :param qualifier: of the bootstrap that it is deployed by, if it is by one.
    :param resources: everything that it consists of.
    :param roles: ARN patterns of the roles that are made for it.
    :param given_role: ARN pattern of the user's own execution role.
    :param attaches: whether a policy is attached to that.
    """

    name: str
    qualifier: str | None
    resources: Sequence[Resource]
    given_role: str | None
    attaches: bool

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of some types."""
        return [resource for resource in self.resources if resource.type in types]

    def arns(self, *types: str) -> list[str]:
        """ARN patterns of the resources of some types."""
        return [
            arn
            for resource in self.of_type(*types)
            for arn in resource.arns(MANAGED_TYPES[resource.type], prefix=self.name)
        ]

    def role_arns(self, *logical_ids: str) -> list[str]:
        """ARN patterns of some of its own roles; of all without an argument."""
        return [
            arn
            for resource in self.of_type("AWS::IAM::Role")
            if not logical_ids or resource.logical_id in logical_ids
            for arn in resource.arns(MANAGED_TYPES[resource.type], prefix=self.name)
        ]


class Statements:
    """Statements by what they allow, so that several endpoints share them."""

    def __init__(self) -> None:
        """Begin without any."""
        self._resources: dict[str, dict[str, None]] = {}
        self._heads: dict[str, dict[str, Any]] = {}

    def allow(
        self,
        sid: str,
        allowed: Sequence[str],
        resources: Iterable[str],
        condition: Mapping[str, Any] | None = None,
    ) -> None:
        """Allow actions on resources; nothing without resources."""
        head: dict[str, Any] = {"Effect": "Allow", "Action": list(allowed)}
        if condition is not None:
            head["Condition"] = condition
        wanted = dict.fromkeys(resources)
        if not wanted:
            return
        name, number = sid, 1
        while self._heads.setdefault(name, head) != head:
            number += 1
            name = f"{sid}{number}"
        self._resources.setdefault(name, {}).update(wanted)

    @property
    def documents(self) -> list[dict[str, Any]]:
        """All statements."""
        return [
            {"Sid": sid, **head, "Resource": list(self._resources[sid])}
            for sid, head in self._heads.items()
        ]


def add_statements(
    statements: Statements, deployable: Deployable, *, boundary_arn: str | None
) -> None:
    """Allow what CloudFormation does for one endpoint or job."""
    for resource in deployable.resources:
        managed = MANAGED_TYPES[resource.type]
        if managed.actions:
            arns = resource.arns(managed, prefix=deployable.name)
            statements.allow(managed.sid, managed.actions, arns)
        if managed.unscoped:
            statements.allow(f"{managed.sid}InGeneral", managed.unscoped, ["*"])
    _release(statements, deployable)
    _scale(statements, deployable)
    _manage_permissions(statements, deployable, boundary_arn)
    _pass_roles(statements, deployable)
    _run_jobs(statements, deployable)
    _manage_network(statements, deployable)
    _read_bootstrap(statements, deployable)
    _manage_nested_stacks(statements, deployable)


def _release(statements: Statements, deployable: Deployable) -> None:
    """SageMaker's calls that need more than the resource itself."""
    endpoints = deployable.arns("AWS::SageMaker::Endpoint")
    configs = deployable.arns("AWS::SageMaker::EndpointConfig")
    components = deployable.arns("AWS::SageMaker::InferenceComponent")
    statements.allow("ReleaseEndpoint", actions.RELEASE_ENDPOINT, [*endpoints, *configs])
    if components:
        statements.allow(
            "CreateInferenceComponents", actions.CREATE_COMPONENT, [*endpoints, *components]
        )
    for resource in deployable.of_type("AWS::SageMaker::Model"):
        every = resource.environment.arn("sagemaker", "model-package/*")
        packages = [every if name is None else name for name in _model_packages(resource)]
        if packages:
            models = resource.arns(MANAGED_TYPES[resource.type], prefix=deployable.name)
            statements.allow(
                "MakeModelsOfPackages", actions.MAKE_MODEL_OF_PACKAGE, [*models, *packages]
            )
            statements.allow("ReadModelPackages", actions.READ_MODEL_PACKAGE, packages)
    for resource in deployable.of_type("AWS::SageMaker::EndpointConfig"):
        key = resource.property("kms_key_id")
        if key is None:
            continue
        # A key of the app's is known only at deployment, which is too late for this policy.
        known = resource.known(key)
        arn = resource.environment.arn("kms", "key/*") if known is None else known
        create, describe = actions.USE_KEY_THROUGH_SAGEMAKER
        statements.allow(
            "GrantVolumeKey", [create], [arn], {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        )
        statements.allow("DescribeVolumeKey", [describe], [arn])


def _model_packages(model: Resource) -> Iterator[str | None]:
    """ARNs of the packages that a model is made of, ``None`` for one that is not known yet."""
    several = model.property("containers")
    for container in [model.property("primary_container"), *([] if several is None else several)]:
        if container is not None and "modelPackageName" in container:
            yield model.known(container["modelPackageName"])


def _scale(statements: Statements, deployable: Deployable) -> None:
    targets = deployable.of_type("AWS::ApplicationAutoScaling::ScalableTarget")
    if not targets:
        return
    environment = targets[0].environment
    dimensions = sorted({str(target.property("scalable_dimension")) for target in targets})
    all_targets = environment.arn("application-autoscaling", "scalable-target/*")
    statements.allow(
        "Scale",
        actions.SCALE,
        [all_targets],
        {
            "StringEquals": {
                "application-autoscaling:service-namespace": SERVICE_NAMESPACE,
                "application-autoscaling:scalable-dimension": dimensions,
            }
        },
    )
    statements.allow("TagScalableTargets", actions.TAG_SCALABLE_TARGETS, [all_targets])
    statements.allow("DescribeScaling", actions.DESCRIBE_SCALING, ["*"])
    # How Application Auto Scaling calls its alarms: after what they scale.
    tracking = {
        f"alarm:TargetTracking-inference-component/{deployable.name}-*"
        if dimension == ScalableDimension.COPY_COUNT.value
        else f"alarm:TargetTracking-endpoint/{deployable.name}/variant/*"
        for dimension in dimensions
    }
    statements.allow(
        "TrackTargets",
        actions.TRACK_TARGETS,
        [environment.arn("cloudwatch", alarm) for alarm in sorted(tracking)],
    )
    role = f"role/aws-service-role/{_SCALING_SERVICE}/{_SERVICE_LINKED_ROLE}"
    statements.allow(
        "CreateServiceLinkedRole",
        ["iam:CreateServiceLinkedRole"],
        [environment.arn("iam", role, region="")],
        {"StringEquals": {"iam:AWSServiceName": _SCALING_SERVICE}},
    )


def _manage_permissions(
    statements: Statements, deployable: Deployable, boundary_arn: str | None
) -> None:
    """Roles, and what may be attached to them: this endpoint's policies and nothing else."""
    roles = deployable.role_arns()
    bounded = {} if boundary_arn is None else {"iam:PermissionsBoundary": boundary_arn}
    with_boundary = {"StringEquals": bounded} if bounded else None
    statements.allow("CreateRoles", actions.CREATE_ROLE, roles, with_boundary)
    if bounded:
        statements.allow("BoundRoles", actions.CHANGE_BOUNDARY, roles, with_boundary)
    attachable = [
        *deployable.arns("AWS::IAM::ManagedPolicy"),
        *(
            arn
            for role in deployable.of_type("AWS::IAM::Role")
            for arn in map(role.known, _items(role.property("managed_policy_arns")))
            if arn is not None
        ),
    ]
    if deployable.attaches and deployable.given_role is not None:
        roles = [*roles, deployable.given_role]
    if attachable:
        statements.allow(
            "AttachPolicies",
            actions.ATTACH_POLICY,
            roles,
            {"ArnLike": {"iam:PolicyARN": list(dict.fromkeys(attachable))}}
            | ({"StringEquals": bounded} if bounded else {}),
        )
    inline = [
        item["Ref"]
        for policy in deployable.of_type("AWS::IAM::Policy")
        for item in _items(policy.property("roles"))
        if isinstance(item, dict)
    ]
    if inline:
        arns = deployable.role_arns(*inline)
        statements.allow("PutInlinePolicies", actions.PUT_INLINE_POLICY, arns, with_boundary)


def _items(value: Any) -> list[Any]:
    return [] if value is None else list(value)


def _pass_roles(statements: Statements, deployable: Deployable) -> None:
    """Each role to the service that takes it, and to no other."""
    own = {resource.logical_id for resource in deployable.of_type("AWS::IAM::Role")}
    for resource in deployable.of_type("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"):
        role = resource.property("execution_role_arn")
        if role is None:
            continue
        logical_id = _referred(role)
        passed = (
            deployable.role_arns(logical_id)
            if logical_id is not None and logical_id in own
            else _items(None if deployable.given_role is None else [deployable.given_role])
        )
        _pass(statements, "PassRoleToSageMaker", "sagemaker", passed)
    for resource in deployable.resources:
        if resource.type not in _ROLE_OF:
            continue
        service, sid, attribute = _ROLE_OF[resource.type]
        given = resource.property(attribute)
        logical_id = _referred(given["roleArn"] if attribute == "target" else given)
        if logical_id is not None:
            _pass(statements, sid, service, deployable.role_arns(logical_id))


def _pass(statements: Statements, sid: str, service: str, arns: Sequence[str]) -> None:
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    statements.allow(sid, ["iam:PassRole"], arns, condition)


def _referred(value: object) -> str | None:
    """Logical id in a reference to an ARN."""
    match value:
        case {"Fn::GetAtt": [str(logical_id), "Arn"]}:
            return logical_id
        case _:
            return None


def _run_jobs(statements: Statements, deployable: Deployable) -> None:
    functions = deployable.of_type("AWS::Lambda::Function")
    managed = MANAGED_TYPES["AWS::Lambda::Function"]
    if deployable.of_type("Custom::SageMakerTransformJob"):
        called = [
            # What CDK's provider framework makes CloudFormation call.
            arn
            for function in functions
            if "/framework-onEvent/" in function.cfn.node.path
            for arn in function.arns(managed, prefix=deployable.name)
        ]
        statements.allow("RunJob", actions.RUN_JOB, called)
    for function in functions:
        bucket = function.known(function.property("code")["s3Bucket"])
        # Always known: the bootstrap's.
        assert bucket is not None
        statements.allow(
            "ReadAssets", actions.READ_ASSETS, [function.environment.object_arn(f"{bucket}/*")]
        )


def _manage_network(statements: Statements, deployable: Deployable) -> None:
    groups = deployable.of_type("AWS::EC2::SecurityGroup")
    in_vpc = [
        model
        for model in deployable.of_type("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig")
        if model.property("vpc_config") is not None
    ]
    if groups or in_vpc:
        statements.allow("DescribeNetwork", actions.DESCRIBE_NETWORK, ["*"])
    for group in groups:
        environment = group.environment
        vpc = group.known(group.property("vpc_id"))
        # The VPC may be shared by another account; its id is unique.
        known = None if vpc is None else environment.arn("ec2", f"vpc/{vpc}", account="*")
        all_groups = environment.arn("ec2", "security-group/*")
        all_vpcs = environment.arn("ec2", "vpc/*")
        statements.allow(
            "CreateSecurityGroups",
            actions.CREATE_SECURITY_GROUPS,
            [all_groups, all_vpcs if known is None else known],
        )
        statements.allow("TagSecurityGroups", actions.TAG_SECURITY_GROUPS, [all_groups])
        statements.allow(
            "ManageSecurityGroups",
            actions.MANAGE_SECURITY_GROUPS,
            [all_groups],
            None if known is None else {"ArnLike": {"ec2:Vpc": known}},
        )


def _read_bootstrap(statements: Statements, deployable: Deployable) -> None:
    """Let CloudFormation read the bootstrap's version, a parameter of CDK's templates."""
    if deployable.qualifier is not None:
        environment = deployable.resources[0].environment
        parameter = f"parameter/cdk-bootstrap/{deployable.qualifier}/version"
        statements.allow(
            "ReadBootstrapVersion", ["ssm:GetParameters"], [environment.arn("ssm", parameter)]
        )


def _manage_nested_stacks(statements: Statements, deployable: Deployable) -> None:
    """A nested stack is a resource of the stack around it, with its template among the assets."""
    stack = deployable.resources[0].stack
    while stack.nested_stack_parent is not None and stack.nested_stack_resource is not None:
        nested = Resource.of(stack.nested_stack_resource)
        name = nested.stack_name.generated(nested.logical_id, actions.STACK_NAME_LENGTH)
        statements.allow(
            "ManageNestedStacks",
            actions.MANAGE_NESTED_STACKS,
            [nested.environment.arn("cloudformation", f"stack/{name}")],
        )
        environment, qualifier = nested.environment, deployable.qualifier
        if qualifier is not None:
            assets = f"cdk-{qualifier}-assets-{environment.account}-{environment.region}/*"
            statements.allow("ReadAssets", actions.READ_ASSETS, [environment.object_arn(assets)])
        stack = stack.nested_stack_parent


def statements_of(
    deployables: Iterable[Deployable], boundary_arn: str | None
) -> list[dict[str, Any]]:
    """All statements for several endpoints and jobs."""
    statements = Statements()
    for deployable in deployables:
        add_statements(statements, deployable, boundary_arn=boundary_arn)
    return statements.documents
