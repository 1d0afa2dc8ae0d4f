"""The clocks of a zone: the reference and OPA read the same ones off the zones of this host."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import pytest

from wilkc.core.errors import PatternError
from wilkc.language.instants import instant_of
from wilkc.language.when import parse_zone
from wilkc.language.when.zones import minute_of_week

if TYPE_CHECKING:
    from pathlib import Path

ZONES = 60
INSTANTS = 60
QUERY = """[minute |
    some [zone, instant] in input
    now := time.parse_rfc3339_ns(instant)
    [hour, rest, _] := time.clock([now, zone])
    day := indexof("MonTueWedThuFriSatSun", substring(time.weekday([now, zone]), 0, 3)) / 3
    minute := ((day * 1440) + (hour * 60)) + rest
]"""


def _accepted(name: str) -> bool:
    try:
        return parse_zone(name) == name
    except PatternError:
        return False


def test_opa_has_the_clocks_of_every_zone_that_specs_may_name(
    opa: Path, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(f"{seed}/zones")
    known = sorted(name for name in available_timezones() if _accepted(name))
    assert len(known) > 400
    asked = [
        (zone, _instant(rng)) for zone in rng.sample(known, ZONES) for _ in range(INSTANTS)
    ]  # fmt: skip
    # The edges of summer time, to the second, in years of different rules.
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo"):
        for year in (1981, 2018, 2026, 2120):
            moment = datetime(year, 1, 1, tzinfo=UTC)
            for _ in range(366 * 4):
                moment += timedelta(hours=6)
                asked.append((zone, moment.strftime("%Y-%m-%dT%H:%M:%SZ")))
    folder = tmp_path / "asked.json"
    folder.write_text(json.dumps(asked), encoding="utf-8")
    done = subprocess.run(
        [opa, "eval", "-i", folder, "--strict-builtin-errors", "-f", "raw", QUERY],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[:1000]
    answers: list[Any] = json.loads(done.stdout)
    for (zone, text), answer in zip(asked, answers, strict=True):
        instant = instant_of(text)
        assert instant is not None
        assert minute_of_week(instant, zone) == answer, (zone, text, f"WILK_SEED={seed}")


def _instant(rng: random.Random) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=rng.randrange(229 * 365 * 86_400))
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + rng.choice(["Z", ".5Z", ".999999999Z"])


@pytest.mark.parametrize(
    "name",
    [
        "", "Local", "localtime", "Factory", "europe/berlin", "EUROPE/BERLIN", "Europe/Berlin ",
        "../etc/passwd", "/usr/share/zoneinfo/UTC", "posix/Europe/Berlin", "right/Europe/Berlin",
        "Europe//Berlin", "Europe/../UTC", "Europe", "CET\n", "UTC+1", "+01:00", "posixrules",
        "zone.tab", "Europe/Berlin\0", "Ｅurope/Berlin",
    ],
)  # fmt: skip
def test_other_names_are_no_zones(name: str) -> None:
    assert not _accepted(name)
