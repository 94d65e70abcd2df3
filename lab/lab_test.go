package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// TestMain makes the test binary its own child process.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "lab-child" {
		if err := Child(os.Stdin, os.Stdout, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var jsonCommon = Common{JSON: true, Self: []string{"/proc/self/exe", "lab-child"}}

// play runs a program that writes JSON, and returns its report.
func play(t *testing.T, run func(*bytes.Buffer) error) (Report, error) {
	t.Helper()
	var out bytes.Buffer
	failed := run(&out)
	var r Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	if (failed == nil) != r.AsExpected {
		t.Errorf("error %v, and as_expected is %v", failed, r.AsExpected)
	}
	if failed != nil && !errors.Is(failed, ErrUnexpected) && r.Error == "" {
		t.Errorf("the report does not have the error %v", failed)
	}
	return r, failed
}

// facts lists the values of the facts of a name.
func (r *Report) facts(name string) (values []string) {
	for _, s := range r.Steps {
		for _, i := range s.Items {
			if i.Fact == name {
				values = append(values, i.Value)
			}
		}
	}
	return values
}

func write(t *testing.T, name string, content []byte, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, content, mode); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, name string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes, %.60q (%v), want %d, %.60q", name, len(got), got, err, len(want), want)
	}
}

func fails(t *testing.T, err error, says string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("error %v, want one with %q", err, says)
	}
}

func TestEdit(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct{ before, text, after string }{
		{"abcdef", "xy", "xycdef"},
		{"abcdef", "123456", "123456"},
		{"abc", "longer than that", "lon"},
		{"a", "\x00\xff", "\x00"},
		{strings.Repeat("z", os.Getpagesize()+1), "y", "y" + strings.Repeat("z", os.Getpagesize())},
	} {
		write(t, "f", []byte(tt.before), 0o600)
		if _, err := play(t, func(b *bytes.Buffer) error {
			return Edit(b, EditOptions{Common: jsonCommon, File: "f", Text: tt.text})
		}); err != nil {
			t.Error(err)
		}
		holds(t, "f", []byte(tt.after))
	}
}

func TestEditKeepsACopy(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("before"), 0o640)
	o := EditOptions{Common: jsonCommon, File: "f", Text: "AF", Backup: true}
	if err := Edit(new(bytes.Buffer), o); err != nil {
		t.Fatal(err)
	}
	holds(t, "f", []byte("AFfore"))
	holds(t, "f.bak", []byte("before"))
	if st, err := os.Stat("f.bak"); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v; want its owner's alone", st, err)
	}
	o.Text = "other"
	fails(t, Edit(new(bytes.Buffer), o), "move it away")
	holds(t, "f", []byte("AFfore"))
	holds(t, "f.bak", []byte("before"))
}

// TestOnlyPlainFilesAreTouched names what is no plain and quiet file; a pipe must
// not hang.
func TestOnlyPlainFilesAreTouched(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "f", []byte("precious"), 0o600)
	write(t, "empty", nil, 0o600)
	write(t, "locked", []byte("theirs"), 0o600)
	if err := errors.Join(unix.Mkfifo("pipe", 0o600), os.Symlink("f", "link"),
		os.Symlink("nowhere", "dangling")); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open("locked")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, named := range []struct{ path, says string }{
		{"pipe", "not a regular file"},
		{".", ""}, // EISDIR, or not a regular file
		{"/dev/null", "not a regular file"},
		{"missing", "no such file"},
		{"link", "is a symbolic link"},
		{"dangling", "is a symbolic link"},
		{"empty", "is empty"},
		{"/proc/self/status", ""}, // not to be opened for stores, or of a length of 0
		{"locked", "make a copy first"},
	} {
		fails(t, Edit(new(bytes.Buffer), EditOptions{File: named.path, Text: "x"}), named.says)
		fails(t, Append(new(bytes.Buffer), AppendOptions{File: named.path, Text: "x"}), named.says)
		fails(t, Copy(ctx, new(bytes.Buffer), CopyOptions{Src: named.path, Dst: "new"}), named.says)
		fails(t, Cow(ctx, new(bytes.Buffer), CowOptions{File: named.path}), named.says)
		fails(t, CounterIncrement(ctx, new(bytes.Buffer), CounterOptions{File: named.path}), "")
		fails(t, CounterShow(new(bytes.Buffer), CounterOptions{File: named.path}), "")
	}
	holds(t, "f", []byte("precious"))
	holds(t, "empty", nil)
	holds(t, "locked", []byte("theirs"))
	for _, name := range []string{"new", "nowhere"} {
		if _, err := os.Lstat(name); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Chdir(t.TempDir())
	page := os.Getpagesize()
	for _, before := range []int{1, page - 2, page - 1, page, page + 1, 3*page - 1} {
		for _, n := range []int{1, 2, page, 2*page + 1} {
			content := bytes.Repeat([]byte{'b'}, before)
			write(t, "f", content, 0o600)
			text := strings.Repeat("t", n)
			r, err := play(t, func(b *bytes.Buffer) error {
				return Append(b, AppendOptions{Common: jsonCommon, File: "f", Text: text})
			})
			if err != nil {
				t.Fatalf("%d bytes and %d more: %v", before, n, err)
			}
			holds(t, "f", append(content, text...))
			crossed := before/page != (before+n-1)/page
			if got := r.facts("page boundary"); len(got) != 1 || strings.HasPrefix(got[0], "crossed") != crossed {
				t.Errorf("%d bytes and %d more: page boundary %q", before, n, got)
			}
		}
	}
	fails(t, Append(new(bytes.Buffer), AppendOptions{File: "f"}), "empty")
}

