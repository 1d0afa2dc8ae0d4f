"""A store in memory, and a world of documents of every kind."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import Compiled, Form, compile_incrementally, compile_sources
from wilkc.core.errors import SpecError

Sources = dict[str, bytes]


@dataclass
class MemoryStore:
    """Keeps everything, and says what was asked of it."""

    toolchain: str = "one"
    held: dict[str, bytes] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)

    def get(self, key: str) -> bytes | None:
        if key in self.held:
            self.used.append(key)
        return self.held.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.written.append(key)
        self.held[key] = data


BASE = b"""
agent: base
permissions:
  filesystem:
    read: ['./docs/**']
"""
CHILD = b"""
agent: child
extends: [base]
permissions:
  shell:
    allowed_commands: ['git log *']
tests:
  - allow: 'shell:git log execute'
  - deny: 'shell:git push execute'
"""
ALONE = b"""
permissions:
  network:
    allowed_hosts: ['a.example']
  filesystem:
    read: ['./x']
    metadata:
      blocked_paths: ['./x']
"""
"""Has a warning: nothing can be mounted for what is blocked."""
POLICY = b"""
security_policy:
  version: '1.0'
  agent_defaults:
    permissions:
      llm: {allowed_models: ['k1']}
"""
BINDINGS = b"bindings: {base: [b1, b2], roles: {dev: [alone, child]}}"
FLEET = b'{"agent": "f1", "spec": "alone"}\n{"agent": "f2", "roles": ["dev"]}\n'
TWO = b"agent: t1\npermissions: {}\n---\nagent: t2\nextends: [t1]\npermissions: {}\n"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def sources() -> Sources:
    """Every kind of document, an inherited spec, a warning, and two specs in one file."""
    return {
        "alone.yaml": ALONE, "base.yaml": BASE, "bindings.yaml": BINDINGS, "child.yaml": CHILD,
        "fleet.jsonl": FLEET, "policy.yaml": POLICY, "two.yaml": TWO,
    }  # fmt: skip


Outcome = tuple[object, ...]


def outcome(compiled: Compiled) -> Outcome:
    """Everything that a compile gives but its plan."""
    return dict(compiled.files), compiled.manifest, compiled.revision, compiled.warnings


def whole(sources: Sources, form: Form = "indexed") -> Outcome:
    """What a compile without a store gives, or the problems that it refuses for."""
    try:
        return outcome(compile_sources(sources, read_library(), form=form))
    except SpecError as error:
        return ("refused", error.diagnostics)


def kept(sources: Sources, store: MemoryStore, form: Form = "indexed") -> Outcome:
    """What a compile with a store gives, or the problems that it refuses for."""
    try:
        return outcome(compile_incrementally(sources, read_library(), store, form=form))
    except SpecError as error:
        return ("refused", error.diagnostics)
