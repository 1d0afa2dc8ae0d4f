package wilk.shell_test

import data.wilk.shell

allow(rank, rule, match, spelled, words) := {
	"rank": rank,
	"rule": rule,
	"match": match,
	"never": [],
	"spelled": spelled,
	"words": words,
}

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"profiles": {"p": {
		"shell": {
			"allow": {"n": 5, "program": {
				"git": [
					allow(0, "shell.allow.0", `^git\x{0}status\x{0}$`, {}, {"status": true}),
					allow(1, "shell.allow.1", `^git\x{0}(?:[^\x{0}]*\x{0})*$`, {}, {}),
				],
				"timeout": [allow(2, "shell.allow.2", `^timeout\x{0}(?:[^\x{0}]*\x{0})*$`, {}, {})],
				"ls\u0000-l": [allow(4, "shell.allow.4", `^ls\x{0}-l\x{0}$`, {}, {})],
				"python3": [allow(3, "shell.allow.3", `^python3\x{0}(?:[^\x{0}]*\x{0})*$`, {}, {})],
			}},
			"block": {"n": 1, "program": {"rm": [{
				"rank": 0,
				"rule": "shell.block.0",
				"all": [`^[^\x{0}]*\x{0}(?:[^\x{0}]*\x{0})*$`],
			}]}},
			"interpreters": {"python3": true},
			"directories": `^[.](?:/[^/]+)*$`,
			"conditions": [{"id": "shell.sandbox", "type": "sandbox", "properties": {}}],
		},
		"file": {
			"allow": {"execute": {
				"n": 1,
				"any": {"scripts": `^[.]/scripts/[^/]+$`},
				"each": {"scripts": [[`^[.]/scripts/[^/]+$`, 0, "fs.execute.allow.0"]]},
			}},
			"block": {"n": 0, "any": {".": ""}, "each": {}},
		},
	}},
	"tables": {
		"path": {"rooted": `^(?:[.]|(?:[.])?(?:/[^/.][^/]*)+)$`, "bare": `^[^/.~][^/]*$`},
		"shell": {
			"opaque": {"eval": true},
			"running": `^(?:[^\x{0}]*/)?(?:eval|(?:ba)?sh|python3|timeout|sed)\x{0}`,
			"special": `^(?:[^\x{0}]*/)?(?:eval|(?:ba)?sh|python3|timeout|git|sed)\x{0}`,
			"shell_text": `^(?:[^\x{0}]*/)?(?:ba)?sh\x{0}(?:[^\x{0}]*\x{0})*[-+][A-Za-z]*c`,
			"interpreters": `^python3$`,
			"scriptless": `^R$`,
			"seeking": `^bun$`,
			"harmless": `^python3\x{0}--version\x{0}$`,
			"code": {"python3": `^python3\x{0}-c\x{0}[^\x{0}]*\x{0}`},
			"modules": {"python3": `^python3\x{0}-m\x{0}((?:[^\x{0}]*\x{0})+)$`},
			"wrappers": {"timeout": {
				"inner": `^[^\x{0}]*\x{0}(?:-v\x{0})*(?:(?:|-|[^-\x{0}][^\x{0}]*)\x{0}((?:[^\x{0}]*\x{0})*))?$`,
				"plain": false,
				"simple": true,
			}},
			"guards": {"git": {
				"any": `\x{0}-c`,
				"each": [["0:short:c", `^-c`, "any", ""]],
				"values": `^-[^=\x{0}]+$`,
				"alone": {"-P": true},
			}},
			"scripts": {"sed": `^5p$`},
			"operands": {"sed": `^sed\x{0}(?:-n\x{0})*([^-\x{0}][^\x{0}]*)\x{0}`},
		},
	},
}

asked(properties, context) := {
	"subject": {"type": "agent", "id": "a"},
	"action": {"name": "execute"},
	"resource": {"type": "shell", "id": "", "properties": properties},
	"context": context,
}

judged(request, holding) := answer if {
	answer := shell.verdict with input as request
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
		with data.wilk.tables as holding.tables
}

run(argv) := judged(asked({"argv": argv}, {}), world)

# One command of a line, which is judged in one body where it can be.
run_line(argv) := judged(asked({"commands": [argv]}, {}), world)

