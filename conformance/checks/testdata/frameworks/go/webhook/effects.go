package webhook

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"sync"
)

type effect struct {
	UUID string `json:"uuid"`
}

// Effects is the work that events cause: a line in the file EFFECTS, once for each
// delivery.
type Effects struct {
	mu   sync.Mutex
	file *os.File
	done map[string]bool
}

// Open returns the effects, with what an earlier process has done.
func Open() (*Effects, error) {
	file, err := os.OpenFile(os.Getenv("EFFECTS"), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	e := &Effects{file: file, done: map[string]bool{}}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var line effect
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			e.done[line.UUID] = true
		}
	}
	return e, nil
}

// Take does the work of a delivery.
func (e *Effects) Take(uuid string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if uuid == "" || e.done[uuid] {
		return nil
	}
	line, err := json.Marshal(effect{uuid})
	if err != nil {
		return err
	}
	if _, err := e.file.Write(append(line, '\n')); err != nil {
		return err
	}
	e.done[uuid] = true
	return nil
}

// Respond returns the status for a delivery with the signed bytes body. take does the
// work before the answer.
func Respond(ctx context.Context, body []byte, signature, uuid string, take func(uuid string) error) int {
	if signature == "" {
		return http.StatusUnauthorized
	}
	switch ok, err := Genuine(ctx, body, signature); {
	case err != nil:
		return http.StatusServiceUnavailable
	case !ok:
		return http.StatusUnauthorized
	}
	var event struct{ Event string }
	if json.Unmarshal(body, &event) != nil {
		return http.StatusBadRequest
	}
	if event.Event == "" {
		return http.StatusOK
	}
	if take(uuid) != nil {
		return http.StatusInternalServerError
	}
	return http.StatusOK
}
