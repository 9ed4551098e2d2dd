package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// acceptChecks has a check for each event type.
func acceptChecks() []*conformance.Check {
	var all []*conformance.Check
	for _, t := range lifeCycle() {
		sends := conformance.AsSampled
		if t.event == rtk.RecordingStatusUpdate {
			sends = conformance.Extended // once refused, it is sent with another form of fileSize
		}
		all = append(all, &conformance.Check{
			ID:    conformance.ID("evt/accept-" + t.event),
			Title: fmt.Sprintf("%s is accepted", t.event),
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S17", "S18"},
			Doc:   fmt.Sprintf("The guide's trigger: %q An event that is refused with a status below 500 is never sent again.", t.occurs),
			Fix:   acceptFix(t.event),
			Sends: sends,
			Run: func(p *conformance.Probe) {
				if !subscribed(p, t.event) {
					return
				}
				if x := p.Accept(string(t.event), p.Fresh(t.event)); x.Answer.Rejected() {
					explainRefusal(p, x)
				}
			},
		})
	}
	return all
}

// trigger is the guide's words on when an event occurs.
type trigger struct {
	event  rtk.EventType
	occurs string
}

// lifeCycle is in the order in which a meeting causes its events.
func lifeCycle() []trigger {
	return []trigger{
		{rtk.MeetingStarted, "The first participant joins a meeting."},
		{rtk.MeetingParticipantJoined, "A participant joins a meeting."},
		{rtk.RecordingStatusUpdate, "A recording changes status."},
		{rtk.LivestreamStatusUpdate, "A livestream changes status."},
		{rtk.MeetingParticipantLeft, "A participant leaves a meeting."},
		{rtk.MeetingEnded, "The meeting ends because the host ended it or all participants left."},
		{rtk.MeetingChatSynced, "The chat export for a completed meeting is available."},
		{rtk.MeetingTranscript, "The transcript for a completed meeting is available."},
		{rtk.MeetingSummary, "The AI-generated summary for a completed meeting is available."},
	}
}

// meetingStep is the meeting time between two steps of a meeting that a check plays:
// long enough for a recording to have a length.
const meetingStep = 2 * time.Second

