package trace

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A call is one line of strace, or two that belong together.
type call struct {
	pid     int
	at      time.Duration // since the trace began
	text    string
	name    string
	args    []string
	ret     int64  // negative where the call failed
	retPath string // of the descriptor that it returned
	took    time.Duration
}

// split reads the text; ok is false where it is none of a call that has ended.
func (c *call) split() (ok bool, err error) {
	var rest string
	if c.name, rest, ok = strings.Cut(c.text, "("); !ok || !isName(c.name) {
		return false, fmt.Errorf("%.40q is no system call", c.text)
	}
	if c.args, rest, err = arguments(rest); err != nil {
		return false, fmt.Errorf("%s: %w", c.name, err)
	}
	_, rest, ok = strings.Cut(rest, "= ")
	if !ok {
		return false, fmt.Errorf("%s has no result", c.name)
	}
	end := strings.IndexAny(rest+" ", " <")
	word, rest := rest[:end], rest[end:]
	if word == "?" { // the process has ended in it
		return false, nil
	}
	if path, named := strings.CutPrefix(rest, "<"); named {
		path, rest, _ = strings.Cut(path, ">")
		if c.retPath, err = unescape(path); err != nil {
			return false, err
		}
	}
	if c.ret, err = number(word); err != nil {
		return false, fmt.Errorf("%s returned %.30q: %w", c.name, word, err)
	}
	if _, took, found := strings.Cut(rest, "<"); found {
		sec, err := strconv.ParseFloat(strings.TrimSuffix(took, ">"), 64)
		if err != nil || !(sec >= 0 && sec < 1e8) {
			return false, fmt.Errorf("%s took %.30q", c.name, took)
		}
		c.took = time.Duration(sec * float64(time.Second))
	}
	return true, nil
}

// number reads a result: an address may use all of 64 bits.
func number(word string) (int64, error) {
	if hex, ok := strings.CutPrefix(word, "0x"); ok {
		n, err := strconv.ParseUint(hex, 16, 64)
		return int64(n & (1<<63 - 1)), err
	}
	return strconv.ParseInt(word, 10, 64)
}

func isName(s string) bool {
	return s != "" && len(s) < 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// arguments divides what stands between the parentheses of a call, the first of which is
// read, and returns what follows. Commas count that are in no string, no bracket and no
// file's name; in a name strace writes < and > as numbers.
func arguments(text string) (args []string, rest string, err error) {
	depth, start := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '<':
			if end := strings.IndexByte(text[i:], '>'); end > 0 && i > 0 && isWord(text[i-1]) {
				i += end
			}
		case '(', '[', '{':
			depth++
		case ']', '}':
			depth--
		case ',':
			if depth == 0 {
				args, start = append(args, strings.TrimSpace(text[start:i])), i+1
			}
		case ')':
			if depth--; depth < 0 {
				if last := strings.TrimSpace(text[start:i]); last != "" || len(args) > 0 {
					args = append(args, last)
				}
				return args, text[i+1:], nil
			}
		}
	}
	return nil, "", errors.New("its arguments have no end")
}

// isWord reports whether a byte may end a descriptor: a number, or AT_FDCWD.
func isWord(b byte) bool { return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' }

// descriptor reads an argument such as 3</tmp/data>; named is whether strace names the
// file.
func descriptor(arg string) (fd int, path string, named bool, err error) {
	word, path, named := strings.Cut(arg, "<")
	if word == "AT_FDCWD" {
		return -1, "", false, nil
	}
	if fd, err = strconv.Atoi(word); err != nil || fd > 1<<30 {
		return -1, "", false, fmt.Errorf("%.40q is no file descriptor", arg)
	}
	if i := strings.IndexAny(path, "<>"); i >= 0 {
		path = path[:i]
	}
	path, err = unescape(path)
	return fd, strings.TrimSuffix(path, " (deleted)"), named, err
}

// isRegular reports whether a path, as strace names a descriptor's, may be that of a
// regular file: pipes and sockets have none that begins with a slash.
func isRegular(path string) bool {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/memfd:") {
		return false
	}
	for _, special := range []string{"/dev", "/proc", "/sys"} {
		if path == special || strings.HasPrefix(path, special+"/") {
			return false
		}
	}
	return true
}

// unquote reads a string in quotes. One that strace cut off is followed by dots.
func unquote(s string) (string, error) {
	s, ok := strings.CutPrefix(s, `"`)
	end := strings.LastIndexByte(s, '"')
	if !ok || end < 0 {
		return "", fmt.Errorf("%.40q is no string", s)
	}
	return unescape(s[:end])
}

// unescape reads what strace escapes as C does.
func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", errors.New("a backslash at the end of a string")
		}
		if at := strings.IndexByte(`abtnvfr`, s[i]); at >= 0 {
			b.WriteByte(byte(7 + at))
			continue
		}
		n, digits := 0, 0
		for ; digits < 3 && i < len(s) && s[i] >= '0' && s[i] <= '7'; i, digits = i+1, digits+1 {
			n = n<<3 | int(s[i]-'0')
		}
		if digits > 0 {
			b.WriteByte(byte(n))
			i--
			continue
		}
		b.WriteByte(s[i]) // a quote, a backslash
	}
	return b.String(), nil
}
