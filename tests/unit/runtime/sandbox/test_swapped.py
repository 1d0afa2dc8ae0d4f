"""What is put in the place of something between a look at it and its mount, or between launches."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = {"read": ("./src/**",), "block": (".env*",)}


@pytest.fixture
def tree(work: Any) -> Any:
    work.write("src/.env", "SECRET-CANARY")
    work.write("src/a", "hello")
    work.write("src/.other", "other")
    work.write("private/a", "SECRET-CANARY")
    work.write("programs/a", "program")
    return work


def test_another_file_in_the_place_of_a_hidden_one_starts_nothing(tree: Any, spec: Any) -> None:
    """What was hidden has another name by then, which nobody looked at."""
    place = tree.path / "src/.env"
    swap = {str(place): f"moved:{tree.path}/src/.other"}
    ended = tree.sh(spec(**RULES), "cat src/*.was src/.env*", between=swap)
    assert ended.kind == "sandbox_failed", ended.stdout
    assert ended.detail in {"sandbox.view_differs", "sandbox.start_failed"}
    assert str(place) in ended.message
    # The twin: in another place it is no matter.
    swap = {f"{tree.path}/src/a": f"moved:{tree.path}/private/a"}
    (tree.path / "src/.env.was").rename(place)
    assert tree.sh(spec(**RULES), "true", between=swap).kind == "exited"


@pytest.fixture
def elsewhere(work: Any) -> Iterator[Path]:
    """A folder that commands may write by some other rule."""
    top = Path(tempfile.mkdtemp(prefix="wilk-elsewhere-", dir="/var/tmp"))
    for name in ("private", "programs"):
        (top / name).mkdir()
        (top / name / "a").write_text(name)
    (top / "venv").symlink_to(top / "private")
    top.chmod(0o755)
    if os.geteuid() == 0:
        for path in (top, *top.rglob("*")):
            os.chown(path, work.owner, work.owner, follow_symlinks=False)
    yield top
    shutil.rmtree(top)


def test_a_link_on_the_way_to_programs_is_not_followed_where_a_command_could_make_it(
    tree: Any, spec: Any, elsewhere: Path
) -> None:
    rules = spec(**RULES, runtime_paths=(f"{elsewhere}/venv",))
    ended = tree.sh(rules, f"cat {elsewhere}/venv/a")
    assert (ended.status, ended.detail) == (120, "sandbox.precondition"), ended.stdout
    assert f"{elsewhere}/venv" in ended.message
    # The twins: by its own name, and behind a link that is not the user's.
    rules = spec(**RULES, runtime_paths=(f"{elsewhere}/programs",))
    assert tree.sh(rules, f"cat {elsewhere}/programs/a").stdout == "programs"
    if os.geteuid() == 0:
        os.chown(elsewhere / "venv", 0, 0, follow_symlinks=False)
        rules = spec(**RULES, runtime_paths=(f"{elsewhere}/venv",))
        assert tree.sh(rules, f"cat {elsewhere}/venv/a").stdout == "private"
