package readwrite

import "mmapbench/io/backend"

// Read reads with read(2), after an lseek(2) where the next record does not
// begin where the last one ended: the interface of 1971, and still what most
// programs do.
var Read backend.Backend = buffered{
	name:    "read",
	summary: "read(2) into a buffer, lseek(2) where needed; writes with write(2)",
	call:    byRead,
	options: bufferedOptions,
}
