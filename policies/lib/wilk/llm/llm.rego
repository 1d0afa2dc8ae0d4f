# METADATA
# title: Language models
# description: Judges a request to a model by its name; blocks ignore case.
package wilk.llm

import data.wilk.lists
import data.wilk.request
import data.wilk.subject

# A grant stands first, in one body: it demands all that it rests on, so that damaged data denies.
verdict := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(hits)[1],
	"list": "llm.allowed_models",
	"conditions": due,
} if {
	input.action.name == "request"
	_tokens_whole
	lists.name_problem == ""
	held := data.wilk.profiles[subject.profile].llm
	name := input.resource.id
	held.block.n >= 0
	count([1 |
		regex.match(held.block.any, name)
		some entry in held.block.each
		regex.match(entry[0], name)
	]) == 0
	held.allow.n > 0
	hits := [[entry[1], entry[2]] |
		regex.match(held.allow.any, name)
		some entry in held.allow.each
		regex.match(entry[0], name)
	]
	is_array(held.conditions)
	due := [condition | some condition in held.conditions; not _settled(condition)]
	_tokens_allowed
} else := lists.invalid("tokens_not_a_number") if {
	not _tokens_whole
} else := lists.invalid(lists.name_problem) if {
	lists.name_problem != ""
} else := lists.unmatched("unknown_action", "llm") if {
	input.action.name != "request"
} else := {
	"outcome": "blocked",
	"detail": "blocked",
	"rule": min(_blocking)[1],
	"list": "llm.blocked_models",
	"conditions": [],
} if {
	count(_blocking) > 0
} else := lists.unmatched("no_rule_matches", "llm.allowed_models") if {
	data.wilk.profiles[subject.profile].llm.block.n >= 0
	data.wilk.profiles[subject.profile].llm.allow.n >= 0
	count(_allowing) == 0
} else := {
	"outcome": "exceeded",
	"detail": "too_many_tokens",
	"rule": data.wilk.profiles[subject.profile].llm.max_tokens.rule,
	"list": "llm.max_tokens_per_request",
	"conditions": [],
} if {
	data.wilk.profiles[subject.profile].llm.block.n >= 0
	not _tokens_allowed
}

_tokens_whole if request.whole(request.property("max_tokens", 0))

_blocking contains [entry[1], entry[2]] if {
	regex.match(data.wilk.profiles[subject.profile].llm.block.any, input.resource.id)
	some entry in data.wilk.profiles[subject.profile].llm.block.each
	regex.match(entry[0], input.resource.id)
}

_allowing contains [entry[1], entry[2]] if {
	regex.match(data.wilk.profiles[subject.profile].llm.allow.any, input.resource.id)
	some entry in data.wilk.profiles[subject.profile].llm.allow.each
	regex.match(entry[0], input.resource.id)
}

default _tokens_allowed := false

_tokens_allowed if data.wilk.profiles[subject.profile].llm.max_tokens.any == true

_tokens_allowed if {
	request.property("max_tokens", 0) <= data.wilk.profiles[subject.profile].llm.max_tokens.value
}

# A count that the request states has been compared; otherwise the caller must keep to it.
_settled(condition) if {
	condition.type == "max_tokens"
	input.resource.properties.max_tokens >= 0
}
