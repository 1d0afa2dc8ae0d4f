"""A spec's sandbox section and rules to the plan of its launches. Layer: plan. No I/O.

Both shapes of the section lower into one plan. An explicit key may be stricter than its
level, never looser; what the section leaves open is filled with the strictest default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.sandbox_plan import WHOLE, Environment, Gap, SandboxPlan, Variable
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import PathPattern, explicit_text, parse_path_rule
from wilkc.language.paths.rules import ROOTS
from wilkc.plan.sandbox.agreement import Agreement, below
from wilkc.plan.sandbox.inherited import inherited, sandboxes, tightened
from wilkc.plan.sandbox.levels import FLOORS, check_floor
from wilkc.plan.sandbox.mounts import Grants, Mounts, hidden_patterns, lower_mounts, shape
from wilkc.plan.sandbox.quantities import Reader, read_limits
from wilkc.plan.sandbox.samples import literal_base, path_text
from wilkc.plan.sandbox.words import check_words, granted_permissions, granted_words
from wilkc.spec import AgentSpec, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.sandbox_plan import (
        Filesystem,
        GapAction,
        Isolation,
        Level,
        Network,
        WriteGap,
    )
    from wilkc.plan.model import FilePlan, Permissions
    from wilkc.spec import Document, SecurityPolicy

_STRENGTH: Final[dict[str, int]] = {"process": 0, "namespace": 1, "container": 2}


def lower_sandbox(
    document: Document,
    permissions: Permissions,
    policy: SecurityPolicy | None,
    bases: Iterable[Document] = (),
) -> tuple[SandboxPlan, tuple[Diagnostic, ...]]:
    """How commands of a spec's agents are confined.

    Args:
        document: the spec.
        permissions: what it grants, inheritance and defaults resolved.
        policy: the organisation's policy, if there is one.
        bases: the specs that it extends; what they say of their sandbox confines it as well.

    Returns:
        The plan, and every problem; with an error among them the plan must not be used.
    """
    asked, fold = _asked(document)
    granted, reader = granted_permissions(asked, permissions), Reader(document)
    section = inherited(asked, held := sandboxes(bases), reader)
    isolation = section.isolation
    level: Level = (isolation.level if isolation else None) or "strict"
    _check_keys(reader, asked, section, level)
    kind = _isolation(reader, section, policy)
    network = _network(section, granted, granted_words(section))
    view: Filesystem = (isolation.filesystem if isolation else None) or "restricted"
    _check_boundary(reader, kind, network, view, granted)
    gap: WriteGap = section.write_gap or FLOORS[level].write_gap[0]
    mounts = _mounts(granted.file, level, gap, fold=fold)
    security = section.security
    settings = policy.global_settings.sandbox if policy and policy.global_settings else None
    plan = SandboxPlan(
        level=level,
        context=(isolation.context if isolation else None) or "isolated",
        isolation=kind,
        network=network,
        filesystem=view,
        process=(isolation.process if isolation else None) or "isolated",
        write_gap=gap,
        mounts=tuple(mounts.mounts),
        hidden=hidden_patterns(granted.file),
        frozen=_protected(section),
        gaps=(*mounts.gaps, *_unruled(document, granted.file, view, kind, fold=fold)),
        limits=tightened(read_limits(reader, section, granted), held, reader),
        environment=_environment(reader, section, granted),
        run="run" in granted_words(section),
        seccomp=security is None or security.seccomp is not False,
        apparmor=bool(security and security.apparmor),
        selinux=bool(security and security.selinux),
        unix_sockets=bool(section.unix_sockets),
        degraded=tuple(dict.fromkeys(section.degraded or ())),
        run_as=section.run_as or "",
        allow_root=bool(section.allow_root),
        runtime_paths=_runtime_paths(reader, section),
        violation=(settings.violation_response if settings else None) or "terminate",
        monitoring=settings is None or settings.resource_monitoring is not False,
        fold=fold,
        screen_personal=granted.data.pii is not None,
    )
    return plan, (*reader.problems, *mounts.problems)


def _asked(document: Document) -> tuple[Sandbox, bool]:
    """What the spec itself says of its sandbox, and whether its paths ignore case."""
    model = document.model
    if not isinstance(model, AgentSpec):
        return Sandbox(), False
    return model.sandbox or Sandbox(), model.case == "insensitive"


def _mounts(files: FilePlan, level: Level, gap: WriteGap, *, fold: bool) -> Mounts:
    return lower_mounts(Grants(files, Agreement(files, fold=fold), fold, level, gap))


def _unruled(
    document: Document, files: FilePlan, view: Filesystem, kind: Isolation, *, fold: bool
) -> tuple[Gap, ...]:
    """What the whole host in view lets pass without a rule; without namespaces that is all."""
    if view != "full":
        return ()
    actions: tuple[GapAction, ...] = ("read",) if kind != "process" else ("read", "write", "delete")
    line = document.where(("sandbox", "isolation", "filesystem")).line
    agreement = Agreement(files, fold=fold)
    return tuple(
        Gap(action, WHOLE, line, root, witness, postcheck=False)
        for action in actions
        for root in ROOTS
        for witness in [agreement.outside(action, below(PathPattern(root, ())))]
        if witness is not None
    )


def _isolation(reader: Reader, section: Sandbox, policy: SecurityPolicy | None) -> Isolation:
    settings = policy.global_settings.sandbox if policy and policy.global_settings else None
    wanted: Isolation = (settings.default_isolation if settings else None) or "namespace"
    own = section.isolation.type if section.isolation else None
    if own is not None and settings is not None and _STRENGTH[own] < _STRENGTH[wanted]:
        reader.refuse(
            "W185",
            f"`type: {own}` is weaker than the organisation's `default_isolation: {wanted}`",
            ("isolation", "type"),
            "remove the key, or name the same or a stronger isolation",
        )
    return own or wanted


def _network(section: Sandbox, granted: Permissions, words: frozenset[str]) -> Network:
    """No route where nothing of the network is granted, whatever the section asks for."""
    if "net" not in words or not granted.network.allow:
        return "none"
    own = section.isolation.network if section.isolation else None
    return own or "restricted"


def _check_boundary(
    reader: Reader, kind: Isolation, network: Network, view: Filesystem, granted: Permissions
) -> None:
    if view == "readonly" and granted.file.allow.get("write"):
        rule = granted.file.allow["write"][0]
        reader.refuse(
            "W174",
            f"`filesystem: readonly`, and `{rule.text}` in line {rule.span.line} grants writing",
            ("isolation", "filesystem"),
            "write `restricted`, or remove the write rules",
        )
    if kind == "process" and (network != "none" or view != "full"):
        reader.refuse(
            "W173",
            "`type: process` has no boundary that could keep network and file rules",
            ("isolation", "type"),
            "write `namespace`, or `network: none` and `filesystem: full` beside it",
        )
    if kind == "container" and network != "none":
        reader.refuse(
            "W184",
            "`type: container` works without network only",
            ("isolation", "type"),
            "write `namespace`, or `network: none`",
        )


def _check_root(reader: Reader, section: Sandbox) -> None:
    """Root may be served only where no more of the host is in view than rules mount."""
    isolation = section.isolation
    if not section.allow_root or isolation is None:
        return
    wider = {"filesystem": isolation.filesystem == "full", "process": isolation.process == "shared"}
    for key in (name for name, is_wider in wider.items() if is_wider):
        reader.refuse(
            "W189",
            f"`allow_root: true` beside `{key}: {getattr(isolation, key)}` confines nothing",
            ("isolation", key),
            "remove one of the two keys",
        )


def _check_keys(reader: Reader, asked: Sandbox, section: Sandbox, level: Level) -> None:
    """What is wrong in the spec's own section, or in what it is together with those of bases."""
    reader.problems += check_words(asked, reader.document)
    reader.problems += check_floor(section, level, reader.document)
    _check_root(reader, section)
    for capability in (section.security.capabilities if section.security else None) or ():
        reader.refuse(
            "W175",
            f"the capability `{capability}` cannot be given to a sandboxed command",
            ("security", "capabilities"),
            "write `capabilities: []`",
        )


