package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"mmapbench/lab"
)

// inNewFolder makes an empty folder the current one, until leave.
func inNewFolder() (leave func()) {
	back, err := os.Getwd()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "lab")
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		log.Fatal(err)
	}
	return func() {
		if err := os.Chdir(back); err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

// common asks for JSON. The test binary is its own child process.
var common = lab.Common{JSON: true, Self: []string{"/proc/self/exe", "lab-child"}}

// show prints the facts of a report that have one of the names; "checked" stands
// for all checks.
func show(out *bytes.Buffer, facts ...string) {
	var r lab.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		log.Fatal(err)
	}
	for _, s := range r.Steps {
		for _, i := range s.Items {
			for _, name := range facts {
				switch {
				case i.Fact == name:
					fmt.Printf("%s: %s: %s\n", s.Title, i.Fact, i.Value)
				case name == "checked" && i.Checked != "":
					fmt.Printf("%s: checked: %s\n", s.Title, i.Checked)
				}
			}
		}
	}
	fmt.Println("as expected:", r.AsExpected)
}

func ExampleEdit() {
	defer inNewFolder()()
	if err := os.WriteFile("note.txt", []byte("Hello, world of files."), 0o600); err != nil {
		log.Fatal(err)
	}
	if err := lab.Edit(os.Stdout, lab.EditOptions{File: "note.txt", Text: "Adieu"}); err != nil {
		log.Fatal(err)
	}
	// Output:
	// edit: change a file in place through a shared mapping
	//
	// 1. Open the file and ask for its length: a mapping has to know it
	//      open("note.txt", O_RDWR|O_NOFOLLOW) = fd
	//      flock(fd, LOCK_EX|LOCK_NB) = 0
	//      fstat(fd, &st) = 0, st_size is 22
	//
	// 2. Map all of it, for loads and stores that are shared with the file
	//      mmap(NULL, 22, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0) = p
	//      close(fd) = 0
	//      The mapping does not need the descriptor any more.
	//      the mapping holds: "Hello, world of files."
	//
	// 3. Store the text: no system call is made
	//      memcpy(p, "Adieu", 5)
	//      checked: read(2) sees the text already, before any msync
	//
	// 4. Wait until it is on the device, and end the mapping
	//      msync(p, 22, MS_SYNC) = 0
	//      munmap(p, 22) = 0
	//
	// 5. Look at the file, with read(2)
	//      the file holds: "Adieu, world of files."
	//      checked: its length is 22 as before
	//      checked: it begins with the text
	//      checked: 17 bytes after it are as before
	//
	// What this shows
	//    - A store to a shared mapping is a store to the page cache, which read(2)
	//      reads from: the file has changed at once, without any write(2).
	//    - msync is about the device, not about other programs: without it the change
	//      reaches the device some time later, and a power cut before that loses it.
}

func ExampleCompare() {
	defer inNewFolder()()
	var out bytes.Buffer
	if err := lab.Compare(&out, lab.CompareOptions{Common: common}); err != nil {
		log.Fatal(err)
	}
	show(&out, "the mapping shows", "the file holds")
	// Output:
	// Store through MAP_PRIVATE: the mapping shows: "PRIVATE BYTES for comparison."
	// Store through MAP_PRIVATE: the file holds: "Original data for comparison."
	// Store through MAP_SHARED: the mapping shows: "SHARED BYTES! for comparison."
	// Store through MAP_SHARED: the file holds: "SHARED BYTES! for comparison."
	// as expected: true
}

