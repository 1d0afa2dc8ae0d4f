"""Starting bubblewrap, and everything that must happen around it. Layer: runtime.

The only module of the runtime that starts programs. Order: preconditions, resolve and agree,
note what will be left behind, start blocked, look at the mounts, unblock, wait, clean up,
judge what was left. Cleaning up happens whatever went wrong before.

bubblewrap reads its arguments from a pipe that is filled only after it has joined its control
group from outside: no code of this process runs between fork and exec, and nothing is
confined too late.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox import probe
from wilkc.runtime.sandbox.argv import arguments
from wilkc.runtime.sandbox.binds import Bases
from wilkc.runtime.sandbox.descriptors import Descriptors
from wilkc.runtime.sandbox.finish import outcome
from wilkc.runtime.sandbox.groups import PREFIX, Group, find_hierarchies, make_group
from wilkc.runtime.sandbox.limits import NICE, PRLIMIT, limit_command, reach, sampled, starter
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.offered import require_offered
from wilkc.runtime.sandbox.postcheck import postcheck
from wilkc.runtime.sandbox.prepare import Prepared, prepare
from wilkc.runtime.sandbox.record import Facts
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.resolve import remove_made
from wilkc.runtime.sandbox.seal import filter_bytes
from wilkc.runtime.sandbox.start import StatusReader, await_mounts, host_mounts, require_confined
from wilkc.runtime.sandbox.state import Note, left_by_others, note_process, settle, write_note
from wilkc.runtime.sandbox.static import data_files
from wilkc.runtime.sandbox.usage import sample, tree
from wilkc.runtime.sandbox.view import Handles, depth
from wilkc.runtime.sandbox.watch import Counter, Pump, Sink, Watch

if TYPE_CHECKING:
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.outcome import Outcome
    from wilkc.runtime.sandbox.ports import DecisionPoint

_GRACE_SECONDS: Final = 2.0
_FEATURE_SECONDS: Final = 10
_MS: Final = 1000
_features: dict[tuple[int, int, int], bool] = {}


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the command's output goes."""

    stdout: Sink
    stderr: Sink


@dataclass(slots=True)
class _Run:
    """One launch under way; what is set must be taken down again."""

    job: Job
    streams: Streams
    bwrap: str
    facts: Facts = field(default_factory=Facts)
    bases: Bases = field(default_factory=Bases)
    group: Group = field(default_factory=lambda: Group(""))
    note: Note | None = None


def launch(
    job: Job, point: DecisionPoint, streams: Streams, *, bwrap: str = probe.BWRAP
) -> Outcome:
    """Run one command in its sandbox and wait for its end.

    Must be called from a thread that lives as long as the command: the sandbox dies with it.

    Args:
        job: what to run, and how it is confined.
        point: asked about mounts before, and about changed files after the command.
        streams: take the command's output while it runs.
        bwrap: absolute path of bubblewrap.

    Returns:
        How it ended; a refusal is an outcome of kind `sandbox_failed`.
    """
    started = time.monotonic()
    run = _Run(job, streams, bwrap)
    refusal: SandboxRefusedError | None = None
    try:
        prepared = _prepare(run, point)
        _execute(run, prepared)
    except SandboxRefusedError as error:
        refusal = error
    finally:
        _clean_up(run)
    if refusal is None:
        run.facts.verdicts = postcheck(prepared, point, left_by_others)
    run.facts.duration_ms = int((time.monotonic() - started) * _MS)
    return outcome(job, run.facts, refusal)


def _prepare(run: _Run, point: DecisionPoint) -> Prepared:
    job = run.job
    require_offered(job.plan)
    probe.require_bubblewrap(run.bwrap)
    for program in (PRLIMIT, NICE):
        probe.require_program(program)
    probe.require_filter_support()
    use_fds = _takes_descriptors(run.bwrap)
    run.facts.reports = run.bases.reports
    prepared = prepare(job, point, run.bases, left_by_others, use_fds=use_fds)
    run.facts.prepared = prepared
    run.group = make_group(PREFIX + job.launch, find_hierarchies())
    run.facts.reached = reach(job.plan, run.group, prepared.identity)
    run.group.apply(job.plan.limits)
    groups = sorted(map(str, run.group.directories()))
    run.note = write_note(job.launch, _left(run, prepared), groups)
    return prepared


def _left(run: _Run, prepared: Prepared) -> list[str]:
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


def _execute(run: _Run, prepared: Prepared) -> None:
    with Descriptors() as fds:
        args, status = fds.pipe(), fds.pipe()
        block = fds.gate()
        handles = _handles(prepared, fds, status[1], block[0])
        text = b"".join(os.fsencode(one) + b"\0" for one in arguments(prepared.view, handles))
        host = host_mounts()
        process = _start(run, prepared, args[0], handles)
        fds.close(args[0], status[1], block[0], *handles.data.values())
        try:
            _confine(run, process.pid, args[1], text)
            fds.close(args[1])
            reader = StatusReader(status[0])
            child = _child(reader)
            pidfd = fds.own(os.pidfd_open(child))
            if run.note is not None:
                note_process(run.note, child)
            await_mounts(child, prepared.view, host)
            require_confined(child, run.job.plan)
            limit_command(child, run.job.plan.limits, run.group)
            os.write(block[1], b"1")
            _attend(run, process, child, pidfd)
            if not run.facts.ending.cause:
                run.facts.exit = reader.exit_code()
        except OSError as error:
            raise _with_words(process, run.group, str(error.strerror)) from error
        except SandboxRefusedError as error:
            if error.code not in {"sandbox.view_differs", "sandbox.start_failed"}:
                raise
            raise _with_words(process, run.group, error.message) from error
        finally:
            _end(process, run.group)


