package dataset

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	const size = 5000
	rewrite := func(path string, at int64, b byte) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = f.WriteAt([]byte{b}, at)
		return err
	}
	for name, c := range map[string]struct {
		harm    func(path, folder string) error
		changed bool
		want    any // pointer for errors.As, an error for errors.Is, nil for no error
	}{
		"nothing": {func(string, string) error { return nil }, false, nil},
		"read":    {func(path, _ string) error { _, err := os.ReadFile(path); return err }, false, nil},
		"touched": {func(path, _ string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, true, nil},
		"removed": {func(path, _ string) error { return os.Remove(path) }, true, new(*LostError)},
		"cut off": {func(path, _ string) error { return os.Truncate(path, 4096) }, true, new(*LostError)},
		"longer":  {func(path, _ string) error { return os.Truncate(path, 9000) }, true, new(*MismatchError)},
		"altered": {func(path, _ string) error { return rewrite(path, 4321, byteAt(1, 4321)^1) }, true,
			new(*MismatchError)},
		"copied": {func(path, _ string) error {
			all, err := os.ReadFile(path)
			return errors.Join(err, os.Remove(path), os.WriteFile(path, all, 0o600))
		}, true, nil},
		"replaced": {func(path, _ string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, make([]byte, size), 0o600))
		}, true, new(*MismatchError)},
		"link": {func(path, folder string) error {
			return errors.Join(os.Rename(path, folder+"/other"), os.Symlink("other", path))
		}, true, ErrForeign},
		"folder": {func(_, folder string) error { return os.RemoveAll(folder) }, true, ErrFolderGone},
		"contents": {func(_, folder string) error {
			return errors.Join(os.RemoveAll(folder),
				os.Mkdir(folder, 0o700))
		}, true, ErrFolderGone},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, t.TempDir())
			path, _ := ensure(t, d, size, 1)
			w, err := d.Watch(size, Seeded(1))
			if err != nil {
				t.Fatal(err)
			}
			before, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			unlessForbidden(t, c.harm(path, d.Path()))
			// FAT keeps the time of a change in steps of two seconds.
			if after, err := os.Stat(path); err == nil && c.changed && after.ModTime().Equal(before.ModTime()) {
				t.Log("the time of the change is the same here: set by hand")
				if err := os.Chtimes(path, time.Time{}, before.ModTime().Add(4*time.Second)); err != nil {
					t.Fatal(err)
				}
			}
			changed, err := w.Look()
			if changed != c.changed {
				t.Errorf("changed: %v", changed)
			}
			switch want := c.want.(type) {
			case nil:
				if err != nil {
					t.Error(err)
				}
				if changed, err := w.Look(); changed || err != nil {
					t.Errorf("looked again: %v, %v", changed, err)
				}
			case error:
				if !errors.Is(err, want) {
					t.Errorf("error %v, want %v", err, want)
				}
			default:
				if !errors.As(err, want) {
					t.Errorf("error %v, want a %T", err, want)
				}
			}
		})
	}
}
