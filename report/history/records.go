package history

import (
	"maps"
	"strings"
	"time"

	"mmapbench/analysis"
	"mmapbench/report/document"
	"mmapbench/results"
)

// A place is one arm in one run.
type place struct {
	history *analysis.History
	trend   *analysis.Trend
	at      int // the place in the trend's points
}

// A field is a column of the CSV.
type field struct {
	key   string
	value func(p place) any
}

// records is a row for each arm of each run, sorted by arm, then by time. The change
// of level stands in the first run of the new level.
func records(h *analysis.History) *document.Table {
	fields := fieldsOf(h)
	t := &document.Table{Name: "history"}
	for _, f := range fields {
		t.Columns = append(t.Columns, document.Column{Key: f.key})
	}
	t.Stream = func(yield func(document.Row, error) bool) {
		row := make(document.Row, len(fields))
		for i := range h.Trends {
			for at := range h.Trends[i].Points {
				for k, f := range fields {
					row[k] = document.Cell{Value: f.value(place{h, &h.Trends[i], at})}
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
	return t
}

func fieldsOf(h *analysis.History) []field {
	run := func(of func(*analysis.PastRun) any) func(place) any {
		return func(p place) any { return of(p.point().Run) }
	}
	estimate := func(anchored bool, of func(*analysis.Estimate) any) func(place) any {
		return func(p place) any {
			if e := p.point().Estimate; (p.trend.Anchor != "") == anchored {
				return of(e)
			}
			return nil
		}
	}
	interval := func(of func(*analysis.Interval) float64) func(*analysis.Estimate) any {
		return func(e *analysis.Estimate) any {
			if e.Interval == nil {
				return nil
			}
			return of(e.Interval)
		}
	}
	median := func(e *analysis.Estimate) any { return e.Median }
	low := interval(func(i *analysis.Interval) float64 { return i.Low })
	high := interval(func(i *analysis.Interval) float64 { return i.High })
	confidence := interval(func(i *analysis.Interval) float64 { return i.Confidence })
	change := func(of func(*analysis.TrendChange) any) func(place) any {
		return func(p place) any {
			for i := range p.trend.Changes {
				if c := &p.trend.Changes[i]; c.At == p.at {
					return of(c)
				}
			}
			return nil
		}
	}
	fields := []field{
		{"file", run(func(r *analysis.PastRun) any { return r.File })},
		{"started", run(func(r *analysis.PastRun) any { return r.Started.UTC().Format(time.RFC3339Nano) })},
		{"experiment", run(func(r *analysis.PastRun) any { return r.Experiment })},
		{"end", run(func(r *analysis.PastRun) any { return r.End })},
		{"baselines", run(func(r *analysis.PastRun) any { return strings.Join(r.Baselines, ";") })},
		{"tool_version", run(func(r *analysis.PastRun) any { return r.Tool.Version })},
		{"tool_revision", run(func(r *analysis.PastRun) any { return r.Tool.Revision })},
		{"machine", func(p place) any { return p.history.Host.MachineName() }},
		{"fingerprint", func(p place) any { return p.history.Machine }},
		{"device", func(p place) any { return p.trend.Device }},
		{"place", func(p place) any { return p.trend.Place }},
		{"settings", func(p place) any { return p.trend.Settings }},
		{"command_line", func(p place) any { return p.trend.Line }},
	}
	labels := results.Labels{}
	for _, r := range h.Runs {
		maps.Copy(labels, r.Labels)
	}
	for _, key := range labels.Keys() {
		fields = append(fields, field{"label_" + key, run(func(r *analysis.PastRun) any { return r.Labels[key] })})
	}
	for _, f := range results.Factors {
		fields = append(fields, field{f.Key, func(p place) any { return f.Value(&p.trend.Arm) }})
	}
	return append(fields,
		field{"bytes", func(p place) any { return p.trend.Arm.Bytes }},
		field{"trials", func(p place) any { return p.point().Trials }},
		field{"trials_usable", func(p place) any { return p.point().Estimate.N }},
		field{"time_s_per_lap", estimate(false, median)},
		field{"low_s", estimate(false, low)},
		field{"high_s", estimate(false, high)},
		field{"confidence", func(p place) any { return confidence(p.point().Estimate) }},
		field{"anchor", func(p place) any { return string(p.trend.Anchor) }},
		field{"time_over_anchor", estimate(true, median)},
		field{"low_over_anchor", estimate(true, low)},
		field{"high_over_anchor", estimate(true, high)},
		field{"change_ratio", change(func(c *analysis.TrendChange) any { return c.Ratio })},
		field{"change_p", change(func(c *analysis.TrendChange) any { return c.P })},
		field{"change", change(func(c *analysis.TrendChange) any { return c.Change })},
		field{"change_state", change(func(c *analysis.TrendChange) any { return string(c.State) })},
	)
}

func (p place) point() *analysis.TrendPoint { return &p.trend.Points[p.at] }
