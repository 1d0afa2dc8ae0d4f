"""The variables a command sees. Layer: runtime. No I/O.

Nothing of the caller comes in unasked, and what loads code or leads to a service of the host
comes in only with a value that the policy itself gives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.language.names import name_matches, parse_name_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.sandbox_plan import Environment

PATH: Final = "/usr/local/bin:/usr/bin:/bin"
TMP: Final = "/tmp"  # noqa: S108  # the sandbox's own, made for the launch

_DANGEROUS: Final = (
    "LD_*", "PYTHON*", "BASH_ENV", "ENV", "NODE_OPTIONS", "PERL5*", "RUBYOPT",
    "JAVA_TOOL_OPTIONS", "GIT_*", "*_AGENT*", "SSH_AUTH_SOCK", "DBUS_*", "DISPLAY", "DOCKER_HOST",
    "GCONV_PATH", "IFS", "SHELLOPTS", "PS4", "WILK_*",
)  # fmt: skip
"""Loaders, interpreters' hooks and ways to services: never with the caller's value."""

# Repository configuration runs programs; these switch off what can be switched off
# (git-config(1), git(1)). git is contained by the sandbox, never made safe by this.
_GIT: Final = {
    "GIT_CONFIG_COUNT": "3",
    "GIT_CONFIG_KEY_0": "core.fsmonitor",
    "GIT_CONFIG_VALUE_0": "",
    "GIT_CONFIG_KEY_1": "core.hooksPath",
    "GIT_CONFIG_VALUE_1": "/dev/null",
    "GIT_CONFIG_KEY_2": "safe.bareRepository",
    "GIT_CONFIG_VALUE_2": "explicit",
    "GIT_ALLOW_PROTOCOL": "https",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "1",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
}
_HTTP: Final = "http://127.0.0.1:3128"
_NAMED: Final = {
    "HTTP_PROXY": _HTTP,
    "HTTPS_PROXY": _HTTP,
    "ALL_PROXY": "socks5h://127.0.0.1:1080",
    # The sandbox's own loopback.
    "NO_PROXY": "localhost,127.0.0.1,::1",
}
_PROXY: Final = {**_NAMED, **{name.lower(): value for name, value in _NAMED.items()}}


def environment(
    plan: Environment,
    caller: Mapping[str, str],
    home: str,
    *,
    proxied: bool = False,
    tmp: str = TMP,
) -> tuple[tuple[str, str], ...]:
    """The variables of one launch, sorted by name.

    Args:
        plan: what the policy lets through, cuts off and sets.
        caller: the caller's variables.
        home: the private home directory.
        proxied: whether the sandbox has a way out.
        tmp: the private temporary directory.
    """
    fixed = {"PATH": PATH, "HOME": home, "TMPDIR": tmp, "LANG": "C.UTF-8", "TERM": "dumb"}
    fixed |= _PROXY if proxied else {}
    let_through = {name: text for name, text in caller.items() if not _any(_DANGEROUS, name)}
    allowed = {name: text for name, text in let_through.items() if _any(plan.allow, name)}
    given = {variable.name: variable.value for variable in plan.set}
    asked = {
        name: text
        for name, text in {**allowed, **fixed, **given}.items()
        if name in fixed or not _any(plan.block, name)
    }
    # A block can take away what was asked for, never what Wilk adds for protection.
    return tuple(sorted({**_GIT, **fixed, **asked}.items()))


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(
        name_matches(pattern, name) for text in patterns for pattern in parse_name_rule(text)
    )
