package dataset

import (
	"os"
	"path/filepath"
	"testing"
)

// TestBorrowLeavesNothing borrows a folder that was not there, and one with a
// dataset in it.
func TestBorrowLeavesNothing(t *testing.T) {
	target := t.TempDir()
	borrow := func() {
		t.Helper()
		d, giveBack, err := Borrow(target)
		if err != nil {
			t.Fatal(err)
		}
		f, err := d.Create("probe")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if _, err := d.Create("data-x"); err == nil {
			t.Error("a scratch file may have the name of a dataset")
		}
		if len(ls(t, target)) < 2 {
			t.Fatal("nothing was made")
		}
		if err := giveBack(); err != nil {
			t.Fatal(err)
		}
	}
	borrow()
	if left := ls(t, target); len(left) > 0 {
		t.Errorf("left in a folder that was not there: %v", left)
	}
	d, err := openDir(target)
	if err != nil {
		t.Fatal(err)
	}
	name, _, err := d.Ensure(4096, Seeded(DefaultSeed), nil)
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	borrow()
	if left := ls(t, target); len(left) != 3 { // the folder, the marker, the dataset
		t.Errorf("left beside a dataset: %v", left)
	}
	if st, err := os.Stat(d.file(name)); err != nil || st.Size() != 4096 {
		t.Errorf("the dataset: %v, %v", st, err)
	}
}

// TestBorrowLeavesStrangersAlone puts a file into the borrowed folder.
func TestBorrowLeavesStrangersAlone(t *testing.T) {
	target := t.TempDir()
	_, giveBack, err := Borrow(target)
	if err != nil {
		t.Fatal(err)
	}
	strange := filepath.Join(target, FolderName, "strange")
	if err := os.WriteFile(strange, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := giveBack(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(strange); err != nil {
		t.Error(err)
	}
}

// createClosed makes an empty scratch file.
func createClosed(d *Dir, name string) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return f.Close()
}

// openDir opens the folder of a target.
func openDir(target string) (*Dir, error) {
	t, err := openTarget(target)
	if err != nil {
		return nil, err
	}
	defer t.close()
	return t.openDir()
}
