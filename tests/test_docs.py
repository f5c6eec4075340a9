"""The generated pages of the documentation say what the code says."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from cdk_sagemaker_inference.rules import RULES
from cdk_sagemaker_inference.updates.check import RULES as UPDATE_RULES
from support import ROOT


def _pages() -> Mapping[str, Callable[[], str]]:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pages: Mapping[str, Callable[[], str]] = module.PAGES
    return pages


PAGES = _pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name](), "run `make docs`"


def test_each_rule_is_listed_once() -> None:
    page = (ROOT / "docs" / "rules.md").read_text()
    for id in [rule.id for rule in RULES] + [rule.id for rule in UPDATE_RULES]:
        assert page.count(f"| `{id}` |") == 1


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in Path(ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in index
