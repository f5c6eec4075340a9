"""Partition, Region and account of a stack, each a literal or a token."""

from dataclasses import dataclass

from aws_cdk import Stack


@dataclass(frozen=True, kw_only=True)
class StackEnvironment:
    """Where a stack is deployed, and the ARNs of things there."""

    partition: str
    region: str
    account: str

    @classmethod
    def of(cls, stack: Stack) -> "StackEnvironment":
        """Read all three with one call: an ARN holds them, and tokens contain no colon."""
        arn = stack.format_arn(service="sagemaker", resource="endpoint")
        _, partition, _, region, account, _ = arn.split(":", 5)
        return cls(partition=partition, region=region, account=account)

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
