"""A proposal as a diff of the present specs, or as a new spec. Layer: cli. Nothing is applied."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import TYPE_CHECKING, Final

from wilkc.cli.review.reviewing import review_versions
from wilkc.cli.versions import Version
from wilkc.compiler.learning import Proposal, propose
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.analyze.learning import Asked, Refused
    from wilkc.cli.review import Review

HEAD: Final = (
    "# Proposed from recorded requests: that something was asked for makes it not right.\n"
)
NEW_FILE: Final = "proposed.yaml"
"""What the new spec is called where reviews and messages name its lines."""
SEPARATOR: Final = "---\n"
_UNENDED: Final = "\\ No newline at end of file\n"
_NOTHING: Final = "permissions: {}\n"


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is shown.

    Attributes:
        old: the present specs, none where a new one is proposed.
        proposal: the entries and what is refused; each file is one of the specs, or of one agent.
        review: what the proposal allows beside the present specs; None where that is nothing.
    """

    old: Mapping[str, bytes]
    proposal: Proposal
    review: Review | None


def learn(
    sources: Mapping[str, bytes] | None,
    asked: Sequence[Asked],
    never: Sequence[Refused],
    *,
    least: int | None,
    shared: bool,
) -> Learnt:
    """Propose entries, and compare the result with what there is.

    Args:
        sources: the present specs; None proposes a new one for each agent.
        asked: requests that are denied.
        never: requests that must stay denied.
        least: see `propose`.
        shared: see `propose`.

    Raises:
        SpecError: the present specs have errors.
        UsageError: a file cannot be added to line by line.
        UnavailableError: OPA fails to confirm an example.
    """
    if sources is None:
        agents = sorted({one.request.agent for one in asked})
        base = {f"{name}.yaml": f"agent: '{name}'\n{_NOTHING}".encode() for name in agents}
    else:
        base = dict(sources)
    old = {} if sources is None else base
    proposal = Proposal(base, (), tuple(never), ())
    if asked:
        proposal = propose(base, asked, never, least=least, shared=shared)
    if not proposal.listed:
        return Learnt(old, proposal, None)
    if sources is None:
        proposal = _as_one_file(proposal)
    review = review_versions(
        Version("the present specs" if old else "nothing", old),
        Version("the proposal", proposal.sources),
        command="wilkc diff",
    )
    return Learnt(old, proposal, review)


def proposed_text(learnt: Learnt) -> bytes:
    """The proposal as a file: a diff that `patch -p1` takes, or a spec; empty if there is none."""
    if not learnt.proposal.listed:
        return b""
    if not learnt.old:
        return learnt.proposal.sources[NEW_FILE]
    return b"".join(
        _diff(name, learnt.old[name], text)
        for name, text in sorted(learnt.proposal.sources.items())
        if text != learnt.old[name]
    )


def _joined(proposal: Proposal) -> bytes:
    """The specs of all agents for which something is proposed, as one file."""
    texts = [proposal.sources[name].decode() for name in _named(proposal)]
    return (HEAD + SEPARATOR.join(texts)).encode()


def _named(proposal: Proposal) -> list[str]:
    return sorted({one.file for one in proposal.listed})


def _as_one_file(proposal: Proposal) -> Proposal:
    """The same with the places of its entries in the file that `_joined` makes."""
    before, line = {}, HEAD.count("\n")
    for name in _named(proposal):
        before[name] = line
        line += proposal.sources[name].count(b"\n") + SEPARATOR.count("\n")
    listed = (
        replace(one, file=NEW_FILE, line=one.line + before[one.file]) for one in proposal.listed
    )
    return replace(proposal, sources={NEW_FILE: _joined(proposal)}, listed=tuple(listed))


def _diff(name: str, old: bytes, new: bytes) -> bytes:
    if not name.isprintable():
        raise UsageError("a file whose name cannot be printed has no diff")
    before, after = (_lines(text.decode()) for text in (old, new))
    at = name.lstrip("/")
    return "".join(unified_diff(before, after, f"a/{at}", f"b/{at}")).encode()


def _lines(text: str) -> list[str]:
    """The lines with their ends; a last one without is marked, as `patch` wants."""
    *lines, rest = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([f"{rest}\n{_UNENDED}"] if rest else [])]
