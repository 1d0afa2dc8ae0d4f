"""Templates: strict about what is missing, and never run on what they are given."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jinja2 import UndefinedError

from wilkc.core.errors import UsageError
from wilkc.render import render
from wilkc.render.templates import TEMPLATES


def test_values_are_not_templates() -> None:
    text = render("texts.rego.j2", profile="p0", texts=[("{{ 7 * 7 }}", "{% include 'x' %}")])
    assert '"{{ 7 * 7 }}": "{% include \'x\' %}",' in text


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("texts.rego.j2", profile="p0")


@pytest.mark.parametrize("name", ["absent.rego.j2", "../pyproject.toml", "/etc/passwd"])
def test_a_template_that_is_missing_is_a_refusal(name: str) -> None:
    with pytest.raises(UsageError, match="is missing"):
        render(name)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.rego.j2")), ids=lambda path: path.name)
def test_every_value_in_rego_passes_through_a_filter(path: Any) -> None:
    """But the profile's name, which is a digest, and the category's, which is fixed."""
    text = path.read_text(encoding="utf-8")
    spoken = [found for found in re.findall(r"{{.*?}}", text) if "|" not in found]
    fixed = {"{{ profile }}", "{{ category }}", "{{ subject }}"}
    assert set(spoken) - fixed <= {'{{ "{" if texts else "{}" }}'}
