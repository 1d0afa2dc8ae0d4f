# METADATA
# title: Arguments of tools
# description: >-
#   Whether the arguments of a call pass the checks of each schema that its name falls under.
#   A schema is a table from places to checks; a place is the path of a value, its names
#   ended by NUL, with each index of an array replaced.
package wilk.arguments

import data.wilk.request
import data.wilk.subject

max_number := 9007199254740991

given := request.property("arguments", {})

# METADATA
# description: The ids of the schemas that the arguments do not conform to, by rank.
failing contains [rank, entry.rule] if {
	some rank, entry in data.wilk.profiles[subject.profile].tools.arguments
	_concerns(entry)
	not _conforms(entry)
}

# A schema applies unless it is certain that it does not. What is negated is a rule, because
# `not` holds only where all that stands in its expression is defined.
_concerns(entry) if not _spared(entry)

_spared(entry) if regex.match(entry.name, input.resource.id) == false

_conforms(entry) if {
	is_object(entry.checks)
	walked := {node | walk(given, node)}
	every node in walked { _passes_all(entry.checks, node) }
}

_passes_all(checks, [path, value]) if {
	_readable(value)
	every check in object.get(checks, _place(path), []) { _passes(check[0], check[1], value) }
}

_place(path) := concat("", [concat("", [_step(step), "\u0000"]) | some step in path])

_step(step) := step if is_string(step)

_step(step) := "\u0001" if is_number(step)

# Whether all readers of JSON read the value alike, and no name is taken for a place.
_readable(value) if is_string(value)

_readable(value) if is_boolean(value)

_readable(value) if is_null(value)

_readable(value) if is_array(value)

_readable(value) if {
	is_object(value)
	every name in object.keys(value) { not regex.match(`[\x00-\x1f]`, name) }
}

_readable(value) if {
	is_number(value)
	abs(value) <= max_number
}

_passes("type", wanted, value) if {
	some name in wanted
	_is(name, value)
}

_passes("enum", wanted, value) if value in wanted

_passes("minimum", wanted, value) if _at_least(value, wanted)

_passes("minimum", _, value) if not is_number(value)

_passes("maximum", wanted, value) if _at_least(wanted, value)

_passes("maximum", _, value) if not is_number(value)

_passes("minLength", wanted, value) if {
	is_string(value)
	_at_least(count(value), wanted)
}

_passes("minLength", _, value) if not is_string(value)

_passes("maxLength", wanted, value) if {
	is_string(value)
	_at_least(wanted, count(value))
}

_passes("maxLength", _, value) if not is_string(value)

_passes("minItems", wanted, value) if {
	is_array(value)
	_at_least(count(value), wanted)
}

_passes("minItems", _, value) if not is_array(value)

_passes("maxItems", wanted, value) if {
	is_array(value)
	_at_least(wanted, count(value))
}

_passes("maxItems", _, value) if not is_array(value)

_passes("required", wanted, value) if {
	is_object(value)
	every name in wanted { name in object.keys(value) }
}

_passes("required", _, value) if not is_object(value)

_passes("closed", wanted, value) if {
	is_object(value)
	every name in object.keys(value) { name in wanted }
}

_passes("closed", _, value) if not is_object(value)

_passes("x-glob", wanted, value) if {
	is_string(value)
	regex.match(wanted, value)
}

_passes("x-glob", _, value) if not is_string(value)

_at_least(value, wanted) if {
	is_number(value)
	is_number(wanted)
	value >= wanted
}

_is("object", value) if is_object(value)

_is("array", value) if is_array(value)

_is("string", value) if is_string(value)

_is("boolean", value) if is_boolean(value)

_is("null", value) if is_null(value)

_is("number", value) if is_number(value)

_is("integer", value) if {
	is_number(value)
	floor(value) == value
}
