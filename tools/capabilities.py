"""Write `policies/capabilities.json`: what Wilk's Rego may use, out of what OPA offers.

Usage: python tools/capabilities.py < <(opa capabilities --current)

Only builtins whose answer depends on their arguments alone: nothing that asks the network,
the clock, the environment or chance, and no `glob.match`, whose meaning is not Wilk's. Clocks
of zones are read off the time zone database of the host besides.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "policies" / "capabilities.json"
KEPT = frozenset(
    """
    abs and array.concat array.slice assign ceil concat contains count div endswith eq equal
    floor gt gte indexof internal.member_2 internal.member_3 intersection is_array is_boolean
    is_null is_number is_object is_set is_string json.patch lower lt lte max min minus mul neq
    net.cidr_contains net.cidr_is_valid numbers.range object.get object.keys object.subset
    object.union or plus regex.find_all_string_submatch_n regex.is_valid regex.match rem
    replace round sort split sprintf startswith strings.replace_n substring sum time.clock
    time.parse_rfc3339_ns time.weekday to_number trim trim_left trim_prefix trim_right trim_space
    trim_suffix union upper walk
    """.split()  # noqa: SIM905  # 71 quoted names are harder to read than this paragraph
)
FEATURES = ["keywords_in_refs", "rego_v1"]


def capabilities(offered: dict[str, Any]) -> dict[str, Any]:
    """The part of OPA's capabilities that Wilk's Rego may use, without descriptions."""
    builtins = [_plain(one) for one in offered["builtins"] if one["name"] in KEPT]
    return {"allow_net": [], "builtins": builtins, "features": FEATURES, "future_keywords": []}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        dropped = {"description", "categories", "introduced"}
        return {name: _plain(item) for name, item in value.items() if name not in dropped}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def main() -> None:
    """Read OPA's capabilities from standard input, write the file."""
    found = capabilities(json.load(sys.stdin))
    missing = KEPT - {one["name"] for one in found["builtins"]}
    if missing:
        sys.exit(f"this OPA lacks {', '.join(sorted(missing))}")
    lines = ",\n".join("    " + json.dumps(one, sort_keys=True) for one in found["builtins"])
    rest = {name: value for name, value in found.items() if name != "builtins"}
    head = ",\n".join(f"  {json.dumps(name)}: {json.dumps(rest[name])}" for name in sorted(rest))
    TARGET.write_text(f'{{\n{head},\n  "builtins": [\n{lines}\n  ]\n}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
