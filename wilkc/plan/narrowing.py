"""Permissions without the entries that cannot bear on a request. Layer: plan.

The reference evaluator walks every entry of a list. Where thousands of requests are put to the
same long lists, entries that cannot match are left out beforehand and the evaluator judges by
the rest: its answer is the same, down to the entry that it names, because those that are left
keep their order and none that matches is missing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import RequestError
from wilkc.language.commands import check_argv, program_name
from wilkc.language.paths import PathBuckets, parse_path
from wilkc.plan.judges.files import check_file_properties
from wilkc.plan.judges.shell import join, script_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.contract import Request
    from wilkc.language.paths import Path, PathPattern
    from wilkc.plan.model import FilePlan, Permissions, Rule, ShellPlan, SpecPlan

_FEW: Final = 64
"""So many patterns are compared with a path in less time than is taken to leave some out."""


class NarrowFiles:
    """File permissions, to be narrowed to what bears on given paths.

    Attributes:
        plan: all of them.
        fold: whether case is ignored.
    """

    def __init__(self, plan: FilePlan, *, fold: bool) -> None:
        self.plan = plan
        self.fold = fold
        self._allow: dict[str, _PathList] = {}

    def near(self, action: str, paths: Iterable[Path]) -> FilePlan:
        """The permissions by which the action on one of the paths is judged the same.

        Args:
            action: which of the allow lists is read.
            paths: whatever is judged, further names of a path as well.
        """
        if self._few:
            return self.plan
        held = tuple(paths)
        rules = self.plan.allow.get(action, ())
        if action not in self._allow:
            self._allow[action] = _PathList(rules, fold=self.fold)
        return replace(
            self.plan,
            allow={action: self._allow[action].near(held)},
            block=self._block.near(held),
        )

    @cached_property
    def _few(self) -> bool:
        lists = (self.plan.block, *self.plan.allow.values())
        return sum(len(rule.patterns) for rules in lists for rule in rules) <= _FEW

    @cached_property
    def _block(self) -> _PathList:
        return _PathList(self.plan.block, fold=self.fold)


class NarrowSpec:
    """A spec, to be narrowed to what bears on a request for a file or of commands.

    Attributes:
        spec: all of it.
    """

    def __init__(self, spec: SpecPlan) -> None:
        self.spec = spec
        self._files = NarrowFiles(spec.permissions.file, fold=spec.fold)

    def near(self, request: Request) -> SpecPlan:
        """The spec by which a request is judged the same; all of it if the request is unclear."""
        try:
            return replace(self.spec, permissions=self._permissions(request))
        except RequestError:
            return self.spec

    def _permissions(self, request: Request) -> Permissions:
        held = self.spec.permissions
        if request.type == "file":
            check_file_properties(request)
            texts = (request.id, *request.properties.get("aliases", ()))
            return replace(held, file=self._files.near(request.action, map(parse_path, texts)))
        if request.type == "shell":
            words = _words(request)
            shell, files = _shell_near(held.shell, words), self._scripts(request, words)
            return replace(held, shell=shell, file=files)
        return held

    def _scripts(self, request: Request, words: frozenset[str]) -> FilePlan:
        """What says whether one of the words may be run as a script."""
        if self.spec.permissions.shell.interpreters is None:
            return self.spec.permissions.file
        cwd = parse_path(request.context.get("cwd", "."))
        found = (name for names in script_names(request) for name in names)
        named = _paths(join(cwd, word) for word in words)
        return self._files.near("execute", chain(found, named))


class _PathList:
    """A list of path rules."""

    def __init__(self, rules: tuple[Rule[PathPattern], ...], *, fold: bool) -> None:
        self._rules = rules
        self._owners = [place for place, rule in enumerate(rules) for _ in rule.patterns]
        self._buckets = PathBuckets((one for rule in rules for one in rule.patterns), fold=fold)

    def near(self, paths: Iterable[Path]) -> tuple[Rule[PathPattern], ...]:
        found = {self._owners[place] for path in paths for place in self._buckets.near(path)}
        return tuple(self._rules[place] for place in sorted(found))


def _shell_near(plan: ShellPlan, words: frozenset[str]) -> ShellPlan:
    """Every command inside a command begins with one of its words: its program."""
    programs = {program_name((word,)) for word in words}
    allow, block = (
        tuple(
            rule
            for rule in rules
            if any(program_name((one.program,)) in programs for one in rule.patterns)
        )
        for rules in (plan.allow, plan.block)
    )
    return replace(plan, allow=allow, block=block)


def _words(request: Request) -> frozenset[str]:
    """Every word of the commands of a line."""
    properties = request.properties
    given = properties.get("commands", [])
    commands = given if isinstance(given, list) else [given]
    if "argv" in properties:
        commands = [*commands, properties["argv"]]
    return frozenset(word for argv in commands for word in check_argv(argv))


def _paths(texts: Iterable[str]) -> Iterator[Path]:
    """Those that are canonical; no script of another text is run."""
    for text in texts:
        try:
            yield parse_path(text)
        except RequestError:
            continue
