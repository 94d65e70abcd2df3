package words

import "mmapbench/results"

// Terms are the words for what arms do. Which figures there are is asked of the figures.
type Terms struct {
	Work   string // what the arms do
	Choice string // what tells them apart
	Time   string // what their times are
	Whose  string // whose processor time and faults are counted
	Scale  string // what is to be known of their processor time
	Spare  string // how cached work is kept from the device
}

// TermsOf returns the words for the arm's workload.
func TermsOf(a results.Arm) Terms {
	if a.Workload == results.Exec {
		return Terms{"commands", "command", "time", "the command and the children that it waited for",
			" Where several processors work at once, that is more than the time, and the parts show how it is shared.",
			"put the files of the commands into memory (/dev/shm)"}
	}
	return Terms{a.Workload, "backend", "time per lap", "the measuring thread alone", "",
		"take cached work off the device: --target shm=/dev/shm"}
}
