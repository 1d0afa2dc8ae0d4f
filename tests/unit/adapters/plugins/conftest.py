"""A signed plugin of two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.adapters.plugins import sign_plugin
from wilkc.runtime.keys import SigningKey
from wilkc.runtime.keys.verifier import verifier_key

if TYPE_CHECKING:
    from pathlib import Path

SIGNER = "example.org/plugins"
KEY = SigningKey(bytes(range(32)))
VKEY = verifier_key(SIGNER, KEY.public).text


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """See above."""
    folder = tmp_path / "greet"
    (folder / "words").mkdir(parents=True)
    (folder / "main.py").write_text("print(1)\n")
    (folder / "words" / "en.txt").write_text("hello\n")
    sign_plugin(folder, "greet", "1.0", "main.py", signer=SIGNER, key=KEY)
    return folder
