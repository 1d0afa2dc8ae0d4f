"""The argument list: golden files, and laws about its order."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.runtime.sandbox.argv import arguments
from wilkc.runtime.sandbox.descriptors import Descriptors
from wilkc.runtime.sandbox.usage import tree
from wilkc.runtime.sandbox.view import Bind, Handles, Mask, Static, View

if TYPE_CHECKING:
    from pathlib import Path

_LINKS = tuple(Static("link", f"usr/{name}", f"/{name}") for name in ("bin", "lib", "lib64"))
HANDLES = Handles(10, 11, 12, {"/etc/passwd": 13, "/srv/w/out/.bashrc": 14, "/srv/w/out/a": 15})
STATIC = (
    Static("bind", "/usr", "/usr"),
    Static("link", "usr/bin", "/bin"),
    Static("data", "", "/etc/passwd"),
)
ENVIRONMENT = (("HOME", "/home/dev"), ("PATH", "/usr/bin"))


def bind(path: str, action: str = "read", fd: int | None = None) -> Bind:
    return Bind(path, action, fd, 1, 2, "rule", 3)  # type: ignore[arg-type]


def view(**changes: Any) -> View:
    base = {
        "static": STATIC, "home": "/home/dev", "cwd": "/srv/w", "tmp": 4096, "shm": 2048,
        "environment": ENVIRONMENT,
    }  # fmt: skip
    return View(**{**base, **changes})


FULL = view(
    binds=(
        bind("/srv/w", "read", 20),
        bind("/srv/w/out", "write", 21),
        bind("/opt/a b", "execute"),
    ),
    pins=("/srv/w/out/sub",),
    masks=(
        Mask("/srv/w/out/.git/config", "freeze"),
        Mask("/srv/w/out/.bashrc", "empty_file", ghost=True),
        Mask("/srv/w/out/.vscode", "empty_directory", ghost=True),
        Mask("/srv/w/.env", "hide_file"),
        Mask("/srv/w/out/sub/blocked", "hide_directory"),
    ),
)


@pytest.mark.parametrize(("name", "shown"), [("bare", view()), ("full", FULL)])
def test_argument_lists(golden: Any, name: str, shown: View) -> None:
    golden(f"sandbox/{name}.args", "\n".join(arguments(shown, HANDLES)) + "\n")


def test_no_filter_no_option() -> None:
    assert "--seccomp" in arguments(FULL, HANDLES)
    assert "--seccomp" not in arguments(FULL, Handles(10, 11, None, HANDLES.data))


def test_namespaces_are_never_tried_but_demanded() -> None:
    words = arguments(FULL, HANDLES)
    for name in ("user", "pid", "net", "ipc", "uts", "cgroup"):
        assert f"--unshare-{name}" in words
    assert not {"--unshare-all", "--unshare-user-try", "--share-net"} & set(words)


@pytest.mark.parametrize("path", ["relative", "", "--bind", "./x"])
def test_only_absolute_paths(path: str) -> None:
    with pytest.raises(ValueError, match="not an absolute path"):
        arguments(view(masks=(Mask(path, "hide_file"),)), HANDLES)


def test_no_nul_bytes() -> None:
    with pytest.raises(ValueError, match="NUL"):
        arguments(view(environment=(("A", "b\0--bind"),)), HANDLES)


HOSTILE = ["--bind", "-", "a b", "new\nline", "quote'\"", "$(id)", "\\", "ü", "--", "~", "*", "{}"]
ARITY = {
    "--setenv": 2, "--uid": 1, "--gid": 1, "--hostname": 1, "--cap-drop": 1, "--tmpfs": 1,
    "--ro-bind": 2, "--bind": 2, "--ro-bind-fd": 2, "--bind-fd": 2, "--symlink": 2, "--dev": 1,
    "--ro-bind-data": 2, "--size": 1, "--perms": 1, "--remount-ro": 1, "--dir": 1, "--chdir": 1,
    "--proc": 1, "--seccomp": 1, "--json-status-fd": 1, "--block-fd": 1,
}  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_laws_of_order(seed: int) -> None:
    chance = random.Random(seed)  # a seeded generator is the point
    shown = _random_view(chance)
    data = {mask.path: 30 + n for n, mask in enumerate(shown.masks)} | HANDLES.data
    done = operations(arguments(shown, Handles(10, 11, 12, data)))
    last_bind: dict[str, int] = {}
    masks = {mask.path for mask in shown.masks}
    pins = set(shown.pins)
    place = {}
    for number, (option, *words) in enumerate(done):
        if (
            option in {"--bind-fd", "--ro-bind-fd", "--bind", "--ro-bind"}
            and words[-1] not in masks
        ):
            last_bind[words[-1]] = number
        if words and words[-1] in masks:
            place[words[-1]] = number
    # A mask stands after every bind and pin, so none of them can cover it again.
    assert set(place) == masks
    if place and last_bind:
        assert min(place.values()) > max(last_bind.values())
    first_pin = min((last_bind[pin] for pin in pins), default=len(done))
    binds = [last_bind[one.path] for one in shown.binds if one.path not in pins]
    assert max(binds, default=-1) < first_pin
    names = [option for option, *_ in done]
    assert names.index("--tmpfs") < min([*last_bind.values(), len(done)])
    # The root and the bare workspace are closed last, when everything in them is there.
    assert [one for one in done if one[0] == "--remount-ro"][-3:] == [
        ["--remount-ro", "/proc"],
        ["--remount-ro", "/srv/w"],
        ["--remount-ro", "/"],
    ]


def _random_view(chance: random.Random) -> View:
    def path() -> str:
        return "/srv/w/" + "/".join(chance.choices(HOSTILE, k=chance.randint(1, 4)))

    binds = {one: chance.choice(["read", "write"]) for one in (path() for _ in range(5))}
    pins = {path() for _ in range(4)} - set(binds)
    masks = {path() for _ in range(6)} - set(binds) - pins
    kinds = ["hide_file", "hide_directory", "freeze", "empty_file", "empty_directory"]
    return view(
        binds=tuple(bind(one, action, chance.choice([None, 9])) for one, action in binds.items()),
        pins=tuple(sorted(pins)),
        masks=tuple(Mask(one, chance.choice(kinds)) for one in sorted(masks)),  # type: ignore[arg-type]
    )


def operations(words: tuple[str, ...]) -> list[list[str]]:
    """The list cut where bubblewrap cuts it: no path can stand where an option is read."""
    found = []
    rest = list(words)
    while rest:
        count = ARITY.get(rest[0], 0)
        assert rest[0].startswith("--")
        assert rest[0] in ARITY or rest[0].startswith(
            ("--unshare-", "--disable-userns", "--new-session", "--die-with-parent", "--clearenv")
        )
        found.append(rest[: count + 1])
        del rest[: count + 1]
    return found


def _begins(bwrap: Path, place: Path, masks: int | None, *, leave: bool) -> bool:
    """Whether a command begins when so many masks of the list have arrived; None for all of it."""
    shown = View(
        (Static("bind", "/usr", "/usr"), *_LINKS), "/home/dev", str(place), 4096, 4096, (),
        binds=(bind(str(place), "write"),),
        masks=tuple(Mask(f"{place}/{number}", "hide_directory") for number in range(20)),
    )  # fmt: skip
    with Descriptors() as fds:
        args, status, gate = fds.pipe(), fds.pipe(), fds.gate()
        words = list(arguments(shown, Handles(status[1], gate[0], None, {})))
        ends = [at for at, word in enumerate(words) if word == "--perms"]
        kept = words if masks is None else words[: ends[masks + 1]]
        os.write(args[1], b"".join(os.fsencode(word) + b"\0" for word in kept))
        process = subprocess.Popen(
            [bwrap, "--args", str(args[0]), "--", "/usr/bin/touch", f"{place}/began"],
            pass_fds=[args[0], status[1], gate[0]], env={},
        )  # fmt: skip
        fds.close(args[0], args[1], status[1], gate[0])
        if leave:
            os.write(gate[1], b"1")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20 if leave else 1)
        for pid in (*reversed(tree(process.pid)), process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
    return (place / "began").exists()


@pytest.mark.parametrize("masks", [0, 1, 19])
def test_no_part_of_the_list_starts_a_command(bwrap: Path, tmp_path: Path, masks: int) -> None:
    """The shim may be killed while it writes; what has arrived is all that bubblewrap has then."""
    assert not _begins(bwrap, tmp_path, masks, leave=False)
    assert not _begins(bwrap, tmp_path, None, leave=False)
    assert _begins(bwrap, tmp_path, masks, leave=True)
