"""Files that only one version may touch, and what must not be called a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.analyze.difference.conftest import clauses, plan_of, spec
from wilkc.analyze.difference import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.analyze.difference import AgentGroup

    Compared = Callable[..., AgentGroup]


def files(read: list[str], *blocked: str, **more: Any) -> dict[str, Any]:
    return {"filesystem": {"read": read, "metadata": {"blocked_paths": [*blocked], **more}}}


def test_an_added_entry_is_shown_with_a_shortest_path(compared: Compared) -> None:
    group = compared(files(["./src/**"]), files(["./src/**", "**/*.pem"]))
    assert clauses(group) == {("newly_allowed", "file read", "./.pem")}
    (change,) = group.changes
    assert change.old is None
    assert change.new is not None
    assert (change.new.text, change.risk) == ("**/*.pem", "high")
    assert change.why == "key files: secrets may be read"


def test_an_entry_within_others_changes_nothing(compared: Compared) -> None:
    old, new = files(["./src/**"]), files(["./src/**", "./src/a/*.ts"])
    assert clauses(compared(old, new)) == set()
    assert compared(old, new).reworded == 1


def test_two_entries_that_cover_a_third_together_are_found_to(compared: Compared) -> None:
    whole, parts = files(["./[ab]/*"]), files(["./a/*", "./b/*"])
    assert clauses(compared(whole, parts)) == clauses(compared(parts, whole)) == set()
    assert clauses(compared(whole, files(["./a/*"]))) == {("newly_denied", "file read", "./b/a")}


def test_a_removed_block_names_the_allow_that_it_held_back(compared: Compared) -> None:
    group = compared(files(["./src/**"], ".env*"), files(["./src/**"]))
    assert clauses(group) == {("newly_allowed", "file read", "./src/.env")}
    (change,) = group.changes
    assert change.old is not None
    assert change.new is not None
    assert (change.old.text, change.new.text) == (".env*", "./src/**")
    assert (change.risk, change.why) == ("high", "environment files: secrets may be read")


def test_a_block_that_another_one_covers_is_not_missed_when_it_goes(compared: Compared) -> None:
    assert (
        clauses(compared(files(["./**"], "**/a/**", "**/a/b/**"), files(["./**"], "**/a/**")))
        == set()
    )


def test_an_added_block_takes_away(compared: Compared) -> None:
    group = compared(files(["./src/**"]), files(["./src/**"], "*.key"))
    (change,) = group.changes
    assert clauses(group) == {("newly_denied", "file read", "./src/.key")}
    assert change.new is not None
    assert (change.new.text, change.risk, change.why) == ("*.key", "none", "")


def test_a_block_of_what_is_not_allowed_counts_for_other_names_only(compared: Compared) -> None:
    (change,) = compared(files(["./src/a"], "/etc/**"), files(["./src/a"])).changes
    assert change.witness is not None
    assert change.witness.id == "./src/a"
    assert change.witness.properties["aliases"] == ["/etc"]
    assert (change.kind, change.risk) == ("newly_allowed", "low")
    assert clauses(compared(files([], "/etc/**"), files([]))) == set()


def test_extensions_limit_writing_and_nothing_else(compared: Compared) -> None:
    def held(*extensions: str) -> dict[str, Any]:
        meta = {"allowed_extensions": [*extensions]}
        return {"filesystem": {"read": ["./a/*"], "write": ["./a/*"], "metadata": meta}}

    assert clauses(compared(held(".ts"), held(".ts", "MD"))) == {
        ("newly_allowed", "file write", "./a/a.md")
    }
    assert clauses(compared(held(".ts"), held(".TS"))) == set()
    assert clauses(compared(held(".ts"), held())) == {("newly_denied", "file write", "./a/a.ts")}


def test_directories_need_no_extension(compared: Compared) -> None:
    def held(*write: str) -> dict[str, Any]:
        return {"filesystem": {"write": [*write], "metadata": {"allowed_extensions": [".ts"]}}}

    (change,) = compared(held("./a.ts"), held("./a.ts", "./b")).changes
    assert change.witness is not None
    assert (change.witness.id, change.witness.properties) == ("./b", {"directory": True})


def test_case_is_folded_as_the_specification_says(compared: Compared) -> None:
    lower, both = files(["./a"]), files(["./a", "./A"])
    assert clauses(compared(lower, both, case="insensitive")) == set()
    assert clauses(compared(lower, both)) == {("newly_allowed", "file read", "./A")}


def test_every_action_by_itself(compared: Compared) -> None:
    for action in ("read", "write", "execute", "delete", "watch"):
        group = compared({"filesystem": {}}, {"filesystem": {action: ["./a"]}})
        assert clauses(group) == {("newly_allowed", f"file {action}", "./a")}


def test_a_size_limit_is_a_matter_of_degree(compared: Compared) -> None:
    old, new = files(["./a"], max_file_size=100), files(["./a"], max_file_size=50)
    assert clauses(compared(old, new)) == {("tighter", "file max_file_size", "100 -> 50")}
    assert clauses(compared(new, old)) == {("looser", "file max_file_size", "50 -> 100")}
    assert clauses(compared(old, files(["./a"]))) == {
        ("looser", "file max_file_size", "100 -> no limit")
    }
    (change,) = compared(new, old).changes
    assert change.witness is not None
    assert change.witness.properties == {"size": 51}


def test_limits_of_what_only_one_version_grants_are_not_compared(compared: Compared) -> None:
    old, new = files(["./a"], max_file_size=100), files(["./b"], max_file_size=50)
    assert {kind for kind, *_ in clauses(compared(old, new))} == {"newly_allowed", "newly_denied"}


def test_entangled_patterns_are_left_undecided_within_a_budget() -> None:
    marks = "?" * 14
    old = plan_of(spec(files([f"./*a{marks}", f"./*[!a]{marks}"])))
    new = plan_of(spec(files([f"./*{marks}?"])))
    group = compare(old, new, budget=2_000).groups[0]
    assert {(one.type, one.action) for one in group.undecided} == {("file", "read")}
    assert "budget" in group.undecided[0].why
    assert group.widens
    assert group.risk == "high"


def test_risks_go_by_all_that_is_newly_allowed(compared: Compared) -> None:
    def risk(action: str, pattern: str, *blocked: str) -> tuple[str, str]:
        old: dict[str, Any] = {"filesystem": {"metadata": {"blocked_paths": [*blocked]}}}
        new: dict[str, Any] = {"filesystem": {action: [pattern], **old["filesystem"]}}
        (change,) = compared(old, new).changes
        return change.risk, change.why

    secrets = (
        ".env*",
        "*.{pem,key,p12,pfx,jks,keystore,kdbx,ppk,gpg,tfstate}",
        "id_*",
        ".*",
        "config",
    )
    assert risk("read", "./docs/**/*.md") == ("low", "further files may be read")
    assert risk("read", "./docs/**")[0] == "high"
    assert risk("read", "./docs/**", *secrets) == ("low", "further files may be read")
    assert risk("read", "~/.aws/credentials") == ("high", "cloud credentials: secrets may be read")
    assert risk("write", "./.github/**/*.yml")[1] == "CI files, which others run, may be written"
    assert risk("write", "./Makefile")[0] == "high"
    assert risk("write", "./out/*.txt") == ("high", "build files, which others run, may be written")
    assert risk("write", "./out/*.html") == ("medium", "further files may be written")
    assert risk("execute", "./scripts/*.sh") == ("medium", "further files may be run")
