"""The evaluation of policies that other tests rely on, against what the IAM User Guide says."""

from typing import Any

import pytest

from deployed_template import Deployed, Elsewhere
from policy_evaluation import NO_POLICIES, Call, Policies, decide

ACCOUNT, OTHER_ACCOUNT = "123456789012", "999999999999"
JOBS = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/fraud-*"
JOB = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/fraud-1"
MODEL = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/fraud"


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
        (f"arn:aws:sagemaker:*:{ACCOUNT}:transform-job/*", True),
        (f"arn:aws:sagemaker:eu-west-?:{ACCOUNT}:transform-job/fraud-1", True),
        ([MODEL, JOBS], True),
        (MODEL, False),
        (f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/Fraud-*", False),
        (f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/fraud.1", False),
        (f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/fraud", False),
        (f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:transform-job/fraud-1?", False),
        (f"arn:aws:sagemaker:eu-west-1:{OTHER_ACCOUNT}:transform-job/*", False),
        # A wildcard at the end of a part reaches over the colons (elements_resource).
        ("arn:aws:sagemaker:*::transform-job/fraud-1", False),
        ("arn:aws:sagemaker:eu-*:*:*/fraud-1", True),
        ("arn:aws:*:*:*:*/fraud-1", True),
    ],
)
def test_resources_are_compared_with_wildcards(pattern: Any, allowed: bool) -> None:
    assert Policies([statement(Resource=pattern)]).allow(stop()) is allowed


def test_a_wildcard_in_a_resource_reaches_over_colons() -> None:
    """The User Guide's elements_resource; in conditions on ARNs it does not."""
    streams = "arn:aws:logs:eu-west-1:123456789012:log-group:/a*"
    stream = "arn:aws:logs:eu-west-1:123456789012:log-group:/ab:log-stream:1"
    assert Policies([statement(Resource=streams)]).allow(stop(stream))
    group = "arn:aws:logs:*:log-group:/ab:*"
    assert Policies([statement(Resource=group)]).allow(stop(stream))
    source = {"ArnLike": {"aws:SourceArn": group}}
    assert not Policies([statement(Condition=source)]).allow(stop(**{"aws:SourceArn": stream}))


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
        # What the service does not send meets no condition, and every negated one.
        ({"StringEquals": {"a:key": "x"}}, {}, False),
        ({"StringNotEquals": {"a:key": "x"}}, {}, True),
        ({"StringNotEquals": {"a:key": "x"}}, {"a:key": "y"}, True),
        ({"StringNotEquals": {"a:key": ["x", "y"]}}, {"a:key": "y"}, False),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "claims/1.csv"}, True),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "claims"}, False),
        ({"StringLike": {"a:key": "claims/*"}}, {"a:key": "other/claims/1.csv"}, False),
        ({"StringNotLike": {"a:key": "claims/*"}}, {"a:key": "claims/1.csv"}, False),
        ({"StringNotLike": {"a:key": "claims/*"}}, {}, True),
        ({"ArnEquals": {"a:key": MODEL}}, {"a:key": MODEL}, True),
        ({"ArnEquals": {"a:key": f"{MODEL}-*"}}, {"a:key": OTHER_MODEL}, True),
        ({"ArnEquals": {"a:key": MODEL}}, {"a:key": OTHER_MODEL}, False),
        ({"ArnLike": {"a:key": f"{MODEL}*"}}, {"a:key": OTHER_MODEL}, True),
        ({"ArnNotLike": {"a:key": f"{MODEL}*"}}, {"a:key": OTHER_MODEL}, False),
        ({"ArnNotEquals": {"a:key": MODEL}}, {"a:key": OTHER_MODEL}, True),
        ({"Bool": {"a:key": "false"}}, {"a:key": "False"}, True),
        ({"Bool": {"a:key": "false"}}, {"a:key": "true"}, False),
        ({"Bool": {"a:key": "false"}}, {}, False),
        ({"BoolIfExists": {"a:key": "false"}}, {}, True),
        ({"StringEqualsIfExists": {"a:key": "x"}}, {}, True),
        ({"StringEqualsIfExists": {"a:key": "x"}}, {"a:key": "y"}, False),
        ({"StringNotEqualsIfExists": {"a:key": "x"}}, {"a:key": "x"}, False),
        ({"Null": {"a:key": "true"}}, {}, True),
        ({"Null": {"a:key": "true"}}, {"a:key": "x"}, False),
        ({"Null": {"a:key": "false"}}, {"a:key": "x"}, True),
        ({"Null": {"a:key": "false"}}, {}, False),
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
        {"Condition": {"NumericLessThan": {"a:key": "1"}}},
        {"Condition": {"StringLike": {"a:key": "${aws:username}"}}},
        {"Resource": "arn:aws:sagemaker"},
    ],
)
def test_what_is_not_known_is_not_passed_over(elements: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        Policies([statement(**elements)]).allow(stop(**{"a:key": "x"}))


ROLE = f"arn:aws:iam::{ACCOUNT}:role/Caller"
THEIRS = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Caller"
BUCKET = "arn:aws:s3:::files/*"
GET = Call("s3:GetObject", "arn:aws:s3:::files/1", {})
ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET}


