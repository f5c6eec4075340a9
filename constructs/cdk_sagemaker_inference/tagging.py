"""Tags on all that a construct makes."""

from collections.abc import Mapping

from aws_cdk import Tags
from constructs import IConstruct

TAG_PRIORITY = 50
"""Below the 100 of ``Tags.of(…).add``, so that the user's own tags win wherever they are added."""


def add_tags(construct: IConstruct, tags: Mapping[str, str]) -> None:
    """Tag every taggable resource of a construct."""
    added = Tags.of(construct)
    for key, value in tags.items():
        added.add(key, value, priority=TAG_PRIORITY)
