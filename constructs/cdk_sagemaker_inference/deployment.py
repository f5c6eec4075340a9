"""Deployment guardrails: how an update reaches the traffic, and what rolls it back."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

from aws_cdk import aws_sagemaker as sagemaker

from .reads import seconds

if TYPE_CHECKING:
    from aws_cdk import Duration

DEFAULT_BAKE_SECONDS = 600
DEFAULT_TERMINATION_WAIT_SECONDS = 300
MAX_EXECUTION_TIMEOUT_SECONDS = 28800


class CapacityUnit(Enum):
    """What a size of capacity counts (API reference, CapacitySize)."""

    PERCENT = "CAPACITY_PERCENT"
    """Percent of the fleet."""

    INSTANCES = "INSTANCE_COUNT"
    """Instances."""

    COPIES = "COPY_COUNT"
    """Copies of an inference component."""

    @property
    def noun(self) -> str:
        """The argument that says so many."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class CapacitySize:
    """A part of the fleet, and the argument that said it."""

    argument: str
    value: int
    unit: CapacityUnit

    def of(self, fleet: int) -> float:
        """Percent of a fleet of so many instances."""
        return self.value if self.unit is CapacityUnit.PERCENT else 100 * self.value / fleet

    @property
    def properties(self) -> sagemaker.CfnEndpoint.CapacitySizeProperty:
        """CloudFormation's CapacitySize."""
        return sagemaker.CfnEndpoint.CapacitySizeProperty(type=self.unit.value, value=self.value)


def _sizes(
    percent: int | None, count: int | None, unit: CapacityUnit = CapacityUnit.INSTANCES
) -> tuple[CapacitySize, ...]:
    """The sizes that were said; a rule demands exactly one."""
    sizes = []
    if percent is not None:
        sizes.append(CapacitySize(argument="percent", value=percent, unit=CapacityUnit.PERCENT))
    if count is not None:
        sizes.append(CapacitySize(argument=unit.noun, value=count, unit=unit))
    return tuple(sizes)


@dataclass(frozen=True, kw_only=True)
class DeploymentPolicy(ABC):
    """How an endpoint is updated; make one with :class:`BlueGreen` or :class:`Rolling`.

    **The very first deployment** makes the endpoint and shifts no traffic: there is no old fleet to
    shift from or to roll back to, so that the policy has no effect and the alarms roll nothing
    back. If the first deployment fails, CloudFormation deletes the endpoint. The policy holds from
    the second deployment on.

    Rollback alarms are the endpoint's own on 5XX errors and model latency, of each variant, unless
    ``roll_back`` is false; ``endpoint.add_alarm(alarm, guards_deployment=True)`` adds more.
    """

    bake: "Duration | None" = None
    maximum_execution_timeout: "Duration | None" = None
    roll_back: bool = True

    unit: ClassVar[CapacityUnit] = CapacityUnit.INSTANCES

    @property
    def sizes(self) -> dict[str, tuple[CapacitySize, ...]]:
        """Sizes by what they are for, for the rules."""
        return {}

    @property
    def bake_seconds(self) -> float:
        """How long the alarms watch each step."""
        return DEFAULT_BAKE_SECONDS if self.bake is None else seconds(self.bake)

    @property
    def waits(self) -> Iterator[tuple[str, float]]:
        """Each wait with the argument that said it, in seconds."""
        yield "bake", self.bake_seconds

    @property
    def timeout_seconds(self) -> float:
        """The bound on the whole deployment."""
        timeout = self._timeout()
        return MAX_EXECUTION_TIMEOUT_SECONDS if timeout is None else timeout

    @property
    @abstractmethod
    def shifts_gradually(self) -> bool:
        """Whether traffic is shifted in more than one step."""

    @abstractmethod
    def total_wait_seconds(self, fleet: int) -> float:
        """What all waits of a deployment add up to on a fleet of so many instances."""

    @abstractmethod
    def policy(self) -> dict[str, Any]:
        """The policy's own part of CloudFormation's DeploymentConfig."""

    def properties(
        self, alarm_names: Sequence[str]
    ) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        """CloudFormation's DeploymentConfig.

        :param alarm_names: rollback alarms as references, so that they exist before the endpoint.
        """
        rollback = None
        if alarm_names:
            rollback = sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
                alarms=[
                    sagemaker.CfnEndpoint.AlarmProperty(alarm_name=name) for name in alarm_names
                ]
            )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            auto_rollback_configuration=rollback, **self.policy()
        )

    def _timeout(self) -> float | None:
        timeout = self.maximum_execution_timeout
        return None if timeout is None else seconds(timeout)


