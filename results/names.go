package results

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"mmapbench/internal/plain"
)

// CheckNames refuses names that cannot be shown as they are, and paths and command
// lines that a run file cannot hold. Reports, tables and file names rely on it: no
// run has such a name, and none goes on with one.
func (p *Plan) CheckNames() error {
	if err := checkFileName(p.Name); err != nil {
		return err
	}
	for _, t := range p.Targets {
		if err := checkText("the target", t.Name, "the directory", t.Dir); err != nil {
			return err
		}
	}
	for _, c := range p.Commands {
		if err := checkText("the command", c.Name, "the command line",
			append([]string{c.Line}, c.Files...)...); err != nil {
			return err
		}
	}
	for _, a := range p.Arms {
		for _, f := range Factors {
			name := f.Label(&a)
			if err := CheckName("the level", name); name != "" && err != nil {
				return err
			}
		}
	}
	if p.Gate != nil {
		return checkText("the sides differ in", p.Gate.Factor, "the side", p.Gate.Base, p.Gate.New)
	}
	return nil
}

// checkFileName refuses what could not be a part of a run file's name.
func checkFileName(name string) error {
	if err := CheckName("the experiment", name); err != nil {
		return err
	}
	if strings.ContainsAny(name, `/\`) || len(name) > 200 {
		return fmt.Errorf("the experiment is called %q: the run file is named after it, so take at most 200 bytes "+
			"and no slash", name)
	}
	return nil
}

func checkText(what, name, whose string, texts ...string) error {
	if err := CheckName(what, name); err != nil {
		return err
	}
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%s %q of %s is not UTF-8, and a run file could not hold it: use another path, "+
				"such as a symbolic link", whose, text, name)
		}
	}
	return nil
}

// CheckName refuses a name that is not shown as it is: with control characters, such
// as a line feed or an escape, or with those that turn or hide text.
func CheckName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s has no name", what)
	case len(name) > maxName:
		return fmt.Errorf("%s has a name of %d bytes: at most %d", what, len(name), maxName)
	case !plain.Is(name):
		return fmt.Errorf("%s is called %q: a name must be UTF-8, without control characters and without those that "+
			"turn or hide text", what, name)
	}
	return nil
}
