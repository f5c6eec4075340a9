"""Asynchronous endpoints: requests, answers, who hears of them, and who may send them."""

from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns

from cdk_sagemaker_inference import AsyncEndpoint, S3Prefix
from deployed_template import Elsewhere
from permissions.common import (
    CHURN,
    ENDPOINT,
    NO_CALLERS_BUSINESS,
    NOTHING_MORE,
    OTHER_ENDPOINTS,
    SERVES,
    new_key,
    taken_by_nobody_else,
    taken_by_sagemaker,
)
from permissions.rows import ACCOUNT, OTHER_ACCOUNT, Row, Rows, Table, arn, joined
from policy_evaluation import Statement
from support import CONTAINER, NAMING, caller

FILES = "arn:aws:s3:::files"
IN, OUT, FAILED = f"{FILES}/requests/1.json", f"{FILES}/answers/1.out", f"{FILES}/failures/1.err"
INVOKE = "sagemaker:InvokeEndpointAsync"
INSECURE = {"aws:SecureTransport": "false"}
FILES_KEY, ANSWERS_KEY, TOPIC_KEY = (
    arn("kms", f"key/{name}") for name in ("FilesKey", "AnswersKey", "TopicKey")
)
SUCCESS, ERROR = arn("sns", "FraudSuccessTopic"), arn("sns", "FraudErrorTopic")


def endpoint(stack: Stack, bucket: s3.IBucket, **arguments: Any) -> AsyncEndpoint:
    complete: dict[str, Any] = {
        "output": S3Prefix(bucket=bucket, prefix="answers"),
        "failures": S3Prefix(bucket=bucket, prefix="failures"),
        **arguments,
    }
    return AsyncEndpoint(
        stack,
        "Fraud",
        naming=NAMING,
        model=CONTAINER,
        alarms=None,
        input=S3Prefix(bucket=bucket, prefix="requests"),
        **complete,
    )


def files(stack: Stack, **arguments: Any) -> s3.IBucket:
    return cast(s3.IBucket, s3.Bucket(stack, "Files", bucket_name="files", **arguments))


def own_topics(stack: Stack) -> None:
    made = endpoint(stack, files(stack, enforce_ssl=True), success_topic=True, error_topic=True)
    person = caller(stack)
    made.grant_invoke(person)
    made.grant_read_results(person)


def keys(stack: Stack) -> None:
    """Keys of the bucket, of the answers and of a topic."""
    bucket = files(stack, encryption_key=new_key(stack, "FilesKey"))
    output = S3Prefix(bucket=bucket, prefix="answers", encryption_key=new_key(stack, "AnswersKey"))
    topic = sns.Topic(stack, "Topic", topic_name="alerts", master_key=new_key(stack, "TopicKey"))
    made = endpoint(stack, bucket, output=output, error_topic=topic)
    person = caller(stack)
    made.grant_invoke(person)
    made.grant_read_results(person)


def sender(stack: Stack) -> None:
    """Somebody who may send and not read."""
    endpoint(stack, files(stack)).grant_invoke(caller(stack))


THEM = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Them"


def of_another_account(stack: Stack) -> None:
    key = new_key(stack, "FilesKey")
    made = endpoint(stack, files(stack, encryption_key=key))
    them = iam.Role.from_role_arn(stack, "Them", THEM)
    made.grant_invoke(them)
    made.grant_read_results(them)


EVERYTHING: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}

