# METADATA
# title: Commands
# description: >-
#   Judges every simple command of a line, and every command inside it: a block on any layer
#   denies all; each layer must be allowed by itself.
package wilk.shell

import data.wilk.file
import data.wilk.lists
import data.wilk.request
import data.wilk.subject

max_commands := 50

max_arguments := 1000

max_characters := 10000

# METADATA
# description: An expression that matches no text.
nothing := `[^\x{0}-\x{10ffff}]`

# What most requests ask for stands first: one command whose layers are simple. It demands all
# that a grant rests on, so that damaged data denies and nothing else needs to be looked at
# where it holds.
verdict := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": granting[0][1],
	"list": "shell.allowed_commands",
	"conditions": held.conditions,
} if {
	{"commands": [argv]} = input.resource.properties
	_argv_valid(argv)
	input.action.name == "execute"
	object.get(input, ["context", "cwd"], ".") == "."
	tables := data.wilk.tables.shell
	found := simple_layers(argv)
	held := data.wilk.profiles[subject.profile].shell
	is_array(held.conditions)
	regex.match(held.directories, ".")
	held.block.n >= 0
	count([1 |
		some layer in found
		some entry in held.block.program[layer[0]]
		every expression in entry.all { regex.match(expression, layer[2]) }
	]) == 0
	held.allow.n > 0
	allows := held.allow.program
	granting := [min(hits) |
		some layer in found
		regex.match(object.get(tables.guards, [layer[0], "any"], nothing), layer[2]) == false
		hits := [[entry.rank, entry.rule] |
			some key in [layer[0], layer[1]]
			some entry in allows[key]
			regex.match(entry.match, layer[2])
			every refused in entry.never { regex.match(refused, layer[2]) == false }
		]
		count(hits) > 0
	]
	count(granting) == count(found)
} else := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(_granting(_texts[0]))[1],
	"list": "shell.allowed_commands",
	"conditions": data.wilk.profiles[subject.profile].shell.conditions,
} if {
	_commands_valid
	_directory
	input.action.name == "execute"
	data.wilk.profiles[subject.profile].shell.block.n >= 0
	count(_blocking) == 0
	data.wilk.profiles[subject.profile].shell.allow.n > 0
	is_array(data.wilk.profiles[subject.profile].shell.conditions)
	every text in _texts { command_problem(text) == "" }
	_interpreter_allowed
	_scripts_allowed
	_directory_allowed
} else := lists.invalid("shell_argv_invalid") if {
	not _commands_valid
} else := lists.invalid("path_not_canonical") if {
	not _directory
} else := lists.invalid("shell_argv_invalid") if {
	not is_string(request.property("interpreter", ""))
} else := lists.invalid("path_not_canonical") if {
	not _scripts_valid
} else := lists.unmatched("unknown_action", "shell") if {
	input.action.name != "execute"
} else := {
	"outcome": "blocked",
	"detail": "blocked",
	"rule": min(_blocking)[1],
	"list": "shell.blocked_commands",
	"conditions": [],
} if {
	count(_blocking) > 0
} else := lists.unmatched(_problems[0], "shell.allowed_commands") if {
	data.wilk.profiles[subject.profile].shell.block.n >= 0
	count(_problems) > 0
} else := lists.unmatched("interpreter_not_listed", "shell.allowed_interpreters") if {
	data.wilk.profiles[subject.profile].shell.block.n >= 0
	not _interpreter_allowed
} else := lists.unmatched("script_not_allowed", "shell.allowed_commands") if {
	data.wilk.profiles[subject.profile].shell.block.n >= 0
	not _scripts_allowed
} else := lists.unmatched("directory_not_allowed", "shell.working_directories") if {
	data.wilk.profiles[subject.profile].shell.block.n >= 0
	not _directory_allowed
}

# A missing table would find nothing to guard against; one leaf of each stands for it.
_tables_whole if {
	is_boolean(data.wilk.tables.shell.opaque.eval)
	is_string(data.wilk.tables.shell.guards.git.any)
	is_string(data.wilk.tables.shell.guards.git.values)
	is_string(data.wilk.tables.shell.wrappers.timeout.inner)
	is_string(data.wilk.tables.shell.scripts.sed)
	is_string(data.wilk.tables.shell.operands.sed)
	is_string(data.wilk.tables.shell.scriptless)
	is_string(data.wilk.tables.shell.seeking)
	is_string(data.wilk.tables.shell.modules.python3)
	is_string(data.wilk.tables.shell.shell_text)
	is_string(data.wilk.tables.shell.interpreters)
}

# METADATA
# description: Whether a program may run scripts.
interpreter_listed(name) if data.wilk.profiles[subject.profile].shell.interpreters[name] == true

# METADATA
# description: >-
#   Whether a script, as a command names it, may be executed: one that any spec of the agent blocks
#   is run by none.
script_allowed(script) if {
	joined := _joined(script)
	file.permits("execute", joined)
	file.unblocked(joined)
}

