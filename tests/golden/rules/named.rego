# METADATA
# title: "System actions, tools and agents"
# description: >-
#   Compiled from YAML: each entry is one rule, titled with its text. An entry that takes the
#   asked text stands with the empty pattern, which the library finds in any text.
package wilk.profiles.pDIGEST.named
