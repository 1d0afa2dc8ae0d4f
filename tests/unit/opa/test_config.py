"""The sidecar's configuration, authorization and capabilities, as the real OPA reads them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tools.capabilities import capabilities
from wilkc.opa.config import sidecar_command, sidecar_config

ROOT = Path(__file__).parents[3]
AUTHZ = ROOT / "wilkc" / "opa" / "authz.rego"
CAPABILITIES = ROOT / "policies" / "capabilities.json"
TOKEN = "t" * 8


def test_the_configuration_is_whole() -> None:
    keys = {"k": b"PEM"}
    config = json.loads(sidecar_config(port=1, token=TOKEN, keys=keys, scope="prod"))
    assert config == {
        "services": {
            "wilk": {"url": "http://127.0.0.1:1", "credentials": {"bearer": {"token": TOKEN}}}
        },
        "bundles": {
            "wilk": {
                "service": "wilk",
                "resource": "bundle.tar.gz",
                "signing": {"keyid": "k", "scope": "prod"},
                "polling": {
                    "min_delay_seconds": 1,
                    "max_delay_seconds": 5,
                    "long_polling_timeout_seconds": 30,
                },
            }
        },
        "keys": {"k": {"algorithm": "ES256", "key": "PEM"}},
        "caching": {"inter_query_builtin_value_cache": {"max_num_entries": 10_000}},
        "server": {"decoding": {"max_length": 65_536, "gzip": {"max_length": 65_536}}},
        "status": {"prometheus": True},
    }


def test_verification_stands_without_scope_too() -> None:
    config = json.loads(sidecar_config(port=1, token=TOKEN, keys={"k": b"PEM"}, scope=""))
    assert config["bundles"]["wilk"]["signing"] == {"keyid": "k"}


def test_of_two_keys_the_signature_names_one() -> None:
    keys = {"old": b"OLD", "new": b"NEW"}
    config = json.loads(sidecar_config(port=1, token=TOKEN, keys=keys, scope=""))
    assert config["bundles"]["wilk"]["signing"] == {}
    assert {name: one["key"] for name, one in config["keys"].items()} == {
        "old": "OLD",
        "new": "NEW",
    }


def test_the_command_is_hardened() -> None:
    command = sidecar_command("/opa", socket_name="opa.sock")
    text = " ".join(command)
    for part in ("--authorization basic", "--unix-socket-perm 600", "--skip-version-check"):
        assert part in text
    assert "--watch" not in text
    assert not {"-b", "--bundle"} & set(command)


def _opa(opa: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([opa, *arguments], capture_output=True, text=True, check=False)


def test_the_authorization_policy_passes_its_own_tests(opa: Path) -> None:
    done = _opa(opa, "test", AUTHZ, Path(__file__).with_name("authz_test.rego"), "--fail-on-empty")
    assert done.returncode == 0, done.stdout + done.stderr
    done = _opa(opa, "check", "--strict", "--capabilities", CAPABILITIES, AUTHZ)
    assert done.returncode == 0, done.stderr


def test_authorization_is_laid_out_by_opa_fmt(opa: Path) -> None:
    for path in (AUTHZ, Path(__file__).with_name("authz_test.rego")):
        assert _opa(opa, "fmt", "--list", path).stdout == ""


def _checked(opa: Path, folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    path = folder / "x.rego"
    path.write_text(f"package wilk.x\n\n{body}\n")
    return _opa(opa, "check", "--strict", "--capabilities", CAPABILITIES, path)


@pytest.mark.parametrize(
    "body",
    [
        'x := http.send({"method": "GET", "url": "http://localhost"})',
        "x := opa.runtime()",
        "x := time.now_ns()",
        'x := glob.match("*", [], input.x)',
        'x := net.lookup_ip_addr("localhost")',
        'x := rand.intn("x", 2)',
        'x := uuid.rfc4122("x")',
        'x if print("x")',
        'x := io.jwt.decode("x")',
        'x := $"{input.x}"',
        'x := graph.reachable({"a": ["b"]}, ["a"])',
        'x := crypto.md5("x")',
        'x := rego.parse_module("x", "x")',
    ],
)
def test_builtins_that_reach_out_are_compile_errors(opa: Path, tmp_path: Path, body: str) -> None:
    assert _checked(opa, tmp_path, body).returncode == 1


@pytest.mark.parametrize(
    "body",
    [
        'x if regex.match("^a$", input.x)',
        'x if net.cidr_contains("10.0.0.0/8", input.x)',
        "x if input.x in {1, 2}",
        'x := object.get(input, ["a", "b"], 1)',
        "x contains y if some y in input.z",
        "x contains y if walk(input.z, [_, y])",
        "x := [y | some y in input.z; y > 1]",
    ],
)
def test_what_wilk_uses_compiles(opa: Path, tmp_path: Path, body: str) -> None:
    done = _checked(opa, tmp_path, body)
    assert done.returncode == 0, done.stderr


def test_the_fixed_rego_keeps_to_the_capabilities(opa: Path) -> None:
    library = ROOT / "policies" / "lib"
    done = _opa(opa, "check", "--strict", "--capabilities", CAPABILITIES, library)
    assert done.returncode == 0, done.stderr


def test_every_builtin_is_one_of_opa_as_it_is(opa: Path) -> None:
    offered = json.loads(_opa(opa, "capabilities", "--current").stdout)
    signatures = {one["name"]: _plain(one) for one in offered["builtins"]}
    kept = json.loads(CAPABILITIES.read_text())
    assert kept == capabilities({"builtins": list(signatures.values())})
    assert kept["allow_net"] == []
    assert kept["future_keywords"] == []
    assert all(signatures[one["name"]] == one for one in kept["builtins"])


def _plain(value: object) -> object:
    if isinstance(value, dict):
        dropped = {"description", "categories", "introduced"}
        return {name: _plain(item) for name, item in value.items() if name not in dropped}
    return [_plain(item) for item in value] if isinstance(value, list) else value