def _handles(prepared: Prepared, fds: Descriptors, status: int, block: int) -> Handles:
    data = {path: fds.memory(content) for path, content in data_files(prepared.view.home).items()}
    data |= {
        mask.path: fds.memory(b"") for mask in prepared.view.masks if mask.kind == "empty_file"
    }
    program = filter_bytes(prepared.job.plan)
    seccomp = None if program is None else fds.memory(program)
    return Handles(status, block, seccomp, data)


def _start(run: _Run, prepared: Prepared, args: int, handles: Handles) -> subprocess.Popen[bytes]:
    identity = prepared.identity
    inherited = [args, handles.status, handles.block, *handles.data.values()]
    inherited += [bind.fd for bind in prepared.view.binds if bind.fd is not None]
    inherited += [] if handles.seccomp is None else [handles.seccomp]
    try:
        return subprocess.Popen(  # noqa: S603  # an absolute path, and exactly the judged words
            [
                *starter(run.job.plan.limits, run.group),
                run.bwrap,
                "--args",
                str(args),
                "--",
                *run.job.command,
            ],
            env={},
            cwd="/",
            umask=0o022,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=inherited,
            user=identity.uid if identity.drop else None,
            group=identity.gid if identity.drop else None,
            extra_groups=[] if identity.drop else None,
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SandboxRefusedError(
            "sandbox.start_failed", f"bubblewrap cannot be started: {error}"
        ) from error


def _confine(run: _Run, pid: int, args: int, text: bytes) -> None:
    """The group first, then the arguments that bubblewrap waits for."""
    run.group.join(pid)
    while text:
        text = text[os.write(args, text) :]


def _child(reader: StatusReader) -> int:
    document = reader.first()
    child = None if document is None else document.get("child-pid")
    if not isinstance(child, int):
        raise SandboxRefusedError(
            "sandbox.start_failed", "bubblewrap ended without starting anything"
        )
    return child


def _with_words(
    process: subprocess.Popen[bytes], group: Group, message: str
) -> SandboxRefusedError:
    """The refusal, with the cause that bubblewrap's own words point to."""
    _kill(process, group)
    words = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
    if not words:
        return SandboxRefusedError("sandbox.start_failed", message)
    cause, fix = probe.explain(words)
    return SandboxRefusedError("sandbox.start_failed", f"{cause}: {words}", help_text=fix)


def _attend(run: _Run, process: subprocess.Popen[bytes], child: int, pidfd: int) -> None:
    """Carry output and wait; at a limit end the command. Everything inside is gone after it."""
    limits = run.job.plan.limits
    counter = Counter(limits.output)
    pumps = [
        Pump(stream.fileno(), sink, counter)
        for stream, sink in (
            (process.stdout, run.streams.stdout),
            (process.stderr, run.streams.stderr),
        )
        if stream is not None
    ]
    for pump in pumps:
        pump.start()
    own = os.pidfd_open(process.pid)
    try:
        watch = Watch(limits, run.group, sampled(run.facts.reached), lambda: sample(child))
        run.facts.ending = watch.wait(own, counter.full)
        if run.facts.ending.cause:
            _stop(process, pidfd, own, run.group)
        # bubblewrap's death is the death of all processes inside, a moment later.
        _await_end(pidfd, _GRACE_SECONDS)
    finally:
        os.close(own)
        for pump in pumps:
            pump.finish()
        counter.close()
    run.facts.words = bytes(pumps[1].head).decode("utf-8", "replace")
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    run.facts.cpu_ms = int((usage.ru_utime + usage.ru_stime) * _MS)


def _stop(process: subprocess.Popen[bytes], child: int, pidfd: int, group: Group) -> None:
    """End the sandbox from within, so that bubblewrap reaps what it started and then ends.

    Args:
        process: bubblewrap.
        child: pidfd of the first process inside, whose death is the death of all inside.
        pidfd: of bubblewrap.
        group: of all of them.
    """
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(child, signal.SIGKILL)
    if not _await_end(pidfd, _GRACE_SECONDS):
        process.kill()
        group.kill()
        _await_end(pidfd, _GRACE_SECONDS)


def _await_end(pidfd: int, seconds: float) -> bool:
    return bool(select.select([pidfd], [], [], seconds)[0])


def _kill(process: subprocess.Popen[bytes], group: Group) -> None:
    """Kill all below bubblewrap, and bubblewrap itself if it does not end for that.

    The blocked process does not yet die with its parent, so each is killed by itself.
    """
    if process.returncode is None:
        below = [pid for pid in reversed(tree(process.pid)) if pid != process.pid]
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS if below else 0)
        process.kill()
    group.kill()


def _end(process: subprocess.Popen[bytes], group: Group) -> None:
    """Whatever happened: nothing of the launch runs on, and nothing of it stays open."""
    if process.returncode is None:
        _kill(process, group)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _clean_up(run: _Run) -> None:
    """Every step on its own: no failure of one hides another."""
    facts = run.facts
    facts.memory_peak = run.group.memory_peak()
    facts.memory_kills = run.group.memory_kills()
    facts.pids_refused = run.group.pids_refused()
    run.group.kill()
    facts.failures += run.group.remove()
    facts.reports = tuple(run.bases.reports)
    run.bases.close()
    if run.note is not None:
        facts.failures += settle(run.note)
    else:
        facts.failures += remove_made(run.bases.made)
