"""Brings a stack's resources from one template to the next, as CloudFormation does.

Resources are created, changed and replaced in dependency order; a replacement is made before the
old resource goes. What is no longer wanted is deleted at the very end, after everything that used
it has moved on. When a resource fails, all that was done is undone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from local import graph, models, registry
from local.models import Deployed, FailedWithStateError, Place
from local.reasons import HandlerError, reason
from local.resolver import Resolver

Emit = Callable[[str, str, str, str, str | None], None]
"""Records a resource event: logical id, physical id, type, status, reason."""

_KEEPING = ("Retain", "RetainExceptOnCreate")


class DeploymentError(Exception):
    """Some resources could not be brought to their wanted state."""

    def __init__(self, verb: str, failed: Iterable[str]) -> None:
        self.failed = list(failed)
        super().__init__(
            f"The following resource(s) failed to {verb}: [{', '.join(self.failed)}]. "
        )


@dataclass(frozen=True)
class _Step:
    """One thing that was done, with what was there before."""

    kind: Literal["created", "updated", "replaced"]
    logical_id: str
    before: Deployed | None = None


class Deployment:
    """One create, update or delete operation on a stack."""

    def __init__(self, place: Place, records: dict[str, Deployed], emit: Emit) -> None:
        self._place = place
        self._records = records
        self._emit = emit
        self._steps: list[_Step] = []
        self._is_new = not records

    def apply(self, resolver: Resolver, tags: Mapping[str, str]) -> None:
        """Moves the stack to the resolver's template; on failure raises and leaves the steps to
        undo.
        """
        entries = resolver.active()
        needs = graph.dependencies(entries)
        for record in self._records.values():
            resolver.place(record.logical_id, record.model, record.type)
        for logical_id in graph.order(needs):
            entry = entries[logical_id]
            verb = "update" if logical_id in self._records else "create"
            try:
                properties = registry.with_stack_tags(
                    entry["Type"], self._place.region, resolver.properties(entry), tags
                )
                self._bring(logical_id, entry, properties, needs[logical_id])
            except (
                Exception
            ) as error:  # any failure of a handler fails the resource, not the server
                known = self._records.get(logical_id)
                physical_id = "" if known is None else known.physical_id
                status = f"{verb.upper()}_FAILED"
                self._emit(logical_id, physical_id, entry["Type"], status, reason(error))
                raise DeploymentError(verb, [logical_id]) from error
            record = self._records[logical_id]
            resolver.place(logical_id, record.model, record.type)

    def _bring(
        self, logical_id: str, entry: Mapping[str, Any], properties: dict[str, Any], needs: set[str]
    ) -> None:
        old = self._records.get(logical_id)
        if old is None:
            self._create(logical_id, entry, properties, needs)
        elif old.type != entry["Type"]:
            raise HandlerError("Update of resource type is not permitted.")
        elif old.properties == properties:
            self._records[logical_id] = replace(old, entry=entry, needs=needs)
        elif registry.create_only_changes(old.type, self._place.region, old.properties, properties):
            self._replace(old, entry, properties, needs)
        else:
            self._update(old, entry, properties, needs)

    def _create(
        self, logical_id: str, entry: Mapping[str, Any], properties: dict[str, Any], needs: set[str]
    ) -> None:
        kind = entry["Type"]
        self._emit(logical_id, "", kind, "CREATE_IN_PROGRESS", None)
        failure: FailedWithStateError | None = None
        try:
            model = models.create(logical_id, entry, properties, self._place)
        except FailedWithStateError as error:
            failure, model = error, error.model
        record = Deployed(logical_id, kind, entry, properties, model, needs)
        self._records[logical_id] = record
        self._steps.append(_Step("created", logical_id))
        if failure is not None:
            raise failure
        self._emit(logical_id, record.physical_id, kind, "CREATE_COMPLETE", None)

    def _update(
        self, old: Deployed, entry: Mapping[str, Any], properties: dict[str, Any], needs: set[str]
    ) -> None:
        self._emit(old.logical_id, old.physical_id, old.type, "UPDATE_IN_PROGRESS", None)
        failure: FailedWithStateError | None = None
        try:
            model = models.update(old, properties, self._place)
        except FailedWithStateError as error:
            # Even a failed answer's physical id counts from now on (gh:aws/aws-cdk#13527).
            failure, model = error, error.model
        record = replace(old, entry=entry, properties=properties, model=model, needs=needs)
        self._records[old.logical_id] = record
        self._steps.append(_Step("updated", old.logical_id, old))
        if failure is not None:
            raise failure
        self._emit(old.logical_id, record.physical_id, old.type, "UPDATE_COMPLETE", None)

    def _replace(
        self, old: Deployed, entry: Mapping[str, Any], properties: dict[str, Any], needs: set[str]
    ) -> None:
        named_by = models.name_property(old.type)
        name = properties.get(named_by) if named_by is not None else None
        if named_by is not None and name is not None and name == old.properties.get(named_by):
            raise HandlerError(
                "CloudFormation cannot update a stack when a custom-named resource requires "
                f"replacing. Rename {name} and update the stack again."
            )
        requested = (
            "Requested update requires the creation of a new physical resource; hence creating one."
        )
        self._emit(old.logical_id, old.physical_id, old.type, "UPDATE_IN_PROGRESS", requested)
        model = models.create(old.logical_id, entry, properties, self._place)
        record = Deployed(old.logical_id, old.type, entry, properties, model, needs)
        self._records[old.logical_id] = record
        self._steps.append(_Step("replaced", old.logical_id, old))
        self._emit(old.logical_id, record.physical_id, old.type, "UPDATE_COMPLETE", None)

    def clean_up(self, wanted: Iterable[str]) -> None:
        """Deletes what the new template replaced or no longer has; a failure here fails nothing
        else.
        """
        keep = set(wanted)
        gone = [self._records[name] for name in self._records if name not in keep]
        replaced = [s.before for s in self._steps if s.before is not None and self._replaced(s)]
        for record in _deletion_order(gone):
            del self._records[record.logical_id]
        # A replaced resource may need a removed one and the other way round, by their old
        # references.
        for record in _deletion_order([*gone, *replaced]):
            current = self._records.get(record.logical_id)
            if current is not None and current.physical_id == record.physical_id:
                continue
            policy = "DeletionPolicy" if current is None else "UpdateReplacePolicy"
            if record.entry.get(policy) in _KEEPING:
                self._event(record, "DELETE_SKIPPED")
            else:
                self._delete(record)

    def _replaced(self, step: _Step) -> bool:
        """Whether a step left an old resource behind."""
        current = self._records.get(step.logical_id)
        if step.kind != "updated" or step.before is None or current is None:
            return step.kind == "replaced"
        return models.outlived_by_old_id(step.before, current)

    def roll_back(self) -> list[str]:
        """Undoes every step: first what was changed gets its old state, then what was made goes.
        Answers with what could not be undone.
        """
        made = [self._records[s.logical_id] for s in self._steps if s.kind != "updated"]
        for step in self._steps:
            if step.before is not None and step.kind == "replaced":
                self._records[step.logical_id] = step.before
        if self._is_new:
            return self._delete_records(made, ("Retain",))
        failed: list[str] = []
        for step in self._steps:
            if step.before is not None and step.kind == "updated":
                changed = self._records[step.logical_id]
                if not self._restore(step.before):
                    failed.append(step.logical_id)
                elif models.outlived_by_old_id(changed, self._records[step.logical_id]):
                    made.append(changed)
        for record in _deletion_order(made):
            current = self._records.get(record.logical_id)
            if current is record:
                del self._records[record.logical_id]
            elif current is not None and current.physical_id == record.physical_id:
                continue
            if current is record and record.entry.get("DeletionPolicy") == "Retain":
                self._event(record, "DELETE_SKIPPED")
            else:
                self._delete(record)
        return failed

    def _restore(self, before: Deployed) -> bool:
        current = self._records[before.logical_id]
        self._event(current, "UPDATE_IN_PROGRESS")
        try:
            model = models.update(current, before.properties, self._place)
        except Exception as error:  # reported; the other resources are still restored
            self._event(current, "UPDATE_FAILED", reason(error))
            return False
        restored = replace(before, model=model)
        self._records[before.logical_id] = restored
        self._event(restored, "UPDATE_COMPLETE")
        return True

    def delete_all(self) -> None:
        """Deletes the stack's resources; what a failed one needs stays."""
        failed = self._delete_records(list(self._records.values()), _KEEPING)
        if failed:
            raise DeploymentError("delete", failed)

    def _delete_records(self, records: list[Deployed], keeping: Sequence[str]) -> list[str]:
        failed: list[str] = []
        needed: set[str] = set()
        for record in _deletion_order(records):
            if record.logical_id in needed:
                needed |= record.needs
                continue
            if record.entry.get("DeletionPolicy") in keeping:
                self._event(record, "DELETE_SKIPPED")
            elif not self._delete(record):
                failed.append(record.logical_id)
                needed |= record.needs
                continue
            del self._records[record.logical_id]
        return failed

    def _delete(self, record: Deployed) -> bool:
        self._event(record, "DELETE_IN_PROGRESS")
        try:
            models.delete(record, self._place)
        except Exception as error:  # reported as the resource's reason
            self._event(record, "DELETE_FAILED", reason(error))
            return False
        self._event(record, "DELETE_COMPLETE")
        return True

    def _event(self, record: Deployed, status: str, why: str | None = None) -> None:
        self._emit(record.logical_id, record.physical_id, record.type, status, why)


def _deletion_order(records: list[Deployed]) -> list[Deployed]:
    """Dependents first. Old and new generations may form a cycle; then the order of creation,
    reversed.
    """
    by_id: dict[str, list[Deployed]] = {}
    for record in records:
        by_id.setdefault(record.logical_id, []).append(record)
    needs = {name: set().union(*(r.needs for r in rs)) & by_id.keys() for name, rs in by_id.items()}
    try:
        ordered = graph.order(needs)
    except graph.CircularDependencyError:
        ordered = list(by_id)
    return [record for name in reversed(ordered) for record in by_id[name]]
