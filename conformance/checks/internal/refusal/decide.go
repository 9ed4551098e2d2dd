package refusal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/redact"
)

// Decide returns the likely cause of a refusal. The order of the rules is that of
// proof: what ends the search at once, then what was accepted once one thing was
// changed, then what the answers have in common. What they have in common is certain
// only if all probes were sent.
func Decide(o *Observations) conformance.Diagnosis {
	proven := []rule{
		exited, unreachable, redirected, limited,
		refusedOnce, otherNames, ownPaths, otherBytes, otherSignature, parserInFront, otherMember, otherKeyPlace, someEvents,
		distrusts, early, silent,
	}
	common := []rule{explained, unsteady, signatureWorks, keyUndefined, keyMissing, bodyUndefined, parserNamed, before, pinned, outage, unread}
	d := firstOf(proven, o)
	if d == nil {
		d = firstOf(common, o) // unread decides always
		if o.Hurried {
			d.Cause += ". This is not certain: the answers took so long that not every experiment could be made"
			d.Cure = append(d.Cure, "run it again when the machine, or the receiver, is less busy")
		}
	}
	if o.Fatal.Sample != "" && o.Exited == "" {
		d.Cause += ". And " + o.Fatal.String()
		d.Cure = append(d.Cure, "fix what ended it, too")
	}
	o.advise(d)
	d.Seen = append(d.Seen, o.Seen[First].Sample+": "+o.Seen[First].String())
	d.Seen = append(d.Seen, o.evidence()...)
	return *d
}

// rule returns a cause, if what was seen shows it.
type rule func(*Observations) *conformance.Diagnosis

func firstOf(rules []rule, o *Observations) *conformance.Diagnosis {
	for _, decide := range rules {
		if d := decide(o); d != nil {
			return d
		}
	}
	return nil
}

// because begins a diagnosis.
func because(format string, args ...any) *conformance.Diagnosis {
	return &conformance.Diagnosis{Cause: fmt.Sprintf(format, args...), Seen: []string{}, Cure: []string{}}
}

// cured adds what to do.
func cured(d *conformance.Diagnosis, cures ...string) *conformance.Diagnosis {
	d.Cure = append(d.Cure, cures...)
	return d
}

// evidence is what every diagnosis rests on.
func (o *Observations) evidence() []string {
	var out []string
	for _, n := range []Name{Again, Unsigned, OtherKey, Tampered} {
		s, sent := o.saw(n)
		switch {
		case !sent:
		case o.same(n):
			out = append(out, s.Sample+": the same answer")
		default:
			out = append(out, s.Sample+": "+s.String())
		}
	}
	switch {
	case !o.Seen[Unsigned].sent():
	case o.Fetches == 0 && o.Elsewhere > 0:
		out = append(out, "the key was fetched for a probe to another path alone")
	case o.Fetches == 0:
		out = append(out, "the key was never fetched from "+o.KeyURL)
	case o.Fetches == 1:
		out = append(out, "the key was fetched from here, once")
	default:
		out = append(out, fmt.Sprintf("the key was fetched from here, %d times in all", o.Fetches))
	}
	if types := o.acceptedTypes(); len(types) > 0 {
		out = append(out, "genuine deliveries of "+strings.Join(types, ", ")+": accepted")
	}
	if o.Printed != "" && o.Exited == "" {
		out = append(out, "it printed: "+o.Printed)
	}
	return out
}

// proof is the evidence of a probe that was accepted.
func (o *Observations) proof(d *conformance.Diagnosis, n Name) *conformance.Diagnosis {
	d.Seen = append(d.Seen, o.Seen[n].Sample+": "+o.Seen[n].String())
	return d
}

func exited(o *Observations) *conformance.Diagnosis {
	switch {
	case o.Exited == "":
		return nil
	case o.Fatal.Sample != "":
		d := because("The first delivery is refused (%s), and %s", o.Seen[First], o.Fatal)
		return cured(d, "fix what it printed; run it again then, to be told why the delivery is refused")
	}
	d := because("%s at the first delivery: %s", o.Exited, cmp.Or(o.Printed, "it printed nothing"))
	return cured(d, "fix what it printed; the delivery that ended it stands below")
}

