"""The whole thread on one screen: compile, sign, serve, decide, sandbox, record.

usage: make demo

Everything is done by the installed `wilkc`, as a user would; this script only starts it and
lays out what it says. What is made stays in `bundles/demo*`; the workspace is a temporary
folder, owned by whom commands run as, and is removed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
WILKC = ROOT / ".venv" / "bin" / "wilkc"
BUNDLE = Path("bundles/demo.tar.gz")
KEYS = Path("bundles/demo-keys")
LOG = Path("bundles/demo-audit")
LOG_KEYS = Path("bundles/demo-audit.keys")
NOBODY = 65_534
READY_SECONDS = 20
REPORT = '''\
"""Counts the lines of the sources into a report; given a path, also writes there."""

import pathlib
import sys

lines = sum(len(path.read_text().splitlines()) for path in pathlib.Path("src").glob("*.ts"))
pathlib.Path("reports/summary.md").write_text(f"# Lines\\n\\n{lines}\\n")
for target in sys.argv[1:]:
    pathlib.Path(target).write_text("changed")
print(f"reports/summary.md: {lines} lines counted")
'''
ASKED = (
    ("reviewer", "file", "./src/app.ts", "read"),
    ("reviewer", "file", "./src/.env", "read"),
    ("reviewer", "file", "./reports/x.exe", "write"),
    ("reviewer", "network", "https://api.github.com", "connect"),
    ("reviewer", "network", "https://github.com", "connect"),
    ("reviewer", "shell", "git status", "execute"),
    ("reviewer", "shell", "git status; rm -rf build", "execute"),
    ("reviewer", "llm", "gpt-5", "request"),
    ("researcher", "tool", "mcp__github__get_issue", "call"),
    ("builder", "shell", "timeout 9 sudo id", "execute"),
)


def main() -> int:
    """Run the demonstration; returns a process exit code."""
    os.chdir(ROOT)
    print("Wilk demo  (policies/examples: 3 agents, the rules of 1 organisation)\n")
    clean()
    compile_and_sign()
    root_key = make_log()
    with workspace() as folder, served(folder) as socket:
        decide(socket)
        run_commands(folder / "workspace", socket)
    verify(root_key)
    print(
        "\nNext: edit policies/examples/reviewer.yaml, then"
        "  .venv/bin/wilkc check policies/examples"
    )
    return 0


def clean() -> None:
    """Remove what an earlier demonstration left."""
    for path in (KEYS, LOG, LOG_KEYS):
        shutil.rmtree(path, ignore_errors=True)
    for path in (BUNDLE, LOG.with_suffix(".root"), LOG_KEYS.with_suffix(".keys.provider")):
        path.unlink(missing_ok=True)


def compile_and_sign() -> None:
    """Build the examples to a signed bundle, and verify it."""
    started = time.monotonic()
    KEYS.mkdir(mode=0o700)
    wilkc("keys", "generate", KEYS, "--id", "demo")
    sign = ("--sign", KEYS / "demo.pem", "--scope", "demo")
    built = wilkc("build", "policies/examples", "-o", BUNDLE, *sign)
    took = time.monotonic() - started
    revision = built.split("revision ")[1].split()[0]
    line("compile", f"3 specs -> {BUNDLE}   revision {revision}…", f"{took:.1f} s")
    wilkc("verify", BUNDLE, "--key", KEYS / "demo.pub.pem", "--scope", "demo")
    line("sign", "ES256 key demo, scope demo: verified by wilkc, and by OPA below")


def make_log() -> str:
    """Make an empty audit log; returns the key that verifies it."""
    root = LOG.with_suffix(".root")
    options = ("--keys", LOG_KEYS, "--origin", "example.org/demo", "--root-key", root)
    made = wilkc("audit", "init", LOG, *options, "--reserve", "1MiB")
    return next(word for word in made.split() if word.startswith("example.org/demo/root+"))


@contextmanager
def workspace() -> Iterator[Path]:
    """A temporary folder with a workspace that the sandboxed identity owns."""
    folder = Path(tempfile.mkdtemp(prefix="wilk-demo-"))
    try:
        folder.chmod(0o755)
        place = folder / "workspace"
        for name in ("src", "scripts", "reports", "docs"):
            (place / name).mkdir(parents=True)
        (place / "src" / "app.ts").write_text("export const answer = 42;\n")
        (place / "scripts" / "report.py").write_text(REPORT)
        if os.geteuid() == 0:
            for path in (place, *place.rglob("*")):
                os.chown(path, NOBODY, NOBODY)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(folder: Path) -> Iterator[Path]:
    """OPA behind `wilkc serve`; yields its socket."""
    socket = folder / "run" / "opa.sock"
    started = time.monotonic()
    key = KEYS / "demo.pub.pem"
    command = [str(WILKC), "serve", "--bundle", str(BUNDLE), "--key", str(key)]
    command += ["--scope", "demo", "--socket", str(socket)]
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        first = server.stdout.readline() if server.stdout else ""
        if not first.startswith("ready"):
            sys.exit(f"serving failed:\n{(folder / 'serve.log').read_text()}")
        took = time.monotonic() - started
        line("serve", "OPA on a unix socket, bundle verified and active", f"{took:.1f} s")
        yield socket
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=READY_SECONDS)


def decide(socket: Path) -> None:
    """Ask a table of questions, and print each answer with the line that made it."""
    asked = [
        {
            "id": str(number),
            "subject": {"type": "agent", "id": agent},
            "action": {"name": action},
            "resource": {"type": kind, "id": rest},
        }
        for number, (agent, kind, rest, action) in enumerate(ASKED)
    ]
    questions = "\n".join(map(json.dumps, asked))
    options = ("--socket", socket, "--audit", LOG, "--audit-keys", LOG_KEYS)
    answers = wilkc("decide", "--batch", "-", *options, text=questions)
    print(f"\n {'agent':<11}{'asks':<42}{'answer':<8}because")
    for (agent, kind, rest, action), answer in zip(ASKED, answers.splitlines(), strict=True):
        found = json.loads(answer)
        word = "yes" if found["decision"] else "no"
        print(f" {agent:<11}{f'{kind}:{rest} {action}':<42}{word:<8}{because(found['context'])}")
    print()


def because(context: dict[str, Any]) -> str:
    """The deciding line, or the list in which nothing matched."""
    rule = context["rule"]
    if rule is None:
        return str(context["message"])
    limits = [condition["type"] for condition in context["conditions"]]
    shown = f"   ({', '.join(dict.fromkeys(limits))})" if limits else ""
    place = f"{rule['file'].removeprefix('policies/examples/')}:{rule['line']}:{rule['column']}"
    return f"{place:<21} {context['message']}{shown}"


def run_commands(place: Path, socket: Path) -> None:
    """One command that is allowed, one that is not, and one that reaches too far."""
    script = ("python3", "scripts/report.py")
    done, report = run(place, socket, *script)
    if done.returncode != 0:
        sys.exit(f"the sandbox failed:\n{done.stdout}{done.stderr}")
    launch = report["launch"]
    memory = launch["limits"]["memory"]
    line("sandbox", f"builder runs `{' '.join(script)}`: exit 0, no network, filter loaded")
    line("", f"memory limit: {memory['strength']} ({memory['mechanism']})")
    if memory["strength"] != "enforced":
        line("", "no control group here: builder says `level: moderate, degraded: [cgroup]`")
    denied, _ = run(place, socket, "python3", "-c", "print(1)")
    line("", f"builder runs `python3 -c …`: refused before it starts, exit {denied.returncode}")
    line("", denied.stderr.strip().splitlines()[0].removeprefix("wilkc: "))
    reached, _ = run(place, socket, *script, "src/x.ts")
    if (place / "src" / "x.ts").exists() or reached.returncode == 0:
        sys.exit("the sandbox let a file be written that the policy does not allow")
    last = reached.stderr.strip().splitlines()[-1]
    line("", f"the same script writes src/x.ts: refused by the kernel, as OPA says  ({last})")


def run(
    place: Path, socket: Path, *command: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run a command as the agent `builder`; returns what happened and the outcome record."""
    outcome = place.parent / "outcome.json"
    options = ["--bundle", str(BUNDLE), "--key", str(KEYS / "demo.pub.pem"), "--scope", "demo"]
    options += ["--socket", str(socket), "--workspace", str(place), "--outcome", str(outcome)]
    options += ["--audit", str(LOG), "--audit-keys", str(LOG_KEYS)]
    done = subprocess.run(
        [WILKC, "run", "builder", *options, "--", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, json.loads(outcome.read_text()) if outcome.exists() else {}


def verify(root_key: str) -> None:
    """Re-read the log with nothing but its public key."""
    said = wilkc("audit", "verify", LOG, "--root", root_key).strip().splitlines()
    line("record", f"{LOG}: {said[0]}")
    for more in said[1:]:
        line("", more.strip())


def wilkc(*arguments: object, text: str | None = None) -> str:
    """Run `wilkc`; what it prints, or the end of the demonstration."""
    command = [str(WILKC), *map(str, arguments)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def line(what: str, text: str, took: str = "") -> None:
    """One line of the screen."""
    print(f" {what:<9} {text:<78} {took}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
