// Package leftover finds and ends what a command leaves running.
//
// Its attitude: a trial that is over must not disturb the next one, and nobody else
// may be hit. A worker adopts what its command leaves ([Adopt]), so that all of it is
// below the worker, whatever groups it has made. What makes a session of its own, as
// a daemon does, is let go. The worker itself does not begin a session: with
// CONFIG_SCHED_AUTOGROUP the scheduler gives each a share of its own, and on a busy
// machine trials would take half as long again.
package leftover

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A Process is one that outlived who started it.
type Process struct {
	PID  int
	Name string // of the thread that leads it (proc_pid_comm(5)), cut to 15 bytes
}

// Adopt makes this process the parent of those below it whose own parents die.
func Adopt() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// Below lists the running processes of a process's session that descend from it.
func Below(root int) ([]Process, error) { return list("/proc", root) }

// stat is what is known of a process.
type stat struct {
	Process
	parent, session int
	runs            bool
}

func list(proc string, root int) ([]Process, error) {
	paths, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "stat"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("look for processes in %s: there are none", proc)
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
	var found []Process
	for parents := []int{root}; len(parents) > 0; parents = parents[1:] {
		for _, s := range children[parents[0]] {
			parents = append(parents, s.PID)
			if s.runs && s.session == session {
				found = append(found, s.Process)
			}
		}
	}
	return found, nil
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
	// grace is for those who are about to end anyhow, such as the reader of a
	// pipe whose writer was waited for.
	grace = 50 * time.Millisecond
	// pause is between two looks.
	pause = 5 * time.Millisecond
	// looks bounds how often is killed what multiplies.
	looks = 20
)

// End gives what is below a process a moment, kills what does not end, and
// returns it.
func End(root int) ([]Process, error) {
	for began := time.Now(); ; time.Sleep(pause) {
		left, err := Below(root)
		if err != nil || len(left) == 0 {
			return nil, err
		}
		if time.Since(began) >= grace {
			return left, kill(root, left)
		}
	}
}

// kill ends what is below a process, until there is nothing.
func kill(root int, left []Process) (err error) {
	for range looks {
		Kill(left)
		time.Sleep(pause)
		if left, err = Below(root); err != nil || len(left) == 0 {
			return err
		}
	}
	return fmt.Errorf("processes below %d do not end", root)
}

// Kill ends processes that were found just now.
func Kill(list []Process) {
	for _, p := range list {
		_ = unix.Kill(p.PID, unix.SIGKILL) // one that has ended is no error
	}
}
