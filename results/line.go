package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
)

// A decoder decodes lines. What this program writes is decoded fast. A line in which
// the fast way meets anything unusual is decoded by encoding/json instead, which has
// the last word on what is accepted and on what an error says.
type decoder struct {
	options jsonv2.Options
	layouts []*layout // those of the counters that were seen, the last one first
}

func newDecoder() *decoder {
	d := &decoder{}
	d.options = jsonv2.JoinOptions(jsonv1.FormatDurationAsNano(true), jsonv2.RejectUnknownMembers(true),
		jsonv2.WithUnmarshalers(jsonv2.UnmarshalFromFunc(d.counters)))
	return d
}

var trialBegins = []byte(`{"type":"` + LineTrial + `",`)

// line decodes a line after the header into a *Trial, a *Resume or an *End.
func (d *decoder) line(line []byte) (any, error) {
	if bytes.HasPrefix(line, trialBegins) {
		t := &Trial{}
		if jsonv2.Unmarshal(line, t, d.options) == nil {
			if err := clean(t); err != nil {
				return nil, fmt.Errorf("%s: %w", LineTrial, err)
			}
			return t, nil
		}
	}
	return slowLine(line)
}

// slowLine does what decoder.line does with encoding/json alone.
func slowLine(line []byte) (any, error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &kind); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	into, ok := map[string]any{LineTrial: &Trial{}, LineResume: &Resume{}, LineEnd: &End{}}[kind.Type]
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

// counters decodes the counters of a trial. Those that are written as an earlier
// trial's were share its keys, and their names are only compared.
func (d *decoder) counters(dec *jsontext.Decoder, c *Counters) error {
	text, err := dec.ReadValue()
	if err != nil {
		return err
	}
	for i, l := range d.layouts {
		if values, ok := l.values(text); ok {
			copy(d.layouts[1:i+1], d.layouts[:i])
			d.layouts[0] = l
			*c = Counters{l.keys, values}
			return nil
		}
	}
	if err := c.UnmarshalJSON(text); err != nil {
		return err
	}
	d.layouts = append([]*layout{{c.Keys, jsonKeys(c.Keys), jsonEnd(c.Keys)}},
		d.layouts[:min(len(d.layouts), maxLayouts-1)]...)
	return nil
}

// values reads the values out of JSON that is laid out so.
func (l *layout) values(text []byte) ([]int64, bool) {
	if len(text) == 0 || text[0] != '{' {
		return nil, false
	}
	rest := text[1:]
	if len(l.keys) == 0 || !bytes.HasPrefix(rest, []byte(l.texts[0])) {
		return nil, false
	}
	values := make([]int64, len(l.keys))
	for i, before := range l.texts {
		if len(rest) < len(before) || string(rest[:len(before)]) != before {
			return nil, false
		}
		rest = rest[len(before):]
		n := bytes.IndexAny(rest, ",}")
		if n < 0 {
			return nil, false
		}
		if string(rest[:n]) == "null" {
			values[i] = Unread
		} else if value, err := strconv.ParseInt(string(rest[:n]), 10, 64); err == nil && value != Unread {
			values[i] = value
		} else {
			return nil, false
		}
		rest = rest[n:]
	}
	return values, string(rest) == l.end
}
