"""The smallest addition to a spec that would grant a refused request. Layer: analyze (pure).

An addition is a literal entry in an allow list: nothing is widened beyond what was asked.
Each is tried: the documents are compiled with it, and the reference evaluator is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.analyze.additions import Addition, additions
from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import RequestError, SpecError
from wilkc.plan import ancestors, build_plan, decide, resolve
from wilkc.spec import Document, entry_text, with_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision, Json, Request
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.core.spans import Span
    from wilkc.plan import Family, Plan

MAX_ADDITIONS: Final = 100
"""Entries of one suggestion; a line has at most 50 commands, most of them one layer."""
_DEFAULTS: Final = ("security_policy", "agent_defaults", "permissions")


@dataclass(frozen=True, slots=True)
class Edit:
    """One entry to add.

    Attributes:
        path: keys from the document's root to the list.
        value: the entry.
        text: the entry as YAML.
        span: the list, or what would hold it.
    """

    path: tuple[str, ...]
    value: Json
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Additions after which the request is granted; a proposal to review, never more.

    Attributes:
        edits: what to add, together.
        notes: what else would follow from it, one sentence each.
        documents: all documents with the additions.
    """

    edits: tuple[Edit, ...]
    notes: tuple[str, ...]
    documents: tuple[Document, ...]


class NoSuggestionError(Exception):
    """No addition helps; the text says why."""


def suggest(documents: Sequence[Document], plan: Plan, request: Request, spec: str) -> Suggestion:
    """What to add to a spec so that a request which it refuses is granted.

    Args:
        documents: everything that was compiled.
        plan: what it means.
        request: a request that the agent is refused, by no block.
        spec: the spec of the agent's that is to grant it.

    Raises:
        NoSuggestionError: no literal entry can grant it.
    """
    return _Attempt(documents, plan, request, spec).run()


class _Attempt:
    def __init__(
        self, documents: Sequence[Document], plan: Plan, request: Request, spec: str
    ) -> None:
        self._documents = tuple(documents)
        self._before = self._plan = plan
        self._request = request
        self._spec = spec
        self._edits: list[Edit] = []
        self._notes: dict[str, None] = {}

    def run(self) -> Suggestion:
        for _ in range(MAX_ADDITIONS):
            decision = self._ask()
            if decision.allow:
                return self._checked()
            added = self._additions(decision)
            known = [(edit.path, edit.value) for edit in self._edits]
            for one in added:
                document, edit = self._edit(one)
                if (edit.path, edit.value) in known:
                    raise NoSuggestionError(f"even with the entry written out: {decision.message}")
                self._apply(document, edit)
        raise NoSuggestionError("it would take more entries than anybody could review")

    def _ask(self) -> Decision:
        alone = replace(self._plan, agents={self._request.agent: (self._spec,)})
        return decide(alone, self._request)

    def _additions(self, decision: Decision) -> tuple[Addition, ...]:
        try:
            found = additions(self._plan.specs[self._spec], self._request, decision.detail)
        except RequestError as error:
            raise NoSuggestionError(error.message) from error
        if isinstance(found, str):
            raise NoSuggestionError(found)
        return found

    def _edit(self, addition: Addition) -> tuple[Document, Edit]:
        """The document in which an entry would stand, and the entry as it would be written."""
        self._notes.update(dict.fromkeys(addition.notes))
        text = entry_text(addition.value)
        if text is None:
            raise NoSuggestionError("no line of YAML can say this entry; its text is not allowed")
        family, _ = resolve(self._documents)
        document, base = self._home(family, addition.path[0])
        path = (*base, *addition.path)
        return document, Edit(path, addition.value, text, document.where(path))

    def _home(self, family: Family, category: str) -> tuple[Document, tuple[str, ...]]:
        """The spec, or the organisation's defaults where the category comes from there.

        A spec that began to name the category would lose all that the defaults say of it.
        """
        names = (self._spec, *ancestors(family, self._spec))
        own = any(
            getattr(family.specs[name].model.permissions, category) is not None for name in names
        )
        document, policy = family.policy or (None, None)
        if not own and document is not None and policy is not None and policy.agent_defaults:
            given = policy.agent_defaults.permissions
            if given is not None and getattr(given, category) is not None:
                return document, _DEFAULTS
        return family.specs[self._spec].document, ("permissions",)

    def _apply(self, document: Document, edit: Edit) -> None:
        try:
            edited = tuple(
                with_entries(one, edit.path, (edit.value,)) if one is document else one
                for one in self._documents
            )
        except SpecError as error:
            raise _refused(error.diagnostics) from error
        plan, problems = build_plan(edited)
        if plan is None or has_errors(problems):
            raise _refused(problems)
        self._documents, self._plan = edited, plan
        self._edits.append(edit)

    def _checked(self) -> Suggestion:
        decision = decide(self._plan, self._request)
        if not decision.allow:
            raise NoSuggestionError(f"another spec of the agent refuses: {decision.message}")
        self._notes.update(dict.fromkeys(self._spread()))
        return Suggestion(tuple(self._edits), tuple(self._notes), self._documents)

    def _spread(self) -> list[str]:
        """A note where others than the asking agent would be granted it as well."""
        changed = {
            name
            for name, spec in self._plan.specs.items()
            if spec.permissions != self._before.specs[name].permissions
        }
        agents = [
            agent
            for agent, names in self._plan.agents.items()
            if agent != self._request.agent and changed.intersection(names)
        ]
        if not agents:
            return []
        named = ", ".join(f"`{agent}`" for agent in agents[:3])
        more = f" and {len(agents) - 3} more" if len(agents) > 3 else ""  # noqa: PLR2004 - as above
        return [f"it holds for {named}{more} as well"]


def _refused(problems: Sequence[Diagnostic]) -> NoSuggestionError:
    first = next(one for one in problems if one.severity == "error")
    return NoSuggestionError(f"the specs would be refused with it: {first.message}")
