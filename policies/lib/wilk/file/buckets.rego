package wilk.file

import data.wilk.subject

# The buckets that a path looks in: `-`, and what stands between its slashes and dots. To look
# in one too many is harmless, because the expressions in it still decide.
_keys := split(replace(concat("/", ["-", path]), "/", "."), ".")

# The entries that match are sets of [rank, rule id]; the smallest rank names the rule. The
# alternation of a bucket is tried first, its entries only after a hit.
_blocking contains [entry[1], entry[2]] if {
	some key in _keys
	regex.match(data.wilk.profiles[subject.profile].file.block.any[key], path)
	some entry in data.wilk.profiles[subject.profile].file.block.each[key]
	regex.match(entry[0], path)
}

_allowing contains [entry[1], entry[2]] if {
	some key in _keys
	regex.match(data.wilk.profiles[subject.profile].file.allow[input.action.name].any[key], path)
	some entry in data.wilk.profiles[subject.profile].file.allow[input.action.name].each[key]
	regex.match(entry[0], path)
}
