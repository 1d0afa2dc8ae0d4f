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


@pytest.mark.parametrize(
    "text",
    [
        b"agent: other\n" + SPEC,
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
        head = chance.choice([b"", b"", b"", f"extends: [{chance.choice(names)}]\n".encode(),
                              f"agents: [{chance.choice(names)}]\n".encode()])  # fmt: skip
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
