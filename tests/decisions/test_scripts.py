"""Programs that run what they are given as code, by the reference evaluator and by OPA.

LANGUAGE.md section 4: a script needs its interpreter listed, its file executable and no
option before it; code as an operand or behind an option must be a word of the pattern. Each
allow stands in a spec of its own, so that it is known which one grants.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

ALLOWED = "allowed"
CODE = "code_not_spelled"
GUARDED = "guarded_option"
INPUT = "code_from_input"
OPTION = "option_before_script"
OPAQUE = "opaque_command"
LISTED = "interpreter_not_listed"
NAMED = "script_not_named"

OPERANDS: list[tuple[str, dict[str, str]]] = [
    (
        "sed *",
        {
            "sed 5p f": ALLOWED,
            "sed -n 5p f": ALLOWED,
            "sed -nE 5p f": ALLOWED,
            "sed --quiet 5p f": ALLOWED,
            "sed 1eid f": CODE,
            # The value of an option is not the script.
            "sed -l 5p 1eid f": CODE,
            "sed -nl 5p 1eid f": CODE,
            "sed --line-length 5p 1eid f": CODE,
            "sed -- 5p f": CODE,
            "sed": CODE,
            "sed -n": CODE,
            "sed -e 5p f": GUARDED,
        },
    ),
    (
        "awk *",
        {
            "awk '{print $1}' f": ALLOWED,
            "awk -F: '{print $1}' f": ALLOWED,
            "awk -F : '{print $1}' f": ALLOWED,
            "awk -v a=b -F : '{print $1}' f": ALLOWED,
            "awk -F '{print}' 'BEGIN{system(\"id\")}'": CODE,
            "awk -v '{print}' 'BEGIN{system(\"id\")}'": CODE,
            "awk --any '{print}' f": CODE,
            "awk -- '{print}' f": CODE,
            "awk -- '-1{system(\"id\")}'": CODE,
            "awk -F": CODE,
        },
    ),
    (
        "jq *",
        {
            "jq . f": ALLOWED,
            "jq -r .a f": ALLOWED,
            "jq --indent 2 .a f": ALLOWED,
            "jq env.HOME f": CODE,
            "jq --indent . env.HOME": CODE,
            "jq --args . env.HOME": CODE,
        },
    ),
    # What the pattern spells is a word of it, wherever the code stands.
    ("awk -F , *", {"awk -F , '{print}' f": ALLOWED, "awk -F , 'BEGIN{system(\"id\")}'": CODE}),
    ("jq --arg a b *", {"jq --arg a b .a f": ALLOWED, "jq --arg a b env f": CODE}),
    ("jq --arg . . *", {"jq --arg . . env": CODE}),
    ("awk -F: 'NR>1{print}' *", {"awk -F: 'NR>1{print}' f": ALLOWED}),
    ("awk -- '-1{print}'", {"awk -- '-1{print}'": ALLOWED}),
    ("awk -- '-1{print}' *", {"awk -- '-1{print}' f": CODE}),
    ("sed -i s/a/b/ *", {"sed -i s/a/b/ f": ALLOWED}),
    ("sed -ne 2d *", {"sed -ne 2d f": ALLOWED, "sed -ne 2d -e 1eid f": GUARDED}),
    ("sed -e *", {"sed -e 5p f": ALLOWED, "sed -e 1eid f": CODE}),
    ("sed -f ./x.sed *", {"sed -f ./x.sed f": ALLOWED}),
    ("sed --line-length 9 5p", {"sed --line-length 9 5p": ALLOWED}),
    ("sed --version", {"sed --version": ALLOWED}),
    ("sed", {"sed": CODE}),
]
PROGRAMS: list[tuple[str, dict[str, str]]] = [
    ("python3 -c pass *", {"python3 -c pass -c x": ALLOWED, "python3 -c pass": ALLOWED}),
    # A module is guarded as the program of its name.
    (
        "python3 -m pytest *",
        {
            "python3 -m pytest x": ALLOWED,
            "python3 -m pytest -p x": GUARDED,
            "python3 -m pytest x --rootdir=y": GUARDED,
            "python3 -m pytest --co": ALLOWED,
        },
    ),
    (
        "python3 -m pytest -p x *",
        {"python3 -m pytest -p x": ALLOWED, "python3 -m pytest -p x -p y": GUARDED},
    ),
    ("python3 *", {"python3 -m pytest": GUARDED}),
    (
        "python3 -I -m *",
        {
            "python3 -I -m pip list": ALLOWED,
            "python3 -I -m pip install -r x": GUARDED,
            "python3 -I -m": OPTION,
            "python3 -I -m other -r x": ALLOWED,
        },
    ),
    (
        "python3 -Impip *",
        {"python3 -Impip list": ALLOWED, "python3 -Impip install -i https://evil x": GUARDED},
    ),
    ("python3 -m pip -r *", {"python3 -m pip -r x": ALLOWED, "python3 -m pip -r -r": GUARDED}),
    ("python3 -m * -r *", {"python3 -m pip -r x": GUARDED, "python3 -m other -r x": ALLOWED}),
    ("python3 -Ic pass", {"python3 -Ic pass": ALLOWED}),
    ("python3 -I -c pass", {"python3 -I -c pass": ALLOWED}),
    ("python3 -W -c *", {"python3 -W -c ./x.py": OPTION}),
    ("python3 -c", {"python3 -c": OPTION}),
    # Other options, though spelled, give no program: what follows is a script, or the input.
    ("python3 -i *", {"python3 -i": OPTION, "python3 -i ./x.py": OPTION}),
    ("python3 -i -c pass", {"python3 -i -c pass": OPTION}),
    ("bash -l *", {"bash -l": OPTION, "bash -l ./x.sh": OPTION}),
    ("bash +c *", {"bash +c id": OPAQUE}),
    ("fish --command *", {"fish --command id": OPTION}),
    ("perl -I lib *", {"perl -I lib ./x.pl": OPTION}),
    ("perl -Ilibe *", {"perl -Ilibe ./x.pl": OPTION}),
    ("perl -Ilib -e 1", {"perl -Ilib -e 1": ALLOWED}),
    (
        "perl -ne 'print if /x/' *",
        {
            "perl -ne 'print if /x/' f": ALLOWED,
            "perl -ne 'print if /x/' -e 'system 1' f": GUARDED,
            "perl -ne 'print if /x/' f -e 'system 1'": GUARDED,
            "perl -ne 'print if /x/' '-F/x/);system(1);(/y/' f": GUARDED,
            "perl -ne 'print if /x/' -d f": GUARDED,
        },
    ),
    (
        "node -r ./a.js *",
        {"node -r ./a.js ./x.js": OPTION, "node -r ./a.js -e 1": GUARDED, "node -r ./a.js": OPTION},
    ),
    (
        "node -e 1 *",
        {
            "node -e 1 x": ALLOWED,
            "node -e 1 -r ./x.js": GUARDED,
            "node -e 1 -i": GUARDED,
            "node -e 1 --test": GUARDED,
        },
    ),
    ("node --eval=1", {"node --eval=1": ALLOWED}),
    ("node *", {"node inspect ./x.js": GUARDED, "node --version": ALLOWED}),
    ("node inspect *", {"node inspect ./x.js": OPTION}),
    ("php -d a=b *", {"php -d a=b ./x.php": OPTION, "php -d a=b -r 1": GUARDED}),
    ("php -r 1 *", {"php -r 1 x": ALLOWED, "php -r 1 -r 2": GUARDED}),
    ("ruby -r json *", {"ruby -r json ./x.rb": OPTION, "ruby -r json -e 1": GUARDED}),
    ("ruby -rjson -e 1", {"ruby -rjson -e 1": ALLOWED}),
    # The program of lua's option does not take the place of a script.
    ("lua -e 1 *", {"lua -e 1": ALLOWED, "lua -e 1 ./x.lua": OPTION, "lua -e 1 -e 2": GUARDED}),
    ("deno run *", {"deno run ./x.ts": OPTION, "deno run": OPTION}),
    ("deno eval 1", {"deno eval 1": ALLOWED}),
    ("bun install *", {"bun install": ALLOWED}),
    ("Rscript -e 1", {"Rscript -e 1": ALLOWED}),
]
# Asked alone, these answer; without a script the others would read code from their input.
ALONE: dict[str, str] = {
    "python3 --version": ALLOWED,
    "python3 --help": ALLOWED,
    "python3 -V": ALLOWED,
    "python3 -h": ALLOWED,
    "python3 -v": OPTION,
    "bash --version": ALLOWED,
    "bash --help": ALLOWED,
    "bash -v": OPTION,
    "bash -h": OPTION,
    "sh -v": OPTION,
    "dash -V": OPTION,
    "node -v": ALLOWED,
    "node -h": ALLOWED,
    "perl -v": ALLOWED,
    "perl -V": OPTION,
    "php -v": ALLOWED,
    "lua5.4 -v": ALLOWED,
    "lua5.4 -h": OPTION,
    "tclsh --version": OPTION,
    "python3 --version x": OPTION,
    "python3": INPUT,
    "bash": INPUT,
}
# With every file executable, what counts is only whether a file is run at all.
LISTING: dict[str, str] = {
    "python3 ./x.py -c y": ALLOWED,
    "node ./x.js -e y": ALLOWED,
    "perl ./x.pl -e y": ALLOWED,
    "bash ./x.sh -l": ALLOWED,
    "bash +c id": OPAQUE,
    "bash +O extglob ./x.sh": OPTION,
    "python3 -": GUARDED,
    "python3 /proc/self/fd/0": INPUT,
    "deno data:text/javascript,1": INPUT,
    "deno npm:x": INPUT,
    "deno ./x.ts -e y": ALLOWED,
    # What they run where the file is not there: a task, which is a line for a shell.
    "deno run ./x.ts": GUARDED,
    "bun run ./x.ts": GUARDED,
    # Sub-commands that no table lists, tasks of a package, and scripts that look like them.
    "deno publish": NAMED,
    "deno x.ts": NAMED,
    "bun i": NAMED,
    "bun dev": NAMED,
    # A package may have a task of any name.
    "bun .x": NAMED,
    "bun tools/x.ts": NAMED,
    "bun ./x.ts": ALLOWED,
    "bun /x.ts": ALLOWED,
    "deno /x.ts": ALLOWED,
    "R ./x.R": INPUT,
    "Rscript ./x.R": ALLOWED,
    "ruby ./x.rb": LISTED,
}


def _spec(agent: str, allow: list[str], listed: list[str] | None = None) -> str:
    """A spec that allows commands, and where it lists interpreters also any script."""
    permissions: dict[str, Any] = {"shell": {"allowed_commands": allow}}
    if listed is not None:
        permissions["shell"]["allowed_interpreters"] = listed
        permissions["filesystem"] = {"execute": ["./**", "/**"]}
    return json.dumps({"agent": agent, "permissions": permissions})


def _asked(agent: str, line: str) -> Request:
    return Request(agent, "execute", "shell", line, {"argv": shlex.split(line)})


def _check(judged: Judged, groups: list[tuple[str, dict[str, str]]]) -> None:
    """Cases by the spec that they are asked under; the agent is called as its spec."""
    specs = {f"a{place}": spec for place, (spec, _) in enumerate(groups)}
    compiled = judged.compiled(**specs)
    wanted, requests = [], []
    for place, (_, cases) in enumerate(groups):
        for line, detail in cases.items():
            requests.append(_asked(f"a{place}", line))
            wanted.append((line, detail))
    decided = [decide(compiled.plan, one) for one in requests]
    assert [(one.id, each.detail) for one, each in zip(requests, decided, strict=True)] == wanted
    assert judged.differences(compiled, requests, decided) == []


def test_code_is_harmless_or_a_word_of_the_pattern(judged: Judged) -> None:
    groups = [(_spec(f"a{place}", [allow]), cases) for place, (allow, cases) in enumerate(OPERANDS)]
    _check(judged, groups)


@pytest.mark.parametrize("listed", [False, True])
def test_only_an_option_that_gives_the_program_stands_for_a_script(
    judged: Judged, *, listed: bool
) -> None:
    groups = []
    for place, (allow, cases) in enumerate(PROGRAMS):
        interpreters = [allow.split(maxsplit=1)[0]] if listed else None
        groups.append((_spec(f"a{place}", [allow], interpreters), cases))
    _check(judged, groups)


def test_an_interpreter_asked_alone_must_answer_without_reading_code(judged: Judged) -> None:
    allow = sorted({f"{line.split(maxsplit=1)[0]} *" for line in ALONE})
    _check(judged, [(_spec("a0", allow), ALONE)])


def test_a_script_is_a_file_and_what_follows_it_is_its_own(judged: Judged) -> None:
    names = sorted({line.split(maxsplit=1)[0] for line in LISTING})
    listed = [name for name in names if name != "ruby"]
    _check(judged, [(_spec("a0", [f"{name} *" for name in names], listed), LISTING)])
