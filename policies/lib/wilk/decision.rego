# METADATA
# title: Wilk's decision
# description: >-
#   Turns the verdict of one category into an AuthZEN decision. Only the outcome `granted`
#   of a well-formed request by a known agent grants; whatever is undefined denies. An agent
#   with several specs gets what one of them grants by itself and none blocks.
package wilk

import data.wilk.request
import data.wilk.subject

default decision := {
	"decision": false,
	"context": {
		"reason": "VALIDATION_ERROR",
		"detail": "no_verdict",
		"message": "the request could not be judged, so it is denied",
		"rule": null,
		"conditions": [],
		"revision": "",
	},
}

# METADATA
# entrypoint: true
decision := _single if {
	subject.spec
} else := _joint if {
	subject.several
} else := _single

# Each spec's own answer, in the order of the specs.
_answers := [answer |
	some name in subject.several
	answer := _single with data.wilk.subject.spec as name
]

_joint := _invalid[0] if {
	count(_invalid) > 0
} else := _blocked[0] if {
	count(_blocked) > 0
} else := _granted[0] if {
	# A spec that cannot be judged might block, so each must have judged.
	count(_answers) == count(subject.several)
	every answer in _refused { answer.context.reason != "NO_PERMISSIONS" }
	count(_granted) > 0
} else := _refused_by_entry[0] if {
	count(_refused_by_entry) > 0
} else := _refused[0]

_invalid := [answer | some answer in _refused; answer.context.reason == "VALIDATION_ERROR"]

_blocked := [answer | some answer in _refused; answer.context.detail == "blocked"]

_refused_by_entry := [answer | some answer in _refused; is_object(answer.context.rule)]

_refused := [answer | some answer in _answers; answer.decision == false]

_granted := [answer | some answer in _answers; answer.decision == true]

# What one spec by itself answers. A grant stands first: it demands all that it rests on, so
# nothing else needs to be looked at where it holds.
_single := {
	"decision": true,
	"context": {
		"reason": "PERMISSION_GRANTED",
		"detail": verdict.detail,
		"message": replace(data.wilk.messages[verdict.detail], "{text}", text),
		"rule": {
			"id": verdict.rule,
			"file": file,
			"line": line,
			"column": column,
			"text": text,
		},
		"conditions": _due,
		"revision": data.wilk.revision,
	},
} if {
	request.shaped
	verdict := _verdict
	verdict.outcome == "granted"
	[file, line, column] := data.wilk.positions[subject.spec][verdict.rule]
	text := data.wilk.profiles[subject.profile].text[verdict.rule]
} else := _denied("VALIDATION_ERROR", "malformed_request", "", "") if {
	not request.well_formed
} else := _denied("VALIDATION_ERROR", _verdict.detail, "", _verdict.list) if {
	_verdict.outcome == "invalid"
} else := _denied("NO_PERMISSIONS", "unknown_agent", "", "") if {
	not subject.known
} else := _unmet if {
	_verdict.outcome == "unmatched"
} else := _denied("PERMISSION_DENIED", _verdict.detail, _verdict.rule, _verdict.list) if {
	_verdict.outcome in {"blocked", "unmatched", "exceeded"}
} else := _denied("RATE_LIMIT_EXCEEDED", "rate_exceeded", min(_spent), _verdict.list) if {
	count(_spent) > 0
}

# What no entry allows now, but one would if its condition held.
_unmet := _denied("PERMISSION_DENIED", "condition_not_met", would.rule, would.list) if {
	profile := subject.best
	_verdict.detail == "no_rule_matches"
	would := _verdict with data.wilk.subject.profile as profile
	would.outcome == "granted"
}

# METADATA
# title: A batch of decisions, in the order of the requests
# description: Each element is what `decision` says of that request alone; at most 1,000.
# entrypoint: true
decisions := [answer |
	some asked in input.requests
	answer := decision with input as asked
] if {
	count(input.requests) <= 1000
}

_verdict := data.wilk.file.verdict if {
	input.resource.type == "file"
} else := data.wilk.shell.verdict if {
	input.resource.type == "shell"
} else := data.wilk.network.verdict if {
	input.resource.type == "network"
} else := data.wilk.llm.verdict if {
	input.resource.type == "llm"
} else := data.wilk.labels.verdict if {
	input.resource.type == "data"
} else := data.wilk.named.verdict if {
	input.resource.type in {"system", "tool", "agent"}
} else := _unknown_type if {
	not input.resource.type in {"file", "shell", "network", "llm", "data", "system", "tool", "agent"}
}

_unknown_type := {
	"outcome": "unmatched",
	"detail": "unknown_type",
	"rule": "",
	"list": "",
	"conditions": [],
}

_denied(reason, detail, rule, list) := {
	"decision": false,
	"context": {
		"reason": reason,
		"detail": detail,
		"message": _message(detail, rule, list),
		"rule": _rule(rule),
		"conditions": [],
		"revision": _revision,
	},
}

# A rate condition is counted per agent, so its key names the agent, and where it is used up
# nothing is demanded; a sandbox is the spec's.
_fill(condition) := condition if {
	is_string(condition.type)
	not condition.type in {"rate_limit", "sandbox"}
} else := object.union(condition, {"properties": {"spec": subject.spec}}) if {
	condition.id == "shell.sandbox"
} else := object.union(condition, {"properties": {"key": key}}) if {
	condition.type == "rate_limit"
	key := _counter(condition)
	_below(_used(key), condition)
} else := condition if {
	condition.type == "sandbox"
}

_counter(condition) := concat("/", [input.subject.id, condition.properties.key])

# What a grant demands, where nothing of it is used up and all of it can be read. What a
# category calls final names nobody and counts nothing.
_due := _verdict.conditions if {
	_verdict.final == true
} else := filled if {
	demanded := _verdict.conditions
	filled := [one |
		some condition in demanded
		one := _fill(condition)
	]
	count(filled) == count(demanded)
}

_spent contains condition.id if {
	some condition in _verdict.conditions
	condition.type == "rate_limit"
	not _below(_used(_counter(condition)), condition)
}

# Callers that count for themselves may say how much of a limit is used.
_used(key) := object.get(input, ["context", "usage", key], 0)

_below(used, condition) if {
	request.whole(used)
	is_number(condition.properties.limit)
	used < condition.properties.limit
}

default _revision := ""

_revision := data.wilk.revision

# Data is read by whole references: a look-up through a function would convert all of it.
_rule("") := null

_rule(id) := {"id": id, "file": file, "line": line, "column": column, "text": _text(id)} if {
	id != ""
	[file, line, column] := data.wilk.positions[subject.spec][id]
}

_rule(id) := null if {
	id != ""
	not data.wilk.positions[subject.spec][id]
}

default _text(_) := ""

_text(id) := data.wilk.profiles[subject.profile].text[id]

_message(detail, rule, list) := strings.replace_n(
	{"{agent}": _agent, "{list}": list, "{text}": _text(rule)},
	_template(detail),
)

_template(detail) := data.wilk.messages[detail]

_template(detail) := data.wilk.unreadable if not data.wilk.messages[detail]

default _agent := ""

_agent := input.subject.id if is_string(input.subject.id)
