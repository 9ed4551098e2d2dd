package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/effects"
)

// effectsFlags say where the effects of deliveries are counted.
type effectsFlags struct {
	url, command, file string
	timeout            time.Duration
}

func (f *effectsFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	stringFlag(fs, &f.url, "effects-url", "URL", "where the receiver tells how often a delivery took effect, as {\"count\":N}; {uuid}, {event}, {meeting_id} and {session_id} in it are filled in")
	stringFlag(fs, &f.command, "effects-cmd", "COMMAND", "command that prints that number; the same places are filled in, and no shell reads it")
	stringFlag(fs, &f.file, "effects-file", "FILE", "file of JSON lines to which the receiver appends one, {\"uuid\":\"…\"}, for each effect")
	complete(cmd, "effects-file", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault))
	durationFlag(fs, &f.timeout, "effects-timeout", conformance.DefaultEffectsTimeout, "how long an effect may take to show")
}

// openEffects returns the instrument that the flags ask for, nil for none.
func (a *app) openEffects(f *effectsFlags, target string) (effects.Counter, error) {
	given := map[string]string{"effects-url": f.url, "effects-cmd": f.command, "effects-file": f.file}
	maps.DeleteFunc(given, func(_, text string) bool { return text == "" })
	flags := slices.Sorted(maps.Keys(given))
	switch {
	case len(flags) == 0:
		return nil, nil
	case len(flags) > 1:
		return nil, a.bad(flags[0], "%s is given as well, want one of them", a.origin(flags[1]))
	case target == "":
		return nil, a.bad(flags[0], "the built-in receiver counts its effects itself; it goes with a URL to test")
	}
	var e effects.Counter
	var err error
	switch flags[0] {
	case "effects-url":
		e, err = effects.NewURL(f.url)
	case "effects-cmd":
		e, err = a.newEffectsCommand(f.command)
	default:
		e, err = effects.OpenFile(f.file)
	}
	if err != nil {
		hint := ""
		if flags[0] == "effects-url" {
			hint = placeHint(f.url)
		}
		return nil, a.bad(flags[0], "%s%s", plain(err), hint)
	}
	return e, nil
}

// effectsCommandLimit bounds the time of one count.
const effectsCommandLimit = 5 * time.Second

// effectsCommand counts by a command that prints a number: --effects-cmd.
type effectsCommand struct {
	words []string
	env   []string
}

// deliveryPlaces are what stands for a delivery's values in the words of a
// command, and the variables that hold them.
func deliveryPlaces(q effects.Query) [][3]string {
	return [][3]string{
		{"{uuid}", "RTKMOCK_UUID", q.UUID},
		{"{event}", "RTKMOCK_EVENT", string(q.Event)},
		{"{meeting_id}", "RTKMOCK_MEETING_ID", q.MeetingID},
		{"{session_id}", "RTKMOCK_SESSION_ID", q.SessionID},
	}
}

func (a *app) newEffectsCommand(text string) (*effectsCommand, error) {
	words, err := splitWords(text)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, &problem{"found no command in it"}
	}
	if err := checkPlaces(words); err != nil {
		return nil, err
	}
	if err := process.Find(words[0]); err != nil {
		return nil, &problem{startProblem(words[0], err)}
	}
	return &effectsCommand{words, a.environ()}, nil
}

// checkPlaces refuses a command that says the same of all deliveries, and one
// in which a shell would read the values.
func checkPlaces(words []string) error {
	named := false
	for i, word := range words {
		for _, place := range deliveryPlaces(effects.Query{}) {
			if strings.Contains(word, place[0]) && i > 1 && isShell(words[0]) && strings.HasPrefix(words[i-1], "-") && strings.HasSuffix(words[i-1], "c") {
				return &problem{fmt.Sprintf(`%s stands in what a shell reads, want "$%s" there`, place[0], place[1])}
			}
			named = named || strings.Contains(word, place[0]) || strings.Contains(word, place[1])
		}
	}
	if named {
		return nil
	}
	return &problem{"it names no delivery, want {uuid} where its id belongs" + placeHint(strings.Join(words, " "))}
}

// placeHint says which place the first one in text that is none may stand for.
func placeHint(text string) string {
	var places []string
	for _, place := range deliveryPlaces(effects.Query{}) {
		places = append(places, place[0])
	}
	hint := ""
	for _, typed := range regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1) {
		if !slices.Contains(places, typed) {
			hint = orElse(hint, didYouMean(typed, places))
		}
	}
	return hint
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

// Key implements conformance.Effects.
func (e *effectsCommand) Key(q effects.Query) string {
	key := strings.Join(e.fill(q), "\x00")
	for _, place := range deliveryPlaces(q) {
		key = strings.ReplaceAll(key, place[1], place[2])
	}
	return key
}

// Count implements conformance.Effects. A command that has printed a number has
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
		return 0, errors.New("--effects-cmd: " + oneLine(plain(err)))
	}
	return 0, fmt.Errorf("--effects-cmd printed %.60q, want a number", text)
}
