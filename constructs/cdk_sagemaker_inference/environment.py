"""Partition, Region and account of a stack, each a literal or a token."""

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from aws_cdk import Stack

from .acknowledgements import CONTEXT_KEY
from .tokens import is_token


@dataclass(frozen=True, kw_only=True)
class ArnPlace:
    """Where the thing of an ARN is; a part that is not known at synth is ``None``."""

    region: str | None
    account: str | None

    @classmethod
    def of(cls, arn: str) -> "ArnPlace":
        """Read an ARN, of which any part, or all of it, may be a token."""
        # Tokens contain no colon.
        region, account = (arn.split(":", 5) + [""] * 5)[3:5]
        return cls(
            region=None if not region or is_token(region) else region,
            account=None if not account or is_token(account) else account,
        )


@dataclass(frozen=True, kw_only=True)
class StackEnvironment:
    """Where a stack is deployed, and the ARNs of things there.

    :param acknowledges: whether the library acknowledges what rule packs report of its resources.
    :param stack: the stack, where it is a real one.
    """

    partition: str
    region: str
    account: str
    acknowledges: bool = True
    stack: Stack | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, stack: Stack) -> "StackEnvironment":
        """Read it once for each stack."""
        known = _KNOWN.get(stack)
        if known is None:
            # An ARN holds all three, and tokens contain no colon.
            arn = stack.format_arn(service="sagemaker", resource="endpoint")
            _, partition, _, region, account, _ = arn.split(":", 5)
            # The CLI's --context passes text.
            said = str(stack.node.try_get_context(CONTEXT_KEY)).lower()
            known = _KNOWN[stack] = cls(
                partition=partition,
                region=region,
                account=account,
                acknowledges=said != "false",
                stack=stack,
            )
        return known

    def is_elsewhere(self, region: str | None) -> bool:
        """Tell whether a Region is surely another one."""
        return not (region is None or is_token(region) or is_token(self.region)) and (
            region != self.region
        )

    def is_foreign(self, account: str | None) -> bool:
        """Tell whether an account is surely another one."""
        return not (account is None or is_token(account) or is_token(self.account)) and (
            account != self.account
        )

    def arn(
        self, service: str, resource: str, *, region: str | None = None, account: str | None = None
    ) -> str:
        """ARN of a resource, of this Region and account unless said otherwise; ``""`` for none."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def object_arn(self, path: str) -> str:
        """ARN of an S3 object, ``bucket/key``."""
        return self.arn("s3", path, region="", account="")


# The environment holds its stack, which therefore stays; so does what Node calls back at synth.
_KNOWN: "WeakKeyDictionary[Stack, StackEnvironment]" = WeakKeyDictionary()
