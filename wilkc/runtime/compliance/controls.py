"""Controls of the standards, and what in a log is evidence for them. Layer: runtime. Values only.

Sources: AICPA Trust Services Criteria (2017, points of focus 2022); Regulation (EU) 2016/679;
45 CFR part 164. What a control asks beyond the log stands beside it, so that nobody takes a
report for more than it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.runtime.audit.own import SETTINGS_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Record = Mapping[str, Any]

Standard = Literal["SOC2", "GDPR", "HIPAA"]
STANDARDS: Final[tuple[Standard, ...]] = ("SOC2", "GDPR", "HIPAA")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A question to the records; each record that answers it is evidence.

    Attributes:
        name: what is looked for.
        fits: whether a record of the types is it.
        types: action types; a text that ends with a dot stands for all that begin so. Empty
            looks at every intent.
        needed: whether a control without it has no evidence.
    """

    name: str
    fits: Callable[[Record], bool]
    types: tuple[str, ...]
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Control:
    """One control.

    Attributes:
        id: as its standard numbers it.
        title: what it asks for.
        evidence: what is looked for in the log; empty cannot be seen in any log of Wilk.
        unseen: what of the control is outside the log.
    """

    id: str
    title: str
    evidence: tuple[Evidence, ...]
    unseen: str


def _any(_: Record) -> bool:
    return True


def _decided(record: Record) -> bool:
    decision = record["decision"]
    return bool(decision and decision["revision"] and decision["rule"])


def _denied(record: Record) -> bool:
    return record["decision"] is not None and not record["decision"]["allow"]


def _granted(record: Record) -> bool:
    # An agent may ask for such a thing as often as it likes: what was denied changed nothing.
    return not _denied(record)


def _declared(record: Record) -> bool:
    return bool(record["action"]["resource"] == SETTINGS_RESOURCE)


def _succeeded(record: Record) -> bool:
    return bool(record["result"]["status"] == "success")


def _sandboxed(record: Record) -> bool:
    return bool(record["decision"] and "shell.sandbox" in record["decision"]["conditions"])


def _sealed(record: Record) -> bool:
    return bool(record["sealed"])


def _purposeful(record: Record) -> bool:
    return bool({"gdpr", "hipaa"} & set(record["security"]["compliance_tags"]))


def _complete(record: Record) -> bool:
    return bool(record["action"]["details"].get("state") == "complete")


_DECISIONS: Final = Evidence("decisions with their rule and bundle", _decided, ())
_DENIALS: Final = Evidence("denials", _denied, (), needed=False)
_SEALED: Final = Evidence("decisions whose content is sealed", _sealed, ())
_KEYS: Final = Evidence("changes of keys", _any, ("key.",), needed=False)
_VERIFIED: Final = Evidence("verifications of the log", _succeeded, ("verify.done",))
_HEADERS: Final = Evidence("segments begun, with their keys", _any, ("system.header",))
_SETTINGS: Final = Evidence("declared settings of the log", _declared, ("config.modify",))
_REVIEWS: Final = Evidence("reviews by a named person", _any, ("review.recorded",))
_RAISED: Final = Evidence("alerts raised", _any, ("alert.raised",))
_DELIVERED: Final = Evidence("alerts delivered", _any, ("alert.delivered",))
_TAKEN: Final = Evidence("alerts acknowledged", _any, ("alert.acknowledged",))
_NETWORK: Final = Evidence("decisions on the network", _decided, ("network.request",))
_SIGNS: Final = Evidence(
    "sign-ins and failures of them", _any, ("auth.login", "auth.failure", "auth.logout")
)
_GRANTS: Final = Evidence(
    "permissions granted or revoked, agents created or changed", _granted,
    ("permission.grant", "permission.revoke", "agent.create", "agent.modify", "agent.delete"),
)  # fmt: skip
_PERSONAL: Final = Evidence("records of personal data, by agent and category", _purposeful, ())

