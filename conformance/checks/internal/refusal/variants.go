package refusal

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // for crypto.SHA1
	"crypto/sha256"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// variant is one way to change a delivery, or the key document, so that a receiver
// with one particular mistake accepts it.
type variant struct {
	name   Name
	sample string // what is changed, for people
	change []mutation.Mutation
	key    func(publicPEM string) []byte // the key document; nil: the genuine one
}

// byteForm is a body that receivers verify in place of the raw bytes.
type byteForm struct {
	name, sample string
	write        func(body []byte) ([]byte, error)
}

func byteForms() []byteForm {
	just := func(f func([]byte) []byte) func([]byte) ([]byte, error) {
		return func(b []byte) ([]byte, error) { return f(b), nil }
	}
	return []byteForm{
		{"empty", "an empty body, as after a parser that has read it", just(func([]byte) []byte { return nil })},
		{"object", "the text [object Object], as String() of the parsed body", just(func([]byte) []byte { return []byte("[object Object]") })},
		{"python", "the body as Python's json.dumps writes it", just(func(b []byte) []byte { return ascii(spaced(b)) })},
		{"python-utf8", "the body as json.dumps with ensure_ascii=False writes it", just(spaced)},
		{"python-sorted", "the body as json.dumps with sort_keys=True writes it", func(b []byte) ([]byte, error) {
			b, err := sorted(b)
			return ascii(spaced(b)), err
		}},
		{"python-repr", "the body as Python prints a dict, as str(request.json)", just(pythonRepr)},
		{"sorted", "the body with its members in order of name, as Go writes a map", sorted},
		{"php", "the body as PHP's json_encode writes it", just(func(b []byte) []byte { return bytes.ReplaceAll(ascii(b), []byte("/"), []byte(`\/`)) })},
		{"ascii", `the body with \u… for letters beyond ASCII`, just(ascii)},
		{"indented", "the body indented by two spaces, as JSON.stringify(body, null, 2)", func(b []byte) ([]byte, error) {
			var out bytes.Buffer
			err := json.Indent(&out, b, "", "  ")
			return out.Bytes(), err
		}},
		{"newline", "the body with a line break behind it", just(func(b []byte) []byte { return append(bytes.Clone(b), '\n') })},
		{"quoted", "the body as a JSON string, as JSON.stringify of a text", func(b []byte) ([]byte, error) { return json.Marshal(string(b)) }},
		{"buffer", `{"type":"Buffer","data":[…]}, as JSON.stringify of a Buffer`, just(func(b []byte) []byte {
			numbers := make([]string, len(b))
			for i, c := range b {
				numbers[i] = fmt.Sprint(c)
			}
			return []byte(`{"type":"Buffer","data":[` + strings.Join(numbers, ",") + `]}`)
		})},
		{"digest", "the body's SHA-256, so that it is hashed twice", just(func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] })},
		{"hex-digest", "the body's SHA-256 in hex, so that it is hashed twice", just(func(b []byte) []byte {
			sum := sha256.Sum256(b)
			return []byte(hex.EncodeToString(sum[:]))
		})},
	}
}

// bytesSigned signs each of these in place of the body.
func bytesSigned(body []byte) []variant {
	var out []variant
	for _, f := range byteForms() {
		if form, err := f.write(body); err != nil || bytes.Equal(form, body) {
			continue // it is none for this body, and says nothing
		}
		out = append(out, variant{name: Name(KindBytes + f.name), sample: f.sample, change: []mutation.Mutation{
			resigned("signature/over-"+f.name, "Signed over "+f.sample+".", func(w *mutation.Wire) (string, error) {
				form, err := f.write(w.Body)
				if err != nil {
					return "", err
				}
				return rtk.Sign(w.Key, form)
			}),
		}})
	}
	return out
}

// spaced puts a space behind the commas and colons of a compact JSON text.
func spaced(b []byte) []byte {
	var out []byte
	inString := false
	for i := 0; i < len(b); i++ {
		out = append(out, b[i])
		switch c := b[i]; {
		case c == '"':
			inString = !inString
		case c == '\\' && inString && i+1 < len(b):
			i++
			out = append(out, b[i])
		case (c == ',' || c == ':') && !inString:
			out = append(out, ' ')
		}
	}
	return out
}

