"""Detail codes of requests that are refused, and of answers that never came. Layer: cli (pure).

Their sentences are made where the fault is found and name it exactly; here stands what each
code means in general. A test reads the sources and compares the codes.
"""

from __future__ import annotations

from typing import Final

_SPLIT: Final = "Start the parts yourself and ask for each, with plain words only."

REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "agent_not_of_credential": (
        "the credential of the caller is not for this agent",
        "Ask about an agent that the credential names, or have one made for this agent.",
    ),
    "agent_revoked": (
        "the agent is revoked for everybody who asks",
        "If that was a mistake, `wilkc identity restore` lifts it.",
    ),
    "aliases_not_texts": (
        "`properties.aliases` of a file is not a list of paths",
        "Send a list of canonical paths, or leave it out.",
    ),
    "arguments_not_object": (
        "`properties.arguments` of a tool call is not an object",
        "Send the arguments as one object, or leave them out.",
    ),
    "arguments_unclear": (
        "two arguments of a function's call have one name, or one cannot be copied",
        "Give no keyword the name of a parameter that none reaches, and only what JSON can say.",
    ),
    "classification_not_text": (
        "`properties.classification` is not text",
        "Send one label as text.",
    ),
    "command_not_confinable": (
        "the hook runs commands in the sandbox, and cannot run this line there",
        "Send one command, in the workspace, with its `command` written out.",
    ),
    "command_not_confined": (
        "the command runs in the sandbox alone, and this harness runs no other line than its own",
        "Run the line that the message shows.",
    ),
    "directory_contradicted": (
        "`properties.directory` is not what is there",
        "Leave it out where the path exists: the guard looks.",
    ),
    "directory_not_boolean": (
        "`properties.directory` of a file is neither true nor false",
        "Send true, false, or nothing.",
    ),
    "flag_not_boolean": (
        "`properties.encrypted` or `properties.pii` is neither true nor false",
        "Send true, false, or nothing.",
    ),
    "host_not_canonical": (
        "the host has another spelling than its canonical one, or none",
        "Send lower-case ASCII labels or an address in its shortest form.",
    ),
    "malformed_request": (
        "the request does not have the shape of an evaluation request, or is too large or deep",
        "Send `subject`, `action`, `resource` and `context` as `docs/language.md` shows.",
    ),
    "name_not_canonical": (
        "the name of a model, tool or the like is empty, not NFC, or holds control characters",
        "Send the plain name.",
    ),
    "patch_not_understood": (
        "the patch cannot be read as the harness would apply it",
        "Send a patch of the harness's own form, with each file's path written out.",
    ),
    "path_ambiguous": (
        "what the path of the tool call leads to depends on what is not told",
        "Write the path out, from the workspace or from `/`, without `..` and `~`.",
    ),
    "path_not_canonical": (
        "the path, an alias or the working directory is not in its one spelling",
        "Send `./a/b`, `~/a` or `/a/b` without `//`, `.`, `..` or a trailing `/`.",
    ),
    "path_unresolvable": (
        "the path goes in a circle, through what is no directory, or where nobody may look",
        "Name a path whose existing part can be followed.",
    ),
    "payload_not_understood": (
        "the payload is not what this harness sends to hooks",
        "The message says what is missing; see that `--harness` names the harness that calls.",
    ),
    "port_invalid": ("the port is not a whole number from 1 to 65535", "Send the number."),
    "port_missing": ("no port is given and the protocol has none of its own", "Name the port."),
    "principal_unclear": (
        "the agent that acts is not named, or the guard, the call and the context differ",
        "Name it once, or alike in all places.",
    ),
    "protocol_contradicted": (
        "the target's scheme is not the protocol given beside it",
        "Send one of the two.",
    ),
    "protocol_unknown": ("the protocol is not one of the language", "Send one that is."),
    "request_too_large": ("the request has more bytes than are taken", "Send less."),
    "reserved_context": (
        "the call gives a member of the context that the guard writes itself",
        "Give it in the `SecurityContext`; the time is always the guard's own.",
    ),
    "reserved_property": (
        "the call gives a property that the guard finds out by itself",
        "Leave it out.",
    ),
    "resolved_invalid": (
        "`properties.resolved` is not a list of canonical addresses",
        "Send the addresses that the name led to, or leave it out.",
    ),
    "run_options_differ": (
        "the line begins with a `wilkc run` that the hook did not write",
        "Send the command by itself; the hook puts it into the sandbox.",
    ),
    "script_inside_line": (
        "a script stands behind another command or inside a wrapper, where nobody judges it",
        "Run the script as a command of its own.",
    ),
    "security_context_invalid": (
        "a member of the `SecurityContext` is of another type",
        "Give texts, and a time with a time zone.",
    ),
    "shell_argv_invalid": (
        "`argv` or `commands` is missing, given twice, empty, too long, or not made of texts",
        "Send `argv` as a list of texts, or `commands` as a list of such lists.",
    ),
    "shell_assignment": (
        "a variable is set before the command",
        "Set it through `shell.environment_variables`.",
    ),
    "shell_comment": ("a word begins with `#`", "Leave the comment out, or quote the word."),
    "shell_control_character": ("the line holds a control character", "Leave it out."),
    "shell_empty_command": ("there is no command, or nothing between two separators", _SPLIT),
    "shell_expansion": (
        "the line holds `$`, a backquote, or a `~` that a shell would replace",
        "Write out the text that is meant, in single quotes where it holds such a character.",
    ),
    "shell_grouping": ("the line holds unquoted parentheses or braces", _SPLIT),
    "shell_history": ("a word begins with `!`", "Quote the word."),
    "shell_invisible_character": (
        "the line holds a character that cannot be seen, or a blank that is no space",
        "Leave it out.",
    ),
    "shell_open_quote": ("a quote is not closed, or a backslash ends the line", "Close it."),
    "shell_operator": ("the line holds an operator such as `&` or `;;`", _SPLIT),
    "shell_redirection": (
        "the line holds a redirection other than to `/dev/null`",
        "Read or write the file through a request of type `file`.",
    ),
    "shell_reserved_word": (
        "a command begins with a word of the shell's grammar, or with `%`, as its jobs do",
        _SPLIT,
    ),
    "shell_too_long": ("the line has too many characters or commands", _SPLIT),
    "shell_unquoted_glob": (
        "the line holds an unquoted wildcard",
        "Write out the names, or quote what the program shall expand itself.",
    ),
    "signer_not_text": (
        "`properties.signed_by` of a tool call is not text",
        "Send the id of the key whose signature was verified, or leave it out.",
    ),
    "size_not_a_number": (
        "`properties.size` of a file is not a whole number of bytes",
        "Send a number from 0 up, or leave it out.",
    ),
    "target_contradicted": (
        "the target's text does not say what the properties say",
        "Send the same host, port and protocol in both, or one of them.",
    ),
    "text_not_unicode": (
        "a text holds what Unicode does not, such as half a surrogate pair",
        "Send valid UTF-8.",
    ),
    "tokens_not_a_number": (
        "`properties.max_tokens` is not a whole number",
        "Send a number from 0 up, or leave it out.",
    ),
    "tool_name_lookalike": (
        "the tool's name looks like that of a tool that is known, and is another",
        "Ask who provides the tool, and have it renamed.",
    ),
    "tool_not_judged": (
        "what this tool does cannot be told from its call",
        "Use a tool whose calls say what they do; the message says why.",
    ),
    "updated_input_differs": (
        "the harness names an input that is not the one that was judged",
        "Look for another hook that changes inputs, and ask anew about what it makes of them.",
    ),
    "workspace_unknown": (
        "the harness does not say in which project it works",
        "Add `--workspace DIR` to the hook.",
    ),
}

