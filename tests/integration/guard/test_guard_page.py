"""Every block of Python in `docs/guard.md` runs, in order, against the real OPA."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle, write_key_pair
from wilkc.cli.library import read_library
from wilkc.cli.reference import pages
from wilkc.compiler import check, compile_sources
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import guard as room
from wilkc.runtime.audit import AuditSettings, Places, create_log
from wilkc.runtime.guard.conditions import FULFILLABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "guard.md"
NOBODY = 65534


def _blocks(language: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def place(short: Path, opa: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the page takes for granted: a sidecar, a bundle with its key, a log, a workspace."""
    (spec,) = _blocks("yaml")
    compiled = compile_sources({"writer.yaml": spec.encode()}, read_library())
    key = generate_key()
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="release")
    (short / "bundle.tar.gz").write_bytes(signed)
    write_key_pair(short, "release", key)
    for name in ("src/secrets", "reports"):
        (short / "site" / name).mkdir(parents=True)
    (short / "site" / "src" / "app.py").write_text("print(1)\n")
    if os.geteuid() == 0:
        short.chmod(0o755)
        for path in (short / "site", *(short / "site").rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    names = (short / "audit" / name for name in ("log", "keys", "provider", "root"))
    (short / "audit").mkdir()
    patient = AuditSettings(reserve_bytes=0, wait_ms=10_000)
    create_log(Places(*names), "example.org/page/test", patient)
    monkeypatch.chdir(short)
    bundle = verify_bundle(signed, {"release": key.public()})
    settings = SidecarSettings(opa, short / "run" / "opa.sock")
    with Sidecar(bundle, {"release": key.public()}, settings):
        yield short


def test_the_page_runs(place: Path, bwrap: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del bwrap
    blocks = _blocks("python")
    assert len(blocks) > 8
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        # A busy machine may take longer than the second that is usual.
        patient = block.replace('agent="writer",\n', 'agent="writer",\n    seconds=20,\n', 1)
        exec(patient, names)  # noqa: S102  # that is the test
    shown = capsys.readouterr().out
    assert "True exited b'app.py\\nsecrets\\n'" in shown
    assert (place / "site" / "reports" / "today.md").read_text() == "All is well.\n"


def test_the_spec_of_the_page_has_no_errors() -> None:
    (spec,) = _blocks("yaml")
    assert [one.message for one in check({"writer.yaml": spec.encode()})] == []


def test_the_page_names_every_condition_and_every_public_name() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in (*FULFILLABLE, "rate_limit", "sandbox"):
        assert f"`{name}`" in text, name
    own = {"Action", "CommandResult", "Decision", "PermissionResult", "Recorder"}
    for name in set(room.__all__) - own:
        assert name in text, name
    assert "details.md" in pages()