var jsonTokens = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|true|false|null`)

// pythonRepr writes a JSON text as Python prints what it has read of it.
func pythonRepr(b []byte) []byte {
	return jsonTokens.ReplaceAllFunc(spaced(b), func(token []byte) []byte {
		var text string
		switch {
		case string(token) == "null":
			return []byte("None")
		case token[0] != '"':
			return append(bytes.ToUpper(token[:1]), token[1:]...)
		case json.Unmarshal(token, &text) != nil:
			return token
		}
		quote := "'"
		if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
			quote = `"`
		}
		return []byte(quote + strings.NewReplacer(`\`, `\\`, quote, `\`+quote, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(text) + quote)
	})
}

// ascii writes letters beyond ASCII as \u….
func ascii(b []byte) []byte {
	var out []byte
	for _, r := range string(b) {
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return out
}

func sorted(b []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// signatureForms are genuine signatures that are made, or written, in another way
// than the guide's.
func signatureForms() []variant {
	rewritten := func(name, sample string, write func(raw []byte) string) variant {
		return variant{name: Name(KindSignature + name), sample: sample, change: []mutation.Mutation{
			resigned("signature/as-"+name, "The genuine signature, "+sample+".", func(w *mutation.Wire) (string, error) {
				raw, err := base64.StdEncoding.DecodeString(w.Signature())
				return write(raw), err
			}),
		}}
	}
	scheme := func(name, sample string, sign func(key *rsa.PrivateKey, body []byte) ([]byte, error)) variant {
		return variant{name: Name(KindSignature + name), sample: sample, change: []mutation.Mutation{
			resigned("signature/by-"+name, "Signed by "+sample+".", func(w *mutation.Wire) (string, error) {
				raw, err := sign(w.Key, w.Body)
				return base64.StdEncoding.EncodeToString(raw), err
			}),
		}}
	}
	pkcs1 := func(hash crypto.Hash) func(*rsa.PrivateKey, []byte) ([]byte, error) {
		return func(key *rsa.PrivateKey, body []byte) ([]byte, error) {
			h := hash.New()
			h.Write(body)
			return rsa.SignPKCS1v15(rand.Reader, key, hash, h.Sum(nil))
		}
	}
	return []variant{
		rewritten("hex", "in hex", hex.EncodeToString),
		rewritten("base64url", "in URL-safe Base64 without padding", base64.RawURLEncoding.EncodeToString),
		rewritten("base64-twice", "in Base64 twice", func(raw []byte) string {
			return base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(raw)))
		}),
		rewritten("prefixed", "with sha256= before it", func(raw []byte) string { return "sha256=" + base64.StdEncoding.EncodeToString(raw) }),
		scheme("pss", "RSA-PSS with SHA-256", func(key *rsa.PrivateKey, body []byte) ([]byte, error) {
			sum := sha256.Sum256(body)
			return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}),
		scheme("hmac", "HMAC-SHA256 with the text of the public key as secret", func(key *rsa.PrivateKey, body []byte) ([]byte, error) {
			secret, err := rtk.PublicPEM(&key.PublicKey)
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(body)
			return mac.Sum(nil), err
		}),
		scheme("sha512", "RSA-SHA512", pkcs1(crypto.SHA512)),
		scheme("sha384", "RSA-SHA384", pkcs1(crypto.SHA384)),
		scheme("sha1", "RSA-SHA1", pkcs1(crypto.SHA1)),
	}
}

// keyShapes are the documents in which receivers look for the key.
func keyShapes() []variant {
	shape := func(name, sample string, document func(publicPEM string) []byte) variant {
		return variant{name: Name(KindKey + name), sample: sample, key: document}
	}
	encoded := func(v any) []byte {
		out, _ := json.Marshal(v) // maps of strings
		return out
	}
	inData := func(publicKey string) []byte {
		return encoded(map[string]any{"success": true, "data": map[string]string{"publicKey": publicKey}, "message": ""})
	}
	return []variant{
		shape("publicKey", "at publicKey, too", func(p string) []byte {
			return encoded(map[string]any{"success": true, "publicKey": p, "data": map[string]string{"publicKey": p}, "message": ""})
		}),
		shape("pem", "as the whole document", func(p string) []byte { return []byte(p + "\n") }),
		shape("names", "under other usual names, too: public_key, key, pem, data itself", func(p string) []byte {
			names := map[string]any{"publicKey": p, "public_key": p, "key": p, "pem": p, "publicKeyPem": p}
			all := map[string]any{"success": true, "message": "", "data": names, "result": names}
			for name, value := range names {
				all[name] = value
			}
			return encoded(all)
		}),
		shape("data", "as data itself", func(p string) []byte { return encoded(map[string]any{"success": true, "data": p, "message": ""}) }),
		shape("bare", "without the BEGIN and END lines", func(p string) []byte {
			block, _ := pem.Decode([]byte(p))
			return inData(base64.StdEncoding.EncodeToString(block.Bytes))
		}),
		shape("pkcs1", "as RSA PUBLIC KEY (PKCS #1)", func(p string) []byte {
			key, err := rtk.ParsePublicKey([]byte(p))
			if err != nil {
				return nil
			}
			return inData(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(key)})))
		}),
	}
}

// flatMembers are members at the top of the body, where receivers look for what
// stands deeper. Each has the value of the first place that the body has.
func flatMembers() [][2]string {
	return [][2]string{
		{"meetingId", "meeting.id"}, {"meeting_id", "meeting.id"}, {"roomId", "meeting.id"},
		{"sessionId", "meeting.sessionId"}, {"session_id", "meeting.sessionId"},
		{"id", "meeting.id"}, {"title", "meeting.title"}, {"status", "meeting.status"},
		{"type", "event"}, {"eventType", "event"}, {"event_type", "event"}, {"eventName", "event"},
		{"data", "meeting"}, {"payload", "meeting"}, {"timestamp", "meeting.createdAt"}, {"createdAt", "meeting.createdAt"},
		{"userId", "meeting.organizedBy.id"}, {"orgId", "meeting.organizedBy.id"},
	}
}

// allMembers is the variant with all of the flat members.
const allMembers = Name(KindMember + "*")

// membersAdded adds the flat members: all of them first, then one by one.
func membersAdded(body []byte) []variant {
	added := func(name Name, sample string, members ...[2]string) variant {
		return variant{name: name, sample: sample, change: []mutation.Mutation{{
			ID: "body/members", Doc: "Has " + sample + ".", Changes: mutation.PartBody | mutation.PartSignature,
			Apply: func(w *mutation.Wire) (err error) {
				w.Body = withMembers(w.Body, members...)
				value, err := rtk.Sign(w.Key, w.Body)
				w.SetSignature(value)
				return err
			},
		}}}
	}
	var known [][2]string
	for _, m := range flatMembers() {
		if !bytes.Equal(withMembers(body, m), body) {
			known = append(known, m)
		}
	}
	out := []variant{added(allMembers, "members at the top that stand deeper", known...)}
	for _, m := range known {
		out = append(out, added(Name(KindMember+m[0]), "a member "+m[0]+" at the top", m))
	}
	return out
}

func withMembers(body []byte, members ...[2]string) []byte {
	for _, m := range members {
		if _, err := payload.Get(body, m[0]); err == nil {
			continue
		}
		value, err := payload.Get(body, m[1])
		if err != nil {
			continue
		}
		if changed, err := payload.Set(body, m[0], value); err == nil {
			body = changed
		}
	}
	return body
}

// usualPaths are where receivers take webhooks.
func usualPaths() []string {
	return []string{
		"/webhook", "/webhooks", "/api/webhook", "/api/webhooks", "/", "/webhook/realtimekit", "/webhooks/realtimekit",
		"/api/webhooks/realtimekit", "/realtimekit/webhook", "/realtimekit",
	}
}

// otherPaths sends to other paths: the same with or without its last slash, and the
// usual ones.
func otherPaths(target string) []variant {
	u, err := url.Parse(target)
	if err != nil {
		return nil
	}
	toggled := strings.TrimSuffix(u.Path, "/")
	if toggled == u.Path {
		toggled += "/"
	}
	var out []variant
	for _, path := range append([]string{toggled}, usualPaths()...) {
		if path == u.Path || path == "" {
			continue
		}
		to := *u
		to.Path, to.RawPath = path, ""
		out = append(out, variant{name: Name(KindPath + path), sample: path, change: []mutation.Mutation{{
			ID: "url/path", Doc: "Sent to " + path + ".", Changes: mutation.PartURL,
			Apply: func(w *mutation.Wire) error { w.URL = to.String(); return nil },
		}}})
	}
	return out
}
