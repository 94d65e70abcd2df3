package workloads

// All returns the workloads that come with the program, in the order in which
// they are listed. A new one is a file of its own and a line here.
func All() []Workload {
	return []Workload{
		SeqScan,
		Random,
		Copy,
		Append,
	}
}