func TestAlign(t *testing.T) {
	page := pageSize()
	for _, tt := range []struct {
		offset, length string
		aligned, diff  int64
	}{
		{"0", "", 0, 0},
		{"1", "", 0, 1},
		{fmt.Sprint(page - 1), "", 0, page - 1},
		{fmt.Sprint(page), "8k", page, 0},
		{fmt.Sprintf("%#x", 5*page+7), "", 5 * page, 7},
		{"1T", "", 1 << 40, 0},
		{"9223372036854775806", "", math.MaxInt64 - page + 1, page - 2},
	} {
		r, err := play(t, func(b *bytes.Buffer) error {
			return Align(b, AlignOptions{Common: jsonCommon, Offsets: []string{tt.offset}, Length: tt.length})
		})
		if err != nil {
			t.Errorf("%s: %v", tt.offset, err)
		}
		if got, want := r.facts("aligned offset"), fmt.Sprintf("%d (%#x), page %d",
			tt.aligned, tt.aligned, tt.aligned/page); len(got) != 1 || got[0] != want {
			t.Errorf("%s: aligned offset %q, want %q", tt.offset, got, want)
		}
		if got := r.facts("difference"); got[0] != fmt.Sprint(tt.diff) {
			t.Errorf("%s: difference %q, want %d", tt.offset, got, tt.diff)
		}
	}
	for _, o := range []AlignOptions{
		{Offsets: []string{"x"}}, {Offsets: []string{"-1"}}, {Offsets: []string{"0", "0x8000000000000000"}},
		{Offsets: []string{"9223372036854775807"}},
		{Offsets: []string{"9223372036854775000"}, Length: "4k"}, {Length: "0"}, {Page: 3}, {Page: -4096},
	} {
		var out bytes.Buffer
		if err := Align(&out, o); err == nil || out.Len() > 0 {
			t.Errorf("%+v: error %v, output %q", o, err, out.String())
		}
	}
}

