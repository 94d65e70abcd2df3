// Package document is what a report says, before anything decides how the report
// looks: paragraphs, tables and charts in reading order, as data.
//
// The builders of reports (package report and those beside this one) make a
// Document from an analysis and print nothing. The writers here turn any Document
// into text for a terminal, Markdown, CSV or JSON, and know nothing of runs. A new
// view is a new builder, a new format is a new writer, and neither needs the other.
package document

// A Document is one report.
type Document struct {
	Title  string
	Answer string  // the finding, in a sentence or a paragraph; "" where there is none
	Blocks []Block // the order is that of reading
	// Records is the table that the CSV writer writes. It may have other rows than
	// the tables for people, as one for each trial.
	Records *Table
	// Data is what the JSON writer encodes: the analysis itself, whose types carry
	// the names of the fields as tags.
	Data any
}

// A Block is a *Paragraph, Lines, a *Table or a *Chart.
type Block interface{ block() }

func (*Paragraph) block() {}
func (Lines) block()      {}
func (*Table) block()     {}
func (*Chart) block()     {}

// A Paragraph is text, of which a writer breaks the lines.
type Paragraph struct {
	Text string
	Tone Tone
}

// Say returns a paragraph in the plain tone.
func Say(text string) *Paragraph { return &Paragraph{Text: text} }

// Lines are texts of which each begins a line, with nothing between them.
type Lines []string

// A Tone says whether a text is good or bad news. Writers may show it in color,
// and never in color alone: the text says it as well.
type Tone int8

// The tones.
const (
	Plain Tone = iota
	Good
	Bad
)

// Tables returns the tables of the document in reading order.
func (d *Document) Tables() (tables []*Table) {
	for _, b := range d.Blocks {
		if t, ok := b.(*Table); ok {
			tables = append(tables, t)
		}
	}
	return tables
}

// Charts returns the charts of the document in reading order.
func (d *Document) Charts() (charts []*Chart) {
	for _, b := range d.Blocks {
		if c, ok := b.(*Chart); ok {
			charts = append(charts, c)
		}
	}
	return charts
}
