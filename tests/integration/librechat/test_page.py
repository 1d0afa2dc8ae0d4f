"""`docs/librechat.md`: its Python runs against a real OPA, its table is that of the code."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.guard.conftest import compiled_bundle
from tests.integration.librechat.conftest import DATA, SPEC
from wilkc.adapters.librechat import ACTIONS
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime.audit import AuditSettings, Places, create_log

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[3] / "docs" / "librechat.md").read_text(encoding="utf-8")


BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def _place(opa: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the page takes for granted: a sidecar, an export, a log."""
    with tempfile.TemporaryDirectory(prefix="wilk-") as name:
        folder = Path(name)
        shutil.copytree(DATA, folder / "librechat")
        (folder / "audit").mkdir()
        names = (folder / "audit" / one for one in ("log", "keys", "provider", "root"))
        patient = AuditSettings(reserve_bytes=0, wait_ms=10_000)
        create_log(Places(*names), "example.org/page/test", patient)
        monkeypatch.chdir(folder)
        bundle, key = compiled_bundle(agent_report=SPEC)
        settings = SidecarSettings(opa, folder / "run" / "opa.sock")
        with Sidecar(bundle, {"k": key}, settings):
            yield


@pytest.mark.usefixtures("_place")
def test_the_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for block in BLOCKS:
        exec(block, names)  # noqa: S102  # the page's own
    assert f"\n```\n{capsys.readouterr().out.splitlines()[-1]}\n```\n" in PAGE
    names["database"].close()  # type: ignore[attr-defined]  # made by the page
    names["adapter"].guard.close()  # type: ignore[attr-defined]


def test_the_table_has_each_action() -> None:
    assert re.findall(r"^\| `([a-z_.]+)` \|", PAGE, re.MULTILINE) == list(ACTIONS)