// eventChecks are about what events may contain.
func eventChecks() []*conformance.Check {
	return []*conformance.Check{
		{
			ID: "evt/enums", Title: "every documented reason and status is accepted",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S19", "S20", "S21"},
			Doc: "Two reasons, four recording statuses and three livestream statuses are documented; the rare ones (ERRORED, IDLE) are often forgotten and reach the receiver when something has gone wrong already.",
			Fix: "Accept every documented value, and treat a value you do not know as one to ignore.",
			Run: func(p *conformance.Probe) {
				if !subscribed(p, rtk.MeetingEnded, rtk.RecordingStatusUpdate, rtk.LivestreamStatusUpdate) {
					return
				}
				var all []*exchange.Exchange
				for _, reason := range payload.EndReasons() {
					events := p.Events().Meeting(func(s *conformance.Script) { enumMeeting(s, reason) })
					xs := offerSubscribed(p, events, exchange.Variant)
					judgeChanged(p, xs, refusedByType(p))
					all = append(all, xs...)
				}
				notDroppedForThis(p, all...)
				noteIgnored(p, all)
			},
		},
		{
			ID: "evt/client-specific-id", Title: "participants with clientSpecificId are accepted",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S22"},
			Doc: "The guide's samples lack clientSpecificId, but it says that the member is included for older integrations. A decoder that refuses unknown members refuses it.",
			Fix: "Ignore members that you do not read.",
			Run: func(p *conformance.Probe) {
				if !subscribed(p, rtk.MeetingParticipantJoined, rtk.MeetingParticipantLeft) {
					return
				}
				events := p.Events().Meeting(visit, payload.FormClientSpecificID)
				xs := offerSubscribed(p, events, func(e rtk.Event) string { return string(e.Type) + " with clientSpecificId" })
				judgeChanged(p, xs, refusedByType(p))
				notDroppedForThis(p, xs...)
			},
		},
		{
			ID: "evt/lifecycle", Title: "a meeting from start to summary is accepted throughout",
			Level: conformance.Must, Basis: conformance.Documented, From: []string{"S3", "S17"},
			Doc: "Receivers keep state by meeting and session. Events that are accepted one by one can still be refused in the order in which a meeting causes them.",
			Fix: "Look at which event was refused and what had come before it; chat, transcript and summary come after meeting.ended.",
			Run: func(p *conformance.Probe) {
				xs := sendSubscribed(p, p.Events().Lifecycle(), func(e rtk.Event) *exchange.Exchange { return p.Accept(exchange.Variant(e), e) })
				p.Effects().CompareAsBaseline(xs...)
				notDropped(p, xs...)
			},
		},
		{
			ID: "evt/unknown-event", Title: "an event of an unknown type is accepted and ignored",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S4", "S14"},
			Doc: "The guide's sample logs what it does not know and answers 200. A 4xx records the delivery as failed, after a 5xx it is sent again for nothing, and both hide the day on which a new event type appears.",
			Fix: "Give the switch on event a default branch that logs and answers 2xx.",
			Run: func(p *conformance.Probe) {
				e := p.FreshAny()
				const unknown = "meeting.somethingNew"
				body, err := payload.Set(e.Body, "event", []byte(`"`+unknown+`"`))
				if err != nil {
					p.HarnessError(err)
					return
				}
				p.Accept("an event of the unknown type "+unknown, rtk.Event{Type: unknown, Body: body})
			},
		},
		{
			ID: "evt/unknown-fields", Title: "members that nobody knows yet are ignored, at every level",
			Level: conformance.Should, Basis: conformance.Inferred, From: []string{"S18", "S22"}, Sends: conformance.Extended,
			Doc: "Payloads grow. A decoder that refuses unknown members turns the sender's next release into an outage, and every delivery meanwhile is lost.",
			Fix: "Switch strict decoding off for webhook bodies: no DisallowUnknownFields, no additionalProperties: false, .passthrough() in zod.",
			Run: func(p *conformance.Probe) {
				xs := altered(p, "with unknown members", func(e rtk.Event) []byte {
					return changeAll(e.Body, []string{
						"futureMember", "meeting.futureMember", "meeting.organizedBy.futureMember",
						"participant.futureMember", "recording.futureMember", "organizedBy.futureMember",
					}, func(b []byte, path string) ([]byte, error) {
						return payload.Set(b, path, []byte(`{"since":2030,"list":[1,"a",null]}`))
					})
				})
				notDroppedForThis(p, xs...)
			},
		},
		{
			ID: "evt/filesize-string", Title: "fileSize is read as a string of digits, however large",
			Level: conformance.Should, Basis: conformance.Documented, From: []string{"S18"},
			// To tell the member from its event, one may be sent without it.
			Sends: conformance.Unbound,
			Doc:   "In the guide's sample fileSize is a string. A field typed as a number refuses every finished recording; one parsed into a double or a 32-bit integer loses the large ones.",
			Fix:   "Type the member as a string, and parse it into a 64-bit integer where the number is needed.",
			Run: func(p *conformance.Probe) {
				if !subscribed(p, rtk.RecordingStatusUpdate) {
					return
				}
				body := setAll(p.Fresh(rtk.RecordingStatusUpdate).Body, `"9007199254740993"`, "recording.fileSize")
				if body == nil {
					p.NotApplicable("the recording has no fileSize (--unset?)")
					return
				}
				x := p.Offer(`a recording with fileSize "9007199254740993"`, mocksender.Delivery{Event: rtk.Event{Type: rtk.RecordingStatusUpdate, Body: body}})
				judgeOneChanged(p, x, func() rtk.Event { return withoutFileSize(p) })
				if p.Effects().Counted() && x.Accepted() {
					// A similar event without the member shows whether the member is to blame.
					without := p.AcceptQuietly(withoutFileSize(p))
					p.Effects().Compare(x, without)
					judgeDropped(p, conformance.Warn, []*exchange.Exchange{x}, func(*exchange.Exchange) bool { return p.Effects().None(without) })
				}
			},
		},
		{
			ID: "evt/optional-absent", Title: "events without their lesser members are accepted",
			Level: conformance.May, Basis: conformance.Practice, Sends: conformance.Unbound,
			Doc: "The guide does not say which members may be missing. A receiver that needs none but those it acts on has nothing to fear.",
			Fix: "Require only the members that you act on.",
			Run: func(p *conformance.Probe) {
				altered(p, "without its lesser members", func(e rtk.Event) []byte {
					return changeAll(e.Body, optionalMembers(), payload.Unset)
				})
			},
		},
		{
			ID: "evt/null-fields", Title: "events whose lesser members are null are accepted",
			Level: conformance.May, Basis: conformance.Practice, Sends: conformance.Unbound,
			Doc: "Older documents show null where a value is not known yet, such as meeting.endedAt.",
			Fix: "Treat null as a missing member.",
			Run: func(p *conformance.Probe) {
				altered(p, "with null in its lesser members", func(e rtk.Event) []byte {
					return setAll(e.Body, "null", append(optionalMembers(), "meeting.endedAt")...)
				})
			},
		},
		{
			ID: "evt/alternate-forms", Title: "forms seen in practice are accepted",
			Level: conformance.May, Basis: conformance.Practice, Sends: conformance.Extended,
			Doc: "Public documents and receivers show forms beyond the guide's samples: a numeric fileSize, timestamps with a space, livestreams without a meeting.",
			Fix: "Read leniently: accept a number for fileSize, parse times with a tolerant parser, do without members you do not need.",
			Run: func(p *conformance.Probe) {
				for _, form := range payload.Forms() {
					if form.Documented() {
						continue
					}
					for _, d := range p.Events().Deviations(form) {
						if p.Context().Err() != nil {
							return
						}
						x := p.Offer(string(d.Changed.Type)+" in the form "+string(form), mocksender.Delivery{Event: d.Changed})
						judgeOneChanged(p, x, func() rtk.Event { return d.Plain })
					}
				}
			},
		},
		{
			ID: "evt/text-torture", Title: "hostile text is stored or refused, not choked on",
			Level: conformance.May, Basis: conformance.Practice,
			Doc: "Display names are chosen by people. Some databases refuse U+0000, some serialisers a lone surrogate, some columns 10 kB.",
			Fix: "Clean or cut text before storing it, and answer 2xx or 4xx.",
			Run: func(p *conformance.Probe) {
				var steps []step
				for _, text := range []struct{ label, value string }{
					{"a name with a right-to-left override", "\"abc\u202edcba\""},
					{`a name with \u0000`, `"a\u0000b"`},
					{"a name with a lone surrogate", `"a\ud800b"`},
					{"a name of 10 kB", `"` + strings.Repeat("ab cd ", 1707) + `"`},
					{"a name that ends a script", `"\"</script><img src=x onerror=alert(1)>"`},
				} {
					e := p.FreshAny()
					e.Body = named(e.Body, text.value)
					steps = append(steps, step{label: text.label, event: e})
				}
				// Text that is accepted and then dropped is neither stored nor refused.
				notDroppedForName(p, conformance.Note, sendNonstandard(p, steps...)...)
			},
		},
		{
			ID: "evt/duplicate-json-keys", Title: "a member given twice does no harm",
			Level: conformance.May, Basis: conformance.Practice,
			Doc: "JSON leaves open what a repeated member means, and parsers differ. None of that is a reason to fail.",
			Fix: "Answer 2xx or 4xx.",
			Run: func(p *conformance.Probe) {
				body := append([]byte(`{"event":"meeting.somethingElse","meeting":null,`), p.FreshAny().Body[1:]...)
				sendNonstandard(p, odd("a body with members given twice", body))
			},
		},
		{
			ID: "evt/deep-nesting", Title: "a deeply nested body does no harm",
			Level: conformance.May, Basis: conformance.Practice, Phase: conformance.Risky,
			Doc: "Recursive parsers run out of stack. A signed body is not hostile, but the same parser may be met before the signature is.",
			Fix: "Bound the depth, or catch the parser's error and answer 4xx.",
			Run: func(p *conformance.Probe) {
				const depth = 10_000
				nested := strings.Repeat("[", depth) + strings.Repeat("]", depth)
				body := append([]byte(`{"deep":`+nested+`,`), p.FreshAny().Body[1:]...)
				sendNonstandard(p, odd(fmt.Sprintf("a body nested %d deep", depth), body))
			},
		},
		{
			ID: "evt/takes-effect", Title: "every event that is accepted brings something about",
			Level: conformance.May, Basis: conformance.Practice, From: []string{"S16", "S18"},
			Needs: conformance.NeedEffects,
			// It runs by itself after the others of its group, and uses what they have sent.
			Exclusive: true,
			Doc:       "A 2xx without an effect looks like success on both sides. Code that reads a member where it is not (event.meetingId of a payload that has event.meeting.id) finds nothing to do, answers 200, and nobody notices. A target may also ignore events on purpose, so this is no more than a note.",
			Fix:       "Read each event's members where its sample has them. If an event is ignored on purpose, leave it out of the webhook's events and give --events here.",
			Run: func(p *conformance.Probe) {
				xs := oneOfEachType(p)
				p.Effects().Watch(xs...)
				p.Later(func() { judgeWithoutEffect(p, xs) })
			},
		},
	}
}