def _protected(section: Sandbox) -> tuple[str, ...]:
    patterns = (one for text in section.protected or () for one in parse_path_rule(text, BLOCK))
    return tuple(dict.fromkeys(explicit_text(pattern) for pattern in patterns))


def _runtime_paths(reader: Reader, section: Sandbox) -> tuple[str, ...]:
    found = []
    for text in section.runtime_paths or ():
        for pattern in parse_path_rule(text, ALLOW):
            base = literal_base(pattern)
            if pattern.root == "/" and base and shape(pattern) != "leafy":
                found.append(path_text("/", base))
            else:
                reader.refuse(
                    "W181",
                    f"`{text}` is not an absolute directory",
                    ("runtime_paths",),
                    "write one directory without wildcards, for example `/opt/tool`",
                )
    return tuple(dict.fromkeys(found))


def _environment(reader: Reader, section: Sandbox, granted: Permissions) -> Environment:
    if "env" not in granted_words(section):
        return Environment()
    plan = granted.shell.environment
    span = reader.document.where(("permissions", "shell", "environment_variables", "set"))
    reader.problems += [
        Diagnostic(
            "W186",
            "error",
            f"`{name}` is not the name of a variable",
            span,
            help="a name is not empty and holds no `=`",
        )
        for name in plan.fixed
        if not name or "=" in name
    ]
    return Environment(
        allow=tuple(rule.text for rule in plan.allow),
        block=tuple(rule.text for rule in plan.block),
        set=tuple(Variable(name, value) for name, value in sorted(plan.fixed.items())),
    )