test_grants[name] if {
	some name, case in {
		"exact": {"argv": ["git", "status"], "rule": "shell.allow.0"},
		"plain": {"argv": ["ls", "-l"], "rule": "shell.allow.4"},
		"wildcard": {"argv": ["git", "log", "x"], "rule": "shell.allow.1"},
		"wrapped": {"argv": ["timeout", "-v", "5", "git", "log"], "rule": "shell.allow.2"},
		"script": {"argv": ["python3", "scripts/x.py"], "rule": "shell.allow.3"},
		"version": {"argv": ["python3", "--version"], "rule": "shell.allow.3"},
	}
	every answer in [run(case.argv), run_line(case.argv)] {
		answer.outcome == "granted"
		answer.rule == case.rule
		answer.conditions[0].type == "sandbox"
	}
}

test_refusals[name] if {
	some name, case in {
		"no rule": {"argv": ["ls"], "detail": "no_rule_matches"},
		"other path": {"argv": ["./git", "status"], "detail": "no_rule_matches"},
		"blocked": {"argv": ["/bin/rm", "x"], "detail": "blocked"},
		"blocked inside": {"argv": ["timeout", "5", "rm", "x"], "detail": "blocked"},
		"inner not allowed": {"argv": ["timeout", "5", "ls"], "detail": "no_rule_matches"},
		"unknown option": {"argv": ["timeout", "-x", "5", "git"], "detail": "opaque_command"},
		"opaque": {"argv": ["eval", "git"], "detail": "opaque_command"},
		"shell text": {"argv": ["bash", "-lc", "git"], "detail": "opaque_command"},
		"guarded": {"argv": ["git", "-c", "x", "log"], "detail": "guarded_option"},
		"no script": {"argv": ["python3"], "detail": "code_from_input"},
		"standard input": {"argv": ["python3", "-"], "detail": "code_from_input"},
		"option first": {"argv": ["python3", "-u", "scripts/x.py"], "detail": "option_before_script"},
		"other script": {"argv": ["python3", "src/x.py"], "detail": "script_not_allowed"},
		"escaping script": {"argv": ["python3", "scripts/../x.py"], "detail": "script_not_allowed"},
		"NUL": {"argv": ["git", "a\u0000b"], "detail": "shell_argv_invalid"},
		"empty": {"argv": [], "detail": "shell_argv_invalid"},
		"no program": {"argv": [""], "detail": "shell_argv_invalid"},
		"number": {"argv": ["git", 1], "detail": "shell_argv_invalid"},
		"text": {"argv": "git status", "detail": "shell_argv_invalid"},
	}
	run(case.argv).detail == case.detail
	run_line(case.argv).detail == case.detail
}

test_a_block_inside_a_wrapper_beats_its_allow if {
	request := asked({"commands": [["timeout", "5", "ls", "-l"]]}, {})
	judged(request, world).outcome == "granted"
	blocking := json.patch(world, [{"op": "add", "path": "/profiles/p/shell/block/program/ls", "value": [{
		"rank": 1,
		"rule": "shell.block.1",
		"all": [`^[^\x{0}]*\x{0}(?:[^\x{0}]*\x{0})*$`],
	}]}])
	judged(request, blocking).detail == "blocked"
}

test_a_script_is_judged_by_every_name if {
	every scripts in [[], [["./scripts/y.py", "/w/scripts/y.py"]]] {
		judged(asked({"argv": ["python3", "scripts/x.py"], "scripts": scripts}, {}), world).outcome == "granted"
	}
	every detail, scripts in {
		"script_not_allowed": [["./src/y.py"]],
		"path_not_canonical": [["./scripts/../y.py"]],
	} {
		judged(asked({"argv": ["python3", "scripts/x.py"], "scripts": scripts}, {}), world).detail == detail
	}
}

test_five_layers_are_too_many if {
	wrapped := ["timeout", "1"]
	four := array.concat(array.concat(wrapped, wrapped), array.concat(wrapped, wrapped))
	run(array.concat(four, ["git", "status"])).outcome == "granted"
	run(array.concat(wrapped, array.concat(four, ["git", "status"]))).detail == "opaque_command"
}