// enumMeeting is a meeting that ends for reason. With both reasons, every status
// occurs.
func enumMeeting(s *conformance.Script, reason payload.EndReason) {
	host, guest := s.NewParticipant(), s.NewParticipant()
	s.Add(s.Join(host))
	s.Add(s.Join(guest))
	rec, events, err := s.StartRecording()
	s.Add(events, err)
	stream, events, err := s.StartLivestream()
	s.Add(events, err)
	if s.Err != nil {
		return
	}
	s.Add(nil, s.Advance(meetingStep))
	s.Add(stream.Update(payload.LivestreamOffline))
	s.Add(stream.Update(payload.LivestreamIdle))
	if reason == payload.HostEndedMeeting {
		s.Add(rec.Update(payload.RecordingErrored))
		s.Add(s.End())
		return
	}
	s.Add(rec.Update(payload.RecordingUploading))
	s.Add(rec.Update(payload.RecordingUploaded))
	s.Add(s.Leave(guest))
	s.Add(nil, s.Advance(meetingStep))
	s.Add(s.Leave(host))
}

// visit is a session that one participant joins.
func visit(s *conformance.Script) {
	host := s.NewParticipant()
	s.Add(s.Join(host))
	s.Add(nil, s.Advance(meetingStep))
	s.Add(s.Leave(host))
}

