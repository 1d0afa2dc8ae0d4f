"""The Jinja environments and the project's templates. Layer: render; jinja2's only home.

Templates of Rego hold its layout and fixed words; values come in through the filters alone.
Templates of pages escape every value for HTML.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateNotFound
from markupsafe import Markup

from wilkc.core.errors import UsageError
from wilkc.render.literals import metadata, reference, rego
from wilkc.render.quoting import unit, yaml

if TYPE_CHECKING:
    from wilkc.core.contract import Json

TEMPLATES: Final = Path(__file__).parents[2] / "templates"
"""The templates, beside the package."""


def render(name: str, **values: Json) -> str:
    """The template of that name, filled.

    Raises:
        UsageError: the installation lacks it.
        ValueError: a value has no literal, see `rego`.
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    return _template(_environment(), name).render(values)


def render_page(name: str, *, style: str, script: str = "", **values: Json) -> str:
    """An HTML page that loads nothing: its one style and script stand in it.

    Args:
        name: the template; it puts `style` and `script` into its elements as they are, and
            names their digests `style_hash` and `script_hash` in its content security policy
            (Content Security Policy Level 3, section 2.3.1), so that nothing else runs.
        style: file of the style sheet, beside the template.
        script: file of the script; empty for a page without one.
        values: what the template shows, escaped.

    Raises:
        UsageError: the installation lacks one of them.
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    parts = {"style": style, **({"script": script} if script else {})}
    environment = _page_environment()
    for part, file in parts.items():
        text = _template(environment, file).render()
        values[part] = Markup(text)  # noqa: S704 - the project's own file, not a value
        digest = hashlib.sha256(text.encode("utf-8")).digest()
        values[f"{part}_hash"] = f"sha256-{base64.b64encode(digest).decode('ascii')}"
    return _template(environment, name).render(values)


def _template(environment: Environment, name: str) -> Template:
    try:
        return environment.get_template(name)
    except TemplateNotFound as error:
        raise UsageError(
            f"the template `{name}` is missing at {TEMPLATES}",
            help_text="install Wilk from its project folder",
        ) from error


@cache
def _page_environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
        undefined=StrictUndefined,
        # The output is Rego or a file of settings, with a quoting of its own: the filters below.
        autoescape=False,  # noqa: S701 - no HTML is written
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters.update(metadata=metadata, reference=reference, rego=rego)
    environment.filters.update(unit=unit, yaml=yaml)
    return environment
