package wilk.shell

# METADATA
# description: How often each guarded option of the program stands in the command.
guarded(text) := object.union(_guarded(text, name(text), ""), _guarded_in_module(text))

# A module that an interpreter runs is guarded as the program of its name.
default _guarded_in_module(_) := {}

_guarded_in_module(text) := _guarded(groups[1], module, concat("", [module, " "])) if {
	expression := data.wilk.tables.shell.modules[name(text)]
	groups := regex.find_all_string_submatch_n(expression, text, 1)[0]
	module := program(groups[1])
}

default _guarded(_, _, _) := {}

_guarded(text, program_name, before) := {key: times |
	held := arguments(text)
	some item in data.wilk.tables.shell.guards[program_name].each
	key := concat("", [before, item[0]])
	times := count([argument |
		some argument in _considered(held, item[2], item[3], program_name)
		regex.match(item[1], argument)
	])
	times > 0
} if {
	# Tried as one expression over the whole command; most commands hold none of them.
	regex.match(data.wilk.tables.shell.guards[program_name].any, text)
}

# METADATA
# description: Why an interpreter may not run this; empty if it may, or is none.
interpreter_problem(text) := "" if {
	is_string(data.wilk.tables.shell.interpreters)
	not regex.match(data.wilk.tables.shell.interpreters, name(text))
} else := "code_from_input" if {
	count(arguments(text)) == 0
} else := "" if {
	# An option that gives the program is spelled, as every guarded one is by now.
	count(guarded(text)) > 0
	regex.match(data.wilk.tables.shell.code[name(text)], text)
} else := "" if {
	regex.match(data.wilk.tables.shell.harmless, text)
} else := "code_from_input" if {
	regex.match(`^(?:-$|/dev/|/proc/|[A-Za-z][A-Za-z0-9+.-]+:)`, arguments(text)[0])
} else := "code_from_input" if {
	regex.match(data.wilk.tables.shell.scriptless, name(text))
} else := "option_before_script" if {
	# A shell takes `+c` and `+O` for options too.
	regex.match(`^[+-]`, arguments(text)[0])
} else := "option_before_script" if {
	count(guarded(command_text([program(text), arguments(text)[0]]))) > 0
} else := "script_not_named" if {
	# What a bare word runs is told by the program, or by a package, and not by a file.
	regex.match(data.wilk.tables.shell.seeking, name(text))
	not regex.match(`^[.]?/`, arguments(text)[0])
} else := "interpreter_not_listed" if {
	not interpreter_listed(name(text))
} else := "script_not_allowed" if {
	not script_allowed(arguments(text)[0])
} else := "" if {
	is_string(data.wilk.tables.shell.interpreters)
}

_option(argument) if {
	startswith(argument, "-")
	argument != "-"
}

_considered(held, scope, "", program) := _scoped(held, scope, program)

_considered(held, scope, after, program) := _scoped(array.slice(held, min(starts), count(held)), scope, program) if {
	after != ""
	scope != "operand"
	starts := _starts(held, split(after, " "), program)
	count(starts) > 0
}

# Each place that may be the sub-command's counts, as an option's value may be spelt like it.
_considered(held, "operand", after, program) := [held[place] | some place in places] if {
	after != ""
	places := {whole |
		some start in _starts(held, split(after, " "), program)
		some place in _operand_places(array.slice(held, start, count(held)), program)
		whole := start + place
	}
}

_scoped(held, scope, _) := held if not scope in {"first", "front", "operand", "script"}

# What follows a script is the script's own.
_scoped(held, "script", _) := array.slice(held, 0, 1) if {
	not _option(held[0])
} else := held

_scoped(held, "first", _) := array.slice(held, 0, 1)

_scoped(held, "front", program) := array.slice(held, 0, _operand_place(held, program) + 1)

_scoped(held, "operand", program) := [held[place] | some place in _operand_places(held, program)]

# Where the arguments begin that stand behind a sub-command, which is one word or two.
_starts(held, [word], program) := _behind(held, word, program)

_starts(held, [word, other], program) := {whole |
	some start in _behind(held, word, program)
	some further in _behind(array.slice(held, start, count(held)), other, program)
	whole := start + further
}

_behind(held, "--", _) := {start |
	some place, argument in held
	argument == "--"
	start := place + 1
}

_behind(held, word, program) := {start |
	some place, argument in held
	argument == word
	place <= last
	start := place + 1
} if {
	word != "--"
	last := _operand_place(held, program)
}

# Where the first argument stands that is no option and cannot be an option's value; the number
# of arguments where there is none.
_operand_place(held, program) := min(places) if {
	places := {place |
		some place, argument in held
		not _option(argument)
		not _value_of_option(held, place, program)
	}
	count(places) > 0
} else := count(held)

_value_of_option(held, place, program) if {
	place > 0
	_option(held[place - 1])
	_takes(held[place - 1], held[place], program)
}

_takes(option, _, program) if {
	regex.match(data.wilk.tables.shell.guards[program].values, option)
	not data.wilk.tables.shell.guards[program].alone[option]
}

_takes(option, following, program) if {
	data.wilk.tables.shell.guards[program].alone[option]
	_switch_value(following)
}

# What even an option without a value takes up where nopt, npm's parser, reads it.
_switch_value(argument) if argument in {"true", "false", "null"}

# Every place where the first operand stands by some reading of the options before it. Each
# argument becomes a letter of a text, which the readings are expressions over.
_operand_places(held, program) := {place |
	kinds := concat("", [_kind(argument, program) | some argument in held])
	some place, _ in held
	regex.match(`^(?:o|ab?|m.?|s.)*(?:d.|[bn])$`, substring(kinds, 0, place + 1))
}

_kind(argument, _) := "b" if {
	_switch_value(argument)
} else := "n" if {
	not _option(argument)
} else := "d" if {
	argument == "--"
}

_kind(argument, program) := "s" if {
	_dashed(argument)
	data.wilk.tables.shell.guards[program].known == true
	regex.match(data.wilk.tables.shell.guards[program].values, argument)
} else := "o" if {
	_dashed(argument)
	data.wilk.tables.shell.guards[program].known == true
} else := "a" if {
	_dashed(argument)
	data.wilk.tables.shell.guards[program].alone[argument]
} else := "o" if {
	_dashed(argument)
	contains(argument, "=")
} else := "m" if {
	_dashed(argument)
}

_dashed(argument) if {
	_option(argument)
	argument != "--"
}
