"""What running launches leave on the host, so that nothing stays behind. Layer: runtime.

bubblewrap makes an empty file or directory wherever a mask stands on nothing. Removing one
while another launch still masks it would lift that mask, so launches tell each other: each
holds a locked note of what it leaves. A note whose lock is free belongs to a shim that was
killed; the next launch cleans up after it.
"""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.locks import require_lock, take_lock
from wilkc.runtime.sandbox.groups import PREFIX, Group, is_group
from wilkc.runtime.sandbox.killing import kill_if
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import remove_made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wilkc.runtime.sandbox.hands import Owner
    from wilkc.runtime.sandbox.job import Job

OF_ROOT: Final = Path("/run/wilk-root")
"""Where only root can make anything; not `/run/wilk`, which a service's user is given."""
CLOSED: Final = -1
"""The descriptor of a note whose launch is over."""
_SUFFIX: Final = ".launch"
_ATTEMPTS: Final = 10
_START_TIME: Final = 22 - 3  # field 22 of stat(5); field 3 is the first after the name


@dataclass(slots=True)
class Note:
    """The locked note of one launch; `fd` holds the lock until the launch is over.

    As an observer of its launch it takes down whether the agent is busy.

    Attributes:
        path: of the file.
        fd: of the file, locked.
        left: what the launch leaves, outermost first.
        warning: percent of one core from which on the agent is busy; None for never.
        content: what was written last.
    """

    path: Path
    fd: int
    left: tuple[str, ...]
    warning: int | None
    content: dict[str, Any]

    def write(self, **members: Any) -> None:
        """Write the note anew with these members; readers hold the lock of the directory.

        Raises:
            OSError: it cannot be written.
        """
        with _locked():
            # Whoever is told late must not write into whatever has the number by now.
            if self.fd == CLOSED:
                return
            size, content = os.fstat(self.fd).st_size, self.content | members
            try:
                # Never shorter than before, so that it can be read at every moment: whoever is
                # killed between two steps must not leave a note that nobody understands.
                _write_all(self.fd, content, size)
            except OSError:
                # What was there has its room, and others go by it.
                _write_all(self.fd, self.content, size)
                os.ftruncate(self.fd, size)
                raise
            self.content = content

    def leave(
        self,
        paths: Sequence[str],
        groups: Sequence[str] | None = None,
        owner: Owner | None = None,
    ) -> None:
        """Note what the launch is going to leave, beside what it has noted already.

        Args:
            paths: real paths.
            groups: directories of its control groups, in place of those that it might have made.
            owner: whom the command runs as, by whose rights it is removed.

        Raises:
            SandboxRefusedError: it cannot be written.
        """
        if groups is None and {*paths} <= {*self.left}:
            return
        self.left = tuple(sorted({*self.left, *paths}, key=lambda path: (path.count("/"), path)))
        try:
            members: dict[str, Any] = {} if groups is None else {"groups": list(groups)}
            members |= {} if owner is None else {"owner": list(owner)}
            self.write(left=list(self.left), **members)
        except OSError as error:
            raise _unusable(error) from error

    def confined(self, limits: object) -> None:
        """Nothing: what keeps the limits is no affair of other launches."""

    def usage(self, sample: Mapping[str, Any]) -> None:
        """Take down whether the launch is busy."""
        spent = sample["cpu"]["usage"]
        busy = self.warning is not None and spent is not None and spent > self.warning
        if busy != self.content.get("busy", False):
            self.write(busy=busy)

    def alert(self, alert: object) -> None:
        """Nothing: alerts are told to others."""


def state_directory() -> Path:
    """Where notes are kept: of root, of the session, or of the user."""
    if os.geteuid() == 0:
        return OF_ROOT
    session = os.environ.get("XDG_RUNTIME_DIR")
    if session and Path(session).is_dir():
        return Path(session) / "wilk"
    return Path(tempfile.gettempdir()) / f"wilk-{os.geteuid()}"


def left_by_others(launch: str = "") -> frozenset[str]:
    """What running launches will remove; what killed ones left is removed first.

    A launch that is being planned must treat these paths as if they were not there.

    Args:
        launch: id of the launch that asks, whose own note does not count.

    Raises:
        SandboxRefusedError: the state directory cannot be used.
    """
    if not state_directory().exists():
        return frozenset()
    try:
        with _locked() as top:
            _sweep(top)
            own = _note_of(top, launch)
            return frozenset(path for note in _notes(top) if note != own for path in _left(note))
    except OSError as error:
        raise _unusable(error) from error


def require_headroom(agent: str) -> None:
    """No running launch of the same agent is above its warning threshold of processor time.

    Raises:
        SandboxRefusedError: one is, or the state directory cannot be used.
    """
    if not state_directory().exists():
        return
    try:
        with _locked() as top:
            _sweep(top)
            notes = [_content(path) for path in _notes(top)]
    except OSError as error:
        raise _unusable(error) from error
    if any(note.get("busy") and note.get("agent") == agent for note in notes):
        raise SandboxRefusedError(
            "sandbox.no_headroom",
            f"a running command of `{agent}` uses more processor time than its warning threshold",
            help_text="wait for its end, or raise `resources.cpu.max`",
        )


