"""Writes the pages of the documentation that are lists, from the code that they list.

``python docs/generate.py`` writes them; with ``--check`` it says which are not up to date.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from cdk_sagemaker_inference.acknowledgements import (
    ACKNOWLEDGEMENTS,
    CONTEXT_KEY,
)
from cdk_sagemaker_inference.rules import RULES, Rule, warning_id
from cdk_sagemaker_inference.updates.check import RULES as UPDATE_RULES

_HEAD = "<!-- Written by `make docs`; change the code that it lists. -->\n\n"

_SOURCES = {
    "api": "Amazon SageMaker API Reference",
    "dg": "Amazon SageMaker Developer Guide",
    "cfn": "resource type's schema in the CloudFormation registry",
    "cdk": "AWS CDK API Reference",
    "cloudwatch": "Amazon CloudWatch API Reference",
    "ecr": "Amazon ECR API Reference",
    "gh": "thread on GitHub, for what AWS does not document",
    "kms": "AWS KMS Developer Guide",
    "tag": "Resource Groups Tagging API Reference",
}


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    """Text as it is."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def rules_page() -> str:
    """Every rule, by what it is about, with what a user reads who breaks it."""
    from rule_cases import CASES
    from rule_cases.building import placed

    def example(rule: Rule) -> str:
        _, changes, _ = CASES[rule.id]
        finding = str(next(iter(rule.check(placed(**changes)))))
        # Objects have addresses, tokens numbers, and files lie elsewhere on each machine.
        varies = any(text in finding for text in (" at 0x", "${Token[", str(ROOT)))
        return "" if varies else code(finding)

    refusing = [rule for rule in RULES if rule.warns is None]
    parts = [
        _HEAD,
        "# Rules\n\n",
        "What the library checks before it makes anything, beside what CDK's own validation of "
        "templates finds. "
        f"{len(refusing)} rules refuse, all at once in one `ValueError`; "
        f"{len(RULES) - len(refusing)} warn, and a warning is acknowledged by\n"
        f'`Annotations.of(construct).acknowledge_warning("{warning_id("<rule>")}", "why")`.\n\n',
        "Sources: " + "; ".join(f"`{prefix}:` {name}" for prefix, name in _SOURCES.items()) + ".\n",
    ]
    for concerns, group in groupby(RULES, key=lambda rule: rule.concerns):
        rows = [
            [
                code(rule.id),
                rule.text,
                "refuses" if rule.warns is None else f"warns: {rule.warns.value}",
                rule.source,
                example(rule),
            ]
            for rule in group
        ]
        parts += [
            f"\n## {concerns[0].upper()}{concerns[1:]}\n\n",
            table(["rule", "what must hold", "otherwise", "source", "for example"], rows),
        ]
    parts += [
        "\n## What is deployed already\n\n",
        "`check_updates` compares the app with the deployed templates; see "
        "[Updates](updates.md).\n\n",
        table(
            ["rule", "what must hold", "otherwise", "source"],
            [
                [
                    code(rule.id),
                    rule.text,
                    "warns" if rule.warns else "refuses",
                    rule.source,
                ]
                for rule in UPDATE_RULES
            ],
        ),
    ]
    return "".join(parts)


def permissions_page() -> str:
    """Every call of the tables that the tests decide over the synthesized policies."""
    from permissions import TABLES

    rows = [row for item in TABLES for row in item.rows]
    allowed = sum(verdict for _, _, verdict in rows)
    parts = [
        _HEAD,
        "# Permissions\n\n",
        "What the templates let SageMaker, its containers and the callers do, and what not, as the "
        "tests decide it over identity, resource and trust policies with their conditions: "
        f"{allowed} calls that must be possible and {len(rows) - allowed} that must be refused.\n",
    ]
    for item in TABLES:
        parts += [
            f"\n## {item.id[0].upper()}{item.id[1:]}\n\n",
            table(
                ["who", "call", "on", "with", "", "note"],
                [
                    [
                        who,
                        code(row.action),
                        code(row.resource),
                        ", ".join(code(f"{key}={row.context[key]}") for key in sorted(row.context)),
                        "may" if verdict else "**may not**",
                        row.note,
                    ]
                    for who, row, verdict in item.rows
                ],
            ),
        ]
    return "".join(parts)


def acknowledgements_page() -> str:
    """Every finding of the policy packs that the library acknowledges."""
    rows = [
        [item.resource, "<br>".join(map(code, item.ids)), ", ".join(item.statements), item.reason]
        for item in ACKNOWLEDGEMENTS
    ]
    return "".join(
        [
            _HEAD,
            "# Acknowledged findings\n\n",
            "What cdk-nag's packs AwsSolutions, Serverless, NIST 800-53 R5, HIPAA Security and PCI "
            "DSS 3.2.1 would report of the library's resources, and why it is right. "
            f"The context value `{code(CONTEXT_KEY)[1:-1]}: false` leaves all of them out.\n\n",
            table(["resource", "finding", "statements", "reason"], rows),
        ]
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "acknowledgements.md": acknowledgements_page,
    "permissions.md": permissions_page,
    "rules.md": rules_page,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or compare them with what would be written."""
    stale = []
    for name, page in PAGES.items():
        path = ROOT / "docs" / name
        text = page()
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text)
    if stale and "--check" in arguments:
        print(f"not up to date, run `make docs`: {', '.join(stale)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
