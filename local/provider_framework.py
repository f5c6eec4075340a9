"""CDK's provider framework, whose own functions are in JavaScript: `onEvent`, `isComplete` and
`onTimeout` around the user's handlers, and the state machine that waits between the calls.

What is in here follows aws-cdk-lib's custom-resources/lib/provider-framework/runtime.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.stepfunctions.models import StateMachine, stepfunctions_backends

from local import functions
from local.functions import Clock, Result

Event = dict[str, Any]

CREATE_FAILED = "AWSCDK::CustomResourceProviderFramework::CREATE_FAILED"
MISSING_PHYSICAL_ID = "AWSCDK::CustomResourceProviderFramework::MISSING_PHYSICAL_ID"

_ON_EVENT = "USER_ON_EVENT_FUNCTION_ARN"
_IS_COMPLETE = "USER_IS_COMPLETE_FUNCTION_ARN"
_WAITER = "WAITER_STATE_MACHINE_ARN"


@dataclass(frozen=True)
class Provider:
    """The user's functions behind a service token."""

    on_event: LambdaFunction
    is_complete: LambdaFunction | None
    interval: float = 0
    attempts: int = 0
    """How often the state machine asks again after its first try"""
    backoff: float = 1


class _UserError(Exception):
    """A user's handler failed, or its answer breaks the contract."""


def find(service_token: str) -> Provider | None:
    """The provider that a service token stands for; None if it is no framework's function, or if
    a handler is not in Python.
    """
    framework = functions.find(service_token)
    if framework is None or framework.handler != "framework.onEvent":
        return None
    variables: Mapping[str, str] = framework.environment_vars
    on_event = functions.find(variables.get(_ON_EVENT, ""))
    if on_event is None or not functions.can_run(on_event):
        return None
    if _IS_COMPLETE not in variables:
        return Provider(on_event, None)
    is_complete = functions.find(variables[_IS_COMPLETE])
    if is_complete is None or not functions.can_run(is_complete):
        return None
    retry = _retry(framework, variables[_WAITER])
    return Provider(
        on_event,
        is_complete,
        float(retry["IntervalSeconds"]),
        int(retry["MaxAttempts"]),
        float(retry["BackoffRate"]),
    )


def _retry(framework: LambdaFunction, waiter_arn: str) -> Mapping[str, Any]:
    backend = stepfunctions_backends[framework.account_id][framework.region]
    waiter: StateMachine = backend.describe_state_machine(waiter_arn)
    definition = json.loads(waiter.definition)
    retry: Mapping[str, Any] = definition["States"][definition["StartAt"]]["Retry"][0]
    return retry


def respond(provider: Provider, request: Mapping[str, Any]) -> Event:
    """The answer that CloudFormation gets to a request in the end."""
    event = dict(request)
    if event["RequestType"] == "Delete" and event["PhysicalResourceId"] == CREATE_FAILED:
        return _response("SUCCESS", event)
    clock = Clock()
    try:
        event = _on_event(provider, event, clock)
    except _UserError as error:
        if event["RequestType"] == "Create":
            event["PhysicalResourceId"] = CREATE_FAILED
        return _failure(event, error)
    if provider.is_complete is None:
        return _response("SUCCESS", event)
    return _wait(provider, provider.is_complete, event, clock)


def _on_event(provider: Provider, event: Event, clock: Clock) -> Event:
    answer = _invoke(provider.on_event, event, clock) or {}
    if not isinstance(answer, dict):
        answer = {}
    known = event["RequestId" if event["RequestType"] == "Create" else "PhysicalResourceId"]
    physical_id = answer.get("PhysicalResourceId") or known
    if event["RequestType"] == "Delete" and physical_id != known:
        raise _UserError(
            f'DELETE: cannot change the physical resource ID from "{known}" to "{physical_id}" '
            "during deletion"
        )
    return {**event, **answer, "PhysicalResourceId": physical_id}


def _wait(provider: Provider, is_complete: LambdaFunction, event: Event, clock: Clock) -> Event:
    pause = provider.interval
    for _ in range(provider.attempts + 1):
        try:
            answer = _invoke(is_complete, event, clock)
            if not isinstance(answer, dict):
                raise _UserError("Cannot read properties of null (reading 'IsComplete')")
            data = answer.get("Data") or {}
            if answer.get("IsComplete"):
                merged = {**(event.get("Data") or {}), **data}
                return _response("SUCCESS", {**event, **answer, "Data": merged})
            if data:
                raise _UserError('"Data" is not allowed if "IsComplete" is "False"')
        except _UserError as error:
            return _failure(event, error)
        clock.advance(pause)
        pause *= provider.backoff
    return _response("FAILED", event, "Operation timed out")


def _invoke(function: LambdaFunction, event: Event, clock: Clock) -> Any:
    result: Result = functions.invoke(function, event, clock)
    if result.failed:
        message = result.payload.get("errorMessage") or "error"
        raise _UserError(f"{message}\n\nLogs: /aws/lambda/{function.function_name}\n")
    return result.payload


def _failure(event: Event, error: _UserError) -> Event:
    # The framework sends the error's stack, which begins like this.
    return _response("FAILED", event, f"Error: {error}")


def _response(status: str, event: Event, reason: str | None = None) -> Event:
    response = {
        "Status": status,
        "Reason": status if reason is None else reason,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "PhysicalResourceId": event.get("PhysicalResourceId") or MISSING_PHYSICAL_ID,
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": True if event.get("NoEcho") and status == "SUCCESS" else None,
        "Data": event.get("Data"),
    }
    return {key: value for key, value in response.items() if value is not None}
