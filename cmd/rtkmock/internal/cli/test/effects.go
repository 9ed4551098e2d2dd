package test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/conformance/effects"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// effectsVariable is where COMMAND finds the file of --effects-file.
const effectsVariable = "EFFECTS"

// effectsFlags say where the effects of deliveries are counted.
type effectsFlags struct {
	url, command, file string
}

func (f *effectsFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	flags.String(fs, &f.url, "effects-url", "URL", "where the receiver answers how often a delivery had an effect, as {\"count\":N}; {uuid}, {event}, {meeting_id} and {session_id} in it are filled in")
	flags.String(fs, &f.command, "effects-cmd", "COMMAND", "command that prints that number; the same places are filled in, and no shell reads it")
	flags.File(cmd, &f.file, "effects-file", "FILE", "file of JSON lines to which the receiver appends one, {\"uuid\":\"…\"}, for each effect; COMMAND finds its path in "+effectsVariable)
}

// open returns the instrument that the flags ask for, nil for none.
func (f *effectsFlags) open(a *app.App, url string) (effects.Counter, error) {
	given := map[string]string{"effects-url": f.url, "effects-cmd": f.command, "effects-file": f.file}
	maps.DeleteFunc(given, func(_, text string) bool { return text == "" })
	names := slices.Sorted(maps.Keys(given))
	switch {
	case len(names) == 0:
		return nil, nil
	case len(names) > 1:
		return nil, a.BadFlag(names[0], "%s is given as well, want one of them", a.Origin(names[1]))
	case url == "":
		return nil, a.BadFlag(names[0], "the built-in receiver counts its effects itself; it goes with a URL to test")
	}
	var e effects.Counter
	var err error
	hint := ""
	switch names[0] {
	case "effects-url":
		e, err = effects.NewURL(f.url)
		hint = placeHint(f.url)
	case "effects-cmd":
		e, err = newEffectsCommand(a, f.command)
	default:
		e, err = effects.OpenFile(f.file)
	}
	if err != nil {
		return nil, a.BadFlag(names[0], "%s%s", exit.Plain(err), hint)
	}
	return e, nil
}

// tryEffects counts the effects of a delivery that was never sent, and says before the run
// what is wrong with that: it would show at the end only.
func (r *run) tryEffects(ctx context.Context) {
	counter := r.judging.Target.Effects
	if counter == nil || r.url == nil || r.unreached {
		return
	}
	ids := rtk.NewIDs(r.judging.Seed, "never sent")
	_, err := counter.Count(ctx, effects.Query{UUID: ids.Next(), Event: rtk.MeetingStarted, MeetingID: ids.Next(), SessionID: ids.Next()})
	var slow net.Error
	if d, ok := counter.(effects.Doubter); err == nil && ok && d.Doubt() != "" {
		r.Notef("the count of effects: %s (--effects-url)", d.Doubt())
	} else if err != nil && ctx.Err() == nil && !(errors.As(err, &slow) && slow.Timeout()) { // it may have to start
		r.Warnf("the count of effects: %s", terminal.OneLine(exit.Plain(err)))
	}
}

// effectsCommandLimit bounds the time of one count.
const effectsCommandLimit = 5 * time.Second

// effectsCommand counts by a command that prints a number: --effects-cmd.
type effectsCommand struct {
	words []string
	env   []string
}

// deliveryPlaces are the placeholders of a delivery's values in the words of a
// command, the variables that hold the values, and the values.
func deliveryPlaces(q effects.Query) [][3]string {
	return [][3]string{
		{"{uuid}", "RTKMOCK_UUID", q.UUID},
		{"{event}", "RTKMOCK_EVENT", string(q.Event)},
		{"{meeting_id}", "RTKMOCK_MEETING_ID", q.MeetingID},
		{"{session_id}", "RTKMOCK_SESSION_ID", q.SessionID},
	}
}

func newEffectsCommand(a *app.App, text string) (*effectsCommand, error) {
	words, err := process.SplitWords(text)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("found no command in it")
	}
	if err := checkPlaces(words); err != nil {
		return nil, err
	}
	if err := process.Find(words[0]); err != nil {
		return nil, errors.New(target.StartProblem(words[0], err))
	}
	return &effectsCommand{words, a.Environ()}, nil
}

// checkPlaces refuses a command that says the same of all deliveries, and one
// that lets a shell read the values.
func checkPlaces(words []string) error {
	named := false
	for i, word := range words {
		for _, place := range deliveryPlaces(effects.Query{}) {
			if strings.Contains(word, place[0]) && i > 1 && isShell(words[0]) && strings.HasPrefix(words[i-1], "-") && strings.HasSuffix(words[i-1], "c") {
				return fmt.Errorf(`%s stands in what a shell reads, want "$%s" there`, place[0], place[1])
			}
			named = named || strings.Contains(word, place[0]) || strings.Contains(word, place[1])
		}
	}
	if named {
		return nil
	}
	return fmt.Errorf("it names no delivery, want {uuid} where its id belongs%s", placeHint(strings.Join(words, " ")))
}

// placeHint suggests the place that the first unknown one in text may stand for.
func placeHint(text string) string {
	var known []string
	for _, place := range deliveryPlaces(effects.Query{}) {
		known = append(known, place[0])
	}
	for _, typed := range regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1) {
		if hint := wording.DidYouMean(typed, known); hint != "" && !slices.Contains(known, typed) {
			return hint
		}
	}
	return ""
}

func isShell(name string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh", "fish", "ash"}, filepath.Base(name))
}

// fill puts the values of q into the words.
func (e *effectsCommand) fill(q effects.Query) []string {
	var pairs []string
	for _, place := range deliveryPlaces(q) {
		pairs = append(pairs, place[0], place[2])
	}
	fill := strings.NewReplacer(pairs...)
	words := make([]string, len(e.words))
	for i, word := range e.words {
		words[i] = fill.Replace(word)
	}
	return words
}

// Key implements effects.Counter.
func (e *effectsCommand) Key(q effects.Query) string {
	key := strings.Join(e.fill(q), "\x00")
	for _, place := range deliveryPlaces(q) {
		key = strings.ReplaceAll(key, place[1], place[2])
	}
	return key
}

// Count implements effects.Counter. A command that has printed a number has
// counted, whatever its exit status: that of grep -c is 1 for none.
func (e *effectsCommand) Count(ctx context.Context, q effects.Query) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, effectsCommandLimit, fmt.Errorf("it takes longer than %s", effectsCommandLimit))
	defer cancel()
	env := slices.Clone(e.env)
	for _, place := range deliveryPlaces(q) {
		env = append(env, place[1]+"="+place[2])
	}
	out, err := process.Output(ctx, e.fill(q), env)
	text := strings.TrimSpace(string(out))
	if n, bad := strconv.Atoi(text); bad == nil && n >= 0 && ctx.Err() == nil {
		return n, nil
	}
	if err != nil {
		return 0, errors.New("--effects-cmd: " + terminal.OneLine(exit.Plain(err)))
	}
	return 0, fmt.Errorf("--effects-cmd printed %.60q, want a number", text)
}
