package words

import "testing"

// TestRatiosOfOneNumberOfDigits holds that a ratio and the ends of its interval are
// equally exact.
func TestRatiosOfOneNumberOfDigits(t *testing.T) {
	for f, want := range map[float64]string{
		0.00724: "0.00724", 0.00448: "0.00448", 0.031: "0.0310", 0.0996: "0.0996",
		0.25: "0.25", 1: "1.00", 3.1: "3.10", 21.76: "21.8", 250.4: "250",
	} {
		if got := Ratio(f); got != want {
			t.Errorf("%v: %s, want %s", f, got, want)
		}
	}
}
