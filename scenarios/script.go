package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/schemas"
)

// maxSource bounds the size of a script, in bytes.
const maxSource = 4 << 20

// script is what the file of a scenario says.
type script struct {
	Schema      string `json:"$schema"`
	Title       string
	Note        string
	Expectation string
	Meeting     struct {
		Title    string
		Duration string
		Forms    []string
	}
	Reduce *mocksender.HealthPolicy
	Steps  []*step
}

// decodeScript reads a script. The schema judges its form, and an *Error says
// what is wrong with it.
func decodeScript(filename string, data []byte) (*script, error) {
	var found problems
	if len(data) > maxSource {
		found.add(Problem{Found: fmt.Sprintf("%d bytes", len(data)), Want: fmt.Sprintf("at most %d", maxSource)})
		return nil, found.err(filename)
	}
	err := schemas.Validate("scenario", schemas.Open, data)
	var invalid *schemas.Error
	if errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			step, field := placeOf(p.Path)
			found.add(Problem{Step: step, Field: field, Found: p.Found, Want: p.Want, Hint: p.Hint})
		}
		found.omitted += invalid.Omitted
		return nil, found.err(filename)
	}
	if err != nil {
		return nil, fmt.Errorf("scenarios: %w", err)
	}
	s := &script{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err = dec.Decode(s)
	// For the schema, 1e3 and 2.0 are whole numbers.
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		line := bytes.Count(data[:mistyped.Offset], []byte("\n")) + 1
		name := mistyped.Field[strings.LastIndexByte(mistyped.Field, '.')+1:]
		found.add(Problem{
			Field: strings.ToLower(name[:1]) + name[1:], Found: fmt.Sprintf("%s in line %d", mistyped.Value, line),
			Want: "a whole number without fraction and exponent",
		})
		return nil, found.err(filename)
	}
	if err != nil {
		return nil, fmt.Errorf("scenarios: %s: %w", filename, err)
	}
	return s, nil
}

// placeOf turns the schema's path, $.steps[2].steps[0].emit, into a step's
// number and a field: 3.1 and emit.
func placeOf(path string) (step, field string) {
	rest := strings.TrimPrefix(path, "$")
	var numbers []string
	for {
		var n int
		if _, err := fmt.Sscanf(rest, ".steps[%d]", &n); err != nil {
			break
		}
		numbers = append(numbers, fmt.Sprint(n+1))
		rest = rest[strings.IndexByte(rest, ']')+1:]
	}
	return strings.Join(numbers, "."), strings.TrimPrefix(rest, ".")
}
