package chart

import (
	"math"
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"mmapbench/internal/units"
	"mmapbench/report/document"
)

// tickerOf returns what places the ticks of an axis.
func tickerOf(d document.Ticks) plot.Ticker {
	switch d.Kind {
	case document.Span:
		return spanTicks{d.Most}
	case document.Count:
		return countTicks{d.Most}
	case document.Decades:
		return logTicks{d.Most}
	case document.Seconds:
		return timeTicks{d.Most}
	case document.Quantiles:
		return quantileTicks{d.Most}
	case document.Sizes:
		return sizeTicks{d.At, d.Most}
	case document.Named:
		return namedTicks{d.At, d.Name}
	}
	return linearTicks{d.Most}
}

// linearTicks marks 0 and multiples of 1, 2, 2.5 or 5 times a power of ten, at most
// about n of them.
type linearTicks struct{ n int }

func (t linearTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10(high/float64(t.n))))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if high/(step*m) <= float64(t.n) {
			step *= m
			break
		}
	}
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high*(1+1e-9); i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: units.FormatNumber(i * step)})
	}
	return ticks
}

// logTicks marks 1, 2 and 5 times every power of ten; over many decades it
// names only the powers, or every second one. gonum's own LogTicks names powers
// of ten alone, which leaves an axis of less than a decade without any name.
type logTicks struct{ n int }

func (t logTicks) Ticks(low, high float64) []plot.Tick {
	decades := math.Log10(high / low)
	every := max(1, int(math.Ceil(decades/float64(t.n))))
	var ticks []plot.Tick
	for e := int(math.Floor(math.Log10(low))); e <= int(math.Ceil(math.Log10(high))); e++ {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow10(e)
			if v < low*(1-1e-9) || v > high*(1+1e-9) {
				continue
			}
			label := ""
			if m == 1 && e%every == 0 || 3*decades <= float64(t.n) {
				label = units.FormatNumber(v)
			}
			ticks = append(ticks, plot.Tick{Value: v, Label: label})
		}
	}
	return ticks
}

// timeTicks are logTicks for an axis in seconds, named with their units.
type timeTicks struct{ n int }

func (t timeTicks) Ticks(low, high float64) []plot.Tick {
	ticks := logTicks(t).Ticks(low, high)
	for i, tick := range ticks {
		if tick.Label != "" {
			ticks[i].Label = units.FormatDuration(time.Duration(math.Round(tick.Value * 1e9)))
		}
	}
	return ticks
}

// countTicks are linearTicks whose names are in thousands or millions where
// they are large: "500k", "1.5M".
type countTicks struct{ n int }

func (t countTicks) Ticks(low, high float64) []plot.Tick {
	unit, suffix := 1.0, ""
	switch {
	case high >= 2e6:
		unit, suffix = 1e6, "M"
	case high >= 2e4:
		unit, suffix = 1e3, "k"
	}
	ticks := linearTicks(t).Ticks(low, high)
	for i, tick := range ticks {
		if tick.Value != 0 {
			ticks[i].Label = units.FormatNumber(tick.Value/unit) + suffix
		}
	}
	return ticks
}

// spaced are the ticks of another ticker but for names that would touch the name before
// them on an axis of that width.
type spaced struct {
	plot.Ticker
	scale plot.Normalizer
	width vg.Length
}

func (s spaced) Ticks(low, high float64) []plot.Tick {
	ticks := s.Ticker.Ticks(low, high)
	style := textStyle(textSize, false)
	free := vg.Length(math.Inf(-1)) // where the last name ends, and a gap behind it
	for i, t := range ticks {
		if t.Label == "" {
			continue
		}
		at, half := vg.Length(s.scale.Normalize(low, high, t.Value))*s.width, style.Width(t.Label)/2
		if at-half < free {
			ticks[i].Label = ""
			continue
		}
		free = at + half + 4
	}
	return ticks
}

// unnamed are the ticks of another ticker without their names, for plots that
// share an axis with one below them.
type unnamed struct{ plot.Ticker }

func (u unnamed) Ticks(low, high float64) []plot.Tick {
	ticks := u.Ticker.Ticks(low, high)
	for i := range ticks {
		ticks[i].Label = ""
	}
	return ticks
}

// quantileTicks marks quantiles on an axis of 1/(1-p), as many as n by name.
type quantileTicks struct{ n int }

func (t quantileTicks) Ticks(low, high float64) []plot.Tick {
	ticks := []plot.Tick{{Value: 2, Label: "50%"}}
	decades := int(math.Log10(high) + 1e-9)
	every := (decades + t.n - 1) / t.n
	for d, name := 1, "90"; d <= decades; d++ {
		tick := plot.Tick{Value: math.Pow10(d)}
		if d%every == 0 {
			tick.Label = name + "%"
		}
		ticks = append(ticks, tick)
		switch d {
		case 1:
			name = "99"
		case 2:
			name = "99.9"
		default:
			name += "9"
		}
	}
	return ticks
}

// sizeTicks marks sizes, and names as many of them as n, evenly: the first, the
// last and some between.
type sizeTicks struct {
	sizes []float64
	n     int
}

func (t sizeTicks) Ticks(_, _ float64) []plot.Tick {
	sizes := slices.Sorted(slices.Values(t.sizes))
	every := max(1, int(math.Ceil(float64(len(sizes))/float64(t.n))))
	ticks := make([]plot.Tick, len(sizes))
	for i, s := range sizes {
		ticks[i] = plot.Tick{Value: s}
		if i%every == 0 {
			ticks[i].Label = units.FormatSize(int64(s))
		}
	}
	return ticks
}

// namedTicks marks the places of At, each under its name.
type namedTicks struct {
	at    []float64
	names []string
}

func (t namedTicks) Ticks(_, _ float64) []plot.Tick {
	ticks := make([]plot.Tick, len(t.at))
	for i, at := range t.at {
		ticks[i] = plot.Tick{Value: at, Label: t.names[i]}
	}
	return ticks
}

// zeroLog is a logarithmic scale with a place for zero: 0 lies at the start, low
// and what is below it at room, and the rest of the axis is logarithmic.
type zeroLog struct{ low float64 }

// room is the part of the axis between zero and low.
const room = 0.12

func (z zeroLog) Normalize(_, high, x float64) float64 {
	if x <= 0 {
		return 0
	}
	x = max(x, z.low)
	return room + (1-room)*math.Log(x/z.low)/math.Log(high/z.low)
}

// zeroLogTicks are logTicks from low up, and a 0.
type zeroLogTicks struct {
	low float64
	n   int
}

func (t zeroLogTicks) Ticks(_, high float64) []plot.Tick {
	return append([]plot.Tick{{Value: 0, Label: "0"}}, logTicks{t.n}.Ticks(t.low, high)...)
}

// spanTicks are linearTicks for an axis that does not begin at zero: the steps
// follow the span, and the names have the digits that tell them apart.
type spanTicks struct{ n int }

func (t spanTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(t.n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*m) <= float64(t.n) {
			step *= m
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: strconv.FormatFloat(i*step, 'f', digits, 64)})
	}
	return ticks
}
