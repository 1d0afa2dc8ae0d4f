"""Which system calls a sandboxed process may make. Layer: runtime (pure).

Everything not named is allowed: the namespaces and the empty view are the boundary, the
filter closes what reaches the kernel past them. Arguments are compared by their low 32 bits
only, as the kernel reads an `int` (CVE-2019-10063); addresses, by both halves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.seccomp.assembler import (
    ALLOW,
    ARCHITECTURE,
    DONE,
    ENOSYS,
    EPERM,
    JUMP_AT_LEAST,
    JUMP_EQUAL,
    JUMP_GREATER,
    JUMP_SET,
    KILL_PROCESS,
    NUMBER,
    Block,
    Instruction,
    answer,
    assemble,
    for_number,
    jump,
    load,
    load_argument,
    load_high,
    mask,
)
from wilkc.runtime.sandbox.seccomp.numbers import ARCHITECTURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

X32_BIT: Final = 0x40000000
NEW_NAMESPACES: Final = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
CLONE_THREAD: Final = 0x00010000
AF_UNIX, AF_INET, AF_INET6 = 1, 2, 10
SOCK_TYPE_BITS: Final = 0xF
SOCK_STREAM, SOCK_SEQPACKET = 1, 5
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
SET_ID_BITS: Final = 0o6000
O_CREAT, O_TMPFILE = 0o100, 0o20000000
NEW_LISTENER: Final = 8
RLIMIT_CORE: Final = 4
EVERYBODY: Final = 0xFFFFFFFF
"""-1 as the kernel reads a `pid_t`."""

NOT_THERE: Final = ("clone3", "openat2")
"""Their arguments lie in memory where a filter cannot look; programs fall back."""
REFUSED: Final = (
    "unshare", "setns",
    "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick",
    "move_mount", "open_tree", "mount_setattr",
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    "keyctl", "add_key", "request_key",
    "io_uring_setup", "io_uring_enter", "io_uring_register",
    "bpf", "perf_event_open", "userfaultfd", "fanotify_init",
    "name_to_handle_at", "open_by_handle_at",
    "kexec_load", "kexec_file_load", "create_module", "init_module", "finit_module",
    "delete_module", "reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog",
    "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "sethostname",
    "setdomainname", "iopl", "ioperm", "vhangup", "lookup_dcookie",
)  # fmt: skip
MODES: Final = {
    "chmod": 1, "fchmod": 1, "fchmodat": 2, "creat": 1, "mknod": 1, "mknodat": 2,
}  # fmt: skip
"""Calls that set a file mode, and which argument it is."""
OPENS: Final = {"open": (1, 2), "openat": (2, 3)}
"""Calls that may create a file: which arguments are the flags and the mode."""


def build_filter(
    *, arch: str, network: bool, run: bool, unix: bool = False, shared: bool = False
) -> bytes:
    """The program that `bwrap --seccomp` loads.

    Args:
        arch: the machine as `uname -m` says it, `x86_64` or `aarch64`.
        network: whether internet sockets may be made at all.
        run: whether child processes may be made; threads always may.
        unix: whether unix sockets may be made.
        shared: whether processes of the host have numbers inside, so that calls could reach them.

    Raises:
        KeyError: the machine is not known.
    """
    machine = ARCHITECTURES[arch]
    program: Block = [
        load(ARCHITECTURE),
        jump(JUMP_EQUAL, machine.audit, if_true=1),
        answer(KILL_PROCESS),
        load(NUMBER),
        jump(JUMP_AT_LEAST, X32_BIT, if_true=1),
        jump(JUMP_GREATER, machine.highest, if_false=1),
        answer(ENOSYS),
    ]
    families = [AF_INET, AF_INET6] * network + [AF_UNIX] * unix
    blocks = [*_blocks(families, run=run), *_limits(shared=shared)]
    if shared:
        # To all whom one may signal at once: the shim may be among them.
        blocks.append(("kill", _never([load_argument(0)], (EVERYBODY,))))
    for name, block in blocks:
        if name in machine.numbers:
            program += for_number(machine.numbers[name], block)
    program.append(answer(ALLOW))
    return assemble(program)


def _blocks(families: Sequence[int], *, run: bool) -> Iterator[tuple[str, Block]]:
    """Each call that is not simply allowed, with what is done about it."""
    yield from ((name, [answer(ENOSYS)]) for name in NOT_THERE)
    yield from ((name, [answer(EPERM)]) for name in REFUSED)
    yield "clone", _clone(run=run)
    if not run:
        yield from ((name, [answer(EPERM)]) for name in ("fork", "vfork"))
    yield "socket", _only([load_argument(0)], families)
    types = (SOCK_STREAM, SOCK_SEQPACKET)
    yield "socketpair", _only([load_argument(1), mask(SOCK_TYPE_BITS)], types)
    yield "ioctl", _never([load_argument(1)], (TIOCSTI, TIOCLINUX))
    yield from ((name, _no_bits(index, SET_ID_BITS)) for name, index in MODES.items())
    yield from ((name, _no_set_id(*indices)) for name, indices in OPENS.items())
    yield "seccomp", _no_bits(1, NEW_LISTENER)


def _limits(*, shared: bool) -> Iterator[tuple[str, Block]]:
    """Calls that set the limits of a process, its own or another's of the same user.

    The limit on core files is 1, at which the kernel gives a crash to no program of the host
    (core(5)); at 0 it would. So it stays. A program that sets it, as it holds secrets, goes on by
    the answer that nothing of it will be written, which is so.
    """
    yield (
        "setrlimit",
        [
            load_argument(0),
            jump(JUMP_EQUAL, RLIMIT_CORE, if_false=1),
            answer(DONE),
            answer(ALLOW),
        ],
    )
    # Of other users' processes inside none has a number; where the host's have, only one's own,
    # by the number 0.
    own = [load_argument(0), jump(JUMP_EQUAL, 0, if_true=1), answer(EPERM)] if shared else []
    yield "prlimit64", [*own, *_read_alone(RLIMIT_CORE)]


def _read_alone(limit: int) -> Block:
    """prlimit(2) of one limit: it is read; to be set it seems, where the old one is not asked."""
    return [
        load_argument(1),
        jump(JUMP_EQUAL, limit, if_false=10),
        load_argument(2),
        jump(JUMP_EQUAL, 0, if_false=2),
        load_high(2),
        jump(JUMP_EQUAL, 0, if_true=6),
        load_argument(3),
        jump(JUMP_EQUAL, 0, if_false=3),
        load_high(3),
        jump(JUMP_EQUAL, 0, if_false=1),
        answer(DONE),
        answer(EPERM),
        answer(ALLOW),
    ]


def _clone(*, run: bool) -> Block:
    first = [load_argument(0), jump(JUMP_SET, NEW_NAMESPACES, if_false=1), answer(EPERM)]
    if run:
        return [*first, answer(ALLOW)]
    return [*first, jump(JUMP_SET, CLONE_THREAD, if_true=1), answer(EPERM), answer(ALLOW)]


def _only(loads: Block, values: Sequence[int]) -> Block:
    """Allow these values of the loaded word, and refuse every other."""
    tests = [
        jump(JUMP_EQUAL, value, if_true=len(values) - index) for index, value in enumerate(values)
    ]
    return [*loads, *tests, answer(EPERM), answer(ALLOW)]


def _never(loads: Block, values: Sequence[int]) -> Block:
    """Refuse these values of the loaded word, and allow every other."""
    tests = [
        jump(JUMP_EQUAL, value, if_true=len(values) - index) for index, value in enumerate(values)
    ]
    return [*loads, *tests, answer(ALLOW), answer(EPERM)]


def _no_bits(argument: int, bits: int) -> Block:
    """Refuse a call whose argument has any of the bits."""
    refuse: list[Instruction] = [answer(EPERM), answer(ALLOW)]
    return [load_argument(argument), jump(JUMP_SET, bits, if_false=1), *refuse]


def _no_set_id(flags: int, mode: int) -> Block:
    """Refuse to create a file with a set-id bit; the mode means nothing without creating."""
    return [
        load_argument(flags),
        jump(JUMP_SET, O_CREAT | O_TMPFILE, if_true=1),
        answer(ALLOW),
        *_no_bits(mode, SET_ID_BITS),
    ]
