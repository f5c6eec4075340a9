"""Rules about the execution role."""

from collections.abc import Iterator

from ..environment import ArnPlace
from ..reads import read
from ..request import EndpointRequest, PlacedRequest
from ..storage import S3Prefix
from .registry import Doubt, Finding, Rules, rule

RULES = Rules("permissions")


def _keys(request: EndpointRequest) -> Iterator[tuple[str, str]]:
    """The ARN of each key that the user gave, with its argument."""
    said: dict[str, object] = {"encryption_key": request.encryption_key}
    asked, transform = request.asynchronous, request.transform
    if request.data_capture is not None and transform is None:
        said["data_capture.encryption_key"] = request.data_capture.encryption_key
    if asked is not None:
        for argument, prefix in {
            "input": asked.input,
            "output": asked.output,
            "failures": asked.failures,
        }.items():
            if isinstance(prefix, S3Prefix):
                said[f"{argument}.encryption_key"] = prefix.encryption_key
    if transform is not None:
        said["encryption_key"] = transform.volume_key
        said["output.location.encryption_key"] = transform.output.location.encryption_key
    for argument, key in said.items():
        arn = read(key, "key_arn")
        if isinstance(arn, str):
            yield argument, arn


@rule(
    RULES,
    "key-region",
    "A KMS key is of the Region in which it encrypts.",
    source="kms:multi-region keys",
)
def _key_region(placed: PlacedRequest) -> Iterator[Finding]:
    for argument, arn in _keys(placed.request):
        if placed.environment.is_elsewhere(ArnPlace.of(arn).region):
            yield Finding(
                argument=argument,
                value=arn,
                problem=f"is not in the stack's Region {placed.environment.region}",
                fix="pass a key of that Region, or a replica of a multi-Region key there",
            )


@rule(
    RULES,
    "key-account",
    "The policy of another account's KMS key lets the execution role use it.",
    source="kms:key-policy-modifying-external-accounts",
    warns=Doubt.UNSEEN,
)
def _key_account(placed: PlacedRequest) -> Iterator[Finding]:
    account = placed.environment.account
    for argument, arn in _keys(placed.request):
        owner = ArnPlace.of(arn).account
        if placed.environment.is_foreign(owner):
            yield Finding(
                argument=argument,
                value=arn,
                problem=f"is of account {owner}, where its policy must let account {account} use "
                "it, which cannot be seen here",
            )


@rule(
    RULES,
    "role-policy",
    "Only a role of the user's can be left without the permissions that the endpoint needs.",
    source="dg:sagemaker-roles",
)
def _role_policy(placed: PlacedRequest) -> Iterator[Finding]:
    request = placed.request
    if request.role is None and not request.attach_execution_policy:
        yield Finding(
            argument="attach_execution_policy",
            value=False,
            problem="leaves the endpoint's own role without any permission",
            fix="pass role",
        )
