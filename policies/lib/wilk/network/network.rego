# METADATA
# title: Network targets
# description: >-
#   Judges one connection by canonical host, port, protocol and, where the enforcement point
#   has resolved the name, its addresses. The entries of a list stand under keys; a host
#   looks only under those that it has itself: its labels and `*`, or its own text and the
#   buckets of its address. An entry is [rank, rule, port ranges, protocols, place].
#   That an internationalised label is valid cannot be decided here; the enforcement point
#   has decoded it (`wilkc.language.hosts`).
package wilk.network

import data.wilk.lists
import data.wilk.request
import data.wilk.subject

max_port := 65535

protocols := {"ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"}

check_address := {"id": "net.check_address", "type": "check_address", "properties": {}}

_allow_list := "network.allowed_hosts"

# What most requests ask for stands first: a plain name that nobody has resolved. It demands all
# that a grant rests on, so that damaged data denies and nothing else needs to be looked at
# where it holds; the counts stand for the presence of lists.
verdict := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(hits)[1],
	"list": _allow_list,
	"conditions": array.concat([check_address], held.conditions),
} if {
	{"host": host, "port": port, "protocol": protocol} = input.resource.properties
	plain_name(host)
	is_number(port)
	floor(port) == port
	input.action.name in {"connect", "request"}
	held := data.wilk.profiles[subject.profile].network
	frame := concat("", ["=", host])
	keys := labels(host)
	held.block.n >= 0
	count([1 | some key in keys; some entry in held.block.under[key]; not _apart(entry, frame)]) == 0
	held.ports.n >= 0
	count([1 | some entry in held.ports.each; not _clear(entry)]) == 0
	held.allow.n > 0
	hits := [[entry[0], entry[1]] |
		some key in keys
		some entry in held.allow.under[key]
		endswith(frame, entry[4])
		protocol in entry[3]
		some range in entry[2]
		is_number(range[0])
		port >= range[0]
		port <= range[1]
	]
} else := {
	"outcome": "granted",
	"detail": "allowed",
	"rule": min(_allowing)[1],
	"list": _allow_list,
	"conditions": array.concat(_checks, data.wilk.profiles[subject.profile].network.conditions),
} if {
	_host_canonical
	_protocol_known
	_port_valid
	_resolved_valid
	input.action.name in {"connect", "request"}
	data.wilk.profiles[subject.profile].network.block.n >= 0
	count(_blocking) == 0
	data.wilk.profiles[subject.profile].network.ports.n >= 0
	count(_closing) == 0
	data.wilk.profiles[subject.profile].network.allow.n > 0
	count(_allowing) > 0
	_addresses_open
	_resolved_public
} else := lists.invalid("host_not_canonical") if {
	not _host_canonical
} else := lists.invalid("protocol_unknown") if {
	not _protocol_known
} else := lists.invalid("port_invalid") if {
	not _port_valid
} else := lists.invalid("resolved_invalid") if {
	not _resolved_valid
} else := lists.unmatched("unknown_action", "network") if {
	not input.action.name in {"connect", "request"}
} else := _blocked(min(_blocking)[1], "network.blocked_hosts") if {
	count(_blocking) > 0
} else := _blocked(min(_closing)[1], "network.blocked_ports") if {
	count(_closing) > 0
} else := _unmatched

_unmatched := lists.unmatched("forbidden_address", _allow_list) if {
	_blocks_present
	not _addresses_open
} else := lists.unmatched("no_rule_matches", _allow_list) if {
	_blocks_present
	data.wilk.profiles[subject.profile].network.allow.n >= 0
	count(_named) == 0
} else := lists.unmatched("protocol_not_allowed", _allow_list) if {
	_blocks_present
	count(_named) > 0
	count(_spoken) == 0
} else := lists.unmatched("port_not_allowed", _allow_list) if {
	_blocks_present
	count(_spoken) > 0
	count(_allowing) == 0
} else := lists.unmatched("private_address", _allow_list) if {
	_blocks_present
	count(_allowing) > 0
	not _resolved_public
}

# Without its blocks a spec cannot say that nothing of it blocks.
_blocks_present if {
	data.wilk.profiles[subject.profile].network.block.n >= 0
	data.wilk.profiles[subject.profile].network.ports.n >= 0
}

_blocked(rule, list) := {
	"outcome": "blocked",
	"detail": "blocked",
	"rule": rule,
	"list": list,
	"conditions": [],
}

_host := input.resource.properties.host

_port := input.resource.properties.port

_protocol := input.resource.properties.protocol

_resolved := input.resource.properties.resolved

default _host_canonical := false

_host_canonical if _host_is_name

_host_canonical if canonical_address(_host)

default _protocol_known := false

_protocol_known if _protocol in protocols

default _port_valid := false

_port_valid if {
	request.whole(_port)
	_port >= 1
	_port <= max_port
}

default _resolved_valid := false

_resolved_valid if not _is_resolved

_resolved_valid if {
	is_array(_resolved)
	count(_resolved) > 0
	every address in _resolved {
		canonical_address(address)
		_agrees(address)
	}
}

# An address is its own and only resolution.
_agrees(_) if _host_is_name

_agrees(address) if address == _host

default _is_resolved := false

_is_resolved if "resolved" in object.keys(input.resource.properties)

_host_is_name if canonical_name(_host)

_hosts contains _host

_hosts contains address if some address in _resolved

_addresses contains _host if not _host_is_name

_addresses contains address if some address in _resolved

# A block holds unless it is certain that it does not: what cannot be compared blocks.
_blocking contains [entry[0], entry[1]] if {
	some host in _hosts
	some key in keys(host)
	some entry in data.wilk.profiles[subject.profile].network.block.under[key]
	not _apart(entry, framed(host))
}

_apart(entry, frame) if misses(entry[4], frame)

_apart(entry, _) if {
	is_array(entry[3])
	not _protocol in entry[3]
}

_apart(entry, _) if {
	is_array(entry[2])
	every range in entry[2] {
		_beyond(range)
	}
}

_beyond(range) if {
	is_number(range[0])
	_port < range[0]
}

_beyond(range) if {
	is_number(range[1])
	_port > range[1]
}

_closing contains [entry[0], entry[1]] if {
	some entry in data.wilk.profiles[subject.profile].network.ports.each
	not _clear(entry)
}

_clear(entry) if _beyond(entry[2])

_named contains entry if {
	some key in keys(_host)
	some entry in data.wilk.profiles[subject.profile].network.allow.under[key]
	reaches(entry[4], framed(_host))
}

_spoken contains entry if {
	some entry in _named
	_protocol in entry[3]
}

_allowing contains [entry[0], entry[1]] if {
	some entry in _spoken
	_open_port(entry[2])
}

_open_port(ranges) if {
	some range in ranges
	is_number(range[0])
	_port >= range[0]
	_port <= range[1]
}

default _addresses_open := false

_addresses_open if {
	every address in _addresses {
		outside(address, forbidden_blocks)
	}
}

# A private address behind a name must be allowed as an address.
default _resolved_public := false

_resolved_public if not _is_resolved

_resolved_public if {
	_is_resolved
	every address in _resolved {
		_cleared(address)
	}
}

_cleared(address) if outside(address, private_blocks)

_cleared(address) if {
	some key in keys(address)
	some entry in data.wilk.profiles[subject.profile].network.allow.under[key]
	reaches(entry[4], framed(address))
	_protocol in entry[3]
	_open_port(entry[2])
}

# Whoever has not resolved the name must check the address before using it.
default _checks := []

_checks := [check_address] if {
	_host_is_name
	not _is_resolved
}
