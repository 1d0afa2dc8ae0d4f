# METADATA
# title: "Network targets"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.network

allow.n := 3

# METADATA
# title: "api.openai.com"
# labels: {"rule": "net.allow.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 23}
allow.under[key] contains entry if {
	key := "api"
	entry := [0, "net.allow.0", [[80, 80], [443, 443]], ["https"], "=api.openai.com"]
}

# METADATA
# title: "registry.wilk.sh"
# labels: {"rule": "net.allow.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 24}
allow.under[key] contains entry if {
	key := "registry"
	entry := [1, "net.allow.1", [[80, 80], [443, 443]], ["https"], "=registry.wilk.sh"]
}

# METADATA
# title: "*.github.com"
# labels: {"rule": "net.allow.2"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 25}
allow.under[key] contains entry if {
	key := "github"
	entry := [2, "net.allow.2", [[80, 80], [443, 443]], ["https"], ".github.com"]
}

block.n := 2

# METADATA
# title: "*.internal"
# labels: {"rule": "net.block.0"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 28}
block.under[key] contains entry if {
	key := "internal"
	entry := [0, "net.block.0", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], ".internal"]
}

# METADATA
# title: "localhost"
# labels: {"rule": "net.block.1"}
# custom: {"column": 9, "file": "reviewer.yaml", "line": 29}
block.under[key] contains entry if {
	some [key, entry] in [
		["0.", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], "0.0.0.0/8"]],
		["127.", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], "127.0.0.0/8"]],
		["=::", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], "::/128"]],
		["=::1", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], "::1/128"]],
		["localhost", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], ".localhost"]],
		["localhost", [1, "net.block.1", [[1, 65535]], ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"], "=localhost"]],
	]
}

ports := {"n": 0}

conditions := [
	{"id": "net.max_requests_per_minute", "properties": {"key": "network", "limit": 60, "window_seconds": 60}, "type": "rate_limit"},
	{"id": "net.timeout_seconds", "properties": {"seconds": 30}, "type": "timeout"},
]
