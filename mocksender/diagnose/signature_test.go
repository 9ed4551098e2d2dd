package diagnose_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestAGenuineDeliveryIsValid(t *testing.T) {
	body := joined(t)
	for name, c := range map[string]diagnose.Case{
		"signature": {Body: body, Signature: sign(t, body)},
		"header":    {Body: body, Header: http.Header{"RTK-Signature": {sign(t, body)}}},
		"no body":   {Signature: sign(t, nil)},
	} {
		r := diagnosed(t, c)
		assert.Assert(t, r.Valid, name)
		assert.DeepEqual(t, ids(r), []diagnose.ID{})
		assert.Equal(t, r.SignedBy, r.Fingerprint)
		assert.DeepEqual(t, r.Signed, c.Body)
	}
}

func TestWithoutAKeyThereIsNothingToSay(t *testing.T) {
	_, err := diagnose.Diagnose(diagnose.Case{})
	assert.ErrorIs(t, err, rtk.ErrKey)
}

// respelled are the spellings of a signature over body that are not the header's.
func respelled(t testing.TB, body []byte) []struct {
	name, value string
	want        diagnose.ID
} {
	good := sign(t, body)
	raw, err := base64.StdEncoding.DecodeString(good)
	assert.NilError(t, err)
	wrapped := strings.Join([]string{good[:64], good[64:128], good[128:]}, "\n") + "\n"
	return []struct {
		name, value string
		want        diagnose.ID
	}{
		{"URL-safe", base64.URLEncoding.EncodeToString(raw), diagnose.SignatureURLSafe},
		{"unpadded", strings.TrimRight(good, "="), diagnose.SignatureUnpadded},
		{"hex", hex.EncodeToString(raw), diagnose.SignatureHex},
		{"hex in capitals", strings.ToUpper(hex.EncodeToString(raw)), diagnose.SignatureHex},
		{"wrapped", wrapped, diagnose.SignatureWhitespace},
		{"final newline", good + "\n", diagnose.SignatureWhitespace},
		{"spaces around", " " + good + " ", diagnose.SignatureWhitespace},
		{"newline as two characters", good + `\n`, diagnose.SignatureWhitespace},
		{"URL-encoded", url.QueryEscape(good), diagnose.SignatureURLCoded},
		{"spaces for plus", strings.ReplaceAll(good, "+", " "), diagnose.SignatureURLCoded},
		{"quoted", `"` + good + `"`, diagnose.SignatureDecorated},
		{"Python's bytes", "b'" + good + "'", diagnose.SignatureDecorated},
		{"as GitHub has it", "sha256=" + good, diagnose.SignatureDecorated},
		{"with its name", "rtk-signature: " + good, diagnose.SignatureDecorated},
		{"too much padding", good + "====", diagnose.SignatureStray},
		{"stray bits", stray(good), diagnose.SignatureStray},
		{"Base64 twice", base64.StdEncoding.EncodeToString([]byte(good)), diagnose.SignatureTwice},
		{"as Svix has it", "v1," + good, diagnose.SignatureDecorated},
		{"as Stripe has it", "t=1700000000,v1=" + good, diagnose.SignatureDecorated},
	}
}

// stray sets a bit of the last character that no byte needs.
func stray(good string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	at := strings.IndexByte(good, '=') - 1
	return good[:at] + string(alphabet[strings.IndexByte(alphabet, good[at])|1]) + good[at+1:]
}

func TestEverySpellingOfASignatureIsRead(t *testing.T) {
	// A signature that has both characters in which the alphabets differ.
	body := joined(t)
	for !strings.Contains(sign(t, body), "+") || !strings.Contains(sign(t, body), "/") {
		body = append(body, ' ')
	}
	for _, c := range respelled(t, body) {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: body, Signature: c.value})
			assert.DeepEqual(t, ids(r), []diagnose.ID{c.want})
			assert.Assert(t, r.Explained && !r.Valid)

			r = diagnosed(t, diagnose.Case{Body: append(body[:len(body):len(body)], '\n'), Signature: c.value})
			assert.DeepEqual(t, ids(r), []diagnose.ID{c.want, diagnose.BodyNewlineAdded})
		})
	}
}

