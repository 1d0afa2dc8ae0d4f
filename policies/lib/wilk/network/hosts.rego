package wilk.network

# What no rule opens: metadata services, unspecified, broadcast and multicast addresses.
forbidden_blocks := {
	"0.0.0.0/8", "100.100.100.200/32", "168.63.129.16/32", "169.254.169.254/32",
	"169.254.170.2/32", "169.254.170.23/32", "224.0.0.0/4", "255.255.255.255/32",
	"::/128", "fd00:ec2::23/128", "fd00:ec2::254/128", "fd20:ce::254/128", "ff00::/8",
}

# Loopback, private, link-local, carrier-grade NAT, benchmark, reserved, unique-local,
# and the local translation prefix, which may lead to any IPv4 address.
private_blocks := {
	"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "240.0.0.0/4",
	"::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "64:ff9b:1::/48",
}

# METADATA
# description: >-
#   Whether an address lies in none of the blocks; undefined too where that cannot be said.
outside(address, blocks) if {
	every block in blocks {
		net.cidr_contains(block, address) == false
	}
}

# METADATA
# description: >-
#   Whether a text is a host name in canonical spelling: labels of lower-case letters, digits
#   and inner hyphens, the last one no number, `--` in places 3 and 4 only after `xn`.
canonical_name(text) if {
	is_string(text)
	regex.match(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?[.])*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`, text)
	count(text) <= 253
	not _ends_in_number(text)
	not _reserved_label(text)
}

_ends_in_number(text) if regex.match(`(?:^|[.])(?:[0-9]+|0x[0-9a-f]*)$`, text)

_reserved_label(text) if {
	some label in split(text, ".")
	substring(label, 2, 2) == "--"
	not startswith(label, "xn--")
}

# METADATA
# description: Whether a text is an address as `canonical_host` writes it.
canonical_address(text) if {
	is_string(text)
	_quad(text)
}

canonical_address(text) if {
	is_string(text)
	_ipv6(text)
}

_quad(text) if {
	regex.match(`^(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:[.]|$)){4}$`, text)
	not endswith(text, ".")
}

# RFC 5952: lower case, no leading zeros, the first longest run of zero groups shortened. One
# that carries an IPv4 address counts as that and is not written as IPv6.
_ipv6(text) if {
	regex.match(`^[0-9a-f:]{2,39}$`, text)
	net.cidr_is_valid(concat("", [text, "/128"]))
	not regex.match(`(?:^|:)0[0-9a-f]`, text)
	_shortest(text)
	not _carries_ipv4(text)
}

_shortest(text) if {
	not contains(text, "::")
	not contains(_framed(text), ":0:0:")
}

_shortest(text) if {
	[left, right] := split(text, "::")
	not endswith(_framed(left), ":0:")
	not startswith(_framed(right), ":0:")
	hidden := (8 - _groups(left)) - _groups(right)
	hidden >= 2
	not contains(_framed(left), _zeros(hidden))
	not contains(_framed(right), _zeros(hidden + 1))
}

_framed(text) := concat("", [":", text, ":"])

_groups("") := 0

_groups(text) := count(split(text, ":")) if text != ""

_zeros(number) := concat("", [":", concat("", ["0:" | some _ in numbers.range(1, number)])])

_carries_ipv4(text) if {
	text != "::1"
	regex.match(`^::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})?$`, text)
}

_carries_ipv4(text) if regex.match(`^::ffff:[0-9a-f]{1,4}:[0-9a-f]{1,4}$`, text)

_carries_ipv4(text) if regex.match(`^64:ff9b::(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})?)?$`, text)

_carries_ipv4(text) if startswith(text, "2002:")

# METADATA
# description: >-
#   Whether a text is a canonical name of the most common kind, seen at once: short enough that
#   no label can be too long, no two hyphens together, and a last label that begins with a
#   letter.
plain_name(text) if {
	is_string(text)
	regex.match(`^(?:[a-z0-9]+(?:-[a-z0-9]+)*[.])*[a-z][a-z0-9]*(?:-[a-z0-9]+)*$`, text)
	count(text) <= 63
}

# METADATA
# description: >-
#   The keys under which the entries stand that could take a canonical host. To look under one
#   too many is harmless, because the place of an entry still decides.
keys(host) := labels(host) if {
	canonical_name(host)
} else := [concat("", ["=", host]), concat("", [split(host, ".")[0], "."]), "/."] if {
	_quad(host)
} else := [concat("", ["=", host]), concat("", [split(host, ":")[0], ":"]), "/:"] if {
	_ipv6(host)
}

# METADATA
# description: The keys of a canonical name.
labels(name) := split(concat(".", ["*", name]), ".")

# METADATA
# description: >-
#   A canonical host as the places of entries are compared with it: a name begins with `=`, so
#   that `=a.b` is that name alone and `.b` is what lies below.
framed(host) := concat("", ["=", host]) if canonical_name(host)

framed(host) := host if not canonical_name(host)

# METADATA
# description: Whether a host in its frame is in a place; undefined too where that cannot be said.
reaches(place, frame) if {
	startswith(frame, "=")
	endswith(frame, place)
}

reaches(place, frame) if {
	not startswith(frame, "=")
	net.cidr_contains(place, frame)
}

# METADATA
# description: Whether it is certain that a host in its frame is not in a place.
misses(place, frame) if {
	startswith(frame, "=")
	endswith(frame, place) == false
}

misses(place, frame) if {
	not startswith(frame, "=")
	net.cidr_contains(place, frame) == false
}
