"""Laws of the language, on generated worlds, by the reference evaluator.

That both compiled forms obey them follows from their agreement with it, see
`test_agreement.py`.
"""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.questions import Asker
from tests.property.worlds import HOSTILE, NAMED, Maker, World
from wilkc.cli.library import read_library
from wilkc.compiler import FORMS, check, compile_sources
from wilkc.core.contract import Request
from wilkc.core.diagnostics import has_errors
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Judged
    from tests.property.worlds import Permissions
    from wilkc.compiler import Compiled
    from wilkc.core.contract import Decision

WORLDS = 12
REQUESTS = 600
LISTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "file": (("filesystem", "read"), ("filesystem", "write"), ("filesystem", "execute")),
    "network": (("network", "allowed_hosts"),),
    "shell": (("shell", "allowed_commands"), ("shell", "allowed_interpreters")),
    "llm": (("llm", "allowed_models"),),
    "tool": (("tools", "allowed"),),
}
"""Allow lists by the type of request that they are for."""
BLOCKS: dict[str, tuple[str, ...]] = {
    "file": ("filesystem", "metadata", "blocked_paths"),
    "network": ("network", "blocked_hosts"),
    "shell": ("shell", "blocked_commands"),
    "llm": ("llm", "blocked_models"),
    "tool": ("tools", "blocked"),
}


@pytest.fixture
def asked(seed: int, effort: int) -> Iterator[tuple[Maker, Permissions, list[Request]]]:
    """One spec after another, with requests near to it."""
    return (_asked(f"{seed}/{place}") for place in range(WORLDS * effort))


def _asked(seed: str) -> tuple[Maker, Permissions, list[Request]]:
    maker = Maker(random.Random(seed))
    permissions = maker.accepted("a")["permissions"]
    world = World({}, {"a": ("a",)}, {"a": permissions})
    asker = Asker(maker.random, world, hostile=False)
    requests = [one for one in asker.requests(REQUESTS) if one.agent == "a"]
    return maker, permissions, requests


def _sources(permissions: Permissions, **others: Any) -> dict[str, bytes]:
    document = {"agent": "a", **others, "permissions": permissions}
    return {"a.yaml": json.dumps(document, ensure_ascii=False).encode()}


def _answers(permissions: Permissions, requests: list[Request]) -> list[Decision]:
    plan = compile_sources(_sources(permissions), read_library()).plan
    return [decide(plan, request) for request in requests]


def _list_at(permissions: Permissions, keys: tuple[str, ...]) -> list[Any] | None:
    """The list at a place; None where the category is absent."""
    held: Any = permissions
    if keys[0] not in held:
        return None
    for key in keys[:-1]:
        held = held.setdefault(key, {})
    found: list[Any] = held.setdefault(keys[-1], [])
    return found


def _changed(permissions: Permissions, change: Callable[[Permissions], None]) -> Permissions | None:
    """A changed copy, or None where it is not accepted."""
    changed = copy.deepcopy(permissions)
    change(changed)
    return None if has_errors(check(_sources(changed))) else changed


def test_nobody_gets_anything_without_a_rule(
    asked: Iterator[tuple[Maker, Permissions, list[Request]]],
) -> None:
    granted = 0
    for _, permissions, requests in asked:
        for request, answer in zip(requests, _answers(permissions, requests), strict=True):
            granted += answer.allow
            key = {"file": "filesystem", "tool": "tools", "agent": "agents"}
            if key.get(request.type, request.type) not in permissions:
                assert not answer.allow, request
            assert not answer.allow or answer.rule is not None, request
        assert not any(answer.allow for answer in _answers({}, requests))
    assert granted > WORLDS * REQUESTS // 50


def test_a_deny_beats_an_allow(asked: Iterator[tuple[Maker, Permissions, list[Request]]]) -> None:
    """What every allow list says too, as a block, leaves nothing of that category."""
    before = 0
    for _, permissions, requests in asked:
        for kind, keys in BLOCKS.items():
            allowed = [_list_at(copy.deepcopy(permissions), one) or [] for one in LISTS[kind][:3]]
            entries = [entry for held in allowed[: 3 if kind == "file" else 1] for entry in held]

            def block(changed: Permissions, keys: Any = keys, entries: Any = entries) -> None:
                held = _list_at(changed, keys)
                if held is not None:
                    held.extend(_anywhere(entry) for entry in entries)

            blocked = _changed(permissions, block)
            if blocked is None:
                continue
            asking = [
                one
                for one in requests
                if one.type == kind and one.action not in {"delete", "watch"}
            ]
            before += sum(answer.allow for answer in _answers(permissions, asking))
            assert not any(answer.allow for answer in _answers(blocked, asking))
    assert before > WORLDS


def _anywhere(entry: Any) -> Any:
    """A host in a block without the ports and protocols that an allow would need."""
    return {"host": entry["host"]} if isinstance(entry, dict) else entry


def test_order_and_duplicates_of_entries_do_not_matter(
    asked: Iterator[tuple[Maker, Permissions, list[Request]]],
) -> None:
    for maker, permissions, requests in asked:
        mixed = _changed(permissions, lambda held, maker=maker: _mix(maker.random, held))  # type: ignore[misc]
        assert mixed is not None
        for request, one, other in zip(
            requests, _answers(permissions, requests), _answers(mixed, requests), strict=True
        ):
            assert (one.allow, one.detail) == (other.allow, other.detail), request
            assert _kinds(one) == _kinds(other)


