//go:build linux && !386 && !arm

package cli

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"mmapbench/experiment"
)

// defaults names the value that the built-in experiments have of something that an
// experiment decides.
func defaults(value func(*experiment.Experiment) string, names ...string) string {
	var each []string
	for _, name := range names {
		e, err := experiment.Load(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		each = append(each, name+" "+value(e))
	}
	return " (default: the experiment's; " + strings.Join(each, ", ") + ")"
}

func defaultSize(e *experiment.Experiment) string {
	if len(e.Factors["size"]) == 0 {
		return experiment.Auto
	}
	return strings.Join(e.Factors["size"], ",")
}

func defaultRounds(e *experiment.Experiment) string {
	return strconv.Itoa(cmp.Or(e.Rounds, experiment.DefaultRounds))
}

func defaultBudget(e *experiment.Experiment) string {
	text := time.Duration(e.Budget).String()
	if strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return text
}
