"""Run inside the sandbox: takes steps as JSON, prints what came of each as a line of JSON."""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from typing import Any

Step = dict[str, Any]

PROXY = ("127.0.0.1", 3128)
SOCKS = ("127.0.0.1", 1080)
SECONDS = 40


def say(value: Step) -> None:
    print(json.dumps(value), flush=True)


def head_of(end: socket.socket) -> tuple[str | None, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = end.recv(65536)
        if not piece:
            return None, data
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), rest


def answer(end: socket.socket) -> Step:
    head, rest = head_of(end)
    if head is None:
        return {"status": None, "body": rest.decode("latin-1")}
    status = int(head.split(" ")[1])
    if status == 200 and "established" in head:
        return {"status": 200, "early": rest.decode("latin-1")}
    try:
        while piece := end.recv(65536):
            rest += piece
    except OSError:
        pass
    found = {"status": status, "body": rest.decode("latin-1"), "head": head}
    if status != 200 and rest.startswith(b"{"):
        found["told"] = json.loads(rest)
    return found


def over_tls(end: socket.socket, step: Step) -> Step:
    """A request through the tunnel, under the name that the step says."""
    if "bytes" in step:
        end.sendall(bytes.fromhex(step["bytes"]))
        data = step.get("early", "") or end.recv(65536).decode("latin-1")
        return {"body": data}
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if step.get("authority"):
        context = ssl.create_default_context(cadata=step["authority"])
    try:
        with context.wrap_socket(end, server_hostname=step["sni"]) as secure:
            secure.sendall(b"GET %s HTTP/1.0\r\n\r\n" % step.get("path", "/").encode())
            data = b""
            while piece := secure.recv(65536):
                data += piece
    except OSError as error:
        return {"tls": type(error).__name__}
    return {"body": data.partition(b"\r\n\r\n")[2].decode("latin-1")}


def connect(step: Step) -> tuple[socket.socket, Step]:
    end = socket.create_connection(PROXY, SECONDS)
    target = step["target"]
    host = step.get("header", target)
    end.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    found = answer(end)
    return end, found


def by_connect(step: Step) -> Step:
    end, found = connect(step)
    with end:
        if found["status"] == 200:
            told = {**step, "early": found.pop("early")}
            found |= over_tls(end, told) if "sni" in step or "bytes" in step else {}
        return found


def by_socks(step: Step) -> Step:
    name, _, port = step["target"].rpartition(":")
    with socket.create_connection(SOCKS, SECONDS) as end:
        end.sendall(b"\x05\x01\x00")
        greeting = end.recv(2)
        field = name.encode("latin-1")
        command = step.get("code", 1)
        end.sendall(bytes([5, command, 0, 3, len(field)]) + field + int(port).to_bytes(2, "big"))
        reply = end.recv(10)
        found = {"greeting": greeting.hex(), "code": reply[1] if len(reply) > 1 else None}
        if found["code"] == 0 and ("sni" in step or "bytes" in step):
            found |= over_tls(end, step)
        return found


def by_http(step: Step) -> Step:
    with socket.create_connection(PROXY, SECONDS) as end:
        end.sendall(step["raw"].encode("latin-1"))
        return answer(end)


def directly(step: Step) -> Step:
    host, _, port = step["target"].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), 5):
            return {"errno": 0}
    except OSError as error:
        return {"errno": error.errno}


def by_datagram(step: Step) -> Step:
    kind, _, target = step["target"].partition(" ")
    host, _, port = target.rpartition(":") if kind == "udp" else (target, "", "1")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    proto = socket.IPPROTO_ICMP if kind == "icmp" else 0
    try:
        with socket.socket(family, socket.SOCK_DGRAM, proto) as end:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            end.sendto(b"\x08\x00\x00\x00\x00\x00\x00\x00", (host, int(port)))
            return {"errno": 0}
    except OSError as error:
        return {"errno": error.errno}


def by_name(step: Step) -> Step:
    try:
        return {"found": str(socket.getaddrinfo(step["target"], 443))}
    except OSError as error:
        return {"errno": error.errno}


def together(step: Step) -> Step:
    """As many tunnels at once as the step says; all stay open until all were asked for."""
    held = [connect(step) for _ in range(step["times"])]
    for end, _ in held:
        end.close()
    return {"statuses": [found["status"] for _, found in held]}


def until(step: Step) -> Step:
    """One step again and again until its status is the wanted one, or too long."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found = DOORS[step["via"]](step)
        if found.get("status", found.get("errno")) in step["until"]:
            return found
        time.sleep(0.05)
    return found


def hold(step: Step) -> Step:
    """A TLS connection that is kept open until somebody ends it; says so once it is open."""
    end, _ = connect(step)
    context = ssl.create_default_context(cadata=step["authority"])
    end.settimeout(SECONDS)
    secure = context.wrap_socket(end, server_hostname=step["sni"])
    secure.sendall(b"HOLD\r\n\r\n")
    secure.recv(1)
    say({"open": True})
    started = time.monotonic()
    try:
        data = secure.recv(1)
    except OSError as error:
        data = type(error).__name__.encode()
    return {"ended": True, "data": data.decode(), "seconds": time.monotonic() - started}


DOORS = {
    "connect": by_connect,
    "socks5": by_socks,
    "http": by_http,
    "direct": directly,
    "socket": by_datagram,
    "name": by_name,
    "together": together,
    "hold": hold,
}

if __name__ == "__main__":
    for step in json.loads(sys.argv[1]):
        try:
            result = until(step) if "until" in step else DOORS[step["via"]](step)
        except OSError as error:
            result = {"status": None, "error": type(error).__name__, "errno": error.errno}
        say({"id": step.get("id", ""), **result})
