//go:build linux && !386 && !arm

package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"mmapbench/harness"
)

// sameProtocol reports a binary that this program cannot give trials to, as it
// speaks another version of the worker protocol: every trial of it would fail.
func sameProtocol(flag, path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), askVersion)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "worker", "--protocol").Output()
	speaks := "speaks none that has a number"
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("%s: ask %s for its worker protocol: %w", flag, path, err)
	}
	if err == nil {
		text := strings.TrimSpace(string(out))
		version, err := strconv.Atoi(text)
		if err == nil && version == harness.Protocol {
			return nil
		}
		speaks = fmt.Sprintf("speaks version %.20q", text)
	}
	return fmt.Errorf("%s: trials are given to workers by version %d of a protocol, and %s %s: build both sides, and the program that compares them, from sources that have the same, or compare their run files with mmapbench compare",
		flag, harness.Protocol, path, speaks)
}
