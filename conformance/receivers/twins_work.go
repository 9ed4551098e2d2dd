package receivers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// workTwins do the work in another way.
func workTwins() []Spec {
	return []Spec{
		{
			Name: "dedupes-by-uuid-and-body",
			Doc:  "Takes only the same uuid with the same body for a duplicate.",
			change: dedupeBy(func(x *exchange) string {
				if x.uuid() == "" {
					return ""
				}
				return fmt.Sprintf("%s %x", x.uuid(), sha256.Sum256(x.Body))
			}),
		},
		{
			Name:      "looks-up-before-it-verifies",
			Doc:       "Before it verifies, answers 200 to every uuid that it has acted on already. That has no effect, whoever sent it.",
			MayReport: ids("sig/other-event"),
			change:    lookUpFirst,
		},
		{
			Name: "counts-in-memory",
			Doc:  "Counts effects in the memory of its process, for tests only, so that a restart begins at zero. It has a database for duplicates.",
			change: func(p *pipeline) {
				memory := newDatabase()
				next := p.record
				p.record = func(x *exchange) {
					next(x)
					memory.record(time.Now(), x.uuid(), x.event.kind())
				}
				p.count = func(uuid string) int { return memory.count(uuid, "") }
			},
		},
		{
			Name: "503-while-in-work",
			Doc:  "Work takes Config.Pause. A duplicate that comes during that time is answered 503, so that it comes again.",
			change: func(p *pipeline) {
				p.claimWait = 0
				next := p.apply
				p.apply = func(x *exchange) error {
					if !x.pause(x.config.Pause) {
						return errBusy
					}
					return next(x)
				}
			},
		},
		{
			Name: "late-effects",
			Doc:  "Puts the work into a queue that outlives its process, and answers. Its effects show Config.EffectDelay later.",
			change: func(p *pipeline) {
				p.record = func(x *exchange) {
					x.database.record(time.Now().Add(x.config.EffectDelay), x.uuid(), x.event.kind())
				}
			},
		},
		{
			Name:   "spools-for-eight-workers",
			Doc:    "Puts the work into a queue that outlives its process, and answers. Eight workers take Config.Work for a delivery, so that the queue grows when many come.",
			change: spools(8),
		},
		{
			Name:   "spools-for-four-workers",
			Doc:    "Puts the work into a queue that outlives its process, and answers. Four workers take Config.Work for a delivery: effects show long after the answer.",
			change: spools(4),
		},
		{
			Name: "late-downloads",
			Doc:  "Starts its downloads Config.EffectDelay after the answer.",
			change: func(p *pipeline) {
				next := p.links
				p.links = func(x *exchange) []string {
					links := next(x)
					x.background.after(x.config.EffectDelay, func() { x.queueDownloads(links) })
					return nil
				}
			},
		},
		{
			Name: "queues-then-verifies",
			Doc:  "Puts every request into a queue, answers 200, and verifies later. Forgeries are answered 200 and have no effect, so only its effects show that it is right.",
			MayReport: ids(unread, "sig/missing-header sig/empty-header key/rotation-old",
				"rsp/durable-accept"), // if something is in the queue when the process is killed
			change: queueFirst,
		},
		{
			Name:      "acts-on-recordings-alone",
			Doc:       "Answers 200 to all events and acts only on recording.statusUpdate. It does not need the others.",
			MayReport: ids("evt/takes-effect"),
			change:    ignoreEvents(func(x *exchange) bool { return x.event.kind() != rtk.RecordingStatusUpdate }),
		},
		{
			Name:      "acts-on-outcomes-alone",
			Doc:       "Acts on recordings that are UPLOADED, on the end of a meeting and on what it leaves behind, once each by their own ids, and answers 200 to everything else. It does not need participants, nor any other status.",
			MayReport: ids("evt/takes-effect evt/enums"),
			change: changes(
				ignoreEvents(func(x *exchange) bool {
					kind := x.event.kind()
					isOutcome := kind == rtk.MeetingEnded || slices.Contains(artifactEvents(), kind) ||
						kind == rtk.RecordingStatusUpdate && x.event.text("recording.status") == "UPLOADED"
					return !isOutcome
				}),
				dedupeBy(func(x *exchange) string {
					return string(x.event.kind()) + " " + cmp.Or(x.event.text("recording.recordingId"), x.event.session(), x.uuid())
				}),
			),
		},
		{
			Name:   "ignores-former-sessions",
			Doc:    "Answers 200 to leaves and ends of a session when the meeting has had a later one, and does nothing about them: it has closed that session.",
			change: func(p *pipeline) { ignoreEvents(ofFormerSession())(p) },
		},
		{
			Name:  "only-watches",
			Doc:   "Verifies and accepts everything and does nothing that could be seen.",
			Setup: Setup{Unseen: true},
			change: func(p *pipeline) {
				noLinks(p)
				p.record = func(*exchange) {}
			},
		},
	}
}

// spools has the work done by some workers, from a queue that outlives the process.
func spools(workers int) change {
	return func(p *pipeline) {
		p.record = func(x *exchange) { x.database.spool(workers, x.config.Work, x.uuid(), x.event.kind()) }
	}
}

// queueFirst answers before it verifies. What cannot be verified because there
// is no key stays in the queue.
func queueFirst(p *pipeline) {
	p.serve = func(x *exchange) *response {
		if r := p.admit(x); r != nil {
			return r
		}
		body, err := p.readBody(x)
		if err != nil {
			return status(http.StatusBadRequest)
		}
		x.Body = body
		later := *x
		later.ctx = x.background.ctx
		job := func(context.Context) {
			for p.handleBody(&later).status == http.StatusServiceUnavailable && later.pause(DefaultRetryEvery) {
			}
		}
		if !x.backlog.add(job) {
			return status(http.StatusServiceUnavailable)
		}
		return p.accept(x)
	}
}

// lookUpFirst accepts what it has acted on before it looks at the signature.
func lookUpFirst(p *pipeline) {
	var applied set
	known := func(x *exchange) bool { return applied.has(x.uuid()) }
	record, process := p.record, p.process
	p.record = func(x *exchange) {
		record(x)
		applied.add(x.uuid())
	}
	skipVerification(known)(p)
	p.process = func(x *exchange) *response {
		if known(x) {
			return p.accept(x)
		}
		return process(x)
	}
}
