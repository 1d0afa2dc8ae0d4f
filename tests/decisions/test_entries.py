"""One entry by itself: what it takes and what it leaves, by the reference evaluator and by OPA.

Each entry of a list ends up in another bucket or under another key of the compiled form; the
answers here are written by hand, so that a fault that both readers share shows too.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

    Asked = tuple[Request, bool]

BLOCKED = [
    # entry, paths that it blocks, paths that it leaves
    ("./secret", "./secret ./secret/a ./secret/.a/b", "./a/secret ~/secret /secret ./secrets"),
    ("~/.ssh", "~/.ssh ~/.ssh/id", "./.ssh /.ssh ~/a/.ssh"),
    ("/etc", "/etc /etc/a/b", "./etc ~/etc /a/etc"),
    ("secret", "./secret ./a/secret/b ~/b/secret /secret /a/b/secret", "./secrets ./a/b"),
    ("**/.git/config", "./.git/config ./a/.git/config ~/.git/config /a/.git/config", "./.git/c"),
    ("*.pem", "./a.pem ./a.b.pem ./.a/b.pem ~/a.pem /a/b.pem ./x.pem/key", "./a.pem2 ./a.PEM"),
    ("*.tar.gz", "./a.tar.gz ./a.b.tar.gz /a/b.tar.gz ./a.tar.gz/b", "./a.gz ./a.tar ./tar.gz"),
    ("./*.{pem,key}", "./a.pem ./a.key ./a.pem/b ./a.key/b", "./a.pe ./b/a.pem"),
    ("./**/*.key", "./a.key ./a/b.key ./.a/b.key ./a.key/b", "~/a.key ./a.keys"),
    ("id_rsa*", "./id_rsa ./id_rsa.pub ./a/id_rsa.pub ~/id_rsa_2 /id_rsa/x", "./my_id_rsa"),
    ("*secret*", "./secret ./a/my-secrets/b /xsecretx", "./secre/t"),
    ("a/*/c", "./a/b/c ./a/.b/c/d", "./a/b/b/c ./a/c ~/a/b/c"),
    ("[!a]", "./b ~/b /c/b ./b/a", "./a /a/a"),
    ("./a[!b]c", "./axc ./a.c/d", "./abc ./a/c"),
    ("{./out,~/tmp}/x", "./out/x ./out/x/y ~/tmp/x", "./tmp/x ~/out/x"),
]
BLOCKED_IN_ANY_CASE = [
    ("./secret", "./SECRET ./Secret/a ./\u017fecret", "./secrets"),
    ("*.sh", "./a.SH ./a/b.\u017fh ./a.Sh/b", "./a.shs"),
    (".Git", "./.git/config ./a/.GIT", "./git"),
    ("[!s]", "./a ./A", "./s ./S ./\u017f"),
]
ALLOWED = [
    ("./src", "./src", "./src/a ./a/src ~/src /src"),
    ("src/", "./src ./src/a ./src/.a/b", "./a/src ./srca /src"),
    ("./src/*.ts", "./src/a.ts ./src/a.b.ts", "./src/a.tsx ./src/a/b.ts ./src/a.ts/b"),
    ("*.md", "./a.md ./a.b.md", "./a/b.md ~/a.md /a.md ./a.md2"),
    ("**/*.md", "./a.md ./a/b.md", "~/a.md ./a.md/b"),
    ("*.tar.gz", "./a.tar.gz ./a.b.tar.gz", "./a.gz ./a.tar ./b/a.tar.gz"),
    ("./{a,b/c}", "./a ./b/c", "./a/c ./b ./ax ./x/a"),
    ("/opt/*/bin", "/opt/a/bin", "/opt/bin ./opt/a/bin /opt/a/b/bin /opt/a/bin/x"),
]
BLOCKED_HOSTS = [
    ("example.com", "example.com", "a.example.com xexample.com"),
    ("*.example.com", "a.example.com a.b.example.com", "example.com xexample.com"),
    ("*", "a a.b localhost", "8.8.8.8 2001:db8::1"),
    ("localhost", "localhost x.localhost a.b.localhost 127.0.0.1 127.9.9.9 ::1", "alocalhost"),
    ("private", "10.0.0.1 100.64.0.1 fd00::1 localhost x.localhost metadata.goog", "8.8.8.8 a"),
    ("10.0.0.0/7", "10.0.0.1 11.255.255.255", "12.0.0.1 9.255.255.255 a"),
    ("10.1.0.0/16", "10.1.0.0 10.1.255.255", "10.2.0.0 10.0.255.255"),
    ("0:1::/32", "0:1::5 0:1:ffff::", "0:2:: 1:1::"),
    ("2001:db8::/32", "2001:db8::1", "2001:db9::1"),
    ("::/0", "2001:db8::1 ::1", "8.8.8.8 a"),
]
DIRECTORIES = ["./app", "./lib/**"]


def _file(agent: str, path: str) -> Request:
    return Request(agent, "read", "file", path)


def _wrong(judged: Judged, specs: dict[str, dict[str, Any]], asked: list[Asked]) -> list[str]:
    """Every request that is not answered as written, and those that OPA answers otherwise."""
    compiled = judged.compiled(
        **{name: json.dumps({"agent": name, **spec}) for name, spec in specs.items()}
    )
    wrong = [
        f"{specs[request.agent]} on {request.id} {request.context}"
        for request, wanted in asked
        if decide(compiled.plan, request).allow is not wanted
    ]
    return wrong + judged.differences(compiled, [request for request, _ in asked])


def _asked(agent: str, allowed: str, denied: str) -> list[Asked]:
    return [
        *((_file(agent, path), True) for path in allowed.split()),
        *((_file(agent, path), False) for path in denied.split()),
    ]


def test_a_block_takes_its_paths_and_no_others(judged: Judged) -> None:
    specs: dict[str, dict[str, Any]] = {}
    asked: list[Asked] = []
    for case, table in (("sensitive", BLOCKED), ("insensitive", BLOCKED_IN_ANY_CASE)):
        for number, (entry, blocked, left) in enumerate(table):
            files = {"read": ["./**", "~/**", "/**"], "metadata": {"blocked_paths": [entry]}}
            name = f"{case}{number}"
            specs[name] = {"case": case, "permissions": {"filesystem": files}}
            asked += _asked(name, left, blocked)
    assert _wrong(judged, specs, asked) == []


def test_an_allow_takes_its_paths_and_no_others(judged: Judged) -> None:
    specs: dict[str, dict[str, Any]] = {}
    asked: list[Asked] = []
    for number, (entry, taken, left) in enumerate(ALLOWED):
        specs[f"a{number}"] = {"permissions": {"filesystem": {"read": [entry]}}}
        asked += _asked(f"a{number}", taken, left)
    assert _wrong(judged, specs, asked) == []


def test_a_block_holds_for_every_name_of_a_file(judged: Judged) -> None:
    files = {"read": ["./**"], "metadata": {"blocked_paths": ["~/.ssh"]}}
    asked = []
    for alias, wanted in (("~/b", True), ("~/.ssh/id", False), ("/home/a/.ssh/id", True)):
        asked.append((Request("a", "read", "file", "./a", {"aliases": ["./c", alias]}), wanted))
    assert _wrong(judged, {"a": {"permissions": {"filesystem": files}}}, asked) == []


def test_a_block_takes_its_hosts_on_every_port_and_no_others(judged: Judged) -> None:
    """Also behind a name: what an address is blocked for, a name that leads to it is."""
    specs: dict[str, dict[str, Any]] = {}
    asked: list[Asked] = []
    for number, (entry, blocked, left) in enumerate(BLOCKED_HOSTS):
        allowed = ["*", {"host": "0.0.0.0/0"}, {"host": "::/0"}]
        network = {"allowed_hosts": allowed, "allowed_ports": ["1-65535"], "blocked_hosts": [entry]}
        specs[f"a{number}"] = {"permissions": {"network": network}}
        for hosts, wanted in ((left, True), (blocked, False)):
            for host in hosts.split():
                asked += [(_connect(f"a{number}", host, port), wanted) for port in (1, 443, 65_535)]
                if not host[-1].isalpha():
                    asked.append((_connect(f"a{number}", "name", 443, ["8.8.8.8", host]), wanted))
    asked = [one for one in asked if one[0].properties["host"] != "name" or one[0].agent != "a2"]
    assert _wrong(judged, specs, asked) == []


METADATA = (
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16",
    "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
)  # fmt: skip


def test_no_entry_opens_a_metadata_service(judged: Judged) -> None:
    wide = ["*", "private", "169.254.0.0/16", "168.63.0.0/16", "0.0.0.0/0", "::/0", *METADATA]
    network = {"allowed_hosts": wide, "allowed_ports": ["1-65535"]}
    asked: list[Asked] = [
        (_connect("a", "169.254.170.1", 443), True),
        (_connect("a", "168.63.129.17", 443), True),
        (_connect("a", "name", 443, ["fd20:ce::253"]), True),
    ]
    for host in METADATA:
        asked.append((_connect("a", host, 443), False))
        asked.append((_connect("a", "name", 443, ["8.8.8.8", host]), False))
    assert _wrong(judged, {"a": {"permissions": {"network": network}}}, asked) == []


def test_a_closed_port_is_closed_for_every_host(judged: Judged) -> None:
    network = {
        "allowed_hosts": ["*", "10.0.0.0/8"],
        "allowed_ports": ["1-65535"],
        "blocked_ports": [22, "8000-8010", 65_535],
    }
    asked = [
        (_connect("a", host, port), wanted)
        for host in ("a.example", "10.0.0.1")
        for ports, wanted in (((22, 8_000, 8_010, 65_535), False), ((21, 23, 7_999, 8_011), True))
        for port in ports
    ]
    assert _wrong(judged, {"a": {"permissions": {"network": network}}}, asked) == []


def _connect(agent: str, host: str, port: int, resolved: list[str] | None = None) -> Request:
    given = {"host": host, "port": port, "protocol": "https"}
    properties = given if resolved is None else {**given, "resolved": resolved}
    return Request(agent, "connect", "network", host, properties)


def test_all_entries_of_a_list_together_take_no_more_than_each(judged: Judged) -> None:
    """The end of one alternative is the end of the text, not the beginning of the next."""
    shell = {"allowed_commands": ["ls"], "working_directories": DIRECTORIES}
    schema = {"required": ["path"], "properties": {"path": {"x-glob": "{src,doc}-?"}}}
    tools = {"allowed": ["{read,write}_file"], "arguments": {"*": schema}}
    specs = {"a": {"permissions": {"shell": shell, "tools": tools}}}
    asked: list[Asked] = []
    for cwd, wanted in (("./app", True), ("./lib/a", True), ("./application", False),
                        ("./app/a", False), ("./a/lib", False), ("~/lib", False)):  # fmt: skip
        asked.append((Request("a", "execute", "shell", "", {"argv": ["ls"]}, {"cwd": cwd}), wanted))
    for tool, path, wanted in (("read_file", "src-1", True), ("write_file", "doc-1", True),
                               ("read_files", "src-1", False), ("a_write_file", "src-1", False),
                               ("read_file", "src-12", False), ("read_file", "a-doc-1", False),
                               ("write_file", "my/doc-1", False)):  # fmt: skip
        asked.append((Request("a", "call", "tool", tool, {"arguments": {"path": path}}), wanted))
    assert _wrong(judged, specs, asked) == []
