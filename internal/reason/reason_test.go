package reason

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name string
		why  Reason
		want string
	}{
		{"count and detail", Reason{PagesInCache, map[string]int64{"resident": 3, "pages": 256}, "mincore"},
			"3 of 256 pages were in the page cache before the trial (mincore)"},
		{"bytes", Reason{Code: ShareUnknown, Values: map[string]int64{"device": 3 << 20}},
			"the device delivered 3 MiB, and how much of it this process asked for is not known"},
		{"time", Reason{Code: BelowCaches, Values: map[string]int64{"first": int64(200 * time.Microsecond),
			"again": 9000}},
			"the layer below caches: direct reads took 200 µs, and 9 µs when they were repeated"},
		{"no values", Reason{Code: NeedUnknown}, "how much the device had to deliver is not known"},
		{"a value is missing", Reason{Code: NotPopulated}, "the page tables were not populated: ? faults on ? pages"},
		{"unknown code", Reason{Code: "from-the-future", Detail: "x"}, "from-the-future: x"},
		{"unknown code alone", Reason{Code: "from-the-future"}, "from-the-future"},
		{"older", Reason{Code: Older, Detail: "as it was {pages}"}, "as it was {pages}"},
		{"none", Reason{}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.why.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	both := []Reason{{Code: NeedUnknown}, {Code: NoBlockDevice}}
	if got, want := Codes(both), NeedUnknown+";"+NoBlockDevice; got != want {
		t.Errorf("codes %q, want %q", got, want)
	}
}

// Codes are words with hyphens, each once.
func TestTexts(t *testing.T) {
	plain := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	var seen []string
	for _, text := range Texts {
		if !plain.MatchString(text.Code) || slices.Contains(seen, text.Code) || text.Sentence == "" {
			t.Errorf("%+v", text)
		}
		seen = append(seen, text.Code)
	}
}
