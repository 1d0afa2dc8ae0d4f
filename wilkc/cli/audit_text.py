"""What was verified, and records, as text for a person. Layer: cli."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from wilkc.cli.decision_text import printable
from wilkc.cli.exits import AUDIT_VERDICTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit import Verification

_INDENT: Final = " " * 10
_HEAD_DIGITS: Final = 12
_SIGNATURES: Final = {"all": "all signatures", "sample": "a sample of signatures"}


def verification_text(found: Verification) -> str:
    """What holds, what does not, and what was not assessed."""
    lines = _good(found) if found.ok else _bad(found)
    lines += _reported(found)
    if not found.ok:
        lines.append(f"exit {AUDIT_VERDICTS[found.verdict]} · `--format json` has the details")
    return "\n".join(map(printable, lines))


def record_text(record: Mapping[str, Any]) -> str:
    """One record on one line: number, time, actor, action, resource, answer, rule."""
    action, decision = record["action"], record["decision"]
    if decision is None:
        answer, rule = record["result"]["error"] or record["result"]["status"], ""
    else:
        answer = "yes" if decision["allow"] else f"no {decision['detail']}"
        rule = decision["rule"] or ""
    parts = [
        f"{record['seq']:>6}",
        record["ts"],
        f"{record['phase']:<7}",
        f"{record['actor']['id']:<12}",
        f"{action['type']:<17}",
        f"{action['resource']:<32}",
        f"{answer:<20}",
        rule,
    ]
    return printable("  ".join(parts).rstrip())


def _good(found: Verification) -> list[str]:
    first, last = (found.first or "")[:10], (found.last or "")[:10]
    key = "+".join((found.key or "").split("+")[:2])
    segments = _count(found.segments, "segment")
    events, checkpoints = _count(found.size, "event"), _count(found.checkpoints, "checkpoint")
    head = f"tree head {found.root[:_HEAD_DIGITS]}… signed by {key}"
    chain = f"key chain 0→{max(0, found.segments + len(found.pruned) - 1)}"
    signatures = "" if found.signatures == "none" else f", {_SIGNATURES[found.signatures]}"
    lines = [
        f"verified  {events} in {segments}, {first} … {last}, {head}",
        f"{_INDENT}chain, leaves, {checkpoints}{signatures}, {chain}, clock order",
        f"{_INDENT}covered up to event {found.covered:,}; {_tail(found)}",
    ]
    if found.witnesses:
        since = "" if found.cosigned is None else f", since {_time(found.cosigned)}"
        lines.append(f"{_INDENT}cosigned by {', '.join(found.witnesses)}{since}")
    if found.known:
        more = "whether the log had more is not known"
        lines.append(f"{_INDENT}known from elsewhere up to event {found.known:,}; {more}")
    if found.opened is not None:
        lines.append(f"{_INDENT}sealed members open under {_count(found.opened, 'key')}")
    return lines + [f"{_INDENT}not assessed: {what}" for what in _not_assessed(found)]


def _not_assessed(found: Verification) -> list[str]:
    """What nobody may take for passed."""
    missing = []
    if not found.anchored:
        missing.append("truncation, as no checkpoint from elsewhere was given")
    if found.witnesses and not found.anchored:
        missing.append("whether a newer checkpoint was cosigned: this one came with the log")
    if found.signatures != "all":
        missing.append(
            "signatures of events" if found.signatures == "none" else "signatures of other events"
        )
    if found.opened is None:
        missing.append("whether sealed members open, as no keys were given")
    if found.pruned:
        missing.append(f"the content of pruned events {', '.join(found.pruned)}")
    return missing


def _bad(found: Verification) -> list[str]:
    lines = [
        reason.replace(f"{found.verdict}: ", f"{found.verdict}  ", 1) for reason in found.reasons
    ]
    # The worst first, since that is what the exit code says.
    lines.sort(key=lambda line: not line.startswith(f"{found.verdict}  "))
    if found.last_good is None:
        lines.append(f"{_INDENT}no event verifies")
    else:
        lines.append(
            f"{_INDENT}{_count(found.size, 'event')} verify, the last is {found.last_good:,};"
            f" covered up to event {found.covered:,}"
        )
    return lines


def _tail(found: Verification) -> str:
    parts = [f"{_count(found.tail, 'event')} after the last checkpoint"] if found.tail else []
    if found.torn_bytes:
        parts.append(f"{found.torn_bytes} torn bytes")
    return ", ".join(parts) or "nothing after the last checkpoint"


def _reported(found: Verification) -> list[str]:
    facts = {
        "repaired crash or write error": found.recoveries,
        "record counted as lost": found.lost,
        "record left out by sampling": found.sampled,
        "reanchored segment": len(found.reanchors),
        "erased key": found.erased or 0,
        "step of the wall clock": found.clock_steps,
        "step back of the monotonic clock": found.clock_backwards,
    }
    told = [f"{count:,} times {what}" for what, count in facts.items() if count]
    return [f"{_INDENT}reported: {', '.join(told)}"] if told else []


def _time(seconds: int) -> str:
    """A time of a cosignature, which may be any that fits in 63 bits."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
