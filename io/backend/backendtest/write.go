package backendtest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"mmapbench/io/backend"
)

var appendChecks = []check{
	{"append gives exact length and content", backend.ToAppend, appends},
	{"append may be called several times", backend.ToAppend, appendsOn},
	{"a commit keeps what was appended, and more may follow", backend.ToAppend, commits},
	{"append allocates nothing", backend.ToAppend, appendAllocs},
	{"open to append allocates little", backend.ToAppend,
		func(s *suite) error { return s.openAllocs(backend.ToAppend, 3) }},
	{"append refuses what exists", backend.ToAppend, func(s *suite) error { return s.keeps(backend.ToAppend) }},
	{"append refuses records of nothing", backend.ToAppend, appendNonsense},
}

var copyChecks = []check{
	{"a copy equals its source", backend.ToCopy, copies},
	{"copy may be called several times", backend.ToCopy, copiesOn},
	{"copy allocates nothing", backend.ToCopy, copyAllocs},
	{"open to copy allocates little", backend.ToCopy,
		func(s *suite) error { return s.openAllocs(backend.ToCopy, 4) }},
	{"copy refuses what exists", backend.ToCopy, func(s *suite) error { return s.keeps(backend.ToCopy) }},
	{"copy refuses unfit sources", backend.ToCopy, copyUnfit},
}

// mib is the window of a growing mapping if nothing else is asked for.
const mib = 1 << 20

func appends(s *suite) error {
	for _, c := range []struct {
		total, record int
		durability    backend.Durability // Data seldom: a device's flush takes its time
	}{
		{8, 8, backend.Data}, {8, page, backend.None},
		{page - 8, 8, backend.None}, {page, page, backend.None}, {page + 8, page, backend.None},
		{mib - 8, 65536, backend.None}, {mib, 65536, backend.Data}, {mib + 8, 65536, backend.Data},
		{2*mib + page/2, 5000, backend.None}, {3*mib + 8, 3*mib + 8, backend.None},
		{mib + page, 1000, backend.None}, {100 * 1000, 64, backend.None},
	} {
		if err := s.append(c.total, s.up(c.record), c.durability); err != nil {
			return fmt.Errorf("%d bytes in records of %d, durability %s: %w", c.total, c.record, c.durability, err)
		}
	}
	return nil
}

func (s *suite) append(total, record int, d backend.Durability) error {
	spec := s.spec(total, record)
	spec.Durability = d
	a, err := s.OpenAppend(s.path("out"), spec)
	if err != nil {
		return err
	}
	whole := content(total)
	err = errors.Join(a.Append(whole), a.Sync())
	if d == backend.Data && err == nil {
		// What is promised durable includes the length: it must be right
		// before Close already, where a crash would leave it.
		err = longAs(s.path("out"), total)
	}
	if err := errors.Join(err, a.Close()); err != nil {
		return err
	}
	return errors.Join(sameFile(s.path("out"), whole), private(s.path("out")), os.Remove(s.path("out")))
}

// calls rounds what is asked for in each call but the last to what the backend can do.
func (s *suite) calls(bytes ...int) []int {
	for i := range bytes[:len(bytes)-1] {
		bytes[i] = s.up(bytes[i])
	}
	return bytes
}

// appendsOn appends in several calls and compares with what one call would have
// left behind.
func appendsOn(s *suite) error {
	for _, c := range []struct {
		record int
		calls  []int
	}{
		{page, []int{page, page, page}}, {page, []int{8, page - 8, 0, 3 * page, 24}},
		{1000, []int{1000, 700, 9000, 1}}, {65536, []int{mib - 8, 8, 65536, mib + 8, 16}},
	} {
		a, err := s.OpenAppend(s.path("out"), s.spec(mib, s.up(c.record)))
		if err != nil {
			return err
		}
		from, pos := content(3*mib), 0
		for _, n := range s.calls(c.calls...) {
			err = errors.Join(err, a.Append(from[pos:pos+n]))
			pos += n
		}
		err = errors.Join(err, a.Sync(), a.Close(), sameFile(s.path("out"), from[:pos]), os.Remove(s.path("out")))
		if err != nil {
			return fmt.Errorf("records of %d in calls of %v bytes: %w", c.record, c.calls, err)
		}
	}
	return nil
}

