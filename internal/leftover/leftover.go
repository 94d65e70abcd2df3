// Package leftover finds and ends what a command leaves running.
//
// Its attitude: a trial that is over must not disturb the next one. Every trial
// is a session (setsid(2)), whose number no other process gets while one of its
// members lives, so that what is left can be found after its parents have died,
// and nobody else is hit. What makes a session of its own, as a daemon does, is
// let go.
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

// Of lists the processes of a session that run, except one of them: its leader,
// who asks.
func Of(session, except int) ([]Process, error) {
	return list("/proc", session, except)
}

func list(proc string, session, except int) ([]Process, error) {
	paths, err := filepath.Glob(filepath.Join(proc, "[0-9]*", "stat"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("look for processes in %s: there are none", proc)
	}
	var found []Process
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		p, of, runs := parse(text)
		if runs && of == session && p.PID != except {
			found = append(found, p)
		}
	}
	return found, nil
}

// parse reads the number, the name, the state and the session of a process
// (proc_pid_stat(5)). The name may hold anything, parentheses too.
func parse(stat []byte) (p Process, session int, runs bool) {
	open, end := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return p, 0, false
	}
	fields := bytes.Fields(stat[end+1:]) // state, parent, group, session
	pid, err := strconv.Atoi(string(bytes.TrimSpace(stat[:open])))
	if err != nil || len(fields) < 4 {
		return p, 0, false
	}
	if session, err = strconv.Atoi(string(fields[3])); err != nil {
		return p, 0, false
	}
	dead := fields[0][0] == 'Z' || fields[0][0] == 'X'
	return Process{pid, string(stat[open+1 : end])}, session, !dead
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

// End gives the members of a session a moment, kills those that do not end, and
// returns them.
func End(session, except int) ([]Process, error) {
	var left []Process
	var err error
	for began := time.Now(); ; time.Sleep(pause) {
		if left, err = Of(session, except); err != nil || len(left) == 0 {
			return nil, err
		}
		if time.Since(began) >= grace {
			break
		}
	}
	return left, Kill(session, except)
}

// Kill ends the members of a session at once, until there are none.
func Kill(session, except int) error {
	for range looks {
		left, err := Of(session, except)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, p := range left {
			// One that may not be killed, or has ended, is found or not at the next look.
			_ = unix.Kill(p.PID, unix.SIGKILL)
		}
		time.Sleep(pause)
	}
	return fmt.Errorf("the processes of session %d do not end", session)
}
