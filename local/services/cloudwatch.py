"""CloudWatch alarms: checked requests, and a first state as in AWS. Storage is moto's."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch import models as moto_models
from moto.cloudwatch import urls as moto_urls
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.base_backend import BackendDict
from moto.core.responses import ActionResult

from local.services.api import CheckedResponse, Refusal


class AlarmBackend(moto_models.CloudWatchBackend):
    """moto's backend, which a reset builds anew, with all extended statistics."""

    @property
    def _url_module(self) -> Any:
        return moto_urls

    def put_metric_alarm(self, *args: Any, **request: Any) -> Any:
        """moto knows percentiles only; PutMetricAlarm takes trimmed means and more as well."""
        statistic = request.pop("extended_statistic", None)
        alarm = super().put_metric_alarm(*args, **request)
        alarm.extended_statistic = statistic
        return alarm


class AlarmResponse(CheckedResponse, CloudWatchResponse):
    """Checks alarm requests; a metric or dashboard request goes to moto as it is."""

    def must_check(self, action: str) -> bool:
        return action in ("PutMetricAlarm", "PutCompositeAlarm", "DeleteAlarms")

    def put_metric_alarm(self) -> ActionResult:
        """A new alarm has no data yet; a changed one keeps its state until it is evaluated."""
        name = self._get_param("AlarmName")
        single, several = self._get_param("MetricName"), self._get_param("Metrics")
        if (single is None) == (not several):
            # Wording not sourced.
            raise Refusal("Give either MetricName or Metrics, not both.", "ValidationError")
        alarms = self.cloudwatch_backend.alarms
        known = alarms.get(name)
        answer = super().put_metric_alarm()
        alarm = alarms[name]
        if known is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:
            alarm.state_value = known.state_value
            alarm.state_reason = known.state_reason
            alarm.state_updated_timestamp = known.state_updated_timestamp
        return answer


def install() -> None:
    """Puts this behaviour in moto's place."""
    backends: BackendDict[Any] = moto_models.cloudwatch_backends
    backends.backend = AlarmBackend
    backends.clear()
    moto_urls.url_paths["{0}/$"] = AlarmResponse.dispatch
