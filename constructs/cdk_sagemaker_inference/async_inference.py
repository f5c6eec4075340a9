"""Asynchronous inference: where requests and results are, and who hears of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from .reads import read
from .replacement import physical_name
from .storage import BoundPrefix, S3Prefix

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns


class NotificationTopic(Enum):
    """Which topic gets the answer itself (API reference, AsyncNotificationTopicTypes)."""

    SUCCESS = "SUCCESS_NOTIFICATION_TOPIC"
    ERROR = "ERROR_NOTIFICATION_TOPIC"


@dataclass(frozen=True, kw_only=True)
class AsyncInference:
    """The asynchronous part of a request; see :class:`AsyncEndpoint` for the meaning."""

    input: S3Prefix
    output: S3Prefix
    failures: S3Prefix | None
    max_concurrent_invocations_per_instance: int | None
    success_topic: "sns.ITopic | sns.Topic | bool | None"
    error_topic: "sns.ITopic | sns.Topic | bool | None"
    include_inference_response_in: Sequence[NotificationTopic]

    def bind(self, scope: Construct) -> "BoundAsyncInference":
        """Make the topics that were asked for, and read what config and role need."""
        success = _topic(scope, "SuccessTopic", self.success_topic)
        error = _topic(scope, "ErrorTopic", self.error_topic)
        return BoundAsyncInference(
            asked=self,
            input=self.input.bind(),
            output=self.output.bind(),
            failures=None if self.failures is None else self.failures.bind(),
            success_topic=success,
            error_topic=error,
        )


@dataclass(frozen=True, kw_only=True)
class BoundAsyncInference:
    """The asynchronous part in the app.

    :param asked: what the user said.
    :param input: what the role must read.
    :param output: where it must write.
    :param failures: where it must write errors.
    """

    asked: AsyncInference
    input: BoundPrefix
    output: BoundPrefix
    failures: BoundPrefix | None
    success_topic: "sns.ITopic | None"
    error_topic: "sns.ITopic | None"

    @property
    def outputs(self) -> list[BoundPrefix]:
        """Everything that is written."""
        return [self.output, *(() if self.failures is None else (self.failures,))]

    @property
    def topics(self) -> "list[sns.ITopic]":
        """Everyone who hears of it."""
        return [topic for topic in (self.success_topic, self.error_topic) if topic is not None]

    @property
    def topic_key_arns(self) -> list[str]:
        """Customer managed KMS keys that the topics are encrypted with."""
        asked = (self.asked.success_topic, self.asked.error_topic)
        # Those made here have AWS's own key. Not every topic that CDK imports knows of a key.
        keys = [getattr(topic, "master_key", None) for topic in asked]
        return [read(key, "key_arn") for key in keys if key is not None]

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes buckets and topics differ although their references keep their text."""
        buckets = [name for prefix in self.outputs for name in prefix.identity]
        return (*buckets, *(name for topic in self.topics for name in physical_name(topic)))

    @property
    def properties(self) -> sagemaker.CfnEndpointConfig.AsyncInferenceConfigProperty:
        """CloudFormation's AsyncInferenceConfig."""
        config = sagemaker.CfnEndpointConfig
        asked = self.asked
        key = asked.output.encryption_key
        notification: dict[str, Any] = {}
        if self.success_topic is not None:
            notification["success_topic"] = read(self.success_topic, "topic_arn")
        if self.error_topic is not None:
            notification["error_topic"] = read(self.error_topic, "topic_arn")
        if asked.include_inference_response_in:
            notification["include_inference_response_in"] = [
                topic.value for topic in asked.include_inference_response_in
            ]
        concurrency = asked.max_concurrent_invocations_per_instance
        return config.AsyncInferenceConfigProperty(
            client_config=None
            if concurrency is None
            else config.AsyncInferenceClientConfigProperty(
                max_concurrent_invocations_per_instance=concurrency
            ),
            output_config=config.AsyncInferenceOutputConfigProperty(
                s3_output_path=self.output.url,
                s3_failure_path=None if self.failures is None else self.failures.url,
                kms_key_id=None if key is None else read(key, "key_arn"),
                notification_config=config.AsyncInferenceNotificationConfigProperty(**notification)
                if notification
                else None,
            ),
        )


def _topic(
    scope: Construct, construct_id: str, asked: "sns.ITopic | sns.Topic | bool | None"
) -> "sns.ITopic | None":
    if asked is None or asked is False:
        return None
    if asked is not True:
        return cast("sns.ITopic", asked)
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns

    # The key of AWS's own: its policy lets the account's roles use it through SNS.
    key = kms.Alias.from_alias_name(scope, f"{construct_id}Key", "alias/aws/sns")
    topic = sns.Topic(scope, construct_id, enforce_ssl=True, master_key=key)
    # jsii's types name a parameter otherwise in Topic than in the protocol.
    return cast("sns.ITopic", topic)