# METADATA
# description: >-
#   Why a command with all its layers is not allowed; empty if it is, undefined where a table
#   is missing.
command_problem(text) := "no_rule_matches" if {
	plain(text)
	count(_matching(text)) == 0
} else := "" if {
	plain(text)
} else := "opaque_command" if {
	opaque(text)
} else := found[0] if {
	found := [problem |
		some layer in layers(text)
		problem := _layer_problem(layer)
		problem != ""
	]
	count(found) > 0
} else := "" if {
	_tables_whole
	every layer in layers(text) { _layer_problem(layer) == "" }
}

_layer_problem(text) := "no_rule_matches" if {
	count(_matching(text)) == 0
} else := "guarded_option" if {
	count(_spelling(text)) == 0
} else := "code_not_spelled" if {
	count(_granting(text)) == 0
} else := interpreter_problem(text)

# Entries stand under the program, or under program and first argument where the pattern fixes
# both; the key is the beginning of the command's text.
_matching(text) := [entry |
	parts := split(text, "\u0000")
	some key in [parts[0], concat("\u0000", array.slice(parts, 0, 2))]
	some entry in data.wilk.profiles[subject.profile].shell.allow.program[key]
	regex.match(entry.match, text)
	every refused in entry.never { regex.match(refused, text) == false }
]

_spelling(text) := [entry |
	counts := guarded(text)
	some entry in _matching(text)
	every key, times in counts { times <= object.get(entry.spelled, key, 0) }
]

_granting(text) := [[entry.rank, entry.rule] | some entry in _matching(text)] if {
	plain(text)
} else := [[entry.rank, entry.rule] |
	some entry in _spelling(text)
	_script_spelled(entry, text)
]

_script_spelled(_, text) if not data.wilk.tables.shell.scripts[name(text)]

_script_spelled(_, text) if regex.match(data.wilk.tables.shell.scripts[name(text)], _code_operand(text))

_script_spelled(entry, text) if entry.words[_code_operand(text)]

# Where it cannot be told which argument is the code, each must be a word of the pattern.
_script_spelled(entry, text) if {
	held := arguments(text)
	count(held) > 0
	every argument in held { entry.words[argument] }
}

_code_operand(text) := groups[1] if {
	expression := data.wilk.tables.shell.operands[name(text)]
	groups := regex.find_all_string_submatch_n(expression, text, 1)[0]
}

_given := object.keys(input.resource.properties)

_commands := [input.resource.properties.argv] if not "commands" in _given

_commands := input.resource.properties.commands if not "argv" in _given

default _commands_valid := false

_commands_valid if {
	is_array(_commands)
	count(_commands) > 0
	count(_commands) <= max_commands
	every argv in _commands { _argv_valid(argv) }
}

_argv_valid(argv) if {
	is_array(argv)
	count(argv) > 0
	count(argv) <= max_arguments

	# Texts stand between numbers and arrays in the order of all values.
	min(argv) >= ""
	max(argv) < []
	argv[0] != ""
	whole := concat("", argv)
	count(whole) <= max_characters
	not contains(whole, "\u0000")
}

_texts := [command_text(argv) | some argv in _commands]

_problems := [problem |
	some text in _texts
	problem := command_problem(text)
	problem != ""
]

_blocking contains [entry.rank, entry.rule] if {
	some text in _texts
	some layer in layers(text)
	some entry in data.wilk.profiles[subject.profile].shell.block.program[name(layer)]
	every expression in entry.all { regex.match(expression, layer) }
}

_directory := "." if {
	request.circumstance("cwd", ".") == "."
} else := file.canonical_path(request.circumstance("cwd", "."))

default _directory_allowed := false

_directory_allowed if regex.match(data.wilk.profiles[subject.profile].shell.directories, _directory)

default _interpreter_allowed := false

_interpreter_allowed if request.property("interpreter", "") == ""

# A `#!` line counts like naming the interpreter.
_interpreter_allowed if {
	given := request.property("interpreter", "")
	is_string(given)
	pieces := split(given, "/")
	interpreter_listed(pieces[count(pieces) - 1])
	contains(_commands[0][0], "/")
	script_allowed(_commands[0][0])
}

# What the enforcement point found each script of the line to be: its canonical path, then its
# other names.
_scripts := request.property("scripts", [])

default _scripts_valid := false

_scripts_valid if {
	is_array(_scripts)
	every names in _scripts {
		is_array(names)
		count(names) > 0
		every name in names { file.canonical_path(name) }
	}
}

default _scripts_allowed := false

_scripts_allowed if {
	_scripts_valid
	every names in _scripts {
		file.permits("execute", names[0])
		every name in names {
			file.unblocked_here(name)
			file.unblocked(name)
		}
	}
}

_joined(script) := script if startswith(script, "/")

_joined(script) := concat("/", [base, trim_prefix(script, "./")]) if {
	not startswith(script, "/")
	base := trim_suffix(_directory, "/")
}
