// Package leftover finds and ends what a command leaves running.
//
// A trial that is over must not disturb the next one, and no other process may be
// hit. A worker adopts the processes that its command leaves ([Adopt]), so that all of
// them are below the worker, whatever process groups they have made. A process with a
// session of its own, such as a daemon, is named and let go after a trial that ended
// ([End]), and killed with the rest where a trial is cut off ([KillAll]). Where the
// worker has died, nothing is below it: what it started is known by an entry of the
// environment that only the worker was given ([KillMarked]). The worker itself begins no
// session: with CONFIG_SCHED_AUTOGROUP the scheduler gives each session a share of its
// own, and on a busy machine trials would take half as long again.
package leftover

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A Process is one that outlived who started it.
type Process struct {
	PID  int
	Name string // the leading thread's name (proc_pid_comm(5)), cut to 15 bytes
}

// Adopt makes this process the parent of those below it whose own parents die.
func Adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// Below lists the running processes that descend from a process: those of its
// session, and those of others.
func Below(root int) (same, other []Process, err error) { return list("/proc", root) }

// stat is what is known of a process.
type stat struct {
	Process
	parent, session int
	runs            bool
}

func list(proc string, root int) (same, other []Process, err error) {
	paths, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "stat"))
	if err != nil || len(paths) == 0 {
		return nil, nil, fmt.Errorf("look for processes in %s: there are none", proc)
	}
	children := map[int][]stat{}
	session := -1
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		s, ok := parse(text)
		if !ok {
			continue
		}
		children[s.parent] = append(children[s.parent], s)
		if s.PID == root {
			session = s.session
		}
	}
	for parents := []int{root}; len(parents) > 0; parents = parents[1:] {
		for _, s := range children[parents[0]] {
			parents = append(parents, s.PID)
			switch {
			case s.runs && s.session == session:
				same = append(same, s.Process)
			case s.runs:
				other = append(other, s.Process)
			}
		}
	}
	return same, other, nil
}

// parse reads what is needed of proc_pid_stat(5). The name may hold anything,
// parentheses too.
func parse(text []byte) (s stat, ok bool) {
	open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return s, false
	}
	fields := bytes.Fields(text[end+1:]) // state, parent, group, session
	if len(fields) < 4 {
		return s, false
	}
	s.Name, s.runs = string(text[open+1:end]), fields[0][0] != 'Z' && fields[0][0] != 'X'
	for _, n := range []struct {
		text  []byte
		value *int
	}{{bytes.TrimSpace(text[:open]), &s.PID}, {fields[1], &s.parent}, {fields[3], &s.session}} {
		var err error
		if *n.value, err = strconv.Atoi(string(n.text)); err != nil {
			return s, false
		}
	}
	return s, true
}

const (
	// grace is for processes that are about to end by themselves, such as the reader of a
	// pipe whose writer was waited for.
	grace = 50 * time.Millisecond
	// pause is between two looks.
	pause = 5 * time.Millisecond
	// looks bounds how often is killed what multiplies.
	looks = 20
)

// End gives what is below a process a moment, and kills what does not end but for
// what has a session of its own: that is let go. Both are returned.
func End(root int) (killed, going []Process, err error) {
	for began := time.Now(); ; time.Sleep(pause) {
		same, other, err := Below(root)
		if err != nil || len(same)+len(other) == 0 {
			return nil, nil, err
		}
		if time.Since(began) < grace {
			continue
		}
		return same, other, kill(func() ([]Process, error) { same, _, err := Below(root); return same, err })
	}
}

// KillAll ends all that is below a process, whatever its session.
func KillAll(root int) error {
	return kill(func() ([]Process, error) { same, other, err := Below(root); return append(same, other...), err })
}

// KillMarked ends every process that was started with an entry of the environment.
func KillMarked(entry string) error {
	return kill(func() ([]Process, error) {
		left := marked(entry)
		if len(left) == 0 { // a process in the middle of execve(2) has no environment
			time.Sleep(pause)
			left = marked(entry)
		}
		return left, nil
	})
}

// marked lists the processes that were started with an entry of the environment, but for
// zombies, which have none, and those that we may not look into, which we could not kill.
func marked(entry string) (found []Process) {
	paths, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is a good one
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil || !slices.Contains(strings.Split(string(text), "\x00"), entry) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, Process{PID: pid})
		}
	}
	return found
}

// kill ends what is found, until there is nothing.
func kill(find func() ([]Process, error)) error {
	var left []Process
	for range looks {
		var err error
		if left, err = find(); err != nil || len(left) == 0 {
			return err
		}
		for _, p := range left {
			_ = unix.Kill(p.PID, unix.SIGKILL) // one that has ended is no error
		}
		time.Sleep(pause)
	}
	return fmt.Errorf("processes do not end: %v", left)
}