// withoutFileSize is a new recording without the member.
func withoutFileSize(p *conformance.Probe) rtk.Event {
	e := p.Fresh(rtk.RecordingStatusUpdate)
	if body, err := payload.Unset(e.Body, "recording.fileSize"); err == nil {
		e.Body = body
	}
	return e
}

// optionalMembers are the members that public receivers were seen without.
func optionalMembers() []string {
	return []string{
		"meeting.title", "meeting.organizedBy.name", "meeting.createdAt",
		"participant.customParticipantId", "participant.userDisplayName",
		"recording.audioDownloadUrl", "recording.outputFileName", "recording.recordingDuration",
		"recording.fileSize", "playbackUrl", "ingestServer", "streamKey", "manualIngest",
		"title", "organizedBy.name",
	}
}

// oneOfEachType returns an accepted delivery of each subscribed type. It prefers what
// the run has sent already.
func oneOfEachType(p *conformance.Probe) []*exchange.Exchange {
	had := map[rtk.EventType]*exchange.Exchange{}
	for _, x := range p.Genuine() {
		if t := x.Delivery.Event.Type; x.Accepted() && had[t] == nil {
			had[t] = x
		}
	}
	var out []*exchange.Exchange
	for _, t := range lifeCycle() {
		x := had[t.event]
		if x == nil && p.Subscribed(t.event) && p.Context().Err() == nil {
			x = p.AcceptQuietly(p.Fresh(t.event))
		}
		if x != nil && x.Accepted() {
			out = append(out, x)
		}
	}
	return out
}

func judgeWithoutEffect(p *conformance.Probe, xs []*exchange.Exchange) {
	if !p.Effects().On() {
		p.Skip("whether events take effect cannot be seen: count effects with --effects-file or --effects-url")
		return
	}
	var without []*exchange.Exchange
	var types []string
	for _, x := range xs {
		if p.Effects().None(x) {
			without = append(without, x)
			types = append(types, string(x.Delivery.Event.Type))
		}
	}
	if len(without) > 0 {
		p.On(without...).Violation("accepted, but without an effect: %s; if they are ignored on purpose, leave them out with --events", strings.Join(types, ", "))
	}
}
