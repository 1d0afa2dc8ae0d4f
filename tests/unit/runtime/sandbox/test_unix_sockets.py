"""Unix sockets where the policy lets processes make them, and where it does not."""

from __future__ import annotations

import socket
from typing import Any

PROGRAM = """
import socket, sys
def attempt(act):
    try:
        act()
        return "ok"
    except OSError as error:
        return str(error.errno)
def between():
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as end:
        listener.bind("/tmp/own")
        listener.listen()
        end.connect("/tmp/own")
def to(name):
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(name)
def netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
acts = [between, *[lambda name=name: to(name) for name in sys.argv[1:]], netlink]
print(*[attempt(act) for act in acts])
"""
EPERM, EACCES, REFUSED, MISSING = "1", "13", "111", "2"


def test_sockets_of_the_sandbox_alone(work: Any, spec: Any) -> None:
    """Those of the host are out of reach: by name, where they lie in a mount, and abstract."""
    work.folder("in"), work.folder("out")
    places = [str(work.path / "in" / "s"), str(work.path / "out" / "s")]
    abstract = f"wilk-{work.path.name}"
    services = [socket.socket(socket.AF_UNIX) for _ in range(3)]
    for service, name in zip(services, [*places, "\0" + abstract], strict=True):
        service.bind(name)
        service.listen()
    for place in places:
        # Else its mode would refuse, and not the mask.
        work.path.joinpath(place).chmod(0o777)
    program = PROGRAM.replace("sys.argv[1:]", 'sys.argv[1:-1] + ["\\0" + sys.argv[-1]]')
    words = ("/usr/bin/python3", "-I", "-c", program, *places, abstract)
    plan = spec(read=("./in/**",), write=("./out/**",))
    allowed = work.run(plan.changed(unix_sockets=True), *words)
    refused = work.run(plan, *words)
    for service in services:
        service.close()
    assert allowed.kind == "exited", allowed
    own, read, written, unnamed, other = allowed.stdout.split()
    assert (own, other) == ("ok", EPERM)
    assert {read, written} <= {EACCES, REFUSED}
    assert unnamed == REFUSED
    assert allowed.launch["unix_sockets"] is True
    assert refused.stdout.split() == [EPERM] * 5
    assert refused.launch["unix_sockets"] is False
