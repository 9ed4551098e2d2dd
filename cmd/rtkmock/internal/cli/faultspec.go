package cli

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtkmock/rtkmock/mocksender"
)

// faultForms are the faults as help texts and messages list them.
const faultForms = "refuse, reset, respond STATUS, delay DURATION, lose-response or replace STATUS"

// faultWord is the first word of a fault.
type faultWord struct{ word, more, doc string }

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

// qualifiers restrict a fault.
func qualifiers() []string { return []string{"attempt", "event", "chance"} }

// parseFaultSpec reads a fault and what restricts it: "respond 503, attempt=1",
// "lose-response, event=meeting.ended, chance=0.2".
func parseFaultSpec(s string) (mocksender.Fault, error) {
	parts := strings.Split(s, ",")
	f, err := parseFaultWord(strings.Join(strings.Fields(parts[0]), " "))
	if err != nil {
		return f, err
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, text, ok := strings.Cut(strings.TrimSpace(part), "=")
		name, text = strings.TrimSpace(name), strings.TrimSpace(text)
		if !ok || text == "" {
			return f, noQualifier(strings.TrimSpace(part))
		}
		if seen[name] {
			return f, &problem{name + ": it stands there twice"}
		}
		seen[name] = true
		if err := qualify(&f, name, text); err != nil {
			return f, err
		}
	}
	return f, nil
}

func parseFaultWord(s string) (mocksender.Fault, error) {
	word, _, _ := strings.Cut(s, " ")
	var known []string
	for _, w := range faultWords() {
		if w.word == word {
			f, err := mocksender.ParseFault(s)
			if err != nil {
				text := strings.TrimPrefix(err.Error(), mocksender.ErrFault.Error()+": ")
				if what, want, ok := strings.Cut(text, ": want "); ok {
					text = "found " + what + ", want " + want
				}
				return f, &problem{text}
			}
			return f, nil
		}
		known = append(known, w.word)
	}
	hint := didYouMean(word, known)
	if hint == "" {
		hint = ", want " + faultForms
	}
	return mocksender.Fault{}, &problem{"unknown fault " + quote(s) + hint}
}

// noQualifier is the error for what should be NAME=VALUE and is not.
func noQualifier(part string) error {
	const want = "attempt=N, event=NAME or chance=P"
	words := strings.Fields(strings.ReplaceAll(part, "=", " "))
	if len(words) == 2 {
		if name := nearest(words[0], qualifiers()); name != "" {
			return found(part, "%s; did you mean %s=%s?", want, name, words[1])
		}
	}
	return found(part, want)
}

func qualify(f *mocksender.Fault, name, text string) error {
	switch name {
	case "attempt":
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("attempt: %w", found(text, "a whole number from 1"))
		}
		f.Attempt = n
	case "event":
		t, err := parseEvent(text)
		if err != nil {
			return err
		}
		f.Event = t
	case "chance":
		p, err := strconv.ParseFloat(text, 64)
		if err != nil || !(p > 0 && p <= 1) {
			return fmt.Errorf("chance: %w", found(text, "a number above 0 and at most 1, such as 0.2"))
		}
		f.Chance = p
	default:
		return noQualifier(name + "=" + text)
	}
	return nil
}

// faultSpec writes a fault as parseFaultSpec reads it.
func faultSpec(f mocksender.Fault) string {
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

func faultSpecs(faults []mocksender.Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, faultSpec(f))
	}
	return out
}

// completeFault completes the first word, and the qualifiers after a comma.
func completeFault(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const more = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	i := strings.LastIndexByte(typed, ',')
	if i < 0 {
		var out []cobra.Completion
		for _, w := range faultWords() {
			out = append(out, cobra.CompletionWithDesc(w.word+w.more, w.doc))
		}
		return out, more
	}
	head := typed[:i+1] + strings.Repeat(" ", len(typed[i+1:])-len(strings.TrimLeft(typed[i+1:], " ")))
	out := []cobra.Completion{
		cobra.CompletionWithDesc(head+"attempt=1", "on this attempt alone"),
		cobra.CompletionWithDesc(head+"chance=0.2", "with this probability"),
	}
	for _, name := range eventNames() {
		out = append(out, cobra.CompletionWithDesc(head+"event="+name, "on this event alone"))
	}
	return out, more
}
