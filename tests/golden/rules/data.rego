# METADATA
# title: "Labelled data"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.data

# METADATA
# title: "internal, public"
# labels: {"rule": "data.classification"}
# custom: {"column": 26, "file": "reviewer.yaml", "line": 57}
labels := {"internal": "data.classification", "public": "data.classification"}

# METADATA
# title: "1"
# labels: {"rule": "data.encryption"}
# custom: {"column": 26, "file": "reviewer.yaml", "line": 58}
encryption := {"demanded": true, "rule": "data.encryption"}

# METADATA
# title: "1"
# labels: {"rule": "data.pii_detection"}
# custom: {"column": 20, "file": "reviewer.yaml", "line": 56}
pii := {"demanded": true, "rule": "data.pii_detection"}

conditions := [
	{"id": "data.pii_detection", "properties": {}, "type": "detect_pii"},
	{"id": "data.retention", "properties": {"seconds": 2592000}, "type": "retain"},
]
