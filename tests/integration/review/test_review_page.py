"""`docs/review.md`: its commands run, its workflow is right, its picture shows the comment."""

from __future__ import annotations

import base64
import re
import shlex
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.unit.cli.conftest import wilkc as wilkc  # noqa: PLC0414 - a fixture
from tests.unit.cli.versions.conftest import repo as repo  # noqa: PLC0414 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chromium import Browser
    from tests.unit.cli.conftest import Ran
    from tests.unit.cli.versions.conftest import Repo

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
PICTURE = ROOT / "docs" / "review.png"
MAX_PICTURE_BYTES = 150_000
WIDTH = 860
STYLE = """
body { margin: 24px; font: 15px/1.5 sans-serif; color: #1f2328; background: #fff }
table { border-collapse: collapse } th, td { border: 1px solid #d1d9e0; padding: 6px 13px }
code { background: #eff1f3; padding: .1em .3em; border-radius: 5px; font-size: 85% }
a { color: #0969da } h3 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em }
"""


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _commands() -> list[tuple[str, int]]:
    lines = [line for block in _blocks("sh") for line in block.splitlines()]
    return [(line, int((re.findall(r"# exit (\d+)", line) or ["0"])[0])) for line in lines]


@pytest.fixture
def change(repo: Repo) -> Repo:
    """The repository that the page speaks of."""
    for path in (ROOT / "policies" / "examples").glob("*.yaml"):
        repo.write(f"policies/{path.name}", path.read_text(encoding="utf-8"))
    repo.commit()
    repo.git("switch", "--quiet", "-c", "feature")
    path = repo.path / "policies" / "reviewer.yaml"
    text = path.read_text(encoding="utf-8")
    for line, added in (("- './package.json'", "- '**/*.pem'"), ("- 'git diff'", "- 'git push *'")):
        assert line in text
        text = text.replace(line, f"{line}\n      {added}", 1)
    path.write_text(text, encoding="utf-8")
    repo.commit()
    repo.git("switch", "--quiet", "main")
    return repo


@pytest.mark.usefixtures("change")
def test_every_command_of_the_page_runs_and_exits_as_it_says(wilkc: Callable[..., Ran]) -> None:
    commands = _commands()
    assert len(commands) > 15
    for line, code in commands:
        words = shlex.split(line, comments=True)
        assert words[0] == "wilkc"
        ran = wilkc(*words[1:])
        assert ran.code == code, f"{line}\n{ran.out}{ran.err}"


@pytest.mark.usefixtures("change")
def test_the_change_on_the_terminal_and_as_a_comment(
    wilkc: Callable[..., Ran], golden: Callable[[str, str], None], opa: Path
) -> None:
    del opa
    ran = wilkc("diff", "git:main", "git:feature", "--fail-on", "widening")
    golden("review/example.txt", _without_commits(ran.out))
    golden("review/example.md", _without_commits(_comment(wilkc)))


@pytest.mark.usefixtures("change")
def test_the_picture_is_of_the_comment(
    wilkc: Callable[..., Ran], browser: Browser, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(_comment(wilkc))
    page = tmp_path / "comment.html"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{shown}", encoding="utf-8"
    )
    browser.size(WIDTH)
    browser.dark(on=False)
    browser.open(page.as_uri())
    browser.run("document.querySelectorAll('details').forEach((one) => one.open = true)")
    assert browser.run("document.documentElement.scrollWidth") <= WIDTH
    for words in ("1 agent can do more than before", "git push", "reviewer", "risk high"):
        assert words in browser.run("document.body.innerText")
    height = browser.run("Math.ceil(document.body.getBoundingClientRect().bottom) + 24")
    browser.size(WIDTH, height)
    if request.config.getoption("--update-golden"):
        taken = browser.call("Page.captureScreenshot", format="png")
        PICTURE.write_bytes(base64.b64decode(taken["data"]))
    data = PICTURE.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) <= MAX_PICTURE_BYTES
    width, tall = struct.unpack(">II", data[16:24])
    assert width == WIDTH
    # Fonts differ between machines, and with them where lines break.
    assert tall == pytest.approx(height, rel=0.25)


def test_the_workflow_asks_for_no_more_than_it_needs() -> None:
    workflow = next(block for block in _blocks("yaml") if "jobs:" in block)
    found: dict[Any, Any] = yaml.safe_load(workflow)
    assert found["permissions"] == {"contents": "read", "pull-requests": "write"}
    # PyYAML reads the key `on` as YAML 1.1 does.
    assert "pull_request" in found[True]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = found["jobs"]["review"]["steps"]
    assert set(steps[1]["with"]) <= set(action["inputs"])
    assert all(step["uses"].endswith("@FULL_COMMIT_ID") for step in steps)


def test_the_guardrails_of_the_page_are_a_policy(wilkc: Callable[..., Ran], tmp_path: Path) -> None:
    block = next(block for block in _blocks("yaml") if "guardrails:" in block)
    (tmp_path / "policy.yaml").write_text(block, encoding="utf-8")
    assert wilkc("check", tmp_path).code == 0


def _without_commits(text: str) -> str:
    return re.sub(r"\b(?:[0-9a-f]{40}|[0-9a-f]{12})\b", "<commit>", text)


def _comment(wilkc: Callable[..., Ran]) -> str:
    links = "https://github.com/o/r/blob/{rev}/{file}#L{line}"
    ran = wilkc("diff", "git:main", "git:feature", "-f", "markdown", "--link-base", links)
    assert ran.code == 0, ran.err
    return ran.out
