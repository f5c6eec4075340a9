"""What a table of calls consists of, and the names that the tables have in common."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Environment, Stack

from deployed_template import NOTHING_ELSE, Deployed, Elsewhere
from policy_evaluation import Call
from support import synthesize

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "999999999999"
REGION = "eu-west-1"
OTHER_REGION = "us-east-1"
ENVIRONMENT = Environment(account=ACCOUNT, region=REGION)

SERVICES = {
    "CloudWatch": "cloudwatch.amazonaws.com",
    "EC2": "ec2.amazonaws.com",
    "EventBridge": "events.amazonaws.com",
    "Lambda": "lambda.amazonaws.com",
    "SageMaker": "sagemaker.amazonaws.com",
    "Scheduler": "scheduler.amazonaws.com",
    "Step Functions": "states.amazonaws.com",
}
"""Services that call on their own behalf."""

_MODEL = "AWS::SageMaker::Model"
_PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Row:
    """A call in a table.

    :param action: for example ``s3:GetObject``.
    :param resource: its ARN, or ``*`` where the action takes none. ``<FraudModel>`` in it stands
        for the name of a model, which ends in a hash, and ``<asset>`` for that of its artifact.
    :param note: what is tried, or why it must be possible.
    :param context: the condition keys that the service sends, with the same placeholders.
    """

    action: str
    resource: str = "*"
    note: str = ""
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The call in one line."""
        context = "".join(f" {key}={value}" for key, value in sorted(self.context.items()))
        return f"{self.action} {self.resource}{context}"

    def call(self, deployed: Deployed) -> Call:
        """The call against a template, with names put in."""
        return Call(
            self.action,
            _named(self.resource, deployed),
            {key: _named(value, deployed) for key, value in self.context.items()},
        )


Rows = Mapping[str, Sequence[Row]]
"""By who calls."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The calls of one way to serve with one capability.

    :param type: way to serve.
    :param capability: what is special about it.
    :param build: makes it in a stack.
    :param allowed: calls that must be possible.
    :param refused: calls that must not be.
    :param roles: by who calls, the role's logical id without hash, or its ARN.
    :param elsewhere: what of other accounts has a say.
    """

    type: str
    capability: str
    build: Callable[[Stack], object]
    allowed: Rows
    refused: Rows
    roles: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Elsewhere = NOTHING_ELSE

    @property
    def id(self) -> str:
        """What the table is about, in words."""
        return f"{self.type}: {self.capability}"

    @property
    def rows(self) -> Iterator[tuple[str, Row, bool]]:
        """Every row: who calls, what, and whether it must be possible."""
        for verdict, by_caller in ((True, self.allowed), (False, self.refused)):
            for who, rows in by_caller.items():
                for row in rows:
                    yield who, row, verdict

    @functools.cached_property
    def deployed(self) -> Deployed:
        """The table's template."""
        template = synthesize(self.build, env=ENVIRONMENT).template
        return Deployed(template, region=REGION, account=ACCOUNT)

    def principal(self, who: str) -> str:
        """ARN of a role, or the name of a service."""
        if who in SERVICES:
            return SERVICES[who]
        role = {"caller": "Caller", "execution role": "FraudRole", **self.roles}[who]
        if role.startswith("arn:"):
            return role
        return self.deployed.arn(self.deployed.logical_id("AWS::IAM::Role", role))

    def decides(self, who: str, row: Row, *, expected: bool) -> bool:
        """Tell whether the template lets the call through.

        Other accounts are taken for the worst: they let us in only where the table says so, and
        whatever we must not reach there lets everybody in.
        """
        return self.deployed.may(
            self.principal(who),
            row.call(self.deployed),
            self.elsewhere,
            strangers_let_in=not expected,
        )


def _named(text: str, deployed: Deployed) -> str:
    def name(match: re.Match[str]) -> str:
        if match[1] == "asset":
            model = deployed.resources[deployed.logical_id(_MODEL, "FraudModel")]
            url: str = deployed.resolve(model["Properties"]["PrimaryContainer"]["ModelDataUrl"])
            return url.rpartition("/")[2].removesuffix(".tar.gz")
        return deployed.name(deployed.logical_id(_MODEL, match[1]))

    return _PLACEHOLDER.sub(name, text)


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """ARN of something, here unless said otherwise."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def joined(*parts: Rows) -> Rows:
    """Tables of rows put together; what stands in several stands once."""
    callers = dict.fromkeys(who for part in parts for who in part)
    return {
        who: list({str(row): row for part in parts for row in part.get(who, [])}.values())
        for who in callers
    }


def but_for(rows: Rows, *notes: str) -> Rows:
    """Rows but for those with some notes."""
    return {who: [row for row in items if row.note not in notes] for who, items in rows.items()}
