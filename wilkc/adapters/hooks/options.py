"""The options of `wilkc hook`, in one table. Layer: adapters. Standard library only.

The command line, the settings that `wilkc hook install` writes and the words that travel to a
resident service are all read off it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HARNESSES: Final = ("claude", "codex", "copilot", "cursor", "gemini")
DEADLINE_SECONDS: Final = 10.0
MAX_DEADLINE_SECONDS: Final = 15.0
"""Half of what the settings give the hook: the harness must never be the one who gives up."""
HARNESS_SECONDS: Final = 30


class Option(NamedTuple):
    """One option.

    Attributes:
        name: without its dashes.
        kind: `text`, `path`, `many` (text, repeated), `paths` (paths, repeated), `flag`, `seconds`.
        metavar: what stands for its value in the help.
        help: one sentence.
    """

    name: str
    kind: str
    metavar: str
    help: str


OPTIONS: Final = (
    Option("harness", "text", "NAME", "Who calls; default: told by what it sends."),
    Option("agent", "text", "ID", "The agent of the specs that acts."),
    Option("workspace", "path", "DIR", "What `.` means; default: the project the harness names."),
    Option("home", "path", "DIR", "What `~` means; default: the user's, by the user database."),
    Option("socket", "path", "PATH", "Ask the service of `wilkc serve --hooks` there."),
    Option("bundle", "path", "FILE", "Where no service answers: decide by this bundle."),
    Option("key", "paths", "FILE", "Public key that the bundle must be signed by."),
    Option("key-id", "text", "ID", "The only key's id; default: the key file's stem."),
    Option("bundle-scope", "text", "NAME", "Scope that the bundle's signature must bind."),
    Option("state", "path", "FILE", "Refuse a bundle older than this file of `wilkc serve` says."),
    Option("audit", "path", "DIR", "The log of decisions by the bundle."),
    Option("audit-keys", "path", "DIR", "Its keys; default: the log's path with `.keys`."),
    Option(
        "audit-provider", "text", "FILE|URI", "The key of its keys; default: beside the keys."
    ),
    Option("rates", "text", "PLACE", "Where hits are counted for decisions by the bundle."),
    Option("identity", "path", "DIR", "Who is revoked, for decisions by the bundle."),
    Option("fulfils", "many", "TYPE", "Type of conditions that the harness fulfils."),
    Option(
        "unsafe-no-sandbox", "flag", "",
        "Let a grant of a command hold although the harness runs it outside of Wilk's sandbox.",
    ),
    Option("confine", "path", "PROGRAM", "Have commands run by this `wilkc`, in its sandbox."),
    Option("confine-socket", "path", "PATH", "The sidecar that such a run asks; default: its own."),
    Option(
        "skip-prompt", "flag", "",
        "Say `allow` instead of nothing, so that the harness asks nobody.",
    ),
    Option(
        "ask-unmatched", "flag", "",
        "Let the harness ask its user where no rule matches, if it can.",
    ),
    Option("unattended", "flag", "", "Nobody is there to be asked: such a question is a denial."),
    Option("deadline", "seconds", "SECONDS", "Time after which the answer is no; at most 15."),
)  # fmt: skip
_BY_NAME: Final = {option.name: option for option in OPTIONS}
_REPEATED: Final = ("many", "paths")


def empty() -> dict[str, Any]:
    """What holds where nothing is said, by the options' names."""
    blank: dict[str, Any] = {"flag": False, "seconds": DEADLINE_SECONDS}
    return {
        option.name: [] if option.kind in _REPEATED else blank.get(option.kind)
        for option in OPTIONS
    }


def parse(words: Sequence[str]) -> dict[str, Any]:
    """The options of a command line.

    Raises:
        ValueError: one is unknown, repeated or without its value; the message is for a person.
    """
    found = empty()
    seen: set[str] = set()
    rest = list(words)
    while rest:
        word = rest.pop(0)
        dashes, name = word[:2], word[2:]
        option = _BY_NAME.get(name) if dashes == "--" else None
        if option is None:
            raise ValueError(f"`{word}` is no option of a hook")
        if name in seen and option.kind not in _REPEATED:
            raise ValueError(f"`{word}` is named twice")
        seen.add(name)
        if option.kind == "flag":
            found[name] = True
            continue
        if not rest:
            raise ValueError(f"`{word}` lacks its value")
        value = rest.pop(0)
        if option.kind in _REPEATED:
            found[name].append(value)
        else:
            found[name] = seconds(value) if option.kind == "seconds" else value
    check(found)
    return found


def seconds(text: str) -> float:
    """A deadline as written.

    Raises:
        ValueError: it is none, or outside of its range.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MAX_DEADLINE_SECONDS:
        raise ValueError(f"`{text}` is no deadline: more than 0 and at most 15 seconds")
    return value


def check(found: Mapping[str, Any]) -> None:
    """Refuse what cannot lead to a decision.

    Raises:
        ValueError: says what is missing.
    """
    if found["harness"] is not None and found["harness"] not in HARNESSES:
        raise ValueError(f"`{found['harness']}` is none of {', '.join(HARNESSES)}")
    if not found["agent"]:
        raise ValueError("no agent is named: add `--agent ID`")
    if found["socket"] is None and found["bundle"] is None:
        raise ValueError("nobody is named to decide: add `--socket PATH` or `--bundle FILE`")
    if found["bundle"] is not None and not found["key"]:
        raise ValueError("a bundle is used only if its signature verifies: add `--key FILE`")
    if found["bundle"] is not None and found["audit"] is None:
        raise ValueError("a decision by a bundle needs a record: add `--audit DIR`")
    if found["confine"] is not None:
        _check_confining(found)
    elif found["confine-socket"] is not None:
        raise ValueError("`--confine-socket` goes with `--confine`")


def _check_confining(found: Mapping[str, Any]) -> None:
    if found["unsafe-no-sandbox"]:
        raise ValueError("`--confine` and `--unsafe-no-sandbox` are each other's contrary")
    if not found["confine"].startswith("/"):
        raise ValueError(f"`{found['confine']}` is no absolute path of a program")
    for name in ("bundle", "audit", "audit-keys"):
        if found[name] is None:
            raise ValueError(f"a confined command needs `--{name}`, by which `wilkc run` runs it")
    names = ("bundle", "key", "audit", "audit-keys", "audit-provider", "identity", "confine-socket")
    for name in names:
        value = found[name] or []
        for one in [value] if isinstance(value, str) else value:
            if not one.startswith(("/", "pkcs11:")):
                raise ValueError(f"beside `--confine`, `--{name}` must be an absolute path")


def words(found: Mapping[str, Any]) -> list[str]:
    """The command line that means these options, in the order of the table."""
    line: list[str] = []
    standard = empty()
    for option in OPTIONS:
        value = found[option.name]
        if value == standard[option.name]:
            continue
        if option.kind == "flag":
            line.append(f"--{option.name}")
        elif option.kind in _REPEATED:
            for one in value:
                line += [f"--{option.name}", one]
        else:
            line += [f"--{option.name}", str(value)]
    return line
