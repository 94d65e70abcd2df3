package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The first two lines of a table of accesses. A line that begins with # is a remark.
const (
	csvMagic  = "# mmapbench trace"
	csvHeader = csvMagic + " 1"
	csvFields = "op,offset,length,gap_ns,took_ns,file"
)

// Rows that are no access have the number in the place of the length.
const (
	rowFile  = "file"  // a file of so many bytes
	rowOpens = "opens" // it was opened so often
	rowMaps  = "maps"  // it was mapped so often
)

func parseCSV(l *lines, b *builder) error {
	if line, _, err := l.next(); err != nil || line != csvHeader {
		return errors.Join(fmt.Errorf("it begins with %.40q: want %q, the only version that there is", line, csvHeader),
			err)
	}
	header := false
	for {
		line, ok, err := l.next()
		switch {
		case err != nil || !ok:
			return err
		case strings.HasPrefix(line, "#") || line == "":
		case !header:
			if header = line == csvFields; !header {
				return fmt.Errorf("it is %.60q: want the names of the columns, %s", line, csvFields)
			}
		default:
			if err := b.row(line); err != nil {
				return err
			}
		}
	}
}

// row reads a row. The file's name comes last, so that a comma in it needs no quotes;
// quotes are taken off as other programs set them.
func (b *builder) row(line string) error {
	f := strings.SplitN(line, ",", 6)
	if len(f) != 6 {
		return fmt.Errorf("it has %d columns: want %s", len(f), csvFields)
	}
	path, err := unquoteCSV(f[5])
	if err != nil {
		return err
	}
	var n [4]int64
	for i, name := range []string{"offset", "length", "gap_ns", "took_ns"} {
		if f[i+1] == "" {
			continue
		}
		if n[i], err = strconv.ParseInt(f[i+1], 10, 64); err != nil || n[i] < 0 {
			return fmt.Errorf("%s is %.30q: want a number from 0 on", name, f[i+1])
		}
	}
	off, length, gap, took := n[0], n[1], time.Duration(n[2]), time.Duration(n[3])
	switch f[0] {
	case rowFile:
		return b.sized(path, length)
	case rowOpens, rowMaps:
		i, err := b.file(path)
		if err == nil && f[0] == rowOpens {
			b.Files[i].Opens = min(length, MaxAccesses)
		} else if err == nil {
			b.Files[i].Maps = min(length, MaxAccesses)
		}
		return err
	}
	op := slices.Index(opNames[:], f[0])
	switch {
	case op < 0:
		return fmt.Errorf("op is %.30q: want one of %s, %s, %s, %s", f[0], strings.Join(opNames[:], ", "), rowFile,
			rowOpens, rowMaps)
	case gap > maxTime: // which could not be added up
		return fmt.Errorf("times of more than %v", maxTime)
	}
	b.Timed = b.Timed || f[3] != ""
	return b.add(path, Op(op), off, length, b.end+gap, took)
}

func unquoteCSV(s string) (string, error) {
	switch {
	case !strings.HasPrefix(s, `"`):
		return s, nil
	case len(s) < 3 || s[len(s)-1] != '"':
		return "", fmt.Errorf("the quotes around the file's name %.60q do not end", s)
	}
	return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`), nil
}

// WriteCSV writes the trace as a table. Remarks stand behind the header.
func (t *Trace) WriteCSV(w io.Writer, remarks ...string) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, csvHeader)
	for _, r := range remarks {
		fmt.Fprintf(out, "# %s\n", strings.ReplaceAll(r, "\n", " "))
	}
	fmt.Fprintln(out, csvFields)
	paths := make([]string, len(t.Files))
	for i, f := range t.Files {
		if paths[i] = f.Path; strings.ContainsAny(f.Path, `,"`) {
			paths[i] = `"` + strings.ReplaceAll(f.Path, `"`, `""`) + `"`
		}
		// A name with the end of a line in it cannot be told from two rows.
		paths[i] = strings.NewReplacer("\n", "?", "\r", "?").Replace(paths[i])
		fmt.Fprintf(out, "%s,,%d,,,%s\n", rowFile, f.Size, paths[i])
		if f.Opens > 0 {
			fmt.Fprintf(out, "%s,,%d,,,%s\n", rowOpens, f.Opens, paths[i])
		}
		if f.Maps > 0 {
			fmt.Fprintf(out, "%s,,%d,,,%s\n", rowMaps, f.Maps, paths[i])
		}
	}
	for _, a := range t.Accesses {
		gap := ""
		if t.Timed {
			gap = strconv.FormatInt(a.Gap, 10)
		}
		fmt.Fprintf(out, "%s,%d,%d,%s,%d,%s\n", opNames[a.Op], a.Off-t.Files[a.File].Base, a.Len, gap, a.Took,
			paths[a.File])
	}
	return out.Flush()
}