// unreachable is about what never became an HTTP answer.
func unreachable(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	if first.Answer != exchange.Cut {
		if first.Status == http.StatusBadRequest && wantsTLS(first.Text) {
			return cured(because("The port speaks TLS, and the URL says http"), "give the URL with https://")
		}
		return nil
	}
	switch first.Class {
	case mocksender.ClassRefused:
		return cured(because("Nothing listens there"), "start the receiver, or give the port that it listens on")
	case mocksender.ClassDNS:
		return cured(because("The host name does not resolve"), "give a name or an address that this machine knows")
	case mocksender.ClassTLS:
		return cured(because("TLS failed"), "check http against https", "give a private authority with --ca FILE")
	case mocksender.ClassProtocol:
		return cured(because("What answers there does not speak HTTP"), "give the URL of the receiver")
	}
	if s, sent := o.saw(Unsigned); sent && s.Answer != exchange.Cut {
		return o.proof(cured(because("The connection is cut while the receiver handles a signed delivery: it crashes in, or after, the verification"),
			"look in its log for the exception"), Unsigned)
	}
	return cured(because("The connection was cut before an answer, signed or not"), "look in the receiver's log for why")
}

// wantsTLS reports whether text is what servers answer to plain HTTP on a TLS
// port: Go's "Client sent an HTTP request to an HTTPS server", nginx's "The
// plain HTTP request was sent to HTTPS port".
func wantsTLS(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "http request") && strings.Contains(text, "https")
}

func redirected(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	if first.Status < 300 || first.Status > 399 {
		return nil
	}
	to := Location(o.URL, first.Header.Get("Location"))
	d := because("It redirects to %s, and webhook senders follow no redirect", to)
	if strings.Contains(strings.ToLower(to), "login") || strings.Contains(strings.ToLower(to), "signin") {
		return cured(d, "take the webhook's path out of what needs a login")
	}
	return cured(d, "give that URL instead")
}

// Location resolves the Location of a redirect against the URL that redirected.
func Location(target, to string) string {
	if to == "" {
		return "nowhere (it has no Location)"
	}
	base, err := url.Parse(target)
	if err != nil {
		return fmt.Sprintf("%.100q", to)
	}
	resolved, err := base.Parse(to)
	if err != nil {
		return fmt.Sprintf("%.100q", to)
	}
	return redact.URL(resolved.String())
}

func limited(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	if first.Answer != exchange.Limited {
		return nil
	}
	rate := ""
	for _, name := range []string{"Retry-After", "RateLimit-Policy", "RateLimit", "RateLimit-Limit", "X-RateLimit-Limit", "X-Rate-Limit-Limit"} {
		if value := first.Header.Get(name); value != "" {
			rate += fmt.Sprintf(", %s: %.60s", name, value)
		}
	}
	return cured(because("It limits its rate, even for the first delivery (%d%s)", first.Status, rate),
		"wait until the limit is over, and send more slowly: --rate 1", "switch the limit off for the test")
}

// distrusts is about a receiver that cannot fetch its key where its host name is
// answered here.
func distrusts(o *Observations) *conformance.Diagnosis {
	if !o.Distrusts || o.Fetches > 0 {
		return nil
	}
	return cured(o.withNames(because("It has the address of its key hard-coded, and does not trust the certificate with which that is answered here: its client has certificates of its own")), "make the key URL configurable, and give it "+o.KeyURL)
}

func early(o *Observations) *conformance.Diagnosis {
	if !o.Early && o.Effect == "" {
		return nil
	}
	d := because("The handler answers %d before it is done: the work goes on behind the answer", o.Seen[First].Status)
	if o.Effect != "" {
		d.Seen = append(d.Seen, o.Effect+", although the delivery was refused")
	}
	if o.Early {
		d.Seen = append(d.Seen, "it was answered while the key that it had asked for was still on its way")
	}
	return cured(d, "wait for the asynchronous part before the answer: await (or return) next(), and the promise of the handler")
}

const answerOnce = "answer 2xx once the event is accepted; a promise that nobody awaits, or a missing return, leaves the request open"

