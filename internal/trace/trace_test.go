package trace

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told lists accesses by their file and offset in it.
func told(t *Trace) (list []string) {
	for _, a := range t.Accesses {
		f := t.Files[a.File]
		list = append(list, fmt.Sprintf("%s %s %d+%d", opNames[a.Op], f.Path, a.Off-f.Base, a.Len))
	}
	return list
}

func TestParse(t *testing.T) {
	const s = "7 1700000000.000000 "
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"strace: positions are followed through read, lseek and write", s +
			`openat(AT_FDCWD</w>, "a b", O_RDWR) = 3</w/a b> <0.000010>
7 1700000000.000020 read(3</w/a b>, "x) = 9, \"\\"..., 100) = 100 <0.000010>
7 1700000000.000040 read(3</w/a b>, ""..., 100) = 50
7 1700000000.000050 read(3</w/a b>, ""..., 100) = 0
7 1700000000.000060 lseek(3</w/a b>, 4096, SEEK_SET) = 4096
7 1700000000.000070 write(3</w/a b>, ""..., 10) = 10
7 1700000000.000080 pread64(3</w/a b>, ""..., 8, 0x10) = 8
7 1700000000.000090 read(3</w/a b>(deleted), ""..., 10) = 7
7 1700000000.000100 fdatasync(3</w/a b>) = 0
7 1700000000.000110 read(3</w/a b>, 0x1, 10) = -1 EIO (Input/output error)
`, []string{"read /w/a b 0+100", "read /w/a b 100+50", "write /w/a b 4096+10", "read /w/a b 16+8",
			"read /w/a b 4106+7", "fdatasync /w/a b 0+0"}},
		{"strace: vectors, and structures in arguments", s +
			`readv(3</v>, [{iov_base="a, (\"]", iov_len=3}, {iov_base="", iov_len=9}], 2) = 12
7 1700000000.000010 preadv2(3</v>, [{iov_base="", iov_len=5}], 1, 64, RWF_HIPRI) = 5
7 1700000000.000020 preadv2(3</v>, [{iov_base="", iov_len=5}], 1, -1, 0) = 5
7 1700000000.000030 pwritev(3</v>, [{iov_base="", iov_len=5}], 1, 0) = 5
`, []string{"read /v 0+12", "read /v 64+5", "read /v 12+5", "write /v 0+5"}},
		{"strace: what is no regular file is left out", s +
			`read(0</dev/tty<char 5:0>>, "", 10) = 10
7 1700000000.000010 write(1<pipe:[123]>, "", 10) = 10
7 1700000000.000020 read(4<socket:[9]>, "", 10) = 10
7 1700000000.000030 pread64(5</proc/1/maps>, "", 10, 0) = 10
7 1700000000.000040 pread64(6</memfd:x (deleted)>, "", 10, 0) = 10
7 1700000000.000050 pread64(6</f>, "", 10, 0) = 10
`, []string{"read /f 0+10"}},
		{"strace: unfinished calls of threads, and a signal", s +
			`openat(AT_FDCWD</>, "/f", O_RDONLY) = 3</f>
7 1700000000.000010 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD}, 88 <unfinished ...>
[pid 8] 1700000000.000020 read(3</f>, <unfinished ...>
7 1700000000.000021 <... clone3 resumed> => {parent_tid=[8]}) = 8
[pid 7] 1700000000.000030 read(3</f>, "", 5) = 5
7 1700000000.000031 --- SIGURG {si_signo=SIGURG} ---
8 1700000000.000040 <... read resumed>"a)", 7) = 7 <0.000019>
8 1700000000.000050 read(3</f>,  <unfinished ...>) = ?
8 1700000000.000050 +++ exited with 0 +++
`, []string{"read /f 0+5", "read /f 5+7"}},
		{"strace: a child has a copy of the table, and shares the position", s +
			`openat(AT_FDCWD</>, "/f", O_RDONLY) = 3</f>
7 1700000000.000010 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f) = 8
8 1700000000.000020 read(3</f>, "", 5) = 5
8 1700000000.000030 close(3</f>) = 0
8 1700000000.000040 openat(AT_FDCWD</>, "/f", O_RDONLY) = 3</f>
8 1700000000.000050 read(3</f>, "", 6) = 6
7 1700000000.000060 read(3</f>, "", 7) = 7
`, []string{"read /f 0+5", "read /f 0+6", "read /f 5+7"}},
		{"strace: copies of a descriptor, appending, sizes", s +
			`openat(AT_FDCWD</>, "/log", O_WRONLY|O_APPEND) = 3</log>
7 1700000000.000010 newfstatat(3</log>, "", {st_mode=S_IFREG|0644, st_size=1000, ...}, AT_EMPTY_PATH) = 0
7 1700000000.000020 fcntl(3</log>, F_DUPFD_CLOEXEC, 0) = 4</log>
7 1700000000.000030 close(3</log>) = 0
7 1700000000.000040 write(4</log>, "", 5) = 5
7 1700000000.000050 write(4</log>, "", 5) = 5
`, []string{"write /log 1000+5", "write /log 1005+5"}},
		{"strace: without -y, names come from openat", s +
			`openat(AT_FDCWD, "da\303\244ta", O_RDONLY) = 3
7 1700000000.000010 read(3, "", 5) = 5
7 1700000000.000020 read(0, "", 5) = 5
`, []string{"read daäta 0+5"}},
		{"strace: cut off in the middle of a line", s + "pread64(3</f>, \"\", 5, 0) = 5\n7 1700000000.00001 prea",
			[]string{"read /f 0+5"}},
		{"strace -y without -f", "1700000000.000000 pread64(3</f>, \"\", 5, 0) = 5\n", []string{"read /f 0+5"}},
		{"fio version 2", "fio version 2 iolog\n/f add\n/f open\n/f read 4096 512\n/f wait 20 0\n/f write 0 8\n" +
			"/f sync 0 0\n/f datasync 0 0\n/f trim 0 8\n/f close\n",
			[]string{"read /f 4096+512", "write /f 0+8", "fsync /f 0+0", "fdatasync /f 0+0"}},
		{"fio version 3", "fio version 3 iolog\n1 /f add\n2 /f open\n3 /f read 4096 512\n9 /f read 0 8\n",
			[]string{"read /f 4096+512", "read /f 0+8"}},
		{"table", csvHeader + "\n# a remark\n" + csvFields + "\nfile,,9000,,,/a,b\nread,8,16,,,/a,b\n" +
			"write,0,8,5,6,\"/q\"\"uoted,\"\nfsync,,,,,/a,b\n",
			[]string{"read /a,b 8+16", `write /q"uoted, 0+8`, "fsync /a,b 0+0"}},
	} {
		got, err := Parse(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, told(got)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestGaps(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"strace", "1700000000.000000 pread64(3</f>, \"\", 5, 0) = 5 <0.000010>\n" +
			"1700000000.000040 pread64(3</f>, \"\", 5, 0) = 5 <0.000010>\n" +
			"1700000000.000045 pread64(3</f>, \"\", 5, 0) = 5 <0.000010>\n"},
		{"fio", "fio version 3 iolog\n100 /f read 0 5\n130 /f read 0 5\n130 /f read 0 5\n"},
		{"fio waits", "fio version 2 iolog\n/f read 0 5\n/f wait 30 0\n/f read 0 5\n/f read 0 5\n"},
		{"table", csvHeader + "\n" + csvFields + "\nread,0,5,0,,/f\nread,0,5,30000,,/f\nread,0,5,,,/f\n"},
	} {
		got, err := Parse(strings.NewReader(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		unit := int64(1)
		if c.name == "fio waits" {
			unit = 1000
		}
		var gaps []int64
		for _, a := range got.Accesses {
			gaps = append(gaps, a.Gap/unit)
		}
		if diff := cmp.Diff([]int64{0, 30000, 0}, gaps); diff != "" || !got.Timed {
			t.Errorf("%s: timed %v, gaps (-want +got)\n%s", c.name, got.Timed, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	table := csvHeader + "\n" + csvFields + "\n"
	const s = "1 1700000000.000000 "
	for _, c := range []struct{ name, text, err string }{
		{"nothing", "", "empty"},
		{"another file", "ELF or so\n", "line 1: it begins with \"ELF or so\", and no time"},
		{"another version of fio", "fio version 1 iolog\n", "line 1: it is \"fio version 1 iolog\""},
		{"another version of the table", "# mmapbench trace 2\n", "line 1: it begins with"},
		{"no names of columns", csvHeader + "\nread,0,8,,,/f\n", "line 2: it is"},
		{"too few columns", table + "read,0,8\n", "line 3: it has 3 columns"},
		{"a negative offset", table + "read,-1,8,,,/f\n", "line 3: offset is \"-1\""},
		{"a length beyond all", table + "read,0,9999999999,,,/f\n", "line 3: read of 9999999999 bytes"},
		{"an offset beyond all", table + "read,9223372036854775807,8,,,/f\n", "line 3: read of 8 bytes at offset"},
		{"a gap beyond all", table + "read,0,8,9223372036854775807,,/f\n", "line 3: times of more than"},
		{"no operation", table + "erase,0,8,,,/f\n", "line 3: op is \"erase\""},
		{"quotes without an end", table + "read,0,8,,,\"/f\n", "line 3: the quotes"},
		{"no file", table + "read,0,8,,,\n", "line 3: it names no file"},
		{"no access", table + "file,,8,,,/f\nmaps,,3,,,/f\n", "1 files, 3 mappings"},
		{"files beyond all", table + strings.Repeat("file,,1125899906842624,,,/f\nfsync,,,,,/f\n"+
			"file,,1125899906842624,,,/g\nfsync,,,,,/g\n", 1), "more than 1 PiB together"},
		{"a line without end", table + strings.Repeat("x", maxLine+1), "line 3: it has more than 65536 bytes"},
		{"fio: letters", "fio version 3 iolog\n1 /f read a 8\n", "line 2: "},
		{"fio: an unknown action", "fio version 2 iolog\n/f read 0 8\n/f shred 0 8\n", "line 3: the action \"shred\""},
		{"strace: no result", s + "read(3</f>, \"\", 5)\n" + s + "close(3)\n", "line 1: read has no result"},
		{"strace: no end", s + "read(3</f>, \"\", 5\n" + s + "close(3)\n", "line 1: read: its arguments have no end"},
		{"strace: no descriptor", s + "read(x, \"\", 5) = 5\n", "line 1: \"x\" is no file descriptor"},
		{"strace: too few arguments", s + "pread64(3</f>, \"\") = 5\n", "line 1: pread64 has 2 arguments"},
		{"strace: an offset beyond all", s + "pread64(3</f>, \"\", 5, 99999999999999999999) = 5\n",
			"line 1: pread64 at"},
		{"strace: without times", "openat(AT_FDCWD, \"f\", O_RDONLY) = 3\n", "line 1: it begins with"},
		{"strace: calls without end", func() string {
			var b strings.Builder
			for i := range maxPending + 1 {
				fmt.Fprintf(&b, "%d 1700000000.000000 read(3</f>, <unfinished ...>\n", i)
			}
			return b.String()
		}(), "line 1025: more than 1024 calls"},
	} {
		_, err := Parse(strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		}
	}
}

func TestSummary(t *testing.T) {
	got, err := Parse(strings.NewReader(csvHeader + "\n" + csvFields + `
file,,100000,,,/a
opens,,2,,,/a
maps,,1,,,/b
read,0,4096,,1000,/a
read,4096,4096,500,1000,/a
read,0,100,500,1000,/a
read,65536,10,,,/b
write,100,20,,,/a
fsync,,,,,/a
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Summary{Format: "CSV", Files: 2, FileBytes: 165546, Opens: 2, Maps: 1, Reads: 4, ReadBytes: 8302,
		Writes: 1, WriteBytes: 20, Syncs: 1, Sequential: 3, Largest: 4096, WorkingSet: 3 * page, Gaps: 1000, Took: 3000,
		Lengths: []int64{4: 1, 5: 1, 7: 1, 12: 2}}
	if diff := cmp.Diff(want, got.Summary()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got.Size != 2*Align+2*Align || got.Files[1].Base != 2*Align {
		t.Errorf("laid out in %d bytes, %v", got.Size, got.Files)
	}
	text := strings.Join(got.Summary().Text(), "\n")
	for _, part := range []string{"4 reads of 8.11 KiB in 2 files", "60% of the accesses go on", "up to 4 KiB 40%",
		"1 mapping", "recorded: 3 µs in these calls, 1 µs between"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func TestOpenHashes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, []byte(csvHeader+"\n"+csvFields+"\nread,0,8,,,/f\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Open(path)
	if err != nil || got.Name != "x.csv" || got.Path != path || len(got.SHA256) != 64 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Open(filepath.Dir(path)); err == nil || !strings.Contains(err.Error(), "not a plain file") {
		t.Errorf("a folder: %v", err)
	}
}

// FuzzParse: whatever a trace holds, reading it ends with an error or with accesses
// that lie in the laid-out file, and a table of them is read as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte("7 1700000000.000000 openat(AT_FDCWD</w>, \"a b\", O_RDWR) = 3</w/a b> <0.000010>\n" +
		"7 1700000000.000020 clone(flags=CLONE_FILES) = 8\n8 1700000000.000020 read(3</w/a b>, \"\"..., 100) = 100\n" +
		"8 1700000000.000030 preadv2(3</w/a b>, [{\"\", 5}], 1, -1, 0 <unfinished ...>\n" +
		"8 1700000000.000040 <... preadv2 resumed>) = 5\n8 1700000000.000040 +++ exited with 0 +++\n"))
	f.Add([]byte("fio version 2 iolog\n/f add\n/f open\n/f read 4096 512\n/f wait 20 0\n/f sync 0 0\n"))
	f.Add([]byte("fio version 3 iolog\n1 /f open\n3 /f write 4096 512\n"))
	f.Add([]byte(csvHeader + "\n" + csvFields + "\nfile,,9,,,\"/a\"\"b\"\nopens,,2,,,/f\nread,0,8,5,6,/f\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range got.Accesses {
			file := got.Files[a.File]
			if a.Off < file.Base || a.Off+int64(a.Len) > file.Base+file.Size || a.Gap < 0 || got.Size > MaxSize {
				t.Fatalf("access %+v of file %+v in %d bytes", a, file, got.Size)
			}
		}
		if _, err := Decode(Bytes(got.Accesses), got.Size, got.Summary().Largest); err != nil {
			t.Fatalf("as bytes: %v", err)
		}
		s := got.Summary()
		if s.WorkingSet > got.Size+page || s.Gaps < 0 || s.Took < 0 || s.Sequential > s.Reads+s.Writes {
			t.Fatalf("summary %+v", s)
		}
		var table bytes.Buffer
		if err := got.WriteCSV(&table, "a remark"); err != nil {
			t.Fatal(err)
		}
		again, err := Parse(&table)
		if err != nil {
			t.Fatalf("the table of it: %v", err)
		}
		if len(again.Accesses) != len(got.Accesses) {
			t.Fatalf("%d accesses, and %d in the table of it", len(got.Accesses), len(again.Accesses))
		}
		for i, a := range got.Accesses {
			b := again.Accesses[i]
			if a.Off-got.Files[a.File].Base != b.Off-again.Files[b.File].Base || a.Len != b.Len || a.Op != b.Op ||
				got.Timed && time.Duration(a.Gap) != time.Duration(b.Gap) {
				t.Fatalf("access %d is %+v, and %+v in the table of it", i, a, b)
			}
		}
	})
}

func TestUnder(t *testing.T) {
	all, err := Parse(strings.NewReader(csvHeader + "\n" + csvFields + "\nfile,,70000,,,/d/a\nread,0,8,0,10,/d/a\n" +
		"read,0,8,100,10,/lib/c\nread,8,8,100,10,/d/a\nread,0,8,,,/data\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := all.Under("/d")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"read /d/a 0+8", "read /d/a 8+8"}, told(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if gap := got.Accesses[1].Gap; gap != 210 || got.Size != 2*Align {
		t.Errorf("a gap of %d in %d bytes", gap, got.Size)
	}
	if _, err := all.Under("/nowhere"); err == nil {
		t.Error("nothing is left, and that is no error")
	}
}
