package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"mmapbench/internal/prose"
)

// ReportVersion is the version of the JSON that programs write. It changes when
// a field changes its meaning or goes, not when one is added.
const ReportVersion = 1

// Report is what a program did and found.
type Report struct {
	Format      string   `json:"format"`  // "mmapbench-lab"
	Version     int      `json:"version"` // ReportVersion
	Program     string   `json:"program"`
	About       string   `json:"about"`
	Steps       []Step   `json:"steps"`
	Conclusions []string `json:"conclusions"`
	AsExpected  bool     `json:"as_expected"`     // nothing in it is unexpected
	Error       string   `json:"error,omitempty"` // why it ended before its end
}

// Step is a few things done for one purpose.
type Step struct {
	Title string `json:"title"`
	Items []Item `json:"items"`
}

// Item is one thing in a step: a call with its result, a fact with its value, a
// check that held, or a note.
type Item struct {
	Call   string `json:"call,omitempty"`   // a system call, or C for a load or store, with arguments
	Result string `json:"result,omitempty"` // what the call returned
	Errno  string `json:"errno,omitempty"`  // the name of its error

	Fact  string `json:"fact,omitempty"` // what was looked at
	Value string `json:"value,omitempty"`

	Checked    string `json:"checked,omitempty"` // what was looked at and found to be so
	Note       string `json:"note,omitempty"`
	Unexpected bool   `json:"unexpected,omitempty"`

	name string // the name of the system call; "" of any other item
}

// script writes a report: as text while it comes about, as JSON when it is
// finished, or item by item for the parent of this process.
type script struct {
	w          io.Writer
	common     Common
	report     Report
	unexpected bool
	own        map[string]*os.File // files of the program's own, as they were made, by name
	folder     string              // the working directory, with the program's own files; "": none
	mute       bool                // items are left out
	nested     bool                // inside a step: no step begins, and only calls about mappings are shown
	wire       *json.Encoder       // leads to the parent; nil: there is none
	err        error               // the first write that failed
}

func newScript(w io.Writer, name string, c Common) *script {
	s := &script{w: w, common: c, report: Report{Format: "mmapbench-lab", Version: ReportVersion, Program: name,
		Steps: []Step{}, Conclusions: []string{}}}
	for _, p := range Programs() {
		if p.Name == name {
			s.report.About = p.Summary
		}
	}
	return s
}

// printf writes text, where the report is text.
func (s *script) printf(format string, args ...any) {
	if s.common.JSON || s.err != nil {
		return
	}
	_, s.err = fmt.Fprintf(s.w, format, args...)
}

func (s *script) width() int {
	if s.common.Width <= 0 {
		return 80
	}
	return max(s.common.Width, 40)
}

// step begins the next step.
func (s *script) step(format string, args ...any) {
	if s.nested {
		return
	}
	title := fmt.Sprintf(format, args...)
	if len(s.report.Steps) == 0 { // nothing is said before the options are found to be right
		s.printf("%s\n", prose.Wrap(s.report.Program+": "+s.report.About, s.width()))
	}
	s.report.Steps = append(s.report.Steps, Step{Title: title, Items: []Item{}})
	number := fmt.Sprintf("%d. ", len(s.report.Steps))
	margin := strings.Repeat(" ", len(number))
	s.printf("\n%s%s\n", number, strings.TrimPrefix(prose.Indent(title, margin, s.width()), margin))
	if s.folder != "" && len(s.report.Steps) == 1 {
		s.fact("the current directory, with files of the program's own", "%s", s.folder)
	}
}

func (s *script) add(i Item) {
	if s.mute && !i.Unexpected || s.nested && i.aside() {
		return
	}
	if s.wire != nil { // the parent has the steps
		if s.err == nil {
			s.err = s.wire.Encode(i)
		}
		return
	}
	last := &s.report.Steps[len(s.report.Steps)-1]
	last.Items = append(last.Items, i)
	s.unexpected = s.unexpected || i.Unexpected
	s.printf("%s\n", i.text(s.width()))
}

// aside reports whether an item is a call that is not about mappings.
func (i *Item) aside() bool {
	return !slices.Contains([]string{"", "mmap", "munmap", "msync"}, i.name)
}

// Margins of the text.
const (
	margin     = "     "
	unexpected = "UNEXPECTED: "
)

// text is an item as a line, or several. Sentences are wrapped, calls and values
// are not: they are to be copied.
func (i *Item) text(width int) string {
	mark := ""
	if i.Unexpected {
		mark = unexpected
	}
	switch {
	case i.Call != "" && i.Errno != "":
		return margin + mark + i.Call + " = -1 " + i.Errno + " (" + i.Result + ")"
	case i.Call != "" && i.Result != "":
		return margin + mark + i.Call + " = " + i.Result
	case i.Call != "":
		return margin + mark + i.Call
	case i.Fact != "":
		return margin + mark + i.Fact + ": " + i.Value
	}
	if i.Checked != "" {
		return prose.Indent("checked: "+i.Checked, margin, width)
	}
	return prose.Indent(mark+i.Note, margin, width)
}

// fact says what was found where it was looked.
func (s *script) fact(name, format string, args ...any) {
	s.add(Item{Fact: name, Value: fmt.Sprintf(format, args...)})
}

// note explains.
func (s *script) note(format string, args ...any) { s.add(Item{Note: fmt.Sprintf(format, args...)}) }

// must checks something that has to be so.
func (s *script) must(ok bool, what string) {
	if ok {
		s.add(Item{Checked: what})
	} else {
		s.add(Item{Note: "this does not hold: " + what, Unexpected: true})
	}
}

// conclude adds a sentence to what the program shows.
func (s *script) conclude(format string, args ...any) {
	s.report.Conclusions = append(s.report.Conclusions, fmt.Sprintf(format, args...))
}

// concludeOnce adds conclusions, unless an earlier file of several has added them.
func (s *script) concludeOnce(texts ...string) {
	if len(s.report.Conclusions) > 0 {
		return
	}
	for _, text := range texts {
		s.conclude("%s", text)
	}
}

// finish writes what comes last.
func (s *script) finish(failed error) error {
	if len(s.report.Conclusions) > 0 {
		s.printf("\nWhat this shows\n")
		for _, c := range s.report.Conclusions {
			s.printf("%s\n", "   - "+strings.TrimPrefix(prose.Indent(c, margin, s.width()), margin))
		}
	}
	if s.common.JSON && s.err == nil {
		s.report.AsExpected = !s.unexpected && failed == nil
		if failed != nil {
			s.report.Error = failed.Error()
		}
		enc := json.NewEncoder(s.w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		s.err = enc.Encode(&s.report)
	}
	return s.err
}

// shown is how many bytes of a content are shown.
const shown = 64

// quoted shows bytes of a file or a mapping, and how many more there are.
func quoted(b []byte) string {
	if len(b) <= shown {
		return fmt.Sprintf("%q", b)
	}
	return fmt.Sprintf("%q and %d bytes more", b[:shown], len(b)-shown)
}