# Developer Guide, async-inference-create-endpoint-prerequisites.
EXCHANGES: Rows = {
    "execution role": [
        Row("s3:GetObject", IN),
        Row("s3:GetObject", f"{FILES}/requests/2026/11/1.json"),
        Row("s3:PutObject", OUT),
        Row("s3:AbortMultipartUpload", OUT),
        Row("s3:PutObject", FAILED),
        Row("s3:AbortMultipartUpload", FAILED),
    ]
}
NOTHING_ELSE_EXCHANGED: Rows = {
    "execution role": [
        Row("s3:GetObject", f"{FILES}/requests-2/1.json", "a sibling prefix"),
        Row("s3:GetObject", f"{FILES}/x/requests/1.json", "a longer prefix"),
        Row("s3:GetObject", f"{FILES}/1.json", "outside the prefix"),
        Row("s3:GetObject", "arn:aws:s3:::files-2/requests/1.json", "another bucket"),
        Row("s3:GetObject", OUT, "reading answers"),
        Row("s3:GetObject", FAILED, "reading failures"),
        Row("s3:PutObject", IN, "sending itself requests"),
        Row("s3:PutObject", f"{FILES}/answers-2/1.out", "a sibling prefix"),
        Row("s3:PutObject", f"{FILES}/failures-2/1.err", "a sibling prefix"),
        Row("s3:PutObject", f"{FILES}/1.out", "outside the prefixes"),
        Row("s3:PutObject", "arn:aws:s3:::files-2/answers/1.out", "another bucket"),
        Row("s3:DeleteObject", IN),
        Row("s3:DeleteObject", OUT),
        Row("s3:DeleteObject", FAILED),
        Row("s3:PutObjectAcl", OUT, "letting others in"),
        Row("s3:ListBucket", FILES, "", {"s3:prefix": "requests/"}),
        Row("s3:PutBucketPolicy", FILES),
        Row(INVOKE, ENDPOINT, "calling itself"),
    ]
}
SENDS: Rows = {
    "caller": [
        Row(INVOKE, ENDPOINT),
        Row("s3:PutObject", IN),
        Row("s3:AbortMultipartUpload", IN),
    ]
}
READS: Rows = {"caller": [Row("s3:GetObject", OUT), Row("s3:GetObject", FAILED)]}
SENDS_NOTHING_ELSE: Rows = {
    "caller": [
        *OTHER_ENDPOINTS,
        *(row for row in NO_CALLERS_BUSINESS if row.action != INVOKE),
        Row(INVOKE, CHURN, "another endpoint"),
        Row(INVOKE, f"{ENDPOINT}-2", "an endpoint whose name begins alike"),
        Row(INVOKE, arn("sagemaker", "endpoint/RC-PROJECT-A-FRAUD-EP"), "upper case"),
        Row(INVOKE, ENDPOINT.replace(ACCOUNT, OTHER_ACCOUNT), "another account"),
        Row("sagemaker:InvokeEndpoint", ENDPOINT, "it does not answer at once"),
        Row("s3:PutObject", f"{FILES}/requests-2/1.json", "a sibling prefix"),
        Row("s3:PutObject", "arn:aws:s3:::files-2/requests/1.json", "another bucket"),
        Row("s3:PutObject", OUT, "forging answers"),
        Row("s3:PutObject", FAILED, "forging failures"),
        Row("s3:GetObject", IN, "reading requests of others"),
        Row("s3:DeleteObject", IN),
        Row("s3:DeleteObject", OUT),
        Row("s3:GetObject", f"{FILES}/answers-2/1.out", "a sibling prefix"),
        Row("s3:ListBucket", FILES, "", {"s3:prefix": "answers/"}),
        Row("sns:Publish", SUCCESS, "forging messages"),
        Row("sns:Subscribe", SUCCESS),
    ]
}


def table(capability: str, **arguments: Any) -> Table:
    return Table(type="asynchronous", capability=capability, **arguments)


