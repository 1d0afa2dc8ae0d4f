"""Compiling many specs, beside parsing their YAML alone; and compiling again with a cache.

Each measurement is a process of its own, which says how much of a processor it used and the most
memory that it held; reading the files and packing the bundle are part of it, proving is not.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.distinct import bindings, fleet, specs
from benchmarks.measure import Row, beside

if TYPE_CHECKING:
    from collections.abc import Iterable

SPECS = 1_000
SMALL = 20
"""Specs where only the table's shape is wanted."""
PARSE = "yaml.load of 1,000 specs, C loader"
COMPILE = "compile 1,000 specs"
FLEET = "the same and a fleet of 100,000 agents"
BOUND = "the same and bindings of 100,000 agents"
LARGER = "compile 4,000 specs"
FILLING = "compile 1,000 specs into an empty cache"
UNCHANGED = "compile them again, nothing changed"
CHANGED = "compile them again, one file changed"


def compiling(rounds: int, *, small: bool = False) -> list[Row]:
    """Cold compiles against YAML alone, then everything else against a cold compile."""
    count = SMALL if small else SPECS
    taken: dict[str, list[float]] = {}
    most: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _write(place / "specs", specs(count))
        _write(place / "larger", specs(4 * count))
        _write(place / "fleet", (*specs(count), *fleet(count)))
        _write(place / "bound", (*specs(count), *bindings(count)))
        for number in range(rounds):
            for name, arguments in _work(place, number).items():
                seconds, peak = _measured(arguments)
                taken.setdefault(name, []).append(seconds * 1000)
                most[name] = max(peak, most.get(name, 0))
    also = {name: f"peak {peak} MB" for name, peak in most.items()}
    cold = {name: taken[name] for name in (PARSE, COMPILE, FLEET, BOUND)}
    again = {name: taken[name] for name in (COMPILE, LARGER, FILLING, UNCHANGED, CHANGED)}
    return [*beside(PARSE, cold, also), *beside(COMPILE, again, also)]


def _work(place: Path, number: int) -> dict[str, list[str]]:
    """What each process does, in this order; the cache is a new one in every round."""
    cache, edited = str(place / f"cache-{number}"), place / "specs" / "spec-7.yaml"
    given = str(place / "specs")
    return {
        PARSE: ["parse", given],
        COMPILE: ["compile", given],
        LARGER: ["compile", str(place / "larger")],
        FLEET: ["compile", str(place / "fleet")],
        BOUND: ["compile", str(place / "bound")],
        FILLING: ["compile", given, cache],
        UNCHANGED: ["compile", given, cache],
        CHANGED: ["compile", given, cache, str(edited)],
    }


def _write(folder: Path, texts: Iterable[tuple[str, str]]) -> None:
    folder.mkdir()
    for name, text in texts:
        (folder / name).write_text(text, encoding="utf-8")


def _measured(arguments: list[str]) -> tuple[float, int]:
    """Seconds and peak megabytes of one process."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, check=True, text=True
    )
    seconds, peak = json.loads(done.stdout)
    return seconds, peak


def _parse(folder: str) -> float:
    import yaml  # noqa: PLC0415 - the other processes do without

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    started = time.process_time()
    for path in sorted(Path(folder).iterdir()):
        yaml.load(path.read_bytes(), loader)  # noqa: S506 - a safe one
    return time.process_time() - started


def _compile(folder: str, cache: str = "", edited: str = "") -> float:
    from wilkc.cli.building import build_bundle  # noqa: PLC0415 - nor with these
    from wilkc.cli.cache import CacheFolder  # noqa: PLC0415

    if edited:
        with Path(edited).open("a", encoding="utf-8") as file:
            file.write("# changed\n")
    started = time.process_time()
    if cache:
        with CacheFolder(Path(cache), print) as store:
            bundle = build_bundle([folder], store=store).bundle
    else:
        bundle = build_bundle([folder]).bundle
    seconds = time.process_time() - started
    if not bundle:
        raise ValueError("there is no bundle")
    return seconds


if __name__ == "__main__":
    work = {"parse": _parse, "compile": _compile}[sys.argv[1]]
    took = work(*sys.argv[2:])
    print(json.dumps([took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024]))
