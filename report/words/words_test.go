package words

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestTheDocumentExplainsEveryReason wants the program's own sentences.
func TestTheDocumentExplainsEveryReason(t *testing.T) {
	const document = "../../docs/report-data.md"
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for code, sentence := range whys {
		if row := fmt.Sprintf("| `%s` | %s |", code, sentence); !strings.Contains(string(text), row) {
			t.Errorf("%s lacks the row %s", document, row)
		}
	}
}

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
