"""Many hidden files: put out of reach from outside, as one that bubblewrap hides is."""

from __future__ import annotations

import os
from typing import Any

import pytest

from wilkc.runtime.sandbox import hiding
from wilkc.runtime.sandbox.hiding import FEW, divided, hide
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.view import Mask, View

MANY = FEW + 8
CANARY = "SECRET-CANARY"
USER, GROUP = 54_321, 54_322
RULES: dict[str, Any] = {
    "read": ("./src/**",), "write": ("./out/**",), "block": (".env*", "**/.env*"),
}  # fmt: skip


def _view(*masks: Mask) -> View:
    return View((), "/home/dev", "/srv/w", 4096, 4096, (), masks=masks)


def _files(count: int) -> list[Mask]:
    return [Mask(f"/srv/w/.env{number}", "hide_file") for number in range(count)]


def test_a_few_are_left_to_bubblewrap() -> None:
    view = _view(*_files(FEW))
    assert divided(view) == (view, ())


def test_of_many_bubblewrap_hides_the_first() -> None:
    masks = _files(MANY)
    built, hidden = divided(_view(Mask("/srv/w/.git/config", "freeze"), *masks))
    assert [mask.path for mask in built.masks] == ["/srv/w/.git/config", masks[0].path]
    assert hidden == tuple(mask.path for mask in masks)


@pytest.mark.parametrize(
    "mask",
    [
        Mask("/srv/w/.env", "hide_file", ghost=True),
        Mask("/srv/w/blocked", "hide_directory"),
        Mask("/srv/w/blocked/.env", "hide_file"),
        Mask("/srv/w/.bashrc", "empty_file", ghost=True),
    ],
)
def test_what_is_to_be_made_or_lies_behind_a_mask_is_left_to_bubblewrap(mask: Mask) -> None:
    covering = Mask("/srv/w/blocked", "hide_directory")
    built, hidden = divided(_view(*_files(MANY), covering, mask))
    assert mask in built.masks
    assert mask.path not in hidden


@pytest.mark.parametrize("inode", [None, 1, "text"])
def test_only_the_namespace_that_bubblewrap_made_is_entered(inode: object) -> None:
    identity = Identity(os.geteuid(), os.getegid(), None, drop=False)
    with pytest.raises(SandboxRefusedError, match="not the namespace that bubblewrap made"):
        hide(os.getpid(), {"mnt-namespace": inode}, ("/nowhere/a", "/nowhere/b"), identity)


def test_whoever_goes_in_has_given_up_root(monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give up being root")

    def told(_: int) -> int:
        raise OSError(0, f"{os.getresuid()} {os.getresgid()} {os.getgroups()}")

    monkeypatch.setattr(hiding, "namespace_of", lambda *_: 0)
    monkeypatch.setattr(hiding, "owner_of", told)
    identity = Identity(USER, GROUP, None, drop=True)
    with pytest.raises(SandboxRefusedError) as refused:
        hide(os.getpid(), {"mnt-namespace": 1}, ("/nowhere/a", "/nowhere/b"), identity)
    assert refused.value.message.endswith(f"{(USER,) * 3} {(GROUP,) * 3} []")


def _fill(work: Any) -> list[Any]:
    names = [f"src/.env{number}" for number in range(MANY)]
    names += ["out/.env a", "out/.env\nb", "out/sub/.env"]
    work.write("src/a", "hello")
    return [work.write(name, CANARY) for name in names]


def test_many_files_are_out_of_reach(work: Any, spec: Any) -> None:
    hidden = _fill(work)
    before = work.names()
    script = (
        "cat src/a; cd out; for one in .env* sub/.env ../src/.env*; do"
        ' cat "$one"; head -c 9 < "$one"; echo x > "$one"; chmod 777 "$one"; rm -f "$one";'
        ' mv "$one" moved; ln "$one" linked; done'
    )
    ended = work.sh(spec(**RULES), script)
    assert (ended.kind, ended.stdout) == ("exited", "hello"), ended.message
    assert [path.read_text() for path in hidden] == [CANARY] * len(hidden)
    assert work.names() == before
    assert ended.launch["view"]["masks"]["count"] >= len(hidden)


def test_they_are_hidden_from_root_too(root_work: Any, spec: Any) -> None:
    hidden = _fill(root_work)
    for path in (root_work.path, *root_work.path.rglob("*")):
        os.chown(path, 0, 0)
    rules = spec(**RULES).changed(level="minimal", allow_root=True)
    script = 'id -u; cat src/a; cat src/.env* out/.env*; for one in out/.env*; do rm "$one"; done'
    ended = root_work.sh(rules, script)
    assert (ended.kind, ended.stdout) == ("exited", "1000\nhello"), ended.message
    assert [path.read_text() for path in hidden] == [CANARY] * len(hidden)


def test_their_masks_are_as_tight_as_that_of_the_first(work: Any, spec: Any) -> None:
    hidden = _fill(work)
    ended = work.sh(spec(**RULES), "grep ' /null /.*/\\.env' /proc/self/mountinfo")
    lines = [line.split(" ") for line in ended.stdout.splitlines()]
    assert len(lines) == len(hidden)
    for fields in lines:
        assert {"ro", "nosuid", "nodev"} <= set(fields[5].split(","))


def test_other_files_beside_them_work_as_before(work: Any, spec: Any) -> None:
    _fill(work)
    ended = work.sh(spec(**RULES), "cat src/a; echo x > out/b; mv out/b out/c; cat out/c")
    assert (ended.kind, ended.stdout) == ("exited", "hellox\n"), ended.message


def test_more_files_than_bubblewrap_takes_arguments_for(work: Any, spec: Any) -> None:
    """It takes 9,000 (`MAX_ARGS` in bubblewrap.c), of which a mask needs three."""
    work.write("src/a", "hello")
    for number in range(3_100):
        (work.path / f"src/.env{number}").write_text(CANARY)
    work.own()
    ended = work.sh(spec(**RULES), "cat src/a; cat src/.env* | head -c 100")
    assert (ended.kind, ended.stdout) == ("exited", "hello"), ended.message
