"""Network rules of OpenShell become entries of a draft. Layer: importers (pure).

A rule lets programs reach hosts; here an agent reaches them. So a host is allowed where the request
names the program as `context.program`, and without a condition only if every program may reach it.
What narrows an endpoint to some requests cannot be said, so the endpoint is left out, also where
the source would only write other requests down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.importers.draft import quoted
from wilkc.importers.nodes import items, mapping, members, refuse, text
from wilkc.importers.openshell.endpoints import Endpoint, read_endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.importers.draft import Draft
    from wilkc.syntax import Node

MAX_ENDPOINTS: Final = 1000
"""Of one policy: each is compared with those that narrow what others allow."""
_RULE: Final = frozenset({"name", "endpoints", "binaries"})
_PROVIDERS: Final = "_provider_"
_EVERY_PROGRAM: Final = "/**"
_HTTPS, _HTTP = 443, 80
_CONDITION: Final = (
    "it is allowed where a request names one of its programs as `context.program`, which Wilk's own"
    " enforcement points do not: take the condition out to allow it to all that the agent runs"
)
_INSPECTED: Final = "{} narrows what goes to that host and port"


def read_network(name: str, node: Node, middlewares: Node | None, draft: Draft) -> None:
    """Add the hosts that programs may reach.

    Raises:
        UsageError: it is no map of rules, or has too many endpoints.
    """
    if middlewares is not None and mapping(middlewares, "network_middlewares").entries:
        place = f"{name}:{middlewares.span.line} network_middlewares"
        draft.empty("network", place, "network_middlewares")
    rules: list[tuple[list[Endpoint], tuple[str, ...]]] = []
    for key, value in mapping(node, "network_policies").entries:
        if key.text.startswith(_PROVIDERS):
            refuse(key.span, f"names that begin with `{_PROVIDERS}` are those of providers")
        rule = members(mapping(value, key.text), _RULE, "a network rule")
        place = f"network_policies.{key.text}"
        endpoints = [
            read_endpoint(name, f"{place}.endpoints[{at}]", one)
            for at, one in enumerate(items(rule["endpoints"], "endpoints"))
        ] if "endpoints" in rule else []  # fmt: skip
        programs = _programs(name, place, rule["binaries"], draft) if "binaries" in rule else ()
        rules.append((endpoints, programs))
    known = [endpoint for endpoints, _ in rules for endpoint in endpoints]
    if len(known) > MAX_ENDPOINTS:
        refuse(node.span, f"more than {MAX_ENDPOINTS} endpoints")
    narrowing = [endpoint for endpoint in known if endpoint.narrows]
    for endpoints, programs in rules:
        for endpoint in endpoints:
            _carry(endpoint, programs, narrowing, draft)


def _programs(name: str, place: str, node: Node, draft: Draft) -> tuple[str, ...]:
    """The programs that a rule names; of patterns only the one for all."""
    found = []
    for at, one in enumerate(items(node, "binaries")):
        fields = members(mapping(one, "binaries"), frozenset({"path"}), "`binaries`")
        if "path" not in fields:
            refuse(one.span, "`path` is missing")
        path = text(fields["path"], "path")
        if path != _EVERY_PROGRAM and (set("*?[") & set(path) or not path.startswith("/")):
            draft.leave_out(
                f"{name}:{one.span.line} {place}.binaries[{at}]", path,
                "it is a pattern, and a condition knows whole paths",
            )  # fmt: skip
        else:
            found.append(path)
    return tuple(found)


def _carry(
    endpoint: Endpoint, programs: Sequence[str], narrowing: Sequence[Endpoint], draft: Draft
) -> None:
    why = endpoint.narrows or endpoint.unsayable or ("" if programs else "no program may reach it")
    if not why:
        other = next((one for one in narrowing if one.meets(endpoint)), None)
        why = _INSPECTED.format(other.place) if other else ""
    if why:
        draft.leave_out(endpoint.place, endpoint.shown, why)
        return
    when = [] if _EVERY_PROGRAM in programs else [quoted(one) for one in programs]
    for port in sorted(endpoint.ports):
        beside: dict[str, str] = {}
        if port != _HTTPS:
            beside["ports"] = f"[{port}]"
        if endpoint.tcp or port == _HTTP:
            beside["protocols"] = "[tcp]" if endpoint.tcp else "[http]"
        if when:
            beside["when"] = f"{{context.program: [{', '.join(when)}]}}"
        draft.allow_host(endpoint.pattern, beside, endpoint.place, shown=endpoint.shown)
    if when:
        draft.leave_out(endpoint.place, endpoint.shown, _CONDITION)
