package readwrite_test

import (
	"strings"
	"testing"

	"mmapbench/io/backend"
	"mmapbench/io/backend/backendtest"
	"mmapbench/io/readwrite"
)

// tried are the options with which each backend is held to the contract.
var tried = map[string][]string{
	"read": {"", "fadvise=sequential,fadvise=willneed", "readahead=1M,fadvise=dontneed", "to=mmap", "fallocate"},
	"pread": {"", "fadvise=random,fadvise=noreuse", "readahead=8k", "fadvise=dontneed,to=mmap", "sync-range=64k",
		"append=pwrite", "append=pwrite,sync-range=64k"},
	"readv": {"", "iovecs=3", "iovecs=1024,readahead=64k", "iovecs=2,to=mmap"},
	"preadv2": {"", "iovecs=7", "nowait", "iovecs=3,nowait,to=mmap", "dontcache",
		"iovecs=2,dontcache,fadvise=dontneed"},
	"direct": {"", "fallocate"},
	"bufio":  {"", "buffer=64k"},
}

// library is a backend that opens files as os.File, with readers and writers.
type library struct{ backend.Backend }

func (library) OpenAllocs() float64 { return 12 }

func TestConformance(t *testing.T) {
	for _, b := range readwrite.All() {
		switch b.Info().Name {
		case "osfile", "bufio", "io.Copy":
			b = library{b}
		case "reflink":
			continue // shares whole blocks alone: see TestReflink
		}
		backendtest.Run(t, b, tried[b.Info().Name]...)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		backend, options string
		verb             backend.Verb
		err              string
	}{
		{"pread", "fadvise=random,fadvise=sequential", backend.ToRead, "the last would win"},
		{"pread", "fadvise=willneed", backend.ToAppend, "an append reads nothing"},
		{"read", "readahead=1M", backend.ToAppend, "an append reads nothing"},
		{"readv", "iovecs=2", backend.ToAppend, "an append reads nothing"},
		{"readv", "iovecs=1025", backend.ToRead, "iovecs=1..1024"},
		{"readv", "nowait", backend.ToRead, "unknown option"},
		{"preadv2", "nowait,dontcache", backend.ToRead, "contradict"},
		{"preadv2", "nowait,fadvise=dontneed", backend.ToRead, "empties the cache"},
		{"preadv2", "dontcache,to=mmap", backend.ToCopy, "use to=write"},
		{"preadv2", "nowait", backend.ToAppend, "an append reads nothing"},
		{"pread", "write=o-dsync", backend.ToRead, "what reads writes nothing"},
		{"pread", "write=o-dsync", backend.ToCopy, "durability data"},
		{"pread", "fallocate", backend.ToRead, "what reads writes nothing"},
		{"pread", "fallocate,to=mmap", backend.ToCopy, ""},
		{"pread", "sync-range=1M", backend.ToRead, "what reads writes nothing"},
		{"pread", "sync-range=1M,to=mmap", backend.ToCopy, "use to=write"},
		{"pread", "sync-range=1M,write=o-sync", backend.ToAppend, "give one"},
		{"pread", "append=pwrite", backend.ToCopy, "from the start"},
		{"pread", "to=mmap", backend.ToRead, "what reads writes nothing"},
		{"pread", "to=mmap", backend.ToAppend, "the backend mmap"},
		{"direct", "sync-range=1M", backend.ToAppend, "unknown option"},
		{"direct", "to=mmap", backend.ToCopy, "unknown option"},
		{"bufio", "buffer=0", backend.ToRead, "at least one byte"},
		{"osfile", "buffer=4k", backend.ToRead, "has no options"},
		{"io.Copy", "", backend.ToAppend, "cannot append"},
		{"reflink", "", backend.ToRead, "cannot read"},
		{"sendfile", "", backend.ToRead, "cannot read"},
		{"splice", "", backend.ToAppend, "cannot append"},
	} {
		b := find(t, c.backend)
		o, err := b.Info().Parse(c.options)
		if err == nil {
			_, err = backend.Configure(b, c.verb, "", o)
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s:%s to %s: error %v, want one with %q", c.backend, c.options, c.verb, err, c.err)
		}
	}
}

func find(t *testing.T, name string) backend.Backend {
	t.Helper()
	for _, b := range readwrite.All() {
		if b.Info().Name == name {
			return b
		}
	}
	t.Fatalf("there is no backend %s", name)
	return nil
}