test_every_command_of_a_line_counts if {
	judged(asked({"commands": [["git", "status"], ["git", "log"]]}, {}), world).outcome == "granted"
	judged(asked({"commands": [["git", "status"], ["ls"]]}, {}), world).outcome == "unmatched"
	judged(asked({"commands": [["ls"], ["rm", "x"]]}, {}), world).outcome == "blocked"
	judged(asked({"commands": []}, {}), world).outcome == "invalid"
	judged(asked({}, {}), world).outcome == "invalid"
}

test_the_working_directory_must_match if {
	judged(asked({"argv": ["git", "status"]}, {"cwd": "./a"}), world).outcome == "granted"
	judged(asked({"argv": ["git", "status"]}, {"cwd": "/etc"}), world).detail == "directory_not_allowed"
	judged(asked({"argv": ["git", "status"]}, {"cwd": "./a/"}), world).outcome == "invalid"
	judged(asked({"argv": ["git", "status"]}, {"cwd": 3}), world).outcome == "invalid"
}

damages := [
	"/profiles/p/shell/allow/program/ls\u0000-l", "/profiles/p/shell/block/n",
	"/profiles/p/shell/allow/program/ls\u0000-l/0/match",
	"/profiles/p/shell/allow/program/ls\u0000-l/0/never",
	"/profiles/p/shell/directories", "/profiles/p/shell/conditions",
]

test_damaged_data_denies_plain_programs[path] if {
	some path in damages
	request := asked({"argv": ["ls", "-l"]}, {})
	judged(request, world).outcome == "granted"
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted_by(request, json.patch(world, [operation]))
	}
}

test_damaged_data_denies_simple_commands[path] if {
	some path in damages
	request := asked({"commands": [["timeout", "5", "ls", "-l"]]}, {})
	judged(request, world).outcome == "granted"
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted_by(request, json.patch(world, [operation]))
	}
}

# A table without which some command cannot be judged in one body leaves it to the other rules.
test_damaged_tables_deny_what_they_are_about[path] if {
	some path, argv in {
		"/tables/shell/guards": ["git", "-c", "x", "log"],
		"/tables/shell/running": ["bash", "-lc", "git"],
		"/tables/shell/wrappers": ["timeout", "5", "rm", "x"],
		"/tables/shell/wrappers/timeout": ["timeout", "5", "ls"],
		"/tables/shell/special": ["git", "-c", "x", "log"],
	}
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted_by(asked({"commands": [argv]}, {}), json.patch(world, [operation]))
	}
}

test_what_cannot_be_read_of_an_entry_grants_nothing[name] if {
	some name, value in {"match": "(", "never": ["("]}
	path := concat("/", ["/profiles/p/shell/allow/program/ls\u0000-l/0", name])
	damaged := json.patch(world, [{"op": "replace", "path": path, "value": value}])
	not granted_by(asked({"argv": ["ls", "-l"]}, {}), damaged)
	not granted_by(asked({"commands": [["ls", "-l"]]}, {}), damaged)
}

granted_by(request, holding) if judged(request, holding).outcome == "granted"

test_damaged_data_denies[path] if {
	some path in [
		"/agents/a", "/specs/spec", "/profiles/p/shell", "/profiles/p/shell/allow",
		"/profiles/p/shell/allow/n", "/profiles/p/shell/allow/program",
		"/profiles/p/shell/allow/program/timeout", "/profiles/p/shell/block",
		"/profiles/p/shell/block/n", "/profiles/p/shell/directories",
		"/profiles/p/shell/conditions", "/profiles/p/shell/interpreters",
		"/profiles/p/file", "/profiles/p/file/allow", "/profiles/p/file/block/n",
	]
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(json.patch(world, [operation]))
	}
}

test_missing_tables_deny[path] if {
	some path in [
		"/tables/shell/interpreters", "/tables/shell/opaque", "/tables/shell/guards",
		"/tables/shell/wrappers", "/tables/shell/scripts", "/tables/shell/operands",
		"/tables/shell/scriptless", "/tables/shell/seeking", "/tables/shell/modules",
		"/tables/shell/shell_text", "/tables/path",
	]
	every operation in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(json.patch(world, [operation]))
	}
}

granted(holding) if {
	granted_by(asked({"argv": ["timeout", "5", "python3", "scripts/x.py"]}, {}), holding)
}
