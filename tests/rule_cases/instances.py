"""Cases of the rules about instances."""

from aws_cdk import Duration, Size

from .building import NUMBER_TOKEN, TOKEN, Cases, More, components, serverless

CASES: Cases = {
    "instance-type": (
        {"instance_type": "ml.p6e-gb200.36xlarge"},
        {"instance_type": "m5.xlarge"},
        "instance_type='m5.xlarge': must be ml., a family and a size, such as ml.m5.xlarge; "
        "'ml.m5.xlarge'",
    ),
    "instance-count": ({"instance_count": 1}, {"instance_count": 0}, "instance_count=0"),
    "volume-size": (
        {"volume_size": Size.gibibytes(512)},
        {"volume_size": Size.gibibytes(513)},
        "must be 1 to 512 whole GiB",
    ),
    "volume-local-storage": (
        {"instance_type": "ml.m5.xlarge", "volume_size": Size.gibibytes(50)},
        {"instance_type": "ml.g5.xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g5.xlarge has local storage and takes no volume size; leave volume_size out",
    ),
    "volume-unknown-storage": (
        {"instance_type": "ml.g7.2xlarge"},
        {"instance_type": "ml.g7.2xlarge", "volume_size": Size.gibibytes(50)},
        "ml.g7.2xlarge may have local storage",
    ),
    "encryption-local-storage": (
        {"instance_type": "ml.m5.xlarge", "encryption_key": object()},
        {"instance_type": "ml.m5d.xlarge", "encryption_key": object()},
        "instance_type='ml.m5d.xlarge': encryption_key does not cover its local storage",
    ),
    "variant-timeouts": (
        {"model_data_download_timeout": Duration.hours(1)},
        {"container_startup_health_check_timeout": Duration.seconds(59)},
        "must be 60 to 3600 whole seconds",
    ),
}

MORE_REFUSED: More = [
    ("instance-type", {"instance_type": "ml.m5.tiny"}),
    ("instance-type", {"instance_type": 5}),
    ("instance-count", {"instance_count": "2"}),
    ("instance-count", {"instance_count": True}),
    ("volume-size", {"volume_size": Size.mebibytes(1500)}),
    ("volume-size", {"volume_size": Size.gibibytes(0)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.millis(90500)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.seconds(3601)}),
    ("instance-type", {"instance_type": ""}),
    ("instance-type", components(instance_type="g5.xlarge")),
    ("instance-type", components(instance_type=None)),
    ("instance-count", components(instance_count=0)),
    (
        "volume-local-storage",
        components(instance_type="ml.g5.xlarge", volume_size=Size.gibibytes(50)),
    ),
]

MORE_ACCEPTED: More = [
    ("instance-type", {"instance_type": TOKEN}),
    ("instance-type", serverless()),
    ("instance-count", {"instance_count": NUMBER_TOKEN}),
    ("volume-size", {"volume_size": Size.gibibytes(1)}),
    ("volume-size", {"volume_size": Size.gibibytes(NUMBER_TOKEN)}),
    ("volume-local-storage", {"instance_type": TOKEN, "volume_size": Size.gibibytes(50)}),
    ("encryption-local-storage", {"instance_type": TOKEN, "encryption_key": object()}),
    ("encryption-local-storage", serverless(encryption_key=object())),
    ("variant-timeouts", {"model_data_download_timeout": Duration.minutes(1)}),
    ("variant-timeouts", {"model_data_download_timeout": Duration.seconds(NUMBER_TOKEN)}),
]
