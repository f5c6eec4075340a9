"""VPC, subnets and security groups of an endpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from constructs import Construct

from .acknowledgements import AMONG_THEMSELVES
from .acknowledging import acknowledge
from .environment import StackEnvironment
from .replacement import physical_name

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2


@dataclass(frozen=True, kw_only=True)
class SelectedSubnets:
    """The subnets that a request comes to.

    :param subnet_ids: ids, tokens or literals; unresolved lists have one element.
    :param availability_zones: their zones, tokens or literals.
    """

    subnet_ids: list[str]
    availability_zones: list[str]


@dataclass(frozen=True, kw_only=True)
class BoundNetwork:
    """A network in the app.

    :param subnet_ids: subnets that the instances get their network interfaces in.
    :param security_groups: groups of those interfaces.
    :param security_group_ids: their ids.
    :param subnet_account: account of the subnets in ARNs. Those of an imported VPC may be shared by
        another account, which CDK does not know; their ids are unique, so ``*`` is as exact.
    :param group_account: account of the groups in ARNs; likewise for groups of the user's.
    :param own_group: whether the group was made for the endpoint.
    """

    subnet_ids: list[str]
    security_groups: "list[ec2.ISecurityGroup]"
    security_group_ids: list[str]
    subnet_account: str
    group_account: str
    own_group: bool

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes the groups differ although their references keep their text."""
        return tuple(name for group in self.security_groups for name in physical_name(group))

    @property
    def known_group_ids(self) -> list[str]:
        """The groups' ids, without a reference to a group that every such endpoint has."""
        return [] if self.own_group else self.security_group_ids


_DEFAULT_SUBNETS: "WeakKeyDictionary[ec2.IVpc, SelectedSubnets | str]" = WeakKeyDictionary()


def select_subnets(
    vpc: "ec2.IVpc", selection: "ec2.SubnetSelection | None"
) -> SelectedSubnets | str:
    """Select subnets as CDK does: by default private ones, else isolated, else public.

    :returns: the subnets, or why CDK finds none.
    """
    if selection is None:
        # Many endpoints share a VPC.
        if vpc not in _DEFAULT_SUBNETS:
            _DEFAULT_SUBNETS[vpc] = _selected(vpc, None)
        return _DEFAULT_SUBNETS[vpc]
    return _selected(vpc, selection)


def _selected(vpc: "ec2.IVpc", selection: "ec2.SubnetSelection | None") -> SelectedSubnets | str:
    try:
        if selection is None:
            selected = vpc.select_subnets()
        else:
            selected = vpc.select_subnets(
                availability_zones=selection.availability_zones,
                one_per_az=selection.one_per_az,
                subnet_filters=selection.subnet_filters,
                subnet_group_name=selection.subnet_group_name,
                subnets=selection.subnets,
                subnet_type=selection.subnet_type,
            )
    except RuntimeError as error:  # how jsii raises what CDK throws
        return str(error).splitlines()[0]
    return SelectedSubnets(
        subnet_ids=selected.subnet_ids,
        availability_zones=selected.availability_zones,
    )


@cache
def _https() -> "tuple[ec2.IPeer, ec2.Port]":
    from aws_cdk import aws_ec2 as ec2

    return ec2.Peer.any_ipv4(), ec2.Port.tcp(443)


def bind_network(
    scope: Construct,
    environment: StackEnvironment,
    *,
    vpc: "ec2.IVpc",
    subnets: SelectedSubnets,
    security_groups: "Sequence[ec2.ISecurityGroup] | None",
    allow_https: bool,
    among_themselves: bool = False,
) -> BoundNetwork:
    """Use the user's groups, or make one that lets nothing in and only what is needed out.

    :param allow_https: SageMaker fetches something through the VPC: the artifact (Developer Guide,
        host-vpc) or the image of a private registry. The address is not known, so the rule names
        the port only.
    :param among_themselves: the instances talk to each other (Developer Guide, batch-vpc).
    """
    from aws_cdk import aws_ec2 as ec2

    own = security_groups is None
    if security_groups is None:
        group = ec2.SecurityGroup(
            scope,
            "SecurityGroup",
            vpc=vpc,
            description="SageMaker endpoint",
            allow_all_outbound=False,
        )
        if allow_https:
            anywhere, https = _https()
            group.add_egress_rule(anywhere, https, "Model artifact and image over HTTPS")
        if among_themselves:
            group.connections.allow_internally(
                ec2.Port.all_traffic(), "Instances of a job among themselves"
            )
            for child in group.node.children:
                if isinstance(child, ec2.CfnSecurityGroupIngress):
                    acknowledge(child, environment, AMONG_THEMSELVES)
        security_groups = [group]
    groups = list(security_groups)
    here = environment.account
    return BoundNetwork(
        subnet_ids=subnets.subnet_ids,
        security_groups=groups,
        security_group_ids=[group.security_group_id for group in groups],
        subnet_account=here if isinstance(vpc, ec2.Vpc) else "*",
        own_group=own,
        group_account=here if own or isinstance(vpc, ec2.Vpc) else "*",
    )
