"""Cases of the rules about the execution role."""

from .building import Cases, More, components, serverless

CASES: Cases = {
    "role-policy": (
        {"role": object(), "attach_execution_policy": False},
        {"attach_execution_policy": False},
        "attach_execution_policy=False: leaves the endpoint's own role without any permission",
    ),
}

MORE_REFUSED: More = [
    ("role-policy", serverless(attach_execution_policy=False)),
    ("role-policy", components(attach_execution_policy=False)),
]

MORE_ACCEPTED: More = [
    ("role-policy", {}),
    ("role-policy", {"role": object()}),
]
