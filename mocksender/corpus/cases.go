package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Cases returns all cases, by event in the order of the guide's table, the
// sample first. The caller owns the slice.
func Cases() []Case {
	var all []Case
	for _, t := range rtk.EventTypes() {
		all = append(all, Case{
			Name: "sample", Event: t, Basis: Documented, Doc: "The shape of the guide's sample.",
			make: func(r *round) ([]byte, error) { return r.sample(t) },
		})
	}
	all = append(all, valueCases()...)
	all = append(all, formCases()...)
	all = append(all, textCases()...)
	all = append(all, wireCases()...)
	all = append(all, headerCases()...)
	order := append(rtk.EventTypes(), unknownEvent)
	slices.SortStableFunc(all, func(a, b Case) int { return slices.Index(order, a.Event) - slices.Index(order, b.Event) })
	return all
}

// CaseNames returns the names of all cases, each once, in order.
func CaseNames() []string {
	var names []string
	for _, c := range Cases() {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// Basis says how surely the real service sends a case.
type Basis string

const (
	Documented Basis = "documented" // a sentence or a sample of the guide
	Inferred   Basis = "inferred"   // it follows from two sentences of the guide, or from its standards
	Practice   Basis = "practice"   // seen in other public documents or in public receivers
)

// Case is one notable form of one event. A receiver must accept all of them.
type Case struct {
	Name  string // "sample", "host-ended-meeting"; the same word in several events means the same
	Event rtk.EventType
	Basis Basis
	Doc   string // what it is for, in one sentence

	make   func(*round) ([]byte, error)
	names  rtk.HeaderNames
	header func(http.Header) http.Header // nil: the usual one
}

// ID returns EVENT/NAME, which no other case has.
func (c Case) ID() string { return string(c.Event) + "/" + c.Name }

// Body renders the case as part of the meeting that o fixes. Errors match
// payload's ErrOptions.
func (c Case) Body(o payload.Options) ([]byte, error) {
	body, err := c.make(newRound(o))
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", c.ID(), err)
	}
	return body, nil
}

// valueCases are the values that the guide lists, and what happens in meetings.
func valueCases() []Case {
	nth := func(name string, t rtk.EventType, n int, doc string) Case {
		return Case{Name: name, Event: t, Basis: Documented, Doc: doc, make: func(r *round) ([]byte, error) { return r.nth(t, n) }}
	}
	return []Case{
		{
			Name: "next-session", Event: rtk.MeetingStarted, Basis: Inferred,
			Doc:  "The same meeting starts again under a new session id: what is kept by meeting alone mixes the sessions up.",
			make: nextSession,
		},
		{
			Name: "host-ended-meeting", Event: rtk.MeetingEnded, Basis: Documented,
			Doc:  "The other documented reason, HOST_ENDED_MEETING; the sample has ALL_PARTICIPANTS_LEFT.",
			make: hostEnded,
		},
		{
			Name: "rejoined", Event: rtk.MeetingParticipantJoined, Basis: Inferred,
			Doc:  "Somebody who had left comes back: the same customParticipantId under a new peerId.",
			make: func(r *round) ([]byte, error) { return r.nth(rtk.MeetingParticipantJoined, 3) },
		},
		nth("recording", rtk.RecordingStatusUpdate, 0, "The status RECORDING: no stop, no size, no links yet."),
		nth("uploading", rtk.RecordingStatusUpdate, 1, "The status UPLOADING: no size and no links yet."),
		{
			Name: "errored", Event: rtk.RecordingStatusUpdate, Basis: Documented,
			Doc:  "The status ERRORED, which is rare, and comes when something has gone wrong already.",
			make: errored,
		},
		{
			Name: "filesize-beyond-double", Event: rtk.RecordingStatusUpdate, Basis: Inferred,
			Doc: "fileSize is a string of digits, here of a number that a double cannot hold.",
			make: func(r *round) ([]byte, error) {
				return r.set(rtk.RecordingStatusUpdate, "recording.fileSize", `"9007199254740993"`)
			},
		},
		nth("offline", rtk.LivestreamStatusUpdate, 1, "The status OFFLINE."),
		nth("idle", rtk.LivestreamStatusUpdate, 2, "The status IDLE."),
		{
			Name: "live-again", Event: rtk.LivestreamStatusUpdate, Basis: Inferred,
			Doc:  "LIVE after OFFLINE: the same bytes as the sample under another uuid, so what deduplicates by body loses it.",
			make: func(r *round) ([]byte, error) { return r.sample(rtk.LivestreamStatusUpdate) },
		},
		{
			Name: "unknown-event", Event: unknownEvent, Basis: Inferred,
			Doc: "A type that the guide does not list: to be accepted and ignored.",
			make: func(r *round) ([]byte, error) {
				return r.set(rtk.MeetingStarted, "event", `"`+string(unknownEvent)+`"`)
			},
		},
	}
}

// unknownEvent is a type that no table lists.
const unknownEvent rtk.EventType = "meeting.somethingNew"

// nextSession is the second meeting.started of one meeting.
func nextSession(r *round) ([]byte, error) {
	var host payload.Participant
	return r.play(rtk.MeetingStarted,
		func(m *payload.Meeting) ([]rtk.Event, error) {
			host = m.NewParticipant()
			return m.Join(host)
		},
		wait(20*time.Minute),
		(*payload.Meeting).End,
		func(m *payload.Meeting) ([]rtk.Event, error) { return nil, m.NextSession() },
		wait(time.Hour),
		func(m *payload.Meeting) ([]rtk.Event, error) { return m.Join(host) },
	)
}

func hostEnded(r *round) ([]byte, error) {
	return r.play(rtk.MeetingEnded, join, wait(20*time.Minute), (*payload.Meeting).End)
}

func errored(r *round) ([]byte, error) {
	var recording *payload.Recording
	return r.play(rtk.RecordingStatusUpdate,
		join,
		func(m *payload.Meeting) (events []rtk.Event, err error) {
			recording, events, err = m.StartRecording()
			return events, err
		},
		wait(10*time.Minute),
		func(*payload.Meeting) ([]rtk.Event, error) { return recording.Update(payload.RecordingErrored) },
	)
}

// formCases are the forms that the samples do not have, on the events that show
// them.
func formCases() []Case {
	shown := map[payload.Form][]rtk.EventType{
		payload.FormClientSpecificID:         {rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft},
		payload.FormRoomName:                 {rtk.MeetingStarted, rtk.MeetingParticipantJoined},
		payload.FormEndedAtNull:              {rtk.MeetingStarted, rtk.MeetingParticipantJoined},
		payload.FormInvoked:                  {rtk.RecordingStatusUpdate},
		payload.FormStopReason:               {rtk.RecordingStatusUpdate},
		payload.FormNumericFileSize:          {rtk.RecordingStatusUpdate},
		payload.FormZeroDuration:             {rtk.RecordingStatusUpdate},
		payload.FormRecordingMeetingID:       {rtk.RecordingStatusUpdate},
		payload.FormLivestreamWithoutMeeting: {rtk.LivestreamStatusUpdate},
		payload.FormSpacedTimestamps:         {rtk.MeetingStarted, rtk.MeetingEnded, rtk.RecordingStatusUpdate},
	}
	var all []Case
	for _, form := range payload.Forms() {
		basis := Practice
		if form.Documented() {
			basis = Documented
		}
		for _, t := range shown[form] {
			all = append(all, Case{
				Name: string(form), Event: t, Basis: basis, Doc: sentence(form.Doc()),
				make: func(r *round) ([]byte, error) {
					if form == payload.FormInvoked {
						return r.nth(t, 0, form)
					}
					return r.sample(t, form)
				},
			})
		}
	}
	return all
}

// sentence makes a clause a sentence, unless it begins with the name of a
// member.
func sentence(clause string) string {
	word, _, _ := strings.Cut(clause, " ")
	if !strings.Contains(word, ".") {
		clause = strings.ToUpper(clause[:1]) + clause[1:]
	}
	return clause + "."
}

// textCases are names that people have, raw and escaped. The guide: "changes in
// whitespace or key order can change the signed bytes". So does every other way
// to write the same text.
func textCases() []Case {
	var all []Case
	for _, text := range []struct{ name, raw, doc string }{
		{"arabic", "ليلى العلي", "written from right to left"},
		{"hindi", "अनन्या शर्मा", "with combining vowel signs"},
		{"chinese", "王小明", "of three bytes a character"},
		{"emoji", "Zoë 🦊", "with a character beyond the basic plane: four bytes, or two escapes"},
		{"nfd", "Rene\u0301e", "with a combining accent, which normalising would change"},
	} {
		for _, form := range []struct{ name, value, doc string }{
			{"unicode-" + text.name, quoted(text.raw), "in UTF-8"},
			{"escaped-" + text.name, payload.Escaped(text.raw), `as \u escapes, which parsing and writing anew would change`},
		} {
			all = append(all, Case{
				Name: form.name, Event: rtk.MeetingParticipantJoined, Basis: Inferred,
				Doc: fmt.Sprintf("A name %s, %s.", text.doc, form.doc),
				make: func(r *round) ([]byte, error) {
					return r.set(rtk.MeetingParticipantJoined, "participant.userDisplayName", form.value)
				},
			})
		}
	}
	return append(all, Case{
		Name: "unicode-title", Event: rtk.MeetingStarted, Basis: Inferred,
		Doc: "A title in several scripts, with a line separator (U+2028), which JSON allows and older JavaScript does not.",
		make: func(r *round) ([]byte, error) {
			return r.set(rtk.MeetingStarted, "meeting.title", quoted("週次 – Недельный – أسبوعي\u2028😀"))
		},
	})
}

// quoted is s, which needs no escapes, as a JSON string.
func quoted(s string) string { return `"` + s + `"` }

// wireCases are other layouts of the same value. Each is signed as it is, so it
// verifies, but only over the raw bytes.
func wireCases() []Case {
	wire := func(name string, t rtk.EventType, doc string, change func([]byte) ([]byte, error)) Case {
		return Case{Name: name, Event: t, Basis: Inferred, Doc: doc, make: func(r *round) ([]byte, error) {
			body, err := r.sample(t)
			if err != nil {
				return nil, err
			}
			return change(body)
		}}
	}
	const t = rtk.MeetingParticipantJoined
	return []Case{
		wire("indented", t, "Indented by two spaces: verifies over the raw bytes alone.", func(b []byte) ([]byte, error) { return indent(b, "  ") }),
		wire("odd-spacing", t, "White space that no serialiser would write.", func(b []byte) ([]byte, error) {
			out, err := indent(b, "\t ")
			return bytes.ReplaceAll(out, []byte(`": `), []byte("\" :\t")), err
		}),
		wire("crlf", t, "Lines that end in CRLF: a proxy or a text mode that turns them into LF breaks the signature.", func(b []byte) ([]byte, error) {
			out, err := indent(b, "  ")
			return bytes.ReplaceAll(out, []byte("\n"), []byte("\r\n")), err
		}),
		wire("trailing-newline", t, "A newline after the value, which is signed: trimming it breaks the signature.", func(b []byte) ([]byte, error) { return append(slices.Clip(b), '\n'), nil }),
		wire("other-key-order", t, "The members in the opposite order: a serialiser that sorts or knows the order breaks the signature.", reversed),
		wire("escaped-slashes", rtk.RecordingStatusUpdate, `Slashes written \/: parsing and writing anew unescapes them.`, func(b []byte) ([]byte, error) {
			return bytes.ReplaceAll(b, []byte("/"), []byte(`\/`)), nil
		}),
		wire("unknown-fields", t, "Members that nobody knows yet, at every level: to be ignored.", unknownFields),
	}
}

func indent(body []byte, by string) ([]byte, error) {
	var out bytes.Buffer
	err := json.Indent(&out, body, "", by)
	return out.Bytes(), err
}

// reversed moves all members but the last to the end, the last of them first.
func reversed(body []byte) ([]byte, error) {
	for _, name := range []string{"meeting", "event"} {
		value, err := payload.Get(body, name)
		if err == nil {
			body, err = payload.Unset(body, name)
		}
		if err == nil {
			body, err = payload.Set(body, name, value)
		}
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

func unknownFields(body []byte) ([]byte, error) {
	for _, path := range []string{"futureMember", "meeting.futureMember", "meeting.organizedBy.futureMember", "participant.futureMember"} {
		var err error
		if body, err = payload.Set(body, path, []byte(`{"since":2030,"list":[1,"a",null]}`)); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// headerCases differ only in the header.
func headerCases() []Case {
	const t = rtk.MeetingParticipantJoined
	sample := func(r *round) ([]byte, error) { return r.sample(t) }
	return []Case{
		{
			Name: "charset", Event: t, Basis: Inferred, make: sample,
			Doc: "The content type names its charset: a receiver that compares the whole value refuses it.",
			header: func(h http.Header) http.Header {
				h["Content-Type"] = []string{"application/json; charset=utf-8"}
				return h
			},
		},
		{
			Name: "header-case", Event: t, Basis: Inferred, make: sample,
			Doc: "The header names in capitals: they are the same names.",
			header: func(h http.Header) http.Header {
				upper := http.Header{}
				for name, values := range h {
					upper[strings.ToUpper(name)] = values
				}
				return upper
			},
		},
		{
			Name: "dyte-headers", Event: t, Basis: Practice, make: sample, names: rtk.HeadersDyte,
			Doc: "The predecessor's header names alone, as older receivers expect them.",
		},
		{
			Name: "both-headers", Event: t, Basis: Practice, make: sample, names: rtk.HeadersBoth,
			Doc: "The documented header names and the predecessor's, with the same values.",
		},
	}
}