_SOC2: Final = (
    Control(
        "CC6.1", "Logical access is restricted", (_DECISIONS, _DENIALS, _KEYS),
        "sign-in to other systems",
    ),
    Control(
        "CC6.2", "Access is registered and authorised before it is given", (_GRANTS,),
        "joiners and leavers in the staff records",
    ),
    Control(
        "CC6.3", "Access is changed and removed by role and need", (_GRANTS,),
        "joiners and leavers in the staff records",
    ),
    Control("CC6.4", "Physical access is restricted", (), "buildings and media"),
    Control(
        "CC6.6", "Access from outside the boundary is restricted", (_NETWORK,),
        "traffic that bypasses Wilk",
    ),
    Control(
        "CC6.7", "Transmission of information is restricted", (_NETWORK,),
        "traffic that bypasses Wilk",
    ),
    Control(
        "CC6.8", "Unauthorised software is prevented or found",
        (
            Evidence("grants that demand the sandbox", _sandboxed, ("shell.execute",)),
            Evidence("registry actions", _any, ("registry.",), needed=False),
        ),
        "patching of hosts",
    ),
    Control(
        "CC7.2", "Anomalies are watched for", (_RAISED, _DELIVERED),
        "whether the reader understood",
    ),
    Control(
        "CC7.3", "Security events are evaluated", (_RAISED, _REVIEWS),
        "whether the reader understood",
    ),
    Control(
        "CC7.4", "Security incidents are responded to", (_TAKEN,),
        "whether the reader understood",
    ),
    Control(
        "CC8.1", "Changes are authorised, tested and approved",
        (
            Evidence("activated policies, with their digests", _any, ("policy.activated",)),
            Evidence("changes of the configuration", _any, ("config.modify",), needed=False),
        ),
        "code review in the version control system",
    ),
)  # fmt: skip
_GDPR: Final = (
    Control("5(1)(b)", "Purpose limitation", (), "purposes outside the log"),
    Control("5(1)(c)", "Data minimisation", (_SEALED,), "purposes outside the log"),
    Control(
        "5(1)(e)", "Storage limitation",
        (
            _HEADERS,
            Evidence("records pruned", _any, ("system.pruned",), needed=False),
        ),
        "purposes outside the log",
    ),
    Control(
        "5(1)(f)", "Integrity and confidentiality", (_VERIFIED, _SEALED), "purposes outside the log"
    ),
    Control(
        "17", "Right to erasure",
        (
            Evidence("erasures asked for", _any, ("erasure.requested",)),
            Evidence("erasures completed", _complete, ("key.destroyed",)),
        ),
        "copies outside the log",
    ),
    Control("25", "Data protection by design and by default", (_SEALED, _HEADERS), "organisation"),
    Control("32", "Security of processing", (_SEALED, _HEADERS, _KEYS), "organisation"),
    Control(
        "30", "Records of processing activities", (_PERSONAL,), "the register itself",
    ),
    Control(
        "33", "Notification of a breach", (_RAISED,),
        "when a person became aware, and so the 72 hours",
    ),
    Control("33(1)", "Notification within 72 hours", (), "when a person became aware"),
)  # fmt: skip
_HIPAA: Final = (
    Control(
        "164.308(a)(1)(ii)(D)", "Information system activity review", (_REVIEWS,),
        "quality of the review",
    ),
    Control(
        "164.308(a)(5)(ii)(C)", "Log-in monitoring", (_SIGNS,), "sign-in to other systems"
    ),
    Control(
        "164.308(a)(6)(ii)", "Response and reporting", (_RAISED, _TAKEN), "quality of the response"
    ),
    Control("164.312(a)(1)", "Access control", (_DECISIONS,), "access outside Wilk"),
    Control("164.312(a)(2)(i)", "Unique user identification", (_DECISIONS,), "accounts elsewhere"),
    Control("164.312(a)(2)(ii)", "Emergency access procedure", (), "emergency access"),
    Control("164.312(a)(2)(iv)", "Encryption and decryption", (_SEALED,), "other stores"),
    Control("164.312(b)", "Audit controls", (_DECISIONS, _VERIFIED), "activity outside Wilk"),
    Control("164.312(c)(1)", "Integrity", (_HEADERS,), "other stores"),
    Control(
        "164.312(c)(2)", "Mechanism to authenticate health information", (_VERIFIED,),
        "other stores",
    ),
    Control("164.312(d)", "Person or entity authentication", (_DECISIONS,), "sign-in elsewhere"),
    Control("164.312(e)(1)", "Transmission security", (_NETWORK,), "other channels"),
    Control(
        "164.316(b)(2)(i)", "Retention for six years", (_HEADERS, _SETTINGS), "paper"
    ),
)  # fmt: skip
CONTROLS: Final[Mapping[Standard, tuple[Control, ...]]] = {
    "SOC2": _SOC2,
    "GDPR": _GDPR,
    "HIPAA": _HIPAA,
}
