"""A compile with a store gives what one without it gives, after every kind of change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.compiler.conftest import ALONE, BASE, CHILD, POLICY, MemoryStore, kept, whole
from wilkc.compiler import FORMS, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.compiler.conftest import Sources

NEW = b"agent: new\nextends: [child]\npermissions: {}\n"
MODEL = (
    b"core:\n  fileSystem:\n    {level: High, scope: [read], validation: Path-based, "
    b"default: Deny-all}\n"
)
EDITS: dict[str, Callable[[Sources], Sources]] = {
    "nothing": lambda held: held,
    "a spec is edited": lambda held: held | {"alone.yaml": ALONE.replace(b"a.ex", b"b.ex")},
    "a comment moves its lines": lambda held: held | {"alone.yaml": b"# new\n" + ALONE},
    "a file is renamed": lambda held: _renamed(held, "child.yaml", "other.yaml"),
    "a nameless spec is renamed": lambda held: (
        _renamed(held, "alone.yaml", "lone.yaml")
        | {"bindings.yaml": b"bindings: {}", "fleet.jsonl": b'{"agent": "f", "spec": "lone"}'}
    ),
    "a spec is added": lambda held: held | {"new.yaml": NEW},
    "a spec is removed": lambda held: {k: v for k, v in held.items() if k != "two.yaml"},
    "a base is edited": lambda held: held | {"base.yaml": BASE.replace(b"docs", b"doc")},
    "a base gets a base": lambda held: held | {"base.yaml": BASE + b"extends: [t2]\n"},
    "the policy is edited": lambda held: held | {"policy.yaml": POLICY.replace(b"k1", b"k2")},
    "the policy is removed": lambda held: {k: v for k, v in held.items() if k != "policy.yaml"},
    "the policy asks for containment": lambda held: (
        held
        | {"policy.yaml": POLICY + b"  global_settings: {sandbox: {violation_response: deny}}\n"}
    ),
    "a model appears": lambda held: held | {"model.yaml": MODEL},
    "bindings are edited": lambda held: held | {"bindings.yaml": b"bindings: {roles: {dev: []}}"},
    "the fleet is edited": lambda held: held | {"fleet.jsonl": b'{"agent":"f3","spec":"base"}\n'},
    "a spec gets agents": lambda held: held | {"alone.yaml": ALONE + b"agents: [x1, x2]\n"},
    "one of two specs in a file is edited": lambda held: (
        held | {"two.yaml": held["two.yaml"].replace(b"t1\nperm", b"t1\ncase: insensitive\nperm")}
    ),
}
WRONG: dict[str, tuple[str, str, bytes]] = {
    "not yaml": ("W001", "alone.yaml", b"permissions: ["),
    "a bad pattern": ("W039", "alone.yaml", ALONE.replace(b"./x", b"./x//y")),
    "a base that is not there": ("W141", "child.yaml", CHILD.replace(b"[base]", b"[bass]")),
    "a circle": ("W142", "base.yaml", BASE + b"extends: [child]\n"),
    "a name twice": ("W140", "new.yaml", b"agent: base\npermissions: {}\n"),
    "an agent twice": ("W140", "fleet.jsonl", b'{"agent": "b1", "spec": "alone"}\n'),
    "a failing test": ("W146", "child.yaml", CHILD.replace(b"- deny", b"- allow")),
    "a test that a base makes fail": ("W146",
        "base.yaml", BASE + b"  shell: {blocked_commands: ['git log']}\n",
    ),
    "beyond the model": ("W149",
        "model.yaml", MODEL.replace(b"[read]", b"[write]"),
    ),
    "two policies": ("W144", "policy2.yaml", POLICY),
    "a role that is not there": ("W147", "fleet.jsonl", b'{"agent": "f1", "roles": ["def"]}\n'),
}  # fmt: skip


def _renamed(held: Sources, old: str, new: str) -> Sources:
    changed = {key: value for key, value in held.items() if key != old}
    return changed | {new: held[old]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_gives_the_same_as_without(
    sources: Sources, store: MemoryStore, form: Form, edit: Callable[[Sources], Sources]
) -> None:
    assert kept(sources, store, form) == whole(sources, form)
    changed = edit(sources)
    wanted = whole(changed, form)
    assert wanted[0] != "refused"
    assert kept(changed, store, form) == wanted
    assert kept(sources, store, form) == whole(sources, form)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_fault_is_told_as_without(
    sources: Sources, store: MemoryStore, wrong: tuple[str, str, bytes]
) -> None:
    code, file, text = wrong
    kept(sources, store)
    broken = sources | {file: text}
    told = whole(broken)
    assert told[0] == "refused"
    assert code in {found.code for found in told[1]}  # type: ignore[attr-defined]
    assert kept(broken, store) == told
    assert kept(broken, store) == told, "a second time, with what the first kept"
    assert kept(sources, store) == whole(sources), "once it is mended"


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_fault_from_the_start_is_told_as_without(
    sources: Sources, store: MemoryStore, wrong: tuple[str, str, bytes]
) -> None:
    _, file, text = wrong
    broken = sources | {file: text}
    assert kept(broken, store) == whole(broken)
    assert kept(sources, store) == whole(sources)


def test_warnings_are_told_again(sources: Sources, store: MemoryStore) -> None:
    first, second = kept(sources, store), kept(sources, store)
    assert [found.code for found in second[3]] == ["W183"]  # type: ignore[attr-defined]
    assert first == second


def test_what_did_not_change_is_not_compiled_again(sources: Sources, store: MemoryStore) -> None:
    kept(sources, store)
    # Five specs, and an outline for each of the three files that hold one alone.
    assert len(store.written) == 5 + 3
    store.written.clear()
    kept(sources, store)
    assert store.written == []
    kept(EDITS["a spec is edited"](sources), store)
    assert len(store.written) == 2
    store.written.clear()
    kept(EDITS["a base is edited"](sources), store)
    assert len(store.written) == 3, "the base, its outline, and the spec that extends it"


def test_the_policy_is_part_of_every_key(sources: Sources, store: MemoryStore) -> None:
    kept(sources, store)
    store.written.clear()
    kept(EDITS["the policy is edited"](sources), store)
    assert len(store.written) == 5


@pytest.mark.parametrize("name", ["bindings are edited", "the fleet is edited"])
def test_who_has_a_spec_is_no_part_of_it(sources: Sources, store: MemoryStore, name: str) -> None:
    kept(sources, store)
    store.written.clear()
    kept(EDITS[name](sources), store)
    assert store.written == []


def test_another_compiler_uses_nothing(sources: Sources, store: MemoryStore) -> None:
    kept(sources, store)
    other = MemoryStore("two", held=store.held)
    assert kept(sources, other) == whole(sources)
    assert other.used == []


def test_forms_do_not_share_pieces(sources: Sources, store: MemoryStore) -> None:
    kept(sources, store, "indexed")
    store.used.clear()
    assert kept(sources, store, "rules") == whole(sources, "rules")
    assert len(store.used) == 3, "the outlines alone"


def test_a_store_that_forgets_everything_is_no_fault(sources: Sources) -> None:
    class Forgetful(MemoryStore):
        def get(self, key: str) -> bytes | None:
            del key
            return None

    assert kept(sources, Forgetful()) == whole(sources)


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 5])
def test_entries_that_are_none_are_compiled_again(
    sources: Sources, store: MemoryStore, cut: int
) -> None:
    kept(sources, store)
    for key, data in store.held.items():
        store.held[key] = data[: len(data) * cut // 6]
    assert kept(sources, store) == whole(sources)
