"""What to do about each detail code of an answer. Layer: cli (pure)."""

from __future__ import annotations

from typing import Final

REMEDIES: Final[dict[str, str]] = {
    "allowed": "Fulfil every condition of the decision, then act; what cannot be fulfilled "
    "means no.",
    "blocked": "Ask for something else. Only the author of that entry can lift the block.",
    "no_rule_matches": "Add an entry to the list, if the agent should have this.",
    "condition_not_met": "Ask when the entry's `when` holds; the enforcement point must send what "
    "it tests, the time as `context.time`.",
    "unknown_agent": "Write a spec for the agent, or bind it to one; look for a misspelt id.",
    "unknown_type": "Use one of the types `file`, `shell`, `network`, `llm`, `data`, `system`, "
    "`tool`, `agent`.",
    "unknown_action": "Use an action that the type has.",
    "extension_not_allowed": "Use another name, or add the extension to the list.",
    "too_large": "Send less, or raise the limit.",
    "too_many_tokens": "Ask for fewer tokens, or raise the limit.",
    "encryption_required": "Encrypt the data and say so with `properties.encrypted: true`.",
    "personal_data": "Encrypt before storing; personal data is never exported.",
    "unlabelled_data": "Send the label of the data as `properties.classification`.",
    "protocol_not_allowed": "Use a protocol that the entry or section lists, or add this one.",
    "port_not_allowed": "Use a port that the entry or section lists, or add this one.",
    "private_address": "If the host is meant to be private, allow its address as well.",
    "forbidden_address": "Nothing opens metadata services, multicast or broadcast addresses; "
    "use another target.",
    "opaque_command": "Run the inner program directly, without the shell or launcher around it.",
    "guarded_option": "Leave the option out, or spell it in an entry of its own.",
    "code_not_spelled": "Put the code in a script file, or spell it in the entry.",
    "code_from_input": "Name a script file instead of piping code in.",
    "option_before_script": "Put options after the script, or leave them out; a script of Deno or "
    "Bun stands behind the program itself, without `run`.",
    "script_not_named": "Write the script as a path that begins with `./` or `/`.",
    "interpreter_not_listed": "Add the interpreter to the list, if scripts may run with it.",
    "script_not_allowed": "Add the script's path to `filesystem.execute`.",
    "directory_not_allowed": "Run the command elsewhere, or add the directory to the list.",
    "signature_required": "Send the id of the key whose signature was verified as "
    "`properties.signed_by`; if it is not listed, add it.",
    "arguments_not_allowed": "Change the arguments to fit the schema that the rule names.",
    "rate_exceeded": "Wait until the window has passed, or raise the limit.",
}
