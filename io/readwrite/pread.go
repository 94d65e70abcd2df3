package readwrite

import "mmapbench/io/backend"

// Pread reads with pread(2): one call an access, the offset among its
// arguments.
var Pread backend.Backend = buffered{
	name:    "pread",
	summary: "pread(2) into a buffer; writes with write(2)",
	call:    byPread,
	options: bufferedOptions,
}
