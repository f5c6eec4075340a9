"""Which endpoints are deployed, from where, and why that may be impossible to permit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import BootstraplessSynthesizer, CfnResource, DefaultStackSynthesizer, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from .batch_transform_job import BatchTransformJob
from .deployer_actions import MANAGED_TYPES
from .deployer_names import Resource, known_text, outermost_stack, resources_below
from .deployer_permissions import Deployable
from .endpoint import DeployedEndpoint
from .environment import StackEnvironment
from .tokens import is_token

Deployed = DeployedEndpoint | BatchTransformJob


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Which bootstrap a stack is deployed by.

    :param used: whether it is by one.
    :param qualifier: its qualifier, if it is known.
    """

    used: bool
    qualifier: str | None

    @classmethod
    def of(cls, stack: Stack, said: str | None) -> "Bootstrap":
        """Ask the stack's synthesizer."""
        synthesizer = stack.synthesizer
        used = isinstance(synthesizer, DefaultStackSynthesizer) and not isinstance(
            synthesizer, BootstraplessSynthesizer
        )
        qualifier = synthesizer.bootstrap_qualifier if said is None else said
        return cls(used=used, qualifier=qualifier if used else None)

    @property
    def problems(self) -> list[str]:
        """A qualifier that must be said."""
        if not self.used or self.qualifier is not None:
            return []
        return ["its stack's synthesizer does not tell its qualifier; pass qualifier"]


def deployable_of(endpoint: Deployed, qualifier: str | None) -> Deployable:
    """What a deployment comes to for an endpoint as it is now."""
    resources = resources_below(endpoint)
    role = endpoint.role
    own = _is_below(role, endpoint)
    policy = endpoint.policy
    name = (
        endpoint.job_name_prefix
        if isinstance(endpoint, BatchTransformJob)
        else endpoint.endpoint_name
    )
    return Deployable(
        name=name,
        qualifier=Bootstrap.of(outermost_stack(Stack.of(endpoint)), qualifier).qualifier,
        resources=resources,
        given_role=None if own else _role_arn(role),
        attaches=not own and policy is not None and _is_below(policy, endpoint),
    )


def _role_arn(role: iam.IRole) -> str | None:
    """ARN pattern of a role, if it can be told before the role is there."""
    made = role.node.default_child
    if isinstance(made, CfnResource):
        return Resource.of(made).arns(MANAGED_TYPES["AWS::IAM::Role"], prefix="")[0]
    stack = Stack.of(role)
    return known_text(stack.resolve(role.role_arn), StackEnvironment.of(stack))


def _is_below(construct: IConstruct, scope: IConstruct) -> bool:
    return construct.node.path.startswith(f"{scope.node.path}/")


def is_in_stacks(
    policy: iam.IManagedPolicy | iam.ManagedPolicy, endpoints: Sequence[Deployed]
) -> bool:
    """Whether one of the endpoints' stacks makes a policy."""
    made = isinstance(policy, iam.ManagedPolicy) and is_token(policy.managed_policy_arn)
    if not made:
        return False
    stack = outermost_stack(Stack.of(cast(iam.ManagedPolicy, policy))).node.path
    return any(
        outermost_stack(Stack.of(item)).node.path == stack
        for item in endpoints
        if isinstance(item, Deployed)
    )


def checked(
    kind: str, endpoints: Sequence[Deployed], problems: Sequence[str], qualifier: str | None
) -> list[Deployable]:
    """The endpoints, unless there are problems.

    :raises ValueError: with all of them.
    """
    refuse(kind, problems)
    return [deployable_of(endpoint, qualifier) for endpoint in endpoints]


def refuse(kind: str, problems: Sequence[str]) -> None:
    """Raise one ``ValueError`` with every problem, if there is any."""
    if problems:
        count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
        lines = (f"  - {problem}" for problem in problems)
        raise ValueError("\n".join([f"{kind} has {count}:", *lines]))


def problems_of_arguments(endpoints: Sequence[Deployed]) -> list[str]:
    """What is no endpoint."""
    if not endpoints:
        return ["endpoints=[]: there is nothing to deploy; give at least one endpoint"]
    return [
        f"endpoints[{index}]={type(endpoint).__name__}: must be an endpoint or a batch transform "
        "job of this app; imported ones are deployed elsewhere"
        for index, endpoint in enumerate(endpoints)
        if not isinstance(endpoint, Deployed)
    ]


def problems_of(endpoints: Sequence[Deployed], qualifier: str | None) -> list[str]:
    """Why the endpoints cannot be deployed by permissions that are made beforehand."""
    problems = problems_of_arguments(endpoints)
    for index, endpoint in enumerate(endpoints):
        if isinstance(endpoint, Deployed):
            found = [
                *_problems_of_endpoint(endpoint),
                *Bootstrap.of(outermost_stack(Stack.of(endpoint)), qualifier).problems,
            ]
            problems += [f"endpoints[{index}]: {it}" for it in found]
    return problems


def _problems_of_endpoint(endpoint: Deployed) -> Iterator[str]:
    for resource in resources_below(endpoint):
        if resource.type not in MANAGED_TYPES:
            yield (
                f"{resource.cfn.node.path} is of type {resource.type}, and what that takes is not "
                "known here; put it beside the endpoint, and permit it beside this"
            )
    if not _is_below(endpoint.role, endpoint) and _role_arn(endpoint.role) is None:
        yield (
            f"role={endpoint.role.node.path}: its ARN is known only at deployment; import it by "
            "name or ARN"
        )


def problems_of_place(scope: Construct, endpoints: Sequence[Deployed]) -> Iterator[str]:
    """Why a policy for the endpoints cannot be where it is to be made."""
    stack = outermost_stack(Stack.of(scope))
    account = StackEnvironment.of(stack).account
    for index, endpoint in enumerate(endpoints):
        if not isinstance(endpoint, Deployed):
            continue
        other = outermost_stack(Stack.of(endpoint))
        its_account = StackEnvironment.of(other).account
        if other.node.path == stack.node.path:
            yield (
                f"endpoints[{index}]: is in stack {stack.stack_name!r}, as the policy would be, "
                "which whoever deploys it by this policy could not deploy; make the policy in "
                "another stack"
            )
        elif account != its_account and not is_token(account) and not is_token(its_account):
            yield (
                f"endpoints[{index}]: is in account {its_account}, and the policy in {account}; "
                "make it in a stack of the endpoint's account"
            )
