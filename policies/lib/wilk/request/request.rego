# METADATA
# title: The shape of a request
# description: >-
#   An AuthZEN evaluation request about one agent's action. What is not of this shape is
#   never judged.
package wilk.request

# METADATA
# description: >-
#   What must hold before anything is judged. A grant then finds the agent's id, the action and
#   the type of resource among those that the policy names, so that they are texts which are
#   neither empty nor long.
default shaped := false

# What most requests look like comes first, as comparing costs less than calling. A pattern of
# an object matches those with exactly these members.
shaped if {
	{"type": "agent", "id": _} = input.subject
	is_string(input.action.name)
	is_string(input.resource.id)
	input.context == {}
	is_object(object.get(input.resource, "properties", {}))
} else if {
	input.subject.type == "agent"
	is_string(input.action.name)
	is_string(input.resource.id)
	is_object(object.get(input.resource, "properties", {}))
	is_object(object.get(input.subject, "properties", {}))
	is_object(object.get(input, "context", {}))
	is_object(object.get(input, ["context", "usage"], {}))
}

default well_formed := false

well_formed if {
	shaped
	is_string(input.subject.id)
	input.subject.id != ""
	count(input.subject.id) <= 10000
	input.action.name != ""
	count(input.action.name) <= 10000
	is_string(input.resource.type)
	input.resource.type != ""
	count(input.resource.type) <= 10000
}

# METADATA
# description: A property of the resource, or the given value where it is absent.
property(name, otherwise) := object.get(input.resource, ["properties", name], otherwise)

# METADATA
# description: A member of the context, or the given value where it is absent.
circumstance(name, otherwise) := object.get(input, ["context", name], otherwise)

# METADATA
# description: Whether a value is a whole number from 0.
whole(value) if {
	is_number(value)
	value >= 0
	floor(value) == value
}
