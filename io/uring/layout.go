package uring

// What the kernel and the process share, as include/uapi/linux/io_uring.h lays it out.
// Names follow the header; parts of unions that are not used here have no name.

// params is struct io_uring_params, which io_uring_setup(2) reads and fills in.
type params struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFd uint32

	_  [3]uint32
	sq sqOffsets
	cq cqOffsets
}

// sqOffsets is struct io_sqring_offsets: where the parts of the submission queue lie.
type sqOffsets struct {
	head, tail, ringMask, ringEntries, flags, dropped, array, _ uint32

	userAddr uint64
}

// cqOffsets is struct io_cqring_offsets: where the parts of the completion queue lie.
type cqOffsets struct {
	head, tail, ringMask, ringEntries, overflow, cqes, flags, _ uint32

	userAddr uint64
}

// sqe is struct io_uring_sqe: what is asked for.
type sqe struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32 // a descriptor, or with sqeFixedFile the place of a registered file
	off, addr     uint64
	len, opFlags  uint32
	userData      uint64
	bufIndex      uint16
	personality   uint16
	fileIndex     int32
	_             [2]uint64
}

// cqe is struct io_uring_cqe: what became of it.
type cqe struct {
	userData uint64
	res      int32 // bytes moved, or the negated number of an error
	flags    uint32
}

const (
	featSingleMmap = 1 << 0 // IORING_FEAT_SINGLE_MMAP, Linux 5.4: both queues are in one mapping
	featRwCurPos   = 1 << 3 // IORING_FEAT_RW_CUR_POS came with the operations read and write, Linux 5.6

	opFsync      = 3  // IORING_OP_FSYNC
	opReadFixed  = 4  // IORING_OP_READ_FIXED
	opWriteFixed = 5  // IORING_OP_WRITE_FIXED
	opRead       = 22 // IORING_OP_READ
	opWrite      = 23 // IORING_OP_WRITE

	fsyncDatasync = 1 << 0 // IORING_FSYNC_DATASYNC
	sqeFixedFile  = 1 << 0 // IOSQE_FIXED_FILE

	enterGetEvents = 1 << 0 // IORING_ENTER_GETEVENTS

	registerBuffers = 0 // IORING_REGISTER_BUFFERS
	registerFiles   = 2 // IORING_REGISTER_FILES

	mapRings   = 0          // IORING_OFF_SQ_RING
	mapEntries = 0x10000000 // IORING_OFF_SQES
)