@dataclass(frozen=True, kw_only=True)
class BlueGreen(DeploymentPolicy):
    """A second fleet takes over the traffic, and the first is ended when nothing alarms.

    Both fleets are billed while it lasts. Make one with :meth:`all_at_once`, :meth:`canary` or
    :meth:`linear`.
    """

    traffic: str = "ALL_AT_ONCE"
    step: tuple[CapacitySize, ...] = ()
    termination_wait: "Duration | None" = None

    @staticmethod
    def all_at_once(
        *,
        bake: "Duration | None" = None,
        termination_wait: "Duration | None" = None,
        maximum_execution_timeout: "Duration | None" = None,
        roll_back: bool = True,
    ) -> "BlueGreen":
        """Shift all traffic in one step.

        :param bake: how long the alarms watch before the old fleet ends, 0 to 3600 s. Default: 600
            s.
        :param termination_wait: how long the old fleet stays after that, 0 to 3600 s. Default: 300
            s.
        :param maximum_execution_timeout: bound on the whole deployment, 600 to 28800 s; it must
            exceed all waits. Default: SageMaker's.
        :param roll_back: rolls back when an alarm goes off. Default: true.
        """
        return BlueGreen(
            bake=bake,
            termination_wait=termination_wait,
            maximum_execution_timeout=maximum_execution_timeout,
            roll_back=roll_back,
        )

    @staticmethod
    def canary(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: "Duration | None" = None,
        termination_wait: "Duration | None" = None,
        maximum_execution_timeout: "Duration | None" = None,
        roll_back: bool = True,
    ) -> "BlueGreen":
        """Shift a small part first, then the rest.

        :param percent: first part in percent of the fleet, 1 to 50.
        :param instances: first part in instances, at most half of the fleet. Give one of both.
        :param bake: how long the alarms watch each of the two steps, 0 to 3600 s. Default: 600 s.
        :param termination_wait: how long the old fleet stays after that, 0 to 3600 s. Default: 300
            s.
        :param maximum_execution_timeout: bound on the whole deployment, 600 to 28800 s; it must
            exceed all waits. Default: SageMaker's.
        :param roll_back: rolls back when an alarm goes off. Default: true.
        """
        return BlueGreen(
            traffic="CANARY",
            step=_sizes(percent, instances),
            bake=bake,
            termination_wait=termination_wait,
            maximum_execution_timeout=maximum_execution_timeout,
            roll_back=roll_back,
        )

    @staticmethod
    def linear(
        *,
        percent: int | None = None,
        instances: int | None = None,
        bake: "Duration | None" = None,
        termination_wait: "Duration | None" = None,
        maximum_execution_timeout: "Duration | None" = None,
        roll_back: bool = True,
    ) -> "BlueGreen":
        """Shift equal parts one after the other.

        :param percent: each part in percent of the fleet, 10 to 50.
        :param instances: each part in instances, 10 to 50 % of the fleet. Give one of both.
        :param bake: how long the alarms watch each step, 0 to 3600 s. Default: 600 s.
        :param termination_wait: how long the old fleet stays after that, 0 to 3600 s. Default: 300
            s.
        :param maximum_execution_timeout: bound on the whole deployment, 600 to 28800 s; it must
            exceed all waits. Default: SageMaker's.
        :param roll_back: rolls back when an alarm goes off. Default: true.
        """
        return BlueGreen(
            traffic="LINEAR",
            step=_sizes(percent, instances),
            bake=bake,
            termination_wait=termination_wait,
            maximum_execution_timeout=maximum_execution_timeout,
            roll_back=roll_back,
        )

    @property
    def sizes(self) -> dict[str, tuple[CapacitySize, ...]]:
        """The canary's or the linear step's size."""
        return {} if self.traffic == "ALL_AT_ONCE" else {self.traffic: self.step}

    @property
    def termination_wait_seconds(self) -> float:
        """How long the old fleet stays."""
        wait = self.termination_wait
        return DEFAULT_TERMINATION_WAIT_SECONDS if wait is None else seconds(wait)

    @property
    def waits(self) -> Iterator[tuple[str, float]]:
        """Bake and termination wait."""
        yield "bake", self.bake_seconds
        yield "termination_wait", self.termination_wait_seconds

    @property
    def shifts_gradually(self) -> bool:
        """Whether it is a canary or linear."""
        return self.traffic != "ALL_AT_ONCE"

    def total_wait_seconds(self, fleet: int) -> float:
        """One bake per step, and the termination wait."""
        steps = {"ALL_AT_ONCE": 1, "CANARY": 2}.get(self.traffic)
        if steps is None:
            steps = math.ceil(100 / self.step[0].of(fleet))
        return steps * self.bake_seconds + self.termination_wait_seconds

    def policy(self) -> dict[str, Any]:
        """CloudFormation's BlueGreenUpdatePolicy."""
        size = self.step[0].properties if self.step else None
        return {
            "blue_green_update_policy": sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
                    type=self.traffic,
                    canary_size=size if self.traffic == "CANARY" else None,
                    linear_step_size=size if self.traffic == "LINEAR" else None,
                    # Optional in CloudFormation's schema, required by the API.
                    wait_interval_in_seconds=self.bake_seconds,
                ),
                termination_wait_in_seconds=self.termination_wait_seconds,
                maximum_execution_timeout_in_seconds=self._timeout(),
            )
        }