func silent(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	if first.Answer != exchange.Silent {
		return nil
	}
	answered := func(n Name) bool {
		s, sent := o.saw(n)
		return sent && s.Answer != exchange.Silent
	}
	plain := o.Seen[PlainText].Answer == exchange.Accepted
	const waits = "The answer hangs after the body was read: a body parser%s has read it, and the handler waits for a body that does not come any more"
	switch {
	// An answer to a forged delivery is one of the verification, which had the body.
	case !plain && answered(OtherKey) && answered(Tampered):
		d := because("Nothing came back, although the signature is accepted: the handler never answers what is genuine, and answers what is forged")
		return o.proof(cured(d, answerOnce), Tampered)
	case plain || answered(PlainText) && !answered(Unsigned):
		return o.proof(cured(because(waits, " for JSON"), rawBody), PlainText)
	case answered(Empty) && !answered(Unsigned):
		return o.proof(cured(because(waits, ""), rawBody), Empty)
	case answered(Unsigned):
		d := because("Signed deliveries get no answer, and unsigned ones do: the verification waits for something, such as the key")
		return o.proof(o.withNames(cured(d, "see what it waits for after the signature was found; let its own fetch of the key end after a second or two")), Unsigned)
	case o.Fetches > 0:
		return cured(because("Nothing came back, although the key was fetched: the handler never answers"), answerOnce)
	}
	return o.withNames(cured(because("Nothing came back within %s, signed or not", o.MaxWait),
		"see what the receiver waits for: a database, a debugger, the rest of the body", "give it more time with --warm-up"))
}

// explained is about statuses that say what they are, whatever was sent.
func explained(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	if !o.same(Unsigned, OtherKey, Tampered) {
		return nil
	}
	switch first.Status {
	case http.StatusMethodNotAllowed:
		allowed := ""
		if a := first.Header.Get("Allow"); a != "" {
			allowed = fmt.Sprintf(" (it allows %.60s)", a)
		}
		return cured(because("This path takes no POST%s", allowed), "give the webhook's own path", "let the route take POST")
	case http.StatusRequestEntityTooLarge:
		return cured(because("The body is too large for the receiver, or for a proxy in front: a genuine one has up to a few kilobytes"),
			"raise the limit of the body to 1 MB (client_max_body_size, bodyParser limit)")
	case http.StatusUnsupportedMediaType:
		return cured(because("The Content-Type application/json is refused"), "take application/json")
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		what := map[int]string{http.StatusBadGateway: "does not get an answer from", http.StatusGatewayTimeout: "waits in vain for"}[first.Status]
		return cured(because("A proxy in front answers, and %s the receiver behind it (%d%s)", what, first.Status, server(first)),
			"start the receiver behind the proxy, or correct the address that the proxy passes to", "give the receiver's own URL")
	}
	return nil
}

// server names the server of an answer.
func server(s Seen) string {
	if name := s.Header.Get("Server"); name != "" {
		return fmt.Sprintf(", Server: %.40s", name)
	}
	return ""
}

// unsteady is about a receiver that answers one delivery in two ways, so that its
// other answers cannot be compared.
func unsteady(o *Observations) *conformance.Diagnosis {
	if o.same(Again) {
		return nil
	}
	return cured(because("It answers the same delivery in two ways: %s at first, and %s a moment later", o.Seen[First].Words, o.Seen[Again].Words),
		"look in the receiver's log for what differs: several instances, a connection that comes and goes, a uuid that counts as taken although it was refused")
}

// signatureWorks is about a receiver that tells genuine deliveries from forged ones,
// and refuses them all the same.
func signatureWorks(o *Observations) *conformance.Diagnosis {
	if !o.differs(OtherKey) || !o.differs(Tampered) {
		return nil
	}
	first := o.Seen[First]
	d := because("The signature is accepted, and what comes after it fails (%d)", first.Status)
	switch member := o.member(); {
	case first.Status == http.StatusRequestEntityTooLarge:
		d.Cause = "The signature is accepted, and the body is too large for what comes after it (413)"
		return cured(d, "raise the limit of the body there")
	case first.Answer == exchange.Failing:
		d.Cause = fmt.Sprintf("The signature is accepted, and then the handler fails (%d): an error in what it does with the event", first.Status)
		return cured(d, "look in the receiver's log for the exception")
	case member != "":
		d.Cause = fmt.Sprintf("The signature is accepted, and the payload is refused (%d): the answer names %s", first.Status, member)
		return cured(d, o.other(setMember(member), "accept the event, and look at it later")...)
	}
	d.Cause = fmt.Sprintf("The signature is accepted, and the payload is refused (%d)", first.Status)
	return cured(d, o.other("give ids that it knows: --meeting-id ID, --webhook-id ID, or --set PATH=VALUE", "answer 2xx to what it has no use for")...)
}

// other adds the events that are accepted to the cures.
func (o *Observations) other(cures ...string) []string {
	if types := o.acceptedTypes(); len(types) > 0 {
		cures = append(cures, subscribe(types))
	}
	return cures
}

