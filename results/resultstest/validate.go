// Package resultstest holds run files against the published JSON Schema.
//
// The schema is a promise to other programs, so a validator that knows nothing of
// package results checks the files.
package resultstest

import (
	"bytes"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"mmapbench/results"
)

// Validate checks every line of a run file against results.Schema.
func Validate(file []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(results.Schema))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("run-file.json", doc); err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	schema, err := c.Compile("run-file.json")
	if err != nil {
		return fmt.Errorf("compile the schema: %w", err)
	}
	for i, line := range bytes.Split(bytes.TrimSpace(file), []byte("\n")) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		if err := schema.Validate(v); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return nil
}
