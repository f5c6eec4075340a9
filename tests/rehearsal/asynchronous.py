"""Changes of an asynchronous endpoint."""

from cdk_sagemaker_inference import AsyncAlarms, AsyncScaling, NotificationTopic
from rehearsal.artifacts import artifact_changes, data_changes
from rehearsal.changes import Change
from rehearsal.fleets import guardrail_changes, instance_changes, network_changes, scaling_changes
from rehearsal.realtime import MODEL, REALTIME, TO_ASYNC
from rehearsal.seen import ADDED
from rehearsal.surroundings import alarm_changes, identity_changes
from rehearsal.vocabulary import Kind, below, topic

ASYNC = Kind(
    base={**REALTIME.base, **TO_ASYNC},
    asks=REALTIME.asks,
    alarms=AsyncAlarms,
    alarm_names=frozenset(
        {
            "AgeOfOldestRequest",
            "BacklogPerInstance",
            "CPUUtilization",
            "DiskUtilization",
            "ExpiredRequests",
            "Failures",
            "MemoryUtilization",
            "NotificationFailures",
        }
    ),
    guards=("Failures",),
    scaling=AsyncScaling,
)
OUTPUT = "endpoint.AsyncInferenceConfig.OutputConfig"
PUBLISHING = f"{ASYNC.role}.PublishNotifications"
WRITING = f"{ASYNC.role}.WriteResults.Resource"

QUEUES = [
    Change(
        "success topic on",
        {"success_topic": True},
        {
            f"{OUTPUT}.NotificationConfig": {"SuccessTopic": "<made topic>"},
            "topic.<made topic>": True,
            PUBLISHING: ADDED,
        },
        back="success topic off",
    ),
    Change(
        "error topic given",
        {"error_topic": topic("ops")},
        {f"{OUTPUT}.NotificationConfig": {"ErrorTopic": "<ops>"}, PUBLISHING: ADDED},
        back="error topic removed",
    ),
    Change(
        "another error topic",
        {"error_topic": topic("other ops")},
        {
            f"{OUTPUT}.NotificationConfig.ErrorTopic": "<other ops>",
            f"{PUBLISHING}.Resource": "<other ops>",
        },
        before={"error_topic": topic("ops")},
    ),
    Change(
        "answers in messages",
        {"include_inference_response_in": [NotificationTopic.SUCCESS]},
        {f"{OUTPUT}.NotificationConfig.IncludeInferenceResponseIn": ["SUCCESS_NOTIFICATION_TOPIC"]},
        before={"success_topic": topic("ops")},
        back="no answers in messages",
    ),
    Change(
        "input prefix",
        {"input": below("elsewhere")},
        {f"{ASYNC.role}.ReadRequests.Resource": "arn:aws:s3:::files/elsewhere/*"},
    ),
    Change(
        "output prefix",
        {"output": below("elsewhere")},
        {
            f"{OUTPUT}.S3OutputPath": "s3://files/elsewhere",
            WRITING: "arn:aws:s3:::files/elsewhere/*",
        },
    ),
    Change(
        "failures on",
        {"failures": below("failures")},
        {
            f"{OUTPUT}.S3FailurePath": "s3://files/failures",
            WRITING: ["arn:aws:s3:::files/answers/*", "arn:aws:s3:::files/failures/*"],
        },
        back="failures off",
    ),
    Change(
        "concurrent invocations",
        {"max_concurrent_invocations_per_instance": 4},
        {"endpoint.AsyncInferenceConfig.ClientConfig": {"MaxConcurrentInvocationsPerInstance": 4}},
    ),
    Change(
        "scaling to zero",
        {"scaling": ASYNC.scaled(0)},
        {
            "target.variant/AllTraffic.MinCapacity": 0,
            "policy.AllTraffic-wake-up": ADDED,
            "alarm.AllTraffic-wake-up": ADDED,
        },
        before={"scaling": ASYNC.scaled(1)},
        back="scaling from one",
    ),
]

CHANGES = [
    *artifact_changes(ASYNC),
    *data_changes(ASYNC),
    *instance_changes(routing=False),
    *network_changes(MODEL),
    *scaling_changes(ASYNC),
    *guardrail_changes(ASYNC),
    *alarm_changes(ASYNC),
    *identity_changes(MODEL),
    *QUEUES,
]
