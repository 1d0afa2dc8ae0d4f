package wilk.network_test

import data.wilk.network

everything := ["ftp", "http", "https", "ssh", "tcp", "udp", "ws", "wss"]

world := {
	"agents": {"a": "spec"},
	"specs": {"spec": {"profile": "p"}},
	"profiles": {"p": {"network": {
		"allow": {
			"n": 4,
			"under": {
				"api": [[0, "net.allow.0", [[443, 443]], ["https"], "=api.example.com"]],
				"example": [[1, "net.allow.1", [[8000, 8999]], ["http", "https"], ".example.com"]],
				"10.": [[2, "net.allow.2", [[443, 443]], ["https"], "10.1.0.0/16"]],
				"=169.254.169.254": [[3, "net.allow.3", [[443, 443]], ["https"], "169.254.169.254/32"]],
			},
		},
		"block": {
			"n": 2,
			"under": {
				"bad": [[0, "net.block.0", [[1, 65535]], everything, "=bad.example.com"]],
				"/.": [[1, "net.block.1", [[1, 65535]], everything, "10.1.2.0/24"]],
			},
		},
		"ports": {"n": 1, "each": [[0, "net.blocked_ports.0", [8080, 8090]]]},
		"conditions": [{"id": "net.timeout_seconds", "type": "timeout", "properties": {"seconds": 9}}],
	}}},
}

target(host, port, protocol) := {
	"subject": {"type": "agent", "id": "a"},
	"action": {"name": "connect"},
	"resource": {"type": "network", "id": "t", "properties": {
		"host": host,
		"port": port,
		"protocol": protocol,
	}},
}

resolved(request, addresses) := object.union(
	request,
	{"resource": {"properties": {"resolved": addresses}}},
)

judged(request, holding) := answer if {
	answer := network.verdict with input as request
		with data.wilk.agents as holding.agents
		with data.wilk.specs as holding.specs
		with data.wilk.profiles as holding.profiles
}

test_grant_by_name_asks_to_check_the_address if {
	answer := judged(target("api.example.com", 443, "https"), world)
	answer.outcome == "granted"
	answer.rule == "net.allow.0"
	answer.list == "network.allowed_hosts"
	[condition.type | some condition in answer.conditions] == ["check_address", "timeout"]
}

test_grants_without_a_check[name] if {
	some name, request in {
		"address": target("10.1.3.3", 443, "https"),
		"resolved": resolved(target("api.example.com", 443, "https"), ["93.184.216.34"]),
		"private, allowed by address": resolved(target("api.example.com", 443, "https"), ["10.1.3.3"]),
	}
	answer := judged(request, world)
	answer.outcome == "granted"
	[condition.type | some condition in answer.conditions] == ["timeout"]
}

test_smallest_rule_is_named if {
	both := json.patch(world, [{
		"op": "add",
		"path": "/profiles/p/network/allow/under/*",
		"value": [[0, "net.allow.0", [[1, 65535]], everything, ""]],
	}])
	judged(target("x.example.com", 8001, "http"), both).rule == "net.allow.0"
	judged(target("x.example.com", 8001, "http"), world).rule == "net.allow.1"
}

test_refusals[name] if {
	api := target("api.example.com", 443, "https")
	some name, case in {
		"apex": {"asked": target("example.com", 8000, "http"), "detail": "no_rule_matches"},
		"other label": {"asked": target("api.example.org", 443, "https"), "detail": "no_rule_matches"},
		"look-alike": {"asked": target("xexample.com", 8000, "http"), "detail": "no_rule_matches"},
		"protocol": {"asked": target("api.example.com", 443, "udp"), "detail": "protocol_not_allowed"},
		"port": {"asked": target("api.example.com", 80, "https"), "detail": "port_not_allowed"},
		"blocked name": {"asked": target("bad.example.com", 8000, "http"), "detail": "blocked"},
		"blocked port": {"asked": target("x.example.com", 8080, "http"), "detail": "blocked"},
		"blocked block": {"asked": target("10.1.2.3", 443, "https"), "detail": "blocked"},
		"blocked behind a name": {"asked": resolved(api, ["8.8.8.8", "10.1.2.3"]), "detail": "blocked"},
		"private behind a name": {"asked": resolved(api, ["192.168.0.1"]), "detail": "private_address"},
		"private among public": {
			"asked": resolved(api, ["8.8.8.8", "192.168.0.1"]),
			"detail": "private_address",
		},
		"metadata": {"asked": target("169.254.169.254", 443, "https"), "detail": "forbidden_address"},
		"metadata behind a name": {"asked": resolved(api, ["168.63.129.16"]), "detail": "forbidden_address"},
		"multicast behind a name": {"asked": resolved(api, ["ff02::1"]), "detail": "forbidden_address"},
		"action": {"asked": object.union(api, {"action": {"name": "listen"}}), "detail": "unknown_action"},
	}
	answer := judged(case.asked, world)
	answer.outcome in {"blocked", "unmatched"}
	answer.detail == case.detail
	answer.conditions == []
}

