package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

const (
	keptWebhooks   = 40
	keptDeliveries = 400
)

// usedState returns the bytes of a state that has been in use for a while.
func usedState(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	d := openDisk(t, dir, 0)
	assert.NilError(t, d.PutKey([]byte("a key")))
	for i := range keptWebhooks {
		assert.NilError(t, d.PutWebhook(store.Webhook{ID: fmt.Sprint("webhook ", i)}))
	}
	for id := range uint64(keptDeliveries) {
		one := pending(id + 1)
		one.Body = make([]byte, id%7*900)
		records := []store.Record{{Name: fmt.Sprint("record ", id%30), Value: strings.Repeat("x", int(id)*11)}}
		assert.NilError(t, d.Accept([]store.Delivery{one}, records)())
	}
	assert.NilError(t, d.Close())
	data, err := os.ReadFile(filepath.Join(dir, "rtkmock.db"))
	assert.NilError(t, err)
	return data
}

// openDamaged opens data as a state and loads it. If asked to, it writes to it, too.
func openDamaged(t *testing.T, data []byte, write bool) (store.Contents, error) {
	t.Helper()
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "rtkmock.db"), data, 0o600))
	d, err := store.OpenDiskAtOnce(dir)
	if err != nil {
		return store.Contents{}, err
	}
	held, err := d.Load()
	if err == nil && write {
		err = d.PutWebhook(store.Webhook{ID: "one more"})
	}
	return held, errors.Join(err, d.Close())
}

// A file that is damaged in any way gives an error, or what was in it. It neither ends
// the process nor passes for a new state.
func TestADamagedStateIsNeitherACrashNorANewState(t *testing.T) {
	t.Parallel()
	whole := usedState(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	const runs = 160
	refused := 0
	for n := range runs {
		data := append([]byte(nil), whole...)
		var how string
		switch kind := n % 4; {
		case n == 0:
			how = "whole"
		case kind == 0:
			size := rnd.IntN(len(data))
			data, how = data[:size], fmt.Sprintf("cut off at %d of %d", size, len(whole))
		case kind == 1:
			// Where there is more than data: heads of pages, and lists of elements.
			at := rnd.IntN(len(data)/4096)*4096 + rnd.IntN(64)
			for range 8 {
				data[min(at, len(data)-1)] ^= byte(1 + rnd.IntN(255))
				at++
			}
			how = fmt.Sprintf("8 bytes before %d", at)
		default:
			for range 8 {
				data[rnd.IntN(len(data))] ^= byte(1 + rnd.IntN(255))
			}
			how = "8 bytes anywhere"
		}
		held, err := openDamaged(t, data, n%40 == 0)
		if err != nil {
			refused++
			assert.Check(t, errors.Is(err, store.ErrFormat), "%s: %v", how, err)
			assert.Check(t, n > 0, err)
			continue
		}
		assert.Check(t, len(held.Webhooks) == keptWebhooks && len(held.Pending) >= keptDeliveries-1, "%s: %d webhooks, %d deliveries", how, len(held.Webhooks), len(held.Pending))
	}
	assert.Assert(t, refused > runs/4, "%d of %d were refused", refused, runs)

	_, err := openDamaged(t, nil, false)
	assert.ErrorIs(t, err, store.ErrFormat)
	assert.ErrorContains(t, err, "is damaged: it is empty; want")
	_, err = openDamaged(t, whole[:len(whole)/2], false)
	assert.ErrorIs(t, err, store.ErrFormat)
	assert.ErrorContains(t, err, "pages of 4096 bytes are in use")
}
