package wilk.file_test

import data.wilk.file

list(number, buckets) := {
	"n": number,
	"any": object.union({".": ""}, {key: bucket[0] | some key, bucket in buckets}),
	"each": {key: [[bucket[0], 0, bucket[1]]] | some key, bucket in buckets},
}

nothing := {"n": 0, "any": {".": ""}, "each": {}}

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"profiles": {"p": {"file": {
		"allow": {
			"read": list(3, {
				"src": [`^(?:[.]/src(?:/[^/]+)*)$`, "fs.read.allow.0"],
				"md": [`^(?:[.](?:/[^/]+)*/[^/]*[.]md)$`, "fs.read.allow.1"],
				"-": [`^(?:[.]/x[^/]*)$`, "fs.read.allow.2"],
			}),
			"write": list(1, {"out": [`^(?:[.]/out(?:/[^/]+)*)$`, "fs.write.allow.0"]}),
			"execute": nothing, "delete": nothing, "watch": nothing,
		},
		"block": list(2, {
			"git": [`^(?:(?:/[^/]+)*|[.](?:/[^/]+)*)/[.]git(?:/[^/]+)*$`, "fs.block.0"],
			"key": [`^(?:[.](?:/[^/]+)*/key)$`, "fs.block.1"],
		}),
		"extensions": {"any": false, "rule": "fs.extensions", "held": {"md": true}},
		"max_file_size": {"any": false, "rule": "fs.max_file_size", "value": 10},
		"conditions": [{"id": "fs.max_file_size", "type": "max_bytes", "properties": {"max_bytes": 10}}],
	}}},
	"tables": {"path": {
		"rooted": `^(?:[.]|~|/|(?:[.]|~)?(?:/(?:[^/.][^/]*|[.][^/.][^/]*|[.][.][^/]+))+)$`,
		"bare": `^(?:[^/.][^/]*|[.][^/.][^/]*|[.][.][^/]+)(?:/(?:[^/.][^/]*|[.][^/.][^/]*|[.][.][^/]+))*$`,
	}},
}

judged(action, path, properties, holding) := answer if {
	answer := file.verdict with input as {
		"subject": {"type": "agent", "id": "a"},
		"action": {"name": action},
		"resource": {"type": "file", "id": path, "properties": properties},
	}
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
		with data.wilk.tables as holding.tables
}

test_each_bucket_grants_and_names_its_rule[path] if {
	some path, rule in {
		"./src": "fs.read.allow.0",
		"./src/a.ts": "fs.read.allow.0",
		"src/a.ts": "fs.read.allow.0",
		"./docs/a.md": "fs.read.allow.1",
		"./xyz": "fs.read.allow.2",
	}
	answer := judged("read", path, {}, world)
	answer.outcome == "granted"
	answer.rule == rule
	answer.conditions[0].type == "max_bytes"
}

test_refusals[name] if {
	some name, case in {
		"no rule": {"path": "./docs/a.txt", "outcome": "unmatched"},
		"other root": {"path": "/src/a.ts", "outcome": "unmatched"},
		"segment blocked": {"path": "./src/.git/config", "outcome": "blocked"},
		"base name blocked": {"path": "./src/key", "outcome": "blocked"},
		"dot segments": {"path": "./src/../key", "outcome": "invalid"},
		"empty segment": {"path": "./src//a", "outcome": "invalid"},
		"trailing slash": {"path": "./src/", "outcome": "invalid"},
		"empty": {"path": "", "outcome": "invalid"},
	}
	judged("read", case.path, {}, world).outcome == case.outcome
}

test_extensions_limit_writes_but_not_directories if {
	judged("write", "./out/a.md", {}, world).outcome == "granted"
	judged("write", "./out/a.MD", {}, world).outcome == "granted"
	judged("write", "./out/a.exe", {}, world).detail == "extension_not_allowed"
	judged("write", "./out/plain", {}, world).detail == "extension_not_allowed"
	judged("write", "./out/.md", {}, world).detail == "extension_not_allowed"
	judged("write", "./out/new", {"directory": true}, world).outcome == "granted"
}

test_size_is_compared_when_given if {
	judged("read", "./src/a", {"size": 10}, world).conditions == []
	judged("read", "./src/a", {"size": 11}, world).detail == "too_large"
	judged("read", "./src/a", {"size": 1.5}, world).outcome == "invalid"
	judged("read", "./src/a", {"size": "1"}, world).outcome == "invalid"
}

test_blocks_are_judged_on_every_name_of_a_file if {
	judged("read", "./src/a", {"aliases": ["/home/x/a"]}, world).outcome == "granted"
	judged("read", "./src/a", {"aliases": ["/home/.git/a"]}, world).outcome == "blocked"
	judged("read", "./src/a", {"aliases": ["/home/../a"]}, world).outcome == "invalid"
	judged("read", "./src/a", {"aliases": "/home"}, world).outcome == "invalid"
}

test_permits_is_an_allow_without_a_block if {
	permitted("read", "./src/a")
	not permitted("read", "./src/.git/a")
	not permitted("write", "./src/a")
	not permitted("read", "./src/../a")
}

permitted(action, path) if {
	file.permits(action, path) with input as {"subject": {"type": "agent", "id": "a"}}
		with data.wilk.agents as world.agents
		with data.wilk.specs as world.specs
		with data.wilk.profiles as world.profiles
		with data.wilk.tables as world.tables
}

# The agent's second spec blocks nothing; what it cannot be asked might.
two := json.patch(world, [
	{"op": "replace", "path": "/agents/a", "value": ["other", "spec"]},
	{"op": "add", "path": "/specs/other", "value": {"profile": "q"}},
	{"op": "add", "path": "/profiles/q", "value": {"file": {"block": {"n": 0, "any": {".": ""}, "each": {}}}}},
])

test_a_script_passes_the_blocks_of_all_specs if {
	unblocked("./src/a", two)
	not unblocked("./src/.git/a", two)
	not unblocked("./src/../a", two)
	every path in [
		"/specs/other", "/profiles/q", "/profiles/q/file/block", "/profiles/q/file/block/n",
		"/profiles/q/file/block/any", "/profiles/q/file/block/any/.",
	] {
		not unblocked("./src/a", json.patch(two, [{"op": "remove", "path": path}]))
	}
}

unblocked(path, holding) if {
	file.unblocked(path) with input as {"subject": {"type": "agent", "id": "a"}}
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
		with data.wilk.tables as holding.tables
}

# Whatever is missing or of the wrong type in the data, nothing is granted.
test_damaged_data_denies[path] if {
	some path in [
		"/agents/a", "/specs/spec", "/specs/spec/profile", "/profiles/p", "/profiles/p/file",
		"/profiles/p/file/allow", "/profiles/p/file/allow/write", "/profiles/p/file/allow/write/n",
		"/profiles/p/file/allow/write/any", "/profiles/p/file/allow/write/each", "/profiles/p/file/block", "/profiles/p/file/block/n",
		"/profiles/p/file/block/any", "/profiles/p/file/block/any/.",
		"/profiles/p/file/extensions", "/profiles/p/file/extensions/held",
		"/profiles/p/file/max_file_size", "/profiles/p/file/conditions",
		"/profiles/p/file/conditions/0", "/profiles/p/file/conditions/0/type",
		"/profiles/p/file/max_file_size/value", "/tables/path",
		"/tables/path/rooted",
	]
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(json.patch(world, [operation]))
	}
}

granted(holding) if judged("write", "./out/a.md", {}, holding).outcome == "granted"
