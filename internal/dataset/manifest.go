package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mmapbench/internal/posix"
)

// markerName is the file that makes a folder ours: the manifest, which begins
// with markerHead, and the place of the lock.
const markerName = "mmapbench.manifest"

const markerHead = "mmapbench data folder 1: files for benchmarks, listed below before they are made. \"mmapbench " +
	"clean\" removes them.\n"

// manifest is the list of the names of every file ever made in the folder. Names
// are added to the list and never taken off.
type manifest struct {
	f     *os.File
	size  int64 // bytes that are whole lines
	files map[string]bool
	made  map[string]content
	pid   int             // the process that opened the folder last; 0 if unknown
	note  json.RawMessage // the last note; nil: none
}

// content describes a finished data file.
type content struct {
	Inode   uint64 `json:"inode"`
	Size    int64  `json:"size"`
	Seed    uint64 `json:"seed"`
	Part    int64  `json:"part,omitempty"`  // bytes of each file, where there are several
	Version int    `json:"version"`         // ContentVersion
	Print   uint64 `json:"print,omitempty"` // Content.Print, of content of the user's own
}

func (c Content) record(inode uint64, size int64) content {
	return content{Inode: inode, Size: size, Seed: c.seed, Part: c.part, Version: ContentVersion, Print: c.Print(size)}
}

// record is one line of the manifest: a name, before the file is made, the
// same with its content, when it is finished, or the opening of the folder, with
// or without a note.
type record struct {
	File    string          `json:"file,omitempty"`
	Parts   int64           `json:"parts,omitempty"` // there are so many files, with the name and a number
	Content *content        `json:"content,omitempty"`
	PID     int             `json:"pid,omitempty"`
	Note    json.RawMessage `json:"note,omitempty"`
}

// readManifest reads the manifest from its start. fresh says that not even its
// first line is whole: it was cut short when it was made.
func readManifest(f *os.File) (m *manifest, fresh bool, err error) {
	m = &manifest{f: f, files: map[string]bool{}, made: map[string]content{}}
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<40))
	if err != nil {
		return nil, false, err
	}
	rest, whole := bytes.CutPrefix(text, []byte(markerHead))
	if !whole {
		// After a power failure the length may be there and the bytes not.
		if written := bytes.TrimRight(text, "\x00"); strings.HasPrefix(markerHead, string(written)) {
			return m, true, nil
		}
		return nil, false, fmt.Errorf("it does not begin with %q", markerHead[:len("mmapbench data folder 1")])
	}
	// A line that was cut short belongs to a file that was never made, for
	// the line is flushed first. It is overwritten by the next one.
	lines := rest[:bytes.LastIndexByte(rest, '\n')+1]
	m.size = int64(len(markerHead) + len(lines))
	for line := range bytes.Lines(lines) {
		if err := m.add(line); err != nil {
			return nil, false, err
		}
	}
	return m, false, nil
}

func (m *manifest) add(line []byte) error {
	var r record
	if err := json.Unmarshal(line, &r); err != nil {
		return fmt.Errorf("line %q: %w", bytes.TrimSpace(line), err)
	}
	if r.PID != 0 {
		m.pid = r.PID
		if r.Note != nil {
			m.note = r.Note
		}
		return nil
	}
	if err := checkName(r.File); err != nil {
		return err
	}
	if r.Parts < 0 || r.Parts > MaxParts {
		return fmt.Errorf("%s in %d files: there are %d at most", r.File, r.Parts, MaxParts)
	}
	m.files[r.File] = true
	for _, name := range Parts(r.File, r.Parts) {
		m.files[name] = true
	}
	if r.Content != nil {
		m.made[r.File] = *r.Content
	}
	return nil
}

// checkName refuses what is not the plain name of a file in the folder: the
// manifest may have been tampered with, and its names are deleted.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || name == markerName || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%q is not the name of a benchmark file", name)
	}
	return nil
}

// names returns every name, sorted.
func (m *manifest) names() []string {
	out := make([]string, 0, len(m.files))
	for name := range m.files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// start writes the first line and makes it durable.
func (m *manifest) start() error {
	if _, err := m.f.WriteAt([]byte(markerHead), 0); err != nil {
		return err
	}
	m.size = int64(len(markerHead))
	return m.cut()
}

// write appends a record and, if it is to precede something else, waits until
// it is durable. If that fails nothing is left of it.
func (m *manifest) write(r record, durable bool) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	_, err = m.f.WriteAt(line, m.size)
	if err == nil && durable {
		err = posix.Fdatasync(int(m.f.Fd()))
	}
	if err != nil {
		_ = m.cut() // a line without its end would be ignored anyway
		return fmt.Errorf("writing %s: %w", m.f.Name(), err)
	}
	m.size += int64(len(line))
	return m.add(line)
}

// cut removes what follows the last whole line.
func (m *manifest) cut() error {
	if err := m.f.Truncate(m.size); err != nil {
		return err
	}
	return posix.Fdatasync(int(m.f.Fd()))
}
