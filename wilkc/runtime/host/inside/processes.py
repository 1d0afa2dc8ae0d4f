"""Attacks on processes, and on what a caller keeps. Layer: runtime, inside the sandbox."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from wilkc.runtime.host.inside.calls import plain_calls, status
from wilkc.runtime.host.inside.files import list_names, read
from wilkc.runtime.host.inside.telling import HeldError

if TYPE_CHECKING:
    from wilkc.runtime.host.inside.telling import Do

OWN = 8
"""Processes that a sandbox of these attacks has at most."""
OWN_NAME = "wilk"
"""What every sandbox is called."""


def _see_host(given: dict[str, Any]) -> str:
    with open(f"/proc/{given['pid']}/cmdline", "rb") as file:
        if given["mark"].encode() in file.read():
            return "the shim's process is in view"
    raise HeldError("another process has that number")


def _signal_host(given: dict[str, Any]) -> str:
    if len([name for name in os.listdir("/proc") if name.isdecimal()]) > OWN:
        return "more processes than the sandbox's own are in view"
    os.kill(given["pid"], 0)
    raise HeldError("the number is one of the sandbox's own processes")


def _environment_of_first(given: dict[str, Any]) -> str:
    for place in ("/proc/1/environ", "/proc/self/environ"):
        with open(place, "rb") as file:
            if given["secret"].encode() in file.read():
                return f"the caller's secret is in {place}"
    raise HeldError("the caller's secret is not there")


def _descriptors(given: dict[str, Any]) -> str:
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if given["held"] in target:
            return f"descriptor {name} leads to a file of the caller"
    raise HeldError("no descriptor of the caller is open")


def _session(given: dict[str, Any]) -> str:
    del given
    if os.getsid(0) == 0:
        return "the session is the caller's, and so is its terminal"
    raise HeldError("a session of its own")


def _message_queue(given: dict[str, Any]) -> str:
    with open("/proc/sysvipc/msg", encoding="ascii") as file:
        if any(line.split()[0] == str(given["queue"]) for line in file):
            return "a message queue of the host is in view"
    raise HeldError("no message queue of the host is in view")


def _host_name(given: dict[str, Any]) -> str:
    name = os.uname().nodename
    if name == given["host"] and name != OWN_NAME:
        return f"the host is called `{name}`"
    raise HeldError(f"inside the host is called `{name}`")


def _group_names(given: dict[str, Any]) -> str:
    del given
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        places = [line.strip().split(":", 2)[2] for line in file]
    shown = [one for one in places if one != "/"]
    if shown:
        return f"the control group is seen from outside: {shown[0]}"
    raise HeldError("each control group is seen as a root")


def _root_outside(given: dict[str, Any]) -> str:
    del given
    if os.stat("/usr").st_uid == os.getuid():
        return "the command is the host's root"
    raise HeldError("the host's root is somebody else")


def _capabilities(given: dict[str, Any]) -> str:
    del given
    now = status()
    if int(now["CapEff"], 16) or int(now["CapBnd"], 16):
        return f"CapEff {now['CapEff']}, CapBnd {now['CapBnd']}"
    raise HeldError("no capability, and none to be had")


def _no_new_privileges(given: dict[str, Any]) -> str:
    del given
    if status()["NoNewPrivs"] != "1":
        return "setuid programs work"
    raise HeldError("NoNewPrivs is 1")


ATTACKS: dict[str, tuple[Do, Do]] = {
    "host-processes": (read("/proc/self/status"), _see_host),
    "signal-host-process": (plain_calls, _signal_host),
    "caller-environment": (read("/proc/self/environ"), _environment_of_first),
    "caller-descriptor": (list_names("/proc/self/fd"), _descriptors),
    "caller-session": (plain_calls, _session),
    "host-messages": (read("/proc/sysvipc/msg"), _message_queue),
    "host-name": (plain_calls, _host_name),
    "control-group-names": (read("/proc/self/cgroup"), _group_names),
    "root-outside": (read("src/readable"), _root_outside),
    "capabilities": (plain_calls, _capabilities),
    "setuid-programs": (plain_calls, _no_new_privileges),
}
"""Name to control and attack."""
