package dataset

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestParts: a content in several files is made, found again, watched, verified and
// removed as one in one file is.
func TestParts(t *testing.T) {
	const part, n = 1000, 7
	size := int64(part*n + 500) // what is left over is in no file
	target := t.TempDir()
	d := open(t, target)
	c := Seeded(1).In(part)
	make := func(want bool) {
		t.Helper()
		if _, made, err := d.Ensure(size, c, nil); err != nil || made != want {
			t.Fatalf("made: %v, want %v; %v", made, want, err)
		}
	}
	if d.Lookup(size, c) {
		t.Error("found before they are made")
	}
	make(true)
	make(false)
	if !d.Lookup(size, c) || d.Lookup(size, Seeded(1)) || d.Lookup(size, Seeded(1).In(part/2)) {
		t.Error("not found, or taken for others")
	}
	names := Parts(c.fileName(size), n)
	var all []byte
	for _, name := range names {
		b, err := os.ReadFile(d.file(name))
		if err != nil || len(b) != part {
			t.Fatalf("%s: %d bytes, %v", name, len(b), err)
		}
		all = append(all, b...)
	}
	if i := Seeded(1).firstWrong(all, 0); i >= 0 {
		t.Errorf("byte %d of all files is wrong", i)
	}
	look := func(harm error, want any) {
		t.Helper()
		w, err := d.Watch(size, c)
		if err != nil {
			t.Fatal(err)
		}
		w.seen[3].Nsec++ // as if the file had been written to since
		switch _, err := w.Look(); {
		case harm != nil:
			t.Fatal(harm)
		case want == nil && err != nil, want != nil && !errors.As(err, want):
			t.Errorf("error %v, want %T", err, want)
		}
	}
	look(nil, nil)
	all[3*part+17] ^= 1
	look(os.WriteFile(d.file(names[3]), all[3*part:4*part], 0o600), new(*MismatchError))
	w := &Watch{dir: d, size: size, of: c}
	if e, ok := errors.AsType[*MismatchError](w.Verify()); !ok || e.Offset != 17 || e.Path != d.file(names[3]) {
		t.Errorf("%+v", e)
	}
	make(true) // the sample finds it
	look(os.Truncate(d.file(names[3]), 10), new(*LostError))
	make(true)
	if err := os.Remove(d.file(names[6])); err != nil {
		t.Fatal(err)
	}
	make(true)

	// What was begun and not finished is removed as well.
	stop := errors.New("stop")
	_, _, err := d.Ensure(size, Seeded(2).In(part), func(done, _ int64) error {
		if done > 2*part {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if err := os.WriteFile(d.file(Parts(Seeded(2).In(part).fileName(size), n)[1]), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Close()
	cleaned, err := Clean(target)
	if err != nil || len(cleaned.Left) > 0 {
		t.Errorf("left: %v, %v", cleaned.Left, err)
	}
	if _, err := os.Stat(d.Path()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
}

// TestTooManyParts: a manifest that was tampered with does not fill memory.
func TestTooManyParts(t *testing.T) {
	m := &manifest{files: map[string]bool{}}
	err := m.add([]byte(`{"file":"data-x","parts":1000000000000}`))
	if err == nil || !strings.Contains(err.Error(), "at most") || len(m.files) > 0 {
		t.Errorf("%v, %d names", err, len(m.files))
	}
}
