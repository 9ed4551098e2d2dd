package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func evtUnknownEvent() *conformance.Check {
	return &conformance.Check{
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
	}
}

func evtUnknownFields() *conformance.Check {
	return &conformance.Check{
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
	}
}

func evtFileSizeString() *conformance.Check {
	return &conformance.Check{
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
	}
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

func evtOptionalAbsent() *conformance.Check {
	return &conformance.Check{
		ID: "evt/optional-absent", Title: "events without their lesser members are accepted",
		Level: conformance.May, Basis: conformance.Practice, Sends: conformance.Unbound,
		Doc: "The guide does not say which members may be missing. A receiver that needs none but those it acts on has nothing to fear.",
		Fix: "Require only the members that you act on.",
		Run: func(p *conformance.Probe) {
			altered(p, "without its lesser members", func(e rtk.Event) []byte {
				return changeAll(e.Body, optionalMembers(), payload.Unset)
			})
		},
	}
}

func evtNullFields() *conformance.Check {
	return &conformance.Check{
		ID: "evt/null-fields", Title: "events whose lesser members are null are accepted",
		Level: conformance.May, Basis: conformance.Practice, Sends: conformance.Unbound,
		Doc: "Older documents show null where a value is not known yet, such as meeting.endedAt.",
		Fix: "Treat null as a missing member.",
		Run: func(p *conformance.Probe) {
			altered(p, "with null in its lesser members", func(e rtk.Event) []byte {
				return setAll(e.Body, "null", append(optionalMembers(), "meeting.endedAt")...)
			})
		},
	}
}

func evtAlternateForms() *conformance.Check {
	return &conformance.Check{
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
	}
}
