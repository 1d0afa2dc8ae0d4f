# METADATA
# title: "Models"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.llm

allow.n := 2

allow.any := ""

# METADATA
# title: "gpt-4"
# labels: {"rule": "llm.allow.0"}
# custom: {"column": 22, "file": "reviewer.yaml", "line": 51}
allow.each contains ["", 0, "llm.allow.0"] if {
	regex.match(`^(?:gpt\x{2d}4)$`, input.resource.id)
}

# METADATA
# title: "gpt-3.5-turbo"
# labels: {"rule": "llm.allow.1"}
# custom: {"column": 31, "file": "reviewer.yaml", "line": 51}
allow.each contains ["", 1, "llm.allow.1"] if {
	regex.match(`^(?:gpt\x{2d}3\x{2e}5\x{2d}turbo)$`, input.resource.id)
}

block.n := 1

block.any := ""

# METADATA
# title: "*uncensored*"
# labels: {"rule": "llm.block.0"}
# custom: {"column": 22, "file": "reviewer.yaml", "line": 52}
block.each contains ["", 0, "llm.block.0"] if {
	regex.match(`^(?:[\x{0}-\x{10ffff}]*[Uu][Nn][Cc][Ee][Nn][Ss\x{17f}][Oo][Rr][Ee][Dd][\x{0}-\x{10ffff}]*)$`, input.resource.id)
}

# METADATA
# title: "4096"
# labels: {"rule": "llm.max_tokens_per_request"}
# custom: {"column": 29, "file": "reviewer.yaml", "line": 49}
max_tokens := {"any": false, "rule": "llm.max_tokens_per_request", "value": 4096}

conditions := [
	{"id": "llm.content_filtering", "properties": {}, "type": "content_filter"},
	{"id": "llm.max_tokens_per_request", "properties": {"max_tokens": 4096}, "type": "max_tokens"},
	{"id": "llm.max_requests_per_hour", "properties": {"key": "llm", "limit": 100, "window_seconds": 3600}, "type": "rate_limit"},
]
