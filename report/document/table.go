package document

import "iter"

// A Table has typed columns, and rows in groups. What stands above and below the
// table belongs to it, so that a table can be pasted elsewhere and still be
// understood.
type Table struct {
	Name    string // a name that fits into a file name, such as "times"
	Caption string // printed above the table
	Close   bool   // on a terminal nothing stands between the caption and the table
	Columns []Column
	Groups  []Group
	Notes   []Note // printed below the table
	// Fit is how the table gets narrower where it does not fit, one step after the
	// other until it fits: the order of importance, the least important first.
	Fit []Step
	// Stream yields rows too many to be held at once. Only the CSV writer reads it,
	// and Groups is empty then. A row is valid until the next one is asked for.
	Stream iter.Seq2[Row, error]
}

// A Column of a table.
type Column struct {
	Key      string // the column's name in CSV, and for steps and notes; unique in its table
	Heading  string // one or more lines, broken with \n; "" in every column: the table has no head
	Narrow   string // the heading after a Narrow step; "": Heading
	What     string // what the column is called in a sentence; "": Heading
	Unit     string // the unit of the cells' values, such as "s" or "MiB/s"; "" for text and counts
	Left     bool   // aligned to the left, as text is
	Once     bool   // a text that repeats the row above within its group is left out for the eye
	Wrap     bool   // the last column: its text is broken to what room is left
	Machine  bool   // shown in CSV alone
	Optional bool   // left out without a word where there is no room
}

// A Group is rows that belong together, such as the backends under one cache state.
type Group struct {
	Heading string // a line of its own above the rows; "": none
	Rows    []Row
}

// A Row has a cell for each column.
type Row []Cell

// A Cell is a value and the text that people read.
type Cell struct {
	Value any    // number, string, bool; nil: not known
	Text  string // has the unit that fits, and the interval
	// Narrow is the text after a Narrow step, Full the text where headings of groups
	// are not written, as in Markdown; "": Text.
	Narrow, Full string
	Tone         Tone
}

// Text returns a cell whose value is its text.
func Text(s string) Cell { return Cell{Value: s, Text: s} }

// A Note is a sentence below a table.
type Note struct {
	Text string
	// Of are the keys of the columns that the note explains: it is written where at
	// least one of them is shown. None: it is always written.
	Of []string
	// Hidden: the note is written where none of the columns is shown, instead.
	Hidden bool
}

// Notes returns notes that are always written, but for empty ones.
func Notes(texts ...string) (notes []Note) {
	for _, t := range texts {
		if t != "" {
			notes = append(notes, Note{Text: t})
		}
	}
	return notes
}

// A Step makes a table narrower.
type Step struct {
	Do     Action
	Column string // the column's key; a step for a column that is not there does nothing
	At     int    // characters, of Break
}

// An Action is what a step does to its column.
type Action int8

// The actions.
const (
	Drop   Action = iota // leaves the column out, and says so below the table
	Narrow               // takes the narrow heading and the narrow texts
	Break                // breaks texts at spaces and after commas into lines of At characters
)

// Column returns the place of a column, or -1.
func (t *Table) Column(key string) int {
	for i, c := range t.Columns {
		if c.Key == key {
			return i
		}
	}
	return -1
}

// rows yields every row, with its group and its place within the group.
func (t *Table) rows() iter.Seq2[Place, Row] {
	return func(yield func(Place, Row) bool) {
		for i := range t.Groups {
			for k, r := range t.Groups[i].Rows {
				if !yield(Place{i, k}, r) {
					return
				}
			}
		}
	}
}

// A Place is where a row stands.
type Place struct{ Group, Row int }
