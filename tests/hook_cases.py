"""Payloads of agent harnesses, as their documentation describes them, and the spec they meet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent / "data" / "hooks"
HARNESSES: Final = ("claude", "codex", "copilot", "cursor", "gemini")
SPEC: Final = b"""agent: coder
permissions:
  filesystem:
    read: ['./**']
    write: ['./src/**', './out/**']
    delete: ['./out/**']
    metadata:
      max_file_size: 1MB
      blocked_paths: ['.env*', '**/secrets/**', './.claude/**']
  network:
    allowed_hosts: ['docs.example.com']
  shell:
    allowed_commands: ['git status', 'git log', 'ls *']
    blocked_commands: ['rm -rf *']
  tools:
    allowed: ['Grep', 'Glob', 'grep_search', 'mcp__docs__*', 'mcp_docs_*', 'docs-*', 'MCP:search']
    arguments:
      'mcp__docs__*': {type: object, properties: {query: {type: string, maxLength: 40}}}
sandbox: {isolation: {level: moderate}, degraded: [cgroup]}
"""
PROMISES: Final = ("check_address",)
"""What the harnesses of the tests fulfil."""


@dataclass(frozen=True)
class Case:
    """One payload.

    Attributes:
        harness: who sends it.
        name: of the case.
        payload: what is sent.
        requests: resource, action and context of each request, or None where it is refused.
        verdict: `allow` or `deny`.
    """

    harness: str
    name: str
    payload: dict[str, Any]
    requests: list[list[Any]] | None
    verdict: str

    def raw(self) -> bytes:
        return json.dumps(self.payload).encode()


def cases(workspace: Path | str = "/w") -> list[Case]:
    """Every payload, for a workspace."""
    found = []
    for harness in HARNESSES:
        text = (HERE / f"{harness}.json").read_text(encoding="utf-8")
        document = json.loads(text.replace("{W}", str(workspace)))
        found += [
            Case(harness, name, one["payload"], one["requests"], one["verdict"])
            for name, one in document["cases"].items()
        ]
    return found


def case(harness: str, name: str, workspace: Path | str = "/w") -> Case:
    """One payload by its name."""
    return next(one for one in cases(workspace) if (one.harness, one.name) == (harness, name))


def make_workspace(root: Path) -> Path:
    """A workspace with the files that the payloads name."""
    for name in ("src/app.ts", "src/secrets/token", "out/old.ts", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("text\n")
    return root
