"""Cases of the rules about the execution role and keys."""

from typing import Any

from cdk_sagemaker_inference import DataCapture, TransformOutput

from .building import (
    ACCOUNT,
    REGION,
    TOKEN,
    Cases,
    FakeKey,
    More,
    asynchronous,
    components,
    prefix,
    serverless,
)
from .transform import batch

FOREIGN = "999999999999"


def capture(key: FakeKey) -> DataCapture:
    said: dict[str, Any] = {"bucket": object(), "prefix": "captured", "encryption_key": key}
    return DataCapture(**said)


CASES: Cases = {
    "key-region": (
        {"encryption_key": FakeKey()},
        {"encryption_key": FakeKey(region="us-east-1")},
        f"encryption_key='arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555'"
        f": is not in the stack's Region {REGION}; pass a key of that Region",
    ),
    "key-account": (
        {"encryption_key": FakeKey()},
        {"encryption_key": FakeKey(account=FOREIGN)},
        f": is of account {FOREIGN}, where its policy must let account {ACCOUNT} use it",
    ),
    "role-policy": (
        {"role": object(), "attach_execution_policy": False},
        {"attach_execution_policy": False},
        "attach_execution_policy=False: leaves the endpoint's own role without any permission",
    ),
}

ELSEWHERE = FakeKey(region="us-east-1")

MORE_REFUSED: More = [
    ("key-region", {"data_capture": capture(ELSEWHERE)}),
    ("key-region", asynchronous(output=prefix("answers", encryption_key=ELSEWHERE))),
    ("key-region", asynchronous(input=prefix("requests", encryption_key=ELSEWHERE))),
    ("key-region", asynchronous(failures=prefix("errors", encryption_key=ELSEWHERE))),
    ("key-region", batch(volume_key=ELSEWHERE)),
    (
        "key-region",
        batch(output=TransformOutput(location=prefix("scores", encryption_key=ELSEWHERE))),
    ),
    ("key-account", {"data_capture": capture(FakeKey(account=FOREIGN))}),
    ("role-policy", serverless(attach_execution_policy=False)),
    ("role-policy", components(attach_execution_policy=False)),
]

MORE_ACCEPTED: More = [
    ("key-region", {"encryption_key": FakeKey(region=TOKEN)}),
    ("key-region", {"encryption_key": ELSEWHERE, "region": TOKEN}),
    ("key-account", {"encryption_key": FakeKey(account=TOKEN)}),
    ("key-account", {"encryption_key": FakeKey(account=FOREIGN), "account": TOKEN}),
    ("role-policy", {}),
    ("role-policy", {"role": object()}),
]
