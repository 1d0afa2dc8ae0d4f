package wilk.when_test

import data.wilk.subject
import data.wilk.when

tables := {"time": {"instant": concat("", [
	`^(?:20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))T`,
	`(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?Z$`,
])}}

# Until ten, from ten to eleven, from eleven on.
tests := [
	["1970-01-01T00:00:00", "2026-11-28T10:00:00"],
	["2026-11-28T10:00:00", "2026-11-28T11:00:00"],
	["2026-11-28T11:00:00", "2200-01-01T00:00:00"],
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
		"a test fewer": {"op": "remove", "path": "/s/tests/0"},
		"a test that is none": {"op": "replace", "path": "/s/tests/0", "value": {}},
		"no start": {"op": "replace", "path": "/s/tests/1", "value": [null, "2026-11-28T11:00:00"]},
		"no end": {"op": "replace", "path": "/s/tests/1", "value": ["2026-11-28T10:00:00", null]},
		"an end that is too great": {"op": "replace", "path": "/s/tests/1/1", "value": ["z"]},
		"a start that is too small": {"op": "replace", "path": "/s/tests/1/0", "value": 0},
	}
	not chosen({"time": "2026-11-28T10:30:00Z"}, json.patch(specs, [patch]))
}
