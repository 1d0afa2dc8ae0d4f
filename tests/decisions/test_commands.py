"""Commands inside commands and guarded options, by the reference evaluator and by OPA.

The details are written by hand: what runs inside a wrapper is judged as if it stood alone, up
to four deep, and an option that runs or writes something else must be spelled.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

SPEC = {
    "agent": "a",
    "permissions": {
        "filesystem": {
            "execute": ["./scripts/**", "./tool", "/**"],
            "metadata": {"blocked_paths": ["bad"]},
        },
        "shell": {
            "allowed_commands": [
                "nohup *", "timeout *", "env *", "watch *", "xargs *", "sudo -n *", "taskset *",
                "chrt *", "valgrind *", "perf *", "prlimit *", "ls *", "rm *",
                "sort *", "sort -o out *", "sed *", "cat ./src/**", "cat **/*.md", "git log *",
                "git -c core.pager=cat log *", "sh *", "bash *", "python3.11 *", "tclsh *",
                "tool *", "./scripts/x.py *", "printf {a,b}",
            ],
            "blocked_commands": ["rm -rf *", "ls --all *", "timeout * env *", "ls {x,y}"],
            "allowed_interpreters": ["python3.11", "bash"],
        },
    },
}  # fmt: skip
CASES = [
    ("ls", "allowed"),
    ("touch x", "no_rule_matches"),
    # Each layer is judged, and there are at most four below the first.
    ("nohup ls", "allowed"),
    ("nohup nohup nohup nohup ls", "allowed"),
    ("nohup nohup nohup nohup touch x", "no_rule_matches"),
    ("nohup nohup nohup nohup rm -rf x", "blocked"),
    ("nohup nohup nohup nohup nohup ls", "opaque_command"),
    ("nohup nohup nohup nohup nohup touch x", "opaque_command"),
    # Options and operands of wrappers.
    ("timeout 5 ls", "allowed"),
    ("timeout 5 touch x", "no_rule_matches"),
    ("timeout -- 5 ls", "allowed"),
    ("timeout -- 5 touch x", "no_rule_matches"),
    ("timeout -- 5 rm -rf x", "blocked"),
    ("timeout -s 9 5 touch x", "no_rule_matches"),
    ("timeout --signal=9 5 ls", "allowed"),
    ("timeout --odd 5 ls", "opaque_command"),
    ("timeout 5", "allowed"),
    ("timeout 5 env ls", "blocked"),
    ("sudo -n ls", "allowed"),
    ("sudo -n touch x", "no_rule_matches"),
    ("taskset -c 0 ls", "allowed"),
    ("taskset 3 touch x", "no_rule_matches"),
    ("taskset -ac 0,1 ls", "allowed"),
    ("taskset -p 3", "opaque_command"),
    ("taskset 3 rm -rf x", "blocked"),
    ("chrt -f 9 ls", "allowed"),
    ("chrt --fifo 9 touch x", "no_rule_matches"),
    ("chrt -b -T 5 0 rm -rf x", "blocked"),
    ("valgrind --tool=memcheck ls", "allowed"),
    ("valgrind --leak-check=full touch x", "no_rule_matches"),
    ("valgrind --log-file=x ls", "opaque_command"),
    ("perf stat ls", "opaque_command"),
    ("prlimit --nofile=9 ls", "opaque_command"),
    ("env ls", "allowed"),
    ("env A=b ls", "opaque_command"),
    ("env A=b", "opaque_command"),
    ("xargs ls", "opaque_command"),
    ("watch ls", "allowed"),
    ("watch ls;id", "opaque_command"),
    ("nohup sh -c id", "opaque_command"),
    ("sh -ec id", "opaque_command"),
    ("nohup /bin/dash -xc id", "opaque_command"),
    # The last component of a path names the program of a block.
    ("rm x", "allowed"),
    ("rm -r x", "allowed"),
    ("/bin/rm -rf x", "blocked"),
    ("rm -fR x", "blocked"),
    ("rm --force --recursive x", "blocked"),
    ("rm --forc --rec x", "blocked"),
    ("ls -a", "blocked"),
    ("ls --al", "blocked"),
    # Each alternative of braces.
    ("ls x", "blocked"),
    ("ls y", "blocked"),
    ("ls z", "allowed"),
    ("printf a", "allowed"),
    ("printf b", "allowed"),
    ("printf c", "no_rule_matches"),
    # Guarded options, abbreviated, in clusters, and more often than spelled.
    ("sort -r x", "allowed"),
    ("sort -o x", "guarded_option"),
    ("sort -ro x", "guarded_option"),
    ("sort --outp=x", "guarded_option"),
    ("sort --o x", "guarded_option"),
    ("sort -o out x", "allowed"),
    ("sort -o out -o x", "guarded_option"),
    ("git log", "allowed"),
    ("git log --output=x", "guarded_option"),
    ("git -c core.pager=cat log", "allowed"),
    ("git -c core.pager=cat log -c", "allowed"),
    ("git -c core.pager=cat log --output=x", "guarded_option"),
    ("git -c core.pager=id log", "no_rule_matches"),
    ("sed 5p x", "allowed"),
    ("sed 1eid x", "code_not_spelled"),
    ("sed -i 5p x", "guarded_option"),
    # Wildcards take no option and no way upwards.
    ("cat ./src/a/b", "allowed"),
    ("cat ./src/../b", "no_rule_matches"),
    ("cat ./src/..", "no_rule_matches"),
    ("cat a/b.md", "allowed"),
    ("cat -b.md", "no_rule_matches"),
    ("cat ../b.md", "no_rule_matches"),
    # Interpreters run listed scripts that may be executed, and nothing else.
    ("python3.11 scripts/x.py", "allowed"),
    ("python3.11 scripts/bad", "script_not_allowed"),
    ("python3.11 src/x.py", "script_not_allowed"),
    ("python3.11 -", "code_from_input"),
    ("python3.11 /dev/stdin", "code_from_input"),
    ("python3.11", "code_from_input"),
    ("python3.11 -c 1", "option_before_script"),
    ("python3.11 -V", "allowed"),
    ("bash -s", "guarded_option"),
    ("tclsh scripts/x", "interpreter_not_listed"),
]


def _request(*lines: str) -> Request:
    commands = [line.split(" ") for line in lines]
    return Request("a", "execute", "shell", "", {"commands": commands})


def test_each_layer_and_option_is_judged_as_written(judged: Judged) -> None:
    compiled = judged.compiled(a=json.dumps(SPEC))
    details = {line: decide(compiled.plan, _request(line)).detail for line, _ in CASES}
    assert details == dict(CASES)
    assert judged.differences(compiled, [_request(line) for line, _ in CASES]) == []


@pytest.mark.parametrize(
    ("interpreter", "program", "detail"),
    [
        ("/usr/bin/python3.11", "./scripts/x.py", "allowed"),
        ("", "tool", "allowed"),
        # What stands without a slash is found on PATH, so its name is not its place.
        ("/usr/bin/python3.11", "tool", "interpreter_not_listed"),
        ("/usr/bin/perl", "./scripts/x.py", "interpreter_not_listed"),
    ],
)
def test_a_script_that_names_its_interpreter_is_judged_as_a_script(
    judged: Judged, interpreter: str, program: str, detail: str
) -> None:
    compiled = judged.compiled(a=json.dumps(SPEC))
    properties = {"argv": [program], "interpreter": interpreter}
    request = Request("a", "execute", "shell", "", properties)
    assert decide(compiled.plan, request).detail == detail
    assert judged.differences(compiled, [request]) == []


@pytest.mark.parametrize(
    ("block", "blocked", "left"),
    [
        (
            "find * -files0-from *",
            ["find x -files0-from", "find x -sile0-fromx", "find x -files0from ---x"],
            ["find -files0from x --x", "find -files0from x -- x", "find -files0from x --"],
        ),
        ("find x -a=b", ["find x -ab=", "find x --a=x -b="], ["find x -ab --=z", "find x -ab"]),
        ("find x -aİ", ["find x -aİ", "find x --all -İ"], ["find x -a --i\u0307", "find x -ai"]),
    ],
)
def test_letters_that_no_long_option_begins_with(
    judged: Judged, block: str, blocked: list[str], left: list[str]
) -> None:
    shell = {"allowed_commands": ["find *"], "blocked_commands": [block]}
    compiled = judged.compiled(a=json.dumps({"agent": "a", "permissions": {"shell": shell}}))
    details = {line: decide(compiled.plan, _request(line)).detail for line in [*blocked, *left]}
    assert details == {**dict.fromkeys(blocked, "blocked"), **dict.fromkeys(left, "allowed")}
    assert judged.differences(compiled, list(map(_request, details))) == []


@pytest.mark.parametrize(
    ("scripts", "detail"),
    [
        ([], "allowed"),
        ([["./scripts/y.py", "~/w/scripts/y.py", "/w/scripts/y.py"]], "allowed"),
        ([["/any"]], "allowed"),
        # The canonical name must be allowed, and no name be blocked.
        ([["./src/y.py"]], "script_not_allowed"),
        ([["./src/y.py", "./scripts/y.py"]], "script_not_allowed"),
        ([["./scripts/bad"]], "script_not_allowed"),
        ([["./scripts/y.py", "/w/bad"]], "script_not_allowed"),
        ([["/any"], ["./scripts/y.py", "~/w/bad/y.py"]], "script_not_allowed"),
        # What is no list of names of scripts is not judged.
        ("./scripts/y.py", "path_not_canonical"),
        (None, "path_not_canonical"),
        (["./scripts/y.py"], "path_not_canonical"),
        ([[]], "path_not_canonical"),
        ([[1]], "path_not_canonical"),
        ([["./scripts/../bad"]], "path_not_canonical"),
        ([["./scripts/y.py", ""]], "path_not_canonical"),
        ([["./scripts/y.py"], {}], "path_not_canonical"),
    ],
)
@pytest.mark.parametrize("argv", [["python3.11", "scripts/x.py"], ["ls"]])
def test_a_script_is_judged_by_every_name_of_the_file(
    judged: Judged, argv: list[str], scripts: object, detail: str
) -> None:
    compiled = judged.compiled(a=json.dumps(SPEC))
    request = Request("a", "execute", "shell", "", {"argv": argv, "scripts": scripts})
    assert decide(compiled.plan, request).detail == detail
    assert judged.differences(compiled, [request]) == []


def test_one_command_that_is_refused_refuses_the_line(judged: Judged) -> None:
    compiled = judged.compiled(a=json.dumps(SPEC))
    refused = [line for line, detail in CASES if detail != "allowed"]
    for place, commands in enumerate((("ls", "{}"), ("{}", "ls"), ("ls", "rm x", "{}"))):
        requests = [_request(*(part.format(line) for part in commands)) for line in refused]
        granted = [one for one in requests if decide(compiled.plan, one).allow]
        assert granted == [], place
        assert judged.differences(compiled, requests) == []
    assert decide(compiled.plan, _request("ls", "rm x")).allow
