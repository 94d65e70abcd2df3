package results

import (
	"reflect"
	"testing"
)

// TestSpansNameFields: a field that is renamed would lose its bounds.
func TestSpansNameFields(t *testing.T) {
	known, seen := map[string]bool{}, map[reflect.Type]bool{}
	var collect func(reflect.Type)
	collect = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			collect(typ.Elem())
		case reflect.Struct:
			if seen[typ] {
				return // a device has devices below it
			}
			seen[typ] = true
			for _, m := range membersOf(typ) {
				known[m.field] = true
				collect(typ.FieldByIndex(m.index).Type)
			}
		}
	}
	for _, line := range []any{Header{}, Trial{}, Dropped{}, Resume{}, End{}} {
		collect(reflect.TypeOf(line))
	}
	for key := range spans {
		if !known[key] {
			t.Errorf("spans has %s, which is no field of a line", key)
		}
	}
	for key := range manyLines {
		if !known[key] {
			t.Errorf("manyLines has %s, which is no field of a line", key)
		}
	}
}
