package receivers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// answerTwins answer otherwise.
func answerTwins() []Flaw {
	return []Flaw{
		{
			Name:  "answers-202",
			Doc:   "Answers 202 to what it accepts. The guide: \"RealtimeKit treats any 2xx response as a successful delivery.\"",
			twist: accepting(status(http.StatusAccepted)),
		},
		{
			Name:  "answers-204",
			Doc:   "Answers 204, without a body.",
			twist: accepting(status(http.StatusNoContent)),
		},
		{
			Name: "answers-megabyte",
			Doc:  "Answers with a megabyte of text that nobody asked for.",
			twist: accepting(answer{
				status: http.StatusOK,
				header: http.Header{"Content-Type": {"text/plain"}},
				body:   bytes.Repeat([]byte("thank you very much "), 1<<20/20),
			}),
		},
		{
			Name:  "refuses-with-403",
			Doc:   "Answers 403 to what does not verify; the guide's sample has 401, and 400 for a missing signature.",
			twist: refusing(func(*exchange, error) answer { return status(http.StatusForbidden) }),
		},
		{
			Name:  "no-keep-alive",
			Doc:   "Closes the connection after each answer.",
			twist: responding(func(_ *exchange, a answer) answer { return a.with("Connection", "close") }),
		},
		{
			Name: "slow-within-budget",
			Doc:  "Takes Config.Pause for each answer, which is well within any budget.",
			twist: responding(func(x *exchange, a answer) answer {
				x.pause(x.rc.c.Pause)
				return a
			}),
		},
		{
			Name: "answers-any-method",
			Doc:  "Answers 200 to GET, HEAD and OPTIONS, for health checks and browsers, and acts on POST alone.",
			twist: admitting(func(x *exchange) *answer {
				switch x.r.Method {
				case http.MethodGet, http.MethodHead, http.MethodOptions:
					a := status(http.StatusOK).with("Allow", "GET, HEAD, OPTIONS, POST")
					return &a
				}
				return nil
			}),
		},
	}
}

// keyTwins read keys and headers otherwise.
func keyTwins() []Flaw {
	return []Flaw{
		{
			Name:  "pinned-key",
			Doc:   "Has the key in its configuration (Config.PublicKey) and never fetches one.",
			Setup: Setup{PublicKey: true},
			twist: func(b *behaviour) { b.pinned = true },
		},
		{
			Name:  "refetches-rarely",
			Doc:   "Lets Config.Rarely, which is thirty seconds, pass between two fetches of the key, to be safe from floods. After one that failed it tries again soon.",
			Setup: Setup{RotationGrace: true},
			twist: func(b *behaviour) { b.refetchEvery = b.rarely },
		},
		{
			Name: "uses-last-header",
			Doc:  "Verifies the last of several signature headers, as a map of headers that overwrites does.",
			twist: func(b *behaviour) {
				b.signature = func(x *exchange) (string, error) {
					values := x.r.Header.Values(b.headers.Signature)
					if len(values) == 0 || values[len(values)-1] == "" {
						return "", errMissing
					}
					return values[len(values)-1], nil
				}
			},
		},
	}
}

