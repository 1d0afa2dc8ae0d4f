package wilk.when_test

import data.wilk.subject
import data.wilk.when

tables := {"time": {"instant": concat("", [
	`^(?:20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T`,
	`(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?Z$`,
])}}

time := ["context", "time"]

# Until ten, from ten to eleven, from eleven on: each counts for nothing where no time is shown.
tests := [
	["?", [[time, "time", ["1970-01-01T00:00:00", "2026-11-28T10:00:00"]]]],
	["?", [[time, "time", ["2026-11-28T10:00:00", "2026-11-28T11:00:00"]]]],
	["?", [[time, "time", ["2026-11-28T11:00:00", "2200-01-01T00:00:00"]]]],
]

specs := {"s": {"tests": tests, "profiles": {
	"100": "before",
	"010": "between",
	"001": "after",
	"???": "untimed",
}}}

marked(context) := marks if {
	marks := when.marks(tests) with input as {"context": context} with data.wilk.tables as tables
}

# The mark of one test of one value: `?` where it is not shown.
mark(kind, operand, value) := marks if {
	conditions := [["?", [[["context", "value"], kind, operand]]]]
	marks := when.marks(conditions) with input as {"context": {"value": value}}
		with data.wilk.tables as tables
}

chosen(context, held) := profile if {
	profile := subject.profile with input as {"context": context, "subject": {"id": "a"}}
		with data.wilk.tables as tables
		with data.wilk.agents as {"a": "s"}
		with data.wilk.specs as held
}

test_each_time_has_its_marks[name] if {
	some name, case in {
		"long before": {"time": "2026-11-28T09:59:59Z", "marks": "100"},
		"just before": {"time": "2026-11-28T09:59:59.999999999Z", "marks": "100"},
		"an end is no part": {"time": "2026-11-28T10:00:00Z", "marks": "010"},
		"an end with a fraction": {"time": "2026-11-28T10:00:00.000Z", "marks": "010"},
		"just after": {"time": "2026-11-28T10:00:00.000000001Z", "marks": "010"},
		"the next end": {"time": "2026-11-28T11:00:00Z", "marks": "001"},
	}
	marked({"time": case.time}) == case.marks
}

test_what_is_no_time_shows_nothing[name] if {
	some name, given in {
		"an offset": "2026-11-28T10:00:00+00:00",
		"no zone": "2026-11-28T10:00:00",
		"small letters": "2026-11-28t10:00:00z",
		"a blank": "2026-11-28 10:00:00Z",
		"a leap second": "2026-11-28T10:00:60Z",
		"hour 24": "2026-11-28T24:00:00Z",
		"ten digits": "2026-11-28T10:00:00.0000000001Z",
		"no digits": "2026-11-28T10:00:00.Z",
		"a line after it": "2026-11-28T10:00:00Z\n",
		"nothing": "",
		"a number": 1795860000,
		"null": null,
		"a list": ["2026-11-28T10:00:00Z"],
	}
	marked({"time": given}) == "???"
}

test_no_time_shows_nothing if marked({}) == "???"

test_without_its_table_nothing_is_a_time if {
	marks := when.marks(tests) with input as {"context": {"time": "2026-11-28T10:00:00Z"}}
		with data.wilk.tables as {}
	marks == "???"
}

test_each_value_has_its_mark[name] if {
	some name, case in {
		"one of": ["one", ["text", false, ["dev"]], "dev", "1"],
		"one of others": ["one", ["text", false, ["dev"]], "Dev", "0"],
		"none of": ["none", ["text", false, ["prod"]], "dev", "1"],
		"not none of": ["none", ["text", false, ["prod"]], "prod", "0"],
		"a list where one value is wanted": ["none", ["text", false, ["prod"]], ["dev"], "?"],
		"a list": ["one", ["text", true, ["dev"]], ["ops", "dev"], "1"],
		"a list of others": ["one", ["text", true, ["dev"]], ["ops"], "0"],
		"a list with one that is excluded": ["none", ["text", true, ["prod"]], ["dev", "prod"], "0"],
		"an empty list": ["none", ["text", true, ["prod"]], [], "?"],
		"a mixed list": ["none", ["text", true, ["prod"]], ["dev", 1], "?"],
		"a number in another spelling": ["one", ["number", false, [10]], 10.0, "1"],
		"a number for a text": ["none", ["text", false, ["1"]], 1, "?"],
		"a text for a number": ["none", ["number", false, [1]], "1", "?"],
		"a fraction": ["none", ["number", false, [1]], 1.5, "?"],
		"a truth value": ["one", ["truth", false, [true]], true, "1"],
		"a truth value for a number": ["none", ["number", false, [1]], true, "?"],
		"the least": ["range", [5, 10], 5, "1"],
		"below": ["range", [5, 10], 4, "0"],
		"the most": ["range", [5, 10], 10, "1"],
		"above": ["range", [5, 10], 11, "0"],
		"no most": ["range", [5, -1], 9007199254740991, "1"],
		"a negative number": ["range", [0, 10], -1, "?"],
		"a number as text": ["range", [0, 10], "5", "?"],
		"inside a block": ["cidr", ["10.0.0.0/8"], "10.255.255.255", "1"],
		"outside a block": ["cidr", ["10.0.0.0/8"], "11.0.0.0", "0"],
		"the other kind of address": ["cidr", ["0.0.0.0/0"], "::1", "0"],
		"an address of one kind inside the other": ["cidr", ["::/0"], "::ffff:10.0.0.1", "?"],
		"another spelling of an address": ["cidr", ["10.0.0.0/8"], "010.0.0.1", "?"],
		"a block for an address": ["cidr", ["10.0.0.0/8"], "10.0.0.0/8", "?"],
		"a name": ["cidr", ["10.0.0.0/8"], "localhost", "?"],
		"something": ["present", [], {}, "1"],
		"false is something": ["present", [], false, "1"],
		"null is nothing": ["present", [], null, "0"],
	}
	mark(case[0], case[1], case[2]) == case[3]
}

