"""SageMaker's batch transform jobs.

Nothing is computed: a job runs for as long as somebody keeps looking, and then ends as was agreed
when it was created. Jobs stay for ever, and so do their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from local.services import sagemaker_transform_checks as checks
from local.services.api import Answer, Operation, Refusal, Request
from local.services.sagemaker_store import Store, TransformJob, kept, listing, summarized

End = Literal["Completed", "Failed", "Stopped"]


@dataclass(frozen=True)
class Course:
    """How jobs go that are created from now on."""

    ends: End | None = "Completed"
    """None: never"""
    reason: str = ""
    """Why a job failed"""
    looks: int = 2
    """How many times DescribeTransformJob says that it is in progress"""


class TransformJobs:
    """The transform jobs of one account and region."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.course = Course()

    def operations(self) -> Mapping[str, Operation]:
        """The operations, by their name in the service model."""
        return {
            "CreateTransformJob": self.create,
            "DescribeTransformJob": self.describe,
            "StopTransformJob": self.stop,
            "ListTransformJobs": self.list_jobs,
        }

    def create(self, request: Request) -> Answer:
        name = request["TransformJobName"]
        arn = self.store.arn("transform-job", name)
        if arn in self.store.transform_jobs:
            # Wording not sourced: that of processing jobs.
            raise Refusal(
                "Job name must be unique within an AWS account and region, and a job with this "
                f"name already exists ({arn})",
                "ResourceInUse",
            )
        model = self.store.model(request["ModelName"]).request
        checks.check_transform_job(self.store, request, model)
        course = self.course
        self.store.transform_jobs[arn] = TransformJob(
            name,
            arn,
            **kept(request),
            ends=course.ends,
            reason=course.reason,
            looks=course.looks,
        )
        return {"TransformJobArn": arn}

    def describe(self, request: Request) -> Answer:
        job = self.store.transform_job(request["TransformJobName"])
        _look(job)
        return job.request | {"TransformJobArn": job.arn} | _state(job) | _started(job)

    def stop(self, request: Request) -> Answer:
        job = self.store.transform_job(request["TransformJobName"])
        if job.status != "InProgress":
            # That of training jobs: gh:awslabs/benchmark-ai#928
            raise Refusal(
                f"The request was rejected because the transform job is in status {job.status}."
            )
        job.status, job.ends, job.looks = "Stopping", "Stopped", 1
        job.updated = datetime.now(UTC)
        return {}

    def list_jobs(self, request: Request) -> Answer:
        found = [job for job in self.store.transform_jobs.values() if _is_asked_for(job, request)]
        return listing(found, request, "TransformJobSummaries", _summary)


def _look(job: TransformJob) -> None:
    """Lets a job go on by one look."""
    if job.ended is not None or job.ends is None:
        return
    if job.looks > 0:
        job.looks -= 1
        return
    job.status = job.ends
    job.ended = job.updated = datetime.now(UTC)


def _state(job: TransformJob) -> Answer:
    state: Answer = {"TransformJobStatus": job.status, "CreationTime": job.created}
    if job.ended is not None:
        state["TransformEndTime"] = job.ended
    if job.status == "Failed":
        state["FailureReason"] = job.reason
    return state


def _started(job: TransformJob) -> Answer:
    return {"TransformStartTime": job.created}


def _summary(job: TransformJob) -> Answer:
    return summarized("TransformJob", job) | _state(job) | {"LastModifiedTime": job.changed}


def _is_asked_for(job: TransformJob, request: Request) -> bool:
    if request.get("StatusEquals", job.status) != job.status:
        return False
    limits: tuple[tuple[str, datetime, Callable[[Any, Any], bool]], ...] = (
        ("CreationTimeAfter", job.created, float.__ge__),
        ("CreationTimeBefore", job.created, float.__le__),
        ("LastModifiedTimeAfter", job.changed, float.__ge__),
        ("LastModifiedTimeBefore", job.changed, float.__le__),
    )
    return all(
        holds(when.timestamp(), float(request[member]))
        for member, when, holds in limits
        if member in request
    )
