package rtk_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func BenchmarkSign(b *testing.B) {
	key := testKey(b)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := rtk.Sign(key, []byte(body)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignFast(b *testing.B) {
	key := fastKey(b)
	for b.Loop() {
		if _, err := rtk.Sign(key, []byte(body)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	key := testKey(b)
	signature := sign(b, key, []byte(body))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if err := rtk.Verify(&key.PublicKey, []byte(body), signature); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkKeyDocument(b *testing.B) {
	keys := rtk.NewKeyring(testKey(b))
	for b.Loop() {
		_, err := keys.Document()
		assert.NilError(b, err)
	}
}

func BenchmarkIDs(b *testing.B) {
	ids := rtk.NewIDs(1, "bench")
	for b.Loop() {
		ids.Next()
	}
}
