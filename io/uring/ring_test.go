package uring

import (
	"slices"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// kernel is the other side of a ring, in memory of the test.
type kernel struct {
	ring                           *ring
	sqHead, sqTail, cqHead, cqTail uint32
	accepted                       []uint64 // not answered
	answered                       []uint64 // in order, not taken
}

// newKernel returns a ring whose ends begin at a number, as they are after so many
// accesses.
func newKernel(entries, completions int, begin uint32) *kernel {
	k := &kernel{sqHead: begin, sqTail: begin, cqHead: begin, cqTail: begin}
	k.ring = &ring{sqHead: &k.sqHead, sqTail: &k.sqTail, cqHead: &k.cqHead, cqTail: &k.cqTail, tail: begin, head: begin,
		sqes: make([]sqe, entries), cqes: make([]cqe, completions)}
	return k
}

// accept takes at most n entries that were published.
func (k *kernel) accept(n int) {
	for ; n > 0 && k.sqHead != atomic.LoadUint32(&k.sqTail); n-- {
		k.accepted = append(k.accepted, k.ring.sqes[k.sqHead&uint32(len(k.ring.sqes)-1)].userData)
		k.sqHead++
	}
}

// answer completes one of what was accepted; false where it would overflow.
func (k *kernel) answer(which int, res int32) bool {
	if k.cqTail-atomic.LoadUint32(&k.cqHead) == uint32(len(k.ring.cqes)) {
		return false
	}
	id := k.accepted[which]
	k.accepted = slices.Delete(k.accepted, which, which+1)
	k.ring.cqes[k.cqTail&uint32(len(k.ring.cqes)-1)] = cqe{userData: id, res: res}
	atomic.StoreUint32(&k.cqTail, k.cqTail+1)
	k.answered = append(k.answered, id)
	return true
}

// TestRingAgainstModel fills in, publishes, accepts, answers and takes at random, with
// ends that begin anywhere, about 2^32 above all: entries arrive in order and once, and
// what is full or empty is said to be.
func TestRingAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { model(t, rapid.Uint32().Draw(t, "begin")) })
	rapid.Check(t, func(t *rapid.T) { model(t, -rapid.Uint32Range(0, 40).Draw(t, "before the wrap")) })
}

func model(t *rapid.T, begin uint32) {
	size := 1 << rapid.IntRange(0, 4).Draw(t, "log of the size")
	k := newKernel(size, 2*size, begin)
	r := k.ring
	var filled, published, inOrder []uint64 // what the process filled in, in three stages
	id, flying := uint64(0), 0
	t.Repeat(map[string]func(*rapid.T){
		"fill": func(t *rapid.T) {
			e := r.next()
			if full := len(filled)+len(published) == size; (e == nil) != full {
				t.Fatalf("with %d of %d entries waiting next returned %v", len(filled)+len(published), size, e)
			}
			if e != nil {
				id++
				*e = sqe{userData: id}
				filled = append(filled, id)
				flying++
			}
		},
		"publish": func(t *rapid.T) {
			n := r.publish()
			published, filled = append(published, filled...), nil
			if int(n) != len(published) {
				t.Fatalf("publish returned %d, want %d", n, len(published))
			}
		},
		"accept": func(t *rapid.T) {
			n := rapid.IntRange(1, 3).Draw(t, "n")
			k.accept(n)
			n = min(n, len(published))
			inOrder, published = append(inOrder, published[:n]...), published[n:]
			if !slices.Equal(k.accepted, inOrder) {
				t.Fatalf("accepted %v, want %v", k.accepted, inOrder)
			}
		},
		"answer": func(t *rapid.T) {
			if len(k.accepted) > 0 && k.answer(rapid.IntRange(0, len(k.accepted)-1).Draw(t, "which"), 0) {
				inOrder = slices.Clone(k.accepted)
			}
		},
		"take": func(t *rapid.T) {
			e := r.take()
			if (e == nil) != (len(k.answered) == 0) {
				t.Fatalf("with %d answers take returned %v", len(k.answered), e)
			}
			if e != nil {
				if e.userData != k.answered[0] {
					t.Fatalf("took %d, want %d", e.userData, k.answered[0])
				}
				k.answered = k.answered[1:]
				flying--
			}
		},
		"": func(t *rapid.T) {
			if sum := len(filled) + len(published) + len(k.accepted) + len(k.answered); sum != flying {
				t.Fatalf("%d are somewhere, %d should be", sum, flying)
			}
			if want := len(k.accepted)+len(k.answered) > 0; r.pending() != want {
				t.Fatalf("pending is %v, want %v", r.pending(), want)
			}
		},
	})
}

