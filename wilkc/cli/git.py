"""Reading a revision of a Git repository. Layer: cli; the home of subprocess for Git.

Only plumbing is run (git-rev-parse, git-ls-tree, git-cat-file): nothing is checked out, no
hook, filter or pager runs, nothing is fetched. Whatever the caller names is resolved to an
object id first, behind `--end-of-options`, so that no name can be taken for an option.

The environment is made anew. `GIT_DIR` and its kin are not passed on: the repository is the
one that holds the current folder, whatever a hook or a shell had set; replacements of objects
(git-replace) are ignored, since a reviewer does not see them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_SECONDS: Final = 120.0
"""For one run of Git."""
MAX_TOTAL_BYTES: Final = 256 * 2**20
"""All files of one revision together."""
_PASSED_ON: Final = ("HOME", "XDG_CONFIG_HOME", "PATH")
"""Git finds in the user's settings which repositories of other users are trusted."""
_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_MAX_WORDS: Final = 300
_FILE_MODES: Final = frozenset({"100644", "100755", "100664"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a revision.

    Attributes:
        name: its path from the top of the repository.
        mode: as Git keeps it, for example `100644`.
        oid: the object that holds its content.
        size: bytes; 0 where it is no file.
    """

    name: str
    mode: str
    oid: str
    size: int

    @property
    def oddity(self) -> str:
        """Why it cannot be read as a file, or empty."""
        if self.mode in _FILE_MODES:
            return ""
        kinds = {"120000": "a symbolic link", "160000": "a submodule"}
        return f"{kinds.get(self.mode, 'no plain file')}, which is not followed in a revision"


class Repository:
    """The repository that holds the current folder.

    Attributes:
        prefix: the current folder from the top of the repository: empty, or with `/` at its end.

    Raises:
        UnavailableError: there is no Git.
        UsageError: the current folder is in no repository that Git trusts.
    """

    def __init__(self) -> None:
        # A `.` or an empty entry of PATH would run what the reviewed repository holds.
        places = [one for one in os.environ.get("PATH", "").split(":") if Path(one).is_absolute()]
        found = shutil.which("git", path=":".join(places))
        if found is None:
            raise UnavailableError(
                "there is no Git on this machine",
                help_text="install git, or name folders instead of revisions",
            )
        self._git = found
        done = self._run("rev-parse", "--show-prefix")
        if done.returncode != 0:
            why = _words(done.stderr)
            if "not a git repository" in why:
                why = "the current folder is in no Git repository"
            raise UsageError(
                f"cannot read a revision: {why}", help_text="run it inside the repository"
            )
        self.prefix = os.fsdecode(done.stdout).removesuffix("\n")

    def commit(self, revision: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            UsageError: there is none, or the name could mean several.
        """
        if not revision or not revision.isprintable():
            raise UsageError(f"{revision!r} cannot name a revision")
        wanted = f"{revision}^{{commit}}"
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        if done.returncode != 0:
            raise UsageError(
                f"there is no revision `{revision}` in this repository",
                help_text="name a branch, tag or commit; in a shallow clone, fetch it first",
            )
        return done.stdout.decode("ascii").strip()

    def entries(self, commit: str, path: str) -> tuple[Entry, ...]:
        """Every file at or below a path of a commit, sorted by name.

        Args:
            commit: its id.
            path: from the top of the repository; empty for all of it.

        Returns:
            Nothing if there is no such path.
        """
        where = ["--", path] if path else []
        command = ["ls-tree", "-z", "-r", "--long", "--full-tree", commit, *where]
        done = self._run(*command)
        if done.returncode != 0:
            raise UsageError(f"Git cannot list `{path}`: {_words(done.stderr)}")
        return tuple(map(_entry, filter(None, done.stdout.split(b"\0"))))

    def read(self, entries: Sequence[Entry]) -> dict[str, bytes]:
        """File name to content.

        Raises:
            UsageError: they are more than is read, or an object is missing.
        """
        if sum(entry.size for entry in entries) > MAX_TOTAL_BYTES:
            raise UsageError(f"the revision holds more than {MAX_TOTAL_BYTES} bytes of specs")
        wanted = "".join(f"{entry.oid}\n" for entry in entries).encode("ascii")
        done = self._run("cat-file", "--batch", given=wanted)
        contents = _contents(done.stdout)
        found = dict(zip((entry.name for entry in entries), contents, strict=False))
        if done.returncode != 0 or len(found) != len(entries):
            raise UsageError(
                "an object of the revision is missing",
                help_text="in a partial clone, fetch it first: `git fetch --refetch`",
            )
        return found

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return subprocess.run(  # noqa: S603  # Git itself; names stand behind --end-of-options
                [self._git, *arguments],
                input=given,
                capture_output=True,
                timeout=MAX_SECONDS,
                env={**passed, **_ENVIRONMENT},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"Git did not end within {MAX_SECONDS:g} s") from error
        except OSError as error:
            raise UnavailableError(f"cannot start Git: {error.strerror}") from error


def _entry(line: bytes) -> Entry:
    """One entry of `git ls-tree --long -z`: mode, type, object, size, a tab, and the name."""
    head, _, name = line.partition(b"\t")
    mode, _, oid, size = head.decode("ascii").split()
    return Entry(os.fsdecode(name), mode, oid, int(size) if size.isdigit() else 0)


def _contents(printed: bytes) -> Iterator[bytes]:
    """The objects that `git cat-file --batch` prints, up to the first that is missing."""
    at = 0
    while at < len(printed):
        end = printed.index(b"\n", at)
        head = printed[at:end].split()
        if len(head) != 3 or head[1] != b"blob":  # noqa: PLR2004 - object, type, size
            return
        size = int(head[2])
        yield printed[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _words(said: bytes) -> str:
    text = " ".join(said.decode("utf-8", "replace").split())
    return text.removeprefix("fatal: ")[:_MAX_WORDS]
