//go:build linux

package host

import (
	"fmt"
	"strings"
)

// armCores decodes the core types that /proc/cpuinfo lists, in order of first
// appearance, with counts where there is more than one type.
func armCores(info string) string {
	var names []string
	count := map[string]int{}
	implementer := ""
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "CPU implementer":
			implementer = value
		case "CPU part":
			name := armCore(implementer, value)
			if count[name] == 0 {
				names = append(names, name)
			}
			count[name]++
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%dx %s", count[name], name)
	}
	return strings.Join(names, " + ")
}

// armCore names a core by the MIDR register's implementer and part.
func armCore(implementer, part string) string {
	if name, ok := armParts[implementer+" "+part]; ok {
		return name
	}
	return fmt.Sprintf("ARM implementer %s part %s", implementer, part)
}

// armParts is after arch/arm64/include/asm/cputype.h in Linux.
var armParts = map[string]string{
	"0x41 0xc07": "Cortex-A7",
	"0x41 0xd03": "Cortex-A53",
	"0x41 0xd04": "Cortex-A35",
	"0x41 0xd05": "Cortex-A55",
	"0x41 0xd07": "Cortex-A57",
	"0x41 0xd08": "Cortex-A72",
	"0x41 0xd09": "Cortex-A73",
	"0x41 0xd0a": "Cortex-A75",
	"0x41 0xd0b": "Cortex-A76",
	"0x41 0xd0c": "Neoverse-N1",
	"0x41 0xd0d": "Cortex-A77",
	"0x41 0xd40": "Neoverse-V1",
	"0x41 0xd41": "Cortex-A78",
	"0x41 0xd44": "Cortex-X1",
	"0x41 0xd46": "Cortex-A510",
	"0x41 0xd47": "Cortex-A710",
	"0x41 0xd48": "Cortex-X2",
	"0x41 0xd49": "Neoverse-N2",
	"0x41 0xd4d": "Cortex-A715",
	"0x41 0xd4e": "Cortex-X3",
	"0x41 0xd4f": "Neoverse-V2",
	"0x41 0xd80": "Cortex-A520",
	"0x41 0xd81": "Cortex-A720",
	"0x41 0xd82": "Cortex-X4",
	"0x41 0xd84": "Neoverse-V3",
	"0x41 0xd87": "Cortex-A725",
	"0x41 0xd8e": "Neoverse-N3",
	"0xc0 0xac3": "Ampere-1",
	"0xc0 0xac4": "Ampere-1A",
}
