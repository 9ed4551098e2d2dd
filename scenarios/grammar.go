package scenarios

import (
	"slices"

	"github.com/rtkmock/rtkmock/mocksender/wellknown"
)

// verbs returns what a step can do, in the order in which a step with several
// is taken to mean the first.
func verbs() []verb { return []verb{doEmit, doRepeat, doSend, doKey, doSession, doBlock} }

// membersOf returns the members of a step that does v, in the schema's order.
func membersOf(v verb) []string {
	delivery := []string{"background", "faults", "mutate", "expect"}
	switch v {
	case doEmit:
		return append([]string{"note", "after", "emit", "who", "which", "set", "unset", "as", "later", "times", "together"}, delivery...)
	case doRepeat:
		return append([]string{"note", "after", "repeat", "uuid", "times", "together"}, delivery...)
	case doSend:
		return append([]string{"note", "after", "send"}, delivery...)
	case doBlock:
		return []string{"note", "after", "steps", "times", "parallel", "shuffle", "together", "faults"}
	case doPause:
		return []string{"note", "after"}
	default:
		return []string{"note", "after", string(v)}
	}
}

// kind says what a step that does v is.
func (v verb) kind() string {
	switch v {
	case doEmit:
		return "an emit step"
	case doBlock:
		return "a block"
	case doPause:
		return "a step that only waits"
	default:
		return "a " + string(v) + " step"
	}
}

// allMembers returns the members of all kinds of steps.
func allMembers() []string {
	var all []string
	for _, v := range append(verbs(), doPause) {
		for _, name := range membersOf(v) {
			if !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// keyActions returns what a key step can do, in the schema's order.
func keyActions() []string {
	actions := []string{"outage", "hang", "rotate", "restore"}
	for _, f := range []wellknown.Fault{
		wellknown.Down, wellknown.HTML, wellknown.EmptyData, wellknown.EmptyKey, wellknown.SuccessFalse,
		wellknown.BadPEM, wellknown.ECKey, wellknown.PEMEscaped, wellknown.PEMCRLF, wellknown.Oversize, wellknown.Drip,
	} {
		actions = append(actions, string(f))
	}
	return actions
}

func keyActionOf(word string) keyAction {
	switch word {
	case "rotate":
		return keyAction{rotate: true}
	case "restore":
		return keyAction{fault: wellknown.None}
	case "outage":
		return keyAction{fault: wellknown.Status500}
	default:
		return keyAction{fault: wellknown.Fault(word)}
	}
}
