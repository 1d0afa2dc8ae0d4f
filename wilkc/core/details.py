"""Every detail code of a decision with its sentence. Layer: core (leaf).

`{text}` is the deciding entry as written, `{list}` the YAML list concerned, `{agent}` the
asking agent. The reference evaluator fills them in, and so does the Rego, which gets this
table as data. Details of requests that could not be read carry a sentence of their own and
fall back to `UNREADABLE` where only the code is known.
"""

from __future__ import annotations

import re
from typing import Final

UNREADABLE: Final = "the request is malformed or not canonical"

BLOCKED: Final = "blocked"
"""The detail of every denial by a block."""

UNMET: Final = "condition_not_met"
"""The detail of a denial of what an entry would allow if its `when` held."""

MESSAGES: Final[dict[str, str]] = {
    "allowed": "allowed by `{text}`",
    BLOCKED: "blocked by `{text}`",
    "no_rule_matches": "no rule of `{list}` matches",
    UNMET: "only `{text}` would allow this, and the request does not show that its condition holds",
    "unknown_agent": "agent `{agent}` has no permissions",
    "unknown_type": "no category of permissions covers this type of resource",
    "unknown_action": "`{list}` has no such action",
    "extension_not_allowed": "the file's extension is not in `{list}`",
    "too_large": "the file is larger than `{list}` allows",
    "too_many_tokens": "more tokens are asked for than `{list}` allows",
    "encryption_required": "`{list}` demands that this data is encrypted",
    "personal_data": "`{list}` keeps personal data from leaving like this",
    "unlabelled_data": "the data carries no classification, so no entry of `{list}` covers it",
    "protocol_not_allowed": "`{list}` names the host, but not with this protocol",
    "port_not_allowed": "`{list}` names the host, but not with this port",
    "private_address": "the name leads to a private address, which `{list}` does not name",
    "forbidden_address": "no rule of `{list}` can open an address of this kind",
    "opaque_command": "the command runs something that cannot be judged beforehand",
    "guarded_option": "an option that runs, reads or writes something else is not spelt out "
    "in `{list}`",
    "code_not_spelled": "code given as an argument is not spelt out in `{list}`",
    "code_from_input": "the program would read code from its input",
    "option_before_script": "an option stands before the script",
    "script_not_named": "the program may take the word for something else than a script file",
    "interpreter_not_listed": "the interpreter is not in `shell.allowed_interpreters`",
    "script_not_allowed": "no rule of `filesystem.execute` allows the script",
    "directory_not_allowed": "no rule of `{list}` matches the working directory",
    "signature_required": "the tool bears no signature of a key in `{list}`",
    "arguments_not_allowed": "the arguments do not conform to `{list}` of `{text}`",
    "rate_exceeded": "the limit of `{list}` is used up for now",
}


_PLACES: Final = re.compile(r"\{(?:agent|list|text)\}")


def message(detail: str, *, text: str = "", list_name: str = "", agent: str = "") -> str:
    """The sentence of a detail code.

    Args:
        detail: the code.
        text: the deciding entry as written.
        list_name: the YAML list or key concerned.
        agent: id of the asking agent.

    Returns:
        One sentence without a full stop; `UNREADABLE` for a code without one of its own.
    """
    given = {"{agent}": agent, "{list}": list_name, "{text}": text}
    # In one pass: what is filled in is never looked at again.
    return _PLACES.sub(lambda place: given[place[0]], MESSAGES.get(detail, UNREADABLE))
