"""Finding OPA: what is named, what is on PATH, what set-up keeps, and what is refused."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UnavailableError
from wilkc.opa.build_opa import MODULE, MODULE_HASH
from wilkc.opa.go import built_from, recorded_module
from wilkc.opa.obtain import PINNED, cached_binary, find_opa, is_whole, version_of

if TYPE_CHECKING:
    from pathlib import Path


def _stub(path: Path, version: str, *, code: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'Version: {version}'\nexit {code}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without OPA."""
    monkeypatch.delenv("WILK_OPA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def test_none_is_one_clear_message(empty: Path) -> None:
    del empty
    with pytest.raises(UnavailableError, match="no OPA on this machine") as refused:
        find_opa()
    assert "make setup" in refused.value.help_text


def test_the_one_that_is_named_comes_first(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _stub(empty / "bin" / "opa", "1.22.2")
    named = _stub(empty / "mine", "1.23.0")
    monkeypatch.setenv("WILK_OPA", str(named))
    assert find_opa().path == named
    assert find_opa().version == (1, 23, 0)


@pytest.mark.parametrize("named", ["./mine", "mine", "bin/opa"])
def test_what_is_named_relatively_is_found_from_any_folder(
    empty: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    _stub(empty / "bin" / "opa", "1.23.0")
    _stub(empty / "mine", "1.23.0")
    monkeypatch.chdir(empty)
    monkeypatch.setenv("PATH", ".:bin:/usr/bin:/bin")
    monkeypatch.setenv("WILK_OPA", named)
    assert find_opa().path == empty / named


@pytest.mark.parametrize("places", [".:bin:/usr/bin", ":bin:", "bin", ""])
def test_what_a_workspace_holds_is_not_run(
    empty: Path, monkeypatch: pytest.MonkeyPatch, places: str
) -> None:
    """A command may have written it there, and outside of its sandbox it would decide."""
    ran = empty / "ran"
    for place in (empty / "opa", empty / "bin" / "opa"):
        _stub(place, "1.23.0").write_text(f"#!/bin/sh\n: > '{ran}'\n")
    monkeypatch.chdir(empty)
    monkeypatch.setenv("PATH", places)
    with pytest.raises(UnavailableError, match="no OPA on this machine"):
        find_opa()
    assert not ran.exists()


@pytest.mark.parametrize("version", ["1.22.0", "1.21.3", "0.70.0"])
def test_a_named_one_that_is_too_old_is_refused(
    empty: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("WILK_OPA", str(_stub(empty / "old", version)))
    with pytest.raises(UnavailableError, match=rf"OPA {version}, older than 1\.22\.1"):
        find_opa()


@pytest.mark.parametrize("kind", ["absent", "not a program", "no version", "another program"])
def test_a_named_one_that_does_not_run_is_refused(
    empty: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = empty / "odd"
    if kind == "not a program":
        path.write_text("text")
    elif kind == "no version":
        _stub(path, "none")
    elif kind == "another program":
        path.symlink_to("/bin/true")
    monkeypatch.setenv("WILK_OPA", str(path))
    with pytest.raises(UnavailableError, match="does not run as OPA"):
        find_opa()


def test_one_on_path_is_used_if_new_enough(empty: Path) -> None:
    found = _stub(empty / "bin" / "opa", "1.22.1")
    assert find_opa().path == found
    _stub(found, "1.22.0")
    with pytest.raises(UnavailableError):
        find_opa()


def test_the_cached_one_is_used_only_while_whole(empty: Path) -> None:
    del empty
    cached = _stub(cached_binary(), "1.22.2")
    digest = cached.with_suffix(".sha256")
    assert not is_whole(cached)
    digest.write_text(hashlib.sha256(cached.read_bytes()).hexdigest() + "\n")
    assert (find_opa().path, find_opa().version) == (cached, PINNED)
    cached.write_text(cached.read_text() + "# changed\n")
    with pytest.raises(UnavailableError):
        find_opa()


@pytest.mark.parametrize("which", ["folder", "binary", "digest"])
@pytest.mark.parametrize("whose", ["somebody else's", "everybody's"])
def test_a_cached_one_that_others_could_have_put_there_is_not_used(
    empty: Path, monkeypatch: pytest.MonkeyPatch, which: str, whose: str
) -> None:
    """As of a user whose home directory root has taken over."""
    del empty
    cached = _stub(cached_binary(), "1.22.2")
    digest = cached.with_suffix(".sha256")
    digest.write_text(hashlib.sha256(cached.read_bytes()).hexdigest() + "\n")
    assert is_whole(cached)
    place = {"folder": cached.parent, "binary": cached, "digest": digest}[which]
    if whose == "everybody's":
        place.chmod(place.stat().st_mode | stat.S_IWOTH)
    else:
        real, inode = type(place).stat, place.stat().st_ino

        def of_others(path: Path, **how: bool) -> os.stat_result:
            found = real(path, **how)
            fields = [*found]
            fields[stat.ST_UID] += (os.geteuid() + 1) * (found.st_ino == inode)
            return os.stat_result(fields)

        monkeypatch.setattr(type(place), "stat", of_others)
    assert not is_whole(cached)
    with pytest.raises(UnavailableError, match="no OPA on this machine"):
        find_opa()


def test_the_cached_one_is_not_asked_what_it_is(empty: Path) -> None:
    cached, ran = _stub(cached_binary(), "1.22.2"), empty / "ran"
    cached.write_text(f"#!/bin/sh\n: > '{ran}'\n")
    digest = hashlib.sha256(cached.read_bytes()).hexdigest()
    cached.with_suffix(".sha256").write_text(digest + "\n")
    assert find_opa().path == cached
    assert not ran.exists()


def test_version_of_the_real_one(opa: Path) -> None:
    version = version_of(opa)
    assert version is not None
    assert version >= (1, 22, 1)


def test_the_module_line_is_read_as_go_prints_it() -> None:
    said = (
        "/x/opa: go1.26.8\n\tpath\tgithub.com/open-policy-agent/opa\n"
        f"\tmod\tgithub.com/open-policy-agent/opa\tv1.22.2\t{MODULE_HASH}\n"
        "\tdep\tgithub.com/x/y\tv1.0.0\th1:aaaa=\n"
    )
    assert recorded_module(said) == (MODULE, "1.22.2", MODULE_HASH)
    assert recorded_module(said.replace("v1.22.2", "v1.22.1")) != recorded_module(said)
    assert recorded_module("/x/opa: go1.26.8\n") is None


def test_go_is_told_to_count_no_usage(tmp_path: Path) -> None:
    # What it says its program was made of is here what it found in its settings.
    go = _stub(tmp_path / "go", "none")
    said = "printf '\\tmod\\t%s\\tv1.0.0\\th1:aaaa=\\n'"
    go.write_text(f'#!/bin/sh\n{said} "$(cat "$XDG_CONFIG_HOME/go/telemetry/mode")"\n')
    assert built_from(go, tmp_path / "opa") == ("off", "1.0.0", "h1:aaaa=")
