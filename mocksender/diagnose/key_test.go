package diagnose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func armour(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func certificate(t testing.TB, public, private any) string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	assert.NilError(t, err)
	return armour("CERTIFICATE", der)
}

func TestEverySpellingOfAKeyIsRead(t *testing.T) {
	good, err := rtk.PublicPEM(&ownKey.PublicKey)
	assert.NilError(t, err)
	private, err := rtk.PrivatePEM(ownKey)
	assert.NilError(t, err)
	document, err := rtk.KeyDocument(good)
	assert.NilError(t, err)
	escaped := strings.ReplaceAll(good, "\n", `\n`)
	escapedDocument, err := rtk.KeyDocument(escaped)
	assert.NilError(t, err)
	quoted, err := json.Marshal(good)
	assert.NilError(t, err)
	lines := strings.Split(good, "\n")
	bare := strings.Join(lines[1:len(lines)-1], "")
	body := joined(t)
	type is = []diagnose.ID
	for _, c := range []struct {
		name, text string
		want       is
	}{
		{"PEM", good, nil},
		{"PEM with a final newline", good + "\n", nil},
		{"PEM from Windows", "\ufeff" + strings.ReplaceAll(good, "\n", "\r\n"), nil},
		{"private", string(private), nil},
		{"document", string(document), nil},
		{"escaped", escaped, is{diagnose.KeyEscaped}},
		{"escaped with CR", strings.ReplaceAll(good, "\n", `\r\n`), is{diagnose.KeyEscaped}},
		{"escaped twice", strings.ReplaceAll(good, "\n", `\\n`), is{diagnose.KeyEscaped}},
		{"escaped in the document", string(escapedDocument), is{diagnose.KeyEscaped}},
		{"quoted", "'" + good + "'", is{diagnose.KeyQuoted}},
		{"out of JSON", string(quoted), is{diagnose.KeyQuoted, diagnose.KeyEscaped}},
		{"spaces for newlines", strings.ReplaceAll(good, "\n", " "), is{diagnose.KeyOneLine}},
		{"newlines lost", strings.ReplaceAll(good, "\n", ""), is{diagnose.KeyOneLine}},
		{"no armour", bare, is{diagnose.KeyNoArmour}},
		{"PKCS #1", armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&ownKey.PublicKey)), is{diagnose.KeyPKCS1}},
		{"certificate", certificate(t, &ownKey.PublicKey, ownKey), is{diagnose.KeyCertificate}},
	} {
		t.Run(c.name, func(t *testing.T) {
			key, err := diagnose.ReadKey([]byte(c.text))
			assert.NilError(t, err)
			assert.Assert(t, key.Public.Equal(&ownKey.PublicKey))
			assert.DeepEqual(t, key.Spelling, c.want)

			r := diagnosed(t, diagnose.Case{Body: body, Signature: sign(t, body), Key: key})
			assert.Equal(t, r.Valid, len(c.want) == 0)
			document := strings.HasPrefix(c.text, "{")
			assert.Equal(t, len(r.Notes) == 1 && r.Notes[0].ID == diagnose.KeyDocument, document)
			assert.Equal(t, len(r.Notes) == 0, !document)
			assert.Assert(t, r.Explained)
			assert.Equal(t, len(r.Findings), len(c.want))
		})
	}
}

func TestWhatIsNoKeyIsRefusedInWords(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	assert.NilError(t, err)
	ecDER, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	assert.NilError(t, err)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "no PEM block found"},
		{"text", "hello", "no PEM block found"},
		{"another document", `{"keys":[]}`, "found JSON without data.publicKey"},
		{"half a document", `{"data":{"publicKey":`, "found JSON that does not read as a key document"},
		{"elliptic curve", armour("PUBLIC KEY", ecDER), "found an elliptic-curve key, want an RSA public key"},
		{"certificate of another kind", certificate(t, &ec.PublicKey, ec), "the certificate is for another kind of key, want RSA"},
		{"broken certificate", armour("CERTIFICATE", []byte("x")), "the certificate does not parse"},
		{"broken PKCS #1", armour("RSA PUBLIC KEY", []byte("x")), `the "RSA PUBLIC KEY" block does not parse`},
		{"too short", armour("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(shortKey())), "it has 1024 bits"},
		{"SSH", "ssh-rsa AAAAB3NzaC1yc2E= me@host", "no PEM block found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := diagnose.ReadKey([]byte(c.text))
			assert.ErrorIs(t, err, rtk.ErrKey)
			assert.ErrorContains(t, err, c.want)
		})
	}
}
