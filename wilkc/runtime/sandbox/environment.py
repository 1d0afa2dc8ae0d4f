"""The variables a command sees. Layer: runtime. No I/O.

Nothing of the caller comes in unasked, and what loads code or leads to a service of the host
comes in only with a value that the policy itself gives.
"""

from __future__ import annotations

import fnmatch
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from wilkc.language.names import name_matches, parse_name_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.sandbox_plan import Environment

PATH: Final = "/usr/local/bin:/usr/bin:/bin"
TMP: Final = "/tmp"  # noqa: S108  # the sandbox's own, made for the launch

_DANGEROUS: Final = (
    # Loaders and the C library.
    "LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "LOCPATH", "NLSPATH", "OPENSSL_CONF",
    "OPENSSL_ENGINES", "OPENSSL_MODULES",
    # Shells.
    "BASH_*", "BASHOPTS", "SHELLOPTS", "ENV", "IFS", "PS4", "PROMPT_COMMAND", "ZDOTDIR", "FPATH",
    "CDPATH", "SHELL", "INPUTRC",
    # Interpreters and their libraries.
    "PYTHON*", "PYTEST_*", "NODE_OPTIONS", "NODE_PATH", "PERL5*", "PERLLIB", "RUBYOPT", "RUBYLIB",
    "RUBYSHELL", "GEM_*", "BUNDLE_*", "PHPRC", "PHP_INI_SCAN_DIR", "LUA_*", "R_*", "TCLLIBPATH",
    "GUILE_LOAD_*", "JULIA_*", "ERL_*", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS",
    "CLASSPATH", "MAVEN_OPTS", "GRADLE_OPTS", "DOTNET_STARTUP_HOOKS", "CORECLR_*",
    # Options and settings of tools, and programs that tools start.
    "GIT_*", "npm_config_*", "PIP_*", "UV_*", "YARN_*", "CARGO_BUILD_*", "CARGO_TARGET_*",
    "RUSTC*", "RUSTFLAGS", "RUSTDOC*", "GOFLAGS", "GOENV", "MAKEFLAGS", "GNUMAKEFLAGS", "MAKEFILES",
    "GCC_EXEC_PREFIX", "COMPILER_PATH", "TAR_OPTIONS", "TAPE", "RSYNC_*", "RIPGREP_CONFIG_PATH",
    "GREP_OPTIONS", "CURL_HOME", "WGETRC", "LESS*", "PAGER", "MANPAGER", "MANOPT", "EDITOR",
    "VISUAL", "BROWSER", "VIMINIT", "EXINIT", "SSH_ASKPASS*", "SUDO_*",
    # Ways to services of the host.
    "*_AGENT*", "SSH_AUTH_SOCK", "DBUS_*", "DISPLAY", "WAYLAND_*", "DOCKER_*", "KUBECONFIG",
    "WILK_*",
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
    allowed = {
        name: text
        for name, text in caller.items()
        if _any(plan.allow, name) and not _dangerous().fullmatch(name)
    }
    given = {variable.name: variable.value for variable in plan.set}
    asked = {
        name: text
        for name, text in {**allowed, **fixed, **given}.items()
        if name in fixed or not _any(plan.block, name)
    }
    # A block can take away what was asked for, never what Wilk adds for protection.
    return tuple(sorted({**_GIT, **fixed, **asked}.items()))


@cache
def _dangerous() -> re.Pattern[str]:
    """One expression for all, as a launch asks of each variable; it is made when first needed.

    Some tools read the name of a variable in any case of letters.
    """
    return re.compile("|".join(map(fnmatch.translate, _DANGEROUS)), re.IGNORECASE)


def _any(patterns: tuple[str, ...], name: str) -> bool:
    return any(
        name_matches(pattern, name) for text in patterns for pattern in parse_name_rule(text)
    )
