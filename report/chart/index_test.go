package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"mmapbench/report/document"
)

// TestIndex wants relative links, texts for those who see no pictures, and no markup from
// names.
func TestIndex(t *testing.T) {
	dir := t.TempDir()
	charts := []*document.Chart{{Name: "a<b>", Title: `x <script> "y"`, Subtitle: []string{"on & off"}}, {Name: "c"}}
	if err := SaveIndex(dir, charts, []string{PNG, SVG}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, Index))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`Begin with <a href="#c0">x &lt;script&gt;`, `<img src="a&lt;b&gt;.png" `,
		`alt="x &lt;script&gt; &#34;y&#34;. on &amp; off"`, `<a href="c.svg">`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "<script") || strings.Contains(string(text), "http") {
		t.Errorf("the page has what it must not have:\n%s", text)
	}
}

// TestSpacedTicks wants the 0 of an axis named, and no name that touches it.
func TestSpacedTicks(t *testing.T) {
	for width, want := range map[float64]string{60: "0 1", 600: "0 0.01 0.1 1 10 100"} {
		var names []string
		for _, tick := range (spaced{zeroLogTicks{0.01, 9}, zeroLog{0.01}, vg.Length(width)}).Ticks(0, 100) {
			if tick.Label != "" {
				names = append(names, tick.Label)
			}
		}
		got := strings.Join(names, " ")
		if width == 600 && got != want ||
			width == 60 && (!strings.HasPrefix(got, "0 ") || strings.Contains(got, "0.01")) {
			t.Errorf("%v points wide: %s", width, got)
		}
	}
}
