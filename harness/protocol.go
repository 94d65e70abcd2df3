package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mmapbench/results"
)

// Protocol is the version of what parent and worker tell each other: [Spec], and
// results.Trial in answer. It is raised when a field goes or changes its meaning. A
// field that is added has omitempty and a zero value that asks for nothing: the
// version stays, and a plan that does not use the field still goes to older workers.
const Protocol = 2

// ProtocolFlag makes a worker say which protocol it speaks, and end.
const ProtocolFlag = "--protocol"

// Speech is what a worker says about its protocol.
type Speech struct {
	Version int `json:"version"`
	// Fields are those of Spec. A field of a part has the part's name before it, as
	// in arm.size.
	Fields []string `json:"fields"`
}

// Speaks returns what the workers of this program say.
func Speaks() Speech { return Speech{Protocol, fieldsOf(reflect.TypeFor[Spec](), "")} }

// askLimit bounds how long a program may take to say which protocol it speaks.
const askLimit = 5 * time.Second

// Ask asks a worker for its protocol. The error is a sentence about the worker if it
// speaks another version than this program does.
func Ask(worker []string) (s Speech, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), askLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, worker[0], append(slices.Clone(worker[1:]), ProtocolFlag)...).Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		return s, fmt.Errorf("ask %s for its worker protocol: %w", worker[0], err)
	}
	text, speaks := strings.TrimSpace(string(out)), "speaks none that has a number"
	if err == nil && json.Unmarshal(out, &s) != nil {
		s.Version, err = strconv.Atoi(text) // all that version 1 said
	}
	switch {
	case err == nil && s.Version == Protocol:
		return s, nil
	case err == nil:
		speaks = fmt.Sprintf("speaks version %d", s.Version)
	case text != "":
		speaks = fmt.Sprintf("speaks %.20q", text)
	}
	return s, fmt.Errorf("trials are given to workers by version %d of a protocol, and %s %s: build both sides, "+
		"and the program that compares them, from sources that have the same, or compare their run files with "+
		"mmapbench compare", Protocol, worker[0], speaks)
}

// Understands refuses a plan that uses a field which the worker does not know: the
// worker would refuse each trial.
func (s Speech) Understands(p *results.Plan) error {
	for _, a := range p.Arms {
		text, err := json.Marshal(newSpec(p, a, 0))
		if err != nil {
			return fmt.Errorf("write the specification of a trial: %w", err)
		}
		field, err := s.unknown(text)
		if err != nil {
			return err
		}
		if field != "" {
			return fmt.Errorf("it is an older build and does not know the field %q of the worker protocol, which the "+
				"plan uses: leave out what needs the field, or build from a newer source", field)
		}
	}
	return nil
}

// unknown returns the first field of a specification that is not among Fields.
func (s Speech) unknown(spec []byte) (field string, err error) {
	var given map[string]any
	if err := json.Unmarshal(spec, &given); err != nil {
		return "", err
	}
	for _, path := range pathsOf(given, "") {
		if !slices.Contains(s.Fields, path) {
			return path, nil
		}
	}
	return "", nil
}

// checkSpec refuses a specification that this program would misread.
func checkSpec(text []byte) error {
	var v struct {
		Protocol int `json:"protocol"`
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return err
	}
	if v.Protocol != Protocol {
		return fmt.Errorf("it is of version %d of the worker protocol, and this program speaks version %d",
			v.Protocol, Protocol)
	}
	field, err := Speaks().unknown(text)
	if err == nil && field != "" {
		err = fmt.Errorf("it has the field %q, which this program does not know", field)
	}
	return err
}

// fieldsOf lists the paths of the fields of a struct, in their order.
func fieldsOf(t reflect.Type, under string) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "":
		case f.Type.Kind() == reflect.Struct:
			all = append(all, fieldsOf(f.Type, under+name+".")...)
		default:
			all = append(all, under+name)
		}
	}
	return all
}

// pathsOf lists the paths of the fields that a specification gives, sorted.
func pathsOf(fields map[string]any, under string) (all []string) {
	for name, value := range fields {
		if part, ok := value.(map[string]any); ok {
			all = append(all, pathsOf(part, under+name+".")...)
		} else {
			all = append(all, under+name)
		}
	}
	slices.Sort(all)
	return all
}
