package trace

import (
	"fmt"
	"unsafe"
)

// Bytes is the list as it lies in memory, which is how a worker process gets it.
func Bytes(list []Access) []byte {
	if len(list) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&list[0])), len(list)*int(unsafe.Sizeof(list[0])))
}

// Decode reads Bytes of a list of accesses, of which each must lie in a file of size
// bytes, and be no longer than record. Nothing is copied.
func Decode(p []byte, size, record int64) ([]Access, error) {
	const each = int(unsafe.Sizeof(Access{}))
	if len(p) == 0 || len(p)%each != 0 || uintptr(unsafe.Pointer(&p[0]))%unsafe.Alignof(Access{}) != 0 {
		return nil, fmt.Errorf("%d bytes are no list of accesses of %d bytes each", len(p), each)
	}
	list := unsafe.Slice((*Access)(unsafe.Pointer(&p[0])), len(p)/each)
	for i, a := range list {
		n := int64(a.Len)
		if a.Off < 0 || n < 0 || n > record || a.Off > size-n || a.Op > Datasync || a.Gap < 0 {
			return nil, fmt.Errorf("access %d, of %d bytes at offset %d, is none of a trace of %d bytes", i, n, a.Off,
				size)
		}
	}
	return list, nil
}
