# METADATA
# title: "Commands"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.shell

allow.n := 4

# METADATA
# title: "git status"
# labels: {"rule": "shell.allow.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 36}
allow.program[key] contains entry if {
	key := "git\u0000status"
	entry := {"match": `^(?:git\x{0}status\x{0})$`, "never": [], "rank": 0, "rule": "shell.allow.0", "spelled": {}, "words": {"status": true}}
}

# METADATA
# title: "git diff"
# labels: {"rule": "shell.allow.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 37}
allow.program[key] contains entry if {
	key := "git\u0000diff"
	entry := {"match": `^(?:git\x{0}diff\x{0})$`, "never": [], "rank": 1, "rule": "shell.allow.1", "spelled": {}, "words": {"diff": true}}
}

# METADATA
# title: "npm test"
# labels: {"rule": "shell.allow.2"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 38}
allow.program[key] contains entry if {
	key := "npm\u0000test"
	entry := {"match": `^(?:npm\x{0}test\x{0})$`, "never": [], "rank": 2, "rule": "shell.allow.2", "spelled": {}, "words": {"test": true}}
}

# METADATA
# title: "eslint **/*.ts"
# labels: {"rule": "shell.allow.3"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 39}
allow.program[key] contains entry if {
	key := "eslint"
	entry := {"match": `^(?:eslint\x{0}(?:[^/\x{0}]+/)*[^/\x{0}]*\x{2e}ts\x{0})$`, "never": [`^eslint\x{0}(?:[^\x{0}]*\x{0}){0}(?:[^\x{0}]*/)?[.][.]?(?:/|\x{0})`, `^eslint\x{0}(?:[^\x{0}]*\x{0}){0}-`], "rank": 3, "rule": "shell.allow.3", "spelled": {}, "words": {}}
}

block.n := 3

# METADATA
# title: "rm -rf *"
# labels: {"rule": "shell.block.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 41}
block.program[key] contains entry if {
	key := "rm"
	entry := {"all": [`^(?:[^\x{0}]*\x{0}(?:[^\x{0}]*\x{0})*)$`, `^[^\x{0}]*\x{0}(?:(?:|-|[^-\x{0}][^\x{0}]*|-[^-\x{0}][^\x{0}]*|--[^\x{0}]+)\x{0})*(?:-(?:[\x{72}\x{52}]|[^-\x{0}][^\x{0}]*[\x{72}\x{52}])[^\x{0}]*|--r(?:e(?:c(?:u(?:r(?:s(?:i(?:v(?:e)?)?)?)?)?)?)?)?(?:=[^\x{0}]*)?)\x{0}`, `^[^\x{0}]*\x{0}(?:(?:|-|[^-\x{0}][^\x{0}]*|-[^-\x{0}][^\x{0}]*|--[^\x{0}]+)\x{0})*(?:-(?:[\x{66}]|[^-\x{0}][^\x{0}]*[\x{66}])[^\x{0}]*|--f(?:o(?:r(?:c(?:e)?)?)?)?(?:=[^\x{0}]*)?)\x{0}`], "rank": 0, "rule": "shell.block.0"}
}

# METADATA
# title: "sudo *"
# labels: {"rule": "shell.block.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 42}
block.program[key] contains entry if {
	key := "sudo"
	entry := {"all": [`^(?:[^\x{0}]*\x{0}(?:[^\x{0}]*\x{0})*)$`], "rank": 1, "rule": "shell.block.1"}
}

# METADATA
# title: "chmod 777 *"
# labels: {"rule": "shell.block.2"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 43}
block.program[key] contains entry if {
	key := "chmod"
	entry := {"all": [`^(?:[^\x{0}]*\x{0}(?:[^\x{0}]*\x{0})*777\x{0}(?:[^\x{0}]*\x{0})*)$`], "rank": 2, "rule": "shell.block.2"}
}

# METADATA
# title: "node, python3"
# labels: {"rule": "shell.interpreters"}
# custom: {"column": 27, "file": "reviewer.yaml", "line": 44}
interpreters := {"node": true, "python3": true}

directories := `^(?:\x{2e}(?:/[^/]+)*)$`

conditions := [
	{"id": "shell.sandbox", "properties": {}, "type": "sandbox"},
	{"id": "shell.max_execution_time", "properties": {"seconds": 300}, "type": "timeout"},
	{"id": "shell.max_memory_usage", "properties": {"max_memory_bytes": 536870912}, "type": "sandbox"},
]
