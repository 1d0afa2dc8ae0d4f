package wilk.arguments_test

import data.wilk.arguments

any_object := {"": [["type", ["object"]]]}

# Whether a call of `t` with these arguments passes the checks.
passes(checks, given) if count(failed([entry(`^(?:t)$`, checks)], given)) == 0

entry(name, checks) := {"name": name, "rule": "tools.arguments.0", "checks": checks}

failed(entries, given) := answer if {
	answer := arguments.failing with input as {
		"subject": {"type": "agent", "id": "a"},
		"action": {"name": "call"},
		"resource": {"type": "tool", "id": "t", "properties": {"arguments": given}},
	}
		with data.wilk.agents as {"a": "spec"}
		with data.wilk.specs as {"spec": {"profile": "p"}}
		with data.wilk.profiles as {"p": {"tools": {"arguments": entries}}}
}

at(name, keyword, wanted) := object.union(any_object, {concat("", [name, "\u0000"]): [[keyword, wanted]]})

test_each_keyword_passes_and_fails[name] if {
	some name, case in {
		"string": {"check": ["type", ["string"]], "good": "x", "bad": 1},
		"integer": {"check": ["type", ["integer"]], "good": 1, "bad": 1.5},
		"one of two": {"check": ["type", ["integer", "null"]], "good": null, "bad": "1"},
		"boolean": {"check": ["type", ["boolean"]], "good": true, "bad": 1},
		"number": {"check": ["type", ["number"]], "good": 1.5, "bad": true},
		"array": {"check": ["type", ["array"]], "good": [], "bad": {}},
		"enum": {"check": ["enum", ["a", 1]], "good": 1, "bad": true},
		"minimum": {"check": ["minimum", 3], "good": 3, "bad": 2.9},
		"maximum": {"check": ["maximum", 3], "good": 3, "bad": 4},
		"minLength": {"check": ["minLength", 2], "good": "ab", "bad": "a"},
		"maxLength": {"check": ["maxLength", 2], "good": "ab", "bad": "abc"},
		"minItems": {"check": ["minItems", 1], "good": [1], "bad": []},
		"maxItems": {"check": ["maxItems", 1], "good": [1], "bad": [1, 2]},
		"required": {"check": ["required", ["k"]], "good": {"k": 1}, "bad": {"l": 1}},
		"closed": {"check": ["closed", ["k"]], "good": {"k": 1}, "bad": {"k": 1, "l": 1}},
		"x-glob": {"check": ["x-glob", `^(?:src-[^/]*)$`], "good": "src-a", "bad": "lib"},
	}
	passes(at("v", case.check[0], case.check[1]), {"v": case.good})
	not passes(at("v", case.check[0], case.check[1]), {"v": case.bad})
}

test_a_keyword_says_nothing_about_other_types[keyword] if {
	some keyword, wanted in {
		"minimum": 3, "maximum": 3, "minLength": 2, "maxLength": 2, "minItems": 1, "maxItems": 1,
		"required": ["k"], "closed": ["k"], "x-glob": `^x$`,
	}
	passes(at("v", keyword, wanted), {"v": null})
}

test_items_are_judged_by_their_schema if {
	checks := object.union(any_object, {"v\u0000\u0001\u0000": [["type", ["string"]]]})
	passes(checks, {"v": ["a", "b"]})
	not passes(checks, {"v": ["a", 1]})
}

test_no_name_is_taken_for_a_place if {
	not passes(any_object, {"v\u0000w": 1})
	not passes(any_object, {"\u0001": 1})
	not passes(any_object, {"v": {"\n": 1}})
}

test_numbers_that_readers_read_differently_do_not_pass if {
	passes(any_object, {"v": 9007199254740991})
	not passes(any_object, {"v": 9007199254740992})
	not passes(any_object, {"v": [-9007199254740992]})
}

test_damaged_checks_fail if {
	not passes(null, {})
	not passes({"": [["type", null]]}, {})
	not passes({"": [["unheard_of", []]]}, {})
	not passes({"": [["type"]]}, {})
	not passes(at("v", "minimum", null), {"v": 1})
}

test_a_schema_whose_name_cannot_be_read_applies if {
	count(failed([entry(`^(?:[)$`, {"": [["type", ["string"]]]})], {})) == 1
	count(failed([entry(null, {"": [["type", ["string"]]]})], {})) == 1
	count(failed([{"rule": "tools.arguments.0"}], {})) == 1
}

test_other_tools_are_not_concerned if {
	count(failed([entry(`^(?:u)$`, {"": [["type", ["string"]]]})], {})) == 0
	count(failed([entry(`^(?:t)$`, {"": [["type", ["string"]]]})], {})) == 1
}
