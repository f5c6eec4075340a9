"""What a rule about updates is, and what it looks at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .template import EndpointEntry, Resource, TemplateReader


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """What of an update breaks a rule.

    :param logical_id: the resource.
    :param change: what changes, from what to what.
    :param way: how to bring it about instead, in the library's argument names.
    :param unknown: part of it is known to the deployment only.
    """

    logical_id: str
    change: str
    way: str
    unknown: bool = False


@dataclass(frozen=True)
class Update:
    """The template that is deployed, and the one to deploy."""

    before: TemplateReader
    after: TemplateReader

    @property
    def endpoints(self) -> Iterator[tuple[EndpointEntry, EndpointEntry]]:
        """Endpoints that are updated, not replaced, and whose configs both are known."""
        for logical_id, was in self.before.endpoints.items():
            now = self.after.endpoints.get(logical_id)
            if now is not None and was.name == now.name and was.variants and now.variants:
                yield was, now

    @property
    def kept(self) -> Iterator[tuple[Resource, Resource]]:
        """Resources that both templates have."""
        for logical_id, was in self.before.resources.items():
            if logical_id in self.after.resources:
                yield was, self.after.resources[logical_id]

    @property
    def removed(self) -> Iterator[Resource]:
        """Resources that are no longer wanted."""
        for logical_id, was in self.before.resources.items():
            if logical_id not in self.after.resources:
                yield was

    def scaled(self, endpoint: EndpointEntry) -> Iterator[str]:
        """The variants that have a scalable target while the endpoint is updated.

        Those of the deployed template: CloudFormation deletes a target after all updates.
        """
        for endpoint_name, variant_name in self.before.scaled_variants:
            if endpoint_name == endpoint.name and variant_name in endpoint.variants:
                yield variant_name


Check = Callable[[Update], Iterator[Obstacle]]


@dataclass(frozen=True, kw_only=True)
class UpdateRule:
    """One rule about updates.

    :param id: identifier, stable.
    :param text: the rule in one sentence.
    :param source: where it is written; ``dg:X`` is page X of SageMaker's Developer Guide, ``api:X``
        shape X of its service model, ``cfn:X`` and ``cdk:X`` pages of CloudFormation's and the
        CDK's guides, ``gh:X`` thread X of GitHub.
    :param check: finds what breaks it.
    :param warns: AWS does not document it, or does not refuse it: a warning.
    """

    id: str
    text: str
    source: str
    check: Check
    warns: bool = False


def rule(
    rules: list[UpdateRule], id: str, text: str, *, source: str, warns: bool = False
) -> Callable[[Check], Check]:
    """Add the decorated check to a module's rules."""

    def register(check: Check) -> Check:
        rules.append(UpdateRule(id=id, text=text, source=source, check=check, warns=warns))
        return check

    return register
