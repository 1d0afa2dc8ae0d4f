# METADATA
# title: System actions, tools and agents
# description: Judges names against the lists of one action; an action without lists is denied.
package wilk.named

import data.wilk.arguments
import data.wilk.lists
import data.wilk.request
import data.wilk.subject

# A grant stands first, in one body: it demands all that it rests on, so that damaged data denies.
verdict := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(hits)[1],
	"list": _allow_list,
	"conditions": [],
} if {
	_property_problem == ""
	lists.name_problem == ""
	name := input.resource.id
	held := data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name]
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
	_signature_met
	_arguments_met
} else := lists.invalid(_property_problem) if {
	_property_problem != ""
} else := lists.invalid(lists.name_problem) if {
	lists.name_problem != ""
} else := _refusal("blocked", "blocked", min(_blocking)[1], _block_list) if {
	count(_blocking) > 0
} else := lists.unmatched("no_rule_matches", _allow_list) if {
	_blocks_known
	count(_allowing) == 0
} else := _refusal("exceeded", "signature_required", _signed_rule, "tools.signed") if {
	not _signature_met
} else := _refusal("exceeded", "arguments_not_allowed", min(arguments.failing)[1], "tools.arguments") if {
	input.resource.type == "tool"
	count(arguments.failing) > 0
}

# Lists without their blocks cannot say that nothing of them blocks.
_blocks_known if {
	subject.known
	not data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].allow.n
}

_blocks_known if {
	data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].block.n >= 0
}

_refusal(outcome, detail, rule, list) := {
	"outcome": outcome,
	"detail": detail,
	"rule": rule,
	"list": list,
	"conditions": [],
}

default _property_problem := ""

_property_problem := "arguments_not_object" if {
	input.resource.type == "tool"
	not is_object(arguments.given)
} else := "signer_not_text" if {
	input.resource.type == "tool"
	not is_string(request.property("signed_by", ""))
}

_signed_rule := data.wilk.profiles[subject.profile].tools.signed.rule

default _signature_met := false

_signature_met if input.resource.type != "tool"

_signature_met if data.wilk.profiles[subject.profile].tools.signed.any == true

_signature_met if data.wilk.profiles[subject.profile].tools.signed.keys[input.resource.properties.signed_by] == true

_arguments_met if input.resource.type != "tool"

_arguments_met if {
	is_array(data.wilk.profiles[subject.profile].tools.arguments)
	count(arguments.failing) == 0
}

_allow_list := "tools.allowed" if input.resource.type == "tool"

_allow_list := concat(".", ["system", input.action.name]) if input.resource.type == "system"

_allow_list := concat(".", ["agents", input.action.name]) if input.resource.type == "agent"

_block_list := "tools.blocked" if input.resource.type == "tool"

_block_list := _allow_list if input.resource.type != "tool"

_blocking contains [entry[1], entry[2]] if {
	regex.match(
		data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].block.any,
		input.resource.id,
	)
	some entry in data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].block.each
	regex.match(entry[0], input.resource.id)
}

_allowing contains [entry[1], entry[2]] if {
	regex.match(
		data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].allow.any,
		input.resource.id,
	)
	some entry in data.wilk.profiles[subject.profile].named[input.resource.type][input.action.name].allow.each
	regex.match(entry[0], input.resource.id)
}
