package procmem

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Status returns what /proc/self/status, proc_pid_status(5), has in kB, in bytes by
// name: VmHWM, RssAnon, RssFile, RssShmem, … A kernel before 4.5 lacks the last three.
func Status() (map[string]int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, fmt.Errorf("this kernel does not tell what memory a process takes: %w", err)
	}
	all := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, rest, _ := strings.Cut(line, ":")
		number, ok := strings.CutSuffix(strings.TrimSpace(rest), " kB")
		if n, err := strconv.ParseInt(number, 10, 64); ok && err == nil {
			all[name] = n << 10
		}
	}
	return all, nil
}