func TestSignaturesJoinedByACommaAreReported(t *testing.T) {
	body := joined(t)
	good, other := sign(t, body), sign(t, []byte("another"))
	theirs, err := rtk.Sign(strangersKey, body)
	assert.NilError(t, err)
	type is = []diagnose.ID
	for _, c := range []struct {
		name, value, detail string
		want                is
	}{
		{"twice the same", good + ", " + good, "number 1 of 2 fits this body", is{diagnose.SignatureJoined}},
		{"the first", good + "," + other, "number 1 of 2 fits this body", is{diagnose.SignatureJoined}},
		{"the second", other + "," + good, "number 2 of 2 fits this body", is{diagnose.SignatureJoined}},
		{"the third, after strangers", strings.Join([]string{theirs, theirs, good}, ", "), "number 3 of 3 fits this body", is{diagnose.SignatureJoined}},
		{"Svix, the first", "v1," + good + " v1," + theirs, "number 1 of 2 fits this body", is{diagnose.SignatureJoined}},
		{"Svix, with spaces", "v1," + theirs + " v1," + good, "number 2 of 2 fits this body", is{diagnose.SignatureJoined}},
		{"in hex", theirs + "," + base64ToHex(t, good), "number 2 of 2 fits this body", is{diagnose.SignatureJoined, diagnose.SignatureHex}},
		{"none", theirs + "," + theirs, "none of the 2 is by a key that is known here", is{diagnose.SignatureJoined, diagnose.KeyWrong}},
		{"of another body", other + "," + theirs, "number 1 of 2 is by a key that is known here", is{diagnose.SignatureJoined, diagnose.BodyChanged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: body, Signature: c.value})
			assert.DeepEqual(t, ids(r), c.want)
			assert.Equal(t, r.Findings[0].Detail, c.detail)
			assert.Assert(t, !r.Valid)
		})
	}
	for reason, value := range map[string]string{
		"nothing follows the comma":    good + ",",
		"what follows is no signature": good + ", v1",
	} {
		r := diagnosed(t, diagnose.Case{Body: body, Signature: value})
		assert.Assert(t, !slices.Contains(ids(r), diagnose.SignatureJoined), reason)
	}
}

func base64ToHex(t testing.TB, text string) string {
	raw, err := base64.StdEncoding.DecodeString(text)
	assert.NilError(t, err)
	return hex.EncodeToString(raw)
}

// Other services sign a time as well. What is not in the request cannot be proved.
func TestATimeBeforeTheBodyIsFound(t *testing.T) {
	body := joined(t)
	for _, c := range []struct {
		name, signed string
		header       http.Header
		detail       string
	}{
		{"Svix", "msg_1.1700000000.", http.Header{"Svix-Id": {"msg_1"}, "Svix-Timestamp": {"1700000000"}},
			`what was signed is svix-id, ".", svix-timestamp, ".", the body, as Svix and Standard Webhooks have it`},
		{"the service's id", "id-1.1700000000.", http.Header{"X-Request-Id": {"r"}, "rtk-uuid": {"id-1"}, "webhook-timestamp": {"1700000000"}},
			`what was signed is rtk-uuid, ".", webhook-timestamp, ".", the body, as Svix and Standard Webhooks have it`},
		{"a time of another kind", "id-1.2026-06-03T10:00:00Z.", http.Header{"rtk-uuid": {"id-1"}, "X-Time": {"2026-06-03T10:00:00Z"}},
			`what was signed is rtk-uuid, ".", x-time, ".", the body, as Svix and Standard Webhooks have it`},
		{"Stripe", "1700000000.", http.Header{}, `what was signed is the signature's t, ".", the body, as Stripe has it`},
		{"Slack", "v0:1700000000:", http.Header{"X-Slack-Request-Timestamp": {"1700000000"}},
			`what was signed is "v0:", x-slack-request-timestamp, ":", the body, as Slack has it`},
		{"an id alone", "hook-1.", http.Header{"rtk-webhook-id": {"hook-1"}}, `what was signed is rtk-webhook-id, ".", the body`},
		{"a time that is not there", "id-1.1700000001.", http.Header{"rtk-uuid": {"id-1"}, "Svix-Timestamp": {"1700000000"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			signature := sign(t, []byte(c.signed+string(body)))
			if c.name == "Stripe" {
				signature = "t=1700000000,v1=" + signature
			}
			c.header["rtk-signature"] = []string{signature}
			r := diagnosed(t, diagnose.Case{Body: body, Header: c.header})
			last := r.Findings[len(r.Findings)-1]
			if c.detail == "" {
				assert.Equal(t, last.ID, diagnose.BodyChanged)
				return
			}
			assert.Equal(t, last.ID, diagnose.SignatureMoreSigned)
			assert.Equal(t, last.Detail, c.detail)
			assert.Equal(t, string(r.Signed), c.signed+string(body))
		})
	}
}

func TestTheOriginOfAnHMACIsTold(t *testing.T) {
	const guide = "Dyte's old guide: it showed HMAC-SHA256 in hex over JSON.stringify(req.body), in x-dyte-signature"
	body := joined(t)
	inHex := hex.EncodeToString(mac("secret", body))
	for _, c := range []struct {
		reason string
		header http.Header
		want   map[diagnose.ID]string
	}{
		{"in hex, as the guide has it", http.Header{"Rtk-Signature": {inHex}}, map[diagnose.ID]string{diagnose.SignatureHMAC: guide}},
		{"in the guide's field", http.Header{"X-Dyte-Signature": {inHex}},
			map[diagnose.ID]string{diagnose.SignatureHMAC: guide}},
		{"in the guide's field, without a sense", http.Header{"X-Dyte-Signature": {"?"}}, map[diagnose.ID]string{diagnose.SignatureMissing: guide}},
		{"as GitHub has it", http.Header{"Rtk-Signature": {"sha256=" + inHex}}, nil},
		{"as Svix has it", http.Header{"Rtk-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac("secret", body))}, "Svix-Id": {"msg_1"}},
			map[diagnose.ID]string{diagnose.SignatureHMAC: "the samples of Svix and Standard Webhooks: HMAC-SHA256 over id.timestamp.body"}},
		{"Base64 is Shopify's and others'", http.Header{"Rtk-Signature": {base64.StdEncoding.EncodeToString(mac("secret", body))}}, nil},
		{"a hash is no HMAC", http.Header{"Rtk-Signature": {fmt.Sprintf("%x", sha256.Sum256(body))}}, nil},
		{"another hash", http.Header{"Rtk-Signature": {inHex[:40]}}, nil},
		{"RSA", http.Header{"Rtk-Signature": {base64ToHex(t, sign(t, body))}}, nil},
	} {
		got := map[diagnose.ID]string{}
		r := diagnosed(t, diagnose.Case{Body: body, Header: c.header})
		for _, f := range r.Findings {
			if f.Origin != "" {
				got[f.ID] = f.Origin
			}
		}
		assert.Equal(t, fmt.Sprint(got), fmt.Sprint(c.want), c.reason)
		assert.Assert(t, diagnose.HasSignature(c.header), c.reason)
	}
	assert.Assert(t, !diagnose.HasSignature(http.Header{"Signature": {"a"}}))
}

func TestURLSafeAndUnpaddedAreReportedTogether(t *testing.T) {
	body := joined(t)
	for !strings.Contains(sign(t, body), "+") {
		body = append(body, ' ')
	}
	raw, err := base64.StdEncoding.DecodeString(sign(t, body))
	assert.NilError(t, err)
	r := diagnosed(t, diagnose.Case{Body: body, Signature: base64.RawURLEncoding.EncodeToString(raw)})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.SignatureURLSafe, diagnose.SignatureUnpadded})
}

