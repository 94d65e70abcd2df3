package lab

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// A flag is a bit and its name in C.
type flag struct {
	bit  int
	name string
}

var (
	protFlags = []flag{{unix.PROT_READ, "PROT_READ"}, {unix.PROT_WRITE, "PROT_WRITE"}, {unix.PROT_EXEC, "PROT_EXEC"}}
	mapFlags  = []flag{{unix.MAP_SHARED, "MAP_SHARED"}, {unix.MAP_PRIVATE, "MAP_PRIVATE"},
		{unix.MAP_ANONYMOUS, "MAP_ANONYMOUS"}, {unix.MAP_FIXED, "MAP_FIXED"}}
	syncFlags = []flag{{unix.MS_SYNC, "MS_SYNC"}, {unix.MS_ASYNC, "MS_ASYNC"}}
	openFlags = []flag{{unix.O_CREAT, "O_CREAT"}, {unix.O_EXCL, "O_EXCL"},
		{unix.O_TRUNC, "O_TRUNC"}, {unix.O_NOFOLLOW, "O_NOFOLLOW"}}
)

// names writes flags as C does.
func names(value int, known []flag, none string) string {
	var out []string
	for _, f := range known {
		if value&f.bit == f.bit {
			out = append(out, f.name)
			value &^= f.bit
		}
	}
	if value != 0 {
		out = append(out, fmt.Sprintf("%#x", value))
	}
	if len(out) == 0 {
		return none
	}
	return strings.Join(out, "|")
}

// openNames writes the flags of open(2), whose access mode is a number and not
// a bit.
func openNames(flags int) string {
	modes := [...]string{unix.O_RDONLY: "O_RDONLY", unix.O_WRONLY: "O_WRONLY", unix.O_RDWR: "O_RDWR"}
	mode := modes[flags&unix.O_ACCMODE]
	if rest := names(flags&^(unix.O_ACCMODE|unix.O_CLOEXEC), openFlags, ""); rest != "" {
		return mode + "|" + rest
	}
	return mode
}
