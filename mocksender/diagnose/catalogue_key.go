package diagnose

// keyFix is the fix for a key in another form than the key document's.
const keyFix = `The key document carries SPKI in PEM, "-----BEGIN PUBLIC KEY-----", with real line breaks. `

func keyDiagnoses() []Diagnosis {
	return []Diagnosis{
		{
			ID:      KeyWrong,
			Title:   "the signature was made by another key than this one (or it is no signature at all)",
			Node:    "a key cached at start while the sender got a new one (rtkmock makes a fresh key on each call without --key), or a key pinned from another environment",
			Workers: "a key kept in a global, in KV or in the Cache API past a change, or the production key URL in a test",
			Python:  "functools.lru_cache around the key's fetch, or a key pinned from another environment",
			Go:      "a sync.Once around the key's fetch, or a key pinned from another environment",
			Fix:     "Compare the fingerprints. Fetch the key from the URL that belongs to the sender; where a signature does not verify, fetch it once more (at most every few seconds) before you refuse. With rtkmock, give sender and receiver the same --key, or have the receiver fetch its key URL.",
		},
		{
			ID:      KeyEscaped,
			Title:   `the line breaks of the PEM text are the two characters \n`,
			Node:    `process.env.PUBLIC_KEY from a .env file or a CI secret, without .replace(/\\n/g, "\n")`,
			Workers: `a secret or .dev.vars value in one line; the guide's sample removes literal \n for this reason`,
			Python:  `os.environ["PUBLIC_KEY"] without .replace("\\n", "\n")`,
			Go:      `os.Getenv without strings.ReplaceAll(pem, "\\n", "\n"); pem.Decode returns nil`,
			Fix:     keyFix + `Replace the two characters \n by a line break before you parse it, or keep the key in a file.`,
		},
		{
			ID:      KeyOneLine,
			Title:   "the line breaks of the PEM text are gone or spaces",
			Node:    "an environment variable set in YAML with >- or from $(cat key.pem) without quotes",
			Workers: "wrangler secret put with a value pasted in one line",
			Python:  "an environment variable set in YAML with >-, or \" \".join of its lines",
			Go:      "an environment variable set in YAML with >-; pem.Decode returns nil",
			Fix:     keyFix + "YAML: use | in place of >-. Shell: quote \"$(cat key.pem)\".",
		},
		{
			ID:      KeyQuoted,
			Title:   "the key is in quotes",
			Node:    "JSON.stringify(publicKey), or a .env loader that keeps quotes",
			Workers: "a value pasted with its quotes from the JSON of the key document",
			Python:  "repr(key), or docker --env-file, which keeps quotes",
			Go:      "docker --env-file, which keeps quotes",
			Fix:     keyFix + "Take the value of data.publicKey after parsing the JSON.",
		},
		{
			ID:      KeyNoArmour,
			Title:   "the key is bare Base64, without the BEGIN and END lines",
			Node:    `crypto.createPublicKey wants PEM, or {key: Buffer.from(b64, "base64"), format: "der", type: "spki"}`,
			Workers: "nothing is wrong here: importKey(\"spki\", …) takes the decoded bytes, as in the guide's sample",
			Python:  "load_pem_public_key wants PEM; load_der_public_key takes the decoded bytes",
			Go:      "pem.Decode returns nil; x509.ParsePKIXPublicKey takes the decoded bytes",
			Fix:     keyFix + "Keep the armour, or decode the Base64 and read it as DER.",
		},
		{
			ID:      KeyPKCS1,
			Title:   `the key is PKCS #1 ("BEGIN RSA PUBLIC KEY"), not SPKI`,
			Node:    `publicKeyEncoding: {type: "pkcs1"} in generateKeyPair; createPublicKey reads both`,
			Workers: `importKey("spki", …) refuses it with DataError`,
			Python:  "rsa.PublicKey.save_pkcs1() of the package rsa",
			Go:      "x509.MarshalPKCS1PublicKey; x509.ParsePKIXPublicKey refuses it",
			Fix:     keyFix + "openssl rsa -RSAPublicKey_in -in key.pem -pubout converts it.",
		},
		{
			ID:      KeyCertificate,
			Title:   "it is a certificate, not a public key",
			Node:    "createVerify takes it all the same, so it works here and nowhere else",
			Workers: `importKey("spki", …) refuses it with DataError`,
			Python:  "load_pem_public_key refuses it; x509.load_pem_x509_certificate(…).public_key() reads it",
			Go:      "x509.ParsePKIXPublicKey refuses it; x509.ParseCertificate reads it",
			Fix:     keyFix + "openssl x509 -in cert.pem -noout -pubkey prints its key.",
		},
	}
}
