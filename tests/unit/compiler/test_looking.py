"""Whoever looks at the plan need not trust the store: a forged entry is found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.unit.compiler.conftest import MemoryStore, kept
from wilkc.cli.library import read_library
from wilkc.compiler import FORMS, Compiled, Form, compile_incrementally, compile_sources
from wilkc.core.errors import WilkError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.compiler.conftest import Sources

FOUND = "what was kept of earlier compiles is not what the specs say"


def _changed(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """The same with another text of the same length, so that the entry stays one."""
    assert len(old) == len(new)
    return lambda data: data.replace(old, new)


def _bound(data: bytes) -> bytes:
    """An outline that gives a spec to an agent whom no source names."""
    if b'"extends"' not in data:
        return data
    outline = json.loads(data)
    return json.dumps(outline | {"agents": [outline["agent"], "mallory"], "agent": None}).encode()


FORGED = {
    "what is granted": _changed(b"docs", b".ssh"),
    "where it stands": _changed(b'"file":"base.yaml"', b'"file":"brse.yaml"'),
    "how commands are confined": _changed(b'"network":"none"', b'"network":"full"'),
}


def _compiled(sources: Sources, store: MemoryStore, form: Form = "indexed") -> Compiled:
    return compile_incrementally(sources, read_library(), store, form=form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_piece_is_found(
    sources: Sources, store: MemoryStore, form: Form, forge: Callable[[bytes], bytes]
) -> None:
    honest = kept(sources, store, form)
    store.held = {key: forge(data) for key, data in store.held.items()}
    compiled = _compiled(sources, store, form)
    assert dict(compiled.files) != honest[0], "a store that is not trustworthy is believed at first"
    with pytest.raises(WilkError, match=FOUND):
        compiled.plan.specs["base"]
    with pytest.raises(WilkError, match=FOUND):
        list(compiled.plan.agents)


def test_a_forged_outline_is_found(sources: Sources, store: MemoryStore) -> None:
    sources = {name: text for name, text in sources.items() if name == "base.yaml"}
    kept(sources, store)
    store.held = {key: _bound(data) for key, data in store.held.items()}
    compiled = _compiled(sources, store)
    assert b"mallory" in compiled.files["wilk/data.json"]
    with pytest.raises(WilkError, match=FOUND):
        compiled.plan.agents["mallory"]


def test_a_module_that_replaces_the_fixed_rego_is_found(
    sources: Sources, store: MemoryStore
) -> None:
    kept(sources, store, "rules")
    name = next(
        found[0]
        for data in store.held.values()
        if (found := re.search(rb"wilk/profiles/p[0-9a-f]{32}/network[.]rego", data))
    )
    main = b"wilk/decision.rego"
    for key, data in store.held.items():
        store.held[key] = data.replace(name, main)
    compiled = _compiled(sources, store, "rules")
    assert compiled.files[main.decode()] != read_library()[main.decode()]
    with pytest.raises(WilkError, match=FOUND):
        list(compiled.plan.specs)


def test_a_look_at_what_is_right_shows_the_plan_of_the_sources(
    sources: Sources, store: MemoryStore
) -> None:
    kept(sources, store)
    plan = _compiled(sources, store).plan
    wanted = compile_sources(sources, read_library()).plan
    assert len(plan.specs) == len(wanted.specs)
    assert len(plan.agents) == len(wanted.agents)
    assert dict(plan.specs) == dict(wanted.specs)
    assert dict(plan.agents) == dict(wanted.agents)
    assert plan.levels == wanted.levels


def test_nothing_is_read_before_somebody_looks(
    sources: Sources, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(sources, store)

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("wilkc.compiler.looking.read_specs", refuse)
    plan = _compiled(sources, store).plan
    assert (len(plan.specs), len(plan.agents)) == (5, 9)
    with pytest.raises(AssertionError):
        list(plan.specs)
