package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"mmapbench/internal/memfault"
	"mmapbench/internal/spelling"
)

// A mistake is made in a process of its own, with a file of two pages.
type mistake struct {
	name   string
	title  string
	make   func(s *script, path string) error
	signal syscall.Signal // the kernel ends the process by this signal; 0: it does not
	why    string
	avoid  string
}

// mistakes are in the order in which they are made. The list is never written to.
var mistakes = [...]mistake{
	{
		name: "read-only", title: "Store to a mapping that was " +
			"made for reading", signal: unix.SIGSEGV, make: storeToReadOnly,
		why: "PROT_READ alone: the processor refuses the store, and the kernel has nothing that would allow it. " +
			"SIGSEGV, at the address of the store.",
		avoid: "Ask for PROT_WRITE as well, and open the file O_RDWR: a shared mapping for stores of a descriptor " +
			"for reading is refused with EACCES, which tells early.",
	}, {
		name: "truncated", title: "Touch a page after the file was " +
			"made shorter", signal: unix.SIGBUS, make: touchTruncated,
		why: "The mapping is there, and no page of the file is behind that part of it any more. SIGBUS: what was " +
			"asked for does not exist. (The rest of the page in which the file ends is there, and reads as zeros. " +
			"What is stored there does not make the file longer, and on some file systems turns up in it when it " +
			"grows: mmapbench check, stray-store.)",
		avoid: "Nobody may shorten a file that others have mapped: agree on it, hold a lease or a seal (memfd), or " +
			"replace files by rename(2). Otherwise be ready for SIGBUS: sigaction and siglongjmp in C, " +
			"debug.SetPanicOnFault and recover in Go.",
	}, {
		name: "unaligned", title: "Map from an offset that is no multiple of the page size", make: mapUnaligned,
		why: "The page table maps whole pages, so a mapping begins at one. EINVAL.",
		avoid: "Round the offset down and map so much more (see align). Ask for the page size: offsets that are " +
			"multiples of 4096 work on most machines and fail on those with pages of 16 or 64 KiB. And compare with " +
			"MAP_FAILED, which is (void *)-1 and not NULL.",
	}, {
		name: "wrong-length", title: "Unmap another length " +
			"than was mapped", signal: unix.SIGSEGV, make: unmapWrongLength,
		why: "munmap takes any range of pages, whatever mappings are in it: too short leaves a rest mapped, too " +
			"long takes the neighbor's pages away, and both return 0. The neighbor then dies of a SIGSEGV.",
		avoid: "Keep address and length together from mmap to munmap, and change neither. The length is rounded up " +
			"to whole pages, the address is not rounded: EINVAL.",
	}, {
		name: "no-msync", title: "Leave msync out", make: leaveMsyncOut,
		why: "Other programs see a store at once, msync or not. What it decides is when the store is on the " +
			"device: without it some time later (30 s, or never if the power goes), and MS_ASYNC has done nothing at " +
			"all since Linux 2.6.19.",
		avoid: "Call msync(MS_SYNC) where a promise is made that must survive a power cut, and look at its result: " +
			"an error of the device is told there, or by the next fsync, but not by the store nor by munmap. Where " +
			"none is made, leave it out: it costs a wait for the device.",
	}, {
		name: "unmapped", title: "Use a mapping after munmap", signal: unix.SIGSEGV, make: useUnmapped,
		why: "Nothing is at the address any more. SIGSEGV, if one is lucky: as soon as something else is mapped " +
			"there, the access goes to that, without a word.",
		avoid: "Forget the address when it is unmapped: set the pointer to NULL, or give the mapping one owner who " +
			"is the last to use it. In Go no garbage collector knows of a slice that points into a mapping.",
	}, {
		name: "empty", title: "Map a file of no bytes", make: mapEmpty,
		why:   "A mapping of length 0 is EINVAL since Linux 2.6.12.",
		avoid: "Ask for the length first, and take empty files out of the way.",
	},
}

// MistakeNames lists what Mistakes may be asked for.
func MistakeNames() []string {
	var all []string
	for _, m := range mistakes {
		all = append(all, m.name)
	}
	return all
}

