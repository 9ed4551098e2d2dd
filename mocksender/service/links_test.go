package service_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"gotest.tools/v3/assert"
	is_ "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// What was said in a session was said by those who were there, also after another
// start, and the links expire by the clock of the meetings.
func TestDownloadsAgreeWithTheSession(t *testing.T) {
	dir := t.TempDir()
	open := func() *client {
		return newClient(t, func(o *service.Options) {
			d, err := store.OpenDisk(dir, 0, 0)
			assert.NilError(t, err)
			o.Store, o.BaseURL = d, "http://rtkmock.test"
		})
	}
	read := func(c *client, session string) (int, string) {
		link := text(t, c.do(200, "sessions.getSessionTranscripts", nil, session, "?format=VTT"), "data.transcript_download_url")
		req, err := http.NewRequestWithContext(t.Context(), "GET", c.url+link[len("http://rtkmock.test"):], nil)
		assert.NilError(t, err)
		res, err := http.DefaultClient.Do(req)
		assert.NilError(t, err)
		defer res.Body.Close()
		data, err := io.ReadAll(res.Body)
		assert.NilError(t, err)
		return res.StatusCode, string(data)
	}
	c := open()
	room := text(t, c.do(201, "meetings.create", map[string]any{}), "data.id")
	c.door("meetings/"+room+"/join", map[string]any{"name": "Zebulon Quartermain"})
	c.advance(10 * time.Minute)
	c.door("meetings/"+room+"/end", nil)
	c.quiet()
	c.door("meetings/"+room+"/artifacts/transcript", nil)
	session := text(t, c.do(200, "sessions.getSessions", nil), "data.sessions.0.id")
	status, first := read(c, session)
	assert.Equal(t, status, 200)
	assert.Assert(t, is_.Contains(first, "Zebulon Quartermain"))
	_, err := c.Close(t.Context())
	assert.NilError(t, err)

	c = open()
	status, second := read(c, session)
	assert.Equal(t, status, 200)
	assert.Equal(t, second, first)
	c.advance(8 * 24 * time.Hour)
	status, _ = read(c, session)
	assert.Equal(t, status, http.StatusForbidden, "it lives seven days")
}