func ExampleAppend() {
	defer inNewFolder()()
	if err := os.WriteFile("log.txt", []byte("one\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	if err := lab.Append(&out, lab.AppendOptions{Common: common, File: "log.txt", Text: "two\n"}); err != nil {
		log.Fatal(err)
	}
	show(&out, "page boundary")
	text, err := os.ReadFile("log.txt")
	fmt.Printf("%q %v\n", text, err)
	// Output:
	// Map the pages that the new part lies in: page boundary: not crossed, all of the text is in page 0
	// as expected: true
	// "one\ntwo\n" <nil>
}

func ExampleCopy() {
	defer inNewFolder()()
	if err := os.WriteFile("from", []byte("to be copied"), 0o640); err != nil {
		log.Fatal(err)
	}
	var out bytes.Buffer
	if err := lab.Copy(context.Background(), &out, lab.CopyOptions{Common: common, Src: "from",
		Dst: "to"}); err != nil {
		log.Fatal(err)
	}
	show(&out, "checked")
	text, err := os.ReadFile("to")
	fmt.Printf("%q %v\n", text, err)
	// Output:
	// Compare the two, with read(2): checked: the copy has 12 bytes, like the source, and they are the same
	// as expected: true
	// "to be copied" <nil>
}

func ExampleAlign() {
	defer inNewFolder()()
	// As on a machine with pages of 16 KiB, where 4096 is not aligned.
	var out bytes.Buffer
	if err := lab.Align(&out, lab.AlignOptions{Common: common, Offsets: []string{"4096", "0x4001"},
		Page: 16384}); err != nil {
		log.Fatal(err)
	}
	show(&out, "aligned offset", "difference", "length to map")
	// Output:
	// Offset 4096 (0x1000): aligned offset: 0 (0x0), page 0
	// Offset 4096 (0x1000): difference: 4096
	// Offset 4096 (0x1000): length to map: 4097 = 4096 + 1 byte wanted
	// Offset 16385 (0x4001): aligned offset: 16384 (0x4000), page 1
	// Offset 16385 (0x4001): difference: 1
	// Offset 16385 (0x4001): length to map: 2 = 1 + 1 byte wanted
	// as expected: true
}

func ExampleCounterIncrement() {
	defer inNewFolder()()
	o := lab.CounterOptions{Common: common, File: "n"}
	var out bytes.Buffer
	if err := lab.CounterInit(&out, o); err != nil {
		log.Fatal(err)
	}
	o.Processes, o.Times, o.How = 3, 1000, lab.Atomic
	out.Reset()
	if err := lab.CounterIncrement(context.Background(), &out, o); err != nil {
		log.Fatal(err)
	}
	show(&out, "the number after", "lost")
	// Output:
	// 3 processes, each 1000 times, atomic: the number after: 3000
	// 3 processes, each 1000 times, atomic: lost: 0 of 3000 (0.0 %)
	// as expected: true
}

func ExampleCow() {
	defer inNewFolder()()
	var out bytes.Buffer
	if err := lab.Cow(context.Background(), &out, lab.CowOptions{Common: common}); err != nil {
		log.Fatal(err)
	}
	show(&out, "checked")
	// Output:
	// Store a byte to page 1: checked: page 1 is a copy now
	// Store a byte to page 1: checked: no other page is
	// Store a byte to page 1: checked: the file is as before, byte for byte
	// as expected: true
}

func ExampleMistakes() {
	defer inNewFolder()()
	var out bytes.Buffer
	if err := lab.Mistakes(context.Background(), &out, lab.MistakesOptions{Common: common}); err != nil {
		log.Fatal(err)
	}
	show(&out, "the process")
	// Output:
	// Store to a mapping that was made for reading (read-only): the process: was killed by SIGSEGV (segmentation fault)
	// Touch a page after the file was made shorter (truncated): the process: was killed by SIGBUS (bus error)
	// Map from an offset that is no multiple of the page size (unaligned): the process: lives on
	// Unmap another length than was mapped (wrong-length): the process: was killed by SIGSEGV (segmentation fault)
	// Leave msync out (no-msync): the process: lives on
	// Use a mapping after munmap (unmapped): the process: was killed by SIGSEGV (segmentation fault)
	// Map a file of no bytes (empty): the process: lives on
	// as expected: true
}
