"""Generated requests, most of them near to what a world's specs say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.property.targets import made_odd, random_target
from tests.property.whens import near_conditions
from tests.property.worlds import HOSTILE, LABELS, NAMED, NAMES, PROGRAMS, SEGMENTS, WORDS
from wilkc.core.contract import Request

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tests.property.worlds import Permissions, World

KINDS = ["file"] * 6 + ["shell"] * 6 + ["network"] * 4 + ["llm", "tool", "tool", "data"]
NOT_TEXT: list[Any] = [None, True, 3, 1.5, [], {}, ["a"], {"a": "b"}]
SIZES: list[Any] = [0, 999, 1000, 1001]
ODD_SIZES: list[Any] = [*SIZES, -1, 1.5, 1000.0, "1", None, True, 2**63, [1]]
FILL = {"*": ["", "a", "x.ts", ".env", "key.pem"], "?": ["a", ".", "ß"], "**": ["", "a", "a/.git"]}


class Asker:
    """Asks about one world. Hostile askers also ask in ways that are not canonical."""

    def __init__(self, rng: random.Random, world: World, *, hostile: bool) -> None:
        self.random = rng
        self.world = world
        self.hostile = hostile
        self._agents = world.agents
        self._specs = list(world.permissions)

    def requests(self, count: int) -> list[Request]:
        """So many requests, of all types and agents."""
        return [self.request() for _ in range(count)]

    def request(self) -> Request:
        """One request, near to one of the agent's specs or to any other."""
        agent = self.random.choice(self._agents)
        held = self.world.specs.get(agent) or tuple(self._specs)
        permissions = self.world.permissions[self.random.choice(held)]
        kind = self.random.choice(KINDS) if self.random.random() < 0.97 else "named"
        made: Request = getattr(self, f"_{kind}")(agent, permissions)
        if self.random.random() < 0.7:
            made = near_conditions(self.random, made, hostile=self.hostile)
        return self._broken(made) if self.hostile and self.random.random() < 0.03 else made

    # ---- files ----

    def _file(self, agent: str, permissions: Permissions) -> Request:
        files = permissions.get("filesystem", {})
        action = self.random.choice(
            ["read", "write", "execute", "delete", "watch", "read", "chmod"]
        )
        patterns = [*files.get(action, ()), *files.get("metadata", {}).get("blocked_paths", ())]
        path = self._path(patterns)
        properties: dict[str, Any] = {}
        if self.random.random() < 0.3:
            properties["size"] = self.random.choice(ODD_SIZES if self.hostile else SIZES)
        if self.random.random() < 0.2:
            properties["aliases"] = [self._path(patterns)]
        if self.random.random() < 0.1:
            properties["directory"] = self.random.choice([True, False])
        return Request(agent, action, "file", path, properties)

    def _path(self, patterns: Sequence[str]) -> str:
        pool = [*SEGMENTS, self.random.choice(HOSTILE)] if self.hostile else SEGMENTS
        if patterns and self.random.random() < 0.7:
            path = self._filled(self.random.choice(patterns)).strip("/")
            if not path.startswith(("./", "~/")):
                path = self.random.choice(["./", "/", "~/", "./src/"]) + path
            # Blocks reach below what they match.
            return path + self.random.choice(["", "", "", "/" + self.random.choice(pool)])
        parts = [self.random.choice(pool) for _ in range(self.random.randint(0, 4))]
        return self.random.choice(["./", "~/", "/", "", "."]) + "/".join(parts)

    def _filled(self, pattern: str) -> str:
        """A text that a glob could take: a try, not a promise."""
        text = pattern
        for sign in ("**", "*", "?"):
            while sign in text:
                text = text.replace(sign, self.random.choice(FILL[sign]), 1)
        for group, member in (("{ts,md}", "ts"), ("{a,b}", "b"), ("[a-c]", "b"), ("[!a]", "z")):
            text = text.replace(group, member)
        text = text.replace("//", "/")
        if self.random.random() < 0.15 and text:
            place = self.random.randrange(len(text))
            text = text[:place] + self.random.choice(["", "a", ".", "/", "X"]) + text[place + 1 :]
        return text

    # ---- commands ----

    def _shell(self, agent: str, permissions: Permissions) -> Request:
        shell = permissions.get("shell", {})
        patterns = [*shell.get("allowed_commands", ()), *shell.get("blocked_commands", ())]
        argv = self._argv(patterns)
        context: dict[str, Any] = {}
        if self.random.random() < 0.2:
            context["cwd"] = self._path(shell.get("working_directories", ("./**",)))
        properties: dict[str, Any] = {"argv": argv}
        if self.random.random() < 0.2:
            properties = {"commands": [argv, self._argv(patterns)]}
        if self.random.random() < 0.1:
            properties["interpreter"] = self.random.choice(["python3", "node", "bash", ""])
        if self.random.random() < 0.1:
            held = permissions.get("filesystem", {}).get("execute", ())
            names = [self._path(held) for _ in range(self.random.randint(1, 3))]
            properties["scripts"] = self.random.choice([[names], [[one] for one in names], []])
        return Request(agent, "execute", "shell", "", properties, context)

    def _argv(self, patterns: Sequence[str]) -> list[str]:
        words = [*WORDS, self.random.choice(HOSTILE)] if self.hostile else WORDS
        layers = self.random.choice([[], [], [], ["timeout", "5"], ["env"], ["nohup"], ["sudo"]])
        if patterns and self.random.random() < 0.75:
            argv = self._words(self.random.choice(patterns), words)
        else:
            program = self.random.choice([*PROGRAMS, "/bin/rm", "./git"])
            argv = [program, *(self.random.choice(words) for _ in range(self.random.randint(0, 4)))]
        if self.random.random() < 0.2:
            argv.insert(self.random.randint(1, len(argv)), self.random.choice(words))
        return [*layers, *argv]

    def _words(self, pattern: str, words: Sequence[str]) -> list[str]:
        argv = []
        first, *others = pattern.split() or ["x"]
        for place, word in enumerate(others):
            if word == "*":
                last = place == len(others) - 1
                most = self.random.randint(0, 3) if last else 1
                argv += [self.random.choice(words) for _ in range(most)]
            else:
                argv.append(self._filled(word))
        return [first, *argv]

    # ---- network ----

    def _network(self, agent: str, permissions: Permissions) -> Request:
        section = permissions.get("network", {"allowed_hosts": []})
        request = random_target(self.random, agent, section)
        odd = self.hostile and self.random.random() < 0.5
        return made_odd(self.random, request) if odd else request

    # ---- names and labels ----

    def _llm(self, agent: str, permissions: Permissions) -> Request:
        llm = permissions.get("llm", {})
        properties, context = {}, {}
        if self.random.random() < 0.5:
            pool = ODD_SIZES if self.hostile else [1, 100, 101]
            properties["max_tokens"] = self.random.choice(pool)
        if self.random.random() < 0.3:
            used = self.random.choice([0, 4, 5, 6] if not self.hostile else [*ODD_SIZES, 4, 5])
            context["usage"] = {f"{agent}/llm": used}
        name = self._name([*llm.get("allowed_models", ()), *llm.get("blocked_models", ())])
        return Request(agent, "request", "llm", name, properties, context)

    def _tool(self, agent: str, permissions: Permissions) -> Request:
        tools = permissions.get("tools", {})
        patterns = [
            *tools.get("allowed", ()),
            *tools.get("blocked", ()),
            *tools.get("arguments", ()),
        ]
        properties: dict[str, Any] = {}
        if self.random.random() < 0.6:
            names = self.random.sample(
                ["path", "n", "mode", "in", "other"], self.random.randint(0, 3)
            )
            values = [
                "src/a",
                "src/",
                "etc",
                1,
                9,
                9.0,
                10,
                0,
                "r",
                "w",
                None,
                {},
                {"a": 1},
                [],
                True,
            ]
            properties["arguments"] = {name: self.random.choice(values) for name in names}
        if self.random.random() < 0.6:
            properties["signed_by"] = self.random.choice(["key-1", "key-1", "key-2", ""])
        return Request(agent, "call", "tool", self._name(patterns), properties)

    def _named(self, agent: str, permissions: Permissions) -> Request:
        kind = self.random.choice(["system", "agents"])
        key, inner = self.random.choice([*NAMED[kind].items()])
        held: Any = permissions.get(kind, {}).get(key, ())
        action = key
        if inner:
            verb = self.random.choice(inner)
            action, held = f"{key}.{verb}", (held or {}).get(verb, ())
        if self.random.random() < 0.1:
            action, held = self.random.choice(["signal", "admin", key, "env.delete"]), ["own"]
        return Request(agent, action, kind.removesuffix("s") if kind == "agents" else kind,
                       self._name(held))  # fmt: skip

    def _name(self, patterns: Sequence[str]) -> str:
        if patterns and self.random.random() < 0.7:
            name = self._filled(self.random.choice(patterns))
            return name.upper() if self.random.random() < 0.1 else name
        return self.random.choice([*NAMES, *HOSTILE] if self.hostile else NAMES)

    def _data(self, agent: str, permissions: Permissions) -> Request:
        del permissions
        labels: list[Any] = [*LABELS, "x", 3, ""] if self.hostile else LABELS
        properties: dict[str, Any] = {"classification": self.random.choice(labels)}
        if self.random.random() < 0.1:
            properties = {}
        for flag in ("encrypted", "pii"):
            if self.random.random() < 0.6:
                odd = [*NOT_TEXT] if self.hostile and self.random.random() < 0.1 else [True, False]
                properties[flag] = self.random.choice(odd)
        action = self.random.choice(["process", "store", "export", "delete"])
        return Request(agent, action, "data", "x", properties)

    # ---- what is no request ----

    def _broken(self, request: Request) -> Request:
        """One member of the wrong type, or one property too odd for any judge."""
        wrong: Any = self.random.choice(NOT_TEXT)
        which = self.random.choice(["agent", "action", "type", "id", "properties", "context"])
        if which in {"properties", "context"}:
            held = {**getattr(request, which)}
            name = self.random.choice(
                [*held, "argv", "usage", "size", "cwd", "aliases", "resolved"]
            )
            wrong = {**held, name: wrong}
        return replace(request, **{which: wrong})
