"""One decision through OPA against a constant rule on the same server.

The constant stands in the decision rule itself, before everything else, so that both go
through the same socket, authorization and path.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import side_by_side
from wilkc.bundle import generate_key, sign_bundle, verify_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.contract import Request
from wilkc.language.requests import canonical_request, parse_short
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row
    from wilkc.bundle import PrivateKey, VerifiedBundle
    from wilkc.compiler import Compiled

EXAMPLES = Path(__file__).parents[1] / "policies" / "examples"
START_SECONDS = 120
"""A machine that measures other things too may need them for a large fleet."""
MAIN = "wilk/decision.rego"
RULE = b"\ndecision := _single if {"
CONSTANT = (
    b'\ndecision := {"decision": false, "context": {"reason": "PERMISSION_DENIED", "detail": '
    b'"constant", "message": "", "rule": null, "conditions": [], "revision": _revision}} if {'
    b'\n\tinput.resource.type == "constant"\n} else := _single if {'
)
ASKED = (
    ("file, allowed", "file:./src/app.ts", "read"),
    ("file, blocked", "file:./src/.git/config", "read"),
    ("network, allowed", "network:https://api.github.com", "connect"),
    ("shell, allowed", "shell:git status", "execute"),
    ("shell, blocked inside a wrapper", "shell:timeout 5 sudo id", "execute"),
    ("llm, allowed", "llm:gpt-4", "request"),
)


def decisions(rounds: int) -> list[Row]:
    """Each kind of request, asked over one kept connection."""
    with examples_sidecar() as sidecar:
        constant = Request("reviewer", "read", "constant", "x")
        floor = ("a constant rule", partial(sidecar.point.decide, constant))
        measured: dict[str, Callable[[], object]] = {}
        for name, resource, action in ASKED:
            request = canonical_request(parse_short("reviewer", resource, action))
            measured[name] = partial(sidecar.point.decide, request)
        return side_by_side(floor, measured, rounds)


def library_with_constant() -> dict[str, bytes]:
    """The fixed Rego with a rule before all others that answers a constant."""
    library = dict(read_library())
    if library[MAIN].count(RULE) != 1:
        raise ValueError("the decision rule is not where this benchmark looks for it")
    library[MAIN] = library[MAIN].replace(RULE, CONSTANT)
    return library


def verified(compiled: Compiled, key: PrivateKey) -> VerifiedBundle:
    """A signed bundle of compiled specs."""
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="bench")
    return verify_bundle(signed, {"bench": key.public()})


def sidecar_of(bundle: VerifiedBundle, key: PrivateKey) -> Sidecar:
    """A sidecar that serves it."""
    settings = SidecarSettings(opa=find_opa().path, start_seconds=START_SECONDS)
    return Sidecar(bundle, {"bench": key.public()}, settings)


def examples_sidecar() -> Sidecar:
    """A sidecar of the example policies, with the rule that answers a constant."""
    sources = {path.name: path.read_bytes() for path in sorted(EXAMPLES.glob("*.yaml"))}
    key = generate_key()
    return sidecar_of(verified(compile_sources(sources, library_with_constant()), key), key)
