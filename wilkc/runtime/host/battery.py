"""Every attack that is made in one sandbox: its group, and what it would lose. Layer: runtime.

How each is made stands in `inside`, under the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wilkc.runtime.sandbox.seccomp.numbers import ARCHITECTURES


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack.

    Attributes:
        name: its name in `inside`.
        group: kind of protection.
        protects: what would be lost.
        machine: the only machine that has the thing attacked, or empty.
    """

    name: str
    group: str
    protects: str
    machine: str = ""


ATTACKS: Final = (
    Attack("read-hidden-file", "files", "a blocked file in a read-only tree"),
    Attack("read-hidden-in-writable", "files", "a blocked file in a writable tree"),
    Attack("read-hidden-by-link", "files", "a blocked file, through a link made inside"),
    Attack("write-hidden-file", "files", "a blocked file, overwritten"),
    Attack("list-hidden-directory", "files", "names in a blocked directory"),
    Attack("write-hidden-directory", "files", "a new file in a blocked directory"),
    Attack("move-parent-of-hidden", "files", "a mask, lifted by moving what it lies in"),
    Attack("write-read-only", "files", "a file that rules only show"),
    Attack("read-outside", "files", "a file that no rule shows"),
    Attack("read-outside-by-proc", "files", "the same, by way of /proc"),
    Attack("read-password-hashes", "files", "/etc/shadow"),
    Attack("write-programs", "files", "the host's programs"),
    Attack("write-root", "files", "the root directory"),
    Attack("write-devices", "files", "/dev, as storage without a bound"),
    Attack("plant-git-hook", "files", "a hook that git would run outside"),
    Attack("plant-shell-start", "files", "a start file that a shell would run outside"),
    Attack("plant-editor-task", "files", "a task that an editor would run outside"),
    Attack("set-id-file", "files", "a file that runs with its owner's rights"),
    Attack("set-id-by-open", "files", "the same, created so at once"),
    Attack("set-id-by-openat2", "files", "the same, by a call that hides its arguments"),
    Attack("fill-shared-memory", "limits", "memory, by way of /dev/shm"),
    Attack("fill-temporary", "limits", "memory, by way of the temporary directory"),
    Attack("host-processes", "processes", "what the host's processes are"),
    Attack("signal-host-process", "processes", "the host's processes themselves"),
    Attack("caller-environment", "processes", "secrets in the caller's environment"),
    Attack("caller-descriptor", "processes", "files that the caller holds open"),
    Attack("caller-session", "processes", "the terminal of whoever started it"),
    Attack("host-messages", "processes", "message queues and shared memory of the host"),
    Attack("host-name", "processes", "the host's name"),
    Attack("control-group-names", "processes", "how the host's control groups are called"),
    Attack("root-outside", "processes", "everything: the command would be the host's root"),
    Attack("capabilities", "processes", "rights beyond those of an ordinary user"),
    Attack("setuid-programs", "processes", "rights gained by starting a setuid program"),
    Attack("memory-of-first-process", "processes", "the process that watches over the sandbox"),
    Attack("kernel-setting", "kernel", "settings of the host's kernel"),
    Attack("control-group", "kernel", "the limits, by leaving the control group"),
    Attack("filter-loaded", "kernel", "the system call filter"),
    Attack("new-user-namespace", "kernel", "rights in a namespace of one's own"),
    Attack("mount", "kernel", "the view, by mounting anew"),
    Attack("trace", "kernel", "other processes, by tracing them"),
    Attack("keyring", "kernel", "keys that the kernel keeps"),
    Attack("bpf", "kernel", "programs inside the kernel"),
    Attack("io-uring", "kernel", "calls that no filter sees"),
    Attack("userfaultfd", "kernel", "control over the kernel's timing"),
    Attack("other-entry", "kernel", "the filter, by the 32-bit entry", "x86_64"),
    Attack("push-into-terminal", "kernel", "the terminal of whoever started it (CVE-2017-5226)"),
    Attack("filter-listener", "kernel", "the filter, by one that reports to user space"),
    Attack("host-loopback", "network", "services on the host's loopback"),
    Attack("route", "network", "other networks"),
    Attack("unix-socket", "network", "the host's unix sockets"),
    Attack("datagram-pair", "network", "the host's unix sockets, without any socket call"),
    Attack("netlink", "network", "the kernel's network settings"),
    Attack("packet", "network", "packets of the host's network"),
)

_CALLS: Final = (
    "unshare", "mount", "ptrace", "keyctl", "bpf", "io_uring_setup", "userfaultfd", "seccomp",
    "openat2",
)  # fmt: skip
_GETPID: Final = {"x86_64": 39, "aarch64": 172}
"""A call that is always allowed; the filter's own table has no need of it."""


def numbers(machine: str) -> dict[str, int]:
    """Numbers of the calls that attacks make.

    Raises:
        KeyError: the machine is not known.
    """
    known = ARCHITECTURES[machine].numbers
    return {"getpid": _GETPID[machine], **{name: known[name] for name in _CALLS}}
