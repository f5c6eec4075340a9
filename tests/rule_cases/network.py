"""Cases of the rules about VPC, subnets and security groups."""

from .building import KNOWN_LATER, ONE_ZONE, SEVENTEEN, TWO_ZONES, Cases, FakeVpc, More

CASES: Cases = {
    "network-needs-vpc": (
        {"vpc": FakeVpc(), "security_groups": [object()]},
        {"security_groups": [object()]},
        "needs vpc",
    ),
    "subnets": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": SEVENTEEN},
        "vpc_subnets=17: must select 1 to 16 subnets",
    ),
    "subnet-zones": (
        {"vpc": FakeVpc(), "subnets": TWO_ZONES},
        {"vpc": FakeVpc(), "subnets": ONE_ZONE},
        "all subnets are in one Availability Zone",
    ),
    "security-groups": (
        {"vpc": FakeVpc(), "security_groups": [object()] * 5},
        {"vpc": FakeVpc(), "security_groups": []},
        "security_groups=0: must be 1 to 5 groups",
    ),
}

MORE_REFUSED: More = [
    ("network-needs-vpc", {"vpc_subnets": object()}),
    ("subnets", {"vpc": FakeVpc(), "subnets": "There are no 'Private' subnet groups"}),
    ("security-groups", {"vpc": FakeVpc(), "security_groups": [object()] * 6}),
]

MORE_ACCEPTED: More = [
    ("subnets", {"vpc": FakeVpc(), "subnets": KNOWN_LATER}),
    ("subnet-zones", {"vpc": FakeVpc(), "subnets": KNOWN_LATER}),
    ("security-groups", {"vpc": FakeVpc(), "security_groups": [object()]}),
    ("security-groups", {"vpc": FakeVpc()}),
]
