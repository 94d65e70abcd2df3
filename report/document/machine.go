package document

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// WriteJSON writes the document's data, indented.
func WriteJSON(w io.Writer, d *Document) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false) // commands have < and >
	enc.SetIndent("", "  ")
	if err := enc.Encode(d.Data); err != nil {
		return fmt.Errorf("write the report as JSON: %w", err)
	}
	return nil
}

// WriteCSV writes the values of a table, all columns, under the keys of the columns.
// Lines end in CR LF, as RFC 4180 has it; a value that is not known is empty.
func WriteCSV(w io.Writer, t *Table) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	record := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		record[i] = c.Key
	}
	write := func(row Row) error {
		for i, c := range row {
			record[i] = plainValue(c.Value)
		}
		return out.Write(record)
	}
	if err := out.Write(record); err != nil {
		return fmt.Errorf("write the head of a CSV: %w", err)
	}
	for _, row := range t.rows() {
		if err := write(row); err != nil {
			return fmt.Errorf("write a row of a CSV: %w", err)
		}
	}
	if t.Stream != nil {
		for row, err := range t.Stream {
			if err == nil {
				err = write(row)
			}
			if err != nil {
				return fmt.Errorf("write a row of a CSV: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write a CSV: %w", err)
	}
	return nil
}

// plainValue writes a value for machines: numbers with all their digits, times as
// RFC 3339, durations in nanoseconds.
func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case *int64:
		if v == nil {
			return ""
		}
		return strconv.FormatInt(*v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case *float64:
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	case time.Duration:
		return strconv.FormatInt(int64(v), 10)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(v)
}
