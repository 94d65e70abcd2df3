package analysis

import (
	"encoding/json"
	"time"

	"mmapbench/results"
)

// MarshalJSON writes the group's factors by their keys, how the group ranks, with
// the names of backends, and the rows.
func (g Group) MarshalJSON() ([]byte, error) {
	o := g.Rank()
	names := func(rows []int) (list []string) {
		for _, i := range rows {
			list = append(list, g.Rows[i].Name)
		}
		return list
	}
	out := struct {
		Factors map[string]any `json:"factors"`
		Outcome string         `json:"outcome"`
		Order   []string       `json:"fastest_first,omitempty"`
		Best    []string       `json:"may_be_fastest,omitempty"`
		TooFew  []string       `json:"too_few_rounds,omitempty"`
		Room    *float64       `json:"room"`
		Lead    *Estimate      `json:"speed_of_first_vs_second"`
		Reach   *Estimate      `json:"speed_of_first_vs_slowest"`
		Rows    []Row          `json:"rows"`
	}{Factors: levelsOf(&g.Factors), Outcome: o.Kind.String(), Order: names(o.Order), Best: names(o.Best),
		TooFew: names(o.Unknown), Lead: o.Lead, Reach: o.Reach, Rows: g.Rows}
	if o.Room > 0 {
		out.Room = &o.Room
	}
	return json.Marshal(out)
}

// levelsOf are the levels of an arm by the keys of its factors.
func levelsOf(a *results.Arm) map[string]any {
	levels := make(map[string]any)
	for _, f := range results.Factors {
		if v := f.Value(a); v != nil {
			levels[f.Key] = v
		}
	}
	return levels
}

// Shares are the parts of one total. In JSON they are an object with their names.
type Shares []Share

// MarshalJSON writes null without any share.
func (s Shares) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	out := make(map[string]float64, len(s))
	for _, share := range s {
		out[share.Name] = share.Fraction
	}
	return json.Marshal(out)
}

// Counters are what the counters of an arm say. In JSON they are an object of phases,
// each with an object of names.
type Counters []Counter

// MarshalJSON writes them by phase and by name.
func (c Counters) MarshalJSON() ([]byte, error) {
	out := make(map[string]map[string]Counter)
	for _, counter := range c {
		if out[counter.Phase] == nil {
			out[counter.Phase] = make(map[string]Counter)
		}
		out[counter.Phase][counter.Name] = counter
	}
	return json.Marshal(out)
}

// MarshalJSON adds the percentiles. A percentile is null where so few accesses were
// timed that not one is expected beyond it.
func (l *Latency) MarshalJSON() ([]byte, error) {
	at := func(p float64) *time.Duration {
		if t, ok := l.Quantile(p); ok {
			return &t
		}
		return nil
	}
	type plain Latency // lacks this method
	return json.Marshal(struct {
		*plain
		P50  *time.Duration `json:"p50_ns"`
		P90  *time.Duration `json:"p90_ns"`
		P99  *time.Duration `json:"p99_ns"`
		P999 *time.Duration `json:"p999_ns"`
	}{(*plain)(l), at(0.5), at(0.9), at(0.99), at(0.999)})
}