func setMember(member string) string {
	switch member {
	case "meeting.id":
		return "give a meeting that it knows: --meeting-id ID"
	case "event":
		return "subscribe to the events that it takes alone: --events TYPE,TYPE"
	}
	return "give a value that it takes: --set " + member + "=VALUE"
}

// before is about what refuses a delivery whatever its signature.
func before(o *Observations) *conformance.Diagnosis {
	if o.Fetches > 0 || !o.same(Unsigned, OtherKey, Tampered) {
		return nil
	}
	first := o.Seen[First]
	text := strings.ToLower(first.Text)
	alike := "the answer is the same to a signed, an unsigned and a changed delivery"
	switch member := o.member(); {
	case aboutCSRF.MatchString(first.Text) || first.Status == 419:
		return cured(because("A CSRF protection refuses it before anything looks at the signature (%d)", first.Status),
			"take the webhook's path out of the CSRF protection: @csrf_exempt in Django, skip_forgery_protection in Rails, validateCsrfTokens(except: …) in Laravel")
	case first.Status == http.StatusNotFound && member == "":
		return cured(because("Nothing is served under this path (404): nothing looks at the signature"),
			fmt.Sprintf("check the path, which is %s, and the host name that routes to it", pathOf(o.URL)),
			"if the receiver means a meeting that it does not know, give one with --meeting-id")
	case first.Header.Get("WWW-Authenticate") != "":
		return cured(because("Nothing looks at the signature yet: credentials are asked for first (%d, WWW-Authenticate: %.60s)", first.Status, first.Header.Get("WWW-Authenticate")),
			"give them: --header 'Authorization: …'")
	case member != "":
		return cured(because("The payload is refused before anything looks at the signature (%d): the answer names %s", first.Status, member),
			o.other(setMember(member), "verify the signature first")...)
	case first.Answer == exchange.Failing:
		return o.withNames(cured(because("It fails in the same way for every delivery (%d), signed or not, and has not fetched the key: an error in front of the verification, or in reading the key URL", first.Status),
			o.rawBodyIfParsed("look in the receiver's log for the exception", "set the variable that it reads the key URL from to "+o.KeyURL)...))
	case aboutSignature.MatchString(first.Text):
		return o.otherKey("the answer speaks of the signature")
	case strings.Contains(text, "token") || strings.Contains(text, "api key") || strings.Contains(text, "apikey") || strings.Contains(text, "credential"):
		return cured(because("Nothing looks at the signature yet: a token or a key is asked for first (%d)", first.Status),
			"give it in the URL's query, or as a header with --header 'NAME: VALUE'")
	case first.Status == http.StatusUnauthorized || first.Status == http.StatusForbidden || first.Status == http.StatusBadRequest:
		d := because("Nothing seems to look at the signature yet: %s (%d); something in front refuses it, such as a token in the query or a header, a CSRF protection or a gateway", alike, first.Status)
		d.Cause += ". Or it verifies with another key, " + o.elsewhere() + ", and refuses all alike"
		if o.parsedFirst() {
			d.Cause += ". Or a body parser comes first, and the handler misses the raw body"
			d.Seen = append(d.Seen, o.Seen[Malformed].Sample+": "+o.Seen[Malformed].String())
		}
		return o.withNames(cured(d, o.rawBodyIfParsed("give the token in the URL's query, or as a header with --header 'NAME: VALUE'",
			"if it does verify: "+ownKey+", or let its key URL be "+o.KeyURL)...))
	}
	return cured(because("Nothing looks at the signature yet: %s (%d%s)", alike, first.Status, server(first)),
		"check path, host and method of the URL", "give what a gateway wants with --header 'NAME: VALUE'",
		"give ids that it knows: --meeting-id, --webhook-id or --set")
}

// aboutCSRF are answers of a protection against forged requests of browsers: Rails
// says in production no more than that the change was rejected.
var aboutCSRF = regexp.MustCompile(`(?i)csrf|xsrf|authenticity|anti-?forgery|change you wanted was rejected`)

// aboutSignature are answers that speak of the signature.
var aboutSignature = regexp.MustCompile(`(?i)signature|not verif|verification failed|webhook secret|invalid sig`)

// otherKey is about a receiver that verifies with a key that nobody got from here.
func (o *Observations) otherKey(why string) *conformance.Diagnosis {
	d := because("It verifies with another key than the one that signs here: %s", o.elsewhere())
	d.Seen = append(d.Seen, why+", and the key was never asked for")
	cures := []string{ownKey, "make the key URL configurable, and give it " + o.KeyURL}
	if o.Running {
		cures = append(cures, "restart the receiver, or delete the key that it keeps in a file or a database")
	}
	return o.withNames(cured(d, cures...))
}

