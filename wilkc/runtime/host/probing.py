"""One real launch with every option, to see whether this machine can do it. Layer: runtime."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from wilkc.runtime.host.facts import Probe
from wilkc.runtime.host.trial import CANARY, RESTRICTED, Said, trial

_SCRIPT: Final = """
while read -r name value; do
    case $name in Seccomp:|CapEff:) echo "$name $value" ;; esac
done < /proc/self/status
read -r line < src/readable && echo "read: $line"
echo made > out/made && echo "write: ok"
for path in src/.env out/kept/.env out/blocked/key outside; do
    line=
    { read -r line < "$path" || [ -n "$line" ]; } 2> /dev/null && echo "shown: $path $line"
done
{ echo x > src/new; } 2> /dev/null && echo "written: src/new"
exit 0
"""


_BASH: Final = "/bin/bash"
_KNOCK: Final = """
exec 3<>/dev/tcp/127.0.0.1/3128 || exit 9
name=wilk-doctor.invalid:443
printf 'CONNECT %s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$name" "$name" >&3
read -r line <&3
echo "${line%?}"
"""
"""A name that nobody has (RFC 6761), asked of the proxy: only a refusal can come back."""


def probe() -> Probe:
    """Launch a command whose view, filter and identity are then looked at."""
    try:
        with trial() as place:
            found = read_probe(place.run(("/bin/sh", "-c", _SCRIPT)))
            if found.words:
                return found
            open_plan = replace(place.plan, network=RESTRICTED)
            said = replace(place, plan=open_plan).run((_BASH, "-c", _KNOCK))
            return replace(found, proxy=_knocked(said))
    except OSError as error:
        return Probe(words=f"no place to try a launch in: {error.strerror}", seccomp=None)


def _knocked(said: Said) -> str:
    """What the proxy of a restricted launch answered, or what went wrong."""
    words = said.stdout.strip() or said.outcome.message or said.stderr.strip()
    return words or f"the command ended with {said.outcome.exit}"


def read_probe(said: Said) -> Probe:
    """What a trial launch of the probe's command says of the machine."""
    outcome = said.outcome
    if outcome.kind != "exited" or outcome.exit != 0:
        words = outcome.message or said.stderr.strip() or f"the command ended with {outcome.exit}"
        return Probe(words=words, help=outcome.help, seccomp=None)
    lines = said.stdout.splitlines()
    facts = dict(line.split(": ", 1) for line in lines if ": " in line)
    mode = facts.get("Seccomp", "")
    return Probe(
        seccomp=int(mode) if mode.isdecimal() else None,
        capabilities=facts.get("CapEff", "unknown"),
        wrong=_wrong(facts, said.stdout),
    )


def _wrong(facts: dict[str, str], text: str) -> str:
    if facts.get("read") != "readable":
        return "the command could not read what a rule shows"
    if facts.get("write") != "ok":
        return "the command could not write where a rule lets it"
    if CANARY in text or "shown" in facts:
        return f"the command read what is hidden: {facts.get('shown', '')}"
    if "written" in facts:
        return f"the command wrote what is read-only: {facts['written']}"
    return ""
