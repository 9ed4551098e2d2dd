package process

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Bounds of what is looked at: the start of a line, in bytes, and the lines below a race
// in which its place is looked for.
const (
	maxSignLine = 4 << 10
	placeLines  = 40
)

// signs are what runtimes print of a defect that no answer shows. Each is certain: what
// a program may print in the usual course is none.
var signs = []*regexp.Regexp{
	regexp.MustCompile(`^WARNING: DATA RACE$`),
	regexp.MustCompile(`^WARNING: ThreadSanitizer: data race.*`),
	regexp.MustCompile(`\bUnhandledPromiseRejection\w*: .*`),
	regexp.MustCompile(`\bTask exception was never retrieved\b.*`),
	regexp.MustCompile(`\bRuntimeWarning: coroutine '.*' was never awaited`),
}

// race is the place in signs of Go's race detector, which prints a stack below.
const race = 0

// raceFrame is a place in the report of Go's race detector.
var raceFrame = regexp.MustCompile(`^\s+(\S+\.go:\d+) `)

// Signs looks for signs of a defect in what is written to it. It is safe for concurrent
// use.
type Signs struct {
	mu    sync.Mutex
	line  []byte       // that is not at its end
	found map[int]sign // by their number in signs
	near  int          // lines in which the place of a race may still come
}

type sign struct {
	text  string // of the first
	times int
}

// Write reads p, and never fails.
func (s *Signs) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(p)
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		s.line = append(s.line, line[:min(len(line), maxSignLine-min(len(s.line), maxSignLine))]...)
		if !ended {
			return n, nil
		}
		s.read(strings.TrimRight(strings.ToValidUTF8(string(s.line), "\uFFFD"), "\r"))
		s.line, p = s.line[:0], rest
	}
}

func (s *Signs) read(line string) {
	if s.near > 0 {
		s.near--
		if place := raceFrame.FindStringSubmatch(line); place != nil && !foreign.MatchString(place[1]) {
			s.near, s.found[race] = 0, sign{withPlace(s.found[race].text, place[1]), s.found[race].times}
		}
	}
	for i, known := range signs {
		text := known.FindString(line)
		if text == "" {
			continue
		}
		f, again := s.found[i]
		if !again {
			f.text = text
		}
		if i == race && !again {
			s.near = placeLines
		}
		f.times++
		if s.found == nil {
			s.found = map[int]sign{}
		}
		s.found[i] = f
		return
	}
}

// Found returns the first of each kind of sign, and how many there were.
func (s *Signs) Found() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for i := range signs {
		switch f := s.found[i]; {
		case f.times > 1:
			out = append(out, fmt.Sprintf("%s, %d times in all", f.text, f.times))
		case f.times == 1:
			out = append(out, f.text)
		}
	}
	return out
}
