package diagnose

import (
	"bufio"
	_ "embed" // for the catalogue
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// ID names a diagnosis: "body/…", "signature/…" or "key/…". Ids never change
// their meaning.
type ID string

// The ids of all diagnoses.
const (
	// Of the body: the bytes that were verified are not those that were signed.
	BodyNewlineAdded ID = "body/newline-added"
	BodyNewlineLost  ID = "body/newline-lost"
	BodyLineEnds     ID = "body/line-ends"
	BodyWhitespace   ID = "body/whitespace"
	BodyKeyOrder     ID = "body/key-order"
	BodySlash        ID = "body/slash-escapes"
	BodyUnicode      ID = "body/unicode-escapes"
	BodyHTML         ID = "body/html-escapes"
	BodyBOM          ID = "body/byte-order-mark"
	BodyCharset      ID = "body/charset"
	BodyUTF16        ID = "body/utf-16"
	BodyBase64       ID = "body/base64"
	BodyTwice        ID = "body/encoded-twice"
	BodyBuffer       ID = "body/buffer-json"
	BodyCompressed   ID = "body/compressed"
	BodyForm         ID = "body/form-encoded"
	BodyNumbers      ID = "body/numbers"
	BodyNulls        ID = "body/empty-null"
	BodyTruncated    ID = "body/truncated"
	BodyQuestion     ID = "body/question-marks"
	BodyMore         ID = "body/more-follows"
	BodyEmpty        ID = "body/empty"
	BodyPrinted      ID = "body/printed-object"
	BodyLossy        ID = "body/bytes-lost"
	BodyMembers      ID = "body/members-lost"
	BodyOther        ID = "body/of-another-delivery"
	BodyChanged      ID = "body/changed"

	// Of the header and of how the signature is written.
	SignatureMissing     ID = "signature/missing"
	SignatureEmpty       ID = "signature/empty"
	SignatureRepeated    ID = "signature/repeated"
	SignatureJoined      ID = "signature/joined"
	SignaturePredecessor ID = "signature/predecessor-header"
	SignatureURLSafe     ID = "signature/url-safe"
	SignatureUnpadded    ID = "signature/unpadded"
	SignatureHex         ID = "signature/hex"
	SignatureWhitespace  ID = "signature/whitespace"
	SignatureURLCoded    ID = "signature/url-coded"
	SignatureDecorated   ID = "signature/decorated"
	SignatureTwice       ID = "signature/base64-twice"
	SignatureStray       ID = "signature/stray-bits"
	SignatureNotBase64   ID = "signature/not-base64"
	SignatureLength      ID = "signature/length"

	// Of how the signature was made.
	SignatureHMAC       ID = "signature/hmac"
	SignatureDigestOnly ID = "signature/digest-only"
	SignatureSHA1       ID = "signature/sha1"
	SignatureOtherHash  ID = "signature/other-hash"
	SignaturePSS        ID = "signature/pss"
	SignatureBare       ID = "signature/bare-digest"
	SignatureHashed     ID = "signature/hashed-twice"
	SignatureMoreSigned ID = "signature/more-signed"

	// Of the key.
	KeyWrong       ID = "key/wrong"
	KeyEscaped     ID = "key/escaped-newlines"
	KeyOneLine     ID = "key/one-line"
	KeyQuoted      ID = "key/quoted"
	KeyNoArmour    ID = "key/no-armour"
	KeyPKCS1       ID = "key/pkcs1"
	KeyCertificate ID = "key/certificate"
	KeyDocument    ID = "key/document"
)

// Diagnosis is one reason why a signature does not verify.
type Diagnosis struct {
	ID     ID
	Title  string  // what is wrong, in one clause
	Causes []Cause // the usual one in Node, Workers, Python and Go
	Fix    string  // what to do about it
	// Suspected marks what is not proved. The bytes only make it likely.
	Suspected bool
}

// Cause is the usual cause in one kind of program.
type Cause struct {
	Where string // Node, Workers, Python or Go
	Text  string
}

// Finding is a diagnosis that applies to a Case.
type Finding struct {
	Diagnosis
	Detail string // what was found here, in one clause; may be empty
	Origin string // where the mistake was likely copied from; empty: not known
}

// Catalogue returns all diagnoses: of the body, of the signature, of the key.
// The caller owns the slice.
func Catalogue() []Diagnosis { return slices.Clone(catalogue()) }

// Lookup returns the diagnosis that id names.
func Lookup(id ID) (Diagnosis, bool) {
	all := catalogue()
	i := slices.IndexFunc(all, func(d Diagnosis) bool { return d.ID == id })
	if i < 0 {
		return Diagnosis{}, false
	}
	return all[i], true
}

// finding returns the diagnosis called id with what was found.
func finding(id ID, detail string) Finding {
	d, _ := Lookup(id) // a test looks up every id
	return Finding{Diagnosis: d, Detail: detail}
}

// suspicion returns a diagnosis that the bytes only make likely.
func suspicion(id ID, detail string) Finding {
	f := finding(id, detail)
	f.Suspected = true
	return f
}

// catalogueText has the fields of each diagnosis in the form of a header, where
// code is written without escapes. In a fix, {raw} and the like stand for
// sentences that several fixes share.
//
//go:embed catalogue.txt
var catalogueText string

// catalogue reads the text once. Nobody changes what it returns.
var catalogue = sync.OnceValue(func() []Diagnosis {
	shared := strings.NewReplacer(
		"{raw}", `Verify the bytes as they arrived, and parse them afterwards. The guide: "Do not reserialize parsed JSON before verification because changes in whitespace or key order can change the signed bytes." `,
		"{bytes}", `Express: app.post(path, express.raw({type: "*/*"}), …) and req.body. Workers: await request.arrayBuffer(). Flask: request.get_data(); Django: request.body; FastAPI: await request.body(). Go: io.ReadAll(r.Body) before json.Unmarshal.`,
		"{encoding}", `The header is "Base64-encoded": standard, padded, in one line, 344 characters for a key of 2048 bits. `,
		"{scheme}", `The scheme is "RSA-SHA256": RSASSA-PKCS1-v1_5 with SHA-256 over the raw body and nothing else. `,
		"{key}", `The key document carries SPKI in PEM, "-----BEGIN PUBLIC KEY-----", with real line breaks. `,
	)
	var all []Diagnosis
	for in := textproto.NewReader(bufio.NewReader(strings.NewReader(catalogueText))); ; {
		fields, _ := in.ReadMIMEHeader() // it ends the last one with io.EOF
		if len(fields) == 0 {
			return all
		}
		d := Diagnosis{
			ID: ID(fields.Get("ID")), Title: fields.Get("Title"),
			Fix: shared.Replace(fields.Get("Fix")), Suspected: fields.Get("Suspected") != "",
		}
		for _, where := range []string{"Node", "Workers", "Python", "Go"} {
			d.Causes = append(d.Causes, Cause{where, fields.Get(where)})
		}
		all = append(all, d)
	}
})
