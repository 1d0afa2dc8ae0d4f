"""What is never proposed, whoever asked for it, beside what is like it and harmless."""

from __future__ import annotations

import shlex

import pytest

from wilkc.analyze.learning import MAX_BYTES, screen
from wilkc.core.contract import Request
from wilkc.language.requests import canonical_request
from wilkc.runtime.audit.minimise import SECRETS, name_in

TOKEN = "ghp_" + "a" * 36


def code(kind: str, text: str, action: str = "read", **properties: object) -> str:
    request = canonical_request(Request("a", action, kind, text, properties))
    found = screen(request, lambda one: name_in(one, SECRETS))
    return found.code if found else ""


def command(*argv: str) -> str:
    return code("shell", shlex.join(argv), "execute", argv=list(argv))


def host(name: str, **more: object) -> str:
    return code("network", f"https://{name}", "connect", **more)


@pytest.mark.parametrize(
    "path",
    [
        "./.env",
        "./a/b/.env.local",
        "./.ENV",
        "~/.ssh/id_rsa",
        "~/.ssh/config",
        "./x/.ssh/known",
        "/home/u/.aws/credentials",
        "~/.kube/config",
        "/etc/shadow",
        "/mnt/host/etc/shadow",
        "./certs/server.key",
        "./server.PEM",
        "~/.netrc",
        "./.git/config",
        "./x/terraform.tfstate",
        "/proc/1/environ",
        "/run/secrets/db",
        "./deploy/credentials.json",
        "~/.docker/config.json",
        "~/.bash_history",
        "~/.config/gcloud/x",
    ],
)
def test_files_of_secrets(path: str) -> None:
    assert code("file", path) == "secret_file"
    assert code("file", path, "delete") == "secret_file"
    assert code("file", "./a.txt", aliases=[path]) == "secret_file"
    assert command("cat", path) == "secret_file"
    assert command("send", f"--data=@{path}", "https://example.com/") == "secret_file"
    assert command("cp", f"../..{path.lstrip('.~')}", "x") == "secret_file"


@pytest.mark.parametrize("path", ["./env", "./src/a.ts", "./keys.md", "~/notes.md", "./.envoy"])
def test_other_files(path: str) -> None:
    assert code("file", path) == ""
    assert code("file", "./a.txt", aliases=[path]) == ""
    assert command("cat", path) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("10.0.0.1", "private_address"),
        ("127.0.0.1", "private_address"),
        ("169.254.1.1", "private_address"),
        ("169.254.169.254", "private_address"),
        ("0.0.0.1", "private_address"),
        ("100.64.0.1", "private_address"),
        ("[::1]", "private_address"),
        ("[fe80::1]", "private_address"),
        ("[::ffff:10.0.0.1]", "private_address"),
        ("192.0.2.1", "private_address"),
        ("localhost", "local_name"),
        ("build", "local_name"),
        ("db.internal", "local_name"),
        ("a.svc", "local_name"),
        ("metadata.google.internal", "local_name"),
        ("metadata.goog", "local_name"),
        ("xn--pple-43d.com", "lookalike_host"),
        ("a.xn--p1ai", "lookalike_host"),
        ("\u0430pple.com", "lookalike_host"),
        ("github.io", "public_suffix"),
        ("co.uk", "public_suffix"),
        ("api.example.com", ""),
        ("a.github.io", ""),
        ("8.8.8.8", ""),
    ],
)
def test_hosts(name: str, expected: str) -> None:
    assert host(name) == expected
    wanted = expected or ("" if not name.startswith("\u0430") else "unreadable_host")
    assert command("curl", f"https://user@{name}:8443/x?y") == wanted


