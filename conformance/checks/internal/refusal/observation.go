package refusal

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Name names a probe. Those of a kind begin alike: "type/meeting.ended".
type Name string

// The probes. Each is the delivery that was refused, changed in one way.
const (
	First       Name = "first" // the genuine delivery that was refused
	Again       Name = "again" // the same, a moment later
	Unsigned    Name = "unsigned"
	OtherKey    Name = "other-key"   // signed by a key that nobody has
	Tampered    Name = "tampered"    // one letter changed after signing
	Malformed   Name = "malformed"   // unsigned, and no JSON
	Empty       Name = "empty"       // without a body
	PlainText   Name = "plain-text"  // as text/plain
	Predecessor Name = "predecessor" // under the predecessor's header names, or the documented ones
	Held        Name = "held"        // while the key endpoint does not answer
)

// Kinds of probes.
const (
	KindType      = "type/"      // a genuine delivery of another event
	KindBytes     = "bytes/"     // signed over the body as a parser would write it again
	KindSignature = "signature/" // signed in another way, or written in another way
	KindKey       = "key/"       // while the key document has the key elsewhere
	KindMember    = "member/"    // with a member more
	KindPath      = "path/"      // to another path
)

// Observations are what the probes saw. Decide makes a diagnosis of them.
type Observations struct {
	// What was sent.
	URL, KeyURL string
	// NamesHint says what host names of the real service have to do with a key that was
	// never fetched. Empty: nothing.
	NamesHint string
	// Distrusts is Endpoints.KeyDistrusted.
	Distrusts bool
	// Apart says that the loopback address of KeyURL does not lead here where the target
	// runs.
	Apart bool
	// Lacks is the variable that the target says it misses, and LacksFlag the flag that
	// fills it. Empty: none.
	Lacks, LacksFlag string
	Event            rtk.EventType
	Body             []byte
	MaxWait          time.Duration // how long First was waited for

	Seen map[Name]Seen

	Fetches   int // of the key, for what was sent to the target's own path
	Elsewhere int // of the key, for probes to other paths
	// Early says that the delivery was answered although the key that it asked for had
	// not been delivered yet.
	Early bool
	// Effect says what the refused delivery brought about all the same; empty: nothing
	// was seen.
	Effect string
	// Outage says that the key endpoint failed on purpose at the first contact, and that
	// the target has not asked for the key since.
	Outage bool
	// Hurried says that not all probes were sent: the time was over, or no answers came
	// any more.
	Hurried bool
	// Running says that the target was there before the run.
	Running bool
	// Exited says how the target's process ended, Printed which error it printed last.
	Exited, Printed string
	// Fatal is the probe that ended the target; empty: none did. It has been started
	// again since, if that can be done.
	Fatal Fatal
}

// Fatal is a probe that ended the target.
type Fatal struct{ Sample, How, Printed string }

func (f Fatal) String() string {
	return cmp.Or(f.How, "the target accepts no connection any more") + " at " + strconv.Quote(f.Sample) + ": " + cmp.Or(f.Printed, "it printed nothing")
}

// Seen is how one probe was answered. The zero value was not sent.
type Seen struct {
	Answer exchange.Answer
	Status int
	Class  mocksender.Class // of a network error
	Words  string           // for people: "answered 401", "no answer within 3s"
	Text   string           // what the answer says
	Header http.Header
	Took   time.Duration
	Sample string // what the probe is, for people
}

// sent reports whether a probe came to an end.
func (s Seen) sent() bool { return s.Answer != exchange.Unanswered }

// String is the answer for people: `answered 401, "no token"`.
func (s Seen) String() string {
	if s.Text == "" {
		return s.Words
	}
	return s.Words + `, "` + s.Text + `"`
}

// saw returns what a probe saw, and whether it was sent.
func (o *Observations) saw(n Name) (Seen, bool) {
	s := o.Seen[n]
	return s, s.sent()
}

// tried returns the probes of a kind that came to an end.
func (o *Observations) tried(kind string) []Name {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(o.Seen)), func(n Name) bool {
		return !strings.HasPrefix(string(n), kind) || !o.Seen[n].sent()
	})
}

// accepted returns the probes of a kind, or the one probe, that were accepted.
func (o *Observations) accepted(kind string) []Name {
	return slices.DeleteFunc(o.tried(kind), func(n Name) bool { return o.Seen[n].Answer != exchange.Accepted })
}

// refused returns the probes of a kind that were answered, and not accepted.
func (o *Observations) refused(kind string) []Name {
	return slices.DeleteFunc(o.tried(kind), func(n Name) bool {
		return o.Seen[n].Answer == exchange.Accepted || o.Seen[n].Answer == exchange.Silent
	})
}

// same reports whether probes were all answered as First was. One that was not sent
// is no reason to think otherwise.
func (o *Observations) same(names ...Name) bool {
	first := o.Seen[First]
	return !slices.ContainsFunc(names, func(n Name) bool {
		s, sent := o.saw(n)
		return sent && !alike(first, s)
	})
}

// differs reports whether a probe was answered in another way than First, and that
// is no mood of the target: First was answered alike both times.
func (o *Observations) differs(n Name) bool {
	s, sent := o.saw(n)
	return sent && !alike(o.Seen[First], s) && o.same(Again)
}

// volatile is what differs from answer to answer: ids, times, counts. Ids are of letters
// and digits: "reference = 0per2v5j".
var volatile = regexp.MustCompile(`[0-9A-Za-z_-]*[0-9][0-9A-Za-z_:.-]*`)

// alike reports whether two answers say the same. A busy target may answer one of
// two like deliveries late, so times say nothing.
func alike(a, b Seen) bool {
	if a.Answer != b.Answer || a.Status != b.Status || a.Class != b.Class {
		return false
	}
	plain := func(s string) string { return volatile.ReplaceAllString(s, "#") }
	return plain(a.Text) == plain(b.Text)
}
