# METADATA
# title: "Files"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.file

import data.wilk.file

allow.delete.n := 0

allow.execute.n := 1

allow.execute.any["-"] := "" if count(allow.execute.each["-"]) > 0

# METADATA
# title: "./scripts/build.sh"
# labels: {"rule": "fs.execute.allow.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 12}
allow.execute.each["-"] contains ["", 0, "fs.execute.allow.0"] if {
	regex.match(`^(?:\x{2e}/scripts/build\x{2e}sh)$`, file.path)
}

allow.read.n := 3

allow.read.any["-"] := "" if count(allow.read.each["-"]) > 0

# METADATA
# title: "./src/**/*.{ts,js,json}"
# labels: {"rule": "fs.read.allow.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 5}
allow.read.each["-"] contains ["", 0, "fs.read.allow.0"] if {
	regex.match(`^(?:\x{2e}/src(?:/[^/]+)*/[^/]*\x{2e}ts|\x{2e}/src(?:/[^/]+)*/[^/]*\x{2e}js|\x{2e}/src(?:/[^/]+)*/[^/]*\x{2e}json)$`, file.path)
}

# METADATA
# title: "./docs/**/*.md"
# labels: {"rule": "fs.read.allow.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 6}
allow.read.each["-"] contains ["", 1, "fs.read.allow.1"] if {
	regex.match(`^(?:\x{2e}/docs(?:/[^/]+)*/[^/]*\x{2e}md)$`, file.path)
}

# METADATA
# title: "./package.json"
# labels: {"rule": "fs.read.allow.2"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 7}
allow.read.each["-"] contains ["", 2, "fs.read.allow.2"] if {
	regex.match(`^(?:\x{2e}/package\x{2e}json)$`, file.path)
}

allow.watch.n := 0

allow.write.n := 2

allow.write.any["-"] := "" if count(allow.write.each["-"]) > 0

# METADATA
# title: "./reports/**"
# labels: {"rule": "fs.write.allow.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 9}
allow.write.each["-"] contains ["", 0, "fs.write.allow.0"] if {
	regex.match(`^(?:\x{2e}/reports(?:/[^/]+)*)$`, file.path)
}

# METADATA
# title: "./generated/**"
# labels: {"rule": "fs.write.allow.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 10}
allow.write.each["-"] contains ["", 1, "fs.write.allow.1"] if {
	regex.match(`^(?:\x{2e}/generated(?:/[^/]+)*)$`, file.path)
}

block.n := 3

block.any["-"] := "" if count(block.each["-"]) > 0

# METADATA
# title: ".env*"
# labels: {"rule": "fs.block.0"}
# custom: {"column": 11, "file": "reviewer.yaml", "line": 17}
block.each["-"] contains ["", 0, "fs.block.0"] if {
	regex.match(`^(?:\x{2e}(?:/[^/]+)*/\x{2e}env[^/]*(?:/[^/]+)*|\x{7e}(?:/[^/]+)*/\x{2e}env[^/]*(?:/[^/]+)*|(?:/[^/]+)*/\x{2e}env[^/]*(?:/[^/]+)*)$`, file.path)
}

# METADATA
# title: "**/.git/**"
# labels: {"rule": "fs.block.1"}
# custom: {"column": 11, "file": "reviewer.yaml", "line": 18}
block.each["-"] contains ["", 1, "fs.block.1"] if {
	regex.match(`^(?:\x{2e}(?:/[^/]+)*/\x{2e}git(?:/[^/]+)*|\x{7e}(?:/[^/]+)*/\x{2e}git(?:/[^/]+)*|(?:/[^/]+)*/\x{2e}git(?:/[^/]+)*)$`, file.path)
}

# METADATA
# title: "**/node_modules/**"
# labels: {"rule": "fs.block.2"}
# custom: {"column": 11, "file": "reviewer.yaml", "line": 19}
block.each["-"] contains ["", 2, "fs.block.2"] if {
	regex.match(`^(?:\x{2e}(?:/[^/]+)*/node\x{5f}modules(?:/[^/]+)*|\x{7e}(?:/[^/]+)*/node\x{5f}modules(?:/[^/]+)*|(?:/[^/]+)*/node\x{5f}modules(?:/[^/]+)*)$`, file.path)
}

block.any["."] := ""

# METADATA
# title: "js, json, md, ts, yaml"
# labels: {"rule": "fs.extensions"}
# custom: {"column": 27, "file": "reviewer.yaml", "line": 15}
extensions := {"any": false, "held": {"js": true, "json": true, "md": true, "ts": true, "yaml": true}, "rule": "fs.extensions"}

# METADATA
# title: "10485760"
# labels: {"rule": "fs.max_file_size"}
# custom: {"column": 22, "file": "reviewer.yaml", "line": 14}
max_file_size := {"any": false, "rule": "fs.max_file_size", "value": 10485760}

conditions := [
	{"id": "fs.max_file_size", "properties": {"max_bytes": 10485760}, "type": "max_bytes"},
]
