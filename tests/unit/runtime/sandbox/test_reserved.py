"""What no rule mounts, whatever it names; beside it what the same rule gives elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

CANARY = "SECRET-CANARY"


@pytest.fixture
def secret(work: Any) -> Any:
    work.write(".wilk/keys/k.json", CANARY)
    work.write("keys/k.json", "hello")
    return work


@pytest.mark.parametrize(
    "rules",
    [
        {"files": ("./.wilk/keys/k.json",)},
        {"read": ("./.wilk/**",)},
        {"read": ("./.wilk/keys/**",)},
        {"each": ("./.wilk/**/*.json",)},
        {"write_files": ("./.wilk/keys/k.json",)},
        {"write": ("./.wilk/keys/**",)},
        {"write_each": ("./.wilk/*/*.json",)},
    ],
)
def test_what_is_always_hidden_is_mounted_by_no_rule(secret: Any, spec: Any, rules: Any) -> None:
    script = "cat .wilk/keys/k.json; echo x > .wilk/keys/k.json; echo x > .wilk/keys/new"
    ended = secret.sh(spec(**rules), script)
    assert (ended.kind, ended.stdout) == ("exited", ""), ended.message
    assert any("is always hidden" in one for one in ended.launch["reports"]["first"])
    assert (secret.path / ".wilk/keys/k.json").read_text() == CANARY
    assert not (secret.path / ".wilk/keys/new").exists()
    # The twin: the same rule for another place.
    elsewhere = {
        key: tuple(text.replace("/.wilk/keys", "/keys").replace("/.wilk", "") for text in texts)
        for key, texts in rules.items()
    }
    ended = secret.sh(spec(**elsewhere), "cat keys/k.json")
    assert ended.stdout == "hello", ended.message
    assert not any("always hidden" in one for one in ended.launch["reports"]["first"])


def test_a_link_to_what_is_always_hidden_mounts_nothing(secret: Any, spec: Any) -> None:
    (secret.path / "link").symlink_to(".wilk/keys")
    (secret.path / "other").symlink_to("keys")
    secret.own()
    files = ("./link/k.json", "./.wilk/keys/k.json", "./other/k.json", "./keys/k.json")
    ended = secret.sh(spec(files=files), "cat .wilk/keys/k.json keys/k.json")
    assert ended.stdout == "hello", ended.message
    said = [one for one in ended.launch["reports"]["first"] if "leads to what is always" in one]
    assert len(said) == 1


@pytest.mark.parametrize("name", [".wilk/new/k.json", "link/new.json"])
def test_nothing_is_made_where_all_is_always_hidden(secret: Any, spec: Any, name: str) -> None:
    (secret.path / "link").symlink_to(".wilk/keys")
    secret.own()
    places = (secret.path / ".wilk", secret.path / ".wilk/keys")
    before = [one.stat().st_mtime_ns for one in places]
    ended = secret.sh(spec(write_files=(f"./{name}", "./.wilk/keys/new.json")), "true")
    assert ended.kind == ("exited" if name.startswith(".wilk") else "sandbox_failed")
    assert [one.stat().st_mtime_ns for one in places] == before
    # The twin: elsewhere it is made, and removed as it stays empty.
    assert secret.sh(spec(write_files=("./keys/new.json",)), "test -f keys/new.json").exit == 0


def test_a_secret_is_no_program_tree(secret: Any, spec: Any) -> None:
    ended = secret.sh(spec(runtime_paths=(f"{secret.path}/.wilk/keys",)), "true")
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.precondition")
    assert "is always hidden" in ended.message
    shown = secret.sh(spec(runtime_paths=(f"{secret.path}/keys",)), "true")
    assert shown.kind == "exited", shown.message


def test_what_a_policy_blocks_is_still_the_policys_to_answer(secret: Any, spec: Any) -> None:
    """A plan whose mounts the policy denies starts nothing, as before."""
    rules = spec(files=("./keys/k.json",), block=("./keys",))
    ended = secret.sh(rules, "true")
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.disagrees_with_policy")
