package document_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"mmapbench/report/document"
)

// sample is a table with everything that writers treat specially.
func sample() *document.Table {
	num := func(v float64, text, narrow string) document.Cell {
		return document.Cell{Value: v, Text: text, Narrow: narrow}
	}
	return &document.Table{
		Name: "times", Caption: "Times of two workloads, 12 rounds.",
		Columns: []document.Column{
			{Key: "cache", Heading: "cache", Left: true, Once: true},
			{Key: "backend", Heading: "backend", Left: true},
			{Key: "time", Heading: "time\nper lap", Narrow: "time", Unit: "s", What: "the time"},
			{Key: "faults", Heading: "faults", What: "page faults"},
			{Key: "raw", Machine: true},
		},
		Groups: []document.Group{
			{Heading: "seqscan on here", Rows: []document.Row{
				{document.Text("cold"), document.Text("mmap:advise=random,populate"),
					num(0.0123, "12.3 ms (12.1–12.5)", "12.3 ms"),
					num(5, "5", ""), {Value: true}},
				{document.Text("cold"), document.Text("pread"), {}, {}, {}},
			}},
			{Heading: "random on here", Rows: []document.Row{
				{document.Text("cached"), {Value: "a|b", Text: "a|b", Full: "random a|b"}, num(1, "1.00 s", ""),
					{Value: 2.5, Text: "2.5", Tone: document.Bad}, {}},
			}},
		},
		Notes: append(document.Notes("Medians.", ""), document.Note{Text: "Faults are of the thread.",
			Of: []string{"faults"}}),
		Fit: []document.Step{{Do: document.Narrow, Column: "time"}, {Do: document.Break, Column: "backend", At: 14},
			{Do: document.Drop, Column: "faults"}, {Do: document.Drop, Column: "absent"}},
	}
}

func written(t *testing.T, width int, color bool) string {
	t.Helper()
	var buf bytes.Buffer
	d := &document.Document{Answer: "mmap was faster.", Blocks: []document.Block{sample(), &document.Chart{},
		document.Lines{"One.", "Two."}, document.Say("The end.")}}
	if err := document.WriteText(&buf, d, document.TextOptions{Width: width, Color: color}); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestText(t *testing.T) {
	const want = `mmap was faster.

Times of two workloads, 12 rounds.

cache   backend                                     time  faults
                                                 per lap
────────────────────────────────────────────────────────────────
seqscan on here
cold    mmap:advise=random,populate  12.3 ms (12.1–12.5)       5
        pread

random on here
cached  a|b                                       1.00 s     2.5

Medians.
Faults are of the thread.

One.
Two.

The end.
`
	if got := written(t, 0, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A table gets narrower step by step, and says what it left out. A note goes with
// its columns.
func TestNarrowText(t *testing.T) {
	got := written(t, 38, false)
	for _, want := range []string{"Hidden, as the terminal is too narrow:\npage faults.", "12.3 ms\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, gone := range []string{"Faults are", "12.1"} {
		if strings.Contains(got, gone) {
			t.Errorf("%q is still in\n%s", gone, got)
		}
	}
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 38 {
			t.Errorf("line of %d characters: %q", n, line)
		}
	}
}

func TestColor(t *testing.T) {
	if got := written(t, 0, true); !strings.Contains(got, "\x1b[31m2.5\x1b[0m") {
		t.Errorf("the bad cell is not red:\n%s", got)
	}
}

func TestMarkdown(t *testing.T) {
	var buf bytes.Buffer
	if err := document.WriteMarkdown(&buf, &document.Document{Blocks: []document.Block{sample()}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| cold   | pread ", `random a\|b`, " time per lap |", "Medians.  \n"} {
		if !strings.Contains(buf.String(), want) {
			t.Errorf("no %q in\n%s", want, buf.String())
		}
	}
	if strings.Contains(buf.String(), "seqscan on here") {
		t.Error("Markdown has a heading within a table")
	}
}

func TestCSV(t *testing.T) {
	var buf bytes.Buffer
	if err := document.WriteCSV(&buf, sample()); err != nil {
		t.Fatal(err)
	}
	want := "cache,backend,time,faults,raw\r\ncold,\"mmap:advise=random,populate\",0.0123,5,true\r\ncold,pread,,,\r\n" +
		"cached,a|b,1,2.5,\r\n"
	if got := buf.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Each format has a writer, and no other word is a format.
func TestWrite(t *testing.T) {
	table := &document.Table{
		Columns: []document.Column{{Key: "n", Heading: "number"}},
		Groups:  []document.Group{{Rows: []document.Row{{{Value: 1, Text: "one"}}}}},
	}
	d := &document.Document{Blocks: []document.Block{table}, Records: table, Data: map[string]int{"n": 1}}
	for format, want := range map[string]string{"": "one", document.Terminal: "one", document.Markdown: "|    one |",
		document.CSV: "n\r\n1\r\n", document.JSON: `"n": 1`} {
		var buf bytes.Buffer
		err := document.Write(&buf, d, format, document.TextOptions{})
		if err != nil || !strings.Contains(buf.String(), want) {
			t.Errorf("as %q: %v, and no %q in\n%s", format, err, want, buf.String())
		}
	}
	if err := document.Write(io.Discard, d, "yaml", document.TextOptions{}); err == nil {
		t.Error("an unknown format was accepted")
	}
}

// A stream that fails ends the CSV with its error, and rows before it are written.
func TestCSVStream(t *testing.T) {
	broken := errors.New("broken")
	table := &document.Table{Columns: []document.Column{{Key: "n"}},
		Stream: func(yield func(document.Row, error) bool) {
			_ = yield(document.Row{{Value: 1}}, nil) && yield(nil, broken)
		}}
	var buf bytes.Buffer
	if err := document.WriteCSV(&buf, table); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
