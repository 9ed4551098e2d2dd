package receivers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Bounds of what runs in the background.
const (
	queueWorkers = 4
	queueRoom    = 1 << 10
	downloadTime = 30 * time.Second
	maxDownload  = 8 << 20 // bytes that are read of one link; a model need not keep a recording
)

// queue does jobs in the background, a few at a time. Its workers exist only
// while there is something to do.
type queue struct {
	spawn func(func(context.Context)) bool

	mu      sync.Mutex
	jobs    []func(context.Context)
	workers int
}

// offer takes all of jobs, or none if there is no room or the receiver is
// closed.
func (q *queue) offer(jobs ...func(context.Context)) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs)+len(jobs) > queueRoom {
		return false
	}
	q.jobs = append(q.jobs, jobs...)
	for range jobs {
		if q.workers == queueWorkers {
			break
		}
		if !q.spawn(q.work) {
			q.jobs = nil // nobody will come for them
			return false
		}
		q.workers++
	}
	return true
}

func (q *queue) work(ctx context.Context) {
	for job := q.next(ctx); job != nil; job = q.next(ctx) {
		job(ctx)
	}
}

// next returns the next job, or nil when the worker can go.
func (q *queue) next(ctx context.Context) func(context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 || ctx.Err() != nil {
		q.workers--
		return nil
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job
}

// download has links followed in the background. It returns false if there is
// no room for all of them.
func (rc *Receiver) download(links []string) bool {
	jobs := make([]func(context.Context), len(links))
	for i, link := range links {
		jobs[i] = func(ctx context.Context) { rc.follow(ctx, link) }
	}
	return rc.links.offer(jobs...)
}

// follow gets what a link leads to.
func (rc *Receiver) follow(ctx context.Context, link string) {
	n, err := rc.get(ctx, link)
	if err != nil {
		rc.note(fmt.Errorf("receivers: download: %w", err), "a download failed")
		return
	}
	rc.note(nil, "downloaded %d bytes", n)
}

func (rc *Receiver) get(ctx context.Context, link string) (bytes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, downloadTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return 0, err
	}
	resp, err := rc.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	bytes, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDownload))
	if err != nil {
		return bytes, err
	}
	if resp.StatusCode != http.StatusOK {
		return bytes, fmt.Errorf("answered %d", resp.StatusCode)
	}
	return bytes, nil
}
