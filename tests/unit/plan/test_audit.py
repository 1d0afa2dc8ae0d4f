"""What documents say of the audit log: the strictest of all holds, and nothing is guessed."""

from __future__ import annotations

import itertools
import json

import pytest

from wilkc.analyze.difference import compare
from wilkc.cli.library import read_library
from wilkc.cli.review.gate import refusals
from wilkc.compiler import check, compile_sources, understand
from wilkc.core.audit_settings import AUDIT_MEMBER, AuditSettings, CategoryLevels, ContentDays

SPEC = b"permissions: {filesystem: {read: [./a]}}\n"
SEED = b"""\
audit:
  logging:
    events:
      security: {level: Critical, retention: 1 year, encryption: Required}
      access: {level: High, retention: 6 months, detail: Full context}
      operation: {level: Standard, retention: 3 months, sampling: Configurable}
    storage: {type: Append-only, encryption: At-rest, backup: Regular}
  monitoring:
    realtime: {alerts: Immediate, thresholds: Configurable, response: Automated}
    analysis: {pattern: ML-based, reporting: Scheduled, retention: Configurable}
"""
ALL_SAID = b"""\
audit:
  retention_days: 400
  classes: {security: {retention: 1y}, operation: {retention: 36h, sample_permille: 250}}
  mode: checkpoint
  clear_details: [action, bytes]
  seal_resources: true
  record_input: false
  risk_profile: seed
  segment_bytes: 1MiB
  segment_seconds: 1h
  checkpoint_events: 10
  checkpoint_seconds: 5
  wait_ms: 100
  reserve_bytes: 1MiB
  min_free_bytes: 2MiB
"""


def _settings(*documents: bytes) -> AuditSettings | None:
    sources = {f"{number}.yaml": text for number, text in enumerate((SPEC, *documents))}
    audit = understand(sources).plan.audit
    return audit.settings if audit else None


def _found(*documents: str) -> list[tuple[str, str, int]]:
    sources = {f"{number}.yaml": text.encode() for number, text in enumerate(documents)}
    return [(one.code, one.span.file, one.span.line) for one in check(sources)]


def test_nothing_said_leaves_the_bundle_as_it_was() -> None:
    assert _settings() is None
    files = compile_sources({"a.yaml": SPEC}, read_library()).files
    assert AUDIT_MEMBER not in files


def test_the_seeds_say_how_long_content_can_be_opened() -> None:
    wanted = ContentDays(security=365, access=180, operation=90)
    assert _settings(SEED) == AuditSettings(content_days=wanted)
    assert _settings(b"audit: {classes: seed}\n") == AuditSettings(content_days=wanted)


def test_every_setting_arrives_in_the_bundle_and_in_its_revision() -> None:
    wanted = AuditSettings(
        mode="checkpoint",
        clear_details=("action", "bytes"),
        seal_resources=True,
        record_input=False,
        risk_profile="seed",
        retention_days=400,
        content_days=ContentDays(security=365, operation=2),
        sample_permille=250,
        segment_bytes=1 << 20,
        segment_seconds=3600,
        checkpoint_events=10,
        checkpoint_seconds=5,
        wait_ms=100,
        reserve_bytes=1 << 20,
        min_free_bytes=2 << 20,
    )
    assert _settings(ALL_SAID) == wanted
    library = read_library()
    compiled = compile_sources({"a.yaml": SPEC, "b.yaml": ALL_SAID}, library)
    member = json.loads(compiled.files[AUDIT_MEMBER])
    assert AuditSettings.from_json(member) == wanted
    other = ALL_SAID.replace(b"wait_ms: 100", b"wait_ms: 101")
    changed = compile_sources({"a.yaml": SPEC, "b.yaml": other}, library)
    assert changed.revision != compiled.revision


