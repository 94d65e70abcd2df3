package splitmix

import "testing"

// The numbers are those that Rosetta Code gives for "Splitmix64".
func TestAt(t *testing.T) {
	const seed = 1234567
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := At(seed + uint64(i)*Gamma); got != want {
			t.Errorf("number %d is %d, want %d", i, got, want)
		}
	}
}
