"""What LibreChat allows, from an export in the shapes of its database: each yes beside a no."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.adapters.librechat import ACTIONS, Export, Matter
from wilkc.adapters.librechat.holding import implied_by
from wilkc.adapters.librechat.mapping import judge

if TYPE_CHECKING:
    from wilkc.adapters.librechat import Verdict

EXPORT = Export.read(Path(__file__).parents[3] / "data" / "librechat")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ANN, BOB, EVE, TIM, ROOT = (f"{number:024x}" for number in range(1, 6))
REPORT, OPEN, SPLIT = (Matter(agent=f"agent_{name}") for name in ("report", "open", "split"))
ACME = Matter(agent="agent_acme")
PLAN, DATA, ACME_FILE = (Matter(file=f"file-{name}") for name in ("plan", "data", "acme"))
TICKETS = Matter(server="tickets")
NOTHING = Matter()


def verdict(user: str, action: str, matter: Matter, now: datetime = NOW) -> Verdict:
    facts = EXPORT.facts(user, matter)
    assert facts
    return judge(action, facts, now)


@pytest.mark.parametrize(
    ("action", "matter", "yes", "no"),
    [
        # Used: the word, and VIEW on a certain agent; public entries are for everybody.
        ("agents.use", NOTHING, [ANN, BOB, EVE, TIM, ROOT], []),
        ("agents.use", REPORT, [ANN, BOB, ROOT], [EVE, TIM]),
        ("agents.use", OPEN, [ANN, BOB, EVE, ROOT], [TIM]),
        ("agents.use", Matter(agent="agent_nobody"), [], [ANN, ROOT]),
        ("agents.create", NOTHING, [ANN, BOB, ROOT], [EVE, TIM]),
        ("agents.modify", REPORT, [ANN, BOB, ROOT], [EVE, TIM]),
        ("agents.modify", OPEN, [ROOT], [ANN, BOB, EVE, TIM]),
        ("agents.modify", NOTHING, [], [ANN, ROOT]),
        ("agents.delete", REPORT, [ANN, ROOT], [BOB, EVE, TIM]),
        # Shared: the role's word and the bit, both; an old role says it by another word.
        ("agents.share", REPORT, [ROOT], [ANN, BOB, EVE, TIM]),
        ("agents.share_public", REPORT, [ROOT], [ANN, BOB, EVE, TIM]),
        # VIEW by one entry and EDIT by another: either, by itself.
        ("agents.use", SPLIT, [ANN, ROOT], [BOB, EVE]),
        ("agents.modify", SPLIT, [ANN, BOB, ROOT], [EVE]),
        # Whoever is of a tenant has what is of that tenant, and nothing else.
        ("agents.modify", ACME, [TIM], [ANN, BOB, EVE, ROOT]),
        ("agents.delete", ACME, [], [TIM, ROOT]),  # by an entry of no tenant alone
        # Files: owned, or carried by an agent; with both bits of one entry to delete.
        ("files.read", PLAN, [ANN, BOB], [EVE, TIM, ROOT]),
        ("files.read", DATA, [ANN, BOB, ROOT], [EVE, TIM]),
        ("files.search", DATA, [ANN, BOB, ROOT], [EVE, TIM]),
        ("files.write", DATA, [ANN, BOB, ROOT], [EVE, TIM]),
        ("files.delete", DATA, [ANN, BOB, ROOT], [EVE, TIM]),
        ("files.read", ACME_FILE, [TIM], [ANN, ROOT]),
        ("files.read", NOTHING, [], [ANN, ROOT]),
        ("mcp.use", TICKETS, [BOB], [ANN, EVE, TIM, ROOT]),
        ("mcp.use", NOTHING, [], [BOB, ROOT]),
        ("mcp.create", NOTHING, [ROOT], [ANN, BOB, EVE, TIM]),
        ("exec.code", NOTHING, [ANN, BOB, ROOT], [EVE, TIM]),
        ("web.search", NOTHING, [ANN, BOB, ROOT], [EVE, TIM]),
        ("system.admin", NOTHING, [ROOT], [ANN, BOB, EVE, TIM]),
        ("system.config", NOTHING, [ROOT], [ANN, BOB, EVE, TIM]),
        ("system.config.read", NOTHING, [BOB, ROOT], [ANN, EVE, TIM]),
        ("agents.fly", REPORT, [], [ANN, ROOT]),
    ],
)
def test_each_action(action: str, matter: Matter, yes: list[str], no: list[str]) -> None:
    assert {user: verdict(user, action, matter).allowed for user in yes + no} == {
        **dict.fromkeys(yes, True),
        **dict.fromkeys(no, False),
    }


def test_every_action_is_tested() -> None:
    marks = test_each_action.pytestmark  # type: ignore[attr-defined]  # set by the decorator
    assert {case[0] for case in marks[0].args[1]} - {"agents.fly"} == set(ACTIONS)


def test_what_expires_counts_until_then_and_no_longer() -> None:
    end = datetime(2026, 3, 2, 9, tzinfo=UTC)
    before = datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC)
    assert verdict(EVE, "agents.use", REPORT, before).allowed
    assert not verdict(EVE, "agents.use", REPORT, end).allowed
    assert verdict(ANN, "system.admin", NOTHING, before).allowed
    assert not verdict(ANN, "system.admin", NOTHING).allowed


def test_bits_of_two_entries_are_not_added_up() -> None:
    # LibreChat's effective permissions of Ann would be VIEW and EDIT; its check wants one entry.
    facts = EXPORT.facts(ANN, SPLIT)
    assert facts
    carrying = facts.agent
    assert carrying
    from wilkc.adapters.librechat.holding import Holder  # noqa: PLC0415  # the rule by itself

    holder = Holder(facts, NOW)
    assert holder.has_bits("agent", carrying, 1)
    assert holder.has_bits("agent", carrying, 2)
    assert not holder.has_bits("agent", carrying, 3)
    assert not holder.has_bits("agent", carrying, 0)
    assert not holder.has_bits("remoteAgent", carrying, 1)


def test_a_verdict_says_what_it_rests_on() -> None:
    assert verdict(ANN, "agents.modify", REPORT).because == "EDIT on the agent"
    assert verdict(ROOT, "agents.modify", REPORT).because == "the capability manage:agents"
    assert verdict(EVE, "agents.create", NOTHING).because == "AGENTS USE and CREATE is missing"
    assert verdict(EVE, "files.read", NOTHING).because == "there is no such file"


@pytest.mark.parametrize(
    ("capability", "by"),
    [
        ("read:configs:agents", {"read:configs:agents", "manage:configs:agents", "read:configs",
                                 "manage:configs"}),
        ("manage:configs", {"manage:configs"}),
        ("access:admin", {"access:admin"}),
    ],
)  # fmt: skip
def test_what_implies_a_capability(capability: str, by: set[str]) -> None:
    assert implied_by(capability) == by
