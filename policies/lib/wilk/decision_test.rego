package wilk_test

import data.wilk

list(pattern, rule) := {"n": 1, "any": pattern, "each": [[pattern, 0, rule]]}

nothing := {"n": 0}

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"positions": {"spec": {
		"llm.allow.0": ["a.yaml", 3, 5],
		"llm.block.0": ["a.yaml", 6, 5],
		"llm.rate": ["a.yaml", 8, 5],
	}},
	"profiles": {"p": {
		"text": {"llm.allow.0": "gpt-*", "llm.block.0": "*bad*", "llm.rate": "10"},
		"llm": {
			"allow": list(`^(?:gpt-.*)$`, "llm.allow.0"),
			"block": list(`^(?:.*[Bb]ad.*)$`, "llm.block.0"),
			"max_tokens": {"any": true},
			"conditions": [{
				"id": "llm.rate",
				"type": "rate_limit",
				"properties": {"key": "llm", "limit": 10, "window_seconds": 3600},
			}],
		},
	}},
	"revision": "r1",
}

ask(agent, model) := {
	"subject": {"type": "agent", "id": agent},
	"action": {"name": "request"},
	"resource": {"type": "llm", "id": model},
}

decided(request, holding) := answer if {
	answer := wilk.decision with input as request
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.positions as holding.positions
		with data.wilk.profiles as holding.profiles
		with data.wilk.revision as holding.revision
		with data.wilk.messages as {"allowed": "allowed by `{text}`", "unknown_agent": "agent `{agent}`"}
		with data.wilk.unreadable as "unreadable"
		with data.wilk.tables as {"name": {"canonical": `^[^\x00-\x1f]+$`}}
}

test_grant_names_rule_line_conditions_and_revision if {
	answer := decided(ask("a", "gpt-4"), world)
	answer.decision == true
	answer.context.rule == {
		"id": "llm.allow.0",
		"file": "a.yaml",
		"line": 3,
		"column": 5,
		"text": "gpt-*",
	}
	answer.context.message == "allowed by `gpt-*`"
	answer.context.conditions[0].properties.key == "a/llm"
	answer.context.revision == "r1"
}

test_block_beats_allow if {
	answer := decided(ask("a", "gpt-BADbad"), world)
	answer.decision == false
	answer.context.reason == "PERMISSION_DENIED"
	answer.context.rule.line == 6
}

test_denials[name] if {
	some name, case in {
		"unmatched": {"request": ask("a", "claude"), "reason": "PERMISSION_DENIED"},
		"unknown agent": {"request": ask("b", "gpt-4"), "reason": "NO_PERMISSIONS"},
		"control character": {"request": ask("a", "gpt-4\n"), "reason": "VALIDATION_ERROR"},
		"no name": {"request": ask("a", ""), "reason": "VALIDATION_ERROR"},
		"number for a name": {"request": ask("a", 4), "reason": "VALIDATION_ERROR"},
		"nothing": {"request": {}, "reason": "VALIDATION_ERROR"},
		"user instead of agent": {
			"request": object.union(ask("a", "gpt-4"), {"subject": {"type": "user", "id": "a"}}),
			"reason": "VALIDATION_ERROR",
		},
		"unknown type": {
			"request": object.union(ask("a", "x"), {"resource": {"type": "disk", "id": "x"}}),
			"reason": "PERMISSION_DENIED",
		},
		"usage at the limit": {
			"request": object.union(ask("a", "gpt-4"), {"context": {"usage": {"a/llm": 10}}}),
			"reason": "RATE_LIMIT_EXCEEDED",
		},
		"usage that is no number": {
			"request": object.union(ask("a", "gpt-4"), {"context": {"usage": {"a/llm": "1"}}}),
			"reason": "RATE_LIMIT_EXCEEDED",
		},
		"usage that is no object": {
			"request": object.union(ask("a", "gpt-4"), {"context": {"usage": 3}}),
			"reason": "VALIDATION_ERROR",
		},
	}
	answer := decided(case.request, world)
	answer.decision == false
	answer.context.reason == case.reason
}

test_usage_below_the_limit_is_granted if {
	asked := object.union(ask("a", "gpt-4"), {"context": {"usage": {"a/llm": 9}}})
	decided(asked, world).decision == true
}

# Whatever is missing or of the wrong type in the data, nothing is granted.
test_damaged_data_denies[path] if {
	some path in [
		"/agents/a", "/specs/spec", "/specs/spec/profile", "/profiles/p", "/profiles/p/llm",
		"/profiles/p/llm/allow", "/profiles/p/llm/allow/n", "/profiles/p/llm/allow/any",
		"/profiles/p/llm/allow/each", "/profiles/p/llm/block", "/profiles/p/llm/block/n",
		"/profiles/p/llm/max_tokens", "/profiles/p/llm/conditions",
		"/profiles/p/llm/conditions/0/type", "/profiles/p/llm/conditions/0/properties",
		"/profiles/p/llm/conditions/0/properties/key",
		"/profiles/p/llm/conditions/0/properties/limit",
	]
	every patch in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		decided(ask("a", "gpt-4"), json.patch(world, [patch])).decision == false
	}
}

# These sort above every number, so that any usage would seem to be below them.
test_a_limit_that_is_no_number_denies[name] if {
	some name, limit in {"text": "10", "list": [10], "object": {"limit": 10}}
	patch := {"op": "replace", "path": "/profiles/p/llm/conditions/0/properties/limit", "value": limit}
	decided(ask("a", "gpt-4"), json.patch(world, [patch])).decision == false
}

test_batch_answers_in_order if {
	answers := wilk.decisions with input as {"requests": [ask("x", "y"), {}]}
		with data.wilk.agents as {}
		with data.wilk.messages as {}
		with data.wilk.unreadable as "unreadable"
		with data.wilk.tables as {"name": {"canonical": `^[^\x00-\x1f]+$`}}
	[answer.context.reason | some answer in answers] == ["NO_PERMISSIONS", "VALIDATION_ERROR"]
}

test_batch_over_a_thousand_is_refused if {
	not wilk.decisions with input as {"requests": [{} | some _ in numbers.range(1, 1001)]}
}