test_odd_hosts_are_invalid[host] if {
	some host in [
		"", ".", "a.", "A.com", "a_b.com", "ab--c.com", "xn--.com", "1.2.3", "127.1", "010.0.0.1",
		"a.0x1", "[::1]", "::ffff:10.1.2.3", "::ffff:a01:203", "::a01:203", "64:ff9b::a01:203",
		"2002:a01:203::", "FE80::1", "fe80::1%1", "0:0:0:0:0:0:0:1", "::01", "1::2:0:0:0:3",
		"1:0:0:2:3:4::", "1:2:3:4:5:6:7::", "a\n", "\u00fc.com", 7, null, [], true,
	]
	judged(target(host, 443, "https"), world).detail == "host_not_canonical"
}

test_canonical_hosts_are_read[host] if {
	some host in [
		"a", "a-b.c1", "xn--bcher-kva.example", "1.2.3.4", "::", "::1", "2001:db8::1", "1:0:0:2::3",
		"1::2:0:0:3", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7", "1:2:3:4:5:6::", "64:ff9b:1::1", "0:1::",
	]
	judged(target(host, 443, "https"), world).outcome != "invalid"
}

test_odd_ports_protocols_and_addresses_are_invalid[name] if {
	api := target("api.example.com", 443, "https")
	some name, case in {
		"port 0": {"asked": target("a", 0, "https"), "detail": "port_invalid"},
		"port too high": {"asked": target("a", 65536, "https"), "detail": "port_invalid"},
		"port as text": {"asked": target("a", "443", "https"), "detail": "port_invalid"},
		"part of a port": {"asked": target("a", 443.5, "https"), "detail": "port_invalid"},
		"protocol": {"asked": target("a", 443, "gopher"), "detail": "protocol_unknown"},
		"protocol in capitals": {"asked": target("a", 443, "HTTPS"), "detail": "protocol_unknown"},
		"no addresses": {"asked": resolved(api, []), "detail": "resolved_invalid"},
		"null": {"asked": resolved(api, null), "detail": "resolved_invalid"},
		"mapped address": {"asked": resolved(api, ["::ffff:8.8.8.8"]), "detail": "resolved_invalid"},
		"one that is no address": {"asked": resolved(api, ["8.8.8.8", "a"]), "detail": "resolved_invalid"},
		"address of another": {
			"asked": resolved(target("10.1.3.3", 443, "https"), ["8.8.8.8"]),
			"detail": "resolved_invalid",
		},
	}
	judged(case.asked, world).detail == case.detail
}

# Whatever is missing or of the wrong type in the data, nothing is granted.
test_damaged_data_does_not_grant[path] if {
	some path in [
		"/agents/a", "/specs/spec/profile", "/profiles/p", "/profiles/p/network",
		"/profiles/p/network/allow", "/profiles/p/network/allow/n",
		"/profiles/p/network/allow/under", "/profiles/p/network/allow/under/api", "/profiles/p/network/allow/under/api/0/2",
		"/profiles/p/network/allow/under/api/0/3", "/profiles/p/network/block",
		"/profiles/p/network/block/n", "/profiles/p/network/ports", "/profiles/p/network/ports/n",
		"/profiles/p/network/conditions",
	]
	every patch in [{"op": "remove", "path": path}, {"op": "replace", "path": path, "value": null}] {
		not granted(target("api.example.com", 443, "https"), json.patch(world, [patch]))
	}
}

# An entry of a block that cannot be compared blocks.
test_damaged_block_blocks[path] if {
	some path in ["2", "3", "4"]
	place := concat("/", ["/profiles/p/network/block/under/bad/0", path])
	damaged := json.patch(world, [{"op": "replace", "path": place, "value": null}])
	not granted(target("bad.example.com", 8000, "http"), damaged)
}

# A closed port whose range cannot be compared closes every port.
test_damaged_port_range_closes[name] if {
	some name, patch in {
		"removed": {"op": "remove", "path": "/profiles/p/network/ports/each/0/2"},
		"null": {"op": "replace", "path": "/profiles/p/network/ports/each/0/2", "value": null},
	}
	judged(target("x.example.com", 8001, "http"), world).outcome == "granted"
	not granted(target("x.example.com", 8001, "http"), json.patch(world, [patch]))
}

test_damaged_address_block_blocks if {
	damaged := json.patch(world, [{
		"op": "replace",
		"path": "/profiles/p/network/block/under/~1./0/4",
		"value": "10.1.2.0/99",
	}])
	not granted(target("10.1.3.3", 443, "https"), damaged)
}

granted(request, holding) if judged(request, holding).outcome == "granted"
