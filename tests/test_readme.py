"""What the README shows is what happens."""

import re

import pytest
from aws_cdk import Size

from cdk_sagemaker_inference import Naming
from support import ROOT, realtime, synthesize

README = (ROOT / "README.md").read_text()


def block(heading: str, language: str) -> str:
    match = re.search(rf"## {heading}\n.*?```{language}\n(.*?)```", README, re.DOTALL)
    assert match is not None, f"no {language} under {heading}"
    return match[1]


def test_the_first_endpoint_is_fifteen_lines_and_synthesizes() -> None:
    code = block("A first endpoint", "python")
    assert len(code.splitlines()) <= 15
    variables: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), variables)
    assert "rc-project-a-fraud-ep" in README


def test_the_error_is_as_shown() -> None:
    with pytest.raises(ValueError, match="has 2 problems") as caught:
        synthesize(
            realtime(
                naming=Naming(team="RC", project="a", model="fraud"),
                instance_type="ml.g5.xlarge",
                volume_size=Size.gibibytes(50),
            )
        )
    shown = block("A first endpoint", "text").removeprefix("ValueError: ").strip()
    assert str(caught.value) == shown.replace("'Endpoint'", "'Fraud'")
