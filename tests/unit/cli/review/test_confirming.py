"""Examples are asked of both versions, and a comparison that is wrong is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.review.conftest import asks, rule
from wilkc.analyze.difference import AgentGroup, Change, Comparison
from wilkc.cli.review import UnconfirmedError, confirm
from wilkc.compiler import plan_what_compiles
from wilkc.core.errors import UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.analyze.difference import Kind
    from wilkc.plan import Plan


def _plan(*read: str, size: str = "1MB") -> Plan:
    entries = ", ".join(f"'{one}'" for one in read)
    text = (
        f"permissions: {{filesystem: {{read: [{entries}], metadata: {{max_file_size: {size}}}}}}}\n"
    )
    return plan_what_compiles({"reviewer.yaml": text.encode()}).plan


def _comparison(kind: Kind, path: str) -> Comparison:
    change = Change(kind, "file", "read", asks(path), None, rule(path, 1))
    return Comparison(1, (AgentGroup(("reviewer",), "changed", (), (), (), (change,)),))


def test_what_is_true_is_confirmed_by_both(opa: Path) -> None:
    del opa
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    for kind, before, after in (("newly_allowed", old, new), ("newly_denied", new, old)):
        confirmed = confirm(_comparison(kind, "./.pem"), before, after)  # type: ignore[arg-type]
        assert str(confirmed) == (
            "the one example confirmed by the evaluator and by OPA on both versions"
        )


def test_a_new_agent_has_no_old_version(opa: Path) -> None:
    del opa
    nothing = plan_what_compiles({}).plan
    assert confirm(_comparison("newly_allowed", "./src/a"), nothing, _plan("./src/**")).by_opa


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("newly_allowed", "./src/a"),
        ("newly_allowed", "./docs/a"),
        ("newly_denied", "./.pem"),
        ("looser", "./docs/a"),
    ],
)
def test_what_is_not_true_is_a_defect(kind: Kind, path: str) -> None:
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    with pytest.raises(UnconfirmedError) as found:
        confirm(_comparison(kind, path), old, new)
    assert f'"id": "{path}"' in found.value.message
    assert "by the evaluator" in found.value.message


def test_a_looser_condition_shows_in_the_conditions(opa: Path) -> None:
    del opa
    old, new = _plan("./src/**"), _plan("./src/**", size="2MB")
    assert confirm(_comparison("looser", "./src/a"), old, new).examples == 1


def test_nothing_to_ask_is_said() -> None:
    plan = _plan("./src/**")
    assert str(confirm(Comparison(0, ()), plan, plan)) == "no example to confirm"


def test_without_opa_the_evaluator_alone_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def absent() -> None:
        raise UnavailableError("there is no OPA on this machine")

    monkeypatch.delenv("WILK_OPA", raising=False)
    monkeypatch.setattr("wilkc.cli.review.confirming.find_opa", absent)
    old, new = _plan("./src/**"), _plan("./src/**", "**/*.pem")
    confirmed = confirm(_comparison("newly_allowed", "./.pem"), old, new)
    assert "there is no OPA here" in str(confirmed)
    monkeypatch.setenv("WILK_OPA", str(tmp_path / "opa"))
    with pytest.raises(UnavailableError):
        confirm(_comparison("newly_allowed", "./.pem"), old, new)
