"""Real-time endpoints in a VPC, and those cut off from all networks."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2

from deployed_template import Elsewhere
from permissions.common import NEVER, NOTHING_MORE, SERVES, WATCH, endpoint
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, Row, Rows, Table, arn, joined


def in_vpc(stack: Stack) -> None:
    endpoint(stack, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0))


def in_shared_vpc(stack: Stack) -> None:
    """Subnets that another account shares, which CDK does not know."""
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-00000001",
        availability_zones=["eu-west-1a", "eu-west-1b"],
        private_subnet_ids=["subnet-00000001", "subnet-00000002"],
    )
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-00000001")
    endpoint(stack, vpc=vpc, security_groups=[group])


def interfaces(subnet: str, group: str, *, owner: str = ACCOUNT) -> Rows:
    """What SageMaker does to be in a VPC (Developer Guide, host-vpc)."""
    interface = arn("ec2", "network-interface/eni-1")
    return {
        "execution role": [
            Row("ec2:CreateNetworkInterface", arn("ec2", "network-interface/*")),
            Row("ec2:CreateNetworkInterface", arn("ec2", f"subnet/{subnet}", account=owner)),
            Row("ec2:CreateNetworkInterface", arn("ec2", f"security-group/{group}", account=owner)),
            Row("ec2:CreateNetworkInterfacePermission", interface),
            Row("ec2:DeleteNetworkInterface", interface),
            Row("ec2:DeleteNetworkInterfacePermission", interface),
            *(
                Row(f"ec2:Describe{what}")
                for what in (
                    "DhcpOptions",
                    "NetworkInterfaces",
                    "SecurityGroups",
                    "Subnets",
                    "VpcEndpoints",
                    "Vpcs",
                )
            ),
        ]
    }


OTHER_NETWORKS: Rows = {
    "execution role": [
        Row("ec2:CreateNetworkInterface", arn("ec2", "subnet/subnet-00000009"), "another subnet"),
        Row(
            "ec2:CreateNetworkInterface", arn("ec2", "security-group/sg-00000009"), "another group"
        ),
        Row(
            "ec2:CreateNetworkInterface",
            arn("ec2", "network-interface/*", region=OTHER_REGION),
            "another Region",
        ),
        Row(
            "ec2:DeleteNetworkInterface",
            arn("ec2", "network-interface/eni-1", account=OTHER_ACCOUNT),
            "another account's interface",
        ),
        Row("ec2:AttachNetworkInterface", arn("ec2", "network-interface/eni-1")),
        Row("ec2:ModifyNetworkInterfaceAttribute", arn("ec2", "network-interface/eni-1")),
        Row("ec2:AssignPrivateIpAddresses", arn("ec2", "network-interface/eni-1")),
        Row("ec2:AuthorizeSecurityGroupEgress", arn("ec2", "security-group/sg-00000001")),
        Row("ec2:CreateTags", arn("ec2", "network-interface/eni-1")),
        Row("ec2:DeleteSubnet", arn("ec2", "subnet/subnet-00000001")),
        Row("ec2:DescribeInstances", "*", "looking around"),
        Row("ec2:RunInstances", arn("ec2", "instance/*")),
    ]
}


def isolated(stack: Stack) -> None:
    endpoint(stack, enable_network_isolation=True)


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="real-time", capability=capability, **arguments)


TABLES = [
    table(
        "VPC",
        build=in_vpc,
        allowed=joined(
            SERVES,
            interfaces("VpcIsolatedSubnet1Subnet", "FraudSecurityGroup"),
            interfaces("VpcIsolatedSubnet2Subnet", "FraudSecurityGroup"),
        ),
        refused=joined(
            NEVER,
            {"execution role": WATCH},
            OTHER_NETWORKS,
            {
                "execution role": [
                    Row(
                        "ec2:CreateNetworkInterface",
                        arn("ec2", "subnet/VpcPublicSubnet1Subnet"),
                        "a public subnet of the VPC",
                    ),
                    Row(
                        "ec2:CreateNetworkInterface",
                        arn("ec2", "subnet/VpcIsolatedSubnet1Subnet", account=OTHER_ACCOUNT),
                        "the same id in another account",
                    ),
                ]
            },
        ),
    ),
    table(
        "VPC of another account",
        build=in_shared_vpc,
        allowed=joined(
            SERVES,
            interfaces("subnet-00000001", "sg-00000001"),
            interfaces("subnet-00000002", "sg-00000001", owner=OTHER_ACCOUNT),
        ),
        refused=joined(
            NEVER,
            {"execution role": WATCH},
            OTHER_NETWORKS,
            {
                "execution role": [
                    Row(
                        "ec2:CreateNetworkInterface",
                        arn("ec2", "subnet/subnet-00000009", account=OTHER_ACCOUNT),
                        "a subnet that is not shared",
                    ),
                    Row(
                        "ec2:CreateNetworkInterface",
                        arn("ec2", "subnet/subnet-000000011"),
                        "a subnet whose id begins alike",
                    ),
                ]
            },
        ),
        elsewhere=Elsewhere(
            # EC2 decides on shared subnets by the share, which no policy says.
            resources={
                arn("ec2", f"{kind}/{id}", account=OTHER_ACCOUNT): [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": ACCOUNT},
                        "Action": "ec2:CreateNetworkInterface",
                        "Resource": "*",
                    }
                ]
                for kind, id in (
                    ("subnet", "subnet-00000002"),
                    ("security-group", "sg-00000001"),
                    ("subnet", "subnet-00000009"),
                )
            }
        ),
    ),
    table(
        "network isolation",
        build=isolated,
        allowed=SERVES,
        refused=NOTHING_MORE,
    ),
]