@dataclass(frozen=True, kw_only=True)
class Rolling(DeploymentPolicy):
    """Instances are replaced batch by batch; only one batch more is billed. One variant only.

    Example::

        Rolling(percent=20, bake=Duration.minutes(5))

    :param percent: each batch in percent of the fleet, 5 to 50.
    :param instances: each batch in instances, 5 to 50 % of the fleet. Give one of both.
    :param rollback_percent: each batch of a rollback in percent. Default: the whole fleet at once.
    :param rollback_instances: each batch of a rollback in instances. Default: the same.
    :param bake: how long the alarms watch each batch, 0 to 3600 s. Default: 600 s.
    :param maximum_execution_timeout: bound on the whole deployment, 600 to 28800 s; it must exceed
        all waits. Default: SageMaker's.
    :param roll_back: rolls back when an alarm goes off. Default: true.
    """

    percent: int | None = None
    instances: int | None = None
    rollback_percent: int | None = None
    rollback_instances: int | None = None

    @property
    def batch(self) -> tuple[CapacitySize, ...]:
        """The size of a batch."""
        return _sizes(self.percent, self.instances)

    @property
    def rollback_batch(self) -> tuple[CapacitySize, ...]:
        """The size of a rollback's batch."""
        return _sizes(self.rollback_percent, self.rollback_instances)

    @property
    def sizes(self) -> dict[str, tuple[CapacitySize, ...]]:
        """Both batches."""
        return {"BATCH": self.batch, "ROLLBACK_BATCH": self.rollback_batch}

    @property
    def shifts_gradually(self) -> bool:
        """Always."""
        return True

    def total_wait_seconds(self, fleet: int) -> float:
        """One bake per batch."""
        return math.ceil(100 / self.batch[0].of(fleet)) * self.bake_seconds

    def policy(self) -> dict[str, Any]:
        """CloudFormation's RollingUpdatePolicy."""
        rollback = self.rollback_batch
        return {
            "rolling_update_policy": sagemaker.CfnEndpoint.RollingUpdatePolicyProperty(
                maximum_batch_size=self.batch[0].properties,
                rollback_maximum_batch_size=rollback[0].properties if rollback else None,
                wait_interval_in_seconds=self.bake_seconds,
                maximum_execution_timeout_in_seconds=self._timeout(),
            )
        }


@dataclass(frozen=True, kw_only=True)
class ComponentRolling(DeploymentPolicy):
    """The copies of an inference component are replaced batch by batch (API reference,
    InferenceComponentRollingUpdatePolicy).

    Example::

        ComponentRolling(percent=50, bake=Duration.minutes(5))

    :param percent: each batch in percent of the copies, 5 to 50.
    :param copies: each batch in copies, 5 to 50 % of them. Give one of both.
    :param rollback_percent: each batch of a rollback in percent. Default: all copies at once.
    :param rollback_copies: each batch of a rollback in copies. Default: the same.
    :param bake: how long the alarms watch each batch, 0 to 3600 s. Default: 600 s.
    :param maximum_execution_timeout: bound on the whole deployment, 600 to 28800 s; it must exceed
        all waits. Default: SageMaker's.
    :param roll_back: rolls back when an alarm of the component on errors or latency goes off.
        Default: true.
    """

    percent: int | None = None
    copies: int | None = None
    rollback_percent: int | None = None
    rollback_copies: int | None = None

    unit: ClassVar[CapacityUnit] = CapacityUnit.COPIES

    @property
    def sizes(self) -> dict[str, tuple[CapacitySize, ...]]:
        """Both batches."""
        return {
            "BATCH": _sizes(self.percent, self.copies, CapacityUnit.COPIES),
            "ROLLBACK_BATCH": _sizes(
                self.rollback_percent, self.rollback_copies, CapacityUnit.COPIES
            ),
        }

    @property
    def shifts_gradually(self) -> bool:
        """Always."""
        return True

    def total_wait_seconds(self, fleet: int) -> float:
        """One bake per batch."""
        return math.ceil(100 / self.sizes["BATCH"][0].of(fleet)) * self.bake_seconds

    def policy(self) -> dict[str, Any]:
        """CloudFormation's RollingUpdatePolicy of an inference component."""
        component = sagemaker.CfnInferenceComponent
        batch, rollback = (
            component.InferenceComponentCapacitySizeProperty(
                type=sizes[0].unit.value, value=sizes[0].value
            )
            if sizes
            else None
            for sizes in self.sizes.values()
        )
        return {
            "rolling_update_policy": component.InferenceComponentRollingUpdatePolicyProperty(
                maximum_batch_size=batch,
                rollback_maximum_batch_size=rollback,
                wait_interval_in_seconds=self.bake_seconds,
                maximum_execution_timeout_in_seconds=self._timeout(),
            )
        }

    def component_properties(
        self, alarm_names: Sequence[str]
    ) -> sagemaker.CfnInferenceComponent.InferenceComponentDeploymentConfigProperty:
        """CloudFormation's DeploymentConfig of an inference component.

        :param alarm_names: rollback alarms as references, so that they exist before the component.
        """
        component = sagemaker.CfnInferenceComponent
        return component.InferenceComponentDeploymentConfigProperty(
            auto_rollback_configuration=component.AutoRollbackConfigurationProperty(
                alarms=[component.AlarmProperty(alarm_name=name) for name in alarm_names]
            )
            if alarm_names
            else None,
            **self.policy(),
        )
