package receivers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// environment is what all requests to a receiver share.
type environment struct {
	config     Config // with its defaults
	database   *database
	client     *http.Client
	background *background
	downloads  *queue
	backlog    *queue // of deliveries, for receivers that answer before they verify
}

func newEnvironment(c Config, d *database) (env *environment, release func()) {
	env = &environment{config: c.withDefaults(), database: d, background: newBackground()}
	env.client, release = env.config.client()
	env.downloads, env.backlog = newQueue(env.background), newQueue(env.background)
	return env, release
}

// queueDownloads has links followed in the background. It returns false if
// there is no room for all of them.
func (e *environment) queueDownloads(links []string) bool {
	jobs := make([]func(context.Context), len(links))
	for i, link := range links {
		jobs[i] = func(ctx context.Context) { e.download(ctx, link) }
	}
	return e.downloads.add(jobs...)
}

// Limits of a download. The content is thrown away: a model need not keep a
// recording.
const (
	downloadTime  = 30 * time.Second
	downloadLimit = 8 << 20 // bytes
)

// download gets what a link leads to.
func (e *environment) download(ctx context.Context, link string) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	n, err := download(ctx, e.client, link, "", io.Discard, downloadLimit)
	if err != nil {
		e.note(fmt.Errorf("receivers: download: %w", err), "a download failed")
		return
	}
	e.note(nil, "downloaded %d bytes", n)
}

// download writes what is at url to w, at most limit bytes, and returns how
// many. An answer other than 200 is an error.
func download(ctx context.Context, client *http.Client, url, accept string, w io.Writer, limit int64) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s answered %d", req.URL.Host, resp.StatusCode)
	}
	return io.Copy(w, io.LimitReader(resp.Body, limit))
}

func (e *environment) note(err error, format string, args ...any) {
	if e.config.Log != nil {
		e.config.Log(Note{At: time.Now(), Text: fmt.Sprintf(format, args...), Err: err})
	}
}
