"""Policy files of Gemini CLI to rules. Layer: importers (pure).

Only what is unconditional allows here; what denies or asks does so whatever its conditions. A
regular expression is not compared: one that allows is left out, one that denies is taken for the
plain words that it begins with. A prefix of commands ends where a word ends, as in the source.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.importers.gemini.available import MCP
from wilkc.importers.gemini.rules import ANY, SHELL, Named, Prefix, Rule, allowed_tool, denied_tool
from wilkc.importers.nodes import text_of
from wilkc.importers.prefixes import NOT_PLAIN, plain_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.importers.gemini.available import Available
    from wilkc.importers.gemini.rules import Target

_TABLES: Final = ("rule", "safety_checker")
_LINES: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*'
    r"|^[ \t]*\[\[[ \t]*(?P<table>[a-z_]+)[ \t]*\]\]",
    re.DOTALL | re.MULTILINE,
)
"""Texts and comments, so that they are passed over, and the heads of tables."""
_DECISIONS: Final = frozenset({"allow", "deny", "ask_user"})
_MODES: Final = frozenset({"default", "autoEdit", "plan", "yolo"})
_SAYABLE: Final = frozenset({
    "toolName", "mcpName", "commandPrefix", "decision", "priority", "modes", "denyMessage",
    "deny_message", "allowRedirection", "allow_redirection", "name", "description",
})  # fmt: skip
"""Fields with which a rule can be carried over that allows; any other may be a condition."""
_TYPES: Final[Mapping[str, type]] = {
    "subagent": str, "argsPattern": str, "commandRegex": str, "denyMessage": str,
    "deny_message": str, "interactive": bool, "allowRedirection": bool, "allow_redirection": bool,
    "toolAnnotations": dict, "modes": list,
}  # fmt: skip
"""Fields of which a value of another type makes the source pass over the whole file."""
_MAX_PRIORITY: Final = 999
_LEADING: Final = re.compile(r"[A-Za-z0-9_@%=:,/ -]*")
_LEFT_OUT: Final = re.compile(r"[*?{]")
"""What stands behind a character that need not be there."""
_AT_LINE: Final = re.compile(r"at line ([0-9]+), column ([0-9]+)")


def read_policies(name: str, data: bytes, available: Available) -> list[Rule]:
    """The rules of one file.

    Raises:
        UsageError: it is not TOML, or the source would refuse it as a whole.
    """
    text = text_of(name, data)
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise UsageError(f"{name}:1:1: nested too deeply") from error
    except ValueError as error:
        found = _AT_LINE.search(str(error))
        line, column = found.groups() if found else (text.count("\n") + 1, 1)
        raise UsageError(f"{name}:{line}:{column}: not TOML: {error}") from error
    rules: list[Rule] = []
    for table in _TABLES:
        for line, fields in _tables(name, text, document, table):
            rules += _rules(name, line, table, fields, available)
    for key in document:
        if key not in _TABLES:
            # It might deny anything.
            rules.append(Rule(name, f"{name}:1", key, _MAX_PRIORITY, Named(ANY), allows=False))
    return rules


def _tables(
    name: str, text: str, document: dict[str, Any], table: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each table of an array, with the line of its head."""
    tables = document.get(table, [])
    heads = [found.start("table") for found in _LINES.finditer(text) if found["table"] == table]
    if not isinstance(tables, list) or len(tables) != len(heads):
        raise UsageError(
            f"{name}:1:1: `{table}` is not written as tables",
            help_text=f"write each under a head `[[{table}]]` of its own",
        )
    line, before = 1, 0
    for head, fields in zip(heads, tables, strict=True):
        line += text.count("\n", before, head)
        before = head
        yield line, fields


