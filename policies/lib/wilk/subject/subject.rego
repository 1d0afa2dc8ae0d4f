# METADATA
# title: Who asks
# description: >-
#   The asking agent's specs, and the one that is judged by; all undefined for an unknown
#   agent. Where an agent has several specs, `spec` is replaced by each of them in turn.
package wilk.subject

spec := name if {
	name := data.wilk.agents[input.subject.id]
	is_string(name)
}

# METADATA
# description: The names of the agent's specs where it has several, through roles.
several := data.wilk.agents[input.subject.id] if is_array(data.wilk.agents[input.subject.id])

profile := data.wilk.specs[spec].profile

default known := false

known if is_string(profile)
