"""Generated worlds: several specs, what they extend, defaults, roles and a fleet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.property.targets import random_section
from tests.property.times import conditional
from tests.property.whens import random_when
from wilkc.compiler import check
from wilkc.core.diagnostics import has_errors

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

SEGMENTS = ["src", "docs", "a", "b", ".git", ".env", "x.ts", "x.TS", "key.pem", "report.md", "ß.k"]
HOSTILE = [
    "..", ".", "", " ", "a\nb", "\0", "a'b", 'a"b', "`id`", "$(id)", "{a}", "[x]", "*", "**", "?",
    "\\", "e\u0301", "é", "\u202e", "ſ", "\u212a", "İ", "a" * 300, "\ufffd", "-rf", "--", "~", "😀",
    "\U0010ffff", "{{ x }}", "# METADATA", '"]', "a|b", "^a$", "(?i)a", "\\x{61}", "%s", "null",
]  # fmt: skip
GLOBS = ["*", "**", "*.ts", "*.{ts,md}", "?", "[a-c]", "[!a]*", ".*", "x*", "report.md", "{a,b}"]
PROGRAMS = ["git", "ls", "rm", "cat", "timeout", "env", "sudo", "python3", "sed", "sort", "nohup"]
WORDS = [
    "status", "log", "diff", "-rf", "-r", "-f", "--force", "-c", "-Ic", "-o", "--output=x", "5",
    "5p", "1e id", "./src/a", "./src/../x", "../x", "scripts/x.py", "-", "--", "-n", "-s", "A=b",
    "x.ts", "./docs/a.md", "push", "branch", "-D", "/dev/stdin", "ext::sh", "", "--rec", "-fr",
]  # fmt: skip
COMMANDS = [
    "git status", "git log *", "git * status", "ls *", "cat ./src/**", "cat **/*.ts", "rm -rf *",
    "rm --force *", "timeout *", "timeout 5 *", "env *", "python3 *", "python3 -c *", "sed *",
    "sort *", "git branch *", "git push --force *", "sudo *", "nohup *", "cat x?.{ts,md}",
    "sed -n 5p *", "git branch -D *", "python3 scripts/*.py", "/bin/rm *", "rm -r -f *",
]  # fmt: skip
NAMES = [
    "gpt-4", "gpt-4*", "*uncensored*", "GPT-[34]", "claude-{2,3}", "k*", "*", "mcp__fs__*", "s",
    "web_search", "x", "npm/*", "@a/b", "PATH", "LC_*", "worker-?",
]  # fmt: skip
LABELS = ["public", "internal", "secret"]
NAMED: dict[str, dict[str, tuple[str, ...] | None]] = {
    "system": {
        "info": None, "env": ("read", "write"), "config": ("read", "modify"),
        "registry": ("publish", "install", "download"),
    },
    "agents": {"use": None, "create": None, "modify": None, "delete": None, "share": None},
}  # fmt: skip
ARGUMENTS = [
    {"required": ["path"], "properties": {"path": {"type": "string", "x-glob": "src/*"}}},
    {"additionalProperties": False, "properties": {"n": {"type": "integer", "maximum": 9}}},
    {"properties": {"mode": {"enum": ["r", "w", 1, None, "^a$"]}}},
    {"properties": {"n": {"minimum": 1}, "in": {"required": ["a"]}}},
]
Permissions = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Sources that are accepted together.

    Attributes:
        sources: file name to text.
        agents: everybody who has at least a spec, and one who has none.
        permissions: spec name to what it says itself but for conditions, to ask near it.
        specs: agent to the names of its specs.
    """

    sources: dict[str, bytes]
    specs: dict[str, tuple[str, ...]]
    permissions: dict[str, Permissions]

    @property
    def agents(self) -> tuple[str, ...]:
        return (*self.specs, "nobody")


