"""`wilkc build --cache`: the same bundle to the byte, whatever became of the folder."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from wilkc.bundle import read_bundle
from wilkc.cli.cache import CacheFolder
from wilkc.cli.main import main

EXAMPLES = Path(__file__).parents[2] / "policies" / "examples"
SPEC = "agent: a{0}\npermissions: {{filesystem: {{read: ['./src{0}/**']}}}}\n"
WARNED = """
permissions: {filesystem: {read: ['./x'], metadata: {blocked_paths: ['./x']}}}
"""
Printed = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Builder:
    """Builds what is in `specs`, with the cache folder `cache` or without."""

    folder: Path

    @property
    def specs(self) -> Path:
        return self.folder / "specs"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def arguments(self, name: str, *options: str) -> list[str]:
        target = str(self.folder / name)
        return ["build", str(self.specs), "-o", target, *(options or ("--prove", "none"))]

    def build(self, name: str, *options: str) -> tuple[int, bytes | None]:
        """Exit code and bundle."""
        with pytest.raises(SystemExit) as left:
            main(self.arguments(name, *options))
        code, target = left.value.code, self.folder / name
        made = target.read_bytes() if target.exists() else None
        target.unlink(missing_ok=True)
        return code if isinstance(code, int) else 0, made

    def cached(self, *options: str) -> tuple[int, bytes | None]:
        given = (*(options or ("--prove", "none")), "--cache", str(self.cache))
        return self.build("cached.tar.gz", *given)


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    made = Builder(tmp_path)
    made.specs.mkdir()
    for path in EXAMPLES.glob("*.yaml"):
        (made.specs / path.name).write_bytes(path.read_bytes())
    for number in range(3):
        (made.specs / f"a{number}.yaml").write_text(SPEC.format(number))
    return made


def test_every_change_gives_the_same_bundle(builder: Builder, capsys: Printed) -> None:
    def same() -> str:
        without = builder.build("whole.tar.gz")
        told = capsys.readouterr()
        assert builder.cached() == without
        assert capsys.readouterr().err == told.err
        return told.err

    assert same() == ""
    (builder.specs / "a0.yaml").write_text(SPEC.format(7).replace("a7", "a0"))
    same()
    (builder.specs / "a1.yaml").rename(builder.specs / "b1.yaml")
    same()
    (builder.specs / "warned.yaml").write_text(WARNED)
    assert "warning[W183]" in same()
    assert "warning[W183]" in same(), "also when it is not compiled again"
    (builder.specs / "a2.yaml").write_text("permissions: {filesystem: {raed: []}}\n")
    assert "error[W108]" in same()
    assert "error[W108]" in same()
    (builder.specs / "a2.yaml").unlink()
    (builder.specs / "fleet.jsonl").write_text('{"agent": "f", "spec": "a0"}\n')
    assert "error[" not in same()


@pytest.mark.parametrize("form", ["indexed", "rules"])
def test_forms_stay_apart_in_one_folder(builder: Builder, form: str) -> None:
    builder.cached("--prove", "none", "--form", "rules")
    builder.cached("--prove", "none", "--form", "indexed")
    without = builder.build("whole.tar.gz", "--prove", "none", "--form", form)
    assert builder.cached("--prove", "none", "--form", form) == without


def test_stats_say_what_was_used(builder: Builder, capsys: Printed) -> None:
    builder.cached("--prove", "none", "--stats")
    assert "cache: 0 entries used, 12 written" in capsys.readouterr().out
    builder.cached("--prove", "none", "--stats")
    assert "cache: 12 entries used, 0 written" in capsys.readouterr().out


def test_the_folder_can_come_from_the_environment(
    builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WILK_CACHE", str(builder.cache))
    builder.build("whole.tar.gz")
    assert len(list(builder.cache.glob("*.wilk"))) == 12
    monkeypatch.setenv("WILK_CACHE", "")
    assert builder.build("whole.tar.gz")[0] == 0


def test_a_folder_that_others_can_write_is_refused(builder: Builder, capsys: Printed) -> None:
    builder.cache.mkdir()
    builder.cache.chmod(0o777)
    assert builder.cached() == (2, None)
    said = capsys.readouterr().err
    assert "others can write in it" in said
    assert "mode 0700" in said


def test_a_folder_that_cannot_be_is_warned_of_and_the_bundle_is_made(
    builder: Builder, capsys: Printed
) -> None:
    builder.cache.write_text("in the way")
    without = builder.build("whole.tar.gz")
    assert builder.cached() == without
    assert "warning: nothing is kept in the cache folder" in capsys.readouterr().err


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_entries_are_compiled_again(builder: Builder, seed: int) -> None:
    rng = random.Random(seed)
    first = builder.cached()
    for entry in builder.cache.glob("*.wilk"):
        data = bytearray(entry.read_bytes())
        place = rng.randrange(len(data))
        if rng.random() < 0.5:
            data[place] ^= 1 << rng.randrange(8)
        else:
            del data[place:]
        entry.write_bytes(data)
    assert builder.cached("--prove", "none", "--stats") == first


def _replaced(builder: Builder, old: bytes, new: bytes) -> None:
    """Forge all entries that hold a text, with the digests that they must carry."""
    with CacheFolder(builder.cache, print) as cache:
        for entry in builder.cache.glob("*.wilk"):
            held = cache.get(entry.stem)
            if held is not None and old in held:
                cache.put(entry.stem, held.replace(old, new))


@pytest.mark.usefixtures("opa")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"src1", b"etc1"),
        (b'"network":"none"', b'"network":"full"'),
        (b'{"agent":"a1","agents":null', b'{"agent":null,"agents":["a1","x"]'),
    ],
    ids=["a rule", "the sandbox", "who has the spec"],
)
def test_the_proof_finds_a_forged_entry(
    builder: Builder, capsys: Printed, old: bytes, new: bytes
) -> None:
    honest = builder.cached("--prove", "sample")
    _replaced(builder, old, new)
    believed = builder.cached()[1]
    assert believed is not None
    assert read_bundle(believed).files != read_bundle(honest[1] or b"").files
    capsys.readouterr()
    assert builder.cached("--prove", "sample") == (1, None)
    assert "what was kept of earlier compiles is not what the specs say" in capsys.readouterr().err


@pytest.mark.usefixtures("opa")
def test_a_proof_of_kept_pieces_asks_as_much(builder: Builder, capsys: Printed) -> None:
    first, second = builder.cached("--prove", "sample"), builder.cached("--prove", "sample")
    assert first == second == builder.build("whole.tar.gz", "--prove", "sample")
    counts = [line for line in capsys.readouterr().out.splitlines() if line.startswith("proved")]
    assert len(counts) == 3
    assert len(set(counts)) == 1


def _command(builder: Builder, name: str) -> list[str]:
    given = builder.arguments(name, "--prove", "none", "--cache", str(builder.cache), "-q")
    return [sys.executable, "-m", "wilkc.cli.main", *given]


def test_builds_at_once_do_not_disturb_each_other(builder: Builder) -> None:
    names = [f"{number}.tar.gz" for number in range(4)]
    with ThreadPoolExecutor(2) as workers:
        commands = (_command(builder, name) for name in names)
        ran = workers.map(lambda command: subprocess.run(command, check=False), commands)
        assert [done.returncode for done in ran] == [0] * 4
    wanted = builder.build("whole.tar.gz")[1]
    assert {(builder.folder / name).read_bytes() for name in names} == {wanted}
    assert builder.cached("--prove", "none", "--stats")[1] == wanted


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_build_leaves_a_folder_that_can_be_used(builder: Builder, seed: int) -> None:
    rng = random.Random(seed)
    for number in range(3, 150):
        (builder.specs / f"a{number}.yaml").write_text(SPEC.format(number))
    wanted = builder.build("whole.tar.gz")
    for _ in range(4):
        process = subprocess.Popen(_command(builder, "killed.tar.gz"))
        while process.poll() is None and not list(builder.cache.glob("*.wilk")):
            time.sleep(0.005)
        time.sleep(rng.random() * 0.2)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert builder.cached() == wanted
        for entry in rng.sample(sorted(builder.cache.glob("*.wilk")), 150):
            entry.unlink()
