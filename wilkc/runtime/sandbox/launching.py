"""Starting bubblewrap, and everything that must happen around it. Layer: runtime.

The only module of the runtime that starts programs. Order: preconditions, resolve and agree,
note what will be left behind, start blocked, hide what is too much for bubblewrap, look at the
mounts, unblock, wait, clean up, judge what was left. Cleaning up happens whatever went wrong
before.

bubblewrap reads its arguments from a pipe that is filled only after it has joined its control
group from outside: no code of this process runs between fork and exec, and nothing is
confined too late.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox import probe
from wilkc.runtime.sandbox.argv import arguments
from wilkc.runtime.sandbox.attending import Attended, Streams, attend, reap_orphan
from wilkc.runtime.sandbox.bare import Ends, Order, start_bare
from wilkc.runtime.sandbox.descriptors import Descriptors
from wilkc.runtime.sandbox.disks import disks_of
from wilkc.runtime.sandbox.ending import end, with_words
from wilkc.runtime.sandbox.finish import outcome
from wilkc.runtime.sandbox.gauge import no_traffic
from wilkc.runtime.sandbox.groups import PREFIX, find_hierarchies, make_group
from wilkc.runtime.sandbox.handing import (
    RESULT,
    RESULT_WORDS,
    SHELL,
    handles,
    keep_result_number,
)
from wilkc.runtime.sandbox.hands import ready_as
from wilkc.runtime.sandbox.hiding import divided, hide
from wilkc.runtime.sandbox.kept import is_over
from wilkc.runtime.sandbox.levers import no_brake
from wilkc.runtime.sandbox.lifted import Masks
from wilkc.runtime.sandbox.limits import (
    KEPT,
    NICE,
    PRLIMIT,
    SETPRIV,
    asked_controllers,
    limit_command,
    niceness,
    own_limits,
    reach,
    require_no_core,
    starter,
    throttles,
)
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.obeyed import COMMONDIR, ITSELF
from wilkc.runtime.sandbox.observer import Observer, Unobserved
from wilkc.runtime.sandbox.offered import RESTRICTED, require_offered
from wilkc.runtime.sandbox.pinned import require_pinned
from wilkc.runtime.sandbox.postcheck import postcheck
from wilkc.runtime.sandbox.prepare import Prepared, prepare
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import stand_in
from wilkc.runtime.sandbox.seal import filter_bytes
from wilkc.runtime.sandbox.start import (
    StatusReader,
    await_mounts,
    document_of,
    host_mounts,
    require_confined,
    require_same_hidden,
)
from wilkc.runtime.sandbox.state import (
    left_by_others,
    note_process,
    require_headroom,
    write_note,
)
from wilkc.runtime.sandbox.underway import Run, clean_up
from wilkc.runtime.sandbox.undisturbed import undisturbed
from wilkc.runtime.sandbox.unsampled import require_unsampled
from wilkc.runtime.sandbox.view import Handles, depth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.sandbox.ending import Started
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.mountinfo import MountPoint
    from wilkc.runtime.sandbox.outcome import Outcome
    from wilkc.runtime.sandbox.ports import DecisionPoint, Egress

_FEATURE_SECONDS: Final = 10
_NO_INPUT: Final = subprocess.DEVNULL
_MS: Final = 1000
_features: dict[tuple[int, int, int], bool] = {}


def launch(  # noqa: PLR0913  # what a launch rests on
    job: Job,
    point: DecisionPoint,
    streams: Streams,
    *,
    observer: Observer | None = None,
    bwrap: str = probe.BWRAP,
    egress: Egress | None = None,
) -> Outcome:
    """Run one command in its sandbox and wait for its end.

    Must be called from a thread that lives as long as the command: the sandbox dies with it.

    Args:
        job: what to run, and how it is confined.
        point: asked about mounts before, and about changed files after the command.
        streams: take the command's output while it runs.
        observer: is told of limits, samples and alerts while it runs.
        bwrap: absolute path of bubblewrap.
        egress: makes the way out where the plan restricts the network; without it there is none.

    Returns:
        How it ended; a refusal is an outcome of kind `sandbox_failed`.
    """
    started = time.monotonic()
    job = replace(job, proxied=egress is not None and job.plan.network == RESTRICTED)
    run = Run(job, streams, bwrap, observer or Unobserved())
    if streams.result is not None:
        keep_result_number()
    try:
        refusal = _carry_out(run, point, egress)
    finally:
        # A signal may have come before the first try at it had begun.
        if not run.wound_up:
            _wind_up(run, point)
    run.facts.duration_ms = int((time.monotonic() - started) * _MS)
    return outcome(job, run.facts, refusal)


def _carry_out(run: Run, point: DecisionPoint, egress: Egress | None) -> SandboxRefusedError | None:
    """Everything from the first look to the last; the answer is why nothing ran."""
    refusal: SandboxRefusedError | None = None
    try:
        prepared = _prepare(run, point)
        if egress is not None and run.job.proxied:
            run.way = egress.open(run.job, prepared.identity.uid)
        _execute(run, prepared)
    except SandboxRefusedError as error:
        refusal = error
    except OSError as error:
        # Whatever a workspace holds, what cannot be looked at is refused, and is no crash.
        refusal = SandboxRefusedError("sandbox.precondition", f"the launch failed: {error}")
    except Exception as error:  # noqa: BLE001  # nor is a host without room for another thread
        text = f"the launch failed: {type(error).__name__}: {error}"
        refusal = SandboxRefusedError("sandbox.start_failed", text)
    finally:
        _wind_up(run, point)
    return refusal


def _wind_up(run: Run, point: DecisionPoint) -> None:
    """Also where the shim itself is told to end, however often: what was denied does not stay."""
    with undisturbed():
        clean_up(run)
        if run.begun and run.facts.prepared is not None:
            run.facts.verdicts = postcheck(run.facts.prepared, point, left_by_others)
        run.wound_up = True


def _prepare(run: Run, point: DecisionPoint) -> Prepared:
    job = run.job
    require_offered(job.plan)
    if not run.bare:
        probe.require_bubblewrap(run.bwrap)
        for program in (SETPRIV, PRLIMIT, NICE, SHELL):
            probe.require_program(program)
    probe.require_filter_support()
    require_no_core()
    require_headroom(job.agent)
    use_fds = not run.bare and _takes_descriptors(run.bwrap)
    run.facts.reports = run.bases.reports
    hierarchies = find_hierarchies()
    name = PREFIX + job.launch
    # Before anything is made: a shim that is killed says no more what it left.
    run.note = write_note(job, [], [str(one.parent / name) for one in hierarchies])
    run.bases.announce = run.note.leave
    others = partial(left_by_others, job.launch)
    prepared = prepare(job, point, run.bases, others, use_fds=use_fds)
    run.facts.prepared = prepared
    limits = job.plan.limits
    run.disks = _disks(prepared) if throttles(limits) else ()
    run.group = make_group(name, hierarchies, asked_controllers(limits, hierarchies))
    kept = bool(prepared.view.lent)
    run.facts.reached = reach(job.plan, run.group, prepared.identity, run.disks, kept=kept)
    require_unsampled(job.plan, run.facts.reached)
    run.group.apply(limits, run.disks)
    run.group.expect()
    if any(bind.access == "write" for bind in prepared.view.binds):
        # Whatever comes, what the command leaves can then be removed or moved away.
        ready_as(prepared.identity.uid, prepared.identity.gid)
    groups, owner = sorted(map(str, run.group.directories())), prepared.identity
    run.note.leave(_left(run, prepared), groups, (owner.uid, owner.gid))
    for mask in prepared.view.masks:
        if mask.ghost and mask.path.endswith(f"/{COMMONDIR}"):
            stand_in(mask.path, ITSELF, prepared.identity.uid, prepared.identity.gid)
    run.observer.confined(run.facts.reached)
    return prepared


def _disks(prepared: Prepared) -> tuple[str, ...]:
    """Those that the mounted files lie on, the programs among them."""
    programs = os.stat("/usr").st_dev  # noqa: PTH116  # beside the other calls of this module
    return disks_of([programs, *(bind.device for bind in prepared.view.binds)])


def _left(run: Run, prepared: Prepared) -> list[str]:
    """What this launch leaves or stands on, outermost first; the last to leave removes it."""
    left = {*run.bases.made, *(mask.path for mask in prepared.view.masks if mask.ghost)}
    binds = prepared.view.binds
    left |= {path for path in prepared.absent if any(is_within(bind.path, path) for bind in binds)}
    return sorted(left, key=lambda path: (depth(path), path))


def _takes_descriptors(bwrap: str) -> bool:
    status = os.stat(bwrap)  # noqa: PTH116  # beside the other calls of this module
    key = (status.st_dev, status.st_ino, status.st_mtime_ns)
    if key not in _features:
        _features[key] = probe.require_features(bubblewrap_says(bwrap, "--help"))
    return _features[key]


def bubblewrap_says(bwrap: str, option: str) -> str:
    """What bubblewrap prints for `--help` or `--version`.

    Raises:
        SandboxRefusedError: it cannot be run, or does not end.
    """
    try:
        answer = subprocess.run(  # noqa: S603  # an absolute path that only root can write
            [bwrap, option], env={}, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_FEATURE_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxRefusedError(
            "sandbox.precondition", f"`{bwrap} {option}` does not work: {error}"
        ) from error
    return answer.stdout.decode("utf-8", "replace")


def _execute(run: Run, prepared: Prepared) -> None:
    with Descriptors() as fds:
        args, status = fds.pipe(), fds.pipe()
        block = fds.gate()
        result = () if run.streams.result is None else fds.pipe()
        held = handles(prepared, fds, status[1], block[0])
        built, hidden = divided(prepared.view)
        text = b"".join(os.fsencode(one) + b"\0" for one in arguments(built, held))
        host = host_mounts()
        begin = _start_bare if run.bare else _start
        process = begin(run, prepared, args[0], held, *result[1:])
        pidfd: int | None = None
        fds.close(args[0], status[1], block[0], *held.data.values(), *result[1:])
        try:
            _confine(run, process.pid, args[1], text)
            fds.close(args[1])
            reader = StatusReader(status[0])
            document = document_of(reader)
            child = document["child-pid"]
            pidfd = fds.own(os.pidfd_open(child))
            if run.note is not None:
                note_process(run.note, child)
            if run.way is not None:
                run.way.listen(child, document)
            if hidden:
                await_mounts(child, built, host)
                hide(child, document, hidden, prepared.identity)
            if not run.bare:
                _require_view(run, prepared, child, host)
            require_confined(child, run.job.plan)
            require_pinned(child, run.job, prepared.view)
            limit_command(child, run.job.plan.limits, run.group)
            run.begun = True
            os.write(block[1], b"1")
            _attend(run, process, (child, pidfd, status[0]), result[:1])
            if not run.facts.ending.cause:
                run.facts.exit = reader.exit_code()
        except OSError as error:
            raise with_words(process, run.group, str(error.strerror)) from error
        except SandboxRefusedError as error:
            if error.code not in {"sandbox.view_differs", "sandbox.start_failed"}:
                raise
            raise with_words(process, run.group, error.message) from error
        finally:
            end(process, run.group)
            reap_orphan(pidfd)
            if run.masks is not None:
                run.masks.close()


def _require_view(run: Run, prepared: Prepared, child: int, host: Sequence[MountPoint]) -> None:
    """The view is the one that was planned, and from now on somebody sees if it changes."""
    await_mounts(child, prepared.view, host)
    run.masks = Masks(child, prepared.view)
    require_same_hidden(prepared.cut.inodes)


def _attend(run: Run, process: Started, child: tuple[int, int, int], result: Sequence[int]) -> None:
    """Attend to the command until everything inside is gone."""
    outputs = [one.fileno() for one in (process.stdout, process.stderr) if one is not None]
    limits = run.job.plan.limits
    # The note is an observer too: other launches of the agent look at it.
    observers = [run.observer, *([] if run.note is None else [run.note])]
    traffic, brake = (run.way.traffic, run.way.brake) if run.way else (no_traffic, no_brake)
    what = Attended(
        process.pid, *child, [*outputs, *result], limits, run.group, run.disks, observers,
        run.job.plan.monitoring, traffic, brake,
        outlived=run.bare or run.job.plan.process == "shared", overflow=partial(_overflow, run),
        masks=run.masks,
    )  # fmt: skip
    attend(what, run.streams, run.facts)
    process.returncode = 0


def _overflow(run: Run) -> str:
    """What is kept for later launches, and is bounded by samples alone."""
    lent = run.facts.prepared.view.lent if run.facts.prepared else ()
    return KEPT if is_over(lent, run.job.plan.limits.tmp) else ""


def _start(
    run: Run, prepared: Prepared, args: int, held: Handles, *result: int
) -> subprocess.Popen[bytes]:
    inherited = [args, held.status, held.block, *held.data.values()]
    view = prepared.view
    inherited += [bind.fd for bind in view.binds if bind.fd is not None]
    inherited += [lent.fd for lent in view.lent if lent.fd is not None]
    inherited += [] if held.seccomp is None else [held.seccomp]
    if result and RESULT in inherited:
        raise SandboxRefusedError(
            "sandbox.start_failed", f"descriptor {RESULT} is in use, so there is no result"
        )
    try:
        return subprocess.Popen(  # noqa: S603  # an absolute path, and exactly the judged words
            [
                *starter(run.job.plan.limits, run.group, prepared.identity),
                *(RESULT_WORDS if result else ()),
                run.bwrap,
                "--args",
                str(args),
                "--",
                *run.job.command,
            ],
            env={},
            cwd="/",
            umask=0o022,
            stdin=next((fd for fd in (*result, run.streams.stdin) if fd is not None), _NO_INPUT),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SandboxRefusedError(
            "sandbox.start_failed", f"bubblewrap cannot be started: {error}"
        ) from error


def _start_bare(run: Run, prepared: Prepared, args: int, held: Handles, *result: int) -> Started:
    """The command without bubblewrap; it waits at the same gate, and says the same of itself."""
    job, view, limits = run.job, prepared.view, run.job.plan.limits
    program = filter_bytes(job.plan)
    if program is None or not prepared.identity.drop:
        raise SandboxRefusedError("sandbox.process_cannot_confine", "there is nothing to keep it")
    order = Order(
        job.command, dict(view.environment), view.cwd, prepared.identity,
        own_limits(limits, run.group), niceness(limits), program,
    )  # fmt: skip
    try:
        return start_bare(order, Ends(args, held.status, held.block, *result))
    except OSError as error:
        raise SandboxRefusedError(
            "sandbox.start_failed", f"the command cannot be started: {error.strerror}"
        ) from error


def _confine(run: Run, pid: int, args: int, text: bytes) -> None:
    """The group first, then the arguments that bubblewrap waits for."""
    run.group.join(pid)
    while text:
        text = text[os.write(args, text) :]
