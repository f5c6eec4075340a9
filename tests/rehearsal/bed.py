"""An account of the embedded AWS in process, with one stack that goes from template to template."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from deploying import DEPLOYED, bring_stack, failures
from local.extension import install
from local.models import UNKNOWN

REGION = "us-east-1"
STACK = "Rehearsal"
TRUST = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
        }
    ]
}


class Bed:
    """What the stack needs around it, deployments, and why they failed.

    * ``template``: what is deployed, or ``None``;
    * ``types``: the resource types that the stack has had, of which something may be left;
    * ``view``: what the APIs showed since the last deployment, if they were asked.
    """

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}
        self.template: dict[str, Any] | None = None
        self.view: dict[str, Any] | None = None
        self.types: set[str] = set()
        self.neighbours = self._make_neighbours()

    def client(self, service: str) -> Any:
        if service not in self._clients:
            make: Any = boto3.client
            config = Config(retries={"total_max_attempts": 1})
            self._clients[service] = make(service, region_name=REGION, config=config)
        return self._clients[service]

    def _make_neighbours(self) -> dict[str, str]:
        """What states refer to and no state makes, by the name that the states use."""
        ec2, storage = self.client("ec2"), self.client("s3")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(
                VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}"
            )["Subnet"]["SubnetId"]
            for index, zone in enumerate("ab")
        ]
        group = ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
        storage.create_bucket(Bucket="files")
        for key in (
            "models/3/model.tar.gz",
            "models/4/model.tar.gz",
            "archives/a.tar.gz",
            "others/b.tar.gz",
            "claims/1.csv",
            "more-claims/1.csv",
        ):
            storage.put_object(Bucket="files", Key=key, Body=b"1,2\n")
        topics = self.client("sns")
        role = self.client("iam").create_role(
            RoleName="own-execution", AssumeRolePolicyDocument=json.dumps(TRUST)
        )
        return {
            "vpc": vpc,
            "subnet 1": subnets[0],
            "subnet 2": subnets[1],
            "group": group,
            "key": self.client("kms").create_key()["KeyMetadata"]["Arn"],
            "ops": topics.create_topic(Name="ops")["TopicArn"],
            "other ops": topics.create_topic(Name="other-ops")["TopicArn"],
            "role": role["Role"]["Arn"],
        }

    def deploy(self, template: Mapping[str, Any]) -> str:
        """Bring the stack to a template and return its status."""
        self.view = None
        self.types |= {resource["Type"] for resource in template["Resources"].values()}
        status = bring_stack(self.client("cloudformation"), STACK, json.dumps(template))
        if status in DEPLOYED:
            self.template = dict(template)
        assert UNKNOWN.rows() == []
        return status

    def reasons(self) -> str:
        """Why resources failed in the last deployments, latest first."""
        return failures(self.client("cloudformation"), STACK)

    def begin_at(self, template: Mapping[str, Any]) -> None:
        """Bring the stack to a template, from nothing unless it is there already."""
        if self.template == template:
            return
        self.destroy()
        status = self.deploy(template)
        assert status == "CREATE_COMPLETE", self.reasons()

    def destroy(self) -> None:
        if self.template is not None:
            self.client("cloudformation").delete_stack(StackName=STACK)
            self.template, self.view, self.types = None, None, set()


@contextmanager
def bed() -> Iterator[Bed]:
    """An empty account for a module's tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in (
            ("AWS_CONFIG_FILE", os.devnull),
            ("AWS_ACCESS_KEY_ID", "embedded"),
            ("AWS_SECRET_ACCESS_KEY", "embedded"),
        ):
            patch.setenv(name, value)
        install()
        UNKNOWN.clear()
        with mock_aws():
            yield Bed()
