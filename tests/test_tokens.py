import pytest
from aws_cdk import Aws, Duration, Fn, Token

from cdk_sagemaker_inference.tokens import is_token

VALUES = [
    Aws.REGION,
    f"arn:aws:s3:::{Aws.ACCOUNT_ID}-models",
    Token.as_string({"Ref": "X"}),
    Token.as_number({"Ref": "X"}),
    Token.as_list({"Ref": "X"}),
    Fn.get_att("X", "Arn"),
    Duration.seconds(Token.as_number({"Ref": "Seconds"})).to_seconds(),
    "",
    "plain",
    "${NotAToken}",
    0,
    -1,
    1.5,
    -1.7e308,
    2**70,
    [],
    ["plain"],
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_agrees_with_cdk(value: object) -> None:
    expected = value is not None and Token.is_unresolved(value)
    assert is_token(value) == expected


def test_a_collection_with_one_token_is_a_token() -> None:
    assert is_token(["plain", Aws.REGION])
    assert is_token(("plain", Aws.REGION))


def test_numbers_that_no_json_can_hold_are_no_tokens() -> None:
    for value in (float("inf"), -float("inf"), float("nan")):
        assert not is_token(value)