PAIRS = [
    ("retention_days", "retention_days: 100", "retention_days: 200", 200),
    ("sample_permille", "classes: {operation: {sample_permille: 5}}",
     "classes: {operation: {sample_permille: 900}}", 900),
    ("mode", "mode: checkpoint", "mode: event", "event"),
    ("clear_details", "clear_details: [a, b, c]", "clear_details: [c, d, b]", None),
    ("seal_resources", "seal_resources: false", "seal_resources: true", True),
    ("record_input", "record_input: false", "record_input: true", True),
    ("segment_bytes", "segment_bytes: 2MiB", "segment_bytes: 1MiB", 1 << 20),
    ("segment_seconds", "segment_seconds: 2h", "segment_seconds: 1h", 3600),
    ("checkpoint_events", "checkpoint_events: 9", "checkpoint_events: 8", 8),
    ("checkpoint_seconds", "checkpoint_seconds: 9", "checkpoint_seconds: 8", 8),
    ("wait_ms", "wait_ms: 300", "wait_ms: 200", 200),
    ("reserve_bytes", "reserve_bytes: 1MiB", "reserve_bytes: 2MiB", 2 << 20),
    ("min_free_bytes", "min_free_bytes: 1MiB", "min_free_bytes: 2MiB", 2 << 20),
]  # fmt: skip


@pytest.mark.parametrize(("name", "loose", "strict", "wanted"), PAIRS, ids=[p[0] for p in PAIRS])
def test_the_stricter_of_two_holds_wherever_they_stand(
    name: str, loose: str, strict: str, wanted: object
) -> None:
    for one, other in itertools.permutations((loose, strict)):
        for pair in (
            [f"audit: {{{one}}}\n", f"audit: {{{other}}}\n"],
            [f"security_policy: {{global_settings: {{audit: {{{one}}}}}, audit: {{{other}}}}}\n"],
            [f"security_policy: {{audit: {{{one}}}}}\n", f"audit: {{{other}}}\n"],
        ):
            settings = _settings(*(text.encode() for text in pair))
            found = getattr(settings, name)
            assert sorted(found) == ["b", "c"] if wanted is None else found == wanted


def test_of_two_readings_content_is_kept_the_longer() -> None:
    settings = _settings(b"audit: {classes: {access: {retention: 10d}}}\n", SEED)
    assert settings is not None
    assert settings.content_days.access == 180
    # Content never outlives its record.
    short = _settings(b"audit: {retention_days: 30, classes: seed}\n")
    assert short is not None
    assert [short.days_of_content(name) for name in ("security", "access", "operation")] == [30] * 3


@pytest.mark.parametrize(
    "setting",
    [
        "enabled: false",
        "encryption: false",
        "encryption: 'Off'",
        "storage: {encryption: none}",
        "logging: {storage: {encryption: false}}",
        "logging: {events: {access: {encryption: false}}}",
        "retention_days: 36501",
        "wait_ms: 0",
        "wait_ms: 60001",
        "checkpoint_events: 0",
        "segment_bytes: 1KiB",
        "segment_seconds: 1s",
        "classes: {security: {retention: 0}}",
    ],
)
def test_what_no_log_can_do_is_refused_where_it_stands(setting: str) -> None:
    assert _found("permissions: {}\n", f"audit:\n  {setting}\n") == [("W154", "1.yaml", 2)]


def test_where_neither_is_stricter_both_are_shown() -> None:
    one, other = "audit: {risk_profile: seed}\n", "audit: {risk_profile: graded}\n"
    assert _found("permissions: {}\n", one, other) == [("W153", "2.yaml", 1)]
    assert _found("permissions: {}\n", one, one) == []


@pytest.mark.parametrize(
    "text",
    [
        "audit: {classes: seeds}\n",
        "audit: {classes: {access: {sample_permille: 5}}}\n",
        "audit: {classes: {operation: {sample_permille: 1001}}}\n",
        "audit: {clear_details: ['Actor Name']}\n",
        "audit: {mode: none}\n",
        "audit: {retention_days: 0}\n",
    ],
)
def test_a_setting_that_is_not_understood_is_an_error(text: str) -> None:
    found = _found("permissions: {}\n", text)
    assert [file for _, file, _ in found] == ["1.yaml"]


