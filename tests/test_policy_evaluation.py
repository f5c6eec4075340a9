"""The evaluation of policies that other tests rely on."""

from typing import Any

import pytest

from policy_evaluation import Call, Deployed, Policies

JOBS = "arn:aws:sagemaker:eu-west-1:123456789012:transform-job/fraud-*"
JOB = "arn:aws:sagemaker:eu-west-1:123456789012:transform-job/fraud-1"
MODEL = "arn:aws:sagemaker:eu-west-1:123456789012:model/fraud"


def statement(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "sagemaker:StopTransformJob", "Resource": JOBS} | elements


def stop(resource: str = JOB, **context: str) -> Call:
    return Call("sagemaker:StopTransformJob", resource, context)


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (JOB, True),
        (JOBS, True),
        ("*", True),
        ("arn:aws:sagemaker:*:123456789012:transform-job/*", True),
        ("arn:aws:sagemaker:eu-west-?:123456789012:transform-job/fraud-1", True),
        ([MODEL, JOBS], True),
        (MODEL, False),
        ("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/Fraud-*", False),
        ("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/fraud.1", False),
        ("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/fraud", False),
        ("arn:aws:sagemaker:eu-west-1:123456789012:transform-job/fraud-1?", False),
        ("arn:aws:sagemaker:eu-west-1:999999999999:transform-job/*", False),
        # A wildcard stays within its part of the ARN.
        ("arn:aws:sagemaker:*:transform-job/fraud-1", False),
        ("arn:aws:*", False),
    ],
)
def test_resources_are_compared_with_wildcards(pattern: Any, allowed: bool) -> None:
    assert Policies([statement(Resource=pattern)]).allow(stop()) is allowed


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        ("sagemaker:StopTransformJob", True),
        ("SageMaker:stoptransformjob", True),
        ("sagemaker:*", True),
        ("sagemaker:Stop*", True),
        ("*", True),
        (["sagemaker:AddTags", "sagemaker:StopTransformJob"], True),
        ("sagemaker:StopTransformJobs", False),
        ("sagemaker:Stop", False),
        ("s3:*", False),
    ],
)
def test_actions_are_compared_with_wildcards(pattern: Any, allowed: bool) -> None:
    assert Policies([statement(Action=pattern)]).allow(stop()) is allowed


OTHER_MODEL = f"{MODEL}-2"


@pytest.mark.parametrize(
    ("condition", "given", "allowed"),
    [
        ({"StringEquals": {"a:key": "x"}}, {"a:key": "x"}, True),
        ({"StringEquals": {"a:key": ["w", "x"]}}, {"a:key": "x"}, True),
        ({"StringEquals": {"A:Key": "x"}}, {"a:key": "x"}, True),
        ({"StringEquals": {"a:key": "x"}}, {"a:key": "X"}, False),
        ({"StringEquals": {"a:key": "*"}}, {"a:key": "x"}, False),
        # What the service does not send meets no condition.
        ({"StringEquals": {"a:key": "x"}}, {}, False),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "claims/1.csv"}, True),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "claims"}, False),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "other/claims/1.csv"}, False),
        ({"ArnEquals": {"a:key": MODEL}}, {"a:key": MODEL}, True),
        ({"ArnEquals": {"a:key": f"{MODEL}-*"}}, {"a:key": OTHER_MODEL}, True),
        ({"ArnEquals": {"a:key": MODEL}}, {"a:key": OTHER_MODEL}, False),
        ({"ArnLike": {"a:key": f"{MODEL}*"}}, {"a:key": OTHER_MODEL}, True),
        ({"Bool": {"a:key": "false"}}, {"a:key": "False"}, True),
        ({"Bool": {"a:key": "false"}}, {"a:key": "true"}, False),
        ({"StringEquals": {"a:key": "x", "b:key": "y"}}, {"a:key": "x", "b:key": "y"}, True),
        ({"StringEquals": {"a:key": "x", "b:key": "y"}}, {"a:key": "x", "b:key": "z"}, False),
        (
            {"StringEquals": {"a:key": "x"}, "StringLike": {"a:key": "y*"}},
            {"a:key": "x"},
            False,
        ),
    ],
)
def test_conditions_are_all_met(
    condition: dict[str, Any], given: dict[str, str], allowed: bool
) -> None:
    assert Policies([statement(Condition=condition)]).allow(stop(**given)) is allowed


def test_a_deny_wins_and_nothing_said_is_nothing_allowed() -> None:
    allowing, denying = statement(), statement(Effect="Deny")
    assert not Policies([allowing, denying]).allow(stop())
    assert not Policies([denying]).allow(stop())
    assert not Policies([]).allow(stop())


def test_an_unmet_condition_of_an_allow_is_no_deny() -> None:
    """Nor is an unmet condition of a Deny an Allow."""
    conditional = statement(Condition={"StringEquals": {"a:key": "x"}})
    assert Policies([conditional, statement()]).allow(stop())
    denying = statement(Effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})
    assert Policies([denying, statement()]).allow(stop())
    assert not Policies([denying, statement()]).allow(stop(**{"aws:SecureTransport": "false"}))


@pytest.mark.parametrize(
    "elements",
    [
        {"NotAction": "s3:*"},
        {"NotResource": "*"},
        {"Condition": {"ForAnyValue:StringEquals": {"a:key": "x"}}},
        {"Condition": {"StringEqualsIfExists": {"a:key": "x"}}},
    ],
)
def test_what_is_not_known_is_not_passed_over(elements: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        Policies([statement(**elements)]).allow(stop())


def test_a_role_has_what_all_policies_say_and_a_policy_elsewhere_is_not_passed_over() -> None:
    def policy(kind: str, role: str, resource: object) -> dict[str, Any]:
        document = {"Statement": [statement(Resource=resource)]}
        properties = {"Roles": [{"Ref": role}], "PolicyDocument": document}
        return {"Type": kind, "Properties": properties}

    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Broad": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn"]}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "One": policy("AWS::IAM::ManagedPolicy", "Role", {"Fn::GetAtt": ["Queue", "Arn"]}),
        "Two": policy("AWS::IAM::Policy", "Role", {"Fn::Join": ["", [JOBS[:-1], "1"]]}),
        "Else": policy("AWS::IAM::Policy", "Other", "*"),
    }
    deployed = Deployed({"Resources": resources}, region="eu-west-1", account="123456789012")
    policies = deployed.of_role("Role")
    assert policies.allow(stop(JOB))
    assert policies.allow(stop("arn:aws:sqs:eu-west-1:123456789012:Queue"))
    assert not policies.allow(stop(f"{JOB}-2"))
    with pytest.raises(NotImplementedError, match="ManagedPolicyArns"):
        deployed.of_role("Broad")
