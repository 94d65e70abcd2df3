package counters

import (
	"fmt"
	"os"
	"path/filepath"

	"mmapbench/internal/host"
)

// Counters of a cgroup's memory.stat, Documentation/admin-guide/cgroup-v2.rst.
// The kernel may leave out of the text the newest events, some 64 for each
// processor (mm/memcontrol.c, MEMCG_CHARGE_BATCH).
var memoryRows = []row{{"pgfault", "faults"}, {"pgmajfault", "faults"},
	{"workingset_refault_file", "pages"}, {"pgscan", "pages"}, {"pgsteal", "pages"}}

// memoryGroup counts for the cgroup that this process's memory is charged to,
// and all below it. Version 1 has the same lines with a prefix, but for scans
// and steals.
func memoryGroup(root string) group {
	metrics := metricsOf(memoryRows, "memcg", Cgroup, "memory.stat")
	version, path, err := memoryStat(root)
	if err != nil {
		return missing(metrics, err.Error())
	}
	rows := memoryRows
	if version == 1 {
		rows = make([]row, len(memoryRows))
		for i, r := range memoryRows {
			rows[i].key = "total_" + r.key
		}
	}
	for i := range metrics {
		metrics[i].Source = fmt.Sprintf("memory.stat (cgroup v%d)", version)
	}
	f, err := openText(root, path, true)
	if err != nil {
		return missing(metrics, err.Error())
	}
	return newGroup(&textSource{f, keyed(rows)}, metrics,
		fmt.Sprintf("memory.stat of cgroup v%d does not have the line on this kernel", version))
}

// memoryStat finds the memory.stat of this process. Its own group may not be
// the one that accounts, so the search goes up from there.
func memoryStat(root string) (version int64, path string, err error) {
	version, mount, dir, err := host.MemoryCgroup(root)
	if err != nil {
		return 0, "", fmt.Errorf("find this process's cgroup: %w", err)
	}
	for at := dir; ; at = filepath.Dir(at) {
		path := filepath.Join(at, "memory.stat")
		if _, err := os.Stat(filepath.Join(root, path)); err == nil {
			return version, path, nil
		}
		if at == mount || at == "/" {
			return 0, "", fmt.Errorf("no memory.stat in %s or above it: the memory controller is off (on a "+
				"Raspberry Pi, cgroup_enable=memory in cmdline.txt turns it on)", dir)
		}
	}
}