def _rules(
    name: str, line: int, table: str, fields: dict[str, Any], available: Available
) -> Iterator[Rule]:
    checks = table == "safety_checker"
    place = f"{name}:{line} {table}"
    # A checker may refuse whatever it is asked about.
    decision = "deny" if checks else fields.get("decision")
    if not isinstance(decision, str) or decision not in _DECISIONS:
        raise UsageError(f"{name}:{line}: `decision` must be allow, deny or ask_user")
    priority = _MAX_PRIORITY if checks else fields.get("priority")
    if type(priority) is not int or not 0 <= priority <= _MAX_PRIORITY:
        raise UsageError(f"{name}:{line}: `priority` must be a number from 0 to {_MAX_PRIORITY}")
    _require_types(f"{name}:{line}", fields)
    tools = _texts(name, line, fields, "toolName")
    prefixes = _texts(name, line, fields, "commandPrefix")
    server = fields.get("mcpName", "")
    if not isinstance(server, str) or (not server and "mcpName" in fields):
        raise UsageError(f"{name}:{line}: `mcpName` must be the name of a server")
    if server and server != ANY:
        available.known.add(server)
    allows = decision == "allow"
    why = _condition(fields, prefixes, tools) if allows else ""
    for target, shown, fault in _targets(fields, tools, prefixes, server, allows=allows):
        yield Rule(
            name,
            place,
            f"{decision} {shown}",
            priority,
            target,
            allows=allows,
            why_not=why or fault,
        )


def _require_types(place: str, fields: dict[str, Any]) -> None:
    for key, kind in _TYPES.items():
        if key in fields and type(fields[key]) is not kind:
            raise UsageError(f"{place}: `{key}` is of another type, so that the file is none")
    if not all(isinstance(one, str) and one in _MODES for one in fields.get("modes", [])):
        raise UsageError(f"{place}: `modes` names one that is not known, so that the file is none")


def _texts(name: str, line: int, fields: dict[str, Any], key: str) -> list[str]:
    value = fields.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise UsageError(f"{name}:{line}: `{key}` must be a text or a list of texts")
    return values


def _condition(fields: dict[str, Any], prefixes: list[str], tools: list[str]) -> str:
    """Why a rule that allows does so only at times, or empty."""
    unknown = sorted(set(fields) - _SAYABLE)
    if unknown:
        return f"`{unknown[0]}` makes it a rule for some calls only"
    modes = fields.get("modes", [])
    if modes and not set(modes) >= _MODES:
        return "it is for some modes only, and a spec knows none"
    if "commandPrefix" in fields and (tools != [SHELL] or not prefixes):
        return f"`commandPrefix` is only for the tool `{SHELL}`"
    return ""


def _targets(
    fields: dict[str, Any], tools: list[str], prefixes: list[str], server: str, *, allows: bool
) -> Iterator[tuple[Target, str, str]]:
    """What a rule is about: the target, how it is shown, and why it cannot be said, or empty."""
    for prefix in prefixes:
        words, whole = plain_words(prefix if allows else prefix.strip())
        fault = "" if whole else NOT_PLAIN
        yield Prefix(words), f"{SHELL}({prefix})", fault
    if prefixes:
        return
    if tools == [SHELL] and not server and isinstance(fields.get("commandRegex"), str):
        regex = fields["commandRegex"]
        yield Prefix(_leading_words(regex)), f"{SHELL}(/{regex}/)", ""
        return
    for tool in tools or [ANY]:
        shown = f"{server} {tool}" if server else tool
        if not allows:
            yield from ((denied_tool(one), shown, "") for one in _denied_names(server, tool))
        elif server:
            yield Named(f"{MCP}{server}_{tool}"), shown, ""
        else:
            target, fault = allowed_tool(tool)
            yield target, shown, fault


def _denied_names(server: str, tool: str) -> Iterator[str]:
    """The names by which a tool may be called that a rule denies, also by earlier versions."""
    if not server:
        yield tool
    elif server == tool == ANY:
        yield f"{MCP}{ANY}"
    else:
        yield f"{MCP}{server}_{tool}"
    if server and tool.startswith(MCP):
        yield tool
    of_server = re.fullmatch(r"(.+?)__(.+)", tool)
    if of_server:
        yield f"{MCP}{of_server[1]}_{of_server[2]}"


def _leading_words(regex: str) -> tuple[str, ...]:
    """The words that every command begins with that an expression matches, or fewer."""
    if "|" in regex:
        return ()
    leading = _LEADING.match(regex)
    # The last word may go on, or be repeated or left out by what follows.
    words = leading[0].split(" ")[:-1] if leading else []
    if (
        leading
        and words
        and regex[leading.end() - 1] == " "
        and _LEFT_OUT.match(regex, leading.end())
    ):
        # So may the blank behind a word, which then goes on.
        words.pop()
    return plain_words(" ".join(words))[0] if words else ()
