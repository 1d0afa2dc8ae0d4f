"""The same specs and key give the same bytes, whatever differs between two machines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from wilkc.bundle import generate_key, write_key_pair

ROOT = Path(__file__).parents[2]
PARTS = ("wilkc", "policies", "templates")
# Stands before `wilkc`: another time and date in every way that Python has to ask for it, and
# folders listed in another order than the file system gives.
ELSEWHERE = """
import datetime, os, runpy, sys, time
os.umask(int(sys.argv[1], 8))
NOW, backwards = float(sys.argv[2]), sys.argv[3] == "backwards"
real = {name: getattr(time, name) for name in ("localtime", "gmtime", "strftime")}
time.time = lambda: NOW
time.time_ns = lambda: int(NOW * 1e9)
time.localtime = lambda s=None: real["localtime"](NOW if s is None else s)
time.gmtime = lambda s=None: real["gmtime"](NOW if s is None else s)
time.strftime = lambda f, t=None: real["strftime"](f, t or time.localtime())

class Moved(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)

    @classmethod
    def utcnow(cls):
        return cls.fromtimestamp(NOW)

class Today(datetime.date):
    @classmethod
    def today(cls):
        return cls.fromtimestamp(NOW)

datetime.datetime, datetime.date = Moved, Today
listdir, scandir = os.listdir, os.scandir

class Ordered:
    def __init__(self, *given):
        with scandir(*given) as found:
            self.found = iter(sorted(found, key=lambda one: one.name, reverse=backwards))
    def __iter__(self): return self.found
    def __next__(self): return next(self.found)
    def __enter__(self): return self
    def __exit__(self, *error): pass
    def close(self): pass

os.listdir = lambda *given: sorted(listdir(*given), reverse=backwards)
os.scandir = Ordered
sys.argv = ["wilkc", *sys.argv[4:]]
runpy.run_module("wilkc.cli.main", run_name="__main__")
"""
HERE = {"LC_ALL": "C", "LANG": "C", "TZ": "UTC", "PYTHONHASHSEED": "1", "PYTHONUTF8": "0"}
THERE = {
    "LC_ALL": "tr_TR.UTF-8",
    "LANG": "de_DE.ISO-8859-1",
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "4711",
    "PYTHONUTF8": "1",
    "USER": "somebody",
    "COLUMNS": "40",
}


def _install(place: Path, *, backwards: bool) -> Path:
    """The project and specs, created in one order or the other, and of different ages."""
    project = place / "project"
    found = [path for part in PARTS for path in (ROOT / part).rglob("*")]
    files = [path for path in found if path.is_file() and "__pycache__" not in path.parts]
    for number, path in enumerate(sorted(files, reverse=backwards)):
        target = project / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        os.utime(target, (number, 10**9 if backwards else number))
    shutil.copytree(project / "policies" / "examples", place / "specs")
    return project


def _build(place: Path, keys: Path, *, backwards: bool, more: tuple[str, ...]) -> dict[str, bytes]:
    project = _install(place, backwards=backwards)
    key = place / "k.pem"
    shutil.copyfile(keys, key)
    key.chmod(0o600)
    head = ["0077", "4e9", "backwards"] if backwards else ["0002", "1e9", "forwards"]
    done = subprocess.run(
        [
            *(sys.executable, "-B", "-c", ELSEWHERE, *head),
            *("build", "specs", "-o", "b.tar.gz", "--sign", "k.pem", "--scope", "prod"),
            *("--sequence", "7", "--attest", "b.json", *more),
        ],
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "PYTHONPATH": str(project),
            **(THERE if backwards else HERE),
            **{name: os.environ[name] for name in ("WILK_OPA",) if name in os.environ},
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name: (place / name).read_bytes() for name in ("b.tar.gz", "b.json")}


@pytest.mark.parametrize("form", ["indexed", "rules"])
def test_two_builds_in_different_places_are_the_same(
    opa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("WILK_OPA", str(opa))
    keys, _ = write_key_pair(tmp_path / "keys", "k", generate_key())
    places = (tmp_path / "one", tmp_path / "another" / "and deeper")
    # A proof of everything takes its time, and its count is part of what is compared.
    more = ("--form", form, "--prove", "sample")
    one = _build(places[0], keys, backwards=False, more=more)
    other = _build(places[1], keys, backwards=True, more=(*more, "--cache", "cache"))
    assert one == other


def test_the_other_machine_is_really_another_one(tmp_path: Path) -> None:
    """What the builds above run under does change what it says it changes."""
    (tmp_path / "wilkc" / "cli").mkdir(parents=True)
    for name in ("wilkc/__init__.py", "wilkc/cli/__init__.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "wilkc" / "cli" / "main.py").write_text(
        "import datetime, os, time\n"
        "from pathlib import Path\n"
        "open('made', 'w').close()\n"
        "names = [one.name for one in Path('.').iterdir()]\n"
        "print(datetime.datetime.now().year, time.gmtime().tm_year, int(time.time()),\n"
        "      oct(Path('made').stat().st_mode)[-3:], names == sorted(names))\n"
    )
    shown = []
    for head in (["0002", "1e9", "forwards"], ["0077", "4e9", "backwards"]):
        (tmp_path / "made").unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-B", "-c", ELSEWHERE, *head],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        shown.append(done.stdout.split())
    assert shown == [
        ["2001", "2001", "1000000000", "664", "True"],
        ["2096", "2096", "4000000000", "600", "False"],
    ]
