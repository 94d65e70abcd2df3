package analysis

import "mmapbench/results"

// A Lap is what one lap of a trial took: nanoseconds and counts. All but Wall, the
// trial's time, are means over its laps.
type Lap struct {
	Laps                     float64 // how many the trial has
	Wall, CPU                float64
	MinorFaults, MajorFaults float64
	Phases                   []LapPhase // the phases that the arm has
}

// A LapPhase is the time of one phase, in nanoseconds.
type LapPhase struct {
	Name string
	Wall float64
}

// LapOf returns the figures of one lap; ok is false for a trial that has none. A count
// stays zero where no phase has any: each phase counts all of them.
func LapOf(t *results.Trial, a results.Arm) (m Lap, ok bool) {
	if !t.Usable() || t.Total() <= 0 {
		return m, false
	}
	m.Laps = Laps(t, a)
	m.Wall = 1e9 * (&Row{Arm: a}).seconds(t)
	for _, p := range t.Phases() {
		if p.Phase == nil {
			continue
		}
		wall := float64(p.Wall) / m.Laps
		m.Phases = append(m.Phases, LapPhase{p.Name, wall})
		m.CPU += float64(p.User+p.System) / m.Laps
		m.MinorFaults += float64(p.MinorFaults) / m.Laps
		m.MajorFaults += float64(p.MajorFaults) / m.Laps
	}
	return m, true
}

// meansOnly reports whether some trials of several laps have only the sum of them, as
// those of an older program have. A mean is above a median where laps are disturbed, so
// all are then compared by their means.
func meansOnly(runs ...*results.Run) bool {
	for _, run := range runs {
		for i := range run.Trials {
			if t := &run.Trials[i]; t.Usable() && t.Laps > 1 && t.Lap == 0 && t.Ops == 0 {
				return true
			}
		}
	}
	return false
}