def test_addresses_behind_a_name() -> None:
    assert host("api.example.com", resolved=["93.184.216.34"]) == ""
    assert host("api.example.com", resolved=["93.184.216.34", "10.0.0.7"]) == "private_address"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("localhost:3000", "local_name"),
        ("me@localhost", "local_name"),
        ("10.1.2.3:22", "private_address"),
        ("me@192.168.0.1", "private_address"),
        ("--host=127.0.0.1", "private_address"),
        ("http://0x7f.1/", "unreadable_host"),
        ("http://ex_ample.com/", "unreadable_host"),
        ("5", ""),
        ("1.2", ""),
        ("a:b", ""),
        ("https://api.example.com/x", ""),
    ],
)
def test_hosts_in_arguments(argument: str, expected: str) -> None:
    assert command("fetch", argument) == expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["python", "-c", "1"], "interpreter_code"),
        (["python3.12", "-m", "x"], "interpreter_code"),
        (["bash", "-c", "id"], "interpreter_code"),
        (["sh"], "interpreter_code"),
        (["/bin/sh"], "interpreter_code"),
        (["node", "-e", "1"], "interpreter_code"),
        (["node", "--require", "x", "y.js"], "interpreter_code"),
        (["perl", "-"], "interpreter_code"),
        (["python", "/dev/stdin"], "interpreter_code"),
        (["bash", "/proc/self/fd/0"], "interpreter_code"),
        (["python", "a.py", "-c"], ""),
        (["python", "--version"], ""),
        (["sudo", "ls"], "hidden_command"),
        (["env", "ls"], "hidden_command"),
        (["env"], "hidden_command"),
        (["timeout", "5", "ls"], "hidden_command"),
        (["xargs", "rm"], "hidden_command"),
        (["ssh", "h", "id"], "hidden_command"),
        (["eval", "x"], "hidden_command"),
        (["busybox", "sh"], "hidden_command"),
        (["/usr/bin/nohup", "x"], "hidden_command"),
        (["find", ".", "-delete"], "guarded_option"),
        (["find", ".", "-exec", "id", ";"], "guarded_option"),
        (["git", "branch", "-D", "x"], "guarded_option"),
        (["git", "-c", "a=b", "log"], "guarded_option"),
        (["sort", "-o", "x", "y"], "guarded_option"),
        (["sed", "-i", "s/a/b/", "x"], "guarded_option"),
        (["sed", "s/a/b/e", "x"], "code_operand"),
        (["awk", "{system(1)}"], "code_operand"),
        (["sed", "5p", "x"], ""),
        (["git", "status"], ""),
        (["ls", "-la"], ""),
        (["echo", TOKEN], "secret_value"),
        (["redis-cli", "-u", "redis://:hunter2hunter2@db.example.com:6379/0"], "secret_value"),
        (["redis-cli", "-u", "redis://db.example.com:6379/0"], ""),
        (["curl", "-H", "Authorization: Bearer  abcdefghijklmnopqrstuv"], "secret_value"),
        (["echo", "ws_0123456789abcdef_" + "a" * 43], "secret_value"),
        (["x", "a\nb"], "unprintable"),
        (["x", "a\u202eb"], "unprintable"),
        (["x", "a\u200bb"], "unprintable"),
        (["x", "a\x1b[2K"], "unprintable"),
    ],
)
def test_commands(argv: list[str], expected: str) -> None:
    assert command(*argv) == expected
    request = Request("a", "execute", "shell", "x", {"commands": [["ls"], argv]})
    found = screen(request, lambda one: name_in(one, SECRETS))
    assert (found.code if found else "") == expected


@pytest.mark.parametrize(
    ("kind", "text", "action", "expected"),
    [
        ("tool", TOKEN, "call", "secret_value"),
        ("tool", "a\x1b]0;x\x07", "call", "unprintable"),
        ("tool", "mcp__x__y", "call", ""),
        ("llm", "gpt-4", "request", ""),
        ("system", "GITHUB_TOKEN", "env.read", "secret_variable"),
        ("system", "db_password", "env.read", "secret_variable"),
        ("system", "LD_PRELOAD", "env.write", "secret_variable"),
        ("system", "LD_PRELOAD", "env.read", ""),
        ("system", "TZ", "env.write", ""),
        ("file", "./a\nb", "read", "unprintable"),
        ("file", "./a\u2066b", "read", "unprintable"),
        ("file", "./" + "a" * MAX_BYTES, "read", "too_long"),
    ],
)
def test_other_texts(kind: str, text: str, action: str, expected: str) -> None:
    assert code(kind, text, action) == expected


def test_a_label_that_is_a_secret() -> None:
    assert code("data", "x", "store", classification=["public", TOKEN]) == "secret_value"
    assert code("data", "x", "store", classification=["public"]) == ""
