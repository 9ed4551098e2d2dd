package diagnose

// schemeFix is the fix for a signature that another scheme made.
const schemeFix = `The scheme is "RSA-SHA256": RSASSA-PKCS1-v1_5 with SHA-256 over the raw body and nothing else. `

func schemeDiagnoses() []Diagnosis {
	return []Diagnosis{
		{
			ID:      SignatureHMAC,
			Title:   "it is an HMAC (or as short as one), not an RSA signature",
			Node:    `crypto.createHmac("sha256", secret), as other services' webhooks need it`,
			Workers: `crypto.subtle.sign("HMAC", …)`,
			Python:  "hmac.new(secret, body, hashlib.sha256)",
			Go:      "hmac.New(sha256.New, secret)",
			Fix:     schemeFix + "There is no shared secret: verify with the public key of the key document. To send yourself a signed event, use rtkmock send or rtkmock sign.",
		},
		{
			ID:      SignatureDigestOnly,
			Title:   "it is a hash of the body, which anybody can make, not a signature",
			Node:    `crypto.createHash("sha256").update(body).digest()`,
			Workers: `crypto.subtle.digest("SHA-256", body)`,
			Python:  "hashlib.sha256(body).digest()",
			Go:      "sha256.Sum256(body)",
			Fix:     schemeFix + "A hash proves nothing about who made it.",
		},
		{
			ID:      SignatureSHA1,
			Title:   "it was made with SHA-1",
			Node:    `crypto.createSign("RSA-SHA1"), or createVerify("SHA1")`,
			Workers: `importKey with hash: "SHA-1"`,
			Python:  "hashes.SHA1(), or openssl dgst without -sha256 of an old version",
			Go:      "rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA1, …)",
			Fix:     schemeFix,
		},
		{
			ID:      SignatureOtherHash,
			Title:   "it was made with another hash than SHA-256",
			Node:    `crypto.createSign("RSA-SHA512")`,
			Workers: `importKey with hash: "SHA-512"`,
			Python:  "hashes.SHA512()",
			Go:      "rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, …)",
			Fix:     schemeFix,
		},
		{
			ID:      SignaturePSS,
			Title:   "it is padded by PSS, not by PKCS #1 v1.5",
			Node:    "padding: crypto.constants.RSA_PKCS1_PSS_PADDING",
			Workers: `the algorithm name "RSA-PSS" in place of "RSASSA-PKCS1-v1_5"`,
			Python:  "padding.PSS(…) in place of padding.PKCS1v15()",
			Go:      "rsa.SignPSS or rsa.VerifyPSS in place of …PKCS1v15",
			Fix:     schemeFix,
		},
		{
			ID:      SignatureBare,
			Title:   "the digest was encrypted bare, without saying which hash it is",
			Node:    "crypto.privateEncrypt(key, digest) in place of crypto.sign",
			Workers: "a hand-made RSA without the DigestInfo",
			Python:  "padding.PKCS1v15() with a raw RSA library, or Prehashed left out",
			Go:      "rsa.SignPKCS1v15(rand.Reader, key, 0, digest): hash 0 signs the digest bare",
			Fix:     schemeFix + "PKCS #1 v1.5 signs a DigestInfo, which names the hash.",
		},
		{
			ID:      SignatureHashed,
			Title:   "the body was hashed twice: its digest was signed as if it were the body",
			Node:    `createSign("RSA-SHA256").update(sha256(body)): update hashes what it is given`,
			Workers: `subtle.sign(…, await subtle.digest("SHA-256", body)): sign hashes what it is given`,
			Python:  "key.sign(hashlib.sha256(body).digest(), padding, hashes.SHA256()) without Prehashed",
			Go:      "sha256.Sum256 of a digest before SignPKCS1v15, which wants the digest of the body",
			Fix:     schemeFix + "Give the body itself to a function that hashes, and the digest only to one that does not.",
		},
		{
			ID:      SignatureMoreSigned,
			Title:   "more than the body was signed: the delivery's id comes before it",
			Node:    "a signer made for Standard Webhooks or Svix, which sign id.timestamp.body",
			Workers: "a signer made for Standard Webhooks or Svix",
			Python:  "a signer made for Standard Webhooks or Svix",
			Go:      "a signer made for Standard Webhooks or Svix",
			Fix:     schemeFix,
		},
	}
}
