package delivery

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/flags"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/schemas/suggest"
)

// faultForms are the faults as help texts and messages list them.
const faultForms = "refuse, reset, respond STATUS, delay DURATION, lose-response or replace STATUS"

// faultWord is the first word of a fault, and an example of what comes after it.
type faultWord struct {
	word    string
	example string
	doc     string
}

func faultWords() []faultWord {
	return []faultWord{
		{string(mocksender.Refuse), "", "the connection is refused, and the target sees nothing"},
		{string(mocksender.Reset), "", "the connection is cut before the target gets the request"},
		{string(mocksender.Respond), " 503", "something in between answers, and the target sees nothing"},
		{string(mocksender.Delay), " 2s", "the attempt reaches the target later"},
		{string(mocksender.LoseResponse), "", "the target answers, and the answer is lost"},
		{string(mocksender.Replace), " 502", "the target answers, and something in between answers otherwise"},
	}
}

// ParseFault reads a fault and its conditions: "respond 503, attempt=1",
// "lose-response, event=meeting.ended, chance=0.2".
func ParseFault(s string) (mocksender.Fault, error) {
	kind, conditions, more := strings.Cut(s, ",")
	f, err := parseFaultKind(strings.Join(strings.Fields(kind), " "))
	if err != nil || !more {
		return f, err
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(conditions, ",") {
		name, text, _ := strings.Cut(strings.TrimSpace(part), "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		switch {
		case text == "":
			return f, notACondition(strings.TrimSpace(part))
		case seen[name]:
			return f, fmt.Errorf("%s: it stands there twice", name)
		}
		seen[name] = true
		if err := setCondition(&f, name, text); err != nil {
			return f, err
		}
	}
	return f, nil
}

func parseFaultKind(s string) (mocksender.Fault, error) {
	word, _, _ := strings.Cut(s, " ")
	if _, err := wording.Find("fault", word, faultWords(), func(w faultWord) string { return w.word }, ", want "+faultForms); err != nil {
		return mocksender.Fault{}, err
	}
	f, err := mocksender.ParseFault(s)
	if err == nil {
		return f, nil
	}
	text := strings.TrimPrefix(err.Error(), mocksender.ErrFault.Error()+": ")
	if found, want, ok := strings.Cut(text, ": want "); ok {
		text = "found " + found + ", want " + want
	}
	return f, errors.New(text)
}

// notACondition is the error for what should be NAME=VALUE and is not.
func notACondition(part string) error {
	const want = "attempt=N, event=NAME or chance=P"
	words := strings.Fields(strings.ReplaceAll(part, "=", " "))
	if len(words) == 2 {
		if name := suggest.Nearest(words[0], []string{"attempt", "event", "chance"}); name != "" {
			return flags.Found(part, "%s; did you mean %s=%s?", want, name, words[1])
		}
	}
	return flags.Found(part, want)
}

func setCondition(f *mocksender.Fault, name, text string) (err error) {
	switch name {
	case "attempt":
		if f.Attempt, err = strconv.Atoi(text); err != nil || f.Attempt < 1 {
			return fmt.Errorf("attempt: %w", flags.Found(text, "a whole number from 1"))
		}
	case "event":
		f.Event, err = flags.Event(text)
		return err
	case "chance":
		if f.Chance, err = strconv.ParseFloat(text, 64); err != nil || !(f.Chance > 0 && f.Chance <= 1) {
			return fmt.Errorf("chance: %w", flags.Found(text, "a number above 0 and at most 1, such as 0.2"))
		}
	default:
		return notACondition(name + "=" + text)
	}
	return nil
}

// faultText writes a fault as ParseFault reads it.
func faultText(f mocksender.Fault) string {
	text := f.String()
	if f.Attempt > 0 {
		text += ", attempt=" + strconv.Itoa(f.Attempt)
	}
	if f.Event != "" {
		text += ", event=" + string(f.Event)
	}
	if f.Chance > 0 && f.Chance < 1 {
		text += ", chance=" + strconv.FormatFloat(f.Chance, 'g', -1, 64)
	}
	return text
}

// FaultTexts writes faults as --fault has them.
func FaultTexts(faults []mocksender.Fault) []string { return wording.Names(faults, faultText) }

// completeFault completes the first word, and the conditions after a comma.
func completeFault(_ *cobra.Command, _ []string, typed string) (out []cobra.Completion, _ cobra.ShellCompDirective) {
	const more = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	i := strings.LastIndexByte(typed, ',')
	if i < 0 {
		for _, w := range faultWords() {
			out = append(out, cobra.CompletionWithDesc(w.word+w.example, w.doc))
		}
		return out, more
	}
	head := typed[:i+1] + strings.Repeat(" ", len(typed[i+1:])-len(strings.TrimLeft(typed[i+1:], " ")))
	out = []cobra.Completion{
		cobra.CompletionWithDesc(head+"attempt=1", "on this attempt alone"),
		cobra.CompletionWithDesc(head+"chance=0.2", "with this probability"),
	}
	for _, name := range flags.EventNames() {
		out = append(out, cobra.CompletionWithDesc(head+"event="+name, "on this event alone"))
	}
	return out, more
}
