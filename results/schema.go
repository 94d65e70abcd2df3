package results

import _ "embed"

// Schema is the JSON Schema (2020-12) of one line of a run file.
//
//go:embed schema.json
var Schema []byte
