"""A request for an endpoint, whole, so that rules can look across arguments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .alarms import AlarmKind, Alarms, alarm_kinds, alarm_name
from .data_capture import DataCapture
from .deployment import DeploymentPolicy
from .environment import StackEnvironment
from .model import Container
from .naming import NamingScheme
from .network import SelectedSubnets
from .variants import InstanceVariant, ShadowVariant, VariantProperty

if TYPE_CHECKING:
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms


@dataclass(frozen=True, kw_only=True)
class EndpointRequest:
    """What the user asked for, in the user's terms; plain values until it is checked.

    :param kind: class that was asked for, for the error's first line.
    :param variants: production variants, at least one.
    :param ambiguous: arguments that were given beside ``variants``, which has them of its own.
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
    shadow: ShadowVariant | None = None
    deployment: DeploymentPolicy | None = None
    alarms: Alarms | None = None
    data_capture: DataCapture | None = None
    dashboard: "cloudwatch.Dashboard | bool | None" = False
    exclude_retained_variant_properties: Sequence[VariantProperty] = ()
    ambiguous: Sequence[str] = ()

    @property
    def shadow_variants(self) -> Sequence[InstanceVariant]:
        """The shadow variant, if there is one."""
        return [] if self.shadow is None else [InstanceVariant.of_shadow(self.shadow)]

    @property
    def all_variants(self) -> Sequence[InstanceVariant]:
        """Production variants and shadow."""
        return [*self.variants, *self.shadow_variants]

    @property
    def scales(self) -> bool:
        """Whether any variant scales by itself."""
        return any(variant.scaling is not None for variant in self.all_variants)

    @property
    def containers(self) -> Iterator[tuple[str, Container]]:
        """Each container with the argument that holds it."""
        for variant in self.all_variants:
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


def rollback_alarms(request: EndpointRequest) -> Iterator[tuple[AlarmKind, str]]:
    """The library's alarms that guard a request's deployments, with their literal names.

    A shadow's answers reach nobody, so that its alarms roll nothing back.
    """
    if request.deployment is None or not request.deployment.roll_back or request.alarms is None:
        return
    for variant in request.variants:
        for kind, _ in alarm_kinds(request.alarms, variant.instance_type):
            if kind.guards:
                yield kind, alarm_name(request.naming.endpoint_name, variant.name, kind)
