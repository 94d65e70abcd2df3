package trace

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// parseIolog reads what fio wrote with --write_iolog, or may be given with --read_iolog.
// In version 3 each line begins with a time in microseconds (fio's iolog.c: the manual
// speaks of milliseconds). A wait, which version 2 alone has, is until so many
// milliseconds after the start, in the code again.
func parseIolog(l *lines, b *builder) error {
	line, _, err := l.next()
	if err != nil {
		return err
	}
	v3 := line == "fio version 3 iolog"
	if !v3 && line != "fio version 2 iolog" {
		return fmt.Errorf("it is %.40q: versions 2 and 3 of fio's iolog are read", line)
	}
	b.Timed = v3
	var at time.Duration
	for {
		line, ok, err := l.next()
		if err != nil || !ok {
			return err
		}
		f := strings.Fields(line)
		if v3 && len(f) > 0 {
			if at, err = duration(f[0], time.Microsecond); err != nil {
				return err
			}
			f = f[1:]
		}
		if err := b.piece(f, &at, v3); err != nil && !l.torn {
			return err
		}
	}
}

// piece reads one line of an iolog without its time.
func (b *builder) piece(f []string, at *time.Duration, v3 bool) error {
	if len(f) != 2 && len(f) != 4 {
		return fmt.Errorf("it has %d fields: want FILE add|open|close, or FILE ACTION OFFSET LENGTH", len(f))
	}
	path, action := f[0], f[1]
	if len(f) == 2 {
		i, err := b.file(path)
		switch {
		case action == "add" || action == "close" || action == "unlink":
		case action != "open":
			return fmt.Errorf("the action %.30q: want add, open or close", action)
		case err == nil:
			b.Files[i].Opens++
		}
		return err
	}
	off, err := strconv.ParseInt(f[2], 10, 64)
	n, errN := strconv.ParseInt(f[3], 10, 64)
	if err := errors.Join(err, errN); err != nil {
		return err
	}
	switch action {
	case "read":
		return b.add(path, Read, off, n, *at, 0)
	case "write":
		return b.add(path, Write, off, n, *at, 0)
	case "sync":
		return b.add(path, Sync, 0, 0, *at, 0)
	case "datasync":
		return b.add(path, Datasync, 0, 0, *at, 0)
	case "trim":
		b.Unseen++
		return nil
	case "wait":
		if v3 {
			return errors.New("a wait: fio has none in version 3")
		}
		b.Timed = true
		*at, err = duration(f[2], time.Millisecond)
		return err
	}
	return fmt.Errorf("the action %.30q: want read, write, sync, datasync, trim or wait", action)
}

// duration reads a number of units from 0 on.
func duration(text string, unit time.Duration) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(maxTime/unit) {
		return 0, fmt.Errorf("the time %.30q: want a number from 0 on", text)
	}
	return time.Duration(n) * unit, nil
}
