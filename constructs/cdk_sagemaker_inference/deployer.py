"""What a pipeline may do: the permissions to deploy, change and remove given endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import jsii
from aws_cdk import Annotations, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from .acknowledging import acknowledge_resources
from .deployer_acknowledgements import deployer_reasons
from .deployer_endpoints import (
    Bootstrap,
    Deployed,
    checked,
    deployable_of,
    is_in_stacks,
    problems_of,
    problems_of_arguments,
    problems_of_place,
    refuse,
)
from .deployer_names import outermost_stack
from .deployer_permissions import Deployable, statements_of
from .environment import StackEnvironment
from .execution_role import MAX_POLICY_LENGTH, policy_length

WITHOUT_BOUNDARY = "cdk-sagemaker-inference:deployer-without-boundary"
TOO_MANY_POLICIES = "cdk-sagemaker-inference:deployer-policies"
MAX_POLICIES_OF_ROLE = 10
"""Managed policies of a role, unless the account asked for more (IAM quotas)."""

_BOOTSTRAP_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")


def deployer_statements(
    *endpoints: Deployed,
    permissions_boundary: iam.IManagedPolicy | iam.ManagedPolicy | None = None,
    qualifier: str | None = None,
) -> list[iam.PolicyStatement]:
    """What CloudFormation must be able to do to deploy, update, roll back and remove endpoints.

    They follow what the endpoints consist of now: call it after the last ``add_model``. Names are
    narrowed to each endpoint's, with any hash and any version; a new scaling, VPC or schedule needs
    other permissions. :class:`DeployerPolicy` makes managed policies of them and has more to say.

    Example::

        role.attach_inline_policy(
            iam.Policy(stack, "Deploy", statements=deployer_statements(fraud, nightly))
        )

    :param endpoints: endpoints and batch transform jobs of this app.
    :param permissions_boundary: see :class:`DeployerPolicy`, which also applies it to the
        endpoints; here that is yours to do. Default: none.
    :param qualifier: of CDK's bootstrap; see :func:`cdk_cli_statements`.
    :returns: statements without references to the endpoints' resources, so that they can exist
        before those. Regions and accounts that the endpoints' stacks leave open become those of
        the stack that the statements are in.
    :raises ValueError: naming everything that nobody could deploy by the result.
    """
    problems = problems_of(endpoints, qualifier)
    deployables = checked("deployer_statements", endpoints, problems, qualifier)
    return _as_statements(_documents(deployables, permissions_boundary))


def cdk_cli_statements(
    *endpoints: Deployed, qualifier: str | None = None
) -> list[iam.PolicyStatement]:
    """What whoever runs ``cdk deploy`` needs himself: to take the roles of CDK's bootstrap.

    What happens then is CloudFormation's, by the bootstrap's execution role and its policies.

    Example::

        for statement in cdk_cli_statements(fraud):
            ci_role.add_to_policy(statement)

    Source: CDK Developer Guide, bootstrapping-env.

    :param endpoints: endpoints and batch transform jobs of this app, whose stacks are deployed.
    :param qualifier: qualifier of the stacks' bootstrap. Default: the stacks' own, which CDK does
        not tell for a ``DefaultStackSynthesizer`` of yours, so that it must be said for those.
    :returns: one statement for ``sts:AssumeRole`` on the bootstrap's roles.
    :raises ValueError: if a stack's synthesizer has no bootstrap, or there is no endpoint.
    """
    problems = problems_of_arguments(endpoints)
    arns: dict[str, None] = {}
    for index, endpoint in enumerate(endpoints):
        if not isinstance(endpoint, Deployed):
            continue
        stack = outermost_stack(Stack.of(endpoint))
        bootstrap = Bootstrap.of(stack, qualifier)
        if not bootstrap.used:
            problems.append(
                f"endpoints[{index}]: the synthesizer of stack {stack.stack_name!r} takes no roles "
                "of a bootstrap"
            )
        problems += [f"endpoints[{index}]: {it}" for it in bootstrap.problems]
        environment = StackEnvironment.of(stack)
        where = f"{environment.account}-{environment.region}"
        for kind in _BOOTSTRAP_ROLES:
            name = f"role/cdk-{bootstrap.qualifier}-{kind}-role-{where}"
            arns[environment.arn("iam", name, region="")] = None
    refuse("cdk_cli_statements", problems)
    return [
        iam.PolicyStatement(
            sid="TakeBootstrapRoles", actions=["sts:AssumeRole"], resources=list(arns)
        )
    ]


class DeployerPolicy(Construct):
    """Managed policies for whoever deploys given endpoints, and nothing else in the account.

    They hold what CloudFormation does with the resources of these endpoints: of the execution role
    of CDK's bootstrap (``cdk bootstrap --cloudformation-execution-policies <ARN>,…``), of a service
    role (``cdk deploy --role-arn``), or of a role that calls CloudFormation by itself. A stack's
    other resources, such as buckets, topics and keys of yours, need permissions of yours beside.

    Names are narrowed to each endpoint's, so that the next release needs no other policy: any hash,
    any version. Roles and what else CloudFormation names are told by stack and logical id, of which
    it cuts long ones: stacks of one account should differ in their first 24 characters. What is
    used for the first time, such as scaling or a VPC, must be permitted before it is deployed. A
    VPC or a key of the app's is not known before it is there, so that those statements reach the
    Region's others; import it by its id, and they do not.

    **Escalation.** Whoever may write a role's policy may do what that policy says. Roles get no
    policy but those of the endpoint itself, and are passed to one service each; yet what the
    endpoint's policies say comes with the deployment. ``permissions_boundary`` closes that: all
    roles of the endpoints get it, roles without it can be neither made nor given a policy, and it
    can be neither changed nor taken off. Roles that were deployed without it stay open until
    somebody else has deployed them with it, and so does an execution role of yours without it.

    Example::

        policy = DeployerPolicy(
            pipeline_stack,
            "Deployer",
            endpoints=[fraud, nightly],
            permissions_boundary=iam.ManagedPolicy.from_managed_policy_name(
                pipeline_stack, "Boundary", "models"
            ),
            managed_policy_name="deploy-fraud",
        )

    Everything made is a public attribute:

    * ``managed_policies``: the policies, several where one would exceed 6144 characters.
    """

    managed_policies: Sequence[iam.ManagedPolicy]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoints: Sequence[Deployed],
        roles: Sequence[iam.IRole | iam.Role] = (),
        permissions_boundary: iam.IManagedPolicy | iam.ManagedPolicy | None = None,
        managed_policy_name: str | None = None,
        qualifier: str | None = None,
    ) -> None:
        """Make the policies; make them after the last ``add_model``, or synth fails.

        :param scope: in another stack than the endpoints, of the same account: whoever deploys a
            stack with this policy could not deploy the policy.
        :param construct_id: id of the construct.
        :param endpoints: endpoints and batch transform jobs of this app.
        :param roles: roles that get the policies, all of which one role needs. Default: none.
        :param permissions_boundary: the policy that bounds all roles of the endpoints, as
            ``iam.PermissionsBoundary.of(endpoint).apply`` does. Default: none, with a warning if
            the endpoints have roles.
        :param managed_policy_name: name of the first policy, 1 to 128 letters, digits and
            ``+=,.@_-``; ``-2`` and so on are appended for more. Default: CloudFormation's.
        :param qualifier: of CDK's bootstrap; see :func:`cdk_cli_statements`.
        :raises ValueError: naming everything that nobody could deploy by these policies.
        """
        problems = [*problems_of(endpoints, qualifier), *problems_of_place(scope, endpoints)]
        if permissions_boundary is not None and is_in_stacks(permissions_boundary, endpoints):
            problems.append(
                "permissions_boundary: is made by an endpoint's own stack, and so by whoever it "
                "is to bound; make it in another stack"
            )
        kind = f"DeployerPolicy {construct_id!r}"
        deployables = checked(kind, endpoints, problems, qualifier)
        super().__init__(scope, construct_id)
        documents = _documents(deployables, permissions_boundary)
        parts = _split(documents)
        self.managed_policies = [
            iam.ManagedPolicy(
                self,
                "Policy" if number == 1 else f"Policy{number}",
                managed_policy_name=managed_policy_name
                if managed_policy_name is None or number == 1
                else f"{managed_policy_name}-{number}",
                description="What CloudFormation does to deploy SageMaker inference",
                statements=_as_statements(part),
                roles=[cast(iam.IRole, role) for role in roles],
            )
            for number, part in enumerate(parts, start=1)
        ]
        environment = StackEnvironment.of(Stack.of(self))
        for policy, part in zip(self.managed_policies, parts, strict=True):
            acknowledge_resources(policy, environment, deployer_reasons(part))
        if permissions_boundary is not None:
            for endpoint in endpoints:
                iam.PermissionsBoundary.of(endpoint).apply(permissions_boundary)
        elif any(item.role_arns() for item in deployables):
            Annotations.of(self).add_warning_v2(
                WITHOUT_BOUNDARY,
                "whoever deploys by this policy decides what the endpoints' roles may do, and so "
                "may do it himself; pass permissions_boundary",
            )
        if len(parts) > MAX_POLICIES_OF_ROLE:
            Annotations.of(self).add_warning_v2(
                TOO_MANY_POLICIES,
                f"{len(parts)} policies; a role takes {MAX_POLICIES_OF_ROLE} unless the account's "
                "quota is higher; take fewer endpoints for each deployer",
            )
        self.node.add_validation(
            cast(IValidation, _AtSynth(self, endpoints, permissions_boundary, qualifier, documents))
        )


@jsii.implements(IValidation)
class _AtSynth:
    """Looks at synth whether the endpoints are still as they were when the policy was made."""

    def __init__(
        self,
        policy: DeployerPolicy,
        endpoints: Sequence[Deployed],
        boundary: iam.IManagedPolicy | iam.ManagedPolicy | None,
        qualifier: str | None,
        documents: Sequence[Mapping[str, Any]],
    ) -> None:
        self._policy = policy
        self._endpoints = endpoints
        self._boundary = boundary
        self._qualifier = qualifier
        self._documents = documents

    def validate(self) -> list[str]:
        """Say what has changed."""
        stack = Stack.of(self._policy)
        deployables = [deployable_of(endpoint, self._qualifier) for endpoint in self._endpoints]
        now = _documents(deployables, self._boundary)
        if stack.resolve(now) == stack.resolve(self._documents):
            return []
        return [
            "an endpoint has got more resources since; make the DeployerPolicy after all of them, "
            "also after add_model and on_failed"
        ]


def _documents(
    deployables: Sequence[Deployable], boundary: iam.IManagedPolicy | iam.ManagedPolicy | None
) -> list[dict[str, Any]]:
    return statements_of(deployables, None if boundary is None else boundary.managed_policy_arn)


def _as_statements(documents: Sequence[Mapping[str, Any]]) -> list[iam.PolicyStatement]:
    return [iam.PolicyStatement.from_json(document) for document in documents]


def _split(documents: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Spread statements over as few policies as their lengths allow, in order."""
    parts: list[list[dict[str, Any]]] = [[]]
    for document in documents:
        for piece in _pieces(document):
            if parts[-1] and policy_length([*parts[-1], piece]) > MAX_POLICY_LENGTH:
                parts.append([])
            parts[-1].append(piece)
    return parts


def _pieces(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Halve a statement until each part fits into a policy; its id is unique only in a policy."""
    resources = document["Resource"]
    if policy_length([document]) <= MAX_POLICY_LENGTH or len(resources) == 1:
        return [document]
    middle = len(resources) // 2
    halves = ({**document, "Resource": half} for half in (resources[:middle], resources[middle:]))
    return [piece for half in halves for piece in _pieces(half)]
