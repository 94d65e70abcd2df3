package results

import (
	"fmt"
	"strconv"
	"strings"

	"mmapbench/internal/spelling"
)

// SyncEnd and SyncEvery are the levels of the factor sync: when what was written is made
// durable. SyncEvery may have a number of records behind it, as in every=16.
const (
	SyncEnd   = "end"
	SyncEvery = "every"
)

// maxSyncEvery bounds the records between two syncs.
const maxSyncEvery = 1 << 30

// ParseSync reads a level of the factor sync and returns it as an arm has it, and after
// how many records a sync comes. An arm whose writes are synced at the end has no level,
// as arms of older files, which knew nothing else.
func ParseSync(text string) (level string, every int64, err error) {
	switch number, has := strings.CutPrefix(text, SyncEvery+"="); {
	case text == SyncEnd || text == "":
		return "", 0, nil
	case has:
		every, err = strconv.ParseInt(number, 10, 64)
		if err != nil || every < 1 || every > maxSyncEvery {
			return "", 0, fmt.Errorf("%q: want a number of records from 1 to %d, as in %s=16", text,
				maxSyncEvery, SyncEvery)
		}
	case text == SyncEvery:
		every = 1
	default:
		return "", 0, spelling.Unknown("sync", text, []string{SyncEnd, SyncEvery, SyncEvery + "=N"})
	}
	if every == 1 {
		return SyncEvery, 1, nil
	}
	return text, every, nil
}

// SyncEvery is after how many records that an arm writes a sync comes; 0: at the end alone.
func (a *Arm) SyncEvery() int64 {
	_, every, _ := ParseSync(a.Sync) // what is no level was refused by Plan.Check
	return every
}

// Syncs is how many syncs one lap of an arm makes before the one at its end.
func (a *Arm) Syncs() int64 {
	every := a.SyncEvery()
	if every == 0 {
		return 0
	}
	return (a.Ops + every - 1) / every
}

func syncPhrase(_ *Arm, level string) string {
	switch level {
	case SyncEnd:
		return "" // as goes without saying
	case SyncEvery:
		return "a sync after every record"
	}
	return "a sync after every " + strings.TrimPrefix(level, SyncEvery+"=") + " records"
}
