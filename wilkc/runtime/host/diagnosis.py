"""From what was seen of a machine to rows that people act on. Layer: runtime. No I/O.

One function for each row, in the order in which a launch depends on them: whoever mends the
first row that is not ok often mends those after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.runtime.host.facts import NAMESPACES
from wilkc.runtime.sandbox.probe import INSTALL, explain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.runtime.host.facts import Facts, Program

State = Literal["ok", "missing", "degraded"]

_FEWEST: Final = 2
"""User namespaces of one launch: bubblewrap's own, and the one that `--dev` needs."""
_PROFILE: Final = (
    "save as /etc/apparmor.d/bwrap and run `apparmor_parser -r /etc/apparmor.d/bwrap`:"
    " `abi <abi/4.0>, profile bwrap /usr/bin/bwrap flags=(unconfined) { userns, }`"
)
_DELEGATE: Final = (
    "start wilkc with `systemd-run --user --scope -p Delegate=yes`, or let the policy say"
    " `level: moderate` with `degraded: [cgroup]`"
)
_OTHERWISE: Final = {
    "memory": "sampled, and RLIMIT_AS for each process",
    "pids": "RLIMIT_NPROC, partial; nothing for uid 0",
    "cpu": "sampled",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that enforcement depends on.

    Attributes:
        name: stable name.
        state: `ok`; `missing`: no launch works, or none should; `degraded`: launches work only
            where the policy names the layer, or weaker than with it.
        seen: what was found, in a few words.
        fix: how to mend it; empty for `ok`.
    """

    name: str
    state: State
    seen: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """One row of the output."""
        return {"name": self.name, "state": self.state, "seen": self.seen, "fix": self.fix}


def diagnose(facts: Facts) -> tuple[Row, ...]:
    """Every row, in the order of dependence."""
    return tuple(row for step in _STEPS for row in step(facts))


def not_enforceable(rows: Iterable[Row], *, strict: bool) -> tuple[Row, ...]:
    """The rows that say that this machine does not enforce.

    Args:
        rows: from `diagnose`.
        strict: whether `degraded` is not good enough, as under `level: strict`.
    """
    return tuple(
        row for row in rows if row.state == "missing" or (strict and row.state == "degraded")
    )


def _bubblewrap(facts: Facts) -> Iterator[Row]:
    program = facts.bwrap
    if program.mode is None:
        yield Row("bubblewrap", "missing", f"`{program.path}` is not there", INSTALL)
    elif program.mode & 0o6000:
        yield Row(
            "bubblewrap", "missing",
            f"`{program.path}` is setuid or setgid, which it must never be (CVE-2020-5291)",
            f"run `chmod u-s,g-s {program.path}`; user namespaces do the work",
        )  # fmt: skip
    elif _replaceable(program):
        yield _others_may_replace("bubblewrap", program)
    elif program.lacks:
        seen = f"{program.version or program.path} has no `{program.lacks}`"
        yield Row("bubblewrap", "missing", seen, INSTALL)
    else:
        yield Row("bubblewrap", "ok", f"{program.version}, owned by root, not setuid")
    if facts.first_bwrap and facts.first_bwrap != program.path:
        yield Row(
            "bubblewrap-in-path", "degraded",
            f"`{facts.first_bwrap}` stands first in PATH; Wilk starts `{program.path}`",
            f"remove `{facts.first_bwrap}`, so that tools do not start another bubblewrap",
        )  # fmt: skip


def _helpers(facts: Facts) -> Iterator[Row]:
    for program in facts.helpers:
        name = program.path.rpartition("/")[2]
        if program.mode is None or not program.mode & 0o111:
            fix = "install it; on Debian it is in every system"
            yield Row(name, "missing", f"`{program.path}` cannot be run", fix)
        elif _replaceable(program):
            yield _others_may_replace(name, program)
        else:
            yield Row(name, "ok", program.path)


def _replaceable(program: Program) -> bool:
    return program.uid != 0 or bool((program.mode or 0) & 0o022)


def _others_may_replace(name: str, program: Program) -> Row:
    seen = f"`{program.path}` can be replaced by others than root"
    return Row(
        name, "missing", seen, f"run `chown root: {program.path}; chmod 0755 {program.path}`"
    )


def _user_namespaces(facts: Facts) -> Iterator[Row]:
    if facts.settings.get("kernel.unprivileged_userns_clone") == "0" and facts.uid != 0:
        yield Row(
            "user-namespaces", "missing", "kernel.unprivileged_userns_clone is 0",
            "run `sysctl -w kernel.unprivileged_userns_clone=1`",
        )  # fmt: skip
        return
    if not _works(facts) and "No permissions to create new namespace" in _words(facts):
        where = f" in this container ({facts.container})" if facts.container else ""
        yield Row(
            "user-namespaces", "missing", f"new user namespaces are forbidden{where}",
            "in a container allow user namespaces in its seccomp profile (clone and unshare with"
            " CLONE_NEWUSER); on a host run `sysctl -w kernel.unprivileged_userns_clone=1`",
        )  # fmt: skip
        return
    yield Row("user-namespaces", "ok", "nothing forbids them")


def _limits_on_namespaces(facts: Facts) -> Iterator[Row]:
    limits = {kind: facts.settings.get(f"user.max_{kind}_namespaces", "") for kind in NAMESPACES}
    numbers = {kind: int(text) for kind, text in limits.items() if text.isdecimal()}
    least = {kind: _FEWEST if kind == "user" else 1 for kind in numbers}
    short = [kind for kind, most in numbers.items() if most < least[kind]]
    for kind in short:
        if kind == "user" and numbers[kind] == 0 and facts.filtered:
            fix = "this looks like a sandbox with `--disable-userns`: start wilkc outside of it"
        else:
            fix = f"run `sysctl -w user.max_{kind}_namespaces=1024`"
        seen = f"user.max_{kind}_namespaces is {numbers[kind]}, a launch needs {least[kind]}"
        yield Row(f"{kind}-namespace-limit", "missing", seen, fix)
    if not short:
        yield Row("namespace-limits", "ok", f"{len(numbers)} limits, none too small")


def _apparmor(facts: Facts) -> Iterator[Row]:
    restricted = facts.settings.get("kernel.apparmor_restrict_unprivileged_userns") == "1"
    name = "apparmor-user-namespaces"
    if not restricted:
        yield Row(name, "ok", "AppArmor does not restrict user namespaces")
    elif _works(facts):
        yield Row(name, "ok", "restricted, and a profile allows them to bubblewrap")
    else:
        yield Row(name, "missing", "kernel.apparmor_restrict_unprivileged_userns is 1", _PROFILE)


def _filters(facts: Facts) -> Iterator[Row]:
    if not facts.filters:
        seen, fix = "this kernel has no system call filters", "use a kernel with CONFIG_SECCOMP"
        yield Row("seccomp", "missing", seen, fix)
    elif facts.probe is not None and _works(facts) and facts.probe.seccomp != 2:  # noqa: PLR2004  # see proc(5)
        seen = f"the command ran in seccomp mode {facts.probe.seccomp} instead of 2"
        yield Row("seccomp", "missing", seen, "use a kernel with CONFIG_SECCOMP_FILTER")
    else:
        yield Row("seccomp", "ok", "mode 2")


def _proc(facts: Facts) -> Iterator[Row]:
    if not facts.masked_proc:
        yield Row("proc", "ok", "nothing is mounted over /proc")
    elif _works(facts):
        yield Row("proc", "ok", f"{len(facts.masked_proc)} mounts over /proc, a new one works")
    else:
        yield Row(
            "proc", "missing", f"the container masks `{facts.masked_proc[0]}`",
            "start the container with an unmasked /proc (docker: `--security-opt"
            " systempaths=unconfined`)",
        )  # fmt: skip


def _root(facts: Facts) -> Iterator[Row]:
    if facts.root_kind == "rootfs":
        fix = "start from another root file system: pivot_root(2) does not work on an initramfs"
        yield Row("root-file-system", "missing", "`/` is an initramfs", fix)
    else:
        yield Row("root-file-system", "ok", facts.root_kind)


def _identity(facts: Facts) -> Iterator[Row]:
    if facts.no_identity:
        yield Row("identity", "missing", facts.no_identity, facts.identity_help)
        return
    yield Row("identity", "ok", facts.identity)
    if facts.closed:
        yield Row(
            "workspace", "missing", f"`{facts.closed}` is closed to {facts.identity}",
            f"run `chmod o+x {facts.closed}`, move the workspace, or set `run_as`",
        )  # fmt: skip
    else:
        yield Row("workspace", "ok", f"`{facts.workspace}` can be reached")


def _groups(facts: Facts) -> Iterator[Row]:
    for one in facts.controllers:
        if one.version:
            yield Row(f"cgroup-{one.name}", "ok", f"version {one.version}, enforced")
        else:
            seen = f"no group can be made; {_OTHERWISE[one.name]}"
            yield Row(f"cgroup-{one.name}", "degraded", seen, _DELEGATE)
    if facts.favoured is not None and any(one.version == 2 for one in facts.controllers):  # noqa: PLR2004
        seen = "with" if facts.favoured else "without"
        text = f"mounted {seen} favordynmods" + ("" if facts.favoured else ": joining is slower")
        yield Row("cgroup-mount", "ok", text)


def _launch(facts: Facts) -> Iterator[Row]:
    probe = facts.probe
    if probe is None:
        fix = "mend the rows above first"
        yield Row("launch", "missing", "bubblewrap is not fit to be tried", fix)
    elif probe.words:
        cause, fix = explain(probe.words)
        yield Row("launch", "missing", f"{cause}: {probe.words}", probe.help or fix or _NO_FIX)
    elif probe.wrong or probe.capabilities.strip("0"):
        wrong = probe.wrong or f"the command has the capabilities {probe.capabilities}"
        yield Row("launch", "missing", wrong, "run `wilkc verify-host` to see what else is open")
    else:
        yield Row("launch", "ok", "a command ran with every option, its view as planned")


def _egress(facts: Facts) -> Iterator[Row]:
    if facts.probe is None or not _works(facts):
        return
    if facts.probe.proxy.startswith(_REFUSED_BY_PROXY):
        yield Row("egress-proxy", "ok", "it listens inside, asks, and refused a connection")
    else:
        yield Row(
            "egress-proxy", "degraded", f"no refusal came through it: {facts.probe.proxy}",
            "install bash, which asks it; policies with `network: restricted` have no way out here"
            " until this row is ok",
        )  # fmt: skip


_REFUSED_BY_PROXY: Final = "HTTP/1.1 403 "
_NO_FIX: Final = "run `strace -f -u USER /usr/bin/bwrap ...` to see which call is refused"


def _modules(facts: Facts) -> Iterator[Row]:
    text = ", ".join(facts.modules) if facts.modules else "none"
    yield Row("security-modules", "ok", f"{text}; reported only, unless a policy requires one")


def _named(facts: Facts) -> Iterator[Row]:
    if facts.opa is not None:
        fix = "see `wilkc status`; start it with `wilkc serve`, on the bundle that is expected"
        yield (
            Row("opa", "missing", facts.opa.problem, fix)
            if facts.opa.problem
            else Row("opa", "ok", facts.opa.seen)
        )
    if facts.audit is not None:
        fix = "name a log on a local file system that this user may write"
        yield (
            Row("audit-log", "missing", facts.audit.problem, fix)
            if facts.audit.problem
            else Row("audit-log", "ok", facts.audit.seen)
        )


def _works(facts: Facts) -> bool:
    return facts.probe is not None and not facts.probe.words


def _words(facts: Facts) -> str:
    return "" if facts.probe is None else facts.probe.words


_STEPS: Final[tuple[Callable[[Facts], Iterator[Row]], ...]] = (
    _bubblewrap, _helpers, _user_namespaces, _limits_on_namespaces, _apparmor, _filters, _proc,
    _root, _identity, _groups, _launch, _egress, _modules, _named,
)  # fmt: skip
