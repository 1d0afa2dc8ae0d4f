"""What a command does so that nobody looks at what it left; see `postcheck` and `walk`."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = {"read": ("./src/**",), "write": ("./out/**",), "block": (".env*",)}


@pytest.mark.parametrize("mode", ["0", "0400", "0100", "0500", "0555"])
def test_what_lies_in_a_directory_that_the_command_closed_is_judged(
    work: Any, spec: Any, mode: str
) -> None:
    work.write("out/d/a", "kept")
    script = f"echo x > out/d/.env; mkdir out/e; echo x > out/e/.env; chmod {mode} out/d out/e"
    ended = work.sh(spec(**RULES), script)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert ended.launch["postcheck"]["moved"]["count"] == 2
    assert not (work.path / "out/d/.env").exists()
    assert not (work.path / "out/e/.env").exists()
    assert (work.path / "out/d/a").read_text() == "kept"


def test_a_closed_directory_with_nothing_denied_in_it_is_no_violation(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(spec(**RULES), "mkdir out/e; echo x > out/e/a; chmod 0 out/e")
    assert ended.kind == "exited", ended.message
    if os.geteuid() == 0:
        assert (work.path / "out/e/a").exists()


def test_a_denied_directory_that_the_command_closed_is_moved(work: Any, spec: Any) -> None:
    work.folder("out")
    script = "mkdir out/.env.d; echo x > out/.env.d/a; chmod 0555 out/.env.d"
    ended = work.sh(spec(**RULES), script)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert ended.launch["postcheck"]["stuck"]["count"] == 0
    assert not (work.path / "out/.env.d").exists()


def test_a_denied_name_of_many_bytes_is_moved(work: Any, spec: Any) -> None:
    """Letters are not bytes: with its number in front it must still be a name."""
    work.folder("out")
    names = ["€" * 83 + ".pem", "a" * 251 + ".pem"]
    rules = {**RULES, "block": ("*.pem",)}
    ended = work.sh(spec(**rules), " && ".join(f"echo x > out/{name}" for name in names))
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert ended.launch["postcheck"]["stuck"]["count"] == 0
    assert list((work.path / "out").iterdir()) == []
    moved = list((work.path / ".wilk-quarantine").glob("*/*"))
    assert sorted(one.read_text() for one in moved) == ["x\n", "x\n"]


def test_more_than_can_be_looked_through_is_moved_unjudged(work: Any, spec: Any) -> None:
    work.write("out/d/a", "old")
    work.write("out/d/b", "kept")
    many = "for i in $(seq 60); do : > out/d/$i; : > out/n/$i; done"
    script = "mkdir -p out/n/e; echo x > out/d/.env; echo x > out/n/e/.env; echo new > out/d/a"
    ended = work.sh(spec(**RULES), f"{script}; {many}", most_entries=40)
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert "could not be judged" in ended.message
    assert "62 new paths were moved to quarantine unjudged" in ended.message
    assert {path.name for path in (work.path / "out").rglob("*")} == {"d", "a", "b"}
    assert (work.path / "out/d/a").read_text() == "new\n"
    assert (work.path / "out/d/b").read_text() == "kept"
    # Nor does what was left there keep the next command from running.
    assert work.sh(spec(**RULES), "true", most_entries=40).kind == "exited"


def test_what_is_hidden_stays_where_all_that_is_new_is_moved(work: Any, spec: Any) -> None:
    """Nothing of it was ever looked at, so all of it would seem to be new."""
    work.write("out/.env.d/a", "kept")
    many = "for i in $(seq 60); do : > out/$i; done"
    ended = work.sh(spec(**RULES), many, most_entries=40)
    assert ended.kind == "policy_violation"
    assert (work.path / "out/.env.d/a").read_text() == "kept"
    assert {path.name for path in (work.path / "out").iterdir()} == {".env.d"}


def test_what_is_denied_is_moved_also_where_another_path_has_no_answer(
    work: Any, spec: Any
) -> None:
    work.folder("out")
    rules = spec(**RULES)
    rules.rules["unanswered"] = ["./out/odd"]
    ended = work.sh(rules, "echo x > out/.env; echo x > out/odd; echo x > out/a")
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert "gave no answer" in ended.message
    assert {path.name for path in (work.path / "out").iterdir()} == {"odd", "a"}


def test_a_file_in_the_place_of_a_link_of_a_blocked_name_is_judged(work: Any, spec: Any) -> None:
    work.folder("out")
    (work.path / "out/.env").symlink_to("nowhere")
    work.own()
    ended = work.sh(spec(**RULES), "rm out/.env; echo x > out/.env")
    assert (ended.kind, ended.status) == ("policy_violation", 124)
    assert not os.path.lexists(work.path / "out/.env")


def test_a_link_of_a_blocked_name_may_stay(work: Any, spec: Any) -> None:
    work.folder("out")
    (work.path / "out/.env").symlink_to("nowhere")
    work.own()
    assert work.sh(spec(**RULES), "echo x > out/a").kind == "exited"
    assert (work.path / "out/.env").is_symlink()


@pytest.mark.parametrize("target", ["nowhere", "gone/dir/x", "../src/nowhere", "b"])
@pytest.mark.parametrize("place", ["src", "out"])
def test_a_link_of_a_blocked_name_that_leads_nowhere_is_in_no_ones_way(
    work: Any, spec: Any, place: str, target: str
) -> None:
    work.write("src/a", "hello")
    work.folder("out")
    for name, leads_to in (("b", "c"), ("c", "b"), (".env", target)):
        (work.path / place / name).symlink_to(leads_to)
    work.own()
    before = work.names()
    script = f"cat src/a; cd {place}; mkdir -p gone; echo x > gone/dir; echo x > nowhere"
    ended = work.sh(spec(**RULES), script)
    assert (ended.kind, ended.stdout) == ("exited", "hello"), ended.message
    free = {"out/gone", "out/gone/dir", "out/nowhere"} if place == "out" else set()
    held = {"nowhere": {"out/nowhere"}, "gone/dir/x": {"out/gone", "out/gone/dir"}}
    assert work.names() == before | (free - held.get(target, set()))
    assert (work.path / place / ".env").is_symlink()


def test_a_way_that_is_too_long_is_a_violation_and_no_crash(work: Any, spec: Any) -> None:
    work.folder("out")
    name = "d" * 200
    step = f"mkdir {name} && cd {name} || exit 1"
    deep = f"cd out; echo x > .env; i=0; while [ $i -lt 25 ]; do {step}; i=$((i+1)); done"
    ended = work.sh(spec(**RULES), deep)
    assert (ended.kind, ended.status) == ("policy_violation", 124), ended.message
    assert "could not be judged" in ended.message
    # It is moved as a whole, and what is denied with it.
    assert list((work.path / "out").iterdir()) == []
    assert work.sh(spec(**RULES), "true").kind == "exited"
    # One that was there before is refused.
    _make_deep(work.path / "out", name)
    again = work.sh(spec(**RULES), "true")
    assert (again.kind, again.detail) == ("sandbox_failed", "sandbox.precondition")


def _make_deep(top: Path, name: str) -> None:
    here = os.open(top, os.O_RDONLY)
    for _ in range(25):
        os.mkdir(name, dir_fd=here)
        above, here = here, os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(above)
    os.close(here)


def test_a_mount_that_cannot_be_looked_through_is_refused(user_work: Any, spec: Any) -> None:
    user_work.write("out/.env", "SECRET-CANARY")
    (user_work.path / "out").chmod(0)
    ended = user_work.sh(spec(**RULES), "chmod 700 out; cat out/.env")
    # Else nobody but root could clear it away.
    (user_work.path / "out").chmod(0o700)
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.precondition"), ended.stdout
    assert "cannot be looked through" in ended.message


def test_what_can_only_be_searched_is_hidden(user_work: Any, spec: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can have directories of others")
    user_work.write("src/d/.env", "SECRET-CANARY")
    user_work.write("src/a", "hello")
    os.chown(user_work.path / "src/d", 0, 0)
    (user_work.path / "src/d").chmod(0o711)
    ended = user_work.sh(spec(**RULES), "cat src/a src/d/.env")
    assert ended.stdout == "hello", ended.message


@pytest.fixture
def elsewhere(work: Any) -> Iterator[Path]:
    """A directory outside of the workspace that belongs to whom the shim runs as."""
    place = Path(tempfile.mkdtemp(prefix="wilk-elsewhere-"))
    place.chmod(0o755)
    if "root" not in work.launcher[0] and os.geteuid() == 0 and len(work.launcher) > 1:
        os.chown(place, work.owner, work.owner)
    yield place
    shutil.rmtree(place)


def test_what_was_made_for_a_rule_is_not_removed_elsewhere(
    work: Any, spec: Any, elsewhere: Path
) -> None:
    (elsewhere / "b").mkdir()
    if len(work.launcher) > 1 and os.geteuid() == 0:
        os.chown(elsewhere / "b", work.owner, work.owner)
    rules = spec(write=("./out/**", "./out/a/b/**"))
    ended = work.sh(rules, f"rm -r out/a && ln -s {elsewhere} out/a")
    assert ended.kind == "exited", ended.message
    assert (elsewhere / "b").is_dir()
    # The twin: where nobody has put anything in its place, what is empty goes.
    (work.path / "out/a").unlink()
    assert work.sh(rules, "true").kind == "exited"
    assert not (work.path / "out/a").exists()


def test_nothing_is_made_where_a_link_leads_to_and_policy_does_not(
    root_work: Any, spec: Any
) -> None:
    """Else root would give an empty file of the rule's name to the command's user, anywhere."""
    place = Path(tempfile.mkdtemp(prefix="wilk-elsewhere-"))
    place.chmod(0o755)
    (root_work.path / "out").symlink_to(place)
    root_work.own()
    before = place.stat().st_mtime_ns
    ended = root_work.sh(spec(write_files=("./out/a",)), "true")
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.disagrees_with_policy")
    assert "policy does not let it make" in ended.message
    assert place.stat().st_mtime_ns == before
    assert list(place.iterdir()) == []
    # The twin: by a rule of its own it is made there, and removed as it stays empty.
    allowed = spec(write_files=("./out/a", f"{place}/a"))
    assert root_work.sh(allowed, f"test -f {place}/a").exit == 0
    assert place.stat().st_mtime_ns > before
    assert list(place.iterdir()) == []
    place.rmdir()


def test_what_is_denied_goes_also_where_the_shim_is_told_to_end(root_work: Any, spec: Any) -> None:
    root_work.folder("out")
    script = "echo x > out/.env; echo x > out/a; sleep 60"
    process = root_work.start(spec(**RULES), "/bin/sh", "-c", script)
    _wait_for(root_work.path / "out/a")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (root_work.path / "out/.env").exists()
    assert (root_work.path / "out/a").read_text() == "x\n"
    own = str(root_work.path)
    assert not any(own in note.read_text() for note in root_work.notes() if note.is_file())


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("block", [(), (".env*",)])
def test_a_repository_that_the_command_made_is_on_record(
    work: Any, spec: Any, block: tuple[str, ...]
) -> None:
    work.folder("out/old/.git/hooks")
    script = "mkdir -p out/new/.git/hooks; echo x > out/new/.git/hooks/pre-commit; echo x > out/a"
    ended = work.sh(spec(write=("./out/**",), block=block), script)
    assert ended.kind == "exited", ended.message
    said = [one for one in ended.launch["reports"]["first"] if "was made by the command" in one]
    text = "was made by the command: nothing of it was kept from being written"
    assert said == [f"`{work.path}/out/new/.git` {text}"]


def test_growth_is_seen_where_everything_may_be_written(root_work: Any, spec: Any) -> None:
    """Many files, each below the limit of one, and all of them above what the launch may write."""
    disk = Quantity(2**20, 2**19, "bytes", "hard")
    step = "head -c 60000 /dev/zero > out/d/$i"
    script = f"mkdir -p out/d; i=0; while [ $i -lt 30 ]; do {step}; i=$((i+1)); done"
    ended = root_work.sh(spec(write=("./out/**",)).limited(disk=disk), script)
    assert (ended.kind, ended.detail) == ("limit", "disk"), ended.message
    assert ended.launch["usage"]["grown"] > 2**20
    small = "rm -r out/d; echo x > out/a"
    assert root_work.sh(spec(write=("./out/**",)).limited(disk=disk), small).kind == "exited"
