"""Which specs need not be read to compare two versions: only where nothing can touch them."""

from __future__ import annotations

import random

import pytest

from wilkc.compiler import plan_what_compiles, untouched
from wilkc.core.errors import SpecError
from wilkc.plan.agents import stem

SPEC = b"permissions: {filesystem: {read: [./src/**]}}\n"
WIDER = b"permissions: {filesystem: {read: [./**]}}\n"
BASE = {"p/alpha.yaml": SPEC, "p/beta.yaml": SPEC, "p/gamma.yaml": SPEC}


def _found(old: dict[str, bytes], new: dict[str, bytes]) -> set[str]:
    return {stem(file) for file in untouched(old, new)}


def test_what_is_the_same_is_not_read() -> None:
    assert untouched(BASE, BASE) == {file: stem(file) for file in BASE}
    assert _found(BASE, {**BASE, "p/beta.yaml": WIDER}) == {"alpha", "gamma"}
    assert _found({**BASE, "p/gone.yaml": SPEC}, {**BASE, "p/come.yaml": SPEC}) == {
        "alpha", "beta", "gamma",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("p/beta.yaml", b"extends: [alpha]\n" + WIDER),
        ("p/delta.yaml", b"agents: [alpha]\n" + WIDER),
        ("p/delta.yaml", b"agent: alpha\n" + WIDER),
        ("q/alpha.yaml", WIDER),
        ("p/alpha.wilk.yaml", WIDER),
        ("p/bound.yaml", b"bindings: {alpha: [x]}\n"),
        ("p/fleet.jsonl", b'{"agent": "x", "spec": "alpha"}\n'),
    ],
)
def test_what_another_file_names_is_read(file: str, text: bytes) -> None:
    found = _found(BASE, {**BASE, file: text})
    assert "alpha" not in found
    assert "gamma" in found


@pytest.mark.parametrize(
    "text",
    [
        b"security_policy: {version: '1.0'}\n",
        b"core: {}\n",
        b"permissions: {runtime: {}}\n",
        b"audit: {}\n",
        b'"security\\x5fpolicy": {}\n',
        b'"\\u0061gent": alpha\n' + WIDER,
    ],
)
def test_where_everything_may_rest_on_a_change_everything_is_read(text: bytes) -> None:
    assert _found(BASE, {**BASE, "p/new.yaml": text}) == set()
    assert _found({**BASE, "p/new.yaml": text}, BASE) == set()


def test_an_agent_in_the_first_line_is_the_one_of_its_file() -> None:
    named = {f"p/{number}.yaml": b"# Why\n\nagent: %b\n" % name + SPEC
             for number, name in enumerate([b"one", b"two-agents", b"alpha"])}  # fmt: skip
    assert untouched(named, named) == {
        "p/0.yaml": "one", "p/1.yaml": "two-agents", "p/2.yaml": "alpha",
    }  # fmt: skip
    both = {**BASE, **named}
    assert set(untouched(both, both).values()) == {"beta", "gamma", "one", "two-agents"}
    # What another file says of it counts by that name, and so does a file that is called so.
    touched = {**named, "p/x.yaml": b"extends: [one]\n" + WIDER}
    assert set(untouched(named, touched).values()) == {"two-agents", "alpha"}
    called = {**named, "p/one.yaml": b"extends: []\n" + WIDER}
    assert set(untouched(named, called).values()) == {"two-agents", "alpha"}


@pytest.mark.parametrize(
    "text",
    [
        b"agent: yes\n" + SPEC,
        b"agent: other\n  and more\n" + SPEC,
        b"agent: other\n\n  and more\n" + SPEC,
        b"agent: other\r\n" + SPEC,
        b"# a\ragents: [other]\nagent: some\n" + SPEC,
        b"# a\xe2\x80\xa8agents: [other]\nagent: some\n" + SPEC,
        b"agent: other\nagents: [more]\n" + SPEC,
        b"agent: other\nextends: [beta]\n" + SPEC,
        b"agent: 'other'\n" + SPEC,
        SPEC + b"agent: other\n",
        b"extends: [beta]\n" + SPEC,
        b"---\n" + SPEC,
        SPEC + b"---\n" + SPEC,
        b'"\\x61gent": other\n' + SPEC,
        b"{permissions: {}}\n",
        b"security_policy: {version: '1.0'}\n",
        b"",
    ],
)
def test_what_may_say_more_than_its_name_is_read(text: bytes) -> None:
    both = {**BASE, "p/other.yaml": text}
    assert "other" not in _found(both, both)


def test_the_rest_is_compared_as_in_the_whole() -> None:
    """What is set aside means the same in both versions, and the rest means what it did."""
    seed = 20_261_128
    print(f"seed {seed}")
    chance = random.Random(seed)
    aside = 0
    for _ in range(300):
        old = _world(chance)
        new = {
            **old,
            **{file: text for file, text in _world(chance).items() if chance.random() < 0.3},
        }
        new = {file: text for file, text in new.items() if chance.random() < 0.95}
        skipped = untouched(old, new)
        aside += len(skipped)
        try:
            wholes = [plan_what_compiles(side) for side in (old, new)]
            parts = [
                plan_what_compiles({file: one for file, one in side.items() if file not in skipped})
                for side in (old, new)
            ]
        except SpecError:
            # The policy has errors, so that nothing is compared.
            continue
        broken = {one.file for whole in wholes for one in whole.left_out}
        for file, agent in skipped.items():
            if file not in broken:
                specs = [whole.plan.specs[whole.plan.agents[agent][0]] for whole in wholes]
                assert specs[0] == specs[1]
        for whole, part in zip(wholes, parts, strict=True):
            kept = {agent: names for agent, names in whole.plan.agents.items()
                    if agent not in skipped.values()}  # fmt: skip
            assert part.plan.agents == kept
            assert all(part.plan.specs[name] == whole.plan.specs[name] for name in part.plan.specs)
    assert aside > 300


def _world(chance: random.Random) -> dict[str, bytes]:
    names = ["alpha", "beta", "gamma", "delta", "omega"]
    files = {}
    for name in chance.sample(names, 4):
        other = chance.choice(names).encode()
        head = chance.choice([b"", b"", b"", b"agent: %b\n" % name.encode(), b"agent: %b\n" % other,
                              b"extends: [%b]\n" % other, b"agents: [%b]\n" % other])  # fmt: skip
        files[f"p/{name}.yaml"] = head + chance.choice(
            [SPEC, SPEC, WIDER, b"permissions: {x: 1}\n"]
        )
    if chance.random() < 0.3:
        files["p/policy.yaml"] = (
            b"security_policy: {agent_defaults: {permissions: {llm: {allowed_models: [m"
            + str(chance.randrange(2)).encode()
            + b"]}}}}\n"
        )
    if chance.random() < 0.2:
        files["p/bound.yaml"] = f"bindings: {{{chance.choice(names)}: [x]}}\n".encode()
    return files
