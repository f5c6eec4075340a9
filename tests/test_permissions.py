"""What the policies of each way to serve allow: the tables in ``permissions``, and wildcards."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest
from aws_cdk import App

from app import build
from deployed_template import Deployed, Elsewhere
from permissions import TABLES
from permissions.images import repository_lets
from permissions.linting import findings, takes_resource
from permissions.needs import needs
from permissions.rows import ACCOUNT, REGION, Table, arn
from permissions.wildcards import NO_RESOURCE, unexplained
from support import CONTEXT


@pytest.fixture(scope="module", params=TABLES, ids=lambda table: table.id)
def table(request: pytest.FixtureRequest) -> Table:
    """A scope of its own keeps the tests of a table, and so its template, in one process."""
    made: Table = request.param
    return made


def test_the_policies_decide_each_call_as_the_table_says(
    table: Table, covers: Callable[[str, str], None]
) -> None:
    rows = list(table.rows)
    wrong = [
        f"{'refused' if allowed else 'allowed'} to {who}: {row} ({row.note})"
        for who, row, allowed in rows
        if table.decides(who, row, expected=allowed) is not allowed
    ]
    assert wrong == []
    for who, row, allowed in rows:
        covers(f"calls {'allowed' if allowed else 'refused'}", f"{table.id}: {who}: {row}")


def test_parliament_finds_nothing_in_the_policies(table: Table) -> None:
    assert list(findings(table.deployed)) == []


def unexplained_wildcards(deployed: Deployed) -> list[str]:
    return [
        f"{where}: {wide}"
        for where, document in deployed.documents()
        if where.endswith(".PolicyDocument") and "Principal" not in document["Statement"][0]
        for wide in unexplained(document)
    ]


def test_wildcards_are_only_where_nothing_narrower_can_be_said(table: Table) -> None:
    assert unexplained_wildcards(table.deployed) == []


def test_no_call_stands_twice_in_a_table(table: Table) -> None:
    said = [(who, str(row)) for who, row, _ in table.rows]
    assert sorted(item for item in set(said) if said.count(item) > 1) == []


@cache
def reference_app() -> Mapping[str, Deployed]:
    app = App(context={**CONTEXT, "account": ACCOUNT, "region": REGION}, analytics_reporting=False)
    build(app)
    return {
        stack.stack_name: Deployed(
            json.loads(Path(stack.template_full_path).read_text()), region=REGION, account=ACCOUNT
        )
        for stack in app.synth().stacks
    }


def test_the_reference_apps_policies_are_as_narrow() -> None:
    stacks = reference_app()
    assert len(stacks) == 8
    for deployed in stacks.values():
        assert list(findings(deployed)) == []
        assert unexplained_wildcards(deployed) == []


DLC = arn("ecr", "repository/pytorch-inference", account="763104351884")
# AWS lets all accounts pull its images.
AWS_IMAGES = Elsewhere(resources={DLC: [repository_lets("*")]})


def test_what_the_reference_apps_resources_name_can_be_reached(
    covers: Callable[[str, str], None],
) -> None:
    for stack, deployed in reference_app().items():
        calls = list(needs(deployed))
        assert bool(calls) is (stack != "project-a-network-dev")
        wrong = [f"{who}: {call}" for who, call in calls if not deployed.may(who, call, AWS_IMAGES)]
        assert wrong == [], stack
        for who, call in calls:
            covers("calls allowed", f"{stack}: {who}: {call.action} {call.resource}")


def test_what_is_said_to_take_no_resource_takes_none() -> None:
    assert [action for action in NO_RESOURCE if takes_resource(action)] == []


def test_the_tables_refuse_more_than_they_allow() -> None:
    verdicts = [verdict for table in TABLES for _, _, verdict in table.rows]
    assert verdicts.count(True) >= 60
    assert verdicts.count(False) >= 3 * verdicts.count(True)
    assert len({table.id for table in TABLES}) == len(TABLES)
