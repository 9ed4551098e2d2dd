package refusal

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
)

// These rules rest on a delivery that was accepted once one thing was changed.

func refusedOnce(o *Observations) *conformance.Diagnosis {
	again := o.Seen[Again]
	if again.Answer != exchange.Accepted {
		return nil
	}
	var d *conformance.Diagnosis
	if o.Fetches > 0 {
		d = because("The first delivery is refused, and the same is accepted a moment later: the key is fetched in the background, and not waited for")
	} else {
		d = because("The first delivery is refused, and the same is accepted a moment later: the receiver was not ready, or takes it for a repetition")
	}
	return o.proof(cured(d, "wait for the key, or answer 503, while there is none: a 401 is final, and the event is lost",
		"let the run wait until the receiver is ready (--wait-for)"), Again)
}

func otherNames(o *Observations) *conformance.Diagnosis {
	if len(o.accepted(string(Predecessor))) == 0 {
		return nil
	}
	sample := o.Seen[Predecessor].Sample
	names := "dyte"
	if strings.Contains(sample, " rtk ") {
		names = "rtk"
	}
	return o.proof(cured(because("It reads the signature from other headers: the %s-… names", names),
		"give --header-names "+names, "read rtk-signature, rtk-uuid and rtk-webhook-id"), Predecessor)
}

func ownPaths(o *Observations) *conformance.Diagnosis {
	best := Name("")
	for _, n := range slices.Sorted(maps.Keys(o.Seen)) {
		s := o.Seen[n]
		if strings.HasPrefix(string(n), KindPath) && takesDeliveries(s) && (best == "" || s.Answer == exchange.Accepted) {
			best = n
		}
	}
	if best == "" {
		return nil
	}
	path := strings.TrimPrefix(string(best), KindPath)
	return o.proof(cured(because("The path is wrong: nothing takes a delivery at %s (%d), and something does at %s", pathOf(o.URL), o.Seen[First].Status, path),
		"give the URL with the path "+path), best)
}

func pathOf(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "/"
	}
	return cmp.Or(u.Path, "/")
}

func otherBytes(o *Observations) *conformance.Diagnosis {
	names := o.accepted(KindBytes)
	if len(names) == 0 {
		return nil
	}
	d := because("It does not verify the raw bytes of the body: it accepts a signature over %s", o.Seen[names[0]].Sample)
	return o.proof(cured(d, rawBody), names[0])
}

// rawBody is the usual remedy.
const rawBody = "verify the bytes as they came, before any parser: express.raw({type: \"*/*\"}) on this route ahead of express.json(), {rawBody: true} for NestFactory.create, one await request.text() and no request.json() in Next, Hono and Workers, await request.body() in FastAPI and Starlette, request.get_data() in Flask, request.body in Django and Rack, io.ReadAll in Go"

func otherSignature(o *Observations) *conformance.Diagnosis {
	names := o.accepted(KindSignature)
	if len(names) == 0 {
		return nil
	}
	sample := o.Seen[names[0]].Sample
	if strings.HasPrefix(sample, "RSA") || strings.HasPrefix(sample, "HMAC") {
		return o.proof(cured(because("It verifies another scheme: it accepts %s, and the guide's is RSA-SHA256 (RSASSA-PKCS1-v1_5)", sample),
			"verify with RSASSA-PKCS1-v1_5 and SHA-256"), names[0])
	}
	return o.proof(cured(because("It decodes the header in the wrong way: it accepts the signature %s, and the header holds standard Base64", sample),
		"decode rtk-signature as standard Base64"), names[0])
}

func parserInFront(o *Observations) *conformance.Diagnosis {
	switch {
	case len(o.accepted(string(PlainText))) == 0:
		return nil
	case o.Seen[First].Answer == exchange.Silent:
		return silent(o)
	}
	return o.proof(cured(because("A body parser for JSON is in front of the verification and takes the raw body: the same delivery is accepted as text/plain"), rawBody), PlainText)
}

func otherMember(o *Observations) *conformance.Diagnosis {
	names := o.accepted(KindMember)
	if len(names) == 0 {
		return nil
	}
	last := names[len(names)-1]
	if last == allMembers {
		return o.proof(cured(because("The payload is refused: it is accepted with more members at the top, so the receiver reads what stands deeper, such as meetingId for meeting.id"),
			"read the members where the guide's samples have them"), last)
	}
	member := strings.TrimPrefix(string(last), KindMember)
	place := ""
	for _, m := range flatMembers() {
		if m[0] == member {
			place = m[1]
		}
	}
	return o.proof(cured(because("The payload is refused: the receiver reads %s at the top, and it stands at %s", member, place),
		"read "+place, "give --set "+member+"=VALUE to go on without that"), last)
}

func otherKeyPlace(o *Observations) *conformance.Diagnosis {
	names := o.accepted(KindKey)
	if len(names) == 0 {
		return nil
	}
	var d *conformance.Diagnosis
	switch n := names[0]; n {
	case KindKey + "publicKey":
		d = because("The key is read at the wrong place: at publicKey of the key document, and it stands at data.publicKey")
	case KindKey + "pem":
		d = because("The whole key document is taken for a PEM, and the key stands at data.publicKey of JSON")
	default:
		d = because("The key is read at the wrong place: the delivery is accepted once the key document has the key %s; it stands at data.publicKey", o.Seen[n].Sample)
	}
	d.Seen = append(d.Seen, "the same, while the key document has the key "+o.Seen[names[0]].Sample+": "+o.Seen[names[0]].String())
	return cured(d, `read data.publicKey of {"success":true,"data":{"publicKey":"-----BEGIN PUBLIC KEY-----…"},"message":""}`)
}

// someEvents is about a receiver that takes other events. One that names a member of
// the refused one means that.
func someEvents(o *Observations) *conformance.Diagnosis {
	types := o.acceptedTypes()
	if member := o.member(); len(types) == 0 || member != "" && member != "event" {
		return nil
	}
	d := because("It takes only some of the events: %s is refused, and %s accepted", o.Event, strings.Join(types, ", "))
	return cured(d, subscribe(types), "answer 2xx to events that are of no interest")
}

// acceptedTypes are the events that were accepted.
func (o *Observations) acceptedTypes() []string {
	var types []string
	for _, n := range o.accepted(KindType) {
		types = append(types, strings.TrimPrefix(string(n), KindType))
	}
	return types
}

func subscribe(types []string) string {
	return "subscribe to the events that it takes alone: --events " + strings.Join(types, ",")
}
