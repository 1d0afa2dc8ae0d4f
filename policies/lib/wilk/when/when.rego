# METADATA
# title: Conditions of entries
# description: >-
#   Which of a spec's conditions a request shows to hold. The time is what the enforcement point
#   sends, in the one spelling that is a time; instants so spelt compare as their texts do.
package wilk.when

# METADATA
# description: The instant of the request without its `Z`; undefined where none can be told.
instant := trim_suffix(given, "Z") if {
	given := input.context.time
	is_string(given)
	regex.match(data.wilk.tables.time.instant, given)
}

# METADATA
# description: >-
#   A mark for each test: `1` where it holds, `0` where it does not, `?` where the request does
#   not show it. A test that cannot be read has none, so that the marks name no profile.
marks(tests) := concat("", [_mark(test[0], test[1]) | some test in tests])

_mark(start, end) := "1" if {
	is_string(start)
	is_string(end)
	start <= instant
	instant < end
} else := "0" if {
	is_string(start)
	is_string(end)
	is_string(instant)
} else := "?" if {
	is_string(start)
	is_string(end)
	not instant
}