TABLES = [
    table(
        "topics of its own",
        build=own_topics,
        allowed=joined(
            SERVES,
            EXCHANGES,
            SENDS,
            READS,
            # A message is sent at creation already (Developer Guide,
            # async-inference-create-endpoint).
            {"execution role": [Row("sns:Publish", SUCCESS), Row("sns:Publish", ERROR)]},
            taken_by_sagemaker("FraudRole"),
        ),
        refused=joined(
            NOTHING_MORE,
            NOTHING_ELSE_EXCHANGED,
            SENDS_NOTHING_ELSE,
            {
                "execution role": [
                    Row("sns:Publish", arn("sns", "FraudSuccessTopic2"), "another topic"),
                    Row("sns:Publish", SUCCESS.replace(ACCOUNT, OTHER_ACCOUNT), "another account"),
                    Row("sns:Publish", SUCCESS, "without TLS", INSECURE),
                    Row("sns:Subscribe", SUCCESS),
                    Row("sns:SetTopicAttributes", SUCCESS),
                    Row("sns:DeleteTopic", ERROR),
                    Row("s3:GetObject", IN, "without TLS", INSECURE),
                    Row("s3:PutObject", OUT, "without TLS", INSECURE),
                ],
                "caller": [
                    Row("s3:PutObject", IN, "without TLS", INSECURE),
                    Row("s3:GetObject", OUT, "without TLS", INSECURE),
                ],
                "SageMaker": [Row("sns:Publish", SUCCESS, "the role publishes")],
            },
            taken_by_nobody_else("FraudRole"),
        ),
    ),
    table(
        "keys",
        build=keys,
        allowed=joined(
            SERVES,
            EXCHANGES,
            SENDS,
            READS,
            {
                "execution role": [
                    Row("kms:Decrypt", FILES_KEY, "of requests"),
                    Row("kms:GenerateDataKey", FILES_KEY, "of failures"),
                    Row("kms:GenerateDataKey", ANSWERS_KEY),
                    Row("kms:Decrypt", ANSWERS_KEY, "parts of an upload are put together"),
                    Row("sns:Publish", arn("sns", "alerts")),
                    # SNS Developer Guide, sns-key-management.
                    Row("kms:GenerateDataKey", TOPIC_KEY),
                    Row("kms:Decrypt", TOPIC_KEY),
                ],
                "caller": [
                    Row("kms:GenerateDataKey", FILES_KEY, "of requests"),
                    Row("kms:Decrypt", FILES_KEY, "of failures"),
                    Row("kms:Decrypt", ANSWERS_KEY),
                ],
            },
        ),
        refused=joined(
            NOTHING_MORE,
            NOTHING_ELSE_EXCHANGED,
            SENDS_NOTHING_ELSE,
            {
                "execution role": [
                    *(
                        Row(f"kms:{action}", key)
                        for action in ("CreateGrant", "PutKeyPolicy", "ScheduleKeyDeletion")
                        for key in (FILES_KEY, ANSWERS_KEY, TOPIC_KEY)
                    ),
                    Row("sns:Publish", arn("sns", "alerts-2"), "another topic"),
                ],
                "caller": [
                    Row("kms:GenerateDataKey", ANSWERS_KEY, "forging answers"),
                    Row("kms:Decrypt", TOPIC_KEY),
                    Row("kms:CreateGrant", FILES_KEY),
                ],
            },
        ),
    ),
    table(
        "a caller who may not read",
        build=sender,
        allowed=SENDS,
        refused=joined(
            SENDS_NOTHING_ELSE,
            {"caller": [Row(row.action, row.resource, "not granted") for row in READS["caller"]]},
        ),
    ),
    table(
        "a caller of another account",
        build=of_another_account,
        roles={"caller of another account": THEM},
        elsewhere=Elsewhere(identities={THEM: [EVERYTHING]}),
        allowed={
            "caller of another account": [
                Row("s3:PutObject", IN),
                Row("s3:AbortMultipartUpload", IN),
                Row("s3:GetObject", OUT),
                Row("s3:GetObject", FAILED),
                Row("kms:GenerateDataKey", FILES_KEY),
                Row("kms:Decrypt", FILES_KEY),
            ]
        },
        refused={
            "caller of another account": [
                Row(INVOKE, ENDPOINT, "endpoints let no other account in"),
                Row("s3:PutObject", f"{FILES}/requests-2/1.json", "a sibling prefix"),
                Row("s3:PutObject", OUT, "forging answers"),
                Row("s3:GetObject", IN, "reading requests"),
                Row("s3:DeleteObject", IN),
                Row("s3:ListBucket", FILES),
                Row("s3:PutBucketPolicy", FILES),
                Row("kms:PutKeyPolicy", FILES_KEY),
                Row("kms:CreateGrant", FILES_KEY),
                Row("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/FraudRole"),
            ]
        },
    ),
]
