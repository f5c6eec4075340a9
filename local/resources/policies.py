"""Resource policies and subscriptions: types that moto has no CloudFormation handler for."""

from __future__ import annotations

import json
from typing import Any

from local.providers import Made, Properties, ResourceType, attribute_policy


def _bucket_policy(properties: Properties) -> Properties:
    return {"Bucket": properties["Bucket"], "Policy": json.dumps(properties["PolicyDocument"])}


def _subscription(properties: Properties) -> Properties:
    """Everything but the three identifying members is an attribute, as text."""
    own = {k: properties[k] for k in ("TopicArn", "Protocol", "Endpoint") if k in properties}
    rest = {k: v for k, v in properties.items() if k not in own and k != "Region"}
    request: Properties = own | {"ReturnSubscriptionArn": True}
    if rest:
        request["Attributes"] = {k: _text(v) for k, v in rest.items()}
    return request


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _subscription_arn(made: Made) -> str:
    return str(made.answer["SubscriptionArn"])


TYPES = (
    ResourceType(
        type="AWS::S3::BucketPolicy",
        service="s3",
        create="PutBucketPolicy",
        update="PutBucketPolicy",
        delete="DeleteBucketPolicy",
        ref=lambda made: str(made.properties["Bucket"]),
        identity=lambda made: {"Bucket": made.properties["Bucket"]},
        prepare=_bucket_policy,
        gone=frozenset({"NoSuchBucket", "NoSuchBucketPolicy"}),
    ),
    ResourceType(
        type="AWS::SNS::Subscription",
        service="sns",
        create="Subscribe",
        delete="Unsubscribe",
        ref=_subscription_arn,
        identity=lambda made: {"SubscriptionArn": _subscription_arn(made)},
        attributes={"Arn": _subscription_arn},
        prepare=_subscription,
        gone=frozenset({"NotFound", "NotFoundException"}),
    ),
)

POLICIES = (
    attribute_policy(
        "AWS::SNS::TopicPolicy",
        targets="Topics",
        service="sns",
        # A topic always has a policy document; deletion leaves an empty one.
        put=lambda topic, policy: (
            "set_topic_attributes",
            {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy or "{}"},
        ),
    ),
    attribute_policy(
        "AWS::SQS::QueuePolicy",
        targets="Queues",
        service="sqs",
        put=lambda queue, policy: (
            "set_queue_attributes",
            {"QueueUrl": queue, "Attributes": {"Policy": policy}},
        ),
    ),
)
