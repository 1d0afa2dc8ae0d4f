"""What the README shows is what the programs print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.audit_verifier import verifies
from wilkc.cli.exits import MEANINGS
from wilkc.cli.main import COMMANDS
from wilkc.runtime.keys import parse_signer, verifier_key

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGE = re.compile(r"\]\((?!https?:)([^)#\s]+[.]md)[)#]")
# What differs from run to run and from machine to machine.
MASKS = (
    (r"\d+\.\d+ s", "_ s"),
    (r"revision [0-9a-f]+…", "revision _"),
    (r"tree head [0-9a-f]+…", "tree head _"),
    (r"example\.org/demo\+[0-9a-f]+", "key _"),
    (r"\d{4}-\d{2}-\d{2}", "day _"),
    (r"memory limit: .*", "memory limit: _"),
    (r"\n *no control group here: .*", ""),
    (r" +\n", "\n"),
)


def _block(name: str, text: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found, f"the README has no block `{name}`"
    return found[1]


def _masked(text: str) -> str:
    for pattern, shown in MASKS:
        text = re.sub(pattern, shown, text)
    return text


@pytest.fixture
def block(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a generated text with a block of the README, or rewrite the block."""

    def compare(name: str, wanted: str) -> None:
        text = README.read_text(encoding="utf-8")
        shown = _block(name, text)
        if request.config.getoption("--update-golden"):
            text = text.replace(f"<!-- {name} -->\n{shown}", f"<!-- {name} -->\n{wanted}")
            README.write_text(text, encoding="utf-8")
            shown = wanted
        assert _masked(shown) == _masked(wanted)

    return compare


def test_the_demo_prints_what_the_readme_shows(
    opa: Path, bwrap: Path, block: Callable[[str, str], None]
) -> None:
    del opa, bwrap
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "demo.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    block("demo", f"```\n{done.stdout}```\n")
    log = ROOT / "bundles" / "demo-audit"
    name, key = parse_signer(log.with_suffix(".root").read_text(encoding="ascii").strip())
    root = verifier_key(name, key.public).text
    kept = (log / "checkpoint").read_text(encoding="utf-8")
    assert verifies(log, root, kept)
    assert not verifies(log, root.replace("demo", "dema"), kept)


def test_exit_codes_are_those_of_the_program(block: Callable[[str, str], None]) -> None:
    rows = [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    block("exits", "\n".join(["| code | meaning |", "|---|---|", *rows]) + "\n")


def test_commands_in_the_readme_exist() -> None:
    named = set(re.findall(r"^wilkc (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE))
    assert named
    assert named <= set(COMMANDS)


def test_every_page_is_found_from_the_readme() -> None:
    found: set[Path] = set()
    reached = [README]
    for page in reached:
        targets = PAGE.findall(page.read_text(encoding="utf-8"))
        for path in [(page.parent / target).resolve() for target in targets]:
            assert path.exists(), f"{page} names {path}"
            if path not in found:
                found.add(path)
                reached.append(path)
    pages = set((ROOT / "docs").rglob("*.md"))
    assert {page for page in pages - found if page.parent.name != "decisions"} == set()


def test_make_test_ends_as_the_readme_shows() -> None:
    shown = _block("test", README.read_text(encoding="utf-8"))
    shapes = [
        r"```",
        r"All checks passed!",
        r"\d+ files already formatted",
        r"Success: no issues found in \d+ source files",
        r"[\d,]+ passed.* in [\d.]+s.*",
        r"```",
    ]
    for line, shape in zip(shown.splitlines(), shapes, strict=True):
        assert re.fullmatch(shape, line), line
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    order = [makefile.index(word) for word in ("ruff check", "ruff format --check", "-m mypy")]
    assert order == sorted(order)