// workTwins do the work otherwise.
func workTwins() []Flaw {
	return []Flaw{
		{
			Name: "dedupes-by-uuid-and-body",
			Doc:  "Takes only the same uuid with the same body for a duplicate.",
			twist: func(b *behaviour) {
				b.identity = func(x *exchange) string {
					if x.uuid() == "" {
						return ""
					}
					return fmt.Sprintf("%s %x", x.uuid(), sha256.Sum256(x.body))
				}
			},
		},
		{
			Name:  "looks-up-before-it-verifies",
			Doc:   "Answers 200 to every uuid that it has done already, before it verifies: nothing comes of that, whoever sent it.",
			Also:  ids("sig/other-event"),
			twist: lookUpFirst,
		},
		{
			Name: "counts-in-memory",
			Doc:  "Counts effects in the memory of its process, for tests alone: a restart begins at nothing. Duplicates it knows by a database.",
			twist: func(b *behaviour) {
				var mu sync.Mutex
				counts := map[string]int{}
				next := b.record
				b.record = func(x *exchange) {
					next(x)
					mu.Lock()
					defer mu.Unlock()
					counts[x.uuid()]++
				}
				b.count = func(uuid string) int {
					mu.Lock()
					defer mu.Unlock()
					return counts[uuid]
				}
			},
		},
		{
			Name: "503-while-in-work",
			Doc:  "Work takes Config.Pause, and a duplicate that comes meanwhile is answered 503, so that it comes again.",
			twist: func(b *behaviour) {
				b.claimWait = 0
				next := b.apply
				b.apply = func(x *exchange) error {
					if !x.pause(x.rc.c.Pause) {
						return errBusy
					}
					return next(x)
				}
			},
		},
		{
			Name: "late-effects",
			Doc:  "Puts the work into a queue that outlives it, and answers: its effects show Config.EffectDelay later.",
			twist: func(b *behaviour) {
				b.record = func(x *exchange) {
					x.rc.ledger.recordAt(time.Now().Add(x.rc.c.EffectDelay), x.uuid(), x.event.kind())
				}
			},
		},
		{
			Name: "late-downloads",
			Doc:  "Begins its downloads Config.EffectDelay after the answer.",
			twist: func(b *behaviour) {
				next := b.follow
				b.follow = func(x *exchange) []string {
					links := next(x)
					x.rc.after(x.rc.c.EffectDelay, func() { x.rc.download(links) })
					return nil
				}
			},
		},
		{
			Name:  "queues-then-verifies",
			Doc:   "Puts every request into a queue, answers 200, and verifies afterwards. Forgeries are answered 200 and have no effect, which only its effects can show.",
			Also:  ids(unread, "sig/missing-header sig/empty-header key/rotation-old", "rsp/durable-accept"), // the last where the kill finds something in the queue
			twist: queueFirst,
		},
		{
			Name:  "acts-on-recordings-alone",
			Doc:   "Answers 200 to all events and acts on recording.statusUpdate alone: it has no use for the others.",
			Also:  ids("evt/takes-effect"),
			twist: wanting(func(e object) bool { return e.kind() == rtk.RecordingStatusUpdate }),
		},
		{
			Name: "acts-on-outcomes-alone",
			Doc: "Acts on recordings that are UPLOADED, on the end of a meeting and on what it leaves behind, once each by their own ids, and answers 200 to all else: " +
				"it has no use for participants, nor for any other status.",
			Also:  ids("evt/takes-effect evt/enums"),
			twist: outcomesAlone,
		},
		{
			Name:  "only-watches",
			Doc:   "Verifies and accepts everything and does nothing about it that could be seen.",
			Setup: Setup{Unseen: true},
			twist: func(b *behaviour) {
				b.follow = func(*exchange) []string { return nil }
				b.record = func(*exchange) {}
			},
		},
	}
}

func outcomesAlone(b *behaviour) {
	wanting(func(e object) bool {
		switch e.kind() {
		case rtk.RecordingStatusUpdate:
			return e.text("recording.status") == "UPLOADED"
		case rtk.MeetingEnded, rtk.MeetingChatSynced, rtk.MeetingTranscript, rtk.MeetingSummary:
			return true
		}
		return false
	})(b)
	b.identity = func(x *exchange) string {
		return string(x.event.kind()) + " " + cmp.Or(x.event.text("recording.recordingId"), x.event.session(), x.uuid())
	}
}

// queueFirst answers before it looks. What cannot be verified for want of a
// key stays in the queue.
func queueFirst(b *behaviour) {
	b.serve = func(x *exchange) answer {
		if a := b.admit(x); a != nil {
			return *a
		}
		body, err := b.read(x)
		if err != nil {
			return status(http.StatusBadRequest)
		}
		x.body = body
		later := *x
		later.ctx = x.rc.life
		job := func(context.Context) {
			for {
				a := b.judge(&later)
				if a.status != http.StatusServiceUnavailable || !later.pause(DefaultRetryEvery) {
					return
				}
			}
		}
		if !x.rc.backlog.offer(job) {
			return status(http.StatusServiceUnavailable)
		}
		return b.accept(x)
	}
}

// lookUpFirst answers what it has done before it looks at the signature.
func lookUpFirst(b *behaviour) {
	var mu sync.Mutex
	did := map[string]bool{}
	known := func(x *exchange) bool {
		mu.Lock()
		defer mu.Unlock()
		return did[x.uuid()]
	}
	record, authenticate, process := b.record, b.authenticate, b.process
	b.record = func(x *exchange) {
		record(x)
		mu.Lock()
		defer mu.Unlock()
		did[x.uuid()] = true
	}
	b.authenticate = func(x *exchange) error {
		if known(x) {
			return nil
		}
		return authenticate(x)
	}
	b.process = func(x *exchange) answer {
		if known(x) {
			return b.accept(x)
		}
		return process(x)
	}
}
