package report

import (
	"mmapbench/analysis"
	"mmapbench/report/document"
)

// cpuChart shows how much of a lap's time the processor worked, in user space
// and in the kernel, and how much the thread waited. It returns nil without a
// usable trial.
func cpuChart(f figure) *document.Chart {
	terms := f.section.terms()
	note := "User and system time, of " + terms.Whose + ", are told apart by samples at the kernel's timer tick, " +
		"coarsely where a lap is short; their sum is exact." + terms.Scale
	return f.stackChart("cpu", f.title("processor time and waiting"), note,
		[]string{analysis.User, analysis.System, analysis.Waiting}, cpuLook,
		func(r *analysis.Row) []analysis.Share { return r.CPU })
}

func cpuLook(i int) document.Look {
	switch i {
	case 0:
		return document.Look{Color: 0}
	case 1:
		return document.Look{Color: 1, Hatch: document.Rising}
	}
	return document.Look{Color: document.Faint}
}
