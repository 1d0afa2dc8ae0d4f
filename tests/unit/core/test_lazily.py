"""Names of packages that are loaded late are the ones that were asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import wilkc.runtime.audit
from wilkc.core.lazily import attribute
from wilkc.runtime.audit import verification


def test_a_name_comes_from_its_home_and_is_kept() -> None:
    homes = {"verification": ("verify",)}
    assert attribute("wilkc.runtime.audit", homes, "verify") is verification.verify
    assert vars(wilkc.runtime.audit)["verify"] is verification.verify


@pytest.mark.parametrize("name", ["unknown", "_verify", "verification2", "__path_of__"])
def test_another_name_is_none(name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        attribute("wilkc.runtime.audit", {"verification": ("verify",)}, name)
    assert not hasattr(wilkc.runtime.audit, name)


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = (
        "import sys, wilkc.runtime.audit as audit\n"
        "assert 'wilkc.runtime.audit.verification' not in sys.modules\n"
        "audit.verify\n"
        "assert 'wilkc.runtime.audit.verification' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
