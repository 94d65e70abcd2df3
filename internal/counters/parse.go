package counters

import (
	"bytes"
	"math"
)

// absent is a value that a text does not have. Counters are never negative.
const absent = -1

// The parsers fill the places of what they find and leave the others alone. A
// number that does not fit, or that something other than a blank follows, is
// not found.

// parseKeyed reads lines of a name and a number, as "pgfault 12", "rchar: 12"
// and "FilePmdMapped:  12 kB", the last in bytes. index gives names places.
func parseKeyed(text []byte, index map[string]int, into []int64) {
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		name, rest := cutField(line)
		place, ok := index[string(bytes.TrimSuffix(name, []byte(":")))] // does not allocate
		if !ok {
			continue
		}
		n, rest, ok := number(rest)
		if unit, _ := cutField(rest); ok && string(unit) == "kB" {
			n, ok = times(n, 1024)
		}
		if ok {
			into[place] = n
		}
	}
}

// parseNumbers reads the numbers of one line, as many as there are places.
func parseNumbers(text []byte, into []int64) {
	line, _ := cutLine(text)
	for i := range into {
		n, rest, ok := number(line)
		if !ok {
			return
		}
		into[i], line = n, rest
	}
}

// parsePressure reads the totals of the lines "some" and "full", in that
// order, of
//
//	some avg10=0.00 avg60=0.00 avg300=0.00 total=461045250
func parsePressure(text []byte, into []int64) {
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		place := 0
		switch word, _ := cutField(line); string(word) {
		case "some":
		case "full":
			place = 1
		default:
			continue
		}
		_, total, found := bytes.Cut(line, []byte(" total="))
		if n, _, ok := number(total); found && ok && place < len(into) {
			into[place] = n
		}
	}
}

// parseSteal reads the first line of /proc/stat, proc_stat(5):
//
//	cpu  user nice system idle iowait irq softirq steal guest guest_nice
//
// The last two are in the first two. A steal of 0 is that of a machine which does not
// count it, so there are no values.
func parseSteal(text []byte, into []int64) {
	line, _ := cutLine(text)
	word, rest := cutField(line)
	var n [8]int64
	parseNumbers(rest, n[:])
	if string(word) != "cpu" || n[7] == 0 {
		return
	}
	wanted, ok := int64(0), true
	for i, v := range n {
		if i != 3 && i != 4 && ok {
			wanted, ok = plus(wanted, v)
		}
	}
	if ok {
		into[0], into[1] = n[7], wanted
	}
}

// parseShootdowns adds up, over the processors, the row of /proc/interrupts
//
//	TLB:     247086     259794   TLB shootdowns
func parseShootdowns(text []byte, into []int64) {
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		name, rest := cutField(line)
		if string(name) != "TLB:" {
			continue
		}
		sum, n, ok := int64(0), int64(0), true
		for first := true; ; first = false {
			n, rest, ok = number(rest)
			if !ok {
				if !first {
					into[0] = sum
				}
				return
			}
			if sum, ok = plus(sum, n); !ok {
				return
			}
		}
	}
}

// Places of what parseDiskstats reads.
const (
	diskReads = iota
	diskReadBytes
	diskWrites
	diskWriteBytes
	diskBusy // ms
	diskPlaces
)

// sector is the unit of /proc/diskstats whatever the device's own is
// (Documentation/block/stat.rst).
const sector = 512

// parseDiskstats adds up the lines of the named devices in /proc/diskstats:
// major, minor, name, then the fields of Documentation/admin-guide/iostats.rst.
// If one of them has no line, there is no sum, and its name is returned.
func parseDiskstats(text []byte, names []string, into []int64) (missing string) {
	var sum [diskPlaces]int64
	for _, name := range names {
		line := diskLine(text, name)
		var f [10]int64
		for i := range f {
			f[i] = absent
		}
		parseNumbers(line, f[:])
		if f[9] == absent || !addDisk(&sum, &f) {
			return name
		}
	}
	if len(names) > 0 {
		copy(into, sum[:])
	}
	return ""
}

// diskLine returns what follows the name in its line.
func diskLine(text []byte, name string) []byte {
	for len(text) > 0 {
		var line []byte
		line, text = cutLine(text)
		_, rest := cutField(line) // major
		_, rest = cutField(rest)  // minor
		word, rest := cutField(rest)
		if string(word) == name {
			return rest
		}
	}
	return nil
}

// addDisk adds the fields of a device: reads, reads merged, sectors read, ms
// reading, writes, writes merged, sectors written, ms writing, in flight, ms
// with anything in flight.
func addDisk(sum *[diskPlaces]int64, f *[10]int64) bool {
	read, ok1 := times(f[2], sector)
	written, ok2 := times(f[6], sector)
	if !ok1 || !ok2 {
		return false
	}
	for place, n := range [diskPlaces]int64{f[0], read, f[4], written, f[9]} {
		var ok bool
		if sum[place], ok = plus(sum[place], n); !ok {
			return false
		}
	}
	return true
}

// cutLine cuts off the first line, without its end.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// cutField cuts off the first word.
func cutField(b []byte) (word, rest []byte) {
	start := 0
	for start < len(b) && blank(b[start]) {
		start++
	}
	end := start
	for end < len(b) && !blank(b[end]) {
		end++
	}
	return b[start:end], b[end:]
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// number cuts off the first word if it is a decimal number in an int64.
func number(b []byte) (n int64, rest []byte, ok bool) {
	word, rest := cutField(b)
	for _, c := range word {
		if c < '0' || c > '9' || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, b, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, rest, len(word) > 0
}

func times(a, b int64) (int64, bool) { return a * b, a <= math.MaxInt64/b }

func plus(a, b int64) (int64, bool) { return a + b, a <= math.MaxInt64-b }
