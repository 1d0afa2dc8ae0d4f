// Another implementation of signed notes and of the proofs of transparency logs, asked whether
// it agrees with what Wilk wrote. Reads JSON from standard input; prints `agreed` or why not.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Index int64
	Leaf  string
	Path  []string
}

type consistency struct {
	Old  string
	New  string
	Path []string
}

type asked struct {
	Keys        []string
	Notes       []string
	Tree        string
	Entries     []string
	Inclusions  []inclusion
	Consistency []consistency
}

func main() {
	var a asked
	must(json.NewDecoder(os.Stdin).Decode(&a))
	var verifiers []note.Verifier
	for _, key := range a.Keys {
		v, err := note.NewVerifier(key)
		must(err)
		verifiers = append(verifiers, v)
	}
	for _, text := range a.Notes {
		opened, err := note.Open([]byte(text), note.VerifierList(verifiers...))
		must(err)
		if len(opened.Sigs) == 0 {
			fail("a note has no signature that verifies")
		}
	}
	tree := parse(a.Tree)
	for i, entry := range a.Entries {
		data, err := base64.StdEncoding.DecodeString(entry)
		must(err)
		if got := tlog.RecordHash(data).String(); got != a.Inclusions[i].Leaf {
			fail("leaf " + got)
		}
	}
	for _, one := range a.Inclusions {
		must(tlog.CheckRecord(proof(one.Path), tree.N, tree.Hash, one.Index, hash(one.Leaf)))
	}
	for _, one := range a.Consistency {
		old, grown := parse(one.Old), parse(one.New)
		must(tlog.CheckTree(proof(one.Path), grown.N, grown.Hash, old.N, old.Hash))
	}
	fmt.Println("agreed")
}

// The text of a checkpoint is that of Go's own trees but for its first line.
func parse(text string) tlog.Tree {
	var origin, root string
	var size int64
	_, err := fmt.Sscanf(text, "%s\n%d\n%s\n", &origin, &size, &root)
	must(err)
	return tlog.Tree{N: size, Hash: hash(root)}
}

func proof(path []string) []tlog.Hash {
	var hashes []tlog.Hash
	for _, one := range path {
		hashes = append(hashes, hash(one))
	}
	return hashes
}

func hash(text string) tlog.Hash {
	parsed, err := tlog.ParseHash(text)
	must(err)
	return parsed
}

func must(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(why string) {
	fmt.Println(why)
	os.Exit(1)
}
