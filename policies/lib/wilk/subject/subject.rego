# METADATA
# title: Who asks
# description: >-
#   The asking agent's specs, and the one that is judged by; all undefined for an unknown
#   agent. Where an agent has several specs, `spec` is replaced by each of them in turn.
package wilk.subject

import data.wilk.when

spec := name if {
	name := data.wilk.agents[input.subject.id]
	is_string(name)
}

# METADATA
# description: The names of the agent's specs where it has several, through roles.
several := data.wilk.agents[input.subject.id] if is_array(data.wilk.agents[input.subject.id])

# METADATA
# description: >-
#   What the spec grants and blocks. Where entries have conditions, there is a profile for each way
#   in which these can hold together; a way that has none names nothing and so denies.
profile := data.wilk.specs[spec].profile if {
	data.wilk.specs[spec].profile
} else := data.wilk.specs[spec].profiles[when.marks(data.wilk.specs[spec].tests)]

# METADATA
# description: >-
#   What the spec would grant at best, for telling why it does not; undefined where no entry has
#   a condition.
best := data.wilk.specs[spec].best

default known := false

known if is_string(profile)
