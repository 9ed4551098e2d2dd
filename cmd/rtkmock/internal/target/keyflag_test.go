package target

import (
	"testing"

	"gotest.tools/v3/assert"
)

func TestTheNameOfAVariableSaysWhichFlagFillsIt(t *testing.T) {
	for name, want := range map[string]string{
		"RTK_KEY_URL": "key-env", "WEBHOOK_PUBLIC_KEY_URL": "key-env", "RTK_JWKS": "key-env", "PUBLIC_KEY_ENDPOINT": "key-env", KeyVariable: "key-env",
		"RTK_PUBLIC_KEY_PEM": "key-pem-env", "RTK_PUBLIC_KEY": "key-pem-env", "WEBHOOK_KEY": "key-pem-env", "DYTE_PEM": "key-pem-env",
		"DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": "", "STRIPE_API_KEY": "", "RTK_API_URL": "", "WEBHOOK_URL": "", "PRIVATE_KEY_PEM": "", "RTK_ORG_ID": "", "PUBLIC_KEY_FILE": "",
	} {
		assert.Equal(t, KeyFlag(name), want, name)
	}
}
