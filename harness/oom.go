package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"mmapbench/internal/host"
	"mmapbench/internal/units"
)

// offerMemory puts this process, a worker, and what it starts before all others
// when the kernel looks for one to kill: the parent has the run file. To raise
// the value needs no privilege (proc_pid_oom_score_adj(5)); without /proc it
// stays as it is.
func offerMemory() { _ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) }

// oomKills counts the processes that the kernel killed for lack of memory, in
// this process's memory cgroup and on the whole machine; -1 where that is not
// known.
type oomKills struct{ group, machine int64 }

func readOOMKills(root string) oomKills {
	k := oomKills{-1, field(filepath.Join(root, "/proc/vmstat"), "oom_kill")}
	version, mount, dir, err := host.MemoryCgroup(root)
	if err != nil {
		return k
	}
	name := "memory.events"
	if version == 1 {
		name = "memory.oom_control"
	}
	for ; k.group < 0; dir = filepath.Dir(dir) { // its own group may not be the one that accounts
		k.group = field(filepath.Join(root, dir, name), "oom_kill")
		if dir == mount || dir == "/" {
			break
		}
	}
	return k
}

// field reads a number from a file of lines "key value"; -1 if it is not there.
func field(path, key string) int64 {
	text, err := os.ReadFile(path)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == key {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return n
			}
		}
	}
	return -1
}

// killedBy says what a signal that killed the worker means.
func (s *state) killedBy(sig syscall.Signal) string {
	if sig != syscall.SIGKILL {
		return signalText(sig)
	}
	before := s.oom
	s.oom = readOOMKills("/")
	return s.oom.since(before, s.Host.Memory)
}

// since says whether the kernel has killed for lack of memory since before.
func (k oomKills) since(before oomKills, m host.Memory) string {
	const lack = "killed by the kernel for lack of memory"
	switch {
	case k.group > before.group && m.CgroupLimit != nil && *m.CgroupLimit != host.Unlimited:
		return lack + ": the memory cgroup allows " + units.FormatSize(*m.CgroupLimit)
	case k.group > before.group || k.machine > before.machine:
		if m.Total == nil {
			return lack
		}
		return lack + ": the machine has " + units.FormatSize(*m.Total)
	case k.group < 0 && k.machine < 0:
		return "killed by SIGKILL: if it was the kernel for lack of memory, its log (dmesg) says so"
	}
	return "killed by SIGKILL, which somebody sent: the kernel has counted no lack of memory"
}
