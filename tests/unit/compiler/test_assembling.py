from __future__ import annotations

import json

from wilkc.compiler import DATA_FILE, SANDBOX_FILE, compile_sources

SPEC = "agent: {name}\npermissions: {{shell: {{allowed_commands: [ls]}}}}\n"
CONFINED = "sandbox: {resources: {memory: {max: 64MB}}}\n"


def sources(**texts: str) -> dict[str, bytes]:
    return {f"{name}.yaml": text.encode() for name, text in texts.items()}


def test_sandboxes_are_a_member_of_their_own() -> None:
    given = sources(b=SPEC.format(name="b"), a=SPEC.format(name="a"))
    compiled = compile_sources(given, {})
    lines = compiled.files[SANDBOX_FILE].splitlines()
    found = {line["spec"]: line["sandbox"] for line in map(json.loads, lines)}
    assert list(found) == ["a", "b"]
    assert found["a"] == json.loads(json.dumps(compiled.plan.specs["a"].sandbox.as_json()))
    assert "sandbox" not in json.loads(compiled.files[DATA_FILE])


def test_another_sandbox_is_another_revision() -> None:
    loose, tight = (
        compile_sources(sources(a=SPEC.format(name="a") + more), {}) for more in ("", CONFINED)
    )
    held, other = (json.loads(one.files[DATA_FILE]) for one in (loose, tight))
    assert held.pop("revision") != other.pop("revision")
    assert held == other
