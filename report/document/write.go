package document

import (
	"io"

	"mmapbench/internal/spelling"
)

// The formats of documents.
const (
	Terminal = "table"
	Markdown = "markdown" // GitHub's dialect
	CSV      = "csv"      // RFC 4180
	JSON     = "json"
)

// Formats lists them.
var Formats = []string{Terminal, Markdown, CSV, JSON}

// Write writes a document in one of the formats; "" is Terminal.
func Write(w io.Writer, d *Document, format string, o TextOptions) error {
	switch format {
	case "", Terminal:
		return WriteText(w, d, o)
	case Markdown:
		return WriteMarkdown(w, d)
	case CSV:
		return WriteCSV(w, d.Records)
	case JSON:
		return WriteJSON(w, d)
	}
	return spelling.Unknown("format", format, Formats)
}
