package diagnose

// Ids of diagnoses of the header and of how the signature is spelt.
const (
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
)

// spellMend is the mend of a signature that is sound but for its spelling.
const spellMend = `The header is "Base64-encoded": standard, padded, in one line, 344 characters for a key of 2048 bits. `

func signatureDiagnoses() []Diagnosis {
	return []Diagnosis{
		{
			ID:      SignatureMissing,
			Title:   "the request carries no signature",
			Node:    `req.headers has names in lower case: "rtk-signature"; a proxy may drop fields that it does not know`,
			Workers: `request.headers.get("rtk-signature"); a Worker in front that builds a new Request must copy the headers`,
			Python:  `Django has it as request.META["HTTP_RTK_SIGNATURE"]; a name with an underscore (rtk_signature) is dropped by nginx`,
			Go:      `r.Header.Get("rtk-signature"); r.Header["rtk-signature"] finds nothing, for the map has it as "Rtk-Signature"`,
			Mend:    "Have the proxy pass rtk-signature, rtk-uuid and rtk-webhook-id on, and answer a request without a signature with 400 or 401.",
		},
		{
			ID:      SignatureEmpty,
			Title:   "the signature header has no value",
			Node:    "a proxy rule or a test that sets the header from an undefined variable",
			Workers: "headers.set(name, \"\") in a Worker in front",
			Python:  `os.environ.get(…, "") in a test or a proxy`,
			Go:      "Header.Set with the result of a failed signing",
			Mend:    "Refuse it (400 or 401), and look at what stands between the sender and you.",
		},
		{
			ID:      SignatureRepeated,
			Title:   "the request carries more than one signature",
			Node:    `req.headers joins repeated fields to one text with ", " in between, which is not Base64`,
			Workers: `headers.get joins repeated fields with ", "`,
			Python:  `WSGI joins repeated fields with ","`,
			Go:      "Header.Get takes the first",
			Mend:    "Refuse it: the service sends one. Find out which hop adds another.",
		},
		{
			ID:      SignaturePredecessor,
			Title:   "the signature stands in dyte-signature, the predecessor's header, and not in rtk-signature",
			Node:    `a capture from Dyte's time, or req.headers["dyte-signature"] in code that was written for Dyte`,
			Workers: `request.headers.get("dyte-signature") in code that was written for Dyte`,
			Python:  `request.headers["dyte-signature"] in code that was written for Dyte`,
			Go:      `r.Header.Get("dyte-signature") in code that was written for Dyte`,
			Mend:    "Read rtk-signature, rtk-uuid and rtk-webhook-id. To take both while you migrate, read rtk-signature first and the other only where it is missing.",
		},
		{
			ID:      SignatureURLSafe,
			Title:   "the signature is in URL-safe Base64 (- and _ for + and /)",
			Node:    `toString("base64url") in a test's signer; Buffer.from(s, "base64") reads both, so it goes unnoticed`,
			Workers: "a base64url helper made for JWTs; atob refuses it",
			Python:  "base64.urlsafe_b64encode in a test's signer; b64decode drops - and _ without a word",
			Go:      "base64.URLEncoding in a test's signer",
			Mend:    spellMend + "Use the standard alphabet.",
		},
		{
			ID:      SignatureUnpadded,
			Title:   `the signature lacks its final "=" signs`,
			Node:    `toString("base64url"), or a replace(/=+$/, "")`,
			Workers: "a base64url helper made for JWTs",
			Python:  `rstrip("="); b64decode then fails with "Incorrect padding"`,
			Go:      "base64.RawStdEncoding",
			Mend:    spellMend + "Keep the padding.",
		},
		{
			ID:      SignatureHex,
			Title:   "the signature is in hex",
			Node:    `sign.sign(key, "hex"), or verify(key, s, "hex")`,
			Workers: "a bytes-to-hex helper made for HMAC webhooks",
			Python:  "signature.hex(), as other services' HMAC examples have it",
			Go:      "hex.EncodeToString",
			Mend:    spellMend + "Hex is what HMAC webhooks of other services use.",
		},
		{
			ID:      SignatureWhitespace,
			Title:   "white space or line breaks got into the signature",
			Node:    "a value copied from a terminal that wrapped it, or from openssl base64 without -A",
			Workers: "wrangler secret or a .dev.vars value with a final newline; atob passes over white space",
			Python:  "base64.encodebytes, which breaks lines at 76 characters, in place of b64encode",
			Go:      "the output of a command, with its newline",
			Mend:    spellMend + "openssl base64 -A, base64 -w0.",
		},
		{
			ID:      SignatureURLCoded,
			Title:   "the signature was URL-encoded or URL-decoded on its way (%2B, or spaces where + was)",
			Node:    "the value went through a query string or a form: querystring turns + into a space",
			Workers: "the value went through url.searchParams",
			Python:  "urllib.parse.unquote_plus, or a form field",
			Go:      "r.FormValue, or url.QueryUnescape",
			Mend:    "Carry the signature in a header, or encode it with encodeURIComponent, urllib.parse.quote(s, safe=\"\") or url.QueryEscape and decode it once.",
		},
		{
			ID:      SignatureDecorated,
			Title:   "the signature has something around it: quotes, or a scheme before it such as sha256=",
			Node:    `JSON.stringify(signature), or code made for GitHub's or Stripe's headers`,
			Workers: "code made for GitHub's or Stripe's headers",
			Python:  `repr(signature), str(b"…") which gives b'…', or code made for GitHub's headers`,
			Go:      `fmt.Sprintf("%q", signature)`,
			Mend:    spellMend + "Nothing stands before or after it.",
		},
		{
			ID:      SignatureTwice,
			Title:   "the signature is in Base64 twice",
			Node:    `Buffer.from(sign.sign(key, "base64")).toString("base64")`,
			Workers: "btoa of what was Base64 already",
			Python:  "b64encode of what was Base64 already",
			Go:      "a []byte of Base64 in a JSON member, which encoding/json encodes again",
			Mend:    spellMend + "Encode the raw bytes once.",
		},
		{
			ID:      SignatureStray,
			Title:   "the signature is spelt as no encoder writes it: stray bits in its last character, or more padding than it needs",
			Node:    `a value that was edited or put together from parts; Buffer.from(s, "base64") reads it all the same`,
			Workers: "a value that was edited or put together from parts; atob reads stray bits all the same",
			Python:  "a value that was edited or put together from parts; b64decode reads it all the same",
			Go:      "a value that was edited or put together from parts; base64.StdEncoding reads stray bits, its Strict() refuses them",
			Mend:    spellMend + "A strict verifier refuses this, and the service does not send it.",
		},
		{
			ID:      SignatureNotBase64,
			Title:   "the signature is not Base64 in any spelling",
			Node:    "another header's value, a placeholder, or a value that a log cut or masked",
			Workers: "another header's value, a placeholder, or a value that a log cut or masked",
			Python:  "another header's value, a placeholder, or str(bytes)",
			Go:      "another header's value, a placeholder, or %v of a []byte",
			Mend:    spellMend + "A receiver answers such a request with 400 or 401, never 500.",
		},
		{
			ID:      SignatureLength,
			Title:   "the signature is not as long as the key's signatures are",
			Node:    "a header or a log that was cut, or a key of another size",
			Workers: "a log that was cut (wrangler tail shortens values), or a key of another size",
			Python:  "a database column that is too short (VARCHAR(255)), or a key of another size",
			Go:      "a fixed-size buffer, or a key of another size",
			Mend:    "An RSA signature has exactly as many bytes as the key's modulus: 256 for 2048 bits. Compare the sizes, and take the value from the request itself.",
		},
	}
}
