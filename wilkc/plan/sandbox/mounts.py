"""File rules as mounts, as far as the kernel can keep them. Layer: plan.

A kernel mount knows files and trees, not names. A rule that is neither is either narrowed to
the files that exist, or mounted wider and its gap written down: which of the two is decided
by the level.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.sandbox_plan import Gap, Mount
from wilkc.language.paths import GLOBSTAR, explicit_text
from wilkc.plan.sandbox.samples import (
    allowed_sample,
    denied_witness,
    literal_base,
    may,
    path_text,
)

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import Action, How, Level
    from wilkc.language.paths import PathPattern
    from wilkc.plan.model import FilePlan, Rule
    from wilkc.plan.narrowing import NarrowFiles

Shape = Literal["literal", "tree", "leafy"]

_ACTIONS: Final[tuple[Action, ...]] = ("read", "execute", "write")


@dataclass(frozen=True, slots=True)
class Grants:
    """What decides how file rules are mounted.

    Attributes:
        files: the file permissions.
        level: strict narrows, the others mount wider and check afterwards.
        gap: what to do where a write rule is narrower than a mount: `narrow` to the files
            that exist, `postcheck` what was written, or `refuse` to compile.
    """

    files: NarrowFiles
    level: Level
    gap: str

    @property
    def plan(self) -> FilePlan:
        """All of the file permissions."""
        return self.files.plan


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
        for rule in grants.plan.allow.get(action, ()):
            for pattern in rule.patterns:
                _lower(grants, rule, pattern, action, found)
    found.mounts = list(dict.fromkeys(found.mounts))
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
    sample = allowed_sample(grants.files, action, pattern)
    if sample is None:
        found.problems.append(_dead(rule))
        return
    kind = _shape_above(pattern, base)
    how, postcheck = _how(grants, kind, action)
    if grants.gap == "refuse" and how == "each" and action == "write":
        found.problems.append(_inexact(rule))
    text = path_text(pattern.root, base)
    mount = Mount(
        action, how, text, explicit_text(pattern), sample, rule.id, rule.span.file,
        rule.span.line, postcheck,
    )  # fmt: skip
    found.mounts.append(mount)
    if how == "tree":
        _note_gaps(grants, kind, mount, found)


def _how(grants: Grants, kind: Shape, action: Action) -> tuple[How, bool]:
    if kind == "literal":
        return "file", False
    if action != "write":
        return ("each" if kind == "leafy" and grants.level == "strict" else "tree"), False
    wider = kind == "leafy" or grants.plan.extensions is not None
    if wider and grants.gap != "postcheck":
        return "each", False
    # Names that a block covers and that do not exist yet cannot be masked.
    return "tree", wider or bool(grants.plan.block)


def _note_gaps(grants: Grants, kind: Shape, mount: Mount, found: Mounts) -> None:
    place = (mount.rule, mount.line, mount.base)
    if mount.access == "write" or kind == "leafy":
        denied = denied_witness(grants.files, mount.action, mount.base)
        if denied is not None:
            found.gaps.append(Gap(mount.access, *place, denied))
    if mount.access == "write" and not may(grants.files, "delete", mount.sample):
        found.gaps.append(Gap("delete", *place, mount.sample))


def _unmountable(rule: Rule[PathPattern]) -> Diagnostic:
    return Diagnostic(
        "W182",
        "warning",
        f"`{rule.text}` begins with a wildcard at `/`, so nothing is mounted for it",
        rule.span,
        label="commands in the sandbox will not see these files",
        help="name the directory, for example `/srv/data/**`",
    )


def _inexact(rule: Rule[PathPattern]) -> Diagnostic:
    return Diagnostic(
        "W180",
        "error",
        f"no mount can keep `{rule.text}` exactly, and `write_gap` says `refuse`",
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
