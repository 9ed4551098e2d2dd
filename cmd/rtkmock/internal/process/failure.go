package process

import (
	"regexp"
	"strings"
)

// failureLines is how many of the last lines are searched for an error.
const failureLines = 200

// Failure returns the error that a program printed last and the place in its own
// code that its stack names first: "Error: boom (server.mjs:12:9)". It is empty if
// the program printed none.
func (t *Tail) Failure() string {
	lines := t.Lines(failureLines)
	for i := len(lines) - 1; i >= 0; i-- {
		// Each reads how the error of one runtime ends, or begins, at line i.
		for _, runtime := range []func(lines []string, i int) string{python, goPanic, stackBelow, rust} {
			if text := runtime(lines, i); text != "" {
				return text
			}
		}
	}
	return ""
}

// Lines that begin an error, and places in a stack.
var (
	errorLine   = regexp.MustCompile(`^(?:\[[^\]]*\] *)?(?:Uncaught |PHP Fatal error: +|Fatal error: +|Exception in thread "[^"]*" |Unhandled exception\. ?)*((?:[A-Za-z_$][\w$]*[.:\\])*[A-Za-z_$]*(?:Error|Exception)\b.*|Uncaught .*|panic: .*|fatal error: .*)$`)
	nodeFrame   = regexp.MustCompile(`^\s+at (?:.*\()?((?:file://)?[^()\s]+:\d+(?::\d+)?)\)?(?: \{)?$`)
	javaFrame   = regexp.MustCompile(`^\s+at [\w.$/]+\(([\w$]+\.\w+:\d+)\)$`)
	phpFrame    = regexp.MustCompile(`^(?:#\d+ |  thrown in )(/\S+?)(?:\((\d+)\)| on line (\d+))`)
	pythonFrame = regexp.MustCompile(`^\s+File "([^"]+)", line (\d+)`)
	goFrame     = regexp.MustCompile(`^\t(\S+\.go:\d+)`)
	rustPanic   = regexp.MustCompile(`^thread '.*' (?:\(\d+\) )?panicked at (\S+?):?$`)
	foreign     = regexp.MustCompile(`node:|node_modules|internal/|<anonymous>|<frozen|site-packages|dist-packages|/lib/python|/vendor/|/pkg/mod/|/usr/(?:local/)?(?:go|lib)/|/src/runtime/|/src/net/http/`)
)

// stackBelow reads an error with its stack below it, as Node, PHP and Java print it.
func stackBelow(lines []string, i int) string {
	found := errorLine.FindStringSubmatch(strings.TrimRight(lines[i], " {"))
	if found == nil || nodeFrame.MatchString(lines[i]) {
		return ""
	}
	for _, line := range lines[i+1:] {
		for _, frame := range []*regexp.Regexp{nodeFrame, javaFrame, phpFrame} {
			if place := frame.FindStringSubmatch(line); place != nil && !foreign.MatchString(place[1]) {
				return withPlace(found[1], strings.Join(nonEmpty(place[1:]), ":"))
			}
		}
	}
	return withPlace(found[1], "")
}

// python reads an error whose stack stands above it, the latest call last.
func python(lines []string, i int) string {
	if i == 0 || strings.HasPrefix(lines[i], " ") || lines[i] == "" {
		return ""
	}
	place, inStack := "", false
	for j := i - 1; j >= 0 && (strings.HasPrefix(lines[j], " ") || strings.HasPrefix(lines[j], "Traceback ")); j-- {
		if strings.HasPrefix(lines[j], "Traceback ") {
			inStack = true
			break
		}
		if found := pythonFrame.FindStringSubmatch(lines[j]); found != nil && place == "" && !foreign.MatchString(found[1]) {
			place = found[1] + ":" + found[2]
		}
	}
	if !inStack {
		return ""
	}
	return withPlace(lines[i], place)
}

// goPanic reads a panic with the stack of its goroutine below it.
func goPanic(lines []string, i int) string {
	if !strings.HasPrefix(lines[i], "panic: ") && !strings.HasPrefix(lines[i], "fatal error: ") {
		return ""
	}
	for _, line := range lines[i+1:] {
		if found := goFrame.FindStringSubmatch(line); found != nil && !foreign.MatchString(found[1]) {
			return withPlace(lines[i], found[1])
		}
	}
	return withPlace(lines[i], "")
}

// rust reads a panic, which stands below its place.
func rust(lines []string, i int) string {
	found := rustPanic.FindStringSubmatch(lines[i])
	if found == nil || i+1 >= len(lines) {
		return ""
	}
	return withPlace(lines[i+1], found[1])
}

func withPlace(text, place string) string {
	text = strings.TrimSpace(text)
	if place == "" || strings.Contains(text, place) {
		return text
	}
	return text + " (" + strings.TrimPrefix(place, "file://") + ")"
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
