package backendtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mmapbench/io/backend"
)

// Left is what a process that was killed in the middle of an append left behind.
type Left struct {
	Records int   // whole records, from the start of the file
	Torn    int   // bytes of the record after them, any of them: memory is not copied in order
	Zeros   int64 // all other bytes
}

const (
	killedRecord = 1000 // bytes; no part of a page, so that records reach over pages
	killedAfter  = 3000 // records, after which the process says that it is on its way
	killedCase   = "MMAPBENCH_KILLED"
	killedFile   = "MMAPBENCH_KILLED_FILE"
)

// Kill appends with the backend in a process of its own, kills the process in the middle
// and returns what a reader finds. It fails the test if there is anything but records in
// order, parts of one more, and zeros. The test that calls Kill is run in that process
// too, and returns from there without having done anything else.
func Kill(t *testing.T, b backend.Backend, options string) Left {
	t.Helper()
	name := strings.TrimSuffix(b.Info().Name+":"+options, ":")
	switch os.Getenv(killedCase) {
	case "":
	case name:
		fmt.Println(appendForEver(b, options, os.Getenv(killedFile)))
		os.Exit(1)
	default:
		t.SkipNow() // another case of the test is to be killed
	}
	path := filepath.Join(t.TempDir(), "out")
	top, _, _ := strings.Cut(t.Name(), "/")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^"+top+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), killedCase+"="+name, killedFile+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 200)
	n, _ := out.Read(said)
	time.Sleep(time.Duration(n) * 100 * time.Microsecond) // somewhere in the middle
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // was killed
	if got := string(said[:n]); got != "on its way\n" {
		t.Fatalf("%s: the process that appends said %q", name, got)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	left := look(file)
	if int64(left.Records)*killedRecord+int64(left.Torn)+left.Zeros != int64(len(file)) {
		t.Fatalf("%s: of %d bytes %+v are records and zeros", name, len(file), left)
	}
	return left
}

// numbered is the record of that number: no word of it is zero.
func numbered(p []byte, i int) []byte {
	p = p[:0]
	for len(p) < killedRecord {
		p = binary.LittleEndian.AppendUint64(p, uint64(i)+0x0101010101010101)
	}
	return p
}

func appendForEver(b backend.Backend, options, path string) error {
	o, err := b.Info().Parse(options)
	if err != nil {
		return err
	}
	access, err := backend.Configure(b, backend.ToAppend, filepath.Dir(path), o)
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	a, err := access.OpenAppend(path, backend.Spec{Size: 64 << 20, Record: killedRecord, Buf: buf})
	for i, record := 0, []byte(nil); err == nil && i < 64_000; i++ {
		if i == killedAfter {
			fmt.Println("on its way")
		}
		record = numbered(record, i)
		err = a.Append(record)
	}
	return fmt.Errorf("the append ended by itself: %w", err)
}

func look(file []byte) (l Left) {
	var want []byte
	for ; len(file) >= killedRecord; l.Records++ {
		want = numbered(want, l.Records)
		if !bytes.Equal(file[:killedRecord], want) {
			break
		}
		file = file[killedRecord:]
	}
	want = numbered(want, l.Records)
	for i, c := range file {
		switch {
		case c == 0:
			l.Zeros++
		case i < killedRecord && c == want[i]:
			l.Torn++
		}
	}
	return l
}
