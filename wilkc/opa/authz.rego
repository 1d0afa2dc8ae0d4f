# METADATA
# title: Who may ask the sidecar what
# description: >-
#   Two exact questions, always with the parameters that name the revision and that turn a
#   builtin's error into a failure, and three read-only pages. Everything else that OPA's
#   server offers (policies, data, queries, configuration, traces) is refused.
package system.authz

default allow := false

# METADATA
# description: Decisions, one or many.
allow if {
	input.method == "POST"
	input.path in [["v1", "data", "wilk", "decision"], ["v1", "data", "wilk", "decisions"]]
	input.params == {"provenance": ["true"], "strict-builtin-errors": ["true"]}
}

# METADATA
# description: Health, status and measurements.
allow if {
	input.method == "GET"
	input.path in [["health"], ["v1", "status"], ["metrics"]]
}
