"""Cases of the rules about alarms and data capture."""

from typing import Any

from cdk_sagemaker_inference import (
    Alarms,
    AsyncAlarms,
    AsyncScaling,
    CaptureMode,
    ComponentAlarms,
    DataCapture,
    InstanceAlarms,
    ManagedInstanceScaling,
    MultiModelAlarms,
    ServerlessAlarms,
    Severity,
)

from .building import (
    ACCOUNT,
    NUMBER_TOKEN,
    REGION,
    TOKEN,
    Cases,
    FakeTopic,
    More,
    added,
    asynchronous,
    components,
    multi_model,
    scaling,
    serverless,
)


def capture(**changes: Any) -> DataCapture:
    defaults: dict[str, Any] = {"bucket": object(), "prefix": "captured/fraud"}
    return DataCapture(**defaults | changes)


def topic(region: str = REGION) -> Any:
    return imported(f"arn:aws:sns:{region}:{ACCOUNT}:alarms")


def imported(arn: str) -> Any:
    return FakeTopic(arn)


def action() -> Any:
    return object()


CASES: Cases = {
    "alarm-type": (
        {"alarms": Alarms()},
        {"alarms": AsyncAlarms()},
        "alarms='AsyncAlarms': watches metrics that no real-time endpoint publishes; use Alarms",
    ),
    "alarm-thresholds": (
        {"alarms": Alarms(cpu_percent=100, model_latency_millis=None)},
        {"alarms": Alarms(cpu_percent=101)},
        "alarms.cpu_percent=101: must be above 0 and at most 100; None switches the alarm off",
    ),
    "alarm-latency-statistic": (
        {"alarms": Alarms(latency_statistic="p99.9")},
        {"alarms": Alarms(latency_statistic="P99")},
        "alarms.latency_statistic='P99'",
    ),
    "alarm-healthy-instances": (
        {"alarms": Alarms(min_healthy_instances=2), "instance_count": 2},
        {"alarms": Alarms(min_healthy_instances=2), "scaling": scaling(1, 4)},
        "alarms.min_healthy_instances=2: variant AllTraffic may have 1",
    ),
    "alarm-healthy-counted": (
        {"alarms": Alarms(min_healthy_instances=1), "instance_count": 2},
        {"alarms": Alarms(min_healthy_instances=2), "instance_count": 2},
        "alarms.min_healthy_instances=2: that each instance sends one datapoint a minute is "
        "inferred",
    ),
    "alarm-topic-region": (
        {"alarms": Alarms(topic=topic())},
        {"alarms": Alarms(topic=topic("us-east-1"))},
        "alarms.topic='arn:aws:sns:us-east-1:123456789012:alarms': is not in the stack's Region "
        "eu-west-1",
    ),
    "alarm-actions": (
        {"alarms": Alarms(topic=topic(), actions={Severity.CRITICAL: [action()] * 4})},
        {"alarms": Alarms(topic=topic(), actions={Severity.CRITICAL: [action()] * 5})},
        "alarms.actions[Severity.CRITICAL]=6: may be 5 with the topic",
    ),
    "alarm-unknown-instance": (
        {"alarms": Alarms(cpu_percent=None), "instance_type": TOKEN},
        {"alarms": Alarms(), "instance_type": TOKEN},
        "its processors are not known at synth",
    ),
    "capture-sampling": (
        {"data_capture": capture(sampling_percent=0)},
        {"data_capture": capture(sampling_percent=101)},
        "data_capture.sampling_percent=101",
    ),
    "capture-modes": (
        {"data_capture": capture(modes=[CaptureMode.OUTPUT])},
        {"data_capture": capture(modes=[])},
        "data_capture.modes=[]: must be input, output or both, each once",
    ),
    "capture-prefix": (
        {"data_capture": capture(prefix="a/b c")},
        {"data_capture": capture(prefix="")},
        "data_capture.prefix=''",
    ),
    "capture-content-types": (
        {"data_capture": capture(csv_content_types=["text/csv"])},
        {"data_capture": capture(json_content_types=["json"])},
        "data_capture.json_content_types='json': must be a content type such as text/csv",
    ),
}

