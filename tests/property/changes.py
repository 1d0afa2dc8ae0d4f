"""Worlds in two versions: entries dropped, added and changed, specs renamed and mixed."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from wilkc.core.diagnostics import has_errors
from wilkc.plan import build_plan
from wilkc.spec import read_specs

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from tests.property.worlds import Maker
    from wilkc.plan import Plan

Sources = dict[str, bytes]


def plan_of(sources: Mapping[str, bytes]) -> Plan | None:
    """What the sources mean, or None where they have errors."""
    read = read_specs(sources)
    plan, problems = build_plan(read.documents)
    return None if plan is None or has_errors((*read.diagnostics, *problems)) else plan


def edited(maker: Maker, sources: Sources) -> Sources:
    """The sources with one to three specs changed in some places."""
    found = dict(sources)
    specs = [name for name in found if name.startswith("s")]
    for name in maker.random.sample(specs, min(len(specs), maker.random.randint(1, 3))):
        document = json.loads(found[name])
        donor = maker.accepted("d")["permissions"]
        for _ in range(maker.random.randint(1, 3)):
            _edit(maker.random, document["permissions"], donor)
        found[name] = json.dumps(document, ensure_ascii=False).encode()
    return found


def _edit(rng: random.Random, held: dict[str, Any], donor: dict[str, Any]) -> None:
    """One change somewhere in a spec's permissions, in place."""
    category = rng.choice(sorted({*held, *donor}))
    if category not in held or category not in donor or rng.random() < 0.1:
        _exchange(held, donor, category)
        return
    _edit_inside(rng, held[category], donor[category])


def _exchange(held: dict[str, Any], donor: dict[str, Any], category: str) -> None:
    if category in donor:
        held[category] = copy.deepcopy(donor[category])
    else:
        del held[category]


def _edit_inside(rng: random.Random, held: dict[str, Any], donor: dict[str, Any]) -> None:
    keys = sorted({*held, *donor})
    if not keys:
        return
    key = rng.choice(keys)
    own, other = held.get(key), donor.get(key)
    if isinstance(own, dict) and isinstance(other, dict) and key != "arguments":
        _edit_inside(rng, own, other)
    elif isinstance(own, list) and isinstance(other, list) and rng.random() < 0.8:
        if own and rng.random() < 0.5:
            own.pop(rng.randrange(len(own)))
        if other and rng.random() < 0.6:
            own.append(copy.deepcopy(rng.choice(other)))
    elif key in donor:
        held[key] = copy.deepcopy(other)
    else:
        del held[key]


def renamed(rng: random.Random, sources: Sources) -> Sources:
    """The same in meaning: specs of other names in other files, entries mixed and repeated."""
    names = {name.removesuffix(".yaml"): f"r{name.removesuffix('.yaml')}"
             for name in sources if name.startswith("s")}  # fmt: skip
    found: Sources = {}
    for file, text in sources.items():
        if file.removesuffix(".yaml") not in names:
            found[f"r{file}"] = _with_names(text, names)
            continue
        document = json.loads(text)
        document["agents"] = [document.pop("agent")]
        if "extends" in document:
            document["extends"] = [names[base] for base in document["extends"]]
        _mix(rng, document["permissions"])
        found[f"moved/{names[file.removesuffix('.yaml')]}.wilk.yaml"] = json.dumps(
            document, ensure_ascii=False
        ).encode()
    return found


def _with_names(text: bytes, names: Mapping[str, str]) -> bytes:
    """Bindings and fleets that speak of the specs by their new names."""
    try:
        held = json.loads(text)
    except json.JSONDecodeError:
        lines = [json.loads(line) for line in text.decode().splitlines()]
        for line in lines:
            line["spec"] = names[line["spec"]]
        return "".join(json.dumps(line) + "\n" for line in lines).encode()
    if "bindings" in held:
        roles = held["bindings"].pop("roles")
        bound = {names[name]: agents for name, agents in held["bindings"].items()}
        bound["roles"] = {role: [names[one] for one in specs] for role, specs in roles.items()}
        held["bindings"] = bound
    return json.dumps(held, ensure_ascii=False).encode()


def _mix(rng: random.Random, value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != "arguments":
                _mix(rng, inner)
    elif isinstance(value, list):
        value.extend(rng.sample(value, rng.randint(0, len(value))))
        rng.shuffle(value)
