package wilk.named_test

import data.wilk.named

list(pattern, rule) := {"n": 1, "any": pattern, "each": [[pattern, 0, rule]]}

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"profiles": {"p": {"tools": {"arguments": [], "signed": {"any": true}}, "named": {
		"tool": {"call": {
			"allow": list(`^(?:search.*)$`, "tools.allow.0"),
			"block": list(`^(?:.*_secret)$`, "tools.block.0"),
		}},
		"system": {"env.read": {"allow": list(`^(?:LC_.*)$`, "system.env.read.allow.0"), "block": {"n": 0}}},
	}}},
	"tables": {"name": {"canonical": `^[^\x00-\x1f]+$`}},
}

judged(kind, action, name, holding) := answer if {
	answer := named.verdict with input as {
		"subject": {"type": "agent", "id": "a"},
		"action": {"name": action},
		"resource": {"type": kind, "id": name},
	}
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
		with data.wilk.tables as holding.tables
}

test_grants if {
	judged("tool", "call", "search_web", world).rule == "tools.allow.0"
	judged("system", "env.read", "LC_ALL", world).rule == "system.env.read.allow.0"
}

test_refusals[name] if {
	some name, case in {
		"no rule": {"kind": "tool", "action": "call", "id": "delete", "outcome": "unmatched"},
		"blocked": {"kind": "tool", "action": "call", "id": "search_secret", "outcome": "blocked"},
		"other action": {"kind": "tool", "action": "list", "id": "search", "outcome": "unmatched"},
		"other category": {"kind": "agent", "action": "use", "id": "b", "outcome": "unmatched"},
		"empty": {"kind": "tool", "action": "call", "id": "", "outcome": "invalid"},
		"control character": {"kind": "tool", "action": "call", "id": "search\n", "outcome": "invalid"},
	}
	judged(case.kind, case.action, case.id, world).outcome == case.outcome
}

test_damaged_data_denies[path] if {
	some path in [
		"/agents/a", "/specs/spec", "/profiles/p/named", "/profiles/p/named/tool",
		"/profiles/p/named/tool/call", "/profiles/p/named/tool/call/allow",
		"/profiles/p/named/tool/call/allow/n", "/profiles/p/named/tool/call/allow/any",
		"/profiles/p/named/tool/call/allow/each", "/profiles/p/named/tool/call/block",
		"/profiles/p/named/tool/call/block/n", "/profiles/p/tools/arguments",
		"/profiles/p/tools/signed", "/profiles/p/tools/signed/any", "/tables/name",
	]
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(json.patch(world, [operation]))
	}
}

granted(holding) if judged("tool", "call", "search_web", holding).outcome == "granted"
