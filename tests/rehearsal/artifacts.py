"""Changes of what runs, which every type has: images, artifacts, environments."""

from collections.abc import Iterator

from rehearsal.changes import Change
from rehearsal.seen import REMOVED
from rehearsal.vocabulary import Kind, data, image


def artifact_changes(kind: Kind) -> Iterator[Change]:
    """Changes of a container."""
    path = kind.path
    yield Change(
        "image",
        kind.asks(image=image(repository="other")),
        {
            f"{path}.Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/other:1.4.2",
            f"{kind.role}.{kind.pulling}.Resource": (
                "arn:aws:ecr:us-east-1:123456789012:repository/other"
            ),
        },
    )
    yield Change(
        "image tag",
        kind.asks(image=image("1.4.3")),
        {f"{path}.Image": "123456789012.dkr.ecr.us-east-1.amazonaws.com/fraud:1.4.3"},
    )
    yield Change(
        "environment variable",
        kind.asks(environment={"WORKERS": "4"}),
        {f"{path}.Environment.WORKERS": "4"},
        before=kind.asks(environment={"WORKERS": "2"}),
    )
    yield Change(
        "environment variable added",
        kind.asks(environment={"WORKERS": "2"}),
        {f"{path}.Environment": {"WORKERS": "2"}},
        back="environment variable removed",
    )


def data_changes(kind: Kind) -> Iterator[Change]:
    """Changes of one model's archive."""
    yield Change(
        "data",
        kind.asks(data=data(4)),
        {
            f"{kind.path}.ModelDataUrl": "s3://files/models/4/model.tar.gz",
            f"{kind.role}.{kind.reading}.Resource": "arn:aws:s3:::files/models/4/model.tar.gz",
        },
    )
    yield Change(
        "data removed",
        kind.asks(data=None),
        {f"{kind.path}.ModelDataUrl": REMOVED, f"{kind.role}.{kind.reading}": REMOVED},
        back="data added",
    )
