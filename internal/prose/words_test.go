package prose_test

import (
	"testing"

	"mmapbench/internal/prose"
)

func TestList(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "12": {"12"}, "12 and 24": {"12", "24"},
		"12, 24 and 48": {"12", "24", "48"}} {
		if got := prose.List(words); got != want {
			t.Errorf("%v: %q, want %q", words, got, want)
		}
	}
}

func TestAtMost(t *testing.T) {
	for times, want := range map[int]string{1: "once", 2: "at most 2 times", 12: "at most 12 times"} {
		if got := prose.AtMost(times); got != want {
			t.Errorf("%d: %q, want %q", times, got, want)
		}
	}
}
