package results_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"mmapbench/internal/host"
	"mmapbench/internal/reason"
	"mmapbench/results"
)

const document = "../docs/run-file.md"

func readDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheDocumentNamesEveryField looks for the JSON name of each field of each
// line in what the document sets as code.
func TestTheDocumentNamesEveryField(t *testing.T) {
	words := map[string]bool{}
	for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(readDocument(t), -1) {
		for _, w := range regexp.MustCompile(`\w+`).FindAllString(code, -1) {
			words[w] = true
		}
	}
	fields := map[string]string{} // path of the type and field -> name
	for _, line := range []any{results.Header{}, results.Trial{}, results.Dropped{}, results.Resume{}, results.End{}} {
		collect(reflect.TypeOf(line), fields)
	}
	if len(fields) < 100 {
		t.Fatalf("only %d fields were found", len(fields))
	}
	for path, name := range fields {
		if !words[name] {
			t.Errorf("%s does not name `%s` (%s)", document, name, path)
		}
	}
}

// collect adds the fields of a type and of those in it. What is below a part of
// the host's facts is for "mmapbench env" to show.
func collect(t reflect.Type, fields map[string]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(t.Elem(), fields)
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				continue // not of the file, such as the parts of a time.Time
			}
			fields[t.String()+"."+f.Name] = name
			if t != reflect.TypeFor[host.Facts]() {
				collect(f.Type, fields)
			}
		}
	}
}

// TestTheDocumentExplainsEveryWarning wants the program's own words.
func TestTheDocumentExplainsEveryWarning(t *testing.T) {
	text := readDocument(t)
	var want []string
	for _, w := range results.WarningTexts {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", w.Code, w.Sentence, w.Fix))
	}
	if table := strings.Join(want, "\n"); !strings.Contains(text, table+"\n\n") {
		t.Errorf("%s must have exactly these rows:\n%s", document, table)
	}
}

// TestTheDocumentExplainsEveryReason wants the program's own sentences.
func TestTheDocumentExplainsEveryReason(t *testing.T) {
	text := readDocument(t)
	for _, r := range reason.Texts {
		if row := fmt.Sprintf("| `%s` | %s |", r.Code, r.Sentence); !strings.Contains(text, row) {
			t.Errorf("%s lacks the row %s", document, row)
		}
	}
}
