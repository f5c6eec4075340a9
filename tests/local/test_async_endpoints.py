"""Asynchronous endpoints tell their topics of every change."""

from __future__ import annotations

import json
from typing import Any

import pytest

VARIANT = {
    "VariantName": "main",
    "ModelName": "model",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
OUTPUT = {"S3OutputPath": "s3://out/ok", "S3FailurePath": "s3://out/failed"}


class Topics:
    """Two topics with a queue that hears both, and a role that may publish to them."""

    def __init__(self, hosting: Any) -> None:
        self.hosting = hosting
        sns, sqs = hosting.cloud.client("sns"), hosting.cloud.client("sqs")
        self.queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
        arn = "arn:aws:sqs:us-east-1:123456789012:heard"
        names = ("success", "error")
        self.success, self.error = (sns.create_topic(Name=name)["TopicArn"] for name in names)
        for topic in (self.success, self.error):
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def config(self, name: str = "config", **changes: Any) -> None:
        """An asynchronous configuration; keyword arguments change its variant."""
        topics = {"SuccessTopic": self.success, "ErrorTopic": self.error}
        output = OUTPUT | {"NotificationConfig": topics}
        client = {"MaxConcurrentInvocationsPerInstance": 4}
        self.hosting.config(
            name,
            VARIANT | changes,
            AsyncInferenceConfig={"ClientConfig": client, "OutputConfig": output},
        )

    def allow(self, *resources: str, action: str = "sns:Publish") -> None:
        statement = {"Effect": "Allow", "Action": action, "Resource": list(resources)}
        self.hosting.cloud.client("iam").put_role_policy(
            RoleName="execution",
            PolicyName="publish",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
        )

    def heard(self) -> list[str]:
        """The topics of the messages since the last time, in order of their names."""
        sqs = self.hosting.cloud.client("sqs")
        answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(json.loads(message["Body"])["TopicArn"] for message in messages)


@pytest.fixture
def topics(hosting: Any) -> Topics:
    hosting.model()
    return Topics(hosting)


def test_a_test_message_is_published_at_every_change(topics: Topics) -> None:
    topics.allow(topics.success, topics.error)
    topics.config()
    topics.config("next", InitialInstanceCount=2)
    both = sorted((topics.success, topics.error))
    assert topics.heard() == []
    topics.hosting.endpoint()
    assert topics.heard() == both
    described = topics.hosting.api.describe_endpoint(EndpointName="endpoint")
    output = described["AsyncInferenceConfig"]["OutputConfig"]
    assert output["NotificationConfig"]["ErrorTopic"] == topics.error
    assert output["S3FailurePath"] == "s3://out/failed"
    topics.hosting.update("next")
    assert topics.heard() == both
    topics.hosting.scale(0, 1)
    assert topics.heard() == both
    topics.hosting.scale(0, 3)
    assert topics.heard() == []


def test_one_topic_for_both_hears_one_message(topics: Topics) -> None:
    topics.error = topics.success
    topics.allow("*")
    topics.config()
    topics.hosting.endpoint()
    assert topics.heard() == [topics.success]


@pytest.mark.parametrize("allowed", ["arn:aws:sns:*:*:*", "arn:aws:sns:us-east-?:123456789012:*"])
def test_wildcards_allow_publishing(topics: Topics, allowed: str) -> None:
    topics.allow(allowed, action="SNS:Pub*")
    topics.config()
    topics.hosting.endpoint()


def test_an_attached_policy_allows_publishing(topics: Topics) -> None:
    iam = topics.hosting.cloud.client("iam")
    statement = {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = iam.create_policy(PolicyName="publish", PolicyDocument=document)
    iam.attach_role_policy(RoleName="execution", PolicyArn=made["Policy"]["Arn"])
    topics.config()
    topics.hosting.endpoint()


def test_a_topic_that_the_role_may_not_publish_to_is_refused(topics: Topics) -> None:
    topics.allow(topics.success)
    topics.config()
    with topics.hosting.refused(f'has "sns:Publish" permissions for topic "{topics.error}".'):
        topics.hosting.endpoint()
    assert topics.heard() == []
    assert topics.hosting.api.list_endpoints()["Endpoints"] == []


def test_a_missing_topic_is_refused_and_another_accounts_is_let_pass(topics: Topics) -> None:
    topics.allow("*")
    topics.error = "arn:aws:sns:us-east-1:123456789012:none"
    topics.config()
    with topics.hosting.refused(f"Could not find the topic {topics.error}."):
        topics.hosting.endpoint()
    topics.error = "arn:aws:sns:us-east-1:999999999999:theirs"
    topics.config("next")
    topics.hosting.endpoint("next")
    assert topics.heard() == [topics.success]