NO_ANSWERS: Final[dict[str, tuple[str, str]]] = {
    "audit_unavailable": (
        "the decision could not be put on record, so it does not hold",
        "Make room for the log, or mend its place; `wilkc audit verify` looks at it.",
    ),
    "condition_not_fulfillable": (
        "the grant carries a condition that this enforcement point cannot fulfil",
        "Fulfil it and say so by `fulfils`, enforce elsewhere, or change the spec.",
    ),
    "condition_unfulfilled": (
        "what an operator may do carries a condition that this command cannot fulfil",
        "Leave the condition out of the operators' policy, or act by another way.",
    ),
    "guard_failed": (
        "the guard met something unforeseen, so it allows nothing",
        "The message names the kind of fault; look at what the call was given.",
    ),
    "late_answer": ("the decision point took too long", "Ask again, or give `--timeout`."),
    "librechat_denied": (
        "LibreChat does not let the user do this, so the policy was not asked",
        "The message names the role's permission, the entry or the capability that is missing.",
    ),
    "librechat_unavailable": (
        "LibreChat's documents could not be had, or not be read",
        "See that the database answers and the export is whole; nothing is allowed without them.",
    ),
    "operators_undecided": (
        "operators are named, and it could not be decided whether this one may",
        "The message names what is missing: the operators' policy, its key, or OPA.",
    ),
    "outside_credential": (
        "the credential of the caller is not for requests of this kind",
        "Use a credential whose scope has it; `wilkc identity create-key` makes one.",
    ),
    "plugin_not_verified": (
        "the plugin is unsigned, altered, another one, or revoked, so the policy was not asked",
        "The message says which; sign it anew with `wilkc plugin sign` if it is as it should be.",
    ),
    "signature_not_demanded": (
        "the policy would permit the tool without a signature, so whoever signed it is not trusted",
        "List the keys of trusted signers under `tools.signed`.",
    ),
    "no_decision_point": (
        "nobody listens where the decision point should be, or another user does",
        "Start `wilkc serve` as this user, or mend the path of its socket.",
    ),
    "no_sandbox_plan": (
        "the guard has no bundle, so there is no sandbox to run commands in",
        "Give the guard the verified bundle that decides.",
    ),
    "no_verdict": (
        "the policy came to no verdict",
        "Build the bundle again; report it if that does not help.",
    ),
    "odd_answer": (
        "the decision point's answer is not a decision",
        "Look at what listens on the socket; only `wilkc serve` should.",
    ),
    "rate_limit_malformed": (
        "the decision carries a rate limit that makes no sense",
        "Serve a bundle that this version of Wilk built.",
    ),
    "rate_record_incomplete": (
        "the server that counts hits began anew and may have forgotten some",
        "Wait until one window has passed; `docs/rate-limits.md` says how to avoid it.",
    ),
    "rate_store_damaged": (
        "what counts hits cannot be read, or was written by another version of Wilk",
        "Make a new one once every window has passed.",
    ),
    "rate_store_unavailable": (
        "hits cannot be counted: the store is gone, locked, full, too slow or open to others",
        "Do what the message says.",
    ),
    "revocations_unavailable": (
        "nobody can say whether the agent is revoked, so the policy was not asked",
        "The message names the list, or the server of the fleet; bring it back.",
    ),
    "unknown_revision": (
        "the answer comes from another bundle than the one expected",
        "Serve the bundle that this caller was given, or give it the new one.",
    ),
}
