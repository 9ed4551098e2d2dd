package receivers

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

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
