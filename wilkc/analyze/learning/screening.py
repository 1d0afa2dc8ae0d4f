"""Requests for which nothing is ever proposed, whoever asked. Layer: analyze (pure).

A log says what was tried, not what is right: whoever may ask can put anything into it. So what
would be harmful if a reviewer overlooked it is left to be written by hand. Nothing here makes a
decision: a request that is refused here stays as the policy has it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from wilkc.analyze.learning.commands import refused_command
from wilkc.analyze.learning.model import Reason
from wilkc.analyze.learning.secrets import secret_file
from wilkc.analyze.learning.targets import refused_host
from wilkc.language.commands import check_argv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wilkc.core.contract import Json, Request

MAX_BYTES: Final = 4_096
"""Of a request's JSON; a longer one is nothing that anybody reviews."""
REASONS: Final[Mapping[str, str]] = {
    "secret_file": "a file that holds secrets by convention, also as an argument",
    "secret_value": "a text that looks like a key, token or password",
    "secret_variable": "an environment variable that is named like a secret, or steers a loader",
    "private_address": "a private, loopback, link-local or otherwise special address",
    "local_name": "a host of a single label, or below a name that is not public",
    "lookalike_host": "an internationalised host name, which may look like another",
    "public_suffix": "a domain below which anybody gets a name",
    "unreadable_host": "a host in an argument that cannot be read",
    "interpreter_code": "an interpreter without a script: `-c`, `-e`, code from its input",
    "hidden_command": "a program that runs another command",
    "guarded_option": "an option of the guard table: it runs, reads, writes or deletes otherwise",
    "code_operand": "an operand that is code",
    "unprintable": "a text with control characters, or with marks that cannot be seen",
    "too_long": "a request that is too long to be reviewed",
    "not_canonical": "a request that cannot be read as it stands",
    "blocked": "a request that the policy blocks",
    "unknown_agent": "an agent that no given spec is bound to",
    "shared_spec": "a spec that is that of further agents, without `--shared`",
    "shared_defaults": "a category that comes from the organisation's defaults",
    "no_entry": "a request that no literal entry answers",
    "lint": "an entry that `wilkc check` would warn of",
    "grants_refused": "an entry by which something else that is refused here were granted",
}
"""Why nothing is proposed, by code; `docs/learning.md` lists them."""
_SECRET_NAME: Final = re.compile(
    r"SECRET|TOKEN|PASS(?:W|PHRASE)|CREDENTIAL|PRIVATE|(?:API|ACCESS|SIGNING)_?KEY|AUTH|COOKIE"
)
_STEERING_NAME: Final = re.compile(
    r"(?:LD_|DYLD_|PYTHON|PERL|RUBY|GIT_|NODE_|JAVA_|BASH_|PATH$|ENV$|IFS$|.*_PROXY$)"
)


def screen(request: Request, secret_in: Callable[[str], str]) -> Reason | None:
    """Why nothing is proposed for a request, or None.

    Args:
        request: canonical.
        secret_in: the name of the secret that a text looks like, or empty.
    """
    if len(json.dumps(request.as_input())) > MAX_BYTES:
        return Reason("too_long", f"it has more than {MAX_BYTES} bytes")
    for text in _texts(request):
        if not text.isprintable():
            return Reason("unprintable", "it holds control characters, or marks that nobody sees")
        if name := secret_in(text):
            return Reason("secret_value", f"it holds what looks like a secret ({name})")
    judge = _BY_TYPE.get(request.type)
    return judge(request) if judge else None


def _texts(request: Request) -> Iterator[str]:
    """Every text of a request that could become a part of an entry."""
    if request.type == "shell":
        for argv in commands_of(request):
            yield " ".join(argv)
    else:
        yield request.id
    yield request.agent
    yield request.action
    yield from _texts_in(request.properties.get("classification"))


def _texts_in(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts_in(one)


def commands_of(request: Request) -> tuple[tuple[str, ...], ...]:
    """The argument lists of a canonical request about commands.

    Raises:
        RequestError: one of them is none.
    """
    given = request.properties
    commands = [given["argv"]] if "argv" in given else given["commands"]
    return tuple(map(check_argv, commands))


def _file(request: Request) -> Reason | None:
    for path in (request.id, *_texts_in(request.properties.get("aliases"))):
        if what := secret_file(path):
            return Reason("secret_file", f"{what} are not opened by what was tried")
    return None


def _shell(request: Request) -> Reason | None:
    for argv in commands_of(request):
        if reason := refused_command(argv):
            return reason
    return None


def _network(request: Request) -> Reason | None:
    given = request.properties
    for host in (given["host"], *_texts_in(given.get("resolved"))):
        if reason := refused_host(host):
            return reason
    return None


def _system(request: Request) -> Reason | None:
    if not request.action.startswith("env."):
        return None
    name = request.id.upper()
    if _SECRET_NAME.search(name):
        return Reason("secret_variable", f"`{request.id}` is named like a secret")
    if request.action == "env.write" and _STEERING_NAME.match(name):
        return Reason("secret_variable", f"`{request.id}` steers what programs load or run")
    return None


_BY_TYPE: Final[Mapping[str, Callable[[Request], Reason | None]]] = {
    "file": _file,
    "shell": _shell,
    "network": _network,
    "system": _system,
}
