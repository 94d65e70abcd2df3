// Package reason says why something is as it is, as a code with values: programs
// count and compare the codes, and people read the sentences, which are put into
// words where they are shown and are never taken apart again.
package reason

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mmapbench/internal/units"
)

// A Reason is one of Texts with the values of its sentence.
type Reason struct {
	Code   string           `json:"code"`
	Values map[string]int64 `json:"values,omitempty"` // counts, bytes, nanoseconds; keys name them
	Detail string           `json:"detail,omitempty"` // what another program, the kernel or an older version said
}

// A Text is what a code says to people. In the sentence {name} stands for a count,
// {name:size} for bytes, {name:time} for nanoseconds and {detail} for the detail.
type Text struct {
	Code     string
	Sentence string
}

// String puts the reason into words. A code that this version does not know is
// written as it is.
func (r Reason) String() string {
	i := slices.IndexFunc(Texts, func(t Text) bool { return t.Code == r.Code })
	if i < 0 {
		return strings.TrimSuffix(r.Code+": "+r.Detail, ": ")
	}
	var out strings.Builder
	rest := Texts[i].Sentence
	for {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		var field string
		field, rest, _ = strings.Cut(after, "}")
		out.WriteString(r.word(field))
	}
}

func (r Reason) word(field string) string {
	if field == "detail" {
		return r.Detail
	}
	name, kind, _ := strings.Cut(field, ":")
	v, ok := r.Values[name]
	switch {
	case !ok:
		return "?" // a file that was altered
	case kind == "size":
		return units.FormatSize(v)
	case kind == "time":
		return units.FormatDuration(time.Duration(v))
	}
	return strconv.FormatInt(v, 10)
}

// Words puts several reasons into one sentence.
func Words(reasons []Reason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = r.String()
	}
	return strings.Join(words, "; ")
}

// Codes joins the codes: reasons of one kind have the same.
func Codes(reasons []Reason) string {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	return strings.Join(codes, ";")
}