def _kinds(answer: Decision) -> set[str]:
    """The conditions' types; entries have moved, so their ids may differ."""
    return {condition.type for condition in answer.conditions}


def _mix(rng: random.Random, value: Any) -> None:
    """Shuffle every list and repeat some of its members, in place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            # JSON Schema's own lists are no rules.
            if key != "arguments":
                _mix(rng, inner)
    elif isinstance(value, list):
        value.extend(rng.sample(value, rng.randint(0, len(value))))
        rng.shuffle(value)


def test_another_allow_takes_nothing_away(
    asked: Iterator[tuple[Maker, Permissions, list[Request]]],
) -> None:
    gained = 0
    for maker, permissions, requests in asked:
        donor = maker.accepted("b")["permissions"]

        def widen(changed: Permissions, donor: Permissions = donor) -> None:
            for keys in (keys for group in LISTS.values() for keys in group):
                held, more = _list_at(changed, keys), _list_at(donor, keys)
                if held is not None:
                    held.extend(more or ())

        wider = _changed(permissions, widen)
        assert wider is not None
        for request, one, other in zip(
            requests, _answers(permissions, requests), _answers(wider, requests), strict=True
        ):
            assert other.allow or not one.allow, request
            gained += other.allow and not one.allow
    assert gained > 0


def test_another_block_adds_nothing(
    asked: Iterator[tuple[Maker, Permissions, list[Request]]],
) -> None:
    lost = 0
    for maker, permissions, requests in asked:
        donor = maker.accepted("b")["permissions"]

        def narrow(changed: Permissions, donor: Permissions = donor) -> None:
            for keys in BLOCKS.values():
                held, more = _list_at(changed, keys), _list_at(donor, keys)
                if held is not None:
                    held.extend(more or ())

        narrower = _changed(permissions, narrow)
        assert narrower is not None
        for request, one, other in zip(
            requests, _answers(permissions, requests), _answers(narrower, requests), strict=True
        ):
            assert one.allow or not other.allow, request
            lost += one.allow and not other.allow
    assert lost > 0


def test_extending_removes_no_block(seed: int, effort: int) -> None:
    """What a base blocks, or a spec by itself, no spec that extends it grants."""
    blocked = 0
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}")
        maker = Maker(rng)
        documents = [maker.accepted(name) for name in ("base", "own")]
        child = {**documents[1], "agent": "child", "extends": ["base"]}
        case = {"case": "sensitive"}
        sources = {
            f"{document['agent']}.yaml": json.dumps({**document, **case}).encode()
            for document in (*documents, child)
        }
        permissions = {str(one["agent"]): one["permissions"] for one in documents}
        world = World(sources, {"base": ("base",), "own": ("own",)}, permissions)
        plan = compile_sources(sources, read_library()).plan
        for request in Asker(rng, world, hostile=False).requests(REQUESTS):
            if decide(plan, request).detail == "blocked":
                blocked += 1
                theirs = Request("child", *_rest(request))
                assert not decide(plan, theirs).allow, request
    assert blocked > WORLDS


def _rest(request: Request) -> tuple[Any, ...]:
    return (request.action, request.type, request.id, request.properties, request.context)


def test_no_text_escapes_its_literal(judged: Judged) -> None:
    """Each odd text grants itself, or is refused as an entry, and never stands for another."""
    texts = [text for text in dict.fromkeys(HOSTILE) if _is_entry(text)]
    assert len(texts) > len(HOSTILE) // 2
    specs = {
        f"a{place}": json.dumps(
            {"agent": f"a{place}", "permissions": {"llm": {"allowed_models": [_literal(text)]}}},
            ensure_ascii=False,
        )
        for place, text in enumerate(texts)
    }
    compiled = judged.compiled(**specs)
    requests = [
        Request(agent, "request", "llm", text) for agent in specs for text in (*texts, "a", "x")
    ]
    answers = judged.ask(judged.in_form(compiled), requests)
    for request, answer in zip(requests, answers, strict=True):
        own = texts[int(request.agent[1:])]
        assert answer["decision"] is (request.id == own), request
        if answer["decision"]:
            assert answer["context"]["rule"]["text"] == _literal(own)


def _literal(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "*?[]{}\\!^-(" else sign for sign in text)


def _is_entry(text: str) -> bool:
    """Whether the text can be an entry, and a name."""
    permissions = {"llm": {"allowed_models": [_literal(text)]}}
    if has_errors(check(_sources(permissions))):
        return False
    return decide(
        compile_sources(_sources(permissions), read_library()).plan,
        Request("a", "request", "llm", text),
    ).allow


@pytest.mark.parametrize("form", FORMS)
def test_the_same_specs_give_the_same_bytes_in_any_order(seed: int, form: Any) -> None:
    for place in range(3):
        world = Maker(random.Random(f"{seed}/{place}"), hostile=True).world()
        first = _whole(compile_sources(world.sources, read_library(), form=form))
        mixed = dict(reversed(world.sources.items()))
        assert _whole(compile_sources(mixed, read_library(), form=form)) == first


def _whole(compiled: Compiled) -> tuple[Any, ...]:
    return compiled.files, compiled.manifest, compiled.revision


def test_the_generator_names_every_category() -> None:
    """Otherwise a law would hold of nothing."""
    permissions = [Maker(random.Random(place)).accepted("a")["permissions"] for place in range(20)]
    seen = {category for held in permissions for category in held}
    assert seen == {"filesystem", "network", "shell", "llm", "data", "tools", *NAMED}
