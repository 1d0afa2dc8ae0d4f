"""The file that records existing findings. Layer: cli.

It is JSON with one entry in each line, so that changes of it can be read and merged. Files
are named relative to it. What is not understood is refused: a broken baseline must not hide
or show anything by accident.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.lint import Finding, Known, known, without_known
from wilkc.cli.files import write_atomically
from wilkc.core.diagnostics import Diagnostic
from wilkc.core.errors import UsageError
from wilkc.core.spans import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STALE: Final = "W237"
MAX_BYTES: Final = 16 * 1024 * 1024
_VERSION: Final = 1
_FIELDS: Final = {"code": str, "file": str, "about": str, "count": int}


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a baseline file records.

    Attributes:
        path: the file.
        counts: how often each finding is recorded.
        lines: the line in which each stands.
    """

    path: Path
    counts: Mapping[Known, int]
    lines: Mapping[Known, int]

    def hide(
        self, findings: Iterable[Finding], sources: Iterable[str]
    ) -> tuple[tuple[Finding, ...], int]:
        """The findings that are not recorded, with those about stale entries; how many are.

        Args:
            findings: sorted by place.
            sources: the files that were looked at; entries of others that still exist may
                be right.
        """
        found = tuple(findings)
        new, gone = without_known(found, self.counts, self._named)
        looked_at = {self._named(file) for file in sources}
        stale = [
            self._stale(key, count)
            for key, count in sorted(gone.items())
            if key.file in looked_at or not (self.path.parent / key.file).exists()
        ]
        return (*new, *stale), len(found) - len(new)

    def _named(self, file: str) -> str:
        return named_from(self.path, file)

    def _stale(self, key: Known, count: int) -> Finding:
        line = self.lines.get(key, 1)
        often = "" if self.counts[key] == count else f" {count} times less"
        diagnostic = Diagnostic(
            STALE,
            "warning",
            f"{key.code} no longer occurs{often} in `{key.file}`: {key.about}",
            Span(str(self.path), line, 1, line, 2),
            help="write the baseline anew with `--write-baseline`",
        )
        return Finding(diagnostic, f"{key.code} {key.file} {key.about}")


def named_from(baseline: Path, file: str) -> str:
    """A file's name in a baseline: relative to it, however it was given."""
    return Path(os.path.relpath(Path(file).resolve(), baseline.parent.resolve())).as_posix()


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        UsageError: it is not there, cannot be read, or is no baseline.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(path, f"it has more than {MAX_BYTES} bytes")
        text = path.read_bytes().decode("utf-8")
        held = json.loads(text)
    except OSError as error:
        raise UsageError(
            f"cannot read the baseline `{path}`: {error.strerror}",
            help_text="`--write-baseline FILE` makes one",
        ) from error
    except (ValueError, RecursionError) as error:
        raise _refused(path, "it is not JSON") from error
    if not isinstance(held, dict) or held.keys() != {"wilk_baseline", "findings"}:
        raise _refused(path, "it does not hold `wilk_baseline` and `findings`")
    if held["wilk_baseline"] != _VERSION or not isinstance(held["findings"], list):
        raise _refused(path, "it is of another version")
    counts: Counter[Known] = Counter()
    for entry in held["findings"]:
        if not _is_entry(entry):
            raise _refused(path, "an entry does not have the shape of one")
        counts[Known(entry["file"], entry["code"], entry["about"])] += entry["count"]
    return Baseline(path, counts, _lines(text, counts))


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Record findings, all at once or not at all; returns how many."""
    counts = Counter(known(finding, lambda file: named_from(path, file)) for finding in findings)
    entries = ",\n".join(f"  {_entry(key, counts[key])}" for key in sorted(counts))
    body = f"\n{entries}\n" if counts else ""
    text = f'{{"wilk_baseline": {_VERSION}, "findings": [{body}]}}\n'
    write_atomically(path, text.encode("utf-8", "backslashreplace"))
    return counts.total()


def _entry(key: Known, count: int) -> str:
    entry = {"code": key.code, "file": key.file, "about": key.about, "count": count}
    return json.dumps(entry, ensure_ascii=True)


def _lines(text: str, counts: Mapping[Known, int]) -> dict[Known, int]:
    """The line of each entry that stands as it is written here; others are at the top."""
    places = {line.strip(" ,"): number for number, line in enumerate(text.splitlines(), start=1)}
    return {key: places.get(_entry(key, count), 1) for key, count in counts.items()}


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == _FIELDS.keys()
        and all(type(entry[key]) is kind for key, kind in _FIELDS.items())
        and entry["count"] > 0
    )


def _refused(path: Path, why: str) -> UsageError:
    return UsageError(
        f"`{path}` is no baseline: {why}", help_text="`--write-baseline FILE` makes one"
    )
