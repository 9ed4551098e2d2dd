package checks

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// wireMutation is a change of a signed request that cannot fail.
func wireMutation(id, doc string, change func(*mutation.Wire)) mutation.Mutation {
	return mutation.Mutation{ID: id, Doc: doc, Apply: func(w *mutation.Wire) error {
		change(w)
		return nil
	}}
}

// setHeader gives a header field one value, in whatever spelling it has now.
func setHeader(w *mutation.Wire, name, value string) {
	for key := range w.Header {
		if strings.EqualFold(key, name) {
			delete(w.Header, key)
		}
	}
	w.Header[name] = []string{value}
}

// asMethod sends the signed request with another method, and without a body if requests
// of that method have none.
func asMethod(method string) mutation.Mutation {
	m := wireMutation("method/"+strings.ToLower(method), "the request is sent as "+method, func(w *mutation.Wire) {
		w.Method = method
		if bodiless(method) {
			w.Body = nil
		}
	})
	m.Changes = mutation.PartMethod | mutation.PartBody
	return m
}

// bodiless reports whether requests of a method have no body by custom.
func bodiless(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// respell spells the names of the fields that the sender itself sends, and of those
// that frame the message. Fields of the user stay as they are.
func respell(w *mutation.Wire, spell func(string) string) {
	ours := []string{"Content-Type", "User-Agent"}
	for _, names := range rtk.HeadersBoth.Sets() {
		ours = append(ours, names.Signature, names.UUID, names.WebhookID)
	}
	for name, values := range w.Header {
		for _, own := range ours {
			if strings.EqualFold(name, own) {
				delete(w.Header, name)
				w.Header[spell(name)] = values
			}
		}
	}
	w.Header[spell("Content-Length")] = []string{fmt.Sprint(len(w.Body))}
}

// notJSON is a body that makes a parser throw.
func notJSON() mutation.Mutation {
	return wireMutation("body/not-json", "half a JSON object", func(w *mutation.Wire) { w.Body = []byte(`{"event":`) })
}

// asPlainText says that the body is no JSON: body parsers skip it.
func asPlainText() mutation.Mutation {
	return wireMutation("header/plain-text", "the Content-Type is text/plain", func(w *mutation.Wire) {
		setHeader(w, "Content-Type", "text/plain")
	})
}

// signedAs puts the signature that x was sent with on another body.
func signedAs(x *exchange.Exchange) mutation.Mutation {
	return wireMutation("signature/of-earlier-delivery", "the signature is that of a genuine delivery which the target has seen", func(w *mutation.Wire) {
		w.SetSignature(x.Last().Request.Field(w.SignatureNames[0]))
	})
}

// fromLoopback has the headers in which proxies name their client. Anyone can send them.
func fromLoopback() mutation.Mutation {
	return wireMutation("header/forwarded", "proxies' headers say that the request comes from the target's own machine", func(w *mutation.Wire) {
		for _, name := range []string{"X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
			setHeader(w, name, "127.0.0.1")
		}
		setHeader(w, "Forwarded", "for=127.0.0.1")
	})
}

// inPredecessor moves the signature into the header of the predecessor.
func inPredecessor() mutation.Mutation {
	return wireMutation("signature/in-predecessor", "the signature is in dyte-signature, and there is no rtk-signature", func(w *mutation.Wire) {
		signPredecessor(w, w.Signature())
	})
}

// predecessorAlone has the header of the predecessor in place of the signature.
func predecessorAlone() mutation.Mutation {
	return wireMutation("signature/predecessor-alone", "no rtk-signature, and a dyte-signature of 256 zero bytes", func(w *mutation.Wire) {
		signPredecessor(w, base64.StdEncoding.EncodeToString(make([]byte, 256)))
	})
}

func signPredecessor(w *mutation.Wire, signature string) {
	w.SetSignature()
	setHeader(w, rtk.HeadersDyte.Sets()[0].Signature, signature)
}

// keyHeaders names the attacker's key in every header that a receiver could read.
func keyHeaders(p *conformance.Probe, url string) mutation.Mutation {
	pem, err := p.Endpoints().Attacker.PublicPEM()
	if err != nil {
		p.HarnessError(err)
	}
	quoted := strconv.Quote(pem)
	return wireMutation("header/key-url", "headers name an attacker's key and where to fetch it", func(w *mutation.Wire) {
		for _, name := range []string{
			"x-key-url", "x-cert-url", "x-public-key-url", "rtk-public-key-url", "rtk-key-url", "dyte-public-key-url", "jku", "x5u",
		} {
			w.Header[name] = []string{url}
		}
		w.Header["jwk"] = []string{quoted}
		w.Header["x-public-key"] = []string{strings.Trim(quoted, `"`)}
	})
}

// keyHost names the attacker's host, with a path on it, where a proxy names the host that
// its client asked for.
func keyHost(url string) mutation.Mutation {
	_, host, _ := strings.Cut(strings.TrimSuffix(url, rtk.KeyDocumentPath), "://")
	return wireMutation("header/key-host", "proxies' headers name a host whose key document has an attacker's key", func(w *mutation.Wire) {
		for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host"} {
			setHeader(w, name, host)
		}
		setHeader(w, "Forwarded", `host="`+host+`"`)
	})
}

// keyMembers names the attacker's key URL in members of the body.
func keyMembers(e rtk.Event, url string) rtk.Event {
	value := []byte(`"` + url + `"`)
	for _, name := range []string{"jku", "x5u", "keyUrl", "publicKeyUrl", "certUrl", "signingCertUrl"} {
		if body, err := payload.Set(e.Body, name, value); err == nil {
			e.Body = body
		}
	}
	return e
}
