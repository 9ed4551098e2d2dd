package payload

import "fmt"

// object is a JSON object. Its members are written in their order: that of the
// guide's samples, which differs from event to event and must not be tidied.
type object []member

type member struct {
	name string
	// value is a string, an object, or what fmt prints as JSON has it. There is no
	// such member if it is nil.
	value any
}

// literal is written as it is.
type literal string

// appendMembers appends members to b, which ends within an object.
func appendMembers(b []byte, members []member) []byte {
	for _, m := range members {
		if m.value == nil {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(appendQuoted(b, m.name), ':')
		switch v := m.value.(type) {
		case object:
			b = append(appendMembers(append(b, '{'), v), '}')
		case string:
			b = appendQuoted(b, v)
		default:
			b = fmt.Append(b, v)
		}
	}
	return b
}
