package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/schemas"
)

// MaxDocument is the longest document, in bytes, that Read takes. It is ten times
// what a run writes if all checks have as much evidence as they can.
const MaxDocument = 256 << 20

// ErrRead is wrapped by the errors of Read about what was read.
var ErrRead = errors.New("report: not a JSON report of a run")

// Read reads the JSON form of a Document. It refuses everything else, and other
// versions, with an error that matches ErrRead and says where the difference is.
func Read(r io.Reader) (*Document, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("report: read: %w", err)
	}
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrRead, MaxDocument)
	}
	var kind struct{ Version json.RawMessage }
	if json.Unmarshal(data, &kind) == nil && kind.Version != nil && string(kind.Version) != strconv.Itoa(documentVersion) {
		return nil, fmt.Errorf("%w: found version %s, want %d", ErrRead, printable.Name(string(kind.Version)), documentVersion)
	}
	if err := schemas.Validate("report", schemas.Open, data); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRead, firstProblem(err))
	}
	var d Document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrRead, printable.Line(err.Error()))
	}
	// Whoever wrote it, the curl lines have to be those of the requests.
	return &d, d.StoreBodies(nil)
}

// firstProblem is an error of the schema without the schema's name, which says
// nothing here.
func firstProblem(err error) error {
	var invalid *schemas.Error
	if !errors.As(err, &invalid) || len(invalid.Problems) == 0 {
		return err
	}
	more := ""
	if n := len(invalid.Problems) - 1 + invalid.Omitted; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return errors.New(printable.Line(invalid.Problems[0].String()) + more)
}
