"""Names of packages that are loaded late are the ones that were asked for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pytest

import wilkc
import wilkc.runtime.audit
from wilkc.core.lazily import attribute
from wilkc.runtime.audit import verification

if TYPE_CHECKING:
    from types import ModuleType


def test_a_name_comes_from_its_home_and_is_kept() -> None:
    homes = {"verification": ("verify",)}
    assert attribute("wilkc.runtime.audit", homes, "verify") is verification.verify
    assert vars(wilkc.runtime.audit)["verify"] is verification.verify


@pytest.mark.parametrize("name", ["unknown", "_verify", "verification2", "__path_of__"])
def test_another_name_is_none(name: str) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
        attribute("wilkc.runtime.audit", {"verification": ("verify",)}, name)
    assert not hasattr(wilkc.runtime.audit, name)


def _late_packages() -> list[ModuleType]:
    top = Path(wilkc.__file__).parent
    homes = [path.parent for path in top.rglob("__init__.py") if "_HOMES" in path.read_text()]
    return [import_module(".".join(home.relative_to(top.parent).parts)) for home in homes]


@pytest.mark.parametrize("package", _late_packages(), ids=lambda one: one.__name__)
def test_every_public_name_has_one_home_and_is_there(package: ModuleType) -> None:
    named = [name for names in package._HOMES.values() for name in names]
    # What is loaded with the package at once needs no home.
    at_once = [name for name in package.__all__ if name in vars(package) and name not in named]
    assert sorted([*named, *at_once]) == sorted(package.__all__)
    # Loading a module would put it in the place of a name that is the same.
    assert not {find.name for find in iter_modules(package.__path__)} & {*named}
    for home, names in package._HOMES.items():
        module = import_module(f"{package.__name__}.{home}")
        assert all(getattr(package, name) is getattr(module, name) for name in names)


def test_every_late_package_is_looked_at() -> None:
    assert len(_late_packages()) >= 8


def test_nothing_is_loaded_before_it_is_asked_for() -> None:
    program = (
        "import sys, wilkc.runtime.audit as audit\n"
        "assert 'wilkc.runtime.audit.verification' not in sys.modules\n"
        "audit.verify\n"
        "assert 'wilkc.runtime.audit.verification' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
