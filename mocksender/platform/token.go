package platform

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

const (
	tokenLife = 24 * time.Hour
	// tokenIssuer and tokenNote say what the token is, to whoever decodes it.
	tokenIssuer = "rtkmock"
	tokenNote   = "made by rtkmock for tests; the real service does not accept it"
)

// tokenClaims are the claims that clients read of a participant's token, and the
// marks that it is not a real one.
type tokenClaims struct {
	Issuer        string `json:"iss"`
	Note          string `json:"note"`
	ID            string `json:"jti"`
	OrgID         string `json:"orgId"`
	MeetingID     string `json:"meetingId"`
	ParticipantID string `json:"participantId"`
	PresetID      string `json:"presetId"`
	CustomID      string `json:"customParticipantId"`
	IssuedAt      int64  `json:"iat"`
	Expiry        int64  `json:"exp"`
}

// sign returns the claims as a JSON Web Token (RFC 7519), signed with RS256 by
// the present key, or not at all.
func (c tokenClaims) sign(keys *rtk.Keyring) (string, error) {
	header := map[string]string{"alg": "none", "typ": "JWT"}
	var key *rsa.PrivateKey
	if keys != nil {
		var err error
		if key, err = keys.Key(); err != nil {
			return "", fmt.Errorf("platform: token: %w", err)
		}
		header["alg"] = "RS256"
	}
	text := segment(header) + "." + segment(c)
	if key == nil {
		return text + ".", nil
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", fmt.Errorf("platform: token: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func segment(v any) string {
	data, _ := json.Marshal(v) // texts and numbers always encode
	return base64.RawURLEncoding.EncodeToString(data)
}