MORE_REFUSED: More = [
    ("alarm-topic-region", {"alarms": Alarms(topic="operations")}),  # type: ignore[arg-type] # a mistake that users make
    ("alarm-topic-region", asynchronous(alarms=AsyncAlarms(topic=topic("us-east-1")))),
    ("alarm-thresholds", {"alarms": Alarms(error_5xx_percent=0)}),
    ("alarm-thresholds", {"alarms": Alarms(model_latency_millis=float("inf"))}),
    ("alarm-thresholds", {"alarms": Alarms(min_healthy_instances=0)}),
    ("capture-sampling", {"data_capture": capture(sampling_percent=0.5)}),
    ("capture-modes", {"data_capture": capture(modes=[CaptureMode.INPUT] * 2)}),
    ("capture-prefix", {"data_capture": capture(prefix="/captured")}),
    ("capture-prefix", {"data_capture": capture(prefix="captured/*")}),
    ("capture-prefix", {"data_capture": capture(prefix="p" * 444)}),
    ("capture-content-types", {"data_capture": capture(csv_content_types=["a/b"] * 11)}),
    ("alarm-type", {"alarms": ServerlessAlarms()}),
    ("alarm-type", {"alarms": MultiModelAlarms()}),
    ("alarm-type", {"alarms": ComponentAlarms()}),
    ("alarm-type", serverless(alarms=Alarms())),
    ("alarm-type", asynchronous(alarms=Alarms())),
    ("alarm-type", multi_model(alarms=AsyncAlarms())),
    ("alarm-type", components(alarms=Alarms())),
    ("alarm-type", components(alarms=ComponentAlarms())),
    ("alarm-type", added(alarms=Alarms())),
    ("alarm-type", added(alarms=InstanceAlarms())),
    ("alarm-thresholds", {"alarms": Alarms(model_latency_millis=NUMBER_TOKEN)}),
    ("alarm-thresholds", serverless(alarms=ServerlessAlarms(concurrency_utilization_percent=101))),
    ("alarm-thresholds", serverless(alarms=ServerlessAlarms(model_setup_time_millis=0))),
    ("alarm-thresholds", serverless(alarms=ServerlessAlarms(provisioned_concurrency_spillover=-1))),
    ("alarm-thresholds", asynchronous(alarms=AsyncAlarms(failure_percent=101))),
    ("alarm-thresholds", asynchronous(alarms=AsyncAlarms(age_of_oldest_request_seconds=0))),
    ("alarm-thresholds", asynchronous(alarms=AsyncAlarms(expired_requests=-1))),
    ("alarm-thresholds", multi_model(alarms=MultiModelAlarms(model_cache_hit_percent=0))),
    ("alarm-thresholds", multi_model(alarms=MultiModelAlarms(loaded_models=0))),
    ("alarm-thresholds", added(alarms=ComponentAlarms(gpu_percent=101))),
    ("alarm-thresholds", added(alarms=ComponentAlarms(no_capacity_failures=-1))),
    ("alarm-latency-statistic", added(alarms=ComponentAlarms(latency_statistic="max"))),
    (
        "alarm-healthy-instances",
        asynchronous(
            alarms=AsyncAlarms(min_healthy_instances=1),
            scaling=AsyncScaling.on_backlog(max_capacity=2, per_instance=5),
        ),
    ),
    (
        "alarm-healthy-instances",
        components(
            alarms=InstanceAlarms(min_healthy_instances=1),
            instance_scaling=ManagedInstanceScaling(min_instance_count=0, max_instance_count=2),
        ),
    ),
]

MORE_ACCEPTED: More = [
    ("alarm-topic-region", {"alarms": Alarms(topic=topic(TOKEN))}),
    ("alarm-topic-region", {"alarms": Alarms(topic=imported(TOKEN))}),
    ("alarm-topic-region", {"alarms": Alarms(topic=topic("us-east-1")), "region": TOKEN}),
    ("alarm-type", serverless(alarms=ServerlessAlarms())),
    ("alarm-type", asynchronous(alarms=AsyncAlarms())),
    ("alarm-type", multi_model(alarms=MultiModelAlarms())),
    ("alarm-type", components(alarms=InstanceAlarms())),
    ("alarm-type", added(alarms=ComponentAlarms())),
    ("alarm-thresholds", {"alarms": Alarms(memory_percent=NUMBER_TOKEN)}),
    ("alarm-thresholds", asynchronous(alarms=AsyncAlarms(expired_requests=0))),
    ("alarm-thresholds", added(alarms=ComponentAlarms(no_capacity_failures=0))),
    ("alarm-unknown-instance", serverless(alarms=ServerlessAlarms())),
]
