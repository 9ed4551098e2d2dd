package serve

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
)

func TestConnectionsLeaveFilesToOthers(t *testing.T) {
	for _, c := range []struct {
		files uint64
		want  int
	}{
		{0, dispatch.DefaultConnections}, {1, 1}, {1024, 768}, {4096, 3072}, {10_000, 8976},
		{1 << 20, dispatch.DefaultConnections}, {1<<64 - 1, dispatch.DefaultConnections},
	} {
		assert.Equal(t, connections(c.files), c.want, "%d files", c.files)
	}
}
