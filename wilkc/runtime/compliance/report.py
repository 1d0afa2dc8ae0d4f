"""A report from a log that verifies. Layer: runtime. Reads the log.

Nothing is reported from a log whose bytes were not all verified up to a checkpoint that was
kept elsewhere: else who changed the log would have written the report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import sha256_hex
from wilkc.core.dsse import Envelope, parse_envelope, signing_bytes
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.audit.drafts import Event
from wilkc.runtime.audit.note import parse_checkpoint
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.verification import Options, verify
from wilkc.runtime.compliance.body import FORMAT, encode_body, report_body
from wilkc.runtime.compliance.controls import STANDARDS
from wilkc.runtime.compliance.gathering import Gathered, Period
from wilkc.runtime.keys import verify_signature

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.core.audit_settings import RiskProfile
    from wilkc.runtime.audit.verification import Verification, VerifiedEvent
    from wilkc.runtime.audit.walk import Verdict
    from wilkc.runtime.compliance.controls import Standard
    from wilkc.runtime.keys import SegmentKey, VerifierKey

PAYLOAD_TYPE: Final = "application/vnd.wilk.audit-report+json"
ISSUED: Final = "report.issued"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class UnverifiedLogError(VerificationError):
    """The log does not verify up to the checkpoint, so there is no report.

    Args:
        found: what the verification says.
    """

    def __init__(self, found: Verification) -> None:
        super().__init__("there is no report, as the log does not verify up to the checkpoint")
        self.found = found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is to be about.

    Attributes:
        standard: whose controls.
        period: of the records.
        checkpoint: text of a checkpoint that was kept elsewhere; nothing after it is read.
        profile: by which levels of risk are computed anew; None counts those on record.
        signatures: whether each record's own signature is verified beside the checkpoint,
            whose root covers every byte of the records all the same.
        jobs: processes that verify segments, 1 to 64.
    """

    standard: Standard
    period: Period
    checkpoint: str
    profile: RiskProfile | None = None
    signatures: bool = True
    jobs: int = 1


def make_report(directory: Path, root: str, wanted: Wanted) -> dict[str, Any]:
    """The body of a report.

    Args:
        directory: of the log.
        root: verifier key of the root, from a place that the log's host cannot change.
        wanted: what it is to be about.

    Raises:
        UnverifiedLogError: the log does not verify up to the checkpoint, or records of the
            period were pruned.
        UsageError: there is no log, or a key, checkpoint or standard is malformed.
    """
    if wanted.standard not in STANDARDS:
        raise UsageError(f"there is no standard `{wanted.standard}`")
    try:
        checkpoint, _ = parse_checkpoint(wanted.checkpoint)
    except ValueError as error:
        raise UsageError(f"the checkpoint cannot be read: {error}") from error
    gathered = Gathered(wanted.standard, wanted.period, checkpoint.size, wanted.profile)

    def observe(event: VerifiedEvent) -> None:
        gathered.take(event.record)

    given = {"the checkpoint": wanted.checkpoint}
    # A writer may be at work: what follows the checkpoint is no part of the report.
    options = Options(
        signatures="all" if wanted.signatures else "none",
        accept_pruned=True,
        jobs=wanted.jobs,
        sealed_only=True,
    )
    found = verify(directory, root, given, live=True, observer=observe, options=options)
    if found.ok:
        found = _complete(found, gathered.missing())
    if not found.ok:
        raise UnverifiedLogError(found)
    return report_body(gathered, checkpoint)


def _complete(found: Verification, missing: list[tuple[int, int]]) -> Verification:
    """What was found, if nothing of the period is gone.

    What retention took before the period is no part of the report. What it took of the period
    may have shown a violation, so that nothing could be called evidenced.
    """
    reasons = tuple(
        f"INCOMPLETE: events {first:,} to {last:,} were pruned, and may be of the period"
        for first, last in missing
    )
    verdict: Verdict = "INCOMPLETE" if missing else found.verdict
    return replace(found, verdict=verdict, reasons=(*found.reasons, *reasons))


def read_period(start: str, end: str) -> Period:
    """The period between two days, the last one included, or between two times.

    Raises:
        UsageError: a day or time is malformed, or the period is empty.
    """
    period = Period(_moment(start, last=False), _moment(end, last=True))
    if period.start >= period.end:
        raise UsageError(f"the period from `{start}` to `{end}` holds no time")
    return period


def sign_report(body: dict[str, Any], key: SegmentKey) -> bytes:
    """The signed envelope (DSSE 1.0.2) of a report."""
    payload = encode_body(body)
    signature = key.key.sign(signing_bytes(PAYLOAD_TYPE, payload))
    return Envelope(PAYLOAD_TYPE, payload, key.kid, signature).encoded()


def open_report(data: bytes, key: VerifierKey) -> dict[str, Any]:
    """The body of a signed report; exactly the bytes that were verified are read.

    Raises:
        VerificationError: it is malformed, of another type, or not signed by the key.
    """
    envelope = parse_envelope(data)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise VerificationError(f"the envelope holds no report but `{envelope.payload_type}`")
    verify_signature(key.public, envelope.signature, envelope.signed)
    try:
        body = decode_json(envelope.payload)
    except ValueError as error:
        raise VerificationError(f"the report cannot be read: {error}") from error
    if not isinstance(body, dict) or body.get("v") != FORMAT:
        raise VerificationError(f"the report is of another format than `{FORMAT}`")
    return body


def issued_event(body: dict[str, Any], kid: str) -> Event:
    """The record that a report was issued: its digest, and what it is about."""
    return Event(
        type=ISSUED,
        resource=f"report:{body['standard']}",
        actor=WILK,
        details={
            "checkpoint": body["checkpoint"],
            "digest": sha256_hex(encode_body(body)),
            "kid": kid,
            "period": body["period"],
            "standard": body["standard"],
        },
        clear=True,
    )


def _moment(text: str, *, last: bool) -> str:
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text) + timedelta(days=int(last))
            return f"{day.isoformat()}T00:00:00.000000Z"
        if _TIME.fullmatch(text):
            moment = datetime.fromisoformat(text).astimezone(UTC)
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}Z"
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`{text}` is no day or time: {error}") from error
    raise UsageError(
        f"`{text}` is no day or time", help_text="write `2026-11-29` or `2026-11-29T10:00:00Z`"
    )
