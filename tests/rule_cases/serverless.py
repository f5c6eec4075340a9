"""Cases of the rules about serverless endpoints."""

from typing import Any

from aws_cdk import Aws, Size
from aws_cdk import aws_applicationautoscaling as appscaling

from cdk_sagemaker_inference import (
    BlueGreen,
    ProvisionedConcurrencyScaling,
    Rolling,
    ScalingPolicy,
    ScalingSchedule,
)

from .building import ACCOUNT, ECR, NUMBER_TOKEN, REGION, Cases, More, image, serverless

# Of AWS's Deep Learning Containers.
AWS_IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/pytorch-inference:2.6.0-cpu-py312"
OTHER_IMAGE = f"999999999999.dkr.ecr.{REGION}.amazonaws.com/fraud:1"


def warm(low: Any = 1, high: Any = 5, **schedule: Any) -> ProvisionedConcurrencyScaling:
    nightly = appscaling.Schedule.cron(hour="20", minute="0")
    return ProvisionedConcurrencyScaling(
        min_capacity=low,
        max_capacity=high,
        policies=[ScalingPolicy.on_provisioned_concurrency_utilization(percent=70)],
        schedules=[ScalingSchedule(name="night", schedule=nightly, **schedule)] if schedule else [],
    )


CASES: Cases = {
    "serverless-memory": (
        serverless(memory_size=Size.gibibytes(6)),
        serverless(memory_size=Size.mebibytes(1536)),
        "memory_size='1536 MiB': must be 1 to 6 whole GiB",
    ),
    "serverless-concurrency": (
        serverless(max_concurrency=200, provisioned_concurrency=200),
        serverless(max_concurrency=201),
        "max_concurrency=201: must be a whole number from 1 to 200",
    ),
    "serverless-scaling": (
        serverless(provisioned_concurrency=1),
        serverless(scaling=warm()),
        "scaling='1 to 5': the Developer Guide says that CloudFormation does not support it",
    ),
    "serverless-deployment": (
        serverless(deployment=BlueGreen.all_at_once()),
        serverless(deployment=BlueGreen.canary(percent=10)),
        "deployment='CANARY': a serverless endpoint is updated all at once; use "
        "BlueGreen.all_at_once",
    ),
    "serverless-image-account": (
        serverless(image=image(f"{ECR}/fraud:1")),
        serverless(image=image(OTHER_IMAGE)),
        "model.image='999999999999': is another account's, from which a serverless endpoint takes "
        f"no image; replicate the repository to {ACCOUNT}",
    ),
    "serverless-image-registry": (
        serverless(image=image(AWS_IMAGE)),
        serverless(image=image("registry.example.com/fraud:1")),
        "model.image='registry.example.com/fraud:1': is not in Amazon ECR; copy the image to ECR",
    ),
}

MORE_REFUSED: More = [
    ("serverless-memory", serverless(memory_size=Size.gibibytes(0))),
    ("serverless-memory", serverless(memory_size=Size.mebibytes(1023))),
    ("serverless-memory", serverless(memory_size=Size.mebibytes(6145))),
    ("serverless-memory", serverless(memory_size=Size.gibibytes(7))),
    ("serverless-concurrency", serverless(max_concurrency=0)),
    ("serverless-concurrency", serverless(max_concurrency=None)),
    ("serverless-concurrency", serverless(max_concurrency="5")),
    ("serverless-concurrency", serverless(max_concurrency=2.5)),
    ("serverless-concurrency", serverless(max_concurrency=True)),
    ("serverless-concurrency", serverless(provisioned_concurrency=0)),
    ("serverless-concurrency", serverless(provisioned_concurrency="1")),
    ("serverless-concurrency", serverless(max_concurrency=5, provisioned_concurrency=6)),
    ("serverless-concurrency", serverless(max_concurrency=5, scaling=warm(1, 6))),
    (
        "serverless-concurrency",
        serverless(max_concurrency=5, scaling=warm(1, 5, max_capacity=6)),
    ),
    ("serverless-deployment", serverless(deployment=BlueGreen.linear(percent=10))),
    ("serverless-deployment", serverless(deployment=Rolling(percent=50))),
]

MORE_ACCEPTED: More = [
    *(
        ("serverless-memory", serverless(memory_size=Size.gibibytes(gibibytes)))
        for gibibytes in range(1, 7)
    ),
    ("serverless-memory", serverless(memory_size=Size.mebibytes(NUMBER_TOKEN))),
    ("serverless-concurrency", serverless(max_concurrency=1, provisioned_concurrency=1)),
    ("serverless-concurrency", serverless(max_concurrency=NUMBER_TOKEN)),
    (
        "serverless-concurrency",
        serverless(max_concurrency=NUMBER_TOKEN, provisioned_concurrency=150),
    ),
    ("serverless-concurrency", serverless(provisioned_concurrency=NUMBER_TOKEN)),
    ("serverless-concurrency", serverless(max_concurrency=5, scaling=warm(1, 5))),
    ("serverless-deployment", {"deployment": BlueGreen.canary(percent=10), "instance_count": 2}),
    ("serverless-image-account", serverless(image=image(AWS_IMAGE))),
    ("serverless-image-account", serverless(image=image(OTHER_IMAGE), account=Aws.ACCOUNT_ID)),
    (
        "serverless-image-account",
        serverless(image=image(f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/fraud:1")),
    ),
    ("serverless-image-account", {"image": image(OTHER_IMAGE)}),
]
