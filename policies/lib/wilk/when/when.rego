# METADATA
# title: Conditions of entries
# description: >-
#   Which of a spec's conditions a request shows to hold. Roles are those that bindings give the
#   agent; everything else is what the enforcement point sends.
package wilk.when

import data.wilk.network
import data.wilk.request

# METADATA
# description: The instant of the request without its `Z`; undefined where none can be told.
instant := trim_suffix(given, "Z") if {
	given := input.context.time
	is_string(given)
	regex.match(data.wilk.tables.time.instant, given)
}

# METADATA
# description: >-
#   A mark for each condition: `1` where all its tests hold, `0` where one does not, and else what
#   it counts for when the request does not show it. A condition that cannot be read has none, so
#   that the marks name no profile.
marks(conditions) := concat("", [_mark(condition[0], condition[1]) |
	some condition in conditions
])

_mark(unshown, tests) := _joined(unshown, states) if {
	unshown in {"0", "1", "?"}
	states := [_state(test[0], test[1], test[2]) | some test in tests]
	count(states) == count(tests)
	count(states) > 0
}

_joined(unshown, states) := "0" if {
	is_string(unshown)
	"0" in states
} else := "1" if {
	every state in states { state == "1" }
} else := unshown

# A test is where the value is, its kind, and what it compares with.
_state(place, kind, operand) := state if {
	_readable(kind, operand)
	state := {true: "1", false: "0"}[_holds(kind, operand, _value(place))]
} else := "?" if {
	is_array(place)
	_readable(kind, operand)
}

# No request says what roles its agent has.
_value(place) := object.get(input, place, null) if {
	place != ["subject", "roles"]
} else := data.wilk.roles[input.subject.id] if {
	place == ["subject", "roles"]
} else := null if {
	place == ["subject", "roles"]
}

_readable(kind, [type, listed, values]) if {
	kind in {"one", "none"}
	type in {"text", "number", "truth"}
	is_boolean(listed)
	is_array(values)
}

_readable("range", [least, most]) if {
	is_number(least)
	is_number(most)
}

_readable("cidr", blocks) if is_array(blocks)

_readable("time", [start, end]) if {
	is_string(start)
	is_string(end)
}

_readable("window", [zone, spans]) if {
	is_string(zone)
	is_array(spans)
}

_readable("present", [])

_holds("one", [type, listed, values], value) := _meets(type, listed, values, value)

_holds("none", [type, listed, values], value) := _meets(type, listed, values, value) == false

_holds("range", [least, most], value) := inside if {
	request.whole(value)
	inside := _between(least, most, value)
}

_holds("cidr", blocks, value) := inside if {
	network.canonical_address(value)
	inside := count([block | some block in blocks; net.cidr_contains(block, value)]) > 0
}

_holds("time", [start, end], _) := inside if {
	now := instant
	inside := count([now | start <= now; now < end]) > 0
}

_holds("window", [zone, spans], _) := inside if {
	minute := _minute_of_week(zone)
	inside := count([span | some span in spans; span[0] <= minute; minute < span[1]]) > 0
}

_holds("present", [], value) := value != null

# Whether one of the values is among those of the test; undefined where one is of another type.
_meets(type, listed, values, value) := met if {
	given := _members(listed, value)
	count(given) > 0
	every one in given { _is_of(type, one) }
	met := count([one | some one in given; one in values]) > 0
}

_members(true, value) := value if {
	is_array(value)
} else := [value]

_members(false, value) := [value]

_is_of("text", value) if is_string(value)

_is_of("number", value) if request.whole(value)

_is_of("truth", value) if is_boolean(value)

# A test without an upper bound has -1 there.
_between(least, most, value) if {
	value >= least
	value <= most
} else if {
	value >= least
	most == -1
} else := false

# By the time zone database of OPA's host.
_minute_of_week(zone) := ((_days[time.weekday([now, zone])] * 1440) + (hour * 60)) + minute if {
	now := time.parse_rfc3339_ns(concat("", [instant, "Z"]))
	[hour, minute, _] := time.clock([now, zone])
}

_days := {
	"Monday": 0,
	"Tuesday": 1,
	"Wednesday": 2,
	"Thursday": 3,
	"Friday": 4,
	"Saturday": 5,
	"Sunday": 6,
}