def policy(principal: Any, **elements: Any) -> Policies:
    """A resource's policy that names a principal."""
    return Policies([ALLOW | {"Principal": principal} | elements])


MAY, MAY_NOT = Policies([ALLOW]), Policies([ALLOW | {"Effect": "Deny"}])
US, THEM = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"AWS": OTHER_ACCOUNT}


@pytest.mark.parametrize(
    ("principal", "identity", "resource", "allowed"),
    [
        # Within the account one of them is enough (evaluation-logic, single account).
        (ROLE, MAY, None, True),
        (ROLE, NO_POLICIES, None, False),
        (ROLE, NO_POLICIES, policy({"AWS": ROLE}), True),
        (ROLE, NO_POLICIES, policy("*"), True),
        # The account's number lets its administrators decide.
        (ROLE, NO_POLICIES, policy(US), False),
        (ROLE, MAY, policy(US), True),
        (ROLE, MAY, policy({"AWS": THEIRS}), True),
        # Whoever denies wins.
        (ROLE, MAY_NOT, policy({"AWS": ROLE}), False),
        (ROLE, MAY, policy({"AWS": ROLE}, Effect="Deny"), False),
        (ROLE, MAY, policy({"AWS": "*"}, Effect="Deny"), False),
        (ROLE, MAY, policy(US, Effect="Deny"), False),
        (ROLE, MAY, policy({"AWS": THEIRS}, Effect="Deny"), True),
        # From another account both are needed (evaluation-logic, cross-account).
        (THEIRS, MAY, None, False),
        (THEIRS, NO_POLICIES, policy({"AWS": THEIRS}), False),
        (THEIRS, MAY, policy({"AWS": THEIRS}), True),
        (THEIRS, MAY, policy(THEM), True),
        (THEIRS, MAY, policy({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}), True),
        (THEIRS, MAY, policy("*"), True),
        (THEIRS, MAY, policy(US), False),
        (THEIRS, MAY, policy({"AWS": [THEIRS, ROLE]}), True),
        (THEIRS, MAY_NOT, policy(THEM), False),
        (THEIRS, MAY, policy(THEM, Effect="Deny"), False),
        # A service has nothing but the resource's policy.
        ("sns.amazonaws.com", NO_POLICIES, None, False),
        ("sns.amazonaws.com", NO_POLICIES, policy({"Service": "sns.amazonaws.com"}), True),
        ("sns.amazonaws.com", NO_POLICIES, policy({"Service": "sqs.amazonaws.com"}), False),
        ("sns.amazonaws.com", NO_POLICIES, policy({"AWS": ROLE}), False),
    ],
)
def test_identities_and_resources_have_a_say(
    principal: str, identity: Policies, resource: Policies | None, allowed: bool
) -> None:
    decided = decide(GET, principal=principal, owner=ACCOUNT, identity=identity, resource=resource)
    assert decided is allowed


DECRYPT = Call("kms:Decrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1")
KEYS = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}


@pytest.mark.parametrize(
    ("principal", "resource", "allowed"),
    [
        # KMS Developer Guide, key-policies: nobody may use a key whose policy does not say so.
        (ROLE, {"AWS": THEIRS}, False),
        (ROLE, {"AWS": ROLE}, True),
        (ROLE, US, True),
        (THEIRS, {"AWS": THEIRS}, True),
        (THEIRS, US, False),
    ],
)
def test_a_keys_policy_must_let_in_or_leave_it_to_the_account(
    principal: str, resource: Any, allowed: bool
) -> None:
    decided = decide(
        DECRYPT,
        principal=principal,
        owner=ACCOUNT,
        identity=Policies([KEYS]),
        resource=Policies([KEYS | {"Principal": resource}]),
    )
    assert decided is allowed


