package corpus

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/recording"
)

// isArchive reports whether the first member of a JSON text is "log".
func isArchive(text []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(text))
	for range 2 {
		token, err := dec.Token()
		if err != nil {
			return false
		}
		if token == "log" {
			return true
		}
	}
	return false
}

// readHAR reads the requests that have a body. Browsers fill in what they
// like, so only what is needed is looked at.
func readHAR(text []byte) ([]Captured, error) {
	var archive struct {
		Log struct {
			Entries []json.RawMessage `json:"entries"`
		} `json:"log"`
	}
	if err := json.Unmarshal(text, &archive); err != nil {
		return nil, wrong("", "it does not read as an HTTP archive: %s", jsonProblem(err))
	}
	var out []Captured
	for i, raw := range archive.Log.Entries {
		place := fmt.Sprintf("entry %d", i+1)
		var entry struct {
			Request struct {
				Method   string    `json:"method"`
				URL      string    `json:"url"`
				Headers  []harPair `json:"headers"`
				PostData *harPost  `json:"postData"`
			} `json:"request"`
		}
		if err := json.Unmarshal(raw, &entry); err != nil {
			return nil, wrong(place, "it does not read as an entry: %s", jsonProblem(err))
		}
		q := entry.Request
		if q.PostData == nil {
			continue
		}
		body := []byte(q.PostData.Text)
		if q.PostData.Encoding == "base64" {
			var err error
			if body, err = base64.StdEncoding.DecodeString(q.PostData.Text); err != nil {
				return nil, wrong(place, "request.postData.text: found what is not Base64, though its encoding says so")
			}
		}
		c := Captured{Place: place, Declared: -1, Record: recording.Record{Method: q.Method, URL: q.URL, Header: http.Header{}, Body: body}}
		for _, pair := range q.Headers {
			if strings.HasPrefix(pair.Name, ":") {
				continue // HTTP/2's pseudo-fields
			}
			c.Header[pair.Name] = append(c.Header[pair.Name], pair.Value)
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, wrong("", "found no body among the entries of the HTTP archive (%d), want a POST with its postData", len(archive.Log.Entries))
	}
	return out, nil
}

// jsonProblem says what is wrong with JSON, without Go's types.
func jsonProblem(err error) string {
	if e := new(json.UnmarshalTypeError); errors.As(err, &e) {
		return fmt.Sprintf("%s: found a JSON %s", e.Field, e.Value)
	}
	return err.Error()
}