// ownKey goes on with a receiver that is given its key, and does not fetch it.
const ownKey = "sign with a key of your own, whose public half the receiver has, by --key FILE (rtkmock key new --out FILE makes one)"

// withNames adds why the key could not be fetched from here, if it never was: where the
// receiver runs, and what host names of the real service have to do with it.
func (o *Observations) withNames(d *conformance.Diagnosis) *conformance.Diagnosis {
	switch {
	case o.Fetches > 0 || !isLoopback(o.KeyURL):
	case o.Apart:
		d.Cure = slices.Insert(d.Cure, 0, "the receiver does not run where rtkmock does, and "+o.KeyURL+" leads to itself there: "+fromContainer())
	case o.Running:
		d.Cure = append(d.Cure, "if it runs in a container, "+o.KeyURL+" leads to itself there: "+fromContainer())
	}
	if o.NamesHint != "" && o.Fetches == 0 {
		d.Cure = append(d.Cure, o.NamesHint)
	}
	return d
}

// elsewhere says where a key may come from that is not fetched from here.
func (o *Observations) elsewhere() string {
	if o.Running {
		return "one that is pinned, comes from a hard-coded URL, or was fetched in an earlier run"
	}
	return "one that is pinned, kept from an earlier run, or comes from a hard-coded URL"
}

// pinned is about a receiver that looks at the signature, and never asked for the key.
func pinned(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	switch {
	case o.Fetches > 0:
		return nil
	case first.Answer == exchange.Failing:
		return o.withNames(cured(because("It fails in the verification (%d), and has not asked for the key here: its key URL is not set, or is hard-coded and leads elsewhere", first.Status),
			"set the variable that it reads the key URL from to "+o.KeyURL, "look in the receiver's log for the exception", ownKey))
	}
	return o.otherKey("unsigned deliveries are answered in another way")
}

func outage(o *Observations) *conformance.Diagnosis {
	if !o.Outage {
		return nil
	}
	return cured(because("It has not asked for its key again since the key endpoint failed, on purpose, for the first deliveries: it keeps the failure, see key/recovers. Or it would refuse this delivery anyway"),
		"fetch the key again when there is none", "leave the outages out to see the rest: --skip 'key/*'")
}

// parserNamed is about a receiver that says itself that its body was read before, by a
// parser: in its answer, or in what it prints.
func parserNamed(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	said := parserWords.FindString(otherArgument.ReplaceAllString(first.Text, ""))
	// What was printed may be older than this answer. It counts if the answer goes with it.
	if said == "" && (o.Fetches > 0 || first.Answer == exchange.Failing || o.parsedFirst()) {
		said = parserWords.FindString(otherArgument.ReplaceAllString(o.Printed, ""))
	}
	if said == "" {
		return nil
	}
	return cured(because("%s (it speaks of %q)", notRaw, said), rawBody)
}

const notRaw = "It does not verify the raw bytes of the body: a body parser of the framework comes first"

// keyArgument is what Node says where it is given no key. It goes on as for a body that
// is none: "must be of type string or an instance of …".
var keyArgument = regexp.MustCompile(`(?i)the "key" argument must be [^"]*received undefined`)

// keyUndefined is about a receiver that has fetched the document, and finds no key in it.
func keyUndefined(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	said := keyArgument.FindString(first.Text)
	if said == "" && first.Answer == exchange.Failing {
		said = keyArgument.FindString(o.Printed)
	}
	if said == "" || o.Fetches == 0 {
		return nil
	}
	d := because("The key is undefined where the signature is verified, although the key document was fetched: the key is read at another place than data.publicKey")
	d.Seen = append(d.Seen, "it says: "+said)
	return cured(d, "take the PEM text from data.publicKey of the document")
}

// noKey is what programs say that verify with a key that they do not have.
var noKey = regexp.MustCompile(`(?i)'NoneType' object has no attribute '?verify|cannot read properties of (null|undefined) \(reading 'asymmetricKeyType'` +
	`|the "key" argument must be [^"]*received (undefined|null)|public[ _-]?key (is|was) (none|null|undefined|nil|not (set|loaded|available|initiali[sz]ed|fetched))`)