// fakeRun carries transfers of a queue out against a kernel that moves what the script
// says, a byte a completion, and returns what each slot came to.
func fakeRun(q *queue, k *kernel, script []byte, transfers int) (ended map[int]error, overflow bool) {
	ended = map[int]error{}
	free := make([]int, 0, len(q.slots))
	for s := range len(q.sqes) {
		free = append(free, s)
	}
	for begun := 0; len(ended) < transfers; {
		for ; begun < transfers && len(free) > 0; begun++ {
			q.start(free[0], opRead, 0, make([]byte, 1+begun%97), int64(begun))
			free = free[1:]
		}
		q.publish()
		k.accept(len(q.sqes))
		for len(k.accepted) > 0 {
			step := byte(255) // beyond the script all goes well
			if len(script) > 0 {
				step, script = script[0], script[1:]
			}
			which := int(step) % len(k.accepted)
			t := &q.slots[k.accepted[which]]
			left := int32(t.n - t.done)
			res := left
			switch {
			case step < 32:
				res = 0
			case step < 64:
				res = -int32(unix.EIO)
			case step < 96:
				res = -int32([]syscall.Errno{unix.EINTR, unix.EAGAIN}[step%2])
			case step < 160:
				res = 1 + (left-1)/2
			}
			if !k.answer(which, res) {
				return ended, true
			}
			if step%3 == 0 {
				break
			}
		}
		for s, err := q.finished(); s >= 0; s, err = q.finished() {
			ended[int(q.slots[s].off)] = err
			free = append(free, s)
		}
		k.answered = k.answered[:0]
	}
	return ended, false
}

// FuzzQueue has a kernel answer in any order, with parts, errors and interruptions:
// each transfer ends once, whole or with an error, and no completion lacks a place even
// where their queue is as short as that of submissions.
func FuzzQueue(f *testing.F) {
	f.Add([]byte{}, uint8(0), uint32(0))
	f.Add([]byte{0, 40, 70, 71, 100, 200, 101, 150, 99, 33}, uint8(2), ^uint32(0)-3)
	f.Add([]byte{100, 100, 100, 100, 100, 100, 100, 100}, uint8(4), uint32(1)<<31)
	f.Fuzz(func(t *testing.T, script []byte, log uint8, begin uint32) {
		size := 1 << (log % 9)
		k := newKernel(size, size, begin)
		q := &queue{}
		q.ring = *k.ring
		k.ring = &q.ring
		const transfers = 600
		wrong := 0
		for _, b := range script {
			if b < 64 {
				wrong++
			}
		}
		ended, overflow := fakeRun(q, k, script, transfers)
		if overflow {
			t.Fatal("a completion had no place")
		}
		if len(ended) != transfers || q.flying != 0 || q.most != min(size, transfers) {
			t.Errorf("%d of %d transfers ended, %d are in flight, %d were at most", len(ended), transfers, q.flying,
				q.most)
		}
		failed := 0
		for _, err := range ended {
			if err != nil {
				failed++
			}
		}
		if failed > wrong {
			t.Errorf("%d transfers failed, of %d that were made to", failed, wrong)
		}
		for s := range size {
			if slot := q.slots[s]; slot.n > 0 && slot.done >= slot.n {
				t.Errorf("slot %d moved %d of %d bytes before its last part", s, slot.done, slot.n)
			}
		}
	})
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		errno    unix.Errno
		disabled string
		want     string
	}{
		{unix.ENOSYS, "", "use the backend pread"},
		{unix.EPERM, "2", "sysctl kernel.io_uring_disabled=0"},
		{unix.EPERM, "1", "io_uring_group"},
		{unix.EPERM, "0", "seccomp=unconfined"},
		{unix.EACCES, "", "seccomp=unconfined"},
		{unix.ENOMEM, "0", "ulimit -l"},
		{unix.EMFILE, "0", "ulimit -n"},
		{unix.EINVAL, "0", "io_uring_setup: invalid argument"},
	} {
		checkError(t, explain(c.errno, c.disabled), c.errno, c.want)
	}
}
