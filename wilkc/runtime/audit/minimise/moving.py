"""Moving what was found under seal. Layer: runtime. Pure.

All clear text of a record is looked through: resource, actor, context and details. If the
look itself fails, everything is sealed: a fault must not be what lets a secret out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.minimise.patterns import kinds_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.minimise.patterns import Kind
    from wilkc.runtime.audit.record import Draft

_DETAILS: Final = "action.details"
_OWN: Final = "owner"
"""The process that is to report the outcome, which Wilk itself writes and needs."""
_UNNAMED: Final = "?"
_RANDOM_ID: Final = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}", re.ASCII
)
"""A UUID, or a trace id of W3C Trace Context: too long for any number that is looked for."""
_TAGS: Final = {"personal": "gdpr", "secret": "secret"}
_EVERYTHING: Final[tuple[Kind, ...]] = ("personal", "secret")


def minimise(draft: Draft, plain: Mapping[str, bytes]) -> tuple[Draft, dict[str, bytes]]:
    """The draft without the clear values that hold personal data or secrets.

    Args:
        draft: a record whose details were written by somebody else than Wilk itself.
        plain: member path to the bytes to seal already.

    Returns:
        The draft, and what is to be sealed now; tags `gdpr` and `secret` tell what was found.
    """
    texts = _texts(draft)
    try:
        if not kinds_in("\n".join(texts.values())):
            return draft, dict(plain)
        found = {path: kinds_in(text) for path, text in texts.items()}
    except Exception:  # noqa: BLE001  # whatever it is, nothing may stand in clear after it
        found = {path: set(_EVERYTHING) for path in texts}
    hits = {path for path, kinds in found.items() if kinds}
    tags = {_TAGS[kind] for kinds in found.values() for kind in kinds}
    return _moved(draft, dict(plain), texts, hits, tags)


def _texts(draft: Draft) -> dict[str, str]:
    """The clear texts by the path under which they would be sealed."""
    texts = {"action.resource": draft.resource, "actor.id": draft.actor.id}
    texts |= {
        f"context.{name}": text
        for name, text in draft.context.items()
        if text is not None and not _RANDOM_ID.fullmatch(text)
    }
    texts |= {
        f"{_DETAILS}.{name}": value if isinstance(value, str) else json.dumps(value, default=str)
        for name, value in draft.details.items()
        if name != _OWN and not isinstance(value, bool | int)
    }
    return texts


def _moved(
    draft: Draft, plain: dict[str, bytes], texts: Mapping[str, str], hits: set[str], tags: set[str]
) -> tuple[Draft, dict[str, bytes]]:
    details = {
        name: value for name, value in draft.details.items() if f"{_DETAILS}.{name}" not in hits
    }
    moved = {name: value for name, value in draft.details.items() if name not in details}
    if moved:
        sealed: dict[str, Any] = json.loads(plain.get(_DETAILS, b"{}"))
        plain[_DETAILS] = json.dumps({**sealed, **moved}, default=str).encode()
    for path in hits:
        if not path.startswith(f"{_DETAILS}."):
            plain.setdefault(path, texts[path].encode("utf-8", "backslashreplace"))
    context = {
        name: None if f"context.{name}" in hits else text for name, text in draft.context.items()
    }
    resource, actor = draft.resource, draft.actor
    if "action.resource" in hits:
        resource = resource.partition(":")[0]
        resource = _UNNAMED if _may_hold(resource) else resource
    if "actor.id" in hits:
        actor = actor._replace(id=_UNNAMED)
    tags |= set(draft.tags)
    return (
        draft._replace(
            details=details, context=context, resource=resource, actor=actor,
            tags=tuple(sorted(tags)),
        ),
        plain,
    )  # fmt: skip


def _may_hold(text: str) -> bool:
    """Whether a text may hold something that must not stand in clear."""
    try:
        return bool(kinds_in(text))
    except Exception:  # noqa: BLE001  # as above
        return True
