# METADATA
# title: Files
# description: >-
#   Judges one path against bucketed alternations. A bucket is found by the pieces between the
#   slashes and dots of the path itself; the rest is tried always. What a grant demands stands
#   first, in one body: it demands all of it, so that damaged data denies, and nothing else
#   needs to be looked at where it holds.
package wilk.file

import data.wilk.request
import data.wilk.subject
import data.wilk.text as texts

verdict := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(hits)[1],
	"list": "filesystem",
	"conditions": _sized,
	"final": true,
} if {
	_properties_sound
	text := path
	text != ""
	keys := _keys
	held := data.wilk.profiles[subject.profile].file
	held.block.n >= 0
	blocks := held.block.any

	# No path looks under `.`; what stands there shows that the buckets are there.
	blocks["."] == ""
	count([key | some key in keys; regex.match(blocks[key], text)]) == 0
	allow := held.allow[input.action.name]
	allow.n > 0
	allows := allow.any
	hits := [[entry[1], entry[2]] |
		some key in keys
		regex.match(allows[key], text)
		some entry in allow.each[key]
		regex.match(entry[0], text)
	]
	_extension_allowed
} else := _refusal("invalid", _property_problem, "", "") if {
	_property_problem != ""
} else := _refusal("invalid", "path_not_canonical", "", "") if {
	path == ""
} else := _refusal("unmatched", "unknown_action", "", "filesystem") if {
	not input.action.name in {"read", "write", "execute", "delete", "watch"}
} else := _refusal("blocked", "blocked", min(_blocking | _alias_blocking)[1], _block_list) if {
	count(_blocking | _alias_blocking) > 0
} else := _refusal("unmatched", "no_rule_matches", "", _list) if {
	data.wilk.profiles[subject.profile].file.block.n >= 0
	data.wilk.profiles[subject.profile].file.allow[input.action.name].n >= 0
	count(_allowing) == 0
} else := _exceeded("extension_not_allowed", "extensions", "allowed_extensions") if {
	data.wilk.profiles[subject.profile].file.block.n >= 0
	not _extension_allowed
} else := _exceeded("too_large", "max_file_size", "max_file_size") if {
	data.wilk.profiles[subject.profile].file.block.n >= 0
	not _size_allowed
}

_properties_sound if not input.resource.properties

_properties_sound if {
	_property_problem == ""
	count(_alias_blocking) == 0
}

_block_list := "filesystem.metadata.blocked_paths"

_list := concat(".", ["filesystem", input.action.name])

_refusal(outcome, detail, rule, list) := {
	"outcome": outcome,
	"detail": detail,
	"rule": rule,
	"list": list,
	"conditions": [],
}

_exceeded(detail, limit, key) := _refusal(
	"exceeded",
	detail,
	data.wilk.profiles[subject.profile].file[limit].rule,
	concat(".", ["filesystem.metadata", key]),
)

# METADATA
# description: The path in canonical text; empty where it is not canonical.
default path := ""

path := input.resource.id if {
	regex.match(data.wilk.tables.path.plain, input.resource.id)
	count(input.resource.id) <= 8192
} else := canonical_path(input.resource.id)

# METADATA
# description: >-
#   The canonical text of a path, a bare `a/b` read as `./a/b`; undefined for a text that is
#   not canonical.
canonical_path(text) := text if {
	is_string(text)
	regex.match(data.wilk.tables.path.rooted, text)
	count(text) <= 8192
	texts.normal(text)
} else := concat("", ["./", text]) if {
	is_string(text)
	regex.match(data.wilk.tables.path.bare, text)
	count(text) <= 8192
	texts.normal(text)
}

# METADATA
# description: Whether an allow of the action matches the path and no block does.
permits(action, text) if _permitted with input as _asking(action, text)

_permitted if {
	path != ""
	data.wilk.profiles[subject.profile].file.block.n >= 0
	data.wilk.profiles[subject.profile].file.block.any["."] == ""
	count(_blocking) == 0
	count(_allowing) > 0
}

# METADATA
# description: >-
#   Whether no spec of the agent blocks the path. An agent's only spec has been asked by `permits`.
unblocked(_) if not subject.several

unblocked(text) if {
	every name in subject.several {
		_unblocked with input as _asking("execute", text) with data.wilk.subject.spec as name
	}
}

# METADATA
# description: Whether no block of this spec matches the path.
unblocked_here(text) if _unblocked with input as _asking("execute", text)

_unblocked if {
	path != ""
	data.wilk.profiles[subject.profile].file.block.n >= 0
	data.wilk.profiles[subject.profile].file.block.any["."] == ""
	count(_blocking) == 0
}

# Another name is judged under the same conditions, which may test anything that the request says.
_asking(action, text) := {
	"subject": input.subject,
	"action": {"name": action},
	"resource": {
		"type": "file",
		"id": text,
		"properties": object.get(input, ["resource", "properties"], {}),
	},
	"context": object.get(input, "context", {}),
}

# Blocks are judged on every name of a file, allows on the canonical one alone.
_alias_blocking contains hit if {
	some alias in input.resource.properties.aliases
	some hit in _hits(alias)
}

_hits(alias) := hits if {
	hits := _blocking with input as _asking(input.action.name, alias)
}

default _property_problem := ""

_property_problem := "size_not_a_number" if {
	input.resource.properties
	not request.whole(request.property("size", 0))
} else := "directory_not_boolean" if {
	input.resource.properties
	not is_boolean(request.property("directory", false))
} else := "aliases_not_texts" if {
	input.resource.properties
	not _aliases_texts
} else := "path_not_canonical" if {
	some alias in input.resource.properties.aliases
	not canonical_path(alias)
}

_aliases_texts if {
	aliases := request.property("aliases", [])
	is_array(aliases)
	every alias in aliases { is_string(alias) }
}

default _extension_allowed := false

_extension_allowed if input.action.name != "write"

_extension_allowed if data.wilk.profiles[subject.profile].file.extensions.any == true

_extension_allowed if input.resource.properties.directory == true

_extension_allowed if {
	parts := regex.find_all_string_submatch_n(`[^/][.]([^./]*)$`, path, 1)
	data.wilk.profiles[subject.profile].file.extensions.held[_fold(parts[0][1])] == true
}

_fold(text) := lower(text) if regex.match(`^[\x00-\x7f]*$`, text)

_fold(text) := text if not regex.match(`^[\x00-\x7f]*$`, text)

default _size_allowed := false

_size_allowed if is_array(_sized)

# What is left to keep to, where the size is allowed. A size that the request states has been
# compared; otherwise the caller must keep to the limit. What most requests ask comes first.
_sized := [condition] if {
	not input.resource.properties
	input.action.name in {"read", "write"}
	held := data.wilk.profiles[subject.profile].file
	held.max_file_size.value >= 0
	[condition] := held.conditions
	condition.type == "max_bytes"
} else := [] if {
	not input.action.name in {"read", "write"}
} else := [] if {
	data.wilk.profiles[subject.profile].file.max_file_size.any == true
	data.wilk.profiles[subject.profile].file.conditions == []
} else := [] if {
	_size_stated
	input.resource.properties.size <= data.wilk.profiles[subject.profile].file.max_file_size.value
} else := [condition] if {
	not _size_stated
	data.wilk.profiles[subject.profile].file.max_file_size.value >= 0
	[condition] := data.wilk.profiles[subject.profile].file.conditions
	condition.type == "max_bytes"
}

_size_stated if input.resource.properties.size >= 0
