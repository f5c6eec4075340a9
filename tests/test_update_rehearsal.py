"""Every single change that a user makes, deployed over what is there.

Each cell of the tables in ``rehearsal`` is two requests. The embedded AWS gets the first and then
the second: the endpoint is on the new state, in service, and nothing else changed; and back again.
Or the update check refuses the second, and says how to do it: then the embedded AWS refuses it,
too, what ran before runs on, and the other way works.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import pytest
from aws_cdk import Size, Stack
from aws_cdk import aws_sagemaker as sagemaker
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from constructs import IConstruct

from cdk_sagemaker_inference import InferenceComponentEndpoint, find_update_problems
from cdk_sagemaker_inference.endpoint import DeployedEndpoint
from rehearsal import asynchronous, batch, components, multi_model, realtime, serverless
from rehearsal.bed import Bed, bed
from rehearsal.changes import Asked, Change, Obstructed, Partly, Templates
from rehearsal.realtime import REALTIME
from rehearsal.seen import View, differences, unexpected, view
from rehearsal.vocabulary import BIGGER, REGISTRY, ROLE_ARN, archives, below, image, vpc

Covers = Callable[[str, str], None]
Template = Mapping[str, Any]

TABLES: Mapping[str, tuple[Asked, list[Change]]] = {
    "realtime": (REALTIME.base, realtime.CHANGES),
    "serverless": (serverless.SERVERLESS.base, serverless.CHANGES),
    "async": (asynchronous.ASYNC.base, asynchronous.CHANGES),
    "multi-model": (multi_model.MULTI_MODEL.base, multi_model.CHANGES),
    "components": (components.COMPONENTS.base, components.CHANGES),
    "batch": (batch.BATCH.base, batch.CHANGES),
}
CELLS: Mapping[str, tuple[Asked, Change]] = {
    f"{kind}: {change.what}": (base, change)
    for kind, (base, changes) in TABLES.items()
    for change in changes
}
WORKING = [name for name, (_, change) in CELLS.items() if not isinstance(change, Obstructed)]
REFUSED = [name for name in CELLS if name not in WORKING]


@pytest.fixture(scope="module")
def account() -> Iterator[Bed]:
    with bed() as made:
        yield made


@pytest.fixture(scope="module")
def templates(account: Bed) -> Templates:
    return Templates(account)


def rules(old: Template, new: Template) -> set[str]:
    return {finding.rule for finding in find_update_problems(old, new)}


def check_seen(before: View, after: View, expected: Mapping[str, Any]) -> None:
    found = differences(before, after)
    if isinstance(expected, Partly):
        found = {path: value for path, value in found.items() if path in expected}
    assert unexpected(found, expected) == {}
    if after.get("endpoint"):
        assert after["endpoint"]["status"] == "InService"


def replaced_under_their_names(old: Template, new: Template) -> list[str]:
    """What CloudFormation replaces while its name stays, by the registry's schemas."""
    found = []
    for logical_id in old["Resources"].keys() & new["Resources"].keys():
        was, becomes = (template["Resources"][logical_id] for template in (old, new))
        if was["Type"].startswith("Custom::"):
            continue
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", was["Type"]).schema
        replacing = {path.split("/")[2] for path in schema.get("createOnlyProperties", [])}
        changed = {
            name
            for name in replacing
            if was.get("Properties", {}).get(name) != becomes.get("Properties", {}).get(name)
        }
        names = {
            name
            for name in replacing
            if name.endswith("Name") and name in becomes.get("Properties", {})
        }
        if changed and names and not changed & names:
            found.append(logical_id)
    return found


@pytest.mark.parametrize("cell", WORKING)
def test_an_update_changes_what_it_says_and_nothing_else(
    cell: str, account: Bed, templates: Templates, covers: Covers
) -> None:
    base, change = CELLS[cell]
    before: Asked = {**base, **change.before}
    old, new = templates.of(before), templates.of({**before, **change.after})
    assert rules(old, new) == change.warned
    assert replaced_under_their_names(old, new) == []

    account.begin_at(old)
    first = view(account)
    assert account.deploy(new) == "UPDATE_COMPLETE", account.reasons()
    second = view(account)
    check_seen(first, second, change.seen)
    covers("updates", cell)

    if change.back_rules:
        assert rules(new, old) == change.back_rules
        assert account.deploy(old) == "UPDATE_ROLLBACK_COMPLETE"
        assert view(account) == second
        return
    assert rules(new, old) == change.warned
    assert replaced_under_their_names(new, old) == []
    assert account.deploy(old) == "UPDATE_COMPLETE", account.reasons()
    assert differences(first, view(account)).keys() == change.stays
    if change.back is not None:
        covers("updates", f"{cell.partition(':')[0]}: {change.back}")