test_what_is_missing_satisfies_nothing[name] if {
	some name, case in {
		"a set": ["one", ["text", false, ["dev"]]],
		"a negated set": ["none", ["text", false, ["prod"]]],
		"numbers": ["range", [0, -1]],
		"blocks": ["cidr", ["0.0.0.0/0", "::/0"]],
		"a window": ["window", ["UTC", [[0, 10080]]]],
	}
	conditions := [["?", [[["context", "value"], case[0], case[1]]]]]
	marks := when.marks(conditions) with input as {"context": {}} with data.wilk.tables as tables
	marks == "?"
}

# Berlin is an hour ahead in winter and two in summer.
test_windows_go_by_the_clocks_of_their_zone[name] if {
	some name, case in {
		"winter, before": ["2026-11-30T07:59:59.999999999Z", "0"],
		"winter, at the beginning": ["2026-11-30T08:00:00Z", "1"],
		"winter, before the end": ["2026-11-30T15:59:59Z", "1"],
		"winter, at the end": ["2026-11-30T16:00:00Z", "0"],
		"summer, at the beginning": ["2026-07-06T07:00:00Z", "1"],
		"summer, at the end": ["2026-07-06T15:00:00Z", "0"],
		"the day before": ["2026-11-29T09:00:00Z", "0"],
	}
	conditions := [["?", [[time, "window", ["Europe/Berlin", [[540, 1020]]]]]]]
	marks := when.marks(conditions) with input as {"context": {"time": case[0]}}
		with data.wilk.tables as tables
	marks == case[1]
}

test_tests_of_one_condition_are_joined[name] if {
	some name, case in {
		"all hold": [{"a": "x", "b": "y"}, "1"],
		"one does not": [{"a": "x", "b": "z"}, "0"],
		"one is missing": [{"a": "x"}, "?"],
		"one is missing and the other does not hold": [{"a": "z"}, "0"],
	}
	conditions := [["?", [
		[["context", "a"], "one", ["text", false, ["x"]]],
		[["context", "b"], "one", ["text", false, ["y"]]],
	]]]
	marks := when.marks(conditions) with input as {"context": case[0]} with data.wilk.tables as tables
	marks == case[1]
}

test_roles_are_those_of_bindings[name] if {
	some name, case in {
		"bound": [{"a": ["dev", "release"]}, {"id": "a"}, "1"],
		"of another agent": [{"b": ["release"]}, {"id": "a"}, "?"],
		"claimed": [{}, {"id": "a", "roles": ["release"]}, "?"],
		"claimed as a property": [{}, {"id": "a", "properties": {"roles": ["release"]}}, "?"],
	}
	conditions := [["?", [[["subject", "roles"], "one", ["text", true, ["release"]]]]]]
	marks := when.marks(conditions) with input as {"subject": case[1]} with data.wilk.roles as case[0]
	marks == case[2]
}

test_the_profile_is_chosen_by_the_marks if {
	chosen({"time": "2026-11-28T09:00:00Z"}, specs) == "before"
	chosen({"time": "2026-11-28T10:30:00Z"}, specs) == "between"
	chosen({"time": "2026-11-28T12:00:00Z"}, specs) == "after"
	chosen({}, specs) == "untimed"
}

test_a_spec_without_conditions_has_one_profile if {
	chosen({}, {"s": {"profile": "p"}}) == "p"
	chosen({"time": "2026-11-28T10:30:00Z"}, {"s": {"profile": "p"}}) == "p"
}

test_damaged_conditions_choose_nothing[name] if {
	some name, patch in {
		"no tests": {"op": "remove", "path": "/s/tests"},
		"no profiles": {"op": "remove", "path": "/s/profiles"},
		"no profile of that time": {"op": "remove", "path": "/s/profiles/010"},
		"a condition fewer": {"op": "remove", "path": "/s/tests/0"},
		"a condition that is none": {"op": "replace", "path": "/s/tests/0", "value": {}},
		"no tests of a condition": {"op": "replace", "path": "/s/tests/1/1", "value": []},
		"an unknown kind": {"op": "replace", "path": "/s/tests/1/1/0/1", "value": "tim"},
		"no start": {"op": "replace", "path": "/s/tests/1/1/0/2", "value": [null, "2026-11-28T11:00:00"]},
		"no end": {"op": "replace", "path": "/s/tests/1/1/0/2", "value": ["2026-11-28T10:00:00", null]},
		"an end that is too great": {"op": "replace", "path": "/s/tests/1/1/0/2/1", "value": ["z"]},
		"a start that is too small": {"op": "replace", "path": "/s/tests/1/1/0/2/0", "value": 0},
		"an unknown state": {"op": "replace", "path": "/s/tests/1/0", "value": "x"},
	}
	not chosen({"time": "2026-11-28T10:30:00Z"}, json.patch(specs, [patch]))
}

test_damaged_operands_choose_nothing[name] if {
	some name, case in {
		"a set": ["one", ["text", false, "dev"]],
		"a set of an unknown type": ["one", ["txt", false, ["dev"]]],
		"numbers": ["range", [0, null]],
		"blocks": ["cidr", "10.0.0.0/8"],
		"a window": ["window", ["UTC", null]],
		"a zone": ["window", [1, [[0, 10080]]]],
		"presence": ["present", [1]],
	}
	mark(case[0], case[1], "dev") == ""
}
