"""What is synthesized: the same request for every way of writing it."""

from collections.abc import Iterator
from dataclasses import dataclass

ACCOUNT = "123456789012"
REGION = "eu-west-1"
REPOSITORY = "fraud"
TAG = "1.4.2"
IMAGE_URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}:{TAG}"
MODELS_BUCKET = "models"
MODEL_KEY = "fraud/3/model.tar.gz"
CAPTURE_BUCKET = "captured"
CAPTURE_PREFIX = "fraud"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:operations"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
VPC_ID = "vpc-0123456789abcdef0"
SUBNET_IDS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
ZONES = ("eu-west-1a", "eu-west-1b")
TEAM = "rc"
PROJECT = "project-a"
VERSION = 3
ENVIRONMENT = "prod"
CANARY_PERCENT = 10
BAKE_SECONDS = 600
MIN_CAPACITY = 2
MAX_CAPACITY = 8
INVOCATIONS_PER_MINUTE = 1200
ENDPOINTS_PER_STACK = 20
"""An endpoint of the full request has 16 resources, a stack may have 500."""


@dataclass(frozen=True)
class Request:
    """How much is asked for.

    :param endpoints: number of endpoints.
    :param full: with scaling, a guarded canary, alarms that tell somebody, data capture, VPC and a
        customer managed key; otherwise nothing but a name and a model.
    """

    endpoints: int
    full: bool

    @property
    def name(self) -> str:
        """For tables and file names."""
        return f"{'full' if self.full else 'minimal'}-{self.endpoints}"

    @classmethod
    def named(cls, name: str) -> "Request":
        """The request of a name."""
        kind, endpoints = name.split("-")
        return cls(endpoints=int(endpoints), full=kind == "full")

    @property
    def stacks(self) -> Iterator[tuple[str, range]]:
        """Each stack with the numbers of its endpoints."""
        for index, first in enumerate(range(0, self.endpoints, ENDPOINTS_PER_STACK)):
            last = min(first + ENDPOINTS_PER_STACK, self.endpoints)
            yield f"Endpoints{index}", range(first, last)


def model_name(number: int) -> str:
    """What an endpoint's model is called."""
    return f"model{number}"
