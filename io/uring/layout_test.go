package uring

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// layout is every field that is used, with its place in the kernel's struct: what the
// header says, as its fields are of the same width on all architectures.
var layout = []struct {
	of, field string
	go_, abi  uintptr
}{
	{"io_uring_params", "sq_entries", unsafe.Offsetof(params{}.sqEntries), 0},
	{"io_uring_params", "cq_entries", unsafe.Offsetof(params{}.cqEntries), 4},
	{"io_uring_params", "flags", unsafe.Offsetof(params{}.flags), 8},
	{"io_uring_params", "features", unsafe.Offsetof(params{}.features), 20},
	{"io_uring_params", "sq_off", unsafe.Offsetof(params{}.sq), 40},
	{"io_uring_params", "cq_off", unsafe.Offsetof(params{}.cq), 80},
	{"io_uring_params", "", unsafe.Sizeof(params{}), 120},
	{"io_sqring_offsets", "tail", unsafe.Offsetof(sqOffsets{}.tail), 4},
	{"io_sqring_offsets", "array", unsafe.Offsetof(sqOffsets{}.array), 24},
	{"io_cqring_offsets", "tail", unsafe.Offsetof(cqOffsets{}.tail), 4},
	{"io_cqring_offsets", "overflow", unsafe.Offsetof(cqOffsets{}.overflow), 16},
	{"io_cqring_offsets", "cqes", unsafe.Offsetof(cqOffsets{}.cqes), 20},
	{"io_uring_sqe", "opcode", unsafe.Offsetof(sqe{}.opcode), 0},
	{"io_uring_sqe", "flags", unsafe.Offsetof(sqe{}.flags), 1},
	{"io_uring_sqe", "fd", unsafe.Offsetof(sqe{}.fd), 4},
	{"io_uring_sqe", "off", unsafe.Offsetof(sqe{}.off), 8},
	{"io_uring_sqe", "addr", unsafe.Offsetof(sqe{}.addr), 16},
	{"io_uring_sqe", "len", unsafe.Offsetof(sqe{}.len), 24},
	{"io_uring_sqe", "fsync_flags", unsafe.Offsetof(sqe{}.opFlags), 28},
	{"io_uring_sqe", "user_data", unsafe.Offsetof(sqe{}.userData), 32},
	{"io_uring_sqe", "buf_index", unsafe.Offsetof(sqe{}.bufIndex), 40},
	{"io_uring_sqe", "", unsafe.Sizeof(sqe{}), 64},
	{"io_uring_cqe", "user_data", unsafe.Offsetof(cqe{}.userData), 0},
	{"io_uring_cqe", "res", unsafe.Offsetof(cqe{}.res), 8},
	{"io_uring_cqe", "", unsafe.Sizeof(cqe{}), 16},
}

var constants = []struct {
	name string
	is   uint64
}{
	{"IORING_FEAT_SINGLE_MMAP", featSingleMmap}, {"IORING_FEAT_RW_CUR_POS", featRwCurPos},
	{"IORING_OP_FSYNC", opFsync}, {"IORING_OP_READ_FIXED", opReadFixed}, {"IORING_OP_WRITE_FIXED", opWriteFixed},
	{"IORING_OP_READ", opRead}, {"IORING_OP_WRITE", opWrite}, {"IORING_FSYNC_DATASYNC", fsyncDatasync},
	{"IOSQE_FIXED_FILE", sqeFixedFile}, {"IORING_ENTER_GETEVENTS", enterGetEvents},
	{"IORING_REGISTER_BUFFERS", registerBuffers}, {"IORING_REGISTER_FILES", registerFiles},
	{"IORING_OFF_SQ_RING", mapRings}, {"IORING_OFF_SQES", mapEntries},
}

func TestLayout(t *testing.T) {
	for _, f := range layout {
		if f.go_ != f.abi {
			t.Errorf("struct %s, field %q (none: the whole): %d here, %d in the kernel", f.of, f.field, f.go_, f.abi)
		}
	}
}

// TestLayoutOfHeader has a C compiler say what the header on this machine says.
func TestLayoutOfHeader(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("needs a C compiler (cc)")
	}
	var c strings.Builder
	c.WriteString("#include <stddef.h>\n#include <linux/io_uring.h>\n")
	for _, f := range layout {
		place := fmt.Sprintf("offsetof(struct %s, %s)", f.of, f.field)
		if f.field == "" {
			place = fmt.Sprintf("sizeof(struct %s)", f.of)
		}
		fmt.Fprintf(&c, "_Static_assert(%s == %d, \"%s\");\n", place, f.go_, place)
	}
	for _, k := range constants {
		fmt.Fprintf(&c, "_Static_assert(%s == %d, \"%s\");\n", k.name, k.is, k.name)
	}
	path := filepath.Join(t.TempDir(), "layout.c")
	if err := os.WriteFile(path, []byte(c.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, "-fsyntax-only", path).CombinedOutput(); err != nil {
		if strings.Contains(string(out), "linux/io_uring.h: No such file") {
			t.Skip("needs the kernel's headers (linux/io_uring.h)")
		}
		t.Errorf("%v\n%s", err, out)
	}
}
