package checks

import (
	"encoding/json"
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func sigKeyFromRequest() *conformance.Check {
	return &conformance.Check{
		ID: "sig/key-from-request", Title: "a key that the request names is neither trusted nor fetched",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"}, Sends: conformance.Extended, Production: true,
		Doc: "Whoever may choose the key can sign anything. A receiver that only fetches from a URL in the request can still be used to reach its own network.",
		Fix: "Take the key from the configured URL alone; read no key, key URL or certificate from headers or body.",
		Run: func(p *conformance.Probe) {
			url := p.Endpoints().AttackerKeyURL()
			mark := p.Endpoints().AttackerServer.Mark()
			otherKey := p.Mutation("signature/other-key")
			b := p.Reject(
				conformance.Forgery{Label: "another key, whose URL the headers name", Mutations: []mutation.Mutation{otherKey, keyHeaders(p, url)}},
				conformance.Forgery{Label: "another key, whose host X-Forwarded-Host names", Mutations: []mutation.Mutation{otherKey, keyHost(url)}},
				conformance.Forgery{Label: "another key, whose URL the body names", Event: keyMembers(p.FreshAny(), url), Mutations: []mutation.Mutation{otherKey}},
			)
			p.Later(func() {
				if n := len(p.Endpoints().AttackerServer.Since(mark)); n > 0 {
					p.On(b.Forged...).Violation("the attacker's key URL, which only the forged requests named, was fetched (%s)", counted(n, "time", "times"))
				}
			})
		},
	}
}

// keyNames are the headers and members under which keys are named elsewhere.
func keyNames() (headers, members []string) {
	return []string{"x-key-url", "x-cert-url", "x-public-key-url", "rtk-public-key-url", "rtk-key-url", "dyte-public-key-url", "jku", "x5u"},
		[]string{"jku", "x5u", "keyUrl", "publicKeyUrl", "certUrl", "signingCertUrl"}
}

// keyHeaders names the attacker's key in every header that a receiver could read.
func keyHeaders(p *conformance.Probe, url string) mutation.Mutation {
	return mutation.Mutation{
		ID:  "header/key-url",
		Doc: "headers name an attacker's key and where to fetch it",
		Apply: func(w *mutation.Wire) error {
			pem, err := p.Endpoints().Attacker.PublicPEM()
			if err != nil {
				return err
			}
			jwk, err := json.Marshal(pem)
			if err != nil {
				return err
			}
			headers, _ := keyNames()
			for _, name := range headers {
				w.Header[name] = []string{url}
			}
			w.Header["jwk"] = []string{string(jwk)}
			w.Header["x-public-key"] = []string{string(jwk[1 : len(jwk)-1])}
			return nil
		},
	}
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
	_, members := keyNames()
	for _, name := range members {
		if body, err := payload.Set(e.Body, name, value); err == nil {
			e.Body = body
		}
	}
	return e
}
