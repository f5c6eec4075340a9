"""Cases of the rules about asynchronous endpoints."""

from aws_cdk import Aws

from cdk_sagemaker_inference import NotificationTopic

from .building import (
    ACCOUNT,
    NUMBER_TOKEN,
    REGION,
    TOKEN,
    Cases,
    FakeBucket,
    FakeTopic,
    More,
    asynchronous,
    prefix,
)

KEY = object()
OTHER_BUCKET = FakeBucket()


def topic(region: str = REGION) -> FakeTopic:
    return FakeTopic(f"arn:aws:sns:{region}:{ACCOUNT}:answers")


CASES: Cases = {
    "async-paths": (
        # The URI may have 512 characters: s3://, a bucket's 63 and a slash.
        asynchronous(output=prefix("o" * (512 - 5 - 63 - 1)), failures=prefix("errors")),
        asynchronous(output=prefix("/answers")),
        "output.prefix='/answers': must be a prefix without slashes at its ends and without * and "
        "?",
    ),
    "async-loop": (
        asynchronous(output=prefix("requests-answered")),
        asynchronous(output=prefix("requests/answers")),
        "output.prefix='requests/answers': is below the requests' prefix 'requests', so that who "
        "may write requests may write answers; choose a prefix beside it",
    ),
    "async-failures-key": (
        asynchronous(
            output=prefix("answers", encryption_key=KEY),
            failures=prefix("errors", encryption_key=KEY),
        ),
        asynchronous(failures=prefix("errors", encryption_key=KEY)),
        "SageMaker takes no other key for errors than for answers",
    ),
    "async-concurrency": (
        asynchronous(max_concurrent_invocations_per_instance=1000),
        asynchronous(max_concurrent_invocations_per_instance=1001),
        "max_concurrent_invocations_per_instance=1001: must be a whole number from 1 to 1000",
    ),
    "async-response-topics": (
        asynchronous(
            success_topic=True,
            error_topic=topic(),
            include_inference_response_in=[NotificationTopic.SUCCESS, NotificationTopic.ERROR],
        ),
        asynchronous(include_inference_response_in=[NotificationTopic.SUCCESS]),
        "include_inference_response_in='SUCCESS': there is no success_topic; pass "
        "success_topic=True, or a topic of yours",
    ),
    "async-topic-region": (
        asynchronous(success_topic=topic(), error_topic=True),
        asynchronous(success_topic=topic("us-east-1")),
        f"success_topic='arn:aws:sns:us-east-1:{ACCOUNT}:answers': is not in the stack's Region "
        "eu-west-1",
    ),
}

MORE_REFUSED: More = [
    ("async-paths", asynchronous(input=None)),
    ("async-paths", asynchronous(output=None)),
    ("async-paths", asynchronous(output="s3://answers")),
    ("async-paths", asynchronous(failures="s3://errors")),
    ("async-paths", asynchronous(input=prefix(""))),
    ("async-paths", asynchronous(input=prefix(None))),
    ("async-paths", asynchronous(input=prefix(7))),
    ("async-paths", asynchronous(input=prefix("requests/"))),
    ("async-paths", asynchronous(input=prefix("requests/*"))),
    ("async-paths", asynchronous(failures=prefix("errors?"))),
    ("async-paths", asynchronous(output=prefix("o" * (512 - 5 - 63)))),
    ("async-paths", asynchronous(failures=prefix("e" * (512 - 5 - 63)))),
    # The caller's argument InputLocation may have 1024.
    ("async-paths", asynchronous(input=prefix("i" * (1024 - 5 - 63)))),
    ("async-loop", asynchronous(output=prefix("requests"))),
    ("async-loop", asynchronous(failures=prefix("requests/errors"))),
    ("async-loop", asynchronous(input=prefix(TOKEN), output=prefix(f"{TOKEN}/answers"))),
    (
        "async-failures-key",
        asynchronous(
            output=prefix("answers", encryption_key=object()),
            failures=prefix("errors", encryption_key=KEY),
        ),
    ),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance=0)),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance="4")),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance=1.5)),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance=True)),
    (
        "async-response-topics",
        asynchronous(success_topic=True, include_inference_response_in=[NotificationTopic.ERROR]),
    ),
    (
        "async-response-topics",
        asynchronous(
            success_topic=True, include_inference_response_in=[NotificationTopic.SUCCESS] * 2
        ),
    ),
    (
        "async-response-topics",
        asynchronous(error_topic=None, include_inference_response_in=[NotificationTopic.ERROR]),
    ),
    (
        "async-response-topics",
        asynchronous(
            success_topic=True, include_inference_response_in=["SUCCESS_NOTIFICATION_TOPIC"]
        ),
    ),
    ("async-response-topics", asynchronous(include_inference_response_in=None)),
    (
        "async-response-topics",
        asynchronous(success_topic=True, include_inference_response_in=NotificationTopic.SUCCESS),
    ),
    ("async-topic-region", asynchronous(error_topic=topic("us-east-1"))),
    ("async-topic-region", asynchronous(error_topic=topic().topic_arn)),
    ("async-topic-region", asynchronous(success_topic=7)),
]

MORE_ACCEPTED: More = [
    ("async-paths", asynchronous(input=prefix("i" * (1024 - 5 - 63 - 1)))),
    ("async-paths", asynchronous(input=prefix(TOKEN), output=prefix(f"/{TOKEN}/"))),
    ("async-paths", asynchronous(failures=None)),
    ("async-loop", asynchronous(output=prefix("requests/answers", bucket=OTHER_BUCKET))),
    ("async-loop", asynchronous(input=prefix(TOKEN), output=prefix("answers"))),
    ("async-loop", asynchronous(output=prefix("answers"), failures=prefix("answers"))),
    ("async-failures-key", asynchronous(output=prefix("answers", encryption_key=KEY))),
    (
        "async-failures-key",
        asynchronous(
            output=prefix("answers", encryption_key=KEY),
            failures=prefix("errors"),
        ),
    ),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance=1)),
    ("async-concurrency", asynchronous(max_concurrent_invocations_per_instance=NUMBER_TOKEN)),
    ("async-topic-region", asynchronous(success_topic=FakeTopic(TOKEN))),
    ("async-topic-region", asynchronous(success_topic=topic(TOKEN))),
    ("async-topic-region", asynchronous(success_topic=topic("us-east-1"), region=Aws.REGION)),
    ("async-topic-region", asynchronous(success_topic=None, error_topic=False)),
]
