"""System call numbers. Layer: runtime (pure data).

Sources: Linux `arch/x86/entry/syscalls/syscall_64.tbl`, `include/uapi/asm-generic/unistd.h`.
A call that an architecture does not have is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Architecture:
    """What a filter must know of a machine.

    Attributes:
        audit: its `AUDIT_ARCH_…` constant.
        highest: the highest number whose meaning is known; newer calls answer ENOSYS.
        numbers: number by name.
    """

    audit: int
    highest: int
    numbers: Mapping[str, int]


_COMMON_NEW: Final = {
    "quotactl_fd": 443, "mount_setattr": 442, "process_madvise": 440, "pidfd_getfd": 438,
    "openat2": 437, "clone3": 435, "fspick": 433, "fsmount": 432, "fsconfig": 431,
    "fsopen": 430, "move_mount": 429, "open_tree": 428, "io_uring_register": 427,
    "io_uring_enter": 426, "io_uring_setup": 425,
}  # fmt: skip

ARCHITECTURES: Final[Mapping[str, Architecture]] = {
    "x86_64": Architecture(
        audit=0xC000003E,
        highest=450,
        numbers={
            **_COMMON_NEW,
            "open": 2, "ioctl": 16, "socket": 41, "socketpair": 53, "clone": 56, "fork": 57,
            "vfork": 58, "kill": 62, "creat": 85, "chmod": 90, "fchmod": 91, "ptrace": 101,
            "syslog": 103,
            "mknod": 133, "vhangup": 153, "pivot_root": 155, "adjtimex": 159, "chroot": 161,
            "setrlimit": 160,
            "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167,
            "swapoff": 168, "reboot": 169, "sethostname": 170, "setdomainname": 171,
            "iopl": 172, "ioperm": 173, "create_module": 174, "init_module": 175,
            "delete_module": 176, "quotactl": 179, "lookup_dcookie": 212, "clock_settime": 227,
            "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250,
            "openat": 257, "mknodat": 259, "fchmodat": 268, "unshare": 272,
            "perf_event_open": 298, "fanotify_init": 300, "name_to_handle_at": 303,
            "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
            "prlimit64": 302, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312,
            "finit_module": 313, "seccomp": 317, "kexec_file_load": 320, "bpf": 321,
            "userfaultfd": 323,
        },
    ),
    "aarch64": Architecture(
        audit=0xC00000B7,
        highest=450,
        numbers={
            **_COMMON_NEW,
            "lookup_dcookie": 18, "ioctl": 29, "mknodat": 33, "umount2": 39, "mount": 40,
            "pivot_root": 41, "chroot": 51, "fchmod": 52, "fchmodat": 53, "openat": 56,
            "vhangup": 58, "quotactl": 60, "acct": 89, "unshare": 97, "kexec_load": 104,
            "init_module": 105, "delete_module": 106, "clock_settime": 112, "syslog": 116,
            "ptrace": 117, "reboot": 142, "sethostname": 161, "setdomainname": 162,
            "kill": 129, "setrlimit": 164, "prlimit64": 261,
            "settimeofday": 170, "adjtimex": 171, "socket": 198, "socketpair": 199,
            "add_key": 217, "request_key": 218, "keyctl": 219, "clone": 220, "swapon": 224,
            "swapoff": 225, "perf_event_open": 241, "fanotify_init": 262,
            "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266,
            "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272,
            "finit_module": 273, "seccomp": 277, "bpf": 280, "userfaultfd": 282,
            "kexec_file_load": 294,
        },
    ),
}  # fmt: skip