// keyMissing is about a receiver that verifies without a key, since it has not fetched one.
func keyMissing(o *Observations) *conformance.Diagnosis {
	said := cmp.Or(noKey.FindString(o.Seen[First].Text), noKey.FindString(o.Printed))
	if said == "" || o.Fetches > 0 {
		return nil
	}
	d := because("It has no key when it verifies, and has not asked for one at %s", o.KeyURL)
	d.Seen = append(d.Seen, "it says: "+said)
	return o.withNames(cured(d, "if it fetches the key: do that with the first delivery, where there is none yet; what should do it at the start has not run, or has looked elsewhere",
		"set the variable that it reads the key URL from to "+o.KeyURL, "if it is given the key: "+ownKey))
}

// noBody is what Node says where it verifies, or hashes, nothing. What it calls the first
// argument may as well be the signature.
var noBody = regexp.MustCompile(`(?i)the "data" argument must be [^"]*received undefined`)

// bodyUndefined is about a receiver that does not find the body where it looks for it. Which
// parser has it, if any, is not known: if one comes first, that is the cause.
func bodyUndefined(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	said := noBody.FindString(first.Text)
	if said == "" && (o.Fetches > 0 || first.Answer == exchange.Failing) {
		said = noBody.FindString(o.Printed)
	}
	if said == "" || o.parsedFirst() {
		return nil
	}
	d := because("What it verifies is undefined: the body is not where it looks for it")
	d.Seen = append(d.Seen, "it says: "+said)
	return cured(d, `if it looks at req.body in Express: express.raw({type: "*/*"}) on this route, which without a type takes application/octet-stream alone`,
		"if it looks at req.rawBody or the like: something has to set that", rawBody)
}

// otherArgument is what Node says of an argument that is not the body, or need not be.
var otherArgument = regexp.MustCompile(`(?i)the "(key|signature)" argument must be [^.]*|the first argument must be [^"]*received undefined`)

// parserWords are what errors say where a parser has taken the body: of Node and its
// frameworks, of fetch's Request, of Python, Go and Ruby.
var parserWords = regexp.MustCompile(`(?i)\b(raw[ _-]?body|Buffer|EOF|of type string|bytes-like|\[object Object\]` +
	`|stream (is|has|was|ended|already)\b|(body|stream)( \w+){0,3} (already|disturbed|locked|unusable|consumed)( \w+)*)`)

// parsedFirst reports whether an unsigned delivery that is no JSON is answered in another
// way than one that is: it is parsed before the signature is looked at.
func (o *Observations) parsedFirst() bool {
	malformed, sent := o.saw(Malformed)
	return sent && !alike(malformed, o.Seen[Unsigned])
}

// rawBodyIfParsed adds what to do about a parser in front, if there is one.
func (o *Observations) rawBodyIfParsed(cures ...string) []string {
	if o.parsedFirst() {
		cures = append(cures, rawBody)
	}
	return cures
}

// unread is about a receiver that has the key, and refuses genuine and forged
// deliveries alike.
func unread(o *Observations) *conformance.Diagnosis {
	first := o.Seen[First]
	switch {
	case first.Status == http.StatusNotFound:
		return cured(because("Every delivery is answered 404, although the key was fetched: the handler's work is not awaited, so that the framework answers in its place, or it is behind another path"),
			"await (or return) next(), and the promise of the handler", fmt.Sprintf("check the path, which is %s", pathOf(o.URL)))
	case o.parsedFirst():
		d := because(notRaw)
		d.Seen = append(d.Seen, fmt.Sprintf("an unsigned delivery that is no JSON: %s, so JSON is parsed before the signature is looked at", o.Seen[Malformed]))
		return cured(d, rawBody)
	case first.Answer == exchange.Failing:
		return cured(because("It fails in the verification (%d): it has fetched the key, and cannot use the key or the signature", first.Status),
			"look in the receiver's log for the exception", "give the verifier the PEM text of data.publicKey, the raw body, and the bytes of the Base64 in rtk-signature")
	}
	d := because("The key was fetched, and a genuine delivery is refused like a forged one: the Base64 of rtk-signature is not decoded before the verification, or what is verified is not the raw bytes of the body")
	if bytes, forms := len(o.refused(KindBytes)), len(o.refused(KindSignature)); bytes > 0 {
		d.Seen = append(d.Seen, fmt.Sprintf("signatures over %d usual rewritings of the body, and %d other forms of the signature: refused", bytes, forms))
	}
	return cured(d, "decode rtk-signature as standard Base64, and verify RSASSA-PKCS1-v1_5 with SHA-256; no HMAC", rawBody,
		"save a delivery with all its bytes, and let rtkmock verify explain it")
}
