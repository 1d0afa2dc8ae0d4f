# METADATA
# title: Labelled data
# description: Judges processing, storing and exporting of data by its classification.
package wilk.labels

import data.wilk.lists
import data.wilk.request
import data.wilk.subject

verdict := lists.invalid("classification_not_text") if {
	not is_string(request.property("classification", ""))
} else := lists.invalid("flag_not_boolean") if {
	not _flags_boolean
} else := lists.unmatched("unknown_action", "data") if {
	not input.action.name in {"process", "store", "export"}
} else := lists.unmatched("unlabelled_data", "data.data_classification") if {
	not _label
} else := lists.unmatched("no_rule_matches", "data.data_classification") if {
	subject.known
	not data.wilk.profiles[subject.profile].data.labels[_label]
} else := _exceeded("encryption_required", "encryption", "encryption_required") if {
	not _encryption_met
} else := _exceeded("personal_data", "pii", "pii_detection") if {
	not _personal_data_met
} else := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": data.wilk.profiles[subject.profile].data.labels[_label],
	"list": "data.data_classification",
	"conditions": _conditions,
} if {
	is_array(data.wilk.profiles[subject.profile].data.conditions)
	is_boolean(data.wilk.profiles[subject.profile].data.encryption.demanded)
	is_boolean(data.wilk.profiles[subject.profile].data.pii.demanded)
	_encryption_met
	_personal_data_met
}

_label := input.resource.properties.classification

_exceeded(detail, limit, key) := {
	"outcome": "exceeded",
	"detail": detail,
	"rule": data.wilk.profiles[subject.profile].data[limit].rule,
	"list": concat(".", ["data", key]),
	"conditions": [],
}

default _flags_boolean := false

_flags_boolean if {
	is_boolean(request.property("encrypted", false))
	is_boolean(request.property("pii", false))
}

default _encryption_met := false

_encryption_met if data.wilk.profiles[subject.profile].data.encryption.demanded == false

_encryption_met if input.action.name == "process"

_encryption_met if input.resource.properties.encrypted == true

default _personal_data_met := false

_personal_data_met if data.wilk.profiles[subject.profile].data.pii.demanded == false

_personal_data_met if input.action.name == "process"

_personal_data_met if request.property("pii", false) == false

_personal_data_met if {
	input.action.name == "store"
	input.resource.properties.encrypted == true
}

# Who says whether the data is personal has looked; otherwise the caller must.
_conditions := [condition |
	some condition in data.wilk.profiles[subject.profile].data.conditions
	not _settled(condition)
]

_settled(condition) if {
	condition.type == "detect_pii"
	is_boolean(input.resource.properties.pii)
}
