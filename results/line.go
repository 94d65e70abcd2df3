package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// A decoder decodes lines. What this program writes is decoded fast. A line in which
// the fast way meets anything unusual is decoded by encoding/json instead, which has
// the last word on what is accepted and on what an error says.
type decoder struct {
	options jsonv2.Options
	rest    []byte    // a line without its counters
	layouts []*layout // those of the counters that were seen, the last one first

	noCounters bool // they are left out of trials
}

func newDecoder() *decoder {
	d := &decoder{}
	d.options = jsonv2.JoinOptions(jsonv1.FormatDurationAsNano(true), jsonv2.RejectUnknownMembers(true),
		jsontext.AllowDuplicateNames(true),
		jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(d.counters)))
	return d
}

var trialBegins = []byte(`{"type":"` + LineTrial + `",`)

// line decodes a line after the header into a *Trial, a *Dropped, a *Resume or an *End.
func (d *decoder) line(line []byte) (any, error) {
	if bytes.HasPrefix(line, trialBegins) {
		t := &Trial{}
		if jsonv2.Unmarshal(d.withoutCounters(line, &t.Counters), t, d.options) == nil {
			if err := clean(t); err != nil {
				return nil, fmt.Errorf("%s: %w", LineTrial, err)
			}
			return t, nil
		}
	}
	return slowLine(line)
}

// countersBegin is where the counters of a trial stand.
var countersBegin = []byte(`,"counters":`)

// withoutCounters takes the counters out of a line and reads them, if they are laid
// out as those of a trial before: they are most of a line.
func (d *decoder) withoutCounters(line []byte, into *Counters) []byte {
	at := bytes.Index(line, countersBegin)
	// Within a text there would be a text open, or a quotation mark escaped.
	if at < 0 || bytes.IndexByte(line[:at], '\\') >= 0 || bytes.Count(line[:at], []byte{'"'})%2 != 0 {
		return line
	}
	text := line[at+len(countersBegin):]
	if d.noCounters {
		d.rest = append(append(d.rest[:0], line[:at]...), text[objectSize(text):]...)
		return d.rest
	}
	for i, l := range d.layouts {
		values, size := l.values(text)
		if size == 0 {
			continue
		}
		copy(d.layouts[1:i+1], d.layouts[:i])
		d.layouts[0] = l
		*into = Counters{l.keys, values}
		d.rest = append(append(d.rest[:0], line[:at]...), text[size:]...)
		return d.rest
	}
	return line
}

// objectSize is how long the JSON object is with which a text begins, if no string in
// the object has a brace. Where one has, what is left of the line is no JSON.
func objectSize(text []byte) (size int) {
	if !bytes.HasPrefix(text, []byte{'{'}) {
		return 0
	}
	for open := 0; ; {
		end := bytes.IndexByte(text[size:], '}') + 1
		if open += bytes.Count(text[size:size+end], []byte{'{'}) - 1; end == 0 || open < 0 {
			return 0
		}
		if size += end; open == 0 {
			return size
		}
	}
}

// slowLine does what decoder.line does with encoding/json alone.
func slowLine(line []byte) (any, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	into, ok := map[string]any{LineTrial: &Trial{}, LineDropped: &Dropped{}, LineResume: &Resume{},
		LineEnd: &End{}}[kind.Type]
	if !ok {
		return nil, fmt.Errorf("unknown type of line %q", kind.Type)
	}
	if err := unmarshal(line, into); err != nil {
		return nil, fmt.Errorf("%s: %w", kind.Type, err)
	}
	return into, nil
}

// unmarshal reads one line, with every number within its bounds and every text fit
// to be shown.
func unmarshal(line []byte, into any) error {
	if err := json.Unmarshal(line, into); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
			return wrong(t.Field, "is a %s that does not fit there", t.Value)
		}
		return fmt.Errorf("not JSON: %w", err)
	}
	return clean(into)
}

// A layout is how the counters of some trials are written: their keys, and the JSON
// before the value of each.
type layout struct {
	keys  []CounterKey
	texts []string
	end   string
}

// maxLayouts bounds how many are tried. A run has as many as it has kinds of trials.
const maxLayouts = 8

// counters decodes the counters of a trial, and remembers how they are laid out.
func (d *decoder) counters(dec *jsontext.Decoder, c *Counters) error {
	text, err := dec.ReadValue()
	if err != nil {
		return err
	}
	if err := c.UnmarshalJSON(text); err != nil {
		return err
	}
	for _, l := range d.layouts {
		if slices.Equal(l.keys, c.Keys) { // written with other white space, or in another order
			c.Keys = l.keys
			return nil
		}
	}
	l := &layout{c.Keys, jsonKeys(c.Keys), jsonEnd(c.Keys)}
	d.layouts = append([]*layout{l}, d.layouts[:min(len(d.layouts), maxLayouts-1)]...)
	return nil
}

// values reads the values out of JSON that begins laid out so, and returns how long
// it is; 0: it is laid out otherwise.
func (l *layout) values(text []byte) (values []int64, size int) {
	if len(text) == 0 || text[0] != '{' || len(l.keys) == 0 {
		return nil, 0
	}
	rest := text[1:]
	if !bytes.HasPrefix(rest, []byte(l.texts[0])) {
		return nil, 0
	}
	values = make([]int64, len(l.keys))
	for i, before := range l.texts {
		if len(rest) < len(before) || string(rest[:len(before)]) != before {
			return nil, 0
		}
		rest = rest[len(before):]
		value, n := number(rest)
		if n == 0 {
			return nil, 0
		}
		values[i], rest = value, rest[n:]
	}
	if !bytes.HasPrefix(rest, []byte(l.end)) {
		return nil, 0
	}
	return values, len(text) - len(rest) + len(l.end)
}

// number reads a whole number of at most 18 digits as this program writes one, or
// null, and returns how long it is; 0: there is something else.
func number(b []byte) (value int64, n int) {
	if bytes.HasPrefix(b, []byte("null")) {
		return Unread, 4
	}
	digits := b
	if len(b) > 0 && b[0] == '-' {
		digits = b[1:]
	}
	for n < len(digits) && n < 19 && '0' <= digits[n] && digits[n] <= '9' {
		value = 10*value + int64(digits[n]-'0')
		n++
	}
	switch {
	case n == 0, n == 19, n > 1 && digits[0] == '0':
		return 0, 0
	case len(digits) == len(b):
		return value, n
	case value == 0: // -0
		return 0, 0
	}
	return -value, n + 1
}
