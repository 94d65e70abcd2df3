// Package units reads and writes sizes, durations and rates.
//
// The package can read what it prints, checks what it reads, and never prints a
// number without its unit. Sizes are binary throughout (k, M, G are powers of
// 1,024): storage vendors' decimal units would make a page 4.096 k.
package units

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

var suffixes = []struct {
	name  string
	shift uint
}{{"", 0}, {"k", 10}, {"M", 20}, {"G", 30}, {"T", 40}, {"P", 50}, {"E", 60}}

// ParseSize reads a size in bytes: a decimal number with an optional fraction,
// then an optional k, M, G, T, P or E (any case) with an optional "B" or "iB", as
// in 4096, 4k, 64KiB, 1.5M. Zero, negative, overflowing sizes and those that
// are not a whole number of bytes are errors.
func ParseSize(s string) (int64, error) {
	text := strings.TrimSpace(s)
	end := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if strings.HasPrefix(text, "-") {
		return 0, fmt.Errorf("size %q is negative", s)
	}
	number, suffix := text, ""
	if end >= 0 {
		number, suffix = text[:end], strings.TrimSpace(text[end:])
	}
	shift, ok := suffixShift(suffix)
	if number == "" || !ok {
		return 0, fmt.Errorf("size %q: want a number with an optional k, M, G or T, such as 4k or 256M", s)
	}
	if whole, err := strconv.ParseUint(number, 10, 64); err == nil {
		if whole > uint64(math.MaxInt64)>>shift {
			return 0, fmt.Errorf("size %q %w", s, errTooLarge)
		}
		return positive(s, int64(whole<<shift))
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("size %q: %q is not a number that fits", s, number)
	}
	f *= float64(uint64(1) << shift)
	if f >= math.MaxInt64 {
		return 0, fmt.Errorf("size %q %w", s, errTooLarge)
	}
	if f != math.Trunc(f) {
		return 0, fmt.Errorf("size %q is not a whole number of bytes", s)
	}
	return positive(s, int64(f))
}

// ParseOffset reads an offset in a file, in bytes: a whole number in any form
// that Go writes one in (4096, 0x1000, 0o10000, 0b1, 4_096), or a size with a
// unit, as ParseSize reads it. Zero is one; negative offsets, and those that
// fit no file (off_t is a signed 64-bit number), are errors.
func ParseOffset(s string) (int64, error) {
	text := strings.TrimSpace(s)
	n, err := strconv.ParseInt(text, 0, 64)
	switch {
	case err == nil && n < 0:
		return 0, fmt.Errorf("offset %q is negative", s)
	case err == nil:
		return n, nil
	case errors.Is(err, strconv.ErrRange) && strings.HasPrefix(text, "-"):
		return 0, fmt.Errorf("offset %q is negative", s)
	case errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("offset %q is too large: the largest is 2^63-1", s)
	}
	// "08" is no octal number, and no size either: it may be meant as one.
	size, err := ParseSize(text)
	switch {
	case err == nil && strings.IndexFunc(text, notDigit) > 0:
		return size, nil
	case errors.Is(err, errTooLarge):
		return 0, fmt.Errorf("offset %q is too large: the largest is 2^63-1", s)
	}
	return 0, fmt.Errorf("offset %q: want a whole number of bytes, such as 4096, 0x1000 or 4k", s)
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// errTooLarge ends the error about a size.
var errTooLarge = errors.New("is too large")

func positive(s string, n int64) (int64, error) {
	if n <= 0 {
		return 0, fmt.Errorf("size %q: must be at least one byte", s)
	}
	return n, nil
}

func suffixShift(s string) (uint, bool) {
	s = strings.ToLower(s)
	if s == "b" || s == "" {
		return 0, true
	}
	for _, u := range suffixes[1:] {
		if name := strings.ToLower(u.name); s == name || s == name+"b" || s == name+"ib" {
			return u.shift, true
		}
	}
	return 0, false
}

// CompactSize writes a size without loss and without a space, in the largest
// unit that divides it, as ParseSize reads it: "4k", "1M", "1000".
func CompactSize(n int64) string {
	for i := len(suffixes) - 1; i > 0; i-- {
		if u := suffixes[i]; n != 0 && n%(1<<u.shift) == 0 {
			return strconv.FormatInt(n>>u.shift, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// FormatSize writes a size for people, rounded to three digits: "64 KiB",
// "1.5 GiB", "100 B".
func FormatSize(n int64) string {
	for i := len(suffixes) - 1; i > 0; i-- {
		if u := suffixes[i]; n >= 1<<u.shift || n <= -1<<u.shift {
			return trim(float64(n)/float64(uint64(1)<<u.shift)) + " " + strings.ToUpper(u.name) + "iB"
		}
	}
	return strconv.FormatInt(n, 10) + " B"
}

// FormatDuration writes a duration for people in the unit that fits, rounded
// to three digits: "523 ns", "1.21 ms", "12.4 s", "3m20s".
func FormatDuration(d time.Duration) string {
	switch abs := max(d, -d); {
	case abs < time.Microsecond:
		return strconv.FormatInt(int64(d), 10) + " ns"
	case abs < time.Millisecond:
		return trim(float64(d)/1e3) + " µs"
	case abs < time.Second:
		return trim(float64(d)/1e6) + " ms"
	case abs < 100*time.Second:
		return trim(float64(d)/1e9) + " s"
	}
	return d.Round(time.Second).String()
}

// FormatRate writes bytes per second as MiB/s to three digits, without the
// unit: "85.3", "12300".
func FormatRate(bytesPerSecond float64) string { return significant(bytesPerSecond / (1 << 20)) }

// FormatNumber writes a plain number to three significant digits, never in
// exponential form.
func FormatNumber(f float64) string { return significant(f) }

// significant writes f rounded to three significant digits, those before the
// point too: more would claim a precision that no interval here has.
func significant(f float64) string {
	if abs := math.Abs(f); abs >= 1000 && !math.IsInf(f, 0) {
		unit := math.Pow10(int(math.Floor(math.Log10(abs))) - 2)
		f = math.Round(f/unit) * unit
	}
	return trim(f)
}

// trim writes f to three significant digits, but never fewer than stand before
// the point, without trailing zeros after it and without an exponent. What is
// smaller than a billionth is written as 0.
func trim(f float64) string {
	if f == 0 || math.IsInf(f, 0) || math.IsNaN(f) {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(f))))
	s := strconv.FormatFloat(f, 'f', min(max(digits, 0), 9), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}
