package units

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1":           1,
		"4096":        4096,
		" 4k ":        4 << 10,
		"4K":          4 << 10,
		"4 k":         4 << 10,
		"64KiB":       64 << 10,
		"64kb":        64 << 10,
		"100B":        100,
		"1.5M":        3 << 19,
		"0.5k":        512,
		"2G":          2 << 30,
		"3T":          3 << 40,
		"1P":          1 << 50,
		"8191P":       8191 << 50,
		"00012":       12,
		"1.0":         1,
		".5k":         512,
		"1.k":         1 << 10,
		"99999999999": 99999999999,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                      "want a number",
		"k":                     "want a number",
		"-4k":                   "negative",
		"0":                     "at least one byte",
		"0k":                    "at least one byte",
		"1.1k":                  "whole number of bytes",
		"0.5":                   "whole number of bytes",
		"4x":                    "want a number",
		"4kk":                   "want a number",
		"4 k b":                 "want a number",
		"1e3":                   "want a number",
		"0x10":                  "want a number",
		"+1":                    "want a number",
		"1_000":                 "want a number",
		"1..5":                  "not a number",
		".":                     "not a number",
		"8192P":                 "too large",
		"9223372036854775808":   "too large",
		"99999999999999999999":  "too large",
		"99999999999999999999k": "too large",
		"8192.5P":               "too large",
	} {
		if got, err := ParseSize(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseSize(%q) = %d, %v; want an error with %q", text, got, err, want)
		}
	}
}

func TestCompactSizeIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Numbers that a unit divides are rare among all numbers.
		n := rapid.Int64Range(1, math.MaxInt64).Draw(t, "n")
		n = max(1, n>>rapid.IntRange(0, 62).Draw(t, "down"))
		if up := rapid.IntRange(0, 62).Draw(t, "up"); n <= math.MaxInt64>>up {
			n <<= up
		}
		s := CompactSize(n)
		if got, err := ParseSize(s); err != nil || got != n {
			t.Fatalf("ParseSize(CompactSize(%d) = %q) = %d, %v", n, s, got, err)
		}
		if strings.ContainsAny(s, " .") {
			t.Fatalf("CompactSize(%d) = %q", n, s)
		}
	})
}

func TestCompactSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 1: "1", 1000: "1000", 1024: "1k", 1025: "1025", 4096: "4k", 3 << 19: "1536k",
		1 << 20: "1M", 1 << 30: "1G", 1 << 40: "1T", 1 << 50: "1P", 1 << 62: "4E",
		math.MaxInt64: "9223372036854775807",
	} {
		if got := CompactSize(n); got != want {
			t.Errorf("CompactSize(%d) = %q, want %q", n, got, want)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"4096", "4k", "64KiB", "1.5M", "", "-1", "0.1k", "9223372036854775807", "1e9",
		".k", "1.5 GiB", "٣k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseSize(s)
		if err != nil {
			if n != 0 || !strings.Contains(err.Error(), strconv.Quote(s)) {
				t.Errorf("ParseSize(%q) = %d, %v", s, n, err)
			}
			return
		}
		if n <= 0 {
			t.Errorf("ParseSize(%q) = %d", s, n)
		}
		if again, err := ParseSize(CompactSize(n)); err != nil || again != n {
			t.Errorf("ParseSize(%q) = %d; read again %d, %v", s, n, again, err)
		}
	})
}

func TestFormatSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1: "1 B", 100: "100 B", 1023: "1023 B", -5: "-5 B",
		1024: "1 KiB", 1025: "1 KiB", 1536: "1.5 KiB", 64 << 10: "64 KiB", -64 << 10: "-64 KiB",
		1234567: "1.18 MiB", 3 << 29: "1.5 GiB", 100 << 30: "100 GiB", 5 << 40: "5 TiB", math.MaxInt64: "8 EiB",
	} {
		if got := FormatSize(n); got != want {
			t.Errorf("FormatSize(%d) = %q, want %q", n, got, want)
		}
	}
}

// What is written for people is wrong by at most half of the third digit.
func TestFormatSizeIsNearlyExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := max(1, rapid.Int64Range(1, 1<<60).Draw(t, "n")>>rapid.IntRange(0, 60).Draw(t, "down"))
		s := FormatSize(n)
		number, unit, _ := strings.Cut(s, " ")
		f, err := strconv.ParseFloat(number, 64)
		shift, known := suffixShift(unit)
		if err != nil || !known {
			t.Fatalf("FormatSize(%d) = %q", n, s)
		}
		if off := math.Abs(math.Ldexp(f, int(shift))/float64(n) - 1); off > 0.00501 {
			t.Fatalf("FormatSize(%d) = %q, wrong by %.2g %%", n, s, off*100)
		}
	})
}

func TestFormatDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                                  "0 ns",
		523:                                "523 ns",
		-523:                               "-523 ns",
		1000:                               "1 µs",
		1234:                               "1.23 µs",
		1210 * time.Microsecond:            "1.21 ms",
		-1210 * time.Microsecond:           "-1.21 ms",
		20 * time.Millisecond:              "20 ms",
		12400 * time.Millisecond:           "12.4 s",
		99900 * time.Millisecond:           "99.9 s",
		100 * time.Second:                  "1m40s",
		200*time.Second + time.Millisecond: "3m20s",
		2 * time.Hour:                      "2h0m0s",
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1: "1", -1: "-1", 1.5: "1.5", 3.14159: "3.14", -3.14159: "-3.14", 99.96: "100", 123.4: "123",
		0.000123456: "0.000123",
	} {
		if got := FormatNumber(f); got != want {
			t.Errorf("FormatNumber(%v) = %q, want %q", f, got, want)
		}
	}
	if got := FormatRate(85.34 * (1 << 20)); got != "85.3" {
		t.Errorf("FormatRate(85.34 MiB/s) = %q, want 85.3", got)
	}
	if got := FormatNumber(1e300); strings.ContainsAny(got, "eE") {
		t.Errorf("FormatNumber(1e300) = %q: exponential", got)
	}
}

func TestParseOffset(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, " 7 ": 7, "0x1000": 4096, "0X1f": 31, "0o17": 15, "017": 15, "0b101": 5, "4_096": 4096,
		"4k": 4096, "4KiB": 4096, "1.5k": 1536, "2 M": 2 << 20, "9223372036854775807": 1<<63 - 1,
		"0x7fffffffffffffff": 1<<63 - 1,
		"4096B":              4096,
	} {
		if got, err := ParseOffset(text); err != nil || got != want {
			t.Errorf("ParseOffset(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for text, says := range map[string]string{
		"": "whole number", "x": "whole number", "-1": "negative", "-99999999999999999999": "negative",
		"0x":                  "whole number",
		"9223372036854775808": "too large", "0x8000000000000000": "too large", "08": "whole number",
		"1.5": "whole number", "4q": "whole number", "8E": "too large", "9000P": "too large",
		"7.99999999999999999E": "too large",
		"-4k":                  "whole number", "0k": "whole number",
	} {
		if n, err := ParseOffset(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("ParseOffset(%q) = %d, %v; want an error with %q", text, n, err, says)
		}
	}
}

func FuzzParseOffset(f *testing.F) {
	for _, s := range []string{"0", "0x10", "4k", "1.5M", "-1", "08"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseOffset(s)
		if err == nil && n < 0 {
			t.Errorf("ParseOffset(%q) = %d", s, n)
		}
		if err != nil {
			return
		}
		if again, err := ParseOffset(strconv.FormatInt(n, 10)); err != nil || again != n {
			t.Errorf("%d is read back as %d, %v", n, again, err)
		}
	})
}
