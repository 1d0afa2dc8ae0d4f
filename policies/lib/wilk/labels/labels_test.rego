package wilk.labels_test

import data.wilk.labels

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"profiles": {"p": {"data": {
		"labels": {"public": "data.classification"},
		"encryption": {"demanded": true, "rule": "data.encryption"},
		"pii": {"demanded": true, "rule": "data.pii_detection"},
		"conditions": [{"id": "data.pii_detection", "type": "detect_pii", "properties": {}}],
	}}},
}

judged(action, properties, holding) := answer if {
	answer := labels.verdict with input as {
		"subject": {"type": "agent", "id": "a"},
		"action": {"name": action},
		"resource": {"type": "data", "id": "x", "properties": properties},
	}
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
}

test_grants if {
	judged("process", {"classification": "public"}, world).conditions[0].type == "detect_pii"
	judged("process", {"classification": "public", "pii": true}, world).conditions == []
	judged("store", {"classification": "public", "encrypted": true}, world).outcome == "granted"
	judged("store", {"classification": "public", "encrypted": true, "pii": true}, world).outcome == "granted"
}

test_refusals[name] if {
	some name, case in {
		"unlabelled": {"action": "process", "properties": {}, "detail": "unlabelled_data"},
		"other label": {
			"action": "process",
			"properties": {"classification": "secret"},
			"detail": "no_rule_matches",
		},
		"number for a label": {
			"action": "process",
			"properties": {"classification": 3},
			"detail": "classification_not_text",
		},
		"flag that is no truth value": {
			"action": "process",
			"properties": {"classification": "public", "pii": "no"},
			"detail": "flag_not_boolean",
		},
		"unknown action": {
			"action": "burn",
			"properties": {"classification": "public"},
			"detail": "unknown_action",
		},
		"clear export": {
			"action": "export",
			"properties": {"classification": "public"},
			"detail": "encryption_required",
		},
		"clear store": {
			"action": "store",
			"properties": {"classification": "public"},
			"detail": "encryption_required",
		},
		"personal export": {
			"action": "export",
			"properties": {"classification": "public", "encrypted": true, "pii": true},
			"detail": "personal_data",
		},
	}
	judged(case.action, case.properties, world).detail == case.detail
}

test_damaged_data_denies[path] if {
	some path in [
		"/agents/a", "/specs/spec", "/profiles/p/data", "/profiles/p/data/labels",
		"/profiles/p/data/encryption", "/profiles/p/data/encryption/demanded",
		"/profiles/p/data/pii", "/profiles/p/data/pii/demanded", "/profiles/p/data/conditions",
	]
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(json.patch(world, [operation]))
	}
}

granted(holding) if {
	asked := {"classification": "public", "encrypted": true, "pii": false}
	judged("store", asked, holding).outcome == "granted"
}
