package spelling

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	known := []string{"seqscan", "random", "copy", "append"}
	for name, want := range map[string]string{
		"seqscan": "seqscan",
		"seqscna": "seqscan", // neighbors swapped
		"SEQSCAN": "seqscan",
		"scan":    "seqscan",
		"rand":    "random",
		"radnom":  "random",
		"cpy":     "copy",
		"xxxx":    "",
		"":        "",
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := Nearest("x", nil); got != "" {
		t.Errorf("Nearest among none = %q", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"abc", "abc", 0}, {"", "abc", 3}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"ca", "abc", 3},
		{"kitten", "sitting", 3},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
	word := rapid.StringMatching(`[ab]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		switch {
		case d != distance(b, a):
			t.Fatal("not symmetric")
		case (d == 0) != (a == b):
			t.Fatalf("distance(%q, %q) = %d", a, b, d)
		case d < len(a)-len(b), d < len(b)-len(a), d > max(len(a), len(b)):
			t.Fatalf("distance(%q, %q) = %d is out of bounds", a, b, d)
		}
	})
}

func TestUnknown(t *testing.T) {
	err := Unknown("workload", "radnom", []string{"seqscan", "random"})
	if want := `unknown workload "radnom": did you mean "random"? (known: seqscan, random)`; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	err = Unknown("workload", "zzz", []string{"seqscan", "random"})
	if want := `unknown workload "zzz" (known: seqscan, random)`; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	var unknown *UnknownError
	if !errors.As(err, &unknown) || unknown.Nearest != "" {
		t.Errorf("error %#v", err)
	}
}
