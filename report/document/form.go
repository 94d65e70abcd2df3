package document

import (
	"bytes"
	"fmt"
	"io"
)

// A form is how a format for people writes the parts of a document. What stands in
// which order, and how far apart, is the same for all of them.
type form struct {
	title   func(string) string
	text    func(string, Tone) string
	view    func(*Table) *view
	lines   func(*view) ([]string, error) // the lines of a table
	noteEnd string                        // what a note ends with, so that the next one begins a line
	apart   bool                          // a caption stands apart from its table in any case
}

// write writes the document but for its charts.
func (f *form) write(w io.Writer, d *Document) error {
	var buf bytes.Buffer
	if d.Title != "" {
		fmt.Fprintf(&buf, "%s\n\n", f.title(d.Title))
	}
	if d.Answer != "" {
		fmt.Fprintf(&buf, "%s\n\n", f.text(d.Answer, Plain))
	}
	first := true
	for _, b := range d.Blocks {
		if _, is := b.(*Chart); is {
			continue
		}
		if !first {
			buf.WriteByte('\n')
		}
		first = false
		switch b := b.(type) {
		case *Paragraph:
			fmt.Fprintln(&buf, f.text(b.Text, b.Tone))
		case Lines:
			for _, l := range b {
				fmt.Fprintln(&buf, f.text(l, Plain)+f.noteEnd)
			}
		case *Table:
			if err := f.table(&buf, b); err != nil {
				return fmt.Errorf("table %s: %w", b.Name, err)
			}
		}
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// table writes a table between its caption and its notes.
func (f *form) table(w io.Writer, t *Table) error {
	if t.Caption != "" {
		fmt.Fprintln(w, f.text(t.Caption, Plain))
		if !t.Close || f.apart {
			fmt.Fprintln(w)
		}
	}
	v := f.view(t)
	lines, err := f.lines(v)
	if err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintln(w, l)
	}
	notes := v.notes()
	if len(notes) > 0 {
		fmt.Fprintln(w)
	}
	for _, n := range notes {
		fmt.Fprintln(w, f.text(n, Plain)+f.noteEnd)
	}
	return nil
}