func TestTheHeaderIsLookedAt(t *testing.T) {
	body := joined(t)
	good, bad := sign(t, body), sign(t, []byte("another"))
	type is = []diagnose.ID
	for _, c := range []struct {
		name   string
		header http.Header
		want   is
	}{
		{"missing", http.Header{}, is{diagnose.SignatureMissing}},
		{"empty", http.Header{"Rtk-Signature": {""}}, is{diagnose.SignatureEmpty}},
		{"predecessor's", http.Header{"Dyte-Signature": {good}}, is{diagnose.SignaturePredecessor}},
		{"twice", http.Header{"Rtk-Signature": {bad, good}}, is{diagnose.SignatureRepeated}},
		{"twice, in two spellings", http.Header{"Rtk-Signature": {good}, "rtk-signature": {bad}}, is{diagnose.SignatureRepeated}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: body, Header: c.header})
			assert.DeepEqual(t, ids(r), c.want)
			assert.Assert(t, !r.Valid)
		})
	}
	r := diagnosed(t, diagnose.Case{Body: body, Header: http.Header{"X-Hub-Signature-256": {"sha256=00"}, "Accept": {"*/*"}}})
	assert.Equal(t, r.Findings[0].Detail, "found X-Hub-Signature-256")
}

func TestOtherSchemesAreTold(t *testing.T) {
	body := joined(t)
	s1, s256, s512 := sha1.Sum(body), sha256.Sum256(body), sha512.Sum512(body)
	pss, err := rsa.SignPSS(rand.Reader, ownKey, crypto.SHA256, s256[:], nil)
	assert.NilError(t, err)
	short, err := rsa.SignPSS(rand.Reader, ownKey, crypto.SHA512, s512[:], &rsa.PSSOptions{SaltLength: 20})
	assert.NilError(t, err)
	publicPEM, err := rtk.PublicPEM(&ownKey.PublicKey)
	assert.NilError(t, err)
	encode := base64.StdEncoding.EncodeToString
	inHex := hex.EncodeToString(s256[:])
	type is = []diagnose.ID
	for _, c := range []struct {
		name, value, detail string
		want                is
	}{
		{"HMAC", encode(mac("secret", body)), "it has 32 bytes, as HMAC-SHA-256 has; an RSA signature by this key has 256", is{diagnose.SignatureHMAC}},
		{"HMAC with the public key", encode(mac(publicPEM, body)), "keyed with the text of the public key", is{diagnose.SignatureHMAC}},
		{"HMAC in hex", "sha256=" + hex.EncodeToString(mac("secret", body)), "", is{diagnose.SignatureDecorated, diagnose.SignatureHex, diagnose.SignatureHMAC}},
		{"hash", encode(s256[:]), "it is the body's SHA-256", is{diagnose.SignatureDigestOnly}},
		{"SHA-1's hash", encode(s1[:]), "it is the body's SHA-1", is{diagnose.SignatureDigestOnly}},
		{"RSA-SHA1", pkcs1(t, crypto.SHA1, s1[:]), "", is{diagnose.SignatureSHA1}},
		{"RSA-SHA512", pkcs1(t, crypto.SHA512, s512[:]), "it is SHA-512", is{diagnose.SignatureOtherHash}},
		{"PSS", encode(pss), "with SHA-256", is{diagnose.SignaturePSS}},
		{"PSS with SHA-512", encode(short), "with SHA-512", is{diagnose.SignaturePSS}},
		{"bare digest", pkcs1(t, 0, s256[:]), "", is{diagnose.SignatureBare}},
		{"hashed twice", sign(t, s256[:]), "what was signed is its SHA-256 digest", is{diagnose.SignatureHashed}},
		{"hex digest signed", sign(t, []byte(inHex)), "what was signed is its SHA-256 digest in hex", is{diagnose.SignatureHashed}},
		{"id signed as well", sign(t, []byte("id-1."+string(body))), `what was signed is rtk-uuid, ".", the body`, is{diagnose.SignatureMoreSigned}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: body, Header: http.Header{"rtk-signature": {c.value}, "rtk-uuid": {"id-1"}}})
			assert.DeepEqual(t, ids(r), c.want)
			if c.detail != "" {
				assert.Equal(t, r.Findings[0].Detail, c.detail)
			}
		})
	}
}