// commits commits after each call, and looks at what anybody else may read then: the
// bytes, and a length that includes them.
func commits(s *suite) error {
	for _, d := range []backend.Durability{backend.Data, backend.Full} {
		spec := s.spec(mib, s.up(page+8))
		spec.Durability = d
		a, err := s.OpenAppend(s.path("out"), spec)
		if err != nil {
			return err
		}
		from, pos := content(2*mib), 0
		for _, n := range s.calls(8, page, 0, 3*page-8, mib, 16) {
			err = errors.Join(err, a.Append(from[pos:pos+n]), a.Commit())
			pos += n
			got, readErr := os.ReadFile(s.path("out"))
			if err = errors.Join(err, readErr); err == nil && !bytes.HasPrefix(got, from[:pos]) {
				err = fmt.Errorf("%d bytes were committed, and the file begins with others", pos)
			}
		}
		err = errors.Join(err, a.Sync(), longAs(s.path("out"), pos), a.Close())
		err = errors.Join(err, sameFile(s.path("out"), from[:pos]), os.Remove(s.path("out")))
		if err != nil {
			return fmt.Errorf("durability %s: %w", d, err)
		}
	}
	return nil
}

func longAs(path string, size int) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() != int64(size) {
		return fmt.Errorf("%d bytes long after Sync, want %d", info.Size(), size)
	}
	return err
}

// private reports a file that others than its owner may open.
func private(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&^0o600 != 0 {
		return fmt.Errorf("made with mode %v, want 0600", info.Mode())
	}
	return err
}

func appendAllocs(s *suite) error {
	a, err := s.OpenAppend(s.path("out"), s.spec(mib, 65536))
	if err != nil {
		return err
	}
	from := content(mib)
	allocs := testing.AllocsPerRun(3, func() { // goes through a window each time
		if failed := errors.Join(a.Append(from), a.Commit()); failed != nil {
			err = failed
		}
	})
	if allocs != 0 {
		err = errors.Join(err, fmt.Errorf("an Append allocates: %v for 16 records", allocs))
	}
	return errors.Join(err, a.Sync(), a.Close())
}

func appendNonsense(s *suite) error {
	for _, record := range []int{0, -8} {
		spec := s.spec(page, page)
		spec.Record = record
		if err := s.start(backend.ToAppend, "", s.path("out"), spec); err == nil {
			return fmt.Errorf("a file was made for records of %d bytes", record)
		}
		if _, err := os.Lstat(s.path("out")); err == nil {
			return fmt.Errorf("the file that was refused for records of %d bytes was left behind", record)
		}
	}
	return nil
}

// keeps sees to it that no file, and nothing behind a symbolic link, is written
// over.
func (s *suite) keeps(verb backend.Verb) error {
	size := 2 * page
	data, err := s.file("data", size)
	if err != nil {
		return err
	}
	kept, link, dangling, target := s.path("kept"), s.path("link"), s.path("dangling"), s.path("target")
	if err := errors.Join(os.WriteFile(kept, []byte("keep me"), 0o600), os.Symlink(kept, link),
		os.Symlink(target, dangling)); err != nil {
		return err
	}
	for _, out := range []string{kept, link, dangling, s.dir} {
		if err := s.start(verb, data, out, s.spec(size, page)); !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("onto an existing %s: error %v, want one that wraps fs.ErrExist", out, err)
		}
	}
	if _, err := os.Lstat(target); err == nil {
		return errors.New("a file was made at the far end of a symbolic link")
	}
	return errors.Join(sameFile(kept, []byte("keep me")), sameFile(data, content(size)))
}

func copies(s *suite) error {
	for _, size := range append(sizes(), 2*mib+8) {
		for _, record := range []int{8, page, page + 8, 65536} {
			if size > mib && record == 8 {
				continue // a quarter of a million calls show nothing new
			}
			d := backend.None
			if record == page && (size == page+8 || size > mib) {
				d = backend.Data
			}
			if err := s.copy(size, s.up(record), d); err != nil {
				return fmt.Errorf("%d bytes in records of %d, durability %s: %w", size, record, d, err)
			}
		}
	}
	return nil
}