def test_a_role_is_taken_by_whom_it_trusts() -> None:
    """IAM User Guide, id_roles_terms-and-concepts: the trust policy is the role's own."""
    take = Call("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Taken")
    anything = Policies([{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}])

    def taken(trusted: Any, identity: Policies) -> bool:
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
        return decide(
            take, principal=ROLE, owner=ACCOUNT, identity=identity, resource=Policies([trust])
        )

    assert taken({"AWS": ROLE}, NO_POLICIES)
    assert taken(US, anything)
    assert not taken(US, NO_POLICIES)
    assert not taken({"Service": "sagemaker.amazonaws.com"}, anything)


def test_a_principal_that_is_not_known_is_not_passed_over() -> None:
    with pytest.raises(NotImplementedError, match="Federated"):
        decide(
            GET,
            principal=ROLE,
            owner=ACCOUNT,
            identity=NO_POLICIES,
            resource=policy({"Federated": "accounts.google.com"}),
        )


def attached(kind: str, role: Any, resource: object) -> dict[str, Any]:
    document = {"Statement": [statement(Resource=resource)]}
    return {"Type": kind, "Properties": {"Roles": [role], "PolicyDocument": document}}


def test_a_role_has_what_all_policies_say_and_a_policy_elsewhere_is_not_passed_over() -> None:
    resources = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
        "Broad": {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn"]}},
        "Queue0A1B2C3D": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "One": attached(
            "AWS::IAM::ManagedPolicy", {"Ref": "Role"}, {"Fn::GetAtt": ["Queue0A1B2C3D", "Arn"]}
        ),
        "Two": attached("AWS::IAM::Policy", {"Ref": "Role"}, {"Fn::Join": ["", [JOBS[:-1], "1"]]}),
        "Else": attached("AWS::IAM::Policy", {"Ref": "Other"}, "*"),
    }
    deployed = Deployed({"Resources": resources}, region="eu-west-1", account=ACCOUNT)
    policies = deployed.of_role("Role")
    assert policies.allow(stop(JOB))
    assert policies.allow(stop(f"arn:aws:sqs:eu-west-1:{ACCOUNT}:Queue"))
    assert not policies.allow(stop(f"{JOB}-2"))
    with pytest.raises(NotImplementedError, match="ManagedPolicyArns"):
        deployed.of_role("Broad")


def test_a_role_that_is_not_of_the_template_has_what_is_attached_by_its_name() -> None:
    resources = {"Mine": attached("AWS::IAM::ManagedPolicy", "mine", JOB)}
    deployed = Deployed({"Resources": resources}, region="eu-west-1", account=ACCOUNT)
    assert deployed.may(f"arn:aws:iam::{ACCOUNT}:role/mine", stop())
    assert not deployed.may(f"arn:aws:iam::{ACCOUNT}:role/other", stop())
    assert not deployed.may(f"arn:aws:iam::{OTHER_ACCOUNT}:role/mine", stop())


def test_a_templates_resources_have_their_policies() -> None:
    def document(principal: Any, **elements: Any) -> dict[str, Any]:
        return {"Statement": [ALLOW | {"Principal": principal} | elements]}

    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files"}},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document(THEM)},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}},
        "TopicPolicy": {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {
                "Topics": [{"Ref": "Topic"}],
                "PolicyDocument": document(
                    {"Service": "events.amazonaws.com"},
                    Action="sns:Publish",
                    Resource={"Ref": "Topic"},
                ),
            },
        },
        "Key0A1B2C3D": {
            "Type": "AWS::KMS::Key",
            "Properties": {"KeyPolicy": document(THEM, Action="kms:*", Resource="*")},
        },
    }
    deployed = Deployed({"Resources": resources}, region="eu-west-1", account=ACCOUNT)
    anything = Elsewhere(
        identities={THEIRS: [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        owners={"arn:aws:s3:::theirs": OTHER_ACCOUNT},
    )
    assert deployed.may(THEIRS, GET, anything)
    assert not deployed.may(THEIRS, Call("s3:PutObject", "arn:aws:s3:::files/1"), anything)
    assert not deployed.may(THEIRS, Call("s3:GetObject", "arn:aws:s3:::other/1"), anything)
    assert deployed.may(THEIRS, Call("s3:GetObject", "arn:aws:s3:::theirs/1"), anything)
    assert deployed.may(THEIRS, Call("kms:Decrypt", deployed.arn("Key0A1B2C3D")), anything)
    assert not deployed.may(ROLE, Call("kms:Decrypt", deployed.arn("Key0A1B2C3D")))
    publish = Call("sns:Publish", f"arn:aws:sns:eu-west-1:{ACCOUNT}:alerts")
    assert deployed.may("events.amazonaws.com", publish)
    assert not deployed.may("cloudwatch.amazonaws.com", publish)