LOOSENED = [
    ("retention_days: 2555", "retention_days: 30", "retention_days"),
    ("retention_days: 2555", "classes: {operation: {sample_permille: 999}}", "sample_permille"),
    ("retention_days: 2555", "classes: {access: {retention: 10d}}", "content_days.access"),
    ("mode: event", "mode: checkpoint", "mode"),
    ("clear_details: [a]", "clear_details: [b]", "clear_details"),
    ("seal_resources: true", "seal_resources: false", "seal_resources"),
    ("record_input: true", "record_input: false", "record_input"),
    ("risk_profile: seed", "risk_profile: graded", "risk_profile"),
    ("segment_bytes: 1MiB", "segment_bytes: 2MiB", "segment_bytes"),
    ("segment_seconds: 1h", "segment_seconds: 2h", "segment_seconds"),
    ("checkpoint_events: 8", "checkpoint_events: 9", "checkpoint_events"),
    ("checkpoint_seconds: 8", "checkpoint_seconds: 9", "checkpoint_seconds"),
    ("wait_ms: 250", "wait_ms: 251", "wait_ms"),
    ("reserve_bytes: 2MiB", "reserve_bytes: 1MiB", "reserve_bytes"),
    ("min_free_bytes: 2MiB", "min_free_bytes: 1MiB", "min_free_bytes"),
]


@pytest.mark.parametrize(("before", "after", "name"), LOOSENED, ids=[one[2] for one in LOOSENED])
def test_a_loosened_setting_is_shown_and_gated(before: str, after: str, name: str) -> None:
    old, new = (
        understand({"a.yaml": SPEC, "audit.yaml": f"audit: {{{text}}}\n".encode()}).plan
        for text in (before, after)
    )
    widened, narrowed = compare(old, new), compare(new, old)
    looser = [one for one in widened.settings if one.kind == "looser"]
    assert [one.action for one in looser] == [name]
    assert looser[0].widens
    assert (looser[0].new or looser[0].old) is not None
    assert refusals(widened, "widening", (), ()) == ("1 setting of the audit log looser",)
    risky = refusals(widened, "risk:high", (), ())
    assert bool(risky) == (looser[0].risk == "high")
    assert refusals(widened, "any", (), ())
    tighter = [one for one in narrowed.settings if one.kind == "tighter"]
    assert [one.action for one in tighter] == [name]
    assert compare(old, old).settings == ()


def test_settings_that_vanish_fall_back_to_the_defaults_and_that_is_shown() -> None:
    old = understand({"a.yaml": SPEC, "b.yaml": b"audit: {seal_resources: true}\n"}).plan
    new = understand({"a.yaml": SPEC}).plan
    (change,) = compare(old, new).settings
    assert (change.kind, change.action, change.detail) == (
        "looser",
        "seal_resources",
        "true -> false",
    )
    assert change.new is None
    assert change.old is not None
    assert change.old.file == "b.yaml"


KEYS = b"""\
security_policy:
  version: '1.0'
  global_settings: {encryption: {key_rotation_days: %d, kek_overlap_days: %d}}
"""
MODEL = b"""\
core:
  network: {level: Critical, validation: Path-based, default: Deny-all, scope: [api]}
  fileSystem: {level: %b, validation: Path-based, default: Deny-all, scope: [read]}
  env: {level: Standard, validation: Path-based, default: No access, scope: [read]}
"""


def test_keys_change_as_often_as_the_policy_says() -> None:
    settings = _settings(KEYS % (30, 7))
    assert settings is not None
    assert (settings.key_rotation_days, settings.kek_overlap_days) == (30, 7)


def test_keys_that_never_change_or_overlap_for_ever_are_refused() -> None:
    for days, overlap in ((0, 7), (99_999, 7), (30, 31)):
        found = _found(SPEC.decode(), (KEYS % (days, overlap)).decode())
        assert [code for code, _, _ in found] != [], (days, overlap)
    assert _found(SPEC.decode(), (KEYS % (30, 30)).decode()) == []


@pytest.mark.parametrize("level", [b"Sensitive", b"High"])
def test_levels_of_categories_are_carried(level: bytes) -> None:
    settings = _settings(MODEL % level)
    assert settings is not None
    assert settings.levels == CategoryLevels(file="high", llm="critical", network="critical")
    assert _settings(MODEL.replace(b"Critical", b"Standard") % b"Standard") is None