func TestCow(t *testing.T) {
	t.Chdir(t.TempDir())
	page := os.Getpagesize()
	for _, size := range []int{1, page, page + 1, 20 * page} {
		content := bytes.Repeat([]byte("c"), size)
		write(t, "f", content, 0o400)
		var told string
		r, err := play(t, func(b *bytes.Buffer) error {
			return Cow(context.Background(), b, CowOptions{Common: jsonCommon, File: "f", Wait: time.Millisecond,
				Waiting: func(pid int, hint string) { told = fmt.Sprintf("%d %s", pid, hint) }})
		})
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		holds(t, "f", content)
		if anon := r.facts("smaps Anonymous"); len(anon) != 2 || anon[0] != "0 B" || anon[1] == "0 B" {
			t.Errorf("%d bytes: anonymous before and after %q", size, anon)
		}
		if !strings.HasPrefix(told, fmt.Sprint(os.Getpid())) || !strings.Contains(told, "/smaps") {
			t.Errorf("the waiting is told as %q", told)
		}
		os.Remove("f")
	}
	write(t, "f", nil, 0o600)
	fails(t, Cow(context.Background(), new(bytes.Buffer), CowOptions{File: "f"}), "empty")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := Cow(ctx, new(bytes.Buffer), CowOptions{Wait: time.Hour})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was stopped: %v", err)
	}
	if left, _ := filepath.Glob("*.d"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestMistakesByName(t *testing.T) {
	t.Chdir(t.TempDir())
	r, err := play(t, func(b *bytes.Buffer) error {
		return Mistakes(context.Background(), b,
			MistakesOptions{Common: jsonCommon, Names: []string{"empty", "truncated"}})
	})
	if err != nil || len(r.Steps) != 2 {
		t.Errorf("%d steps, %v", len(r.Steps), err)
	}
	err = Mistakes(context.Background(), new(bytes.Buffer),
		MistakesOptions{Common: jsonCommon, Names: []string{"trunkated"}})
	fails(t, err, `did you mean "truncated"?`)
	err = Mistakes(context.Background(), new(bytes.Buffer), MistakesOptions{})
	fails(t, err, "child processes")
	if left, _ := filepath.Glob("*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestAChildThatSurvivesIsUnexpected has a mistake end in another way than its
// entry says.
func TestAChildThatSurvivesIsUnexpected(t *testing.T) {
	t.Chdir(t.TempDir())
	r, err := play(t, func(b *bytes.Buffer) error {
		return jsonCommon.play(b, "mistakes", func(s *script) (err error) {
			d, err := s.borrow()
			if err != nil {
				return err
			}
			defer d.done(&err)
			m := *findMistake("empty")
			m.signal = unix.SIGBUS
			return s.mistake(context.Background(), d, m)
		})
	})
	if !errors.Is(err, ErrUnexpected) || r.AsExpected {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestTextFits holds every line of text to the width, but for calls and facts,
// which are to be copied, and so are as long as they are.
func TestTextFits(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx := context.Background()
	for _, run := range []func(io.Writer, Common) error{
		func(w io.Writer, c Common) error { return Compare(w, CompareOptions{c}) },
		func(w io.Writer, c Common) error { return Append(w, AppendOptions{Common: c}) },
		func(w io.Writer, c Common) error { return Copy(ctx, w, CopyOptions{Common: c}) },
		func(w io.Writer, c Common) error { return Mistakes(ctx, w, MistakesOptions{Common: c}) },
	} {
		r, err := play(t, func(b *bytes.Buffer) error { return run(b, jsonCommon) })
		if err != nil {
			t.Fatal(err)
		}
		var copied []string // what lines to be copied begin with
		for _, s := range r.Steps {
			for _, i := range s.Items {
				call, _, _ := strings.Cut(i.Call, "(")
				copied = append(copied, margin+call+"(", margin+i.Fact+": ")
			}
		}
		for _, width := range []int{60, 80, 100} {
			var out bytes.Buffer
			if err := run(&out, Common{Width: width, Self: jsonCommon.Self}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(out.String()) {
				toCopy := slices.ContainsFunc(copied, func(s string) bool { return strings.HasPrefix(line, s) })
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); !toCopy && n > width {
					t.Errorf("at %d columns a line of %d: %s", width, n, line)
				}
			}
		}
	}
}

// TestUnexpected checks that what should not be is marked, in text and JSON,
// and is an error.
func TestUnexpected(t *testing.T) {
	program := func(s *script) error {
		s.step("Look")
		s.must(1 > 2, "one is more than two")
		return nil
	}
	var out bytes.Buffer
	if err := (Common{}).play(&out, "edit", program); !errors.Is(err, ErrUnexpected) ||
		!strings.Contains(out.String(), "UNEXPECTED: this does not hold: one is more than two") {
		t.Errorf("%v: %s", err, out.String())
	}
	r, err := play(t, func(b *bytes.Buffer) error { return jsonCommon.play(b, "edit", program) })
	if !errors.Is(err, ErrUnexpected) || !r.Steps[0].Items[0].Unexpected {
		t.Errorf("%v: %+v", err, r)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, unix.ENOSPC }

func TestAFailedWriteIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, json := range []bool{false, true} {
		if err := Compare(full{}, CompareOptions{Common{JSON: json}}); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("json %v: error %v", json, err)
		}
	}
}