@pytest.mark.parametrize("cell", REFUSED)
def test_a_refused_update_leaves_all_as_it_was_and_the_other_way_works(
    cell: str, account: Bed, templates: Templates, covers: Covers
) -> None:
    base, change = CELLS[cell]
    assert isinstance(change, Obstructed)
    before: Asked = {**base, **change.before}
    old, new = templates.of(before), templates.of({**before, **change.after})
    assert rules(old, new) == change.rules

    account.begin_at(old)
    first = view(account)
    assert account.deploy(new) == "UPDATE_ROLLBACK_COMPLETE"
    assert change.words in account.reasons()
    assert differences(first, view(account)) == {}

    last = change.after if change.instead is None else change.instead
    current = old
    for step in (*change.steps, last):
        wanted = templates.of({**before, **step})
        assert rules(current, wanted) == set()
        assert replaced_under_their_names(current, wanted) == []
        assert account.deploy(wanted) == "UPDATE_COMPLETE", account.reasons()
        current = wanted
    check_seen(first, view(account), change.seen)
    covers("updates", cell)


def beside(stack: Stack, made: IConstruct) -> None:
    """A resource that fails when the endpoint has moved on already: its artifact is not there."""
    model = sagemaker.CfnModel(
        stack,
        "Beside",
        execution_role_arn=ROLE_ARN,
        primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
            image=f"{REGISTRY}/fraud:1.4.2", model_data_url="s3://files/models/9/model.tar.gz"
        ),
    )
    endpoint = cast(DeployedEndpoint, made)
    model.add_dependency(endpoint.cfn_endpoint)
    if isinstance(endpoint, InferenceComponentEndpoint):
        for component in endpoint.components.values():
            model.add_dependency(component.cfn_inference_component)


# What begins, and what changes while something beside it fails.
FAILING: Mapping[str, tuple[str, Asked, Asked]] = {
    "realtime: image": ("realtime", {}, REALTIME.asks(image=image("1.4.3"))),
    "realtime: image under scaling": (
        "realtime",
        {"scaling": REALTIME.scaled()},
        REALTIME.asks(image=image("1.4.3")),
    ),
    "realtime: image under guardrails": (
        "realtime",
        realtime.GUARDED,
        REALTIME.asks(image=image("1.4.3")),
    ),
    "realtime: guardrails off": ("realtime", realtime.GUARDED, {"deployment": None}),
    "realtime: scaling on": ("realtime", {}, {"scaling": REALTIME.scaled()}),
    "realtime: scaling off": ("realtime", {"scaling": REALTIME.scaled()}, {"scaling": None}),
    "realtime: instance type": ("realtime", {}, {"instance_type": BIGGER}),
    "realtime: VPC on": ("realtime", {}, {"vpc": vpc}),
    "serverless: memory": ("serverless", {}, {"memory_size": Size.gibibytes(4)}),
    "async: output prefix": ("async", {}, {"output": below("elsewhere")}),
    "multi-model: prefix": ("multi-model", {}, {"model": archives("others")}),
    "components: component added": (
        "components",
        {},
        components.with_models(chat={}, summary={}),
    ),
    "components: image": (
        "components",
        {},
        components.COMPONENTS.asks(image=image("1.4.3")),
    ),
}


@pytest.mark.parametrize("cell", FAILING)
def test_an_update_that_fails_beside_the_endpoint_rolls_back_and_works_at_the_next_try(
    cell: str, account: Bed, templates: Templates, covers: Covers
) -> None:
    kind, started, change = FAILING[cell]
    before: Asked = {**TABLES[kind][0], **started}
    after: Asked = {**before, **change}
    account.begin_at(templates.of(before))
    first = view(account)
    assert account.deploy(templates.of({**after, "then": beside})) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Beside" in account.reasons()
    assert differences(first, view(account)) == {}
    assert account.deploy(templates.of(after)) == "UPDATE_COMPLETE", account.reasons()
    assert differences(first, view(account)) != {}
    covers("updates", f"{cell}, rolled back")


def test_a_serverless_endpoint_that_got_instances_cannot_be_rolled_back(
    account: Bed, templates: Templates
) -> None:
    before: Asked = serverless.SERVERLESS.base
    account.begin_at(templates.of(before))
    failing = templates.of({**before, "type": "realtime", "then": beside})
    assert account.deploy(failing) == "UPDATE_ROLLBACK_FAILED"
    assert "Cannot convert an endpoint from instances to serverless" in account.reasons()
    account.destroy()
