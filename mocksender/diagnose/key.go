package diagnose

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// ReadKey reads a public key from what people have: PEM, the key document, a
// private key (it takes the public half), or one of these with a mistake that
// Spelling then names. Document says that it was a key document. Errors match
// rtk.ErrKey.
func ReadKey(data []byte) (Key, error) {
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	k := Key{Document: strings.HasPrefix(text, "{")}
	if k.Document {
		inner, err := fromDocument(text)
		if err != nil {
			return Key{}, err
		}
		text = strings.TrimSpace(inner)
	}
	for _, mistake := range []struct {
		id   ID
		undo func(string) string
	}{
		{KeyQuoted, unquote},
		{KeyEscaped, unescape},
		{KeyOneLine, breakLines},
		{KeyNoArmour, addArmour},
	} {
		if fixed := mistake.undo(text); fixed != text {
			k.Spelling = append(k.Spelling, mistake.id)
			text = strings.TrimSpace(fixed)
		}
	}
	return k.parse([]byte(text))
}

// fromDocument returns data.publicKey of a key document.
func fromDocument(text string) (string, error) {
	var doc struct {
		Data struct {
			PublicKey *string `json:"publicKey"`
		} `json:"data"`
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&doc); err != nil {
		return "", fmt.Errorf("%w: found JSON that does not read as a key document", rtk.ErrKey)
	}
	if doc.Data.PublicKey == nil {
		return "", fmt.Errorf("%w: found JSON without data.publicKey", rtk.ErrKey)
	}
	return *doc.Data.PublicKey, nil
}

// unquote removes quotes.
func unquote(text string) string {
	if len(text) > 2 && (text[0] == '"' || text[0] == '\'') && text[0] == text[len(text)-1] {
		return text[1 : len(text)-1]
	}
	return text
}

// unescape turns \n into line breaks, however often it was escaped.
func unescape(text string) string {
	return regexp.MustCompile(`(\\+r)?\\+n`).ReplaceAllString(text, "\n")
}

// breakLines gives PEM text that has lost its line breaks its lines again.
func breakLines(text string) string {
	m := regexp.MustCompile(`^(-----BEGIN [A-Z0-9 ]+-----)([A-Za-z0-9+/= \t]+)(-----END [A-Z0-9 ]+-----)$`).FindStringSubmatch(text)
	if m == nil {
		return text
	}
	return m[1] + "\n" + strings.Join(strings.Fields(m[2]), "") + "\n" + m[3]
}

// addArmour puts the BEGIN and END lines around bare Base64.
func addArmour(text string) string {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(der) == 0 {
		return text
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// parse reads one PEM block.
func (k Key) parse(data []byte) (Key, error) {
	block, _ := pem.Decode(data)
	var err error
	switch {
	case block == nil:
		k.Public, err = rtk.ParsePublicKey(data) // says what is wrong
	case block.Type == "CERTIFICATE":
		k.Spelling = append(k.Spelling, KeyCertificate)
		k.Public, err = fromCertificate(block.Bytes)
	case block.Type == "RSA PUBLIC KEY":
		k.Spelling = append(k.Spelling, KeyPKCS1)
		if k.Public, err = x509.ParsePKCS1PublicKey(block.Bytes); err != nil {
			err = fmt.Errorf("%w: the \"RSA PUBLIC KEY\" block does not parse", rtk.ErrKey)
		}
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		private, parseErr := rtk.ParsePrivateKey(data)
		if err = parseErr; err == nil {
			k.Public = &private.PublicKey
		}
	default:
		k.Public, err = rtk.ParsePublicKey(data)
	}
	if err != nil {
		return Key{}, err
	}
	// Wherever it came from, the key document must be able to carry it.
	publicPEM, err := rtk.PublicPEM(k.Public)
	if err == nil {
		_, err = rtk.ParsePublicKey([]byte(publicPEM))
	}
	return k, err
}

func fromCertificate(der []byte) (*rsa.PublicKey, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("%w: the certificate does not parse", rtk.ErrKey)
	}
	pub, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: the certificate is for another kind of key, want RSA", rtk.ErrKey)
	}
	return pub, nil
}
