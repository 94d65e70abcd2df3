package latency

import (
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

func TestMergeIsAllSamplesTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rounds := rapid.SliceOfN(samples, 0, 5).Draw(t, "rounds")
		var texts []string
		want := newHistogram()
		for _, round := range rounds {
			texts = append(texts, record(round).Summary().Histogram)
			for _, ns := range round {
				if err := want.RecordValue(ns); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := merge(texts...)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equals(want) {
			t.Fatalf("%d samples merged, want %d", got.TotalCount(), want.TotalCount())
		}
	})
}

func merge(texts ...string) (*hdrhistogram.Histogram, error) {
	var s Sum
	for _, text := range texts {
		if err := s.Add(text); err != nil {
			return nil, err
		}
	}
	return s.Histogram(), nil
}

// What this program writes is added without the library, and as the library would.
func TestTheFastWayIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := record(samples.Draw(t, "round")).Summary().Histogram
		h, err := decode(text)
		if err != nil {
			t.Fatal(err)
		}
		var p parser
		found, ok := p.parse(text, len(h.Export().Counts))
		if !ok {
			t.Fatal("a histogram of this package is not parsed")
		}
		want := h.Export().Counts
		for _, f := range found {
			want[f.index] -= f.count
		}
		for i, n := range want {
			if n != 0 {
				t.Fatalf("count %d differs by %d", i, n)
			}
		}
	})
}

func encoded(t testing.TB, h *hdrhistogram.Histogram) string {
	t.Helper()
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMergeRefuses(t *testing.T) {
	good := record([]int64{1, 2, 300, 40000}).Summary().Histogram
	other := hdrhistogram.New(1, longest, 2)
	if err := other.RecordValue(5); err != nil {
		t.Fatal(err)
	}
	flipped := []byte(good)
	flipped[len(flipped)/2] ^= 1
	for name, text := range map[string]string{
		"empty": "", "not base64": "!", "cut": good[:len(good)-8], "damaged": string(flipped),
		"too long": strings.Repeat("A", textMax+4), "less precise": encoded(t, other),
		"no sample": encoded(t, newHistogram()),
	} {
		h, err := merge(good, text)
		if err == nil || h != nil {
			t.Errorf("%s: merged, error %v", name, err)
		} else if !strings.Contains(err.Error(), "histogram 2") {
			t.Errorf("%s: the error does not say which one: %v", name, err)
		}
	}
}

func FuzzMerge(f *testing.F) {
	f.Add(record([]int64{1}).Summary().Histogram)
	f.Add(record([]int64{0, 99, 1e6, longest}).Summary().Histogram)
	f.Add(encoded(f, hdrhistogram.New(1, 1000, 1)))
	f.Add("HISTFAAAAA==")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := merge(text)
		if err != nil {
			return
		}
		// What was accepted has samples in range, and survives another way
		// through the encoding.
		if h.TotalCount() <= 0 || h.Max() < 0 {
			t.Fatalf("%d samples up to %d", h.TotalCount(), h.Max())
		}
		again, err := merge(encoded(t, h))
		if err != nil || !again.Equals(h) {
			t.Fatalf("encoded again it is another: %v", err)
		}
	})
}