// The body is looked into whatever the scheme.
func TestABodyIsExplainedUnderOtherSchemesToo(t *testing.T) {
	body := joined(t)
	sum := sha256.Sum256(body)
	pss, err := rsa.SignPSS(rand.Reader, ownKey, crypto.SHA256, sum[:], nil)
	assert.NilError(t, err)
	r := diagnosed(t, diagnose.Case{Body: indented(t, body, "", "  "), Signature: base64.StdEncoding.EncodeToString(pss)})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.SignaturePSS, diagnose.BodyWhitespace})
}

func TestWhatIsNoSignatureIsTold(t *testing.T) {
	body := joined(t)
	raw, err := base64.StdEncoding.DecodeString(sign(t, body))
	assert.NilError(t, err)
	for _, c := range []struct {
		name, value string
		want        diagnose.ID
	}{
		{"garbage", "!!!not-base64!!!", diagnose.SignatureNotBase64},
		{"a token", "Bearer abc.def", diagnose.SignatureNotBase64},
		{"a novel", strings.Repeat("A", 1<<20), diagnose.SignatureNotBase64},
		{"half", base64.StdEncoding.EncodeToString(raw[:128]), diagnose.SignatureLength},
		{"zero bytes", base64.StdEncoding.EncodeToString(make([]byte, 256)), diagnose.KeyWrong},
		{"above the modulus", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\xff", 256))), diagnose.KeyWrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := diagnosed(t, diagnose.Case{Body: body, Signature: c.value})
			assert.DeepEqual(t, ids(r), []diagnose.ID{c.want})
			assert.Assert(t, !r.Valid && !r.Explained)
		})
	}
}

func TestAWrongKeyIsToldByItsFingerprint(t *testing.T) {
	body := joined(t)
	strangers := diagnose.Key{Name: "old.pem", Public: &strangersKey.PublicKey}
	given, err := rtk.Fingerprint(strangers.Public)
	assert.NilError(t, err)
	own, err := rtk.Fingerprint(&ownKey.PublicKey)
	assert.NilError(t, err)

	r := diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, body), Key: strangers})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.KeyWrong})
	assert.Assert(t, is.Contains(r.Findings[0].Detail, given))
	assert.Assert(t, !r.Explained)

	r = diagnosed(t, diagnose.Case{
		Body: append(body[:len(body):len(body)], '\n'), Signature: sign(t, body),
		Key: strangers, Others: []diagnose.Key{named()},
	})
	assert.DeepEqual(t, ids(r), []diagnose.ID{diagnose.KeyWrong, diagnose.BodyNewlineAdded})
	assert.Assert(t, is.Contains(r.Findings[0].Detail, "by "+own+" (key.pem)"))
	assert.Assert(t, r.Explained)
	assert.Equal(t, r.SignedBy, own)
}
