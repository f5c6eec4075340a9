"""Rules about VPC, subnets and security groups."""

from collections.abc import Iterator

from ..request import PlacedRequest
from ..tokens import is_token
from .registry import Doubt, Finding, Rules, rule

SUBNETS = range(1, 17)
SECURITY_GROUPS = range(1, 6)

RULES = Rules("network")


@rule(
    RULES,
    "network-needs-vpc",
    "Subnets and security groups belong to a VPC.",
    source="api:VpcConfig",
)
def _network_needs_vpc(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    if request.vpc is not None:
        return
    for argument, value in (
        ("vpc_subnets", request.vpc_subnets),
        ("security_groups", request.security_groups),
    ):
        if value is not None:
            yield Finding(argument=argument, value=value, problem="needs vpc")


@rule(
    RULES,
    "subnets",
    "A model has 1 to 16 subnets.",
    source="api:Subnets",
)
def _subnets(placed: PlacedRequest) -> Iterator[Finding]:
    subnets = placed.subnets
    if isinstance(subnets, str):
        yield Finding(argument="vpc_subnets", value=placed.request.vpc_subnets, problem=subnets)
    elif (
        subnets is not None
        and not is_token(subnets.subnet_ids)
        and len(subnets.subnet_ids) not in SUBNETS
    ):
        yield Finding(
            argument="vpc_subnets",
            value=len(subnets.subnet_ids),
            problem="must select 1 to 16 subnets",
        )


@rule(
    RULES,
    "subnet-zones",
    "Instances spread over at least two Availability Zones.",
    source="dg:host-vpc",
    warns=Doubt.HARMLESS,
)
def _subnet_zones(placed: PlacedRequest) -> Iterator[Finding]:
    subnets = placed.subnets
    if subnets is None or isinstance(subnets, str):
        return
    zones = set(subnets.availability_zones)
    if len(zones) == 1:
        yield Finding(
            argument="vpc_subnets",
            value=len(zones),
            problem="all subnets are in one Availability Zone",
            fix="select subnets of two zones, so that the endpoint survives the loss of one",
        )


@rule(
    RULES,
    "security-groups",
    "A model has 1 to 5 security groups.",
    source="api:VpcSecurityGroupIds",
)
def _security_groups(placed: PlacedRequest) -> Iterator[Finding]:
    groups = placed.request.security_groups
    if groups is not None and len(groups) not in SECURITY_GROUPS:
        yield Finding(
            argument="security_groups",
            value=len(groups),
            problem="must be 1 to 5 groups",
            fix="leave it out for a group of the endpoint's own",
        )
