package workloads

import (
	"os"
	"strings"
	"testing"
)

// TestThePageIsComplete: docs/workloads.md has a section of every workload, with a command,
// and says something of every option.
func TestThePageIsComplete(t *testing.T) {
	text, err := os.ReadFile("../docs/workloads.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, w := range All() {
		info := w.Info()
		_, section, ok := strings.Cut(page, "\n## `"+info.Name+"`\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok || !strings.Contains(section, "```sh\nmmapbench run --workload "+info.Name) {
			t.Errorf("docs/workloads.md has no section of %s that begins with a command", info.Name)
		}
		if !strings.Contains(page, "| `"+info.Name+"` |") {
			t.Errorf("the table of docs/workloads.md leaves out %s", info.Name)
		}
		for _, o := range info.Options {
			if !strings.Contains(section, "`"+o.Name+"=") && !strings.Contains(section, "`"+o.Name+"`") {
				t.Errorf("docs/workloads.md says nothing of the option %s of %s", o.Name, info.Name)
			}
		}
	}
}
