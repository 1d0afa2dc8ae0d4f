# Commands inside commands. A command is one text: its arguments, each ended by NUL. A
# wrapper's expression finds the command inside it; what cannot be told is opaque.
package wilk.shell

# METADATA
# description: The text of an argument list.
command_text(argv) := concat("", [concat("\u0000", argv), "\u0000"])

# METADATA
# description: >-
#   Whether no table knows the program: it runs nothing else, and no option of it is guarded.
plain(text) if {
	is_string(data.wilk.tables.shell.special)
	not regex.match(data.wilk.tables.shell.special, text)
}

# METADATA
# description: >-
#   A command that runs no code of its own, and the one that it wraps, if any, where both can be
#   told at once; undefined otherwise. Each is [name, key of its first two arguments, text].
simple_layers(argv) := [[argv[0], concat("\u0000", array.slice(argv, 0, 2)), text]] if {
	not contains(argv[0], "/")
	text := command_text(argv)
	regex.match(data.wilk.tables.shell.running, text) == false
} else := [
	[argv[0], concat("\u0000", array.slice(argv, 0, 2)), command_text(argv)],
	[parts[0], concat("\u0000", array.slice(parts, 0, min([2, count(parts) - 1]))), inner],
] if {
	wrapper := data.wilk.tables.shell.wrappers[argv[0]]
	wrapper.simple == true
	[groups] := regex.find_all_string_submatch_n(wrapper.inner, command_text(argv), 1)
	inner := concat("", array.slice(groups, 1, count(groups)))
	parts := split(inner, "\u0000")
	parts[0] != ""
	not contains(parts[0], "/")
	regex.match(data.wilk.tables.shell.running, inner) == false
}

# METADATA
# description: The command and up to four commands inside it, outermost first.
layers(text) := [text] if not data.wilk.tables.shell.wrappers[name(text)].inner

layers(text) := [layer | some layer in [text, one, two, three, four]; layer != ""] if {
	data.wilk.tables.shell.wrappers[name(text)].inner
	one := _inner(text)
	two := _inner(one)
	three := _inner(two)
	four := _inner(three)
}

# METADATA
# description: Whether a layer runs something that cannot be judged, or the layers are too many.
opaque(text) if {
	some layer in layers(text)
	_opaque_layer(layer)
}

opaque(text) if {
	held := layers(text)
	count(held) == 5
	_inner(held[4]) != ""
}

arguments(text) := array.slice(parts, 1, count(parts) - 1) if parts := split(text, "\u0000")

program(text) := split(text, "\u0000")[0]

name(text) := pieces[count(pieces) - 1] if pieces := split(program(text), "/")

default _inner(_) := ""

_inner(text) := found if {
	text != ""
	found := _wrapped(text)
	not _opaque_layer(text)
}

_wrapped(text) := concat("", array.slice(groups, 1, count(groups))) if {
	expression := data.wilk.tables.shell.wrappers[name(text)].inner
	groups := regex.find_all_string_submatch_n(expression, text, 1)[0]
}

_opaque_layer(text) if data.wilk.tables.shell.opaque[name(text)]

_opaque_layer(text) if regex.match(data.wilk.tables.shell.shell_text, text)

_opaque_layer(text) if {
	data.wilk.tables.shell.wrappers[name(text)].inner
	_opaque_wrapper(text)
}

_opaque_wrapper(text) if not regex.match(data.wilk.tables.shell.wrappers[name(text)].inner, text)

_opaque_wrapper(text) if {
	_wrapped(text) != ""
	name(text) == "xargs"
}

_opaque_wrapper(text) if {
	contains(program(_wrapped(text)), "=")
	name(text) == "env"
}

_opaque_wrapper(text) if startswith(_wrapped(text), "\u0000")

_opaque_wrapper(text) if {
	data.wilk.tables.shell.wrappers[name(text)].plain
	not regex.match(`^(?:[A-Za-z0-9_./:=@%+,-]+\x00)*$`, _wrapped(text))
}
