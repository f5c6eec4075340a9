"""Rules about asynchronous endpoints."""

from collections.abc import Iterator, Sequence

from ..async_inference import AsyncInference, NotificationTopic
from ..request import PlacedRequest
from ..storage import S3Prefix, prefix_problem
from ..tokens import is_token
from .observability import topic_findings
from .registry import Finding, Rules, is_whole, rule

CONCURRENT_INVOCATIONS = range(1, 1001)
MAX_PATH_LENGTH = 512
MAX_INPUT_LENGTH = 1024

RULES = Rules("asynchronous endpoints")


def _asynchronous(placed: PlacedRequest) -> Iterator[AsyncInference]:
    if placed.request.asynchronous is not None:
        yield placed.request.asynchronous


@rule(
    RULES,
    "async-paths",
    "Requests, answers and errors of an asynchronous endpoint lie below prefixes.",
    source="api:AsyncInferenceOutputConfig, api:DestinationS3Uri, api:InvokeEndpointAsyncInput",
)
def _async_paths(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        said = {"input": asked.input, "output": asked.output, "failures": asked.failures}
        for argument, prefix in said.items():
            if argument == "failures" and prefix is None:
                continue
            if not isinstance(prefix, S3Prefix):
                yield Finding(argument=argument, value=prefix, problem="must be an S3Prefix")
                continue
            longest = MAX_INPUT_LENGTH if argument == "input" else MAX_PATH_LENGTH
            problem = prefix_problem(prefix.prefix, max_uri_length=longest)
            if problem is not None:
                yield Finding(argument=f"{argument}.prefix", value=prefix.prefix, problem=problem)


@rule(
    RULES,
    "async-loop",
    "Answers and errors are not written among the requests.",
    source="convention of this library",
)
def _async_loop(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        prefixes = [item for item in (asked.output, asked.failures) if isinstance(item, S3Prefix)]
        if not isinstance(asked.input, S3Prefix):
            continue
        for item in prefixes:
            if item.is_below(asked.input):
                yield Finding(
                    argument="output.prefix" if item is asked.output else "failures.prefix",
                    value=item.prefix,
                    problem=f"is below the requests' prefix {asked.input.prefix!r}, so that who "
                    "may write requests may write answers",
                    fix="choose a prefix beside it",
                )


@rule(
    RULES,
    "async-failures-key",
    "Answers and errors are encrypted with one key.",
    source="api:AsyncInferenceOutputConfig",
)
def _async_failures_key(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        if not isinstance(asked.output, S3Prefix) or not isinstance(asked.failures, S3Prefix):
            continue
        key = asked.failures.encryption_key
        if key is not None and key is not asked.output.encryption_key:
            yield Finding(
                argument="failures.encryption_key",
                value=key,
                problem="SageMaker takes no other key for errors than for answers",
                fix="pass it as output.encryption_key, or encrypt the bucket with it",
            )


@rule(
    RULES,
    "async-concurrency",
    "A container works on 1 to 1000 requests at the same time.",
    source="api:AsyncInferenceClientConfig",
)
def _async_concurrency(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        count = asked.max_concurrent_invocations_per_instance
        if count is None or is_token(count):
            continue
        if not is_whole(count) or count not in CONCURRENT_INVOCATIONS:
            yield Finding(
                argument="max_concurrent_invocations_per_instance",
                value=count,
                problem="must be a whole number from 1 to 1000",
            )


@rule(
    RULES,
    "async-response-topics",
    "Topics that hold the answer are named once each, and there are such topics.",
    source="api:AsyncInferenceNotificationConfig",
)
def _async_response_topics(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        topics = {
            NotificationTopic.SUCCESS: ("success_topic", asked.success_topic),
            NotificationTopic.ERROR: ("error_topic", asked.error_topic),
        }
        said = asked.include_inference_response_in
        if not isinstance(said, Sequence) or not all(
            isinstance(topic, NotificationTopic) for topic in said
        ):
            yield Finding(
                argument="include_inference_response_in",
                value=said,
                problem="must be a list of NotificationTopic",
                fix="for example [NotificationTopic.SUCCESS]",
            )
            continue
        if len(set(said)) != len(said):
            yield Finding(
                argument="include_inference_response_in",
                value=[topic.value for topic in said],
                problem="names a topic twice",
            )
        for name in dict.fromkeys(said):
            argument, topic = topics[name]
            if topic is None or topic is False:
                yield Finding(
                    argument="include_inference_response_in",
                    value=name.name,
                    problem=f"there is no {argument}",
                    fix=f"pass {argument}=True, or a topic of yours",
                )


@rule(
    RULES,
    "async-topic-region",
    "Topics are CDK's, in the endpoint's Region.",
    source="api:AsyncInferenceNotificationConfig",
)
def _async_topic_region(placed: PlacedRequest) -> Iterator[Finding]:
    for asked in _asynchronous(placed):
        topics = {"success_topic": asked.success_topic, "error_topic": asked.error_topic}
        for argument, topic in topics.items():
            if topic is not None and not isinstance(topic, bool):
                yield from topic_findings(placed, argument, topic, "true or an SNS topic")
