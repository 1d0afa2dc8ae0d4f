package system.authz_test

import data.system.authz

good := {
	"method": "POST",
	"path": ["v1", "data", "wilk", "decision"],
	"params": {"provenance": ["true"], "strict-builtin-errors": ["true"]},
}

allowed(request) if authz.allow with input as request

test_decisions_are_allowed if {
	allowed(good)
	allowed(object.union(good, {"path": ["v1", "data", "wilk", "decisions"]}))
}

test_read_only_pages_are_allowed[page] if {
	some page in ["health", "metrics"]
	allowed({"method": "GET", "path": [page], "params": {}})
}

test_status_is_allowed if allowed({"method": "GET", "path": ["v1", "status"], "params": {}})

test_nothing_is_refused if {
	not allowed({})
	not allowed({"method": "POST"})
}

test_other_paths_are_refused[text] if {
	paths := [
		[],
		["v1", "data"],
		["v1", "data", "wilk"],
		["v1", "data", "wilk", "decision", ""],
		["v1", "data", "wilk", "decision", "x"],
		["v1", "data", "wilk", "profiles"],
		["v1", "data", "system"],
		["v0", "data", "wilk", "decision"],
		["v1", "policies"],
		["v1", "query"],
		["v1", "compile"],
		["v1", "config"],
		["V1", "data", "wilk", "decision"],
	]
	some path in paths
	text := concat("/", path)
	not allowed(object.union(good, {"path": path}))
}

test_other_methods_are_refused[method] if {
	some method in ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post"]
	not allowed(object.union(good, {"method": method}))
}

test_other_parameters_are_refused[text] if {
	strict := ["true"]
	cases := {
		"none": {},
		"no provenance": {"strict-builtin-errors": strict},
		"not strict": {"provenance": ["true"]},
		"strict twice": {"provenance": ["true"], "strict-builtin-errors": ["false", "true"]},
		"strict off": {"provenance": ["true"], "strict-builtin-errors": ["false"]},
		"explain": {"provenance": ["true"], "strict-builtin-errors": strict, "explain": ["full"]},
		"metrics": {"provenance": ["true"], "strict-builtin-errors": strict, "metrics": ["true"]},
	}
	some text, params in cases
	request := json.patch(good, [{"op": "replace", "path": "/params", "value": params}])
	not allowed(request)
}

test_pages_are_read_only[method] if {
	some method in ["POST", "PUT", "DELETE"]
	not allowed({"method": method, "path": ["health"], "params": {}})
}
