"""Requests for files at the edges of path rules. Layer: analyze (pure). LANGUAGE.md section 3."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary.around import Around, bounded
from wilkc.analyze.boundary.globs import edits, glob_texts
from wilkc.analyze.boundary.meeting import meeting_path
from wilkc.core.contract import Request
from wilkc.language.paths import GLOBSTAR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.boundary.around import Bounds
    from wilkc.language.paths import Part, PathPattern
    from wilkc.plan.model import FilePlan, Rule

ACTIONS: Final = ("read", "write", "execute", "delete", "watch")
NOT_CANONICAL: Final = (
    "", ".", "..", "/", "~", "./", "./a//b", "./a/../b", "./a/", "a", "/a/./b", "./a\0b",
    "./e\u0301", "//a", "~a/b", "./a\nb", "./" + "a/" * 300 + "a",
)  # fmt: skip
_RUNS: Final[tuple[tuple[str, ...], ...]] = (("a",), (), ("a", ".b"), (".a",), ("..a", "a.b", "-"))
_WRONG: Final[tuple[dict[str, Any], ...]] = (
    {"size": -1}, {"size": 1.5}, {"size": "1"}, {"size": None}, {"size": True},
    {"aliases": "./a"}, {"aliases": [1]}, {"aliases": ["../a"]}, {"directory": "yes"},
)  # fmt: skip


def file_requests(agent: str, plan: FilePlan, bounds: Bounds) -> Iterator[Request]:
    """Requests around every path rule, every limit and every malformed shape."""
    actions = [action for action in ACTIONS if plan.allow.get(action)] or ["read"]
    for action in actions:
        for text in _texts(plan.allow.get(action, ()), bounds):
            yield Request(agent, action, "file", text)
    for text in _texts(plan.block, bounds):
        yield Request(agent, actions[0], "file", text)
    for action, text in bounded(_meetings(plan), bounds.meetings):
        yield Request(agent, action, "file", text)
    for action in actions:
        yield from bounded(_limits(agent, action, plan), bounds.extras)
    yield from bounded(_malformed(agent, actions[0], plan), bounds.extras)


@lru_cache(maxsize=16_384)
def around_path(pattern: PathPattern) -> Around[str]:
    """Paths that a pattern takes, and paths one segment or one code point away."""
    members = _members(pattern)
    plain = members[0]
    near = [f"{plain}/below", f"{plain}/", f"/{plain}", plain.replace("/", "//", 1), f"{plain}/.."]
    near += [plain.rpartition("/")[0], plain.replace("./", "~/", 1), f"{plain}/.below/x"]
    root, _, rest = plain.partition("/")
    segments = rest.split("/")
    for place, segment in enumerate(segments):
        before, after = segments[:place], segments[place + 1 :]
        near.append("/".join((root, *before, *after)))
        near.append("/".join((root, *before, "x", segment, *after)))
    for place, segment in reversed(list(enumerate(segments))):
        before, after = segments[:place], segments[place + 1 :]
        near += ["/".join((root, *before, other, *after)) for other in edits(segment)]
    return Around(members, tuple(one for one in dict.fromkeys(near) if one != plain))


def _members(pattern: PathPattern) -> tuple[str, ...]:
    choices = [_choices(part) for part in pattern.parts]
    plain = [options[0] for options in choices]
    found = [_joined(pattern, plain)]
    for place, options in enumerate(choices):
        found += [
            _joined(pattern, [*plain[:place], option, *plain[place + 1 :]])
            for option in options[1:]
        ]
    return tuple(dict.fromkeys(found))


def _choices(part: Part) -> tuple[tuple[str, ...], ...]:
    if part is GLOBSTAR:
        return _RUNS
    return tuple((text,) for text in glob_texts(part))


def _joined(pattern: PathPattern, runs: list[tuple[str, ...]]) -> str:
    root = "" if pattern.root == "/" else pattern.root
    return "/".join((root, *(segment for run in runs for segment in run))) or "/"


def _texts(rules: tuple[Rule[PathPattern], ...], bounds: Bounds) -> Iterator[str]:
    for rule in rules:
        for pattern in rule.patterns:
            yield from around_path(pattern).within(bounds)


def _meetings(plan: FilePlan) -> Iterator[tuple[str, str]]:
    for block in plan.block:
        for action, rules in sorted(plan.allow.items()):
            for rule in rules:
                for one in rule.patterns:
                    for other in block.patterns:
                        segments = meeting_path(one, other)
                        if segments is not None:
                            yield action, _joined(one, [segments])


def _limits(agent: str, action: str, plan: FilePlan) -> Iterator[Request]:
    rules = plan.allow.get(action, ())
    if not rules:
        return
    text = around_path(rules[0].patterns[0]).members[0]
    size = plan.max_file_size.value if plan.max_file_size else 1_000
    for near in (size, size + 1, size - 1, 0):
        yield Request(agent, action, "file", text, {"size": near})
    for held in sorted(plan.extensions.values) if plan.extensions else ():
        for name in (f"a.{held}", f"a.{held.upper()}", f".{held}", f"a.{held}x", f"a.x.{held}"):
            for path in (f"{text}/{name}", f"{text.rpartition('/')[0]}/{name}"):
                yield Request(agent, action, "file", path)
                yield Request(agent, action, "file", path, {"directory": True})
    for block in plan.block:
        alias = around_path(block.patterns[0]).members[0]
        yield Request(agent, action, "file", text, {"aliases": [alias]})


def _malformed(agent: str, action: str, plan: FilePlan) -> Iterator[Request]:
    rules = plan.allow.get(action, ())
    text = around_path(rules[0].patterns[0]).members[0] if rules else "./a"
    for other in ("chmod", "READ", "", *ACTIONS):
        yield Request(agent, other, "file", text)
    for properties in _WRONG:
        yield Request(agent, action, "file", text, dict(properties))
    for path in NOT_CANONICAL:
        yield Request(agent, action, "file", path)
        yield Request(agent, action, "file", text, {"aliases": [path]})
