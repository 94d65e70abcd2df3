package mmapio_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"mmapbench/internal/units"
	"mmapbench/io/backend"
	"mmapbench/io/mmapio"
)

// TestOptionsAreDescribed sees that the table says enough to list, complete and
// document every option.
func TestOptionsAreDescribed(t *testing.T) {
	info := mmapio.Mmap.Info()
	names := map[string]*backend.Option{}
	for i := range info.Options {
		o := &info.Options[i]
		if names[o.Name] != nil {
			t.Errorf("option %s is there twice", o.Name)
		}
		names[o.Name] = o
	}
	for _, o := range info.Options {
		if o.Doc == "" || strings.ContainsAny(o.Doc, "\n\t") || len(o.Doc) > 120 {
			t.Errorf("option %s: want a doc of one line, got %q", o.Name, o.Doc)
		}
		if o.Kind == backend.Choice && o.Default == "" {
			t.Errorf("option %s is a choice but names no default", o.Name)
		}
		if o.Kind == backend.Size && o.Default != "" {
			if _, err := units.ParseSize(o.Default); err != nil {
				t.Errorf("option %s: default: %v", o.Name, err)
			}
		}
		if o.Seen == "" {
			t.Errorf("option %s: where does its effect show?", o.Name)
		}
		if o.Since != "" && o.Probe == nil {
			t.Errorf("option %s came with %s but has no probe", o.Name, o.Since)
		}
		for _, other := range o.Excludes {
			if names[other] == nil || !slices.Contains(names[other].Excludes, o.Name) {
				t.Errorf("option %s excludes %s, which does not exclude it", o.Name, other)
			}
			if _, err := info.Parse(o.Name + "," + other); err == nil ||
				!strings.Contains(err.Error(), "contradict") {
				t.Errorf("%s,%s: error %v", o.Name, other, err)
			}
		}
		wrong := o.Name + "x"
		if _, err := info.Parse(wrong); err == nil || !strings.Contains(err.Error(), `did you mean "`+o.Name+`"`) {
			t.Errorf("%s: error %v", wrong, err)
		}
	}
}

func TestConfigureRefuses(t *testing.T) {
	const read, add, dup = backend.ToRead, backend.ToAppend, backend.ToCopy
	for _, c := range []struct {
		options string
		verb    backend.Verb
		want    string // a part of the error, "" for none
	}{
		{"", read, ""}, {"", add, ""}, {"", dup, ""},
		{"shared", add, ""},
		{"private", read, ""},
		{"private", dup, ""},
		{"private", add, "never reaches the file"},
		{"private,noreserve", read, ""},
		{"private,noreserve", add, "private"},
		{"noreserve", read, "give private as well"},
		{"noreserve", dup, "give private as well"},
		{"grow=4k", add, ""},
		{"grow=4k", read, "does not grow"},
		{"grow=4k", dup, "known beforehand"},
		{"msync=sync", add, ""},
		{"msync=async", dup, ""},
		{"msync=none", read, "nothing to sync"},
		{"populate,nonblock", read, ""},
		{"advise=random,advise=willneed", read, ""},
		{"advise=random,advise=normal", read, "give one"},
		{"nonblock", read, "give populate as well"},
		{"mlock-onfault", read, ""},
		{"mlock-onfault", add, ""},
		{"advise=populate-write", add, ""},
		{"advise=populate-write", read, "take populate-read"},
		{"advise=populate-write", dup, "take populate-read"},
		{"private,noreserve,advise=populate-write", read, ""},
		{"advise=cold", read, "give populate as well"},
		{"advise=dontneed,advise=populate-read", read, "give populate as well"},
		{"populate,nonblock,advise=pageout", read, "give populate as well"},
		{"populate,advise=pageout", read, ""},
		{"advise=populate-read,advise=dontneed", read, ""},
		{"populate,advise=pageout", add, "has none yet"},
		{"populate,advise=cold,locked", read, "locked brings back"},
		{"populate,advise=cold,mlock-onfault", read, ""},
		{"window=64k", read, ""},
		{"window=64k", add, "grow=SIZE"},
		{"window=record", dup, "as a whole"},
		{"release=64k", read, ""},
		{"release=64k", add, "grow=SIZE"},
		{"release=64k,window=1M", read, "give window or release"},
		{"release=64k,locked", read, "window=SIZE"},
		{"release=64k,mlock-onfault", read, "window=SIZE"},
		{"sync", read, "nothing to sync"},
		{"sync", dup, "not stored to"},
		{"sync", add, ""},
	} {
		o, err := mmapio.Mmap.Info().Parse(c.options)
		if err != nil {
			t.Fatal(err)
		}
		_, err = backend.Configure(mmapio.Mmap, c.verb, "", o)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q to %s: %v", c.options, c.verb, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q to %s: error %v, want one with %q", c.options, c.verb, err, c.want)
		}
	}
	// Options that did not go through Info.Parse are refused, not ignored.
	for _, o := range []backend.Options{{{Name: "fast"}}, {{Name: "grow", Value: "much"}}} {
		if _, err := mmapio.Mmap.Configure(add, "", o); err == nil {
			t.Errorf("%q was accepted", o)
		}
	}
}

// TestGrow watches the file grow by whole steps and end up with its length.
func TestGrow(t *testing.T) {
	page := int64(os.Getpagesize())
	path := t.TempDir() + "/out"
	o, err := mmapio.Mmap.Info().Parse("grow=1")
	if err != nil {
		t.Fatal(err)
	}
	access, err := backend.Configure(mmapio.Mmap, backend.ToAppend, "", o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := access.OpenAppend(path, backend.Spec{Record: 100, Durability: backend.None})
	if err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if size() != page {
		t.Errorf("%d bytes at first, want a page of %d: a step is rounded up", size(), page)
	}
	if err := a.Append(make([]byte, 2*page+8)); err != nil {
		t.Fatal(err)
	}
	if size() != 3*page {
		t.Errorf("%d bytes after 2 pages and 8 bytes, want 3 pages of %d", size(), page)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if size() != 2*page+8 {
		t.Errorf("%d bytes after Close, want %d", size(), 2*page+8)
	}
}
