package diagnose

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
)

// Diagnosis is one reason why a signature does not verify.
type Diagnosis struct {
	ID     ID
	Title  string  // what is wrong, in one clause
	Causes []Cause // the usual one in Node, Workers, Python and Go
	Fix    string  // what to do about it
	// Suspected marks what cannot be proved. The bytes only make it likely.
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
}
