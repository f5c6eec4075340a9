"""A request for an endpoint, whole, so that rules can look across arguments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .environment import StackEnvironment
from .model import Container
from .naming import NamingScheme
from .network import SelectedSubnets
from .variants import InstanceVariant

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, kw_only=True)
class EndpointRequest:
    """What the user asked for, in the user's terms; plain values until it is checked.

    :param kind: class that was asked for, for the error's first line.
    :param variants: production variants, at least one.
    """

    kind: str
    naming: NamingScheme
    variants: Sequence[InstanceVariant]
    vpc: "ec2.IVpc | None" = None
    vpc_subnets: "ec2.SubnetSelection | None" = None
    security_groups: "Sequence[ec2.ISecurityGroup] | None" = None
    enable_network_isolation: bool = False
    encryption_key: "kms.IKey | kms.Key | None" = None
    role: "iam.IRole | iam.Role | None" = None
    attach_execution_policy: bool = True
    outputs: bool = False

    @property
    def containers(self) -> Iterator[tuple[str, Container]]:
        """Each container with the argument that holds it."""
        for variant in self.variants:
            yield f"{variant.prefix}model", variant.model


@dataclass(frozen=True, kw_only=True)
class PlacedRequest:
    """A request and what its place in the app says about it.

    :param request: the request.
    :param environment: partition, Region and account of the stack.
    :param subnets: the subnets that the request comes to, why there are none, or nothing without a
        VPC.
    """

    request: EndpointRequest
    environment: StackEnvironment
    subnets: SelectedSubnets | str | None = None
