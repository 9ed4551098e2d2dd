package checks

import (
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// rejection is a check that sends forgeries of named mutations.
func rejection(id conformance.ID, level conformance.Level, from, title, doc, fix string, forgeries ...[2]string) *conformance.Check {
	basis := conformance.Documented
	if level != conformance.Must {
		basis = conformance.Inferred
	}
	return &conformance.Check{
		ID: id, Title: title, Level: level, Basis: basis, From: []string{from}, Doc: doc, Fix: fix, Production: true,
		Run: func(p *conformance.Probe) {
			all := make([]conformance.Forgery, len(forgeries))
			for i, f := range forgeries {
				all[i] = forgery(p, f[0], f[1])
			}
			p.Reject(all...)
		},
	}
}

func sigMissingHeader() *conformance.Check {
	c := rejection("sig/missing-header", conformance.Must, "S9",
		"a delivery without a signature is rejected",
		"Anyone who knows the URL can post to it. A receiver that verifies only what carries a signature, or one kind of event, or what is declared to be JSON, lets in whoever sends something else.",
		"Refuse with 401 when rtk-signature is missing, before anything else looks at the body.")
	const label, id = "a delivery without rtk-signature", "signature/missing"
	c.Run = func(p *conformance.Probe) {
		p.Reject(append(everyType(p, label, id),
			conformance.Forgery{Label: label + ", as text/plain", Mutations: []mutation.Mutation{p.Mutation(id), asPlainText()}},
			conformance.Forgery{Label: label + ", with a dyte-signature that is none", Mutations: []mutation.Mutation{predecessorAlone()}},
			conformance.Forgery{Label: label + ", with a dyte-signature by another key", Mutations: []mutation.Mutation{p.Mutation("signature/other-key"), inPredecessor()}},
		)...)
	}
	return c
}

// everyType returns a forgery of each subscribed event type, first the type of controls.
// A receiver may have a path around the verification for some types.
func everyType(p *conformance.Probe, label, mutation string) []conformance.Forgery {
	all := []conformance.Forgery{forgery(p, label, mutation)}
	for _, t := range rtk.EventTypes() {
		if t == p.ControlType() || !p.Subscribed(t) {
			continue
		}
		f := forgery(p, label+" ("+string(t)+")", mutation)
		f.Event = p.Fresh(t)
		all = append(all, f)
	}
	return all
}

func sigEmptyHeader() *conformance.Check {
	return rejection("sig/empty-header", conformance.Must, "S9",
		"a delivery with an empty signature is rejected",
		"An empty header is present and yet proves nothing; code that asks only whether the header exists lets it through.",
		"Treat an empty rtk-signature as a missing one.",
		[2]string{"an empty rtk-signature", "signature/empty"})
}

func sigOtherKey() *conformance.Check {
	c := rejection("sig/other-key", conformance.Must, "S9",
		"a delivery signed by another key is rejected",
		"A well-formed signature of somebody else is what an attacker can make most easily. If it gets in, the signature is not verified at all, or its result is ignored, be it for one kind of event, or for what looks internal.",
		"Verify with the key of the key document, and act on the result: in Node, crypto.verify returns false rather than throwing.")
	c.Run = func(p *conformance.Probe) {
		const label = "a signature by another key"
		p.Reject(append(everyType(p, label, "signature/other-key"), disguised(p, label, p.Mutation("signature/other-key"))...)...)
	}
	return c
}

func sigTamperedByte() *conformance.Check {
	c := rejection("sig/tampered-byte", conformance.Must, "S9",
		"a body changed after signing is rejected",
		"If one changed byte goes unnoticed, the signature does not cover what is processed.",
		"Verify over the whole raw body, and process exactly the bytes that were verified.")
	c.Run = func(p *conformance.Probe) {
		forgeries := []conformance.Forgery{forgery(p, "one byte of the body changed after signing", "body/flip-byte")}
		if linked := p.LinkedType(); linked != p.ControlType() {
			f := forgery(p, "one byte of "+string(linked)+" changed after signing", "body/flip-byte")
			f.Event = p.Fresh(linked)
			forgeries = append(forgeries, f)
		}
		p.Reject(forgeries...)
	}
	return c
}

func sigReserializedTamper() *conformance.Check {
	return rejection("sig/reserialized-tamper", conformance.Must, "S11",
		"a body re-indented after signing is rejected",
		"The signature covers bytes, not values. A receiver that accepts a body with other white space verifies something it has built itself.",
		"Read the raw body first and verify that: express.raw() in Express, request.arrayBuffer() in Workers, request.get_data() in Flask, io.ReadAll in Go.",
		[2]string{"a body re-indented after signing", "body/reindent"})
}

func sigTruncated() *conformance.Check {
	return rejection("sig/truncated", conformance.Must, "S9",
		"half a signature is rejected",
		"Comparing only as many bytes as were sent turns a signature into a prefix that can be guessed.",
		"Leave the comparison to the library's verify function.",
		[2]string{"half a signature", "signature/truncated"})
}

func sigZeroBytes() *conformance.Check {
	return rejection("sig/zero-bytes", conformance.Must, "S9",
		"a signature of 256 zero bytes is rejected",
		"Zeros are what an uninitialised buffer holds; hand-made verification has accepted them.",
		"Leave RSA to the platform's library.",
		[2]string{"256 zero bytes as signature", "signature/zero-bytes"})
}

func sigIntegerEdge() *conformance.Check {
	return rejection("sig/integer-edge", conformance.Must, "S9",
		"signatures at the edges of the modulus are rejected",
		"0, 1, the modulus and what lies above are the numbers for which RSA arithmetic degenerates; a verifier has to refuse them before it computes.",
		"Leave RSA to the platform's library; if a signature is checked by hand, refuse s = 0, s = 1 and s ≥ n.",
		[2]string{"the number 0 as signature", "signature/zero"},
		[2]string{"the number 1 as signature", "signature/one"},
		[2]string{"the modulus as signature", "signature/modulus"},
		[2]string{"a number above the modulus as signature", "signature/above-modulus"})
}

func sigGarbageBase64() *conformance.Check {
	return rejection("sig/garbage-base64", conformance.Must, "S9",
		"a signature that is not Base64 is rejected",
		"Decoders differ: some throw, some skip what they do not know and go on with what is left. Neither may end in a 2xx.",
		"Catch the decoder's error and answer 401.",
		[2]string{"!!!not-base64!!! as signature", "signature/garbage-base64"})
}

func sigHMAC() *conformance.Check {
	return rejection("sig/hmac-with-public-key", conformance.Must, "S6",
		"an HMAC keyed with the public key is rejected",
		"The public key is public. A receiver that computes an HMAC with it accepts what anyone can make.",
		"Verify RSASSA-PKCS1-v1_5 with SHA-256, not an HMAC.",
		[2]string{"an HMAC-SHA256 with the public key, in hex", "signature/hmac-hex"},
		[2]string{"an HMAC-SHA256 with the public key, in Base64", "signature/hmac-base64"})
}

func sigOtherDigest() *conformance.Check {
	return rejection("sig/other-digest", conformance.Should, "S6",
		"signatures over another digest are rejected",
		"The guide names SHA-256. A verifier that takes the digest from the signature also takes the weak ones; no forger can make these with today's means, so this is no MUST.",
		"Fix the digest to SHA-256.",
		[2]string{"a genuine signature over SHA-1", "signature/sha1"},
		[2]string{"a genuine signature over SHA-512", "signature/sha512"})
}

func sigPSS() *conformance.Check {
	return rejection("sig/pss", conformance.Should, "S6",
		"a PSS signature is rejected",
		"The guide's sample verifies RSASSA-PKCS1-v1_5. A receiver that takes either scheme was built on guesswork.",
		"Fix the scheme to RSASSA-PKCS1-v1_5.",
		[2]string{"a genuine signature in the PSS scheme", "signature/pss"})
}

func sigPadding() *conformance.Check {
	return rejection("sig/padding", conformance.Should, "S6",
		"the padding around the digest is compared whole",
		"RSA by hand tends to look for the digest inside the block instead of comparing all of it. Under a key whose exponent is 3 that lets anyone in (Bleichenbacher, 2006); under the usual 65537 these need the genuine key, so this is no MUST.",
		"Leave RSA to the platform's library. By hand, refuse a signature that is not exactly as long as the modulus or not below it, build the whole block that is expected, and compare that.",
		[2]string{"the digest in front of garbage", "signature/short-padding"},
		[2]string{"the digest behind a padding of other bytes", "signature/other-padding"},
		[2]string{"the genuine signature with a zero byte before it", "signature/leading-zero"},
		[2]string{"the genuine signature plus the modulus", "signature/plus-modulus"})
}

func sigDuplicateHeader() *conformance.Check {
	return &conformance.Check{
		ID: "sig/duplicate-header", Title: "two bad signature headers are rejected",
		Level: conformance.Must, Basis: conformance.Documented, From: []string{"S9"},
		Doc: "Frameworks join repeated headers, or hand out the first, the last or a list. Code that expects a string may then skip the verification.",
		Fix: "Accept exactly one rtk-signature; refuse more with 401.",
		Run: func(p *conformance.Probe) {
			p.Reject(forgery(p, "two bad rtk-signature headers", "signature/two-bad"))
			var used []string
			for _, try := range []struct{ label, mutation, meaning string }{
				{"a bad and then the genuine signature", "signature/bad-then-good", "the last"},
				{"the genuine and then a bad signature", "signature/good-then-bad", "the first"},
			} {
				if p.Try(try.label, fresh(p, p.Mutation(try.mutation))).Accepted() {
					used = append(used, try.meaning)
				}
			}
			if len(used) == 1 {
				p.Comment("of a bad and a good signature it uses %s", used[0])
			}
		},
	}
}
