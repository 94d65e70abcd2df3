// Package words writes figures and facts the way every report of mmapbench writes
// them: numbers to three digits, times in the unit that fits, intervals with one
// unit, and the short phrases that tables, sentences and charts share.
package words

import (
	"fmt"
	"strconv"
	"strings"

	"mmapbench/analysis"
	"mmapbench/internal/units"
)

// None stands where there is no figure.
const None = "–"

// MiB is the number of bytes in a mebibyte.
const MiB = 1 << 20

// Duration writes seconds to three digits in the unit that fits. Unlike
// units.FormatDuration it keeps trailing zeros, so that the digits of a column
// say how exact it is.
func Duration(seconds float64) string {
	name, size := TimeUnit(seconds)
	return Significant3(seconds/size) + " " + name
}

// TimeUnit returns the unit in which a time is written, and the unit's length in
// seconds.
func TimeUnit(seconds float64) (name string, size float64) {
	switch {
	case seconds >= 0.9995:
		return "s", 1
	case seconds >= 0.9995e-3:
		return "ms", 1e-3
	case seconds >= 0.9995e-6:
		return "µs", 1e-6
	}
	return "ns", 1e-9
}

// Significant3 writes a number rounded to three digits, the digits before the point
// included: more would claim a precision that no interval here has.
func Significant3(f float64) string {
	rounded := strconv.FormatFloat(f, 'e', 2, 64)
	_, exponent, _ := strings.Cut(rounded, "e")
	e, err := strconv.Atoi(exponent)
	if err != nil || f == 0 { // infinite, or nothing to round
		return units.FormatNumber(f)
	}
	f, _ = strconv.ParseFloat(rounded, 64) // FormatFloat wrote it
	return strconv.FormatFloat(f, 'f', max(0, 2-e), 64)
}

// Durations writes two times, in seconds, with a sign between them: "1.19–1.25 ms", with
// the unit of the first only where the two units differ.
func Durations(low float64, sign string, high float64) string {
	name, size := TimeUnit(low)
	if other, _ := TimeUnit(high); other != name {
		return Duration(low) + sign + Duration(high)
	}
	return Significant3(low/size) + sign + Duration(high)
}

// Margin writes the longer side of the interval as a share of the median.
func Margin(e *analysis.Estimate) string {
	if e.Interval == nil {
		return NoInterval()
	}
	side := max(e.Interval.High-e.Median, e.Median-e.Interval.Low)
	return fmt.Sprintf("±%.1f%%", 100*side/e.Median)
}

// NoInterval says in a table's cell why a figure has no interval.
func NoInterval() string { return fmt.Sprintf("n<%d", analysis.MinN(analysis.Confidence)) }

// Ratio writes how many times as fast, with digits enough to see 1%. A small ratio
// and the ends of its interval get the same number of digits, zeros at the end
// included.
func Ratio(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	case f >= 0.1:
		return fmt.Sprintf("%.2f", f)
	}
	return Significant3(f)
}

// FineRatio writes a ratio to a thousandth around 1, where a tolerance lies.
func FineRatio(f float64) string {
	if f >= 0.1 && f < 10 {
		return fmt.Sprintf("%.3f", f)
	}
	return Ratio(f)
}

// Percent writes a share as "2.5%".
func Percent(f float64) string { return units.FormatNumber(100*f) + "%" }

// Amount writes a figure of the unit "s", "bytes" or another in the unit that fits.
func Amount(v *float64, unit string) string {
	switch {
	case v == nil:
		return None
	case unit == "s":
		return Duration(*v)
	case unit == "bytes":
		return units.FormatSize(int64(*v))
	}
	return units.FormatNumber(*v)
}
