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

_considered(held, scope, "", _) := held if not scope in {"first", "front", "operand", "script"}

# What follows a script is the script's own.
_considered(held, "script", "", _) := array.slice(held, 0, 1) if {
	not _option(held[0])
} else := held

_considered(held, "first", "", _) := array.slice(held, 0, 1)

_considered(held, "front", "", program) := array.slice(held, 0, _operand_place(held, program) + 1)

_considered(held, "operand", "", program) := array.slice(held, place, place + 1) if {
	place := _operand_place(held, program)
}

_considered(held, _, after, program) := array.slice(held, min(places) + 1, count(held)) if {
	after != ""
	last := _operand_place(held, program)
	places := {place | some place, argument in held; argument == after; place <= last}
	count(places) > 0
}

# Where the first argument stands that is no option and no option's value; the number of
# arguments where there is none.
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
	regex.match(data.wilk.tables.shell.guards[program].values, held[place - 1])
	not data.wilk.tables.shell.guards[program].alone[held[place - 1]]
}
