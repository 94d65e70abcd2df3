//go:build linux && !386 && !arm

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"mmapbench/results"
)

// mayRun refuses the commands of a run file that somebody else could have written:
// they would be run as this user.
func mayRun(p *results.Paused, path string) error {
	info, err := p.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	why := foreign(info, false)
	if why == "" {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			return fmt.Errorf("look at %s: %w", path, err)
		}
		dir, err := os.Stat(filepath.Dir(real))
		if err != nil {
			return fmt.Errorf("look at the folder of %s: %w", path, err)
		}
		if why = foreign(dir, true); why != "" {
			why = "in its folder: " + why
		}
	}
	if why == "" {
		return nil
	}
	return fmt.Errorf("%s has commands, which would be run as you, and another user could have written them (%s); "+
		"if you know them all, copy the file into a folder of your own and resume that", path, why)
}

// foreign says by what another user than this one and root could have written.
func foreign(info os.FileInfo, folder bool) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "its owner is not known"
	case st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Sprintf("it belongs to the user %d", st.Uid)
	case folder && info.Mode()&os.ModeSticky != 0: // others cannot replace what is not theirs
		return ""
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Sprintf("its mode is %o: its group, or everybody, may write", info.Mode().Perm())
	}
	return ""
}
