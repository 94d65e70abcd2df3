package results

import (
	"runtime"
	"runtime/debug"
)

// Tool identifies the binary that measured.
type Tool struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"` // the source's revision, which the build noted
	Modified bool   `json:"modified,omitempty"` // the source differed from it
	Go       string `json:"go"`                 // toolchain
}

// ThisTool identifies the binary that runs.
func ThisTool(version string) Tool {
	t := Tool{Version: version, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			t.Revision = s.Value
		case "vcs.modified":
			t.Modified = s.Value == "true"
		}
	}
	return t
}