def write_note(job: Job, left: Sequence[str], groups: Sequence[str]) -> Note:
    """Note what a launch is going to leave, before it leaves it.

    Args:
        job: what is launched.
        left: real paths that are removed afterwards if still empty, outermost first.
        groups: directories of control groups.

    Raises:
        SandboxRefusedError: the state directory cannot be used.
    """
    try:
        with _locked() as top:
            path = _note_of(top, job.launch)
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            require_lock(fd, lambda _: OSError(errno.EWOULDBLOCK, "its note is locked"))
            content = {"agent": job.agent, "left": list(left), "groups": list(groups)}
            _write_all(fd, content, 0)
    except OSError as error:
        raise _unusable(error) from error
    cpu = job.plan.limits.cpu
    warning = None if cpu.enforcement == "monitoring" else cpu.warning
    return Note(path, fd, tuple(left), warning, content)


def _write_all(fd: int, content: Mapping[str, Any], size: int) -> None:
    """Write a note from its beginning, as long as it was at least.

    Raises:
        OSError: there is no room for all of it.
    """
    data, done = json.dumps(content).encode().ljust(size), 0
    while done < len(data):
        done += os.pwrite(fd, data[done:], done)


def _unusable(error: OSError) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.precondition",
        f"the state directory `{state_directory()}` cannot be used: {error.strerror}",
    )


def note_process(note: Note, pid: int) -> None:
    """Note the process that waits to become the command: it may outlive a killed shim."""
    note.write(process=[pid, _started(pid)])


def _started(pid: int) -> str:
    """When a process started, which tells it from a later one of the same number."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return text.rpartition(b")")[2].split()[_START_TIME].decode("ascii")


def _is_confined(pid: int) -> bool:
    """Whether a process is in a sandbox: another user's, or in another user namespace than ours."""
    try:
        _, _, user = Path(f"/proc/{pid}/status").read_bytes().partition(b"\nUid:\t")
        if int(user.split()[0]) != os.geteuid():
            return True
        theirs, ours = (Path(f"/proc/{one}/ns/user").stat().st_ino for one in (pid, "self"))
    except OSError:
        return False
    return theirs != ours


def settle(note: Note) -> list[str]:
    """Remove what a launch left, unless another running launch holds it.

    Returns:
        What could not be removed, with the reason.
    """
    failures: list[str] = []
    fd = note.fd
    try:
        with _locked() as top:
            note.fd = CLOSED
            held = {path for other in _notes(top) if other != note.path for path in _left(other)}
            left = [path for path in note.left if path not in held]
            failures = remove_made(left, _owner(note.content))
            note.path.unlink(missing_ok=True)
            # While the lock is held: whoever waits for it sees that the directory is gone.
            with suppress(OSError):
                top.rmdir()
    except OSError as error:
        failures.append(f"{note.path}: {error.strerror}")
    finally:
        os.close(fd)
    return failures


@contextmanager
def _locked() -> Iterator[Path]:
    """The state directory, locked against other launches' notes; made if missing."""
    fd = _lock()
    try:
        yield state_directory()
    finally:
        os.close(fd)


def _lock() -> int:
    top = state_directory()
    for _ in range(_ATTEMPTS):
        top.mkdir(mode=0o700, exist_ok=True)
        fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        status = os.fstat(fd)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            os.close(fd)
            raise PermissionError(1, "it belongs to somebody else, or others may enter it")
        take_lock(fd, None)
        # It may have been removed as empty while this launch waited for the lock.
        if os.fstat(fd).st_nlink:
            return fd
        os.close(fd)
    raise FileNotFoundError(2, "it vanishes again and again")


def _note_of(top: Path, launch: str) -> Path:
    return top / f"{launch}{_SUFFIX}"


def _notes(top: Path) -> list[Path]:
    return sorted(top.glob(f"*{_SUFFIX}"))


def _left(note: Path) -> list[str]:
    return [str(path) for path in _content(note).get("left", [])]


def _owner(content: Mapping[str, Any]) -> Owner | None:
    """Whom a noted command ran as, where it came so far."""
    uid, gid = content.get("owner", (None, None))
    return None if uid is None else (uid, gid)


def _content(note: Path) -> dict[str, Any]:
    try:
        content = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _sweep(top: Path) -> None:
    """Clean up after shims that were killed: their notes are there, their locks are free."""
    for path in _notes(top):
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            if take_lock(fd):
                _bury(top, path)
        finally:
            os.close(fd)


def _bury(top: Path, path: Path) -> None:
    held = {left for other in _notes(top) if other != path for left in _left(other)}
    content = _content(path)
    pid, started = content.get("process", (0, ""))
    if pid and started:
        kill_if(pid, lambda pid: _started(pid) == started and _is_confined(pid))
    # Whatever a note says, its launch had no other group, and nothing else is killed or removed.
    name = PREFIX + path.name.removesuffix(_SUFFIX)
    places = [Path(text) for text in content.get("groups", [])]
    own = [one for one in places if one.name == name and is_group(one)]
    group = Group("", {str(one): (0, one) for one in own})
    group.kill()
    group.remove()
    left = [path for path in content.get("left", []) if path not in held]
    remove_made(left, _owner(content))
    path.unlink(missing_ok=True)
