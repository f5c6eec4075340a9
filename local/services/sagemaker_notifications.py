"""The test message that SageMaker publishes to an asynchronous endpoint's topics.

It does so when the endpoint is created or updated and when its capacity changes
(dg:async-inference-create-endpoint), and the endpoint fails where it cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

from local.calls import call
from local.services.api import Refusal, Request
from local.services.neighbours import role_allows, topic_exists
from local.services.sagemaker_store import Store


def announce(store: Store, config: Request) -> None:
    """Publishes to the topics of a configuration, or refuses it if that cannot be done."""
    topics = list(dict.fromkeys(_topics(config)))
    for topic in topics:
        _check(store, _role(store, config), topic)
    for topic in topics:
        if topic_exists(store.account, topic):
            # Neither the subject nor the text that SageMaker sends is documented.
            text = "Test message from Amazon SageMaker asynchronous inference."
            call("sns", "publish", topic.split(":")[3], TopicArn=topic, Message=text)


def _topics(config: Request) -> Iterator[str]:
    output = config.get("AsyncInferenceConfig", {}).get("OutputConfig", {})
    notifications = output.get("NotificationConfig", {})
    for member in ("SuccessTopic", "ErrorTopic"):
        if member in notifications:
            yield notifications[member]


def _role(store: Store, config: Request) -> str | None:
    """The role that runs an asynchronous endpoint: its one model's, or the configuration's."""
    variant = config["ProductionVariants"][0]
    if "ModelName" not in variant:
        return config.get("ExecutionRoleArn")
    return store.model(variant["ModelName"]).request.get("ExecutionRoleArn")


def _check(store: Store, role: str | None, topic: str) -> None:
    if topic_exists(store.account, topic) is False:
        # Wording not sourced.
        raise Refusal(f"Could not find the topic {topic}.")
    allowed = role_allows(store.account, role, store.region, "sns:Publish", topic) if role else True
    if not allowed:
        # gh:aws/amazon-sagemaker-examples#4461
        raise Refusal(
            f"The provided role {role} is invalid. Please ensure the role exists, that its trust "
            'relationship policy allows the action "sts:AssumeRole" for the service principal '
            f'"sagemaker.amazonaws.com", and has "sns:Publish" permissions for topic "{topic}".'
        )
