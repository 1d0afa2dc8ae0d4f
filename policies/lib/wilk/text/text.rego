# METADATA
# title: Texts in canonical form
# description: >-
#   OPA has no builtin for Unicode normalisation; whether a text is in form NFC is decided
#   from tables, by the definition in Unicode Standard Annex 15: no character with a
#   decomposition of its own, marks in canonical order, and no pair that would compose.
package wilk.text

# METADATA
# description: Whether the text is in Unicode normalisation form C.
normal(text) if regex.match(`^[\x00-\x7f]*$`, text)

normal(text) if {
	not regex.match(`^[\x00-\x7f]*$`, text)

	# A missing table would find nothing wrong; one leaf of each stands for it.
	is_string(data.wilk.tables.text.hangul)
	is_number(data.wilk.tables.text.class["́"])
	is_boolean(data.wilk.tables.text.composes["́"].a)
	is_boolean(data.wilk.tables.text.decomposes["Å"])
	not regex.match(data.wilk.tables.text.hangul, text)
	chars := split(text, "")
	count(_decomposable(chars)) == 0
	count(_disordered(chars)) == 0
	count(_composable(chars)) == 0
}

_decomposable(chars) := {i | some i, char in chars; data.wilk.tables.text.decomposes[char]}

# A mark after one of a higher combining class is out of order.
_disordered(chars) := {i |
	some i, char in chars
	class := data.wilk.tables.text.class[char]
	data.wilk.tables.text.class[chars[i - 1]] > class
}

# A character composes with the last starter before it unless something blocks it.
_composable(chars) := {i |
	some i, char in chars
	starters := data.wilk.tables.text.composes[char]
	some start in starters_before(chars, i)
	starters[chars[start]]
	not _blocked(chars, start, i)
}

# METADATA
# description: The nearest starter before a place, as a set of at most one index.
starters_before(chars, place) := {max(found)} if {
	found := {i |
		some i in numbers.range(0, place - 1)
		i < place
		not data.wilk.tables.text.class[chars[i]]
	}
	count(found) > 0
} else := set()

_blocked(chars, start, place) if {
	some between in numbers.range(start + 1, place - 1)
	between > start
	between < place
	not data.wilk.tables.text.class[chars[between]] < _class(chars[place])
}

default _class(_) := 0

_class(char) := data.wilk.tables.text.class[char]
