"""File rules as mounts, as far as the kernel can keep them. Layer: plan.

A kernel mount knows files and trees, not names. A tree is mounted as such only where policy
allows all of it, which is proved. Another rule is either narrowed to the files that exist, or
mounted wider and its gap written down with a witness: which of the two is decided by the level.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.sandbox_plan import SECRETS, Gap, Mount
from wilkc.language.atoms import BLOCK
from wilkc.language.paths import GLOBSTAR, Path, explicit_text, parse_path_rule, path_matches
from wilkc.language.paths.rules import ROOTS
from wilkc.plan.sandbox.agreement import UNPROVED, Agreement, below
from wilkc.plan.sandbox.samples import literal_base, path_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.core.sandbox_plan import Action, How, Level, WriteGap
    from wilkc.language.paths import PathPattern
    from wilkc.plan.model import FilePlan, Rule

Shape = Literal["literal", "tree", "leafy"]

_ACTIONS: Final[tuple[Action, ...]] = ("read", "execute", "write")
_SECRETS: Final = {
    root: tuple(one for text in SECRETS for one in parse_path_rule(text, BLOCK) if one.root == root)
    for root in ROOTS
}


@dataclass(frozen=True, slots=True)
class Grants:
    """What decides how file rules are mounted.

    Attributes:
        files: the file permissions.
        agreement: what they allow, asked about whole mounts.
        fold: whether the rules ignore case.
        level: strict narrows, the others mount wider and check afterwards.
        gap: what to do where a write rule is narrower than a mount: `narrow` to the files
            that exist, `postcheck` what was written, or `refuse` to compile.
    """

    files: FilePlan
    agreement: Agreement
    fold: bool
    level: Level
    gap: WriteGap


@dataclass(slots=True)
class Mounts:
    """The mounts of a plan, what they cannot keep, and what there is to say about it."""

    mounts: list[Mount] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    problems: list[Diagnostic] = field(default_factory=list)


def lower_mounts(grants: Grants) -> Mounts:
    """Every file rule as mounts, in the order of the rules."""
    found = Mounts()
    for action in _ACTIONS:
        for rule in grants.files.allow.get(action, ()):
            for pattern in rule.patterns:
                _lower(grants, rule, pattern, action, found)
    found.mounts = list(dict.fromkeys(found.mounts))
    found.gaps = list(dict.fromkeys(found.gaps))
    return found


def hidden_patterns(plan: FilePlan) -> tuple[str, ...]:
    """Every explicit block pattern once, in the order of the rules."""
    texts = (explicit_text(pattern) for rule in plan.block for pattern in rule.patterns)
    return tuple(dict.fromkeys(texts))


def shape(pattern: PathPattern) -> Shape:
    """Whether a pattern is one path, a whole tree, or picks names."""
    return _shape_above(pattern, literal_base(pattern))


def _shape_above(pattern: PathPattern, base: tuple[str, ...]) -> Shape:
    below = pattern.parts[len(base) :]
    if not below:
        return "literal"
    return "tree" if len(below) == 1 and below[0] is GLOBSTAR else "leafy"


def _lower(
    grants: Grants,
    rule: Rule[PathPattern],
    pattern: PathPattern,
    action: Action,
    found: Mounts,
) -> None:
    base = literal_base(pattern)
    if pattern.root == "/" and not base:
        found.problems.append(_unmountable(rule))
        return
    place = Path(pattern.root, base)
    if any(path_matches(one, place, fold=grants.fold) for one in _SECRETS[place.root]):
        found.problems.append(_always_hidden(rule, place))
        return
    sample = grants.agreement.allowed(action, pattern)
    if sample is None:
        found.problems.append(_dead(rule))
        return
    denied = _outside(grants, _shape_above(pattern, base), action, pattern)
    how, postcheck = _how(grants, _shape_above(pattern, base), action, denied)
    if grants.gap == "refuse" and how == "each" and action == "write":
        found.problems.append(_inexact(rule, denied or UNPROVED))
    text = path_text(pattern.root, base)
    mount = Mount(
        action, how, text, explicit_text(pattern), sample, rule.id, rule.span.file,
        rule.span.line, postcheck,
    )  # fmt: skip
    found.mounts.append(mount)
    found.gaps += _gaps(grants.agreement, mount, pattern, denied)


def _outside(grants: Grants, kind: Shape, action: Action, pattern: PathPattern) -> str | None:
    """A path that a mount of the whole base would give and no rule allows."""
    if kind == "literal" or (kind == "tree" and action != "write"):
        return None
    return grants.agreement.outside(action, below(pattern))


def _how(grants: Grants, kind: Shape, action: Action, denied: str | None) -> tuple[How, bool]:
    if kind == "literal":
        return "file", False
    if action != "write":
        return ("tree" if denied is None or grants.level != "strict" else "each"), False
    if denied is not None and grants.gap != "postcheck":
        return "each", False
    # Names that a block covers and that do not exist yet cannot be masked.
    return "tree", denied is not None or bool(grants.files.block)


def _gaps(
    agreement: Agreement, mount: Mount, pattern: PathPattern, denied: str | None
) -> Iterator[Gap]:
    """What the kernel lets processes do through a mount although the policy denies it."""
    tree = mount.how == "tree"
    shown = below(pattern) if tree else pattern
    place = (mount.rule, mount.line, mount.base)
    # Whatever is mounted can be read, for which rule it may be.
    unread = agreement.outside("read", shown, written=mount.access == "write" and not tree)
    if unread is not None:
        yield Gap("read", *place, unread, postcheck=False)
    if mount.access != "write" or not tree:
        return
    if denied is not None:
        yield Gap("write", *place, denied, postcheck=True)
    kept = agreement.outside("delete", shown)
    if kept is not None:
        yield Gap("delete", *place, kept, postcheck=False)
    for block, name in agreement.blocked(shown):
        yield Gap("write", block.id, block.span.line, mount.base, name, postcheck=True)


def _unmountable(rule: Rule[PathPattern]) -> Diagnostic:
    return Diagnostic(
        "W182",
        "warning",
        f"`{rule.text}` begins with a wildcard at `/`, so nothing is mounted for it",
        rule.span,
        label="commands in the sandbox will not see these files",
        help="name the directory, for example `/srv/data/**`",
    )


def _always_hidden(rule: Rule[PathPattern], place: Path) -> Diagnostic:
    return Diagnostic(
        "W188",
        "warning",
        f"nothing is mounted for `{rule.text}`: `{place}` is always hidden from commands",
        rule.span,
        label="commands in the sandbox will not see these files",
        help="remove the entry, or keep what commands need in another place",
    )


def _inexact(rule: Rule[PathPattern], denied: str) -> Diagnostic:
    shown = f"`{denied}` would be writable as well" if denied else "nobody could prove that it does"
    return Diagnostic(
        "W180",
        "error",
        f"no mount can keep `{rule.text}` exactly, and `write_gap` says `refuse`: {shown}",
        rule.span,
        label="it picks names inside a directory, or `allowed_extensions` does",
        help="write a whole directory such as `./reports/**`, or `write_gap: narrow`",
    )


def _dead(rule: Rule[PathPattern]) -> Diagnostic:
    return Diagnostic(
        "W183",
        "warning",
        f"nothing is mounted for `{rule.text}`: no path was found that the rules grant",
        rule.span,
        label="blocked, or outside `allowed_extensions`",
        help="remove the entry, or the block that covers it",
    )
