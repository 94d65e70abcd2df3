package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"unicode/utf8"
)

// lookProgram reports why a program cannot be started: it is not there, or the
// kernel would not take it (execve(2), fs/binfmt_script.c).
func lookProgram(name string) (missing, unfit error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return err, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil // what may be run need not be readable
	}
	defer f.Close()
	head := make([]byte, 256) // the kernel looks at no more (BINPRM_BUF_SIZE)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil // execve(2) will say what is wrong
	}
	return nil, fit(path, head[:n])
}

// fit looks at the first bytes of a program. Those of other kinds than scripts and
// text may be known to binfmt_misc.
func fit(path string, head []byte) error {
	line, script := bytes.CutPrefix(head, []byte("#!"))
	if !script {
		if utf8.Valid(head[:max(0, len(head)-utf8.UTFMax)]) && bytes.IndexByte(head, 0) < 0 {
			return fmt.Errorf("%s is text without a first line that begins with #! and names an interpreter", path)
		}
		return nil
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	// A carriage return belongs to the name.
	words := bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 {
		return fmt.Errorf("%s names no interpreter in its first line", path)
	}
	interpreter := string(words[0])
	if st, err := os.Stat(interpreter); err != nil || st.IsDir() || st.Mode()&0o111 == 0 {
		return fmt.Errorf("the interpreter of %s, %q in its first line, is no program that is here", path, interpreter)
	}
	return nil
}
