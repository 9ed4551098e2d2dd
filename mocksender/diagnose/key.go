package diagnose

import (
	"bytes"
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

// Key is a public key, and what is wrong with how it was written.
type Key struct {
	Name     string // for people: a file, a URL
	Public   *rsa.PublicKey
	Spelling []ID
}

func (k Key) fingerprint() string {
	if k.Public == nil {
		return ""
	}
	text, err := rtk.Fingerprint(k.Public)
	if err != nil {
		return ""
	}
	return text
}

// ReadKey reads a public key from what people have: PEM, the key document, a
// private key (it takes the public half), or one of these with a mistake that
// Spelling then names. Errors match rtk.ErrKey.
func ReadKey(data []byte) (Key, error) {
	var k Key
	text := strings.TrimSpace(strings.TrimPrefix(string(data), "\ufeff"))
	if inner, ok, err := fromDocument(text); err != nil {
		return k, err
	} else if ok {
		text = inner
	}
	if inner, ok := unquoted(text); ok {
		k.Spelling = append(k.Spelling, KeyQuoted)
		text = inner
	}
	if strings.Contains(text, `\n`) {
		k.Spelling = append(k.Spelling, KeyEscaped)
		// Escaped once, twice, or more often.
		text = regexp.MustCompile(`(\\+r)?\\+n`).ReplaceAllString(text, "\n")
	}
	text = strings.TrimSpace(text)
	if lines, ok := oneLine(text); ok {
		k.Spelling = append(k.Spelling, KeyOneLine)
		text = lines
	}
	if der, err := base64.StdEncoding.DecodeString(text); err == nil && len(der) > 0 {
		k.Spelling = append(k.Spelling, KeyNoArmour)
		text = string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	return k.parse([]byte(text))
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

// fromDocument returns data.publicKey of a key document, and false for what is
// not a JSON object.
func fromDocument(text string) (string, bool, error) {
	if !strings.HasPrefix(text, "{") {
		return "", false, nil
	}
	var doc struct {
		Data struct {
			PublicKey *string `json:"publicKey"`
		} `json:"data"`
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&doc); err != nil {
		return "", false, fmt.Errorf("%w: found JSON that does not read as a key document", rtk.ErrKey)
	}
	if doc.Data.PublicKey == nil {
		return "", false, fmt.Errorf("%w: found JSON without data.publicKey", rtk.ErrKey)
	}
	return *doc.Data.PublicKey, true, nil
}

// unquoted removes quotes.
func unquoted(text string) (string, bool) {
	if len(text) > 2 && (text[0] == '"' || text[0] == '\'') && text[0] == text[len(text)-1] {
		return text[1 : len(text)-1], true
	}
	return text, false
}

// oneLine gives PEM text that has lost its line breaks its lines again.
func oneLine(text string) (string, bool) {
	m := regexp.MustCompile(`^(-----BEGIN [A-Z0-9 ]+-----)([A-Za-z0-9+/= \t]+)(-----END [A-Z0-9 ]+-----)$`).FindStringSubmatch(text)
	if m == nil {
		return text, false
	}
	inner := bytes.Join(bytes.Fields([]byte(m[2])), nil)
	return m[1] + "\n" + string(inner) + "\n" + m[3], true
}
