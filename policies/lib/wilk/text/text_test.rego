package wilk.text_test

import data.wilk.text

tables := {"text": {
	"hangul": `[\x{1100}-\x{1112}][\x{1161}-\x{1175}]`,
	"class": {"\u0301": 230, "\u0323": 220},
	"composes": {"\u0301": {"a": true, "e": true}},
	"decomposes": {"\u212b": true},
}}

test_normal[given] if {
	some given in ["", "a/b", "é", "x\u0301", "a\u0323b", "日本"]
	text.normal(given) with data.wilk.tables as tables
}

test_not_normal[given] if {
	some given in ["a\u0301", "\u212b", "x\u0301\u0323", "\u1100\u1161"]
	not text.normal(given) with data.wilk.tables as tables
}

test_without_a_table_only_ascii_is_normal[name] if {
	some name in ["hangul", "class", "composes", "decomposes"]
	damaged := json.patch(tables, [{"op": "remove", "path": ["text", name]}])
	text.normal("plain") with data.wilk.tables as damaged
	not text.normal("é") with data.wilk.tables as damaged
}
