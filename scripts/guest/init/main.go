// Command init is the first and only program of the emulated guest in which
// scripts/guest/run.sh tests mmapbench: it brings up the kernel it finds itself
// in, runs a list of commands, and powers off.
//
// Nobody sits at the console. Whatever goes wrong is written to the console and
// into the share, and then the machine goes off; init never waits for an answer.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	modulesDir = "/modules" // the files, and their order in "order", lie in the initramfs
	share      = "/share"   // the folder that guest and host see
	// deviceWait is how long a device may take to appear after its driver.
	deviceWait = 20 * time.Second
)

func main() {
	// A marker that says the whole list was gone through: commands may fail,
	// each with its own exit code, and still all have been run.
	err := guest()
	if err == nil {
		err = os.WriteFile(share+"/out/finished", nil, 0o644)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "init: %v\n", err)
	}
	unix.Sync()
	// Without this a mounted file system would need its journal at the next start.
	for _, dir := range []string{"/mnt/sd", "/mnt/nvme", share} {
		_ = unix.Unmount(dir, 0) // not every one is there in every session
	}
	// Returns only on failure, and when init ends the kernel panics, which
	// ends the emulator too.
	fmt.Fprintf(os.Stderr, "init: power off: %v\n", unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF))
}

func guest() error {
	if err := mountKernel(); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		return err
	}
	if err := mount("share", share, "9p", "trans=virtio,version=9p2000.L,msize=262144"); err != nil {
		return err
	}
	if err := eachLine(share+"/mounts", mountDevice); err != nil {
		return err
	}
	if err := fetchPrograms(); err != nil {
		return err
	}
	return eachLine(share+"/commands", func(line string) error { return command(strings.Fields(line)) })
}

// mountKernel mounts the file systems that the kernel itself provides.
func mountKernel() error {
	for _, m := range []struct{ dir, kind string }{
		{"/proc", "proc"}, {"/sys", "sysfs"}, {"/dev", "devtmpfs"}, {"/tmp", "tmpfs"},
		{"/sys/fs/cgroup", "cgroup2"}, {"/sys/kernel/debug", "debugfs"},
	} {
		if err := mount(m.kind, m.dir, m.kind, ""); err != nil {
			return err
		}
	}
	return nil
}

func mount(source, dir, kind, options string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(source, dir, kind, 0, options); err != nil {
		return fmt.Errorf("mount %s (%s) on %s with %q: %w", source, kind, dir, options, err)
	}
	return nil
}

// loadModules loads the modules in the order in which they depend on each other.
func loadModules() error {
	return eachLine(modulesDir+"/order", func(name string) error {
		image, err := os.ReadFile(filepath.Join(modulesDir, name))
		if err != nil {
			return err
		}
		if err := unix.InitModule(image, ""); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("load the module %s: %w", name, err)
		}
		return nil
	})
}

// mountDevice mounts one line of the list: device, directory, type, options.
func mountDevice(line string) error {
	f := strings.Fields(line)
	if len(f) != 4 {
		return fmt.Errorf("mount %q: want device, directory, type and options", line)
	}
	// Drivers probe in the background.
	for end := time.Now().Add(deviceWait); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(f[0]); err == nil {
			break
		} else if time.Now().After(end) {
			return fmt.Errorf("the device did not appear within %v: %w", deviceWait, err)
		}
	}
	return mount(f[0], f[1], f[2], f[3])
}

// fetchPrograms copies the programs into memory. Run from the share, their
// text would come over 9p, page by page, in the middle of what is tested.
func fetchPrograms() error {
	paths, err := filepath.Glob(share + "/bin/*")
	if err != nil || len(paths) == 0 {
		return fmt.Errorf("no programs in %s/bin: %v", share, err)
	}
	if err := os.MkdirAll("/bin", 0o755); err != nil {
		return err
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join("/bin", filepath.Base(path)), data, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// command runs one line of the list: name, directory, time limit, then the
// command with its arguments, of which NAME=value in front are its environment
// and * is a pattern of file names. Its output goes to out/name.txt, its exit
// code to out/name.rc.
func command(f []string) error {
	if len(f) < 4 {
		return fmt.Errorf("command %q: want name, directory, time limit and arguments", f)
	}
	name, dir := f[0], f[1]
	limit, err := time.ParseDuration(f[2])
	if err != nil {
		return fmt.Errorf("command %s: %w", name, err)
	}
	env := []string{"PATH=/bin", "HOME=/tmp", "COLUMNS=160"} // no line is broken within what is looked for
	args := f[3:]
	for len(args) > 1 && strings.Contains(args[0], "=") {
		env, args = append(env, args[0]), args[1:]
	}
	out, err := os.Create(filepath.Join(share, "out", name+".txt"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join("/bin", args[0]), expand(args[1:])...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, out
	cmd.WaitDelay = 5 * time.Second
	// One group, so that what the command started ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	began := time.Now()
	code := exitCode(cmd.Run(), ctx, limit, out)
	took := time.Since(began).Round(time.Millisecond)
	fmt.Printf("%-24s exit %3d  %v\n", name, code, took)
	return errors.Join(out.Close(),
		os.WriteFile(filepath.Join(share, "out", name+".rc"), fmt.Appendf(nil, "%d %v\n", code, took), 0o644))
}

// exitCode returns what a shell would: 124 for a time-out as timeout(1) does,
// 127 for a program that could not be started. The reason goes to out.
func exitCode(err error, ctx context.Context, limit time.Duration, out io.Writer) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case ctx.Err() != nil:
		fmt.Fprintf(out, "init: killed after %v\n", limit)
		return 124
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	}
	fmt.Fprintf(out, "init: %v\n", err)
	return 127
}

// expand replaces patterns of file names by the files; one without any stays,
// as in a shell.
func expand(args []string) []string {
	var out []string
	for _, arg := range args {
		// Only paths: "*" stands in the regular expressions of -test.run too.
		if found, err := filepath.Glob(arg); strings.HasPrefix(arg, "/") && err == nil && len(found) > 0 {
			out = append(out, found...)
		} else {
			out = append(out, arg)
		}
	}
	return out
}

// eachLine calls f for every line of a file that is neither empty nor a comment.
func eachLine(path string, f func(line string) error) error {
	list, err := os.Open(path)
	if err != nil {
		return err
	}
	defer list.Close()
	s := bufio.NewScanner(list)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" && !strings.HasPrefix(line, "#") {
			if err := f(line); err != nil {
				return err
			}
		}
	}
	return s.Err()
}
