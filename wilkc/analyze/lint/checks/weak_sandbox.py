"""A sandbox is weaker than the organisation's default. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.spec import Sandbox

CODE: Final = "W212"


def _run(subject: Subject) -> Iterator[Finding]:
    policy, model = subject.policy, subject.model
    demanded = policy and policy.global_settings and policy.global_settings.sandbox
    if demanded is None or model is None or model.sandbox is None:
        return
    weaker = list(_weaker(model.sandbox))
    if weaker:
        path, _ = weaker[0]
        listed = ", ".join(f"`{'.'.join(keys)}: {_shown(value)}`" for keys, value in weaker)
        yield warning(
            CODE,
            f"weaker than the organisation's default sandbox: {listed}",
            subject.document.where(("sandbox", *path)),
            about=f"sandbox {listed}",
            advice="leave these keys out, or say why the agent needs them",
        )


def _weaker(section: Sandbox) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every key that gives up something which the default sandbox has, and its value."""
    isolation, security = section.isolation, section.security
    if isolation is not None:
        for key, strict in (
            ("level", {"strict"}),
            ("filesystem", {"restricted", "readonly"}),
            ("process", {"isolated"}),
            ("context", {"isolated"}),
            ("network", {"none", "restricted"}),
        ):
            value = getattr(isolation, key)
            if value is not None and value not in strict:
                yield ("isolation", key), value
    if security is not None and security.seccomp is False:
        yield ("security", "seccomp"), False
    for key in ("unix_sockets", "allow_root", "degraded"):
        value = getattr(section, key)
        if value:
            yield (key,), value


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


CHECK: Final = Check(CODE, _run)
