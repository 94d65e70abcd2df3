package harness

import (
	"os"
	"path/filepath"
	"testing"

	"mmapbench/internal/host"
)

func TestOOMKills(t *testing.T) {
	const limit, total = int64(24 << 20), int64(8 << 30)
	unlimited := int64(host.Unlimited)
	limited := host.Memory{CgroupLimit: new(limit), Total: new(total)}
	for name, c := range map[string]struct {
		files map[string]string
		kills oomKills
		mem   host.Memory
		want  string // what is said if none was counted before
	}{
		"v1": {map[string]string{
			"proc/vmstat":             "nr_free_pages 1\noom_kill 3\n",
			"proc/self/cgroup":        "4:memory:/a\n0::/\n",
			"proc/self/mountinfo":     "1 0 0:1 / /cg rw - cgroup cgroup rw,memory\n",
			"cg/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
			"cg/memory.oom_control":   "oom_kill_disable 0\noom_kill 7\n",
			"cg/memory.events":        "oom_kill 8\n",
			"cg/a/memory.events":      "oom_kill 8\n",
		}, oomKills{2, 3}, limited, "killed by the kernel for lack of memory: the memory cgroup allows 24 MiB"},
		"v2, accounted above": {map[string]string{
			"proc/vmstat":         "oom_kill 3\n",
			"proc/self/cgroup":    "0::/a/b\n",
			"proc/self/mountinfo": "1 0 0:1 / /cg rw - cgroup2 cgroup2 rw\n",
			"cg/a/memory.events":  "low 0\noom 1\noom_kill 1\n",
		}, oomKills{1, 3}, host.Memory{CgroupLimit: &unlimited, Total: new(total)},
			"killed by the kernel for lack of memory: the machine has 8 GiB"},
		"nothing is counted": {nil, oomKills{-1, -1}, limited,
			"killed by SIGKILL: if it was the kernel for lack of memory, its log (dmesg) says so"},
		"nobody was killed": {map[string]string{"proc/vmstat": "oom_kill 0\n"}, oomKills{-1, 0}, limited,
			"killed by SIGKILL, which somebody sent: the kernel has counted no lack of memory"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range c.files {
				path = filepath.Join(root, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := readOOMKills(root)
			if got != c.kills {
				t.Errorf("read %+v, want %+v", got, c.kills)
			}
			if said := got.since(oomKills{min(c.kills.group, 0), min(c.kills.machine, 0)}, c.mem); said != c.want {
				t.Errorf("said %q, want %q", said, c.want)
			}
		})
	}
}
