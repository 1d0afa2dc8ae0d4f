"""`wilkc fmt` on generated worlds in odd layouts: same meaning, all comments, once is enough."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.property.questions import Asker
from tests.property.untidy import Untidy
from tests.property.worlds import Maker, World
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.errors import SpecError, WilkError
from wilkc.format import format_spec, same_plan
from wilkc.plan import decide
from wilkc.spec import FLEET_SUFFIX
from wilkc.syntax.layout import comment_texts, read_layout

if TYPE_CHECKING:
    from collections.abc import Mapping

WORLDS = 4
REQUESTS = 300
DAMAGES = 200
HARMLESS = 9
"""How many of the pieces are comments and blanks, at the head of their list."""
ROOT = Path(__file__).parents[2]
SPECS = [
    *sorted((ROOT / "policies" / "examples").glob("*.yaml")),
    ROOT / "tests" / "unit" / "format" / "specs" / "untidy.yaml",
]
PIECES = [
    b"#", b" # x\n", b"# y\n", b"      # z\n", b"\n", b"\n\n\n", b" ", b"   ", b"\t", b"- ", b"|\n",
    b">-\n", b"|2\n", b"? ", b": ", b"[", b"]", b"{", b"}", b",", b"'", b'"', b"---\n", b"...\n",
    b"\r\n", b"\r", b"&a ", b"!!str ", b"%", b"\xe2\x80\xa8", b"\xc2\x85", b'"\\\n  x"',
    b"\xef\xbb\xbf",
]  # fmt: skip


def _untidy(world: World, rng: random.Random) -> tuple[dict[str, bytes], dict[str, list[str]]]:
    """The world's files in odd layouts, and the comments of each."""
    sources, comments = {}, {}
    for name, data in world.sources.items():
        if name.endswith(FLEET_SUFFIX):
            sources[name] = data
            continue
        writer = Untidy(rng)
        sources[name] = writer.file([json.loads(data)])
        comments[name] = writer.comments
    return sources, comments


def _formatted(sources: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        name: data if name.endswith(FLEET_SUFFIX) else format_spec(data, name)
        for name, data in sources.items()
    }


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_layout_changes_no_meaning_and_loses_no_comment(
    seed: int, effort: int, hostile: bool
) -> None:
    written = 0
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        world = Maker(rng, hostile=hostile).world()
        sources, comments = _untidy(world, rng)
        formatted = _formatted(sources)
        assert _formatted(formatted) == formatted
        assert same_plan(world.sources, formatted)
        for name, texts in comments.items():
            text = formatted[name].decode()
            assert Counter(comment_texts(read_layout(text))) == Counter(texts), text
            written += len(texts)
        _decides_alike(world, formatted, rng, hostile=hostile)
    assert written > 100 * WORLDS


def _decides_alike(
    world: World, formatted: dict[str, bytes], rng: random.Random, *, hostile: bool
) -> None:
    old, new = (
        compile_sources(sources, read_library()).plan for sources in (world.sources, formatted)
    )
    allowed = 0
    for request in Asker(rng, world, hostile=hostile).requests(REQUESTS):
        one, other = decide(old, request), decide(new, request)
        assert (one.allow, one.reason, one.detail) == (other.allow, other.reason, other.detail)
        assert (one.rule and one.rule.id) == (other.rule and other.rule.id)
        allowed += one.allow
    assert 0 < allowed < REQUESTS


def test_layout_does_not_depend_on_the_layout_before(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(WORLDS):
        document = Maker(rng).accepted("one")
        written = {Untidy(rng, bare=True).file([document]) for _ in range(4)}
        assert len(written) == 4
        assert len({format_spec(data, "one.yaml") for data in written}) == 1


def test_a_damaged_text_is_laid_out_once_or_refused(seed: int, effort: int) -> None:
    rng = random.Random(seed)
    originals = [path.read_bytes() for path in SPECS]
    written, refused = 0, set()
    for _ in range(DAMAGES * effort):
        text = rng.choice(originals)
        for _ in range(rng.randint(1, 3)):
            place = text.find(
                rng.choice([b"\n", b"\n", b",", b"[", b":"]), rng.randrange(len(text))
            )
            text = text[: place + 1] + _piece(rng) + text[place + 1 :]
        try:
            formatted = format_spec(text, "damaged.yaml")
        except SpecError:
            continue
        except WilkError as error:
            refused.add(error.message[:20])
            continue
        assert format_spec(formatted, "damaged.yaml") == formatted
        assert same_plan({"damaged.yaml": text}, {"damaged.yaml": formatted})
        written += 1
    assert written > DAMAGES // 10
    assert refused <= {"the text holds U+008", "the text begins with"}


def _piece(rng: random.Random) -> bytes:
    return rng.choice(PIECES if rng.random() < 0.3 else PIECES[:HARMLESS])


def test_another_meaning_is_told_apart(seed: int) -> None:
    rng = random.Random(seed)
    world = Maker(rng).world()
    assert same_plan(world.sources, world.sources)
    changed = 0
    for name, data in world.sources.items():
        if not name.startswith("s"):
            continue
        document = json.loads(data)
        document["permissions"].setdefault("filesystem", {})["read"] = ["./only/this"]
        other = {**world.sources, name: json.dumps(document).encode()}
        assert not same_plan(world.sources, other)
        changed += 1
    assert changed == 10