class Maker:
    """Everything random comes from one generator; hostile worlds hold odd texts too."""

    def __init__(self, rng: random.Random, *, hostile: bool = False) -> None:
        self.random = rng
        self.hostile = hostile
        # Few, because a spec is compiled for every way in which they hold together.
        self._whens = [random_when(rng) for _ in range(2)]

    def world(self, specs: int = 10) -> World:
        """Specs `s0`…, each an agent too, and agents that have them through roles."""
        names = [f"s{place}" for place in range(specs)]
        permissions: dict[str, Permissions] = {}
        documents: list[dict[str, Any]] = []
        for name in names:
            document = self.accepted(name)
            # A base's paths are read in one case with those of the spec.
            bases = [one["agent"] for one in documents if one["case"] == document["case"]]
            if len(bases) > 1 and self.random.random() < 0.3:
                document["extends"] = self.random.sample(bases, self.random.randint(1, 2))
            permissions[name] = document["permissions"]
            document["permissions"] = self._timed(document["permissions"])
            documents.append(document)
        held = {
            f"role{place}": self.random.sample(names, self.random.randint(0, 3))
            for place in range(4)
        }
        specs_of: dict[str, tuple[str, ...]] = {name: (name,) for name in names}
        bound: dict[str, list[str]] = {}
        fleet: list[dict[str, Any]] = []
        for place in range(4):
            agent, role = f"many{place}", f"role{place}"
            own = self.random.choice(names)
            fleet.append({"agent": agent, "spec": own, "roles": [role]})
            # No set: its order is another in each process, and with it what is asked.
            specs_of[agent] = tuple(dict.fromkeys((own, *held[role])))
            bound.setdefault(self.random.choice(names), []).append(f"alone{place}")
        for name, agents in bound.items():
            specs_of |= dict.fromkeys(agents, (name,))
        sources = {
            f"{document['agent']}.yaml": json.dumps(document, ensure_ascii=False).encode()
            for document in documents
        }
        sources["bindings.yaml"] = json.dumps({"bindings": {**bound, "roles": held}}).encode()
        sources["fleet.jsonl"] = "".join(json.dumps(line) + "\n" for line in fleet).encode()
        if self.random.random() < 0.5:
            given = self._timed(self.accepted("d")["permissions"])
            defaults = {"agent_defaults": {"permissions": given}}
            policy = {"security_policy": {"version": "1.0", **defaults}}
            sources["policy.yaml"] = json.dumps(policy, ensure_ascii=False).encode()
        return World(sources, specs_of, permissions)

    def _timed(self, permissions: Permissions) -> Permissions:
        """The same, in every other case with conditions."""
        if self.random.random() < 0.5:
            return permissions
        share = self.random.choice([0.1, 0.5])
        return conditional(self.random, permissions, share, self._whens)

    def accepted(self, name: str) -> dict[str, Any]:
        """A document that is accepted by itself; categories that are not are drawn again."""
        permissions: Permissions = {}
        for category, make in self._categories().items():
            tries = 0 if self.random.random() < 0.2 else 1000
            for _ in range(tries):
                drawn = {category: make()}
                if not has_errors(check(_alone(name, drawn))):
                    permissions |= drawn
                    break
        case = self.random.choice(["sensitive", "sensitive", "insensitive"])
        return {"agent": name, "case": case, "permissions": permissions}

    def _categories(self) -> dict[str, Callable[[], dict[str, Any]]]:
        return {
            "filesystem": self._filesystem,
            "network": lambda: random_section(self.random),
            "shell": self._shell,
            "llm": self._llm,
            "data": self._data,
            "tools": self._tools,
            "system": lambda: self._named("system"),
            "agents": lambda: self._named("agents"),
        }

    def some(self, pool: Sequence[str], most: int) -> list[str]:
        """Up to so many of a pool; in a hostile world also texts that try to break out."""
        odd = [*pool, self.random.choice(HOSTILE)] if self.hostile else pool
        return [self.random.choice(odd) for _ in range(self.random.randint(0, most))]

    def pattern(self) -> str:
        """A path pattern that may be outside the language."""
        pool = [*SEGMENTS, *GLOBS]
        parts = [self.random.choice(pool) for _ in range(self.random.randint(1, 3))]
        if self.hostile and self.random.random() < 0.2:
            parts[-1] += self.random.choice(HOSTILE)
        root = self.random.choice(["./", "~/", "/", "", "", "**/"])
        return root + "/".join(parts) + self.random.choice(["", "", "/**", "/"])

    def _patterns(self, most: int) -> list[str]:
        return [self.pattern() for _ in range(self.random.randint(0, most))]

    def _filesystem(self) -> dict[str, Any]:
        actions = self.random.sample(["read", "write", "execute", "delete", "watch"], 4)
        files: dict[str, Any] = {action: self._patterns(4) for action in actions}
        metadata: dict[str, Any] = {"blocked_paths": self._patterns(3)}
        if self.random.random() < 0.5:
            metadata["allowed_extensions"] = [".ts", "MD"]
        if self.random.random() < 0.5:
            metadata["max_file_size"] = 1000
        return {**files, "metadata": metadata}

    def _shell(self) -> dict[str, Any]:
        shell: dict[str, Any] = {
            "allowed_commands": self.some(COMMANDS, 10),
            "blocked_commands": self.some(COMMANDS, 2),
            "allowed_interpreters": self.random.sample(["python3", "node"], 1),
        }
        if self.random.random() < 0.3:
            shell["working_directories"] = self._patterns(2)
        if self.random.random() < 0.3:
            shell["max_execution_time"] = "5m"
        return shell

    def _llm(self) -> dict[str, Any]:
        return {
            "allowed_models": self.some(NAMES, 4),
            "blocked_models": self.some(NAMES, 1),
            "max_tokens_per_request": 100,
            "max_requests_per_hour": 5,
            "content_filtering": self.random.random() < 0.5,
        }

    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "encryption_required": self.random.random() < 0.5,
            "pii_detection": self.random.random() < 0.5,
        }
        if self.random.random() < 0.8:
            data["data_classification"] = self.random.sample(LABELS, self.random.randint(0, 2))
        if self.random.random() < 0.3:
            data["retention_policy"] = "30d"
        return data

    def _tools(self) -> dict[str, Any]:
        tools: dict[str, Any] = {
            "allowed": self.some(NAMES, 4),
            "blocked": self.some(NAMES, 1),
            "arguments": {
                self.random.choice(NAMES): self.random.choice(ARGUMENTS)
                for _ in range(self.random.randint(0, 2))
            },
        }
        if self.random.random() < 0.3:
            tools["signed"] = ["key-1"]
        return tools

    def _named(self, category: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in NAMED[category].items():
            if inner is None:
                found[key] = self.some(NAMES, 3)
            else:
                found[key] = {name: self.some(NAMES, 3) for name in inner}
        if category == "system":
            found |= {"signal": ["own"], "admin": self.random.random() < 0.5}
        return {key: value for key, value in found.items() if self.random.random() < 0.7}


def _alone(name: str, permissions: Permissions) -> dict[str, bytes]:
    document = {"agent": name, "permissions": permissions}
    return {"alone.yaml": json.dumps(document, ensure_ascii=False).encode()}
