package serve

import (
	"github.com/rtkmock/rtkmock/mocksender/service/dispatch"
)

// filesForOthers is how many open files serve leaves, at most, to its clients, to
// the state and to idle connections.
const filesForOthers = 1024

// connections returns how many attempts may be under way at a time where the
// process may open so many files; 0 is unknown.
func connections(files uint64) int {
	if files == 0 {
		return dispatch.DefaultConnections
	}
	left := files - min(files/4, filesForOthers)
	return int(max(1, min(left, dispatch.DefaultConnections)))
}
