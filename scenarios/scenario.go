package scenarios

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/schemas"
)

// suffix ends the names of the files.
const suffix = ".json"

// Scenario is a script that can be played. Make one with Parse or Load. It
// does not change and is safe for concurrent use.
type Scenario struct {
	// Name is the file's name without its folder and ".json".
	Name string
	// Title says in one line what happens.
	Title string
	// Note is the hazard: why receivers get this wrong. It may be empty.
	Note string
	// Expectation says to people what a good receiver does with it. It may be
	// empty.
	Expectation string
	// Reduce says when attempts are reduced. Nil: never.
	Reduce *mocksender.HealthPolicy

	meeting meetingPlan
	steps   []*step
	flat    []*step // all steps, those inside blocks after their block
	total   int     // deliveries
}

// Steps returns all steps in the order of the script, those inside a block
// after the block. The caller owns the slice.
func (s *Scenario) Steps() []StepInfo {
	all := make([]StepInfo, len(s.flat))
	for i, st := range s.flat {
		all[i] = st.info
	}
	return all
}

// Deliveries returns how many deliveries a whole play makes. Retries do not
// count. A webhook that is subscribed to some events only gets fewer.
func (s *Scenario) Deliveries() int { return s.total }

// NeedsKeys reports whether the script changes the key or its endpoint. Then
// Options.Keys has to be there.
func (s *Scenario) NeedsKeys() bool {
	return slices.ContainsFunc(s.flat, func(st *step) bool { return st.Key != "" })
}

// NeedsAPI reports whether the script lets the REST API fail. Then Options.API has to
// be there.
func (s *Scenario) NeedsAPI() bool {
	return slices.ContainsFunc(s.flat, func(st *step) bool { return st.API != "" })
}

// meetingPlan is what a script says about its meetings.
type meetingPlan struct {
	title    string
	duration time.Duration
	forms    []payload.Form
}

//go:embed *.json
var files embed.FS

// Names returns the names of the library's scenarios in alphabetical order.
// The caller owns the slice.
func Names() []string {
	paths, _ := fs.Glob(files, "*"+suffix) // the pattern is well formed
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = strings.TrimSuffix(path, suffix)
	}
	slices.Sort(names)
	return names
}

// Source returns the library's file called name, without ".json". The error
// matches ErrUnknown and suggests a name. The caller owns the bytes.
func Source(name string) ([]byte, error) {
	known := Names()
	if !slices.Contains(known, name) {
		if hint := hint(name, known); hint != "" {
			return nil, fmt.Errorf("%w %s; did you mean %s?", ErrUnknown, schemas.Quote(name), hint)
		}
		return nil, fmt.Errorf("%w %s, want one of %s", ErrUnknown, schemas.Quote(name), strings.Join(known, ", "))
	}
	data, err := files.ReadFile(name + suffix)
	if err != nil {
		return nil, fmt.Errorf("scenarios: read %s: %w", name, err)
	}
	return data, nil
}

// Load returns the library's scenario called name. The error matches
// ErrUnknown and suggests a name.
func Load(name string) (*Scenario, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name+suffix, data)
}