// MistakesOptions are those of Mistakes.
type MistakesOptions struct {
	Common
	Names []string // the mistakes to make; none: all
}

// Mistakes makes each mistake in a child process, says how that ended, and why,
// and how to avoid it.
func Mistakes(ctx context.Context, w io.Writer, o MistakesOptions) error {
	return o.play(w, "mistakes", func(s *script) (err error) {
		chosen, err := choose(o.Names)
		if err != nil {
			return err
		}
		b, err := s.borrow()
		if err != nil {
			return err
		}
		defer b.done(&err)
		for _, m := range chosen {
			if err := s.mistake(ctx, b, m); err != nil {
				return err
			}
		}
		s.conclude("A mapping turns errors of the device, of the file and of the program into signals: SIGBUS, the " +
			"page cannot be had; SIGSEGV, there is no such page, or not for that. Both end the process unless it " +
			"is prepared.")
		return nil
	})
}

func choose(names []string) ([]mistake, error) {
	if len(names) == 0 {
		return mistakes[:], nil
	}
	var chosen []mistake
	for _, n := range names {
		m := findMistake(n)
		if m == nil {
			return nil, spelling.Unknown("mistake", n, MistakeNames())
		}
		chosen = append(chosen, *m)
	}
	return chosen, nil
}

func findMistake(name string) *mistake {
	for i := range mistakes {
		if mistakes[i].name == name {
			return &mistakes[i]
		}
	}
	return nil
}

func (s *script) mistake(ctx context.Context, b *scratch, m mistake) error {
	s.step("%s (%s)", m.title, m.name)
	path, err := b.file("mistake", pagesOf("ab"))
	if err != nil {
		return err
	}
	d, err := s.watch(ctx, path, childMistake, m.name)
	if err != nil {
		return err
	}
	if d.err != nil {
		return fmt.Errorf("the mistake %s could not be made: %w", m.name, d.err)
	}
	s.fact("the process", "%s", d)
	if d.signal != m.signal {
		s.must(false, "such a process ends that way")
	}
	s.note("Why: %s", m.why)
	s.note("Instead: %s", m.avoid)
	return nil
}

// String says how the process ended.
func (d death) String() string {
	if d.signal == 0 {
		return "lives on"
	}
	return fmt.Sprintf("was killed by %s (%s)", unix.SignalName(d.signal), d.signal)
}

// makeMistake is the child's part. What it reports goes to the parent as it
// happens, since the process may not live to its end.
func makeMistake(out io.Writer, own map[string]*os.File, name, path string) error {
	m := findMistake(name)
	if m == nil {
		return fmt.Errorf("no mistake is called %q", name)
	}
	s := newScript(io.Discard, "mistakes", Common{JSON: true})
	s.own = own
	if own[path] == nil {
		return fmt.Errorf("%s was not handed on by the program that made it: mistakes are made with files of "+
			"our own alone", path)
	}
	s.wire = json.NewEncoder(out)
	return errors.Join(m.make(s, path), s.err)
}

// fatal makes an access twice: first as a Go program that is prepared for a
// fault, which learns where it was; then as any other, which the kernel ends.
func (s *script) fatal(m *mapping, text string, access func()) error {
	err := memfault.Catch(func() error { access(); return nil })
	s.reportFault(m, text, err)
	return s.die(access, text)
}

// die does what the texts say, of which the last ends the process: they are
// written beforehand.
func (s *script) die(deed func(), texts ...string) error {
	s.note("Once more, without a handler:")
	for _, text := range texts {
		s.add(Item{Call: text})
	}
	if s.err != nil {
		return s.err
	}
	return die(deed)
}

func (s *script) reportFault(m *mapping, text string, err error) {
	s.add(Item{Call: text})
	fault, ok := errors.AsType[*memfault.Error](err)
	switch {
	case !ok:
		s.must(false, "the access faults")
		return
	case fault.Addr == 0:
		s.note("Caught in Go as a panic. (Its address is not told here.)")
	default:
		off, _ := fault.In(m.b)
		s.fact("caught in Go as a panic, at the address", "%s + %d", m.name, off)
	}
}
