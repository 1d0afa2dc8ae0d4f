# METADATA
# title: What lists of names have in common
package wilk.lists

import data.wilk.text

max_name := 1024

# METADATA
# description: Why `input.resource.id` is no canonical name; empty if it is one.
default name_problem := "name_not_canonical"

name_problem := "" if {
	regex.match(data.wilk.tables.name.canonical, input.resource.id)
	count(input.resource.id) <= max_name
	text.normal(input.resource.id)
}

# METADATA
# description: The verdict on a request that is malformed for its type.
invalid(detail) := {
	"outcome": "invalid",
	"detail": detail,
	"rule": "",
	"list": "",
	"conditions": [],
}

# METADATA
# description: The verdict on a request that no entry of a list allows.
unmatched(detail, list) := {
	"outcome": "unmatched",
	"detail": detail,
	"rule": "",
	"list": list,
	"conditions": [],
}
