"""Cases of the rules across the constructs of one app."""

from cdk_sagemaker_inference.app_names import OtherName

from .building import Cases, Changes, More, added


def beside(
    *, certain: bool, noun: str = "endpoint", name: str = "rc-project-a-fraud-ep"
) -> Changes:
    """A construct at ``Other/Fraud`` gives the same name."""
    other = OtherName(noun=noun, name=name, path="Other/Fraud", certain=certain)
    return {"beside": [other]}


CASES: Cases = {
    "name-taken": (
        beside(certain=False),
        beside(certain=True),
        "naming='rc-project-a-fraud-ep': is the name of the endpoint of 'Other/Fraud' already, in "
        "the same account and Region; say another team, project or model",
    ),
    "name-may-be-taken": (
        {},
        beside(certain=False),
        "naming='rc-project-a-fraud-ep': is the name of the endpoint of 'Other/Fraud' too, whose "
        "stack names no account and Region either",
    ),
}

MORE_REFUSED: More = [
    (
        "name-taken",
        added(
            **beside(certain=True, noun="inference component", name="rc-project-a-fraud-ep-chat")
        ),
    ),
]

MORE_ACCEPTED: More = [("name-may-be-taken", beside(certain=True))]