func (s *suite) copy(size, record int, d backend.Durability) error {
	data, err := s.file("data", size)
	if err != nil {
		return err
	}
	spec := s.spec(size, record)
	spec.Durability = d
	c, err := s.OpenCopy(data, s.path("out"), spec)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Copy(0), c.Sync(), c.Close()); err != nil {
		return err
	}
	return errors.Join(sameFile(s.path("out"), content(size)), sameFile(data, content(size)),
		private(s.path("out")), os.Remove(s.path("out")))
}

// copiesOn copies in several calls: by records, by odd pieces, up to the end,
// beyond it, and the rest after a part.
func copiesOn(s *suite) error {
	size := 5*page + 24
	data, err := s.file("data", size)
	if err != nil {
		return err
	}
	p, whole := int64(page), int64(size)
	some, more, most := int64(s.up(8)), int64(s.up(page+8)), int64(s.up(3*page-1000))
	for _, calls := range [][]int64{
		{p, p, p, p, p, 24}, {some, more, most, whole}, {p, 0}, {whole, p, 0, -1},
		{s.down(whole - 8), -1}, {more, 1 << 62},
	} {
		c, err := s.OpenCopy(data, s.path("out"), s.spec(size, page))
		if err != nil {
			return err
		}
		for _, n := range calls {
			err = errors.Join(err, c.Copy(n))
		}
		err = errors.Join(err, c.Sync(), c.Close(), sameFile(s.path("out"), content(size)), os.Remove(s.path("out")))
		if err != nil {
			return fmt.Errorf("copied in calls of %v: %w", calls, err)
		}
	}
	return copiesApart(s, data, size)
}

// copiesApart sees to it that one call copies what it was asked for and no
// more: a call that is timed must not do the work of the next.
func copiesApart(s *suite, data string, size int) error {
	c, err := s.OpenCopy(data, s.path("out"), s.spec(size, page))
	if err != nil {
		return err
	}
	err = errors.Join(c.Copy(int64(page)), c.Sync())
	got, readErr := os.ReadFile(s.path("out"))
	for i := page; i < len(got); i++ {
		if got[i] != 0 {
			err = errors.Join(err, fmt.Errorf("asked for %d bytes, byte %d was copied as well", page, i))
			break
		}
	}
	return errors.Join(err, readErr, c.Close(), os.Remove(s.path("out")))
}

func copyAllocs(s *suite) error {
	const size = 256 << 10
	data, err := s.file("data", size)
	if err != nil {
		return err
	}
	c, err := s.OpenCopy(data, s.path("out"), s.spec(size, page))
	if err != nil {
		return err
	}
	allocs := testing.AllocsPerRun(3, func() { // 4 runs: one more, to warm up
		if failed := c.Copy(size / 4); failed != nil {
			err = failed
		}
	})
	if allocs != 0 {
		err = errors.Join(err, fmt.Errorf("a Copy allocates: %v for %d records", allocs, size/4/page))
	}
	return errors.Join(err, c.Close())
}

func copyUnfit(s *suite) error {
	size := 2 * page
	good, err := s.file("good", size)
	if err != nil {
		return err
	}
	link, empty := s.path("link"), s.path("empty")
	if err := errors.Join(os.Symlink(good, link), os.WriteFile(empty, nil, 0o600)); err != nil {
		return err
	}
	for _, c := range []struct {
		src          string
		size, record int
	}{
		{link, size, page}, {s.path("missing"), size, page}, {good, size + 8, page}, {empty, 0, page},
		{good, size, 0},
	} {
		spec := s.spec(c.size, page)
		spec.Record = c.record
		if err := s.start(backend.ToCopy, c.src, s.path("out"), spec); err == nil {
			return fmt.Errorf("a copy of %s was begun", c.src)
		}
		if _, err := os.Lstat(s.path("out")); err == nil {
			return fmt.Errorf("the failed copy of %s left its file behind", c.src)
		}
	}
	return nil
}
