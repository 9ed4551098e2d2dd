package scenarios

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/schemas"
)

// Bounds of a script. They keep a slip of the hand from sending for days.
const (
	maxSource   = 4 << 20
	maxSteps    = 5000 // in all blocks together
	maxDepth    = 20
	maxActions  = 1_100_000 // of steps, each counted as often as it is played
	maxTogether = 1000
	maxGathered = 10_000
)

// Parse reads a script. filename is for messages and gives the Scenario its
// name. What is wrong with the script is an *Error, which matches ErrScript.
//
// Beyond its form, Parse checks that the script can be played: it rehearses
// it, with no target, so that a step that its meeting does not allow (nobody
// leaves who has not joined) or a name that nothing bears is found. Of long
// scripts it rehearses the beginning: some 5000 events.
func Parse(filename string, data []byte) (*Scenario, error) {
	p := &parser{mutations: map[string]bool{}}
	for _, m := range mutation.All(mutation.Options{}) {
		p.mutations[m.ID] = true
		p.mutationIDs = append(p.mutationIDs, m.ID)
	}
	s := &Scenario{Name: strings.TrimSuffix(path.Base(strings.ReplaceAll(filename, `\`, "/")), suffix)}
	if problem := syntaxProblem(data); problem != nil {
		p.add(*problem)
		return nil, p.err(filename)
	}
	p.script(s, data)
	if err := p.err(filename); err != nil {
		return nil, err
	}
	if err := checkSchema(p, data); err != nil {
		return nil, err
	}
	if err := p.err(filename); err != nil {
		return nil, err
	}
	if err := rehearse(s, p); err != nil {
		return nil, err
	}
	if err := p.err(filename); err != nil {
		return nil, err
	}
	return s, nil
}

// syntaxProblem returns what keeps data from being one JSON object that all
// readers read alike, or nil.
func syntaxProblem(data []byte) *Problem {
	if len(data) > maxSource {
		return &Problem{Found: fmt.Sprintf("%d bytes", len(data)), Want: fmt.Sprintf("at most %d", maxSource)}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &Problem{Found: "an empty file", Want: "a JSON object"}
	}
	var v json.RawMessage
	if err := json.Unmarshal(data, &v); err != nil {
		at := len(data)
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = max(int(syntax.Offset)-1, 0)
		}
		if strings.Contains(err.Error(), "unexpected end") {
			at = len(data)
		}
		line, column := position(data, at)
		return &Problem{Found: fmt.Sprintf("%s in line %d, column %d", err, line, column), Want: "JSON"}
	}
	if v = bytes.TrimSpace(v); v[0] != '{' {
		return &Problem{Found: show(v), Want: "a JSON object"}
	}
	return nil
}

// position returns the line and the column of an offset, both from 1.
func position(data []byte, at int) (line, column int) {
	before := data[:min(at, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, len([]rune(string(before[start:]))) + 1
}

// checkSchema reports what the schema refuses. The parser has read the script
// by then, and words its own findings better; what is left for the schema is a
// member given twice, bytes that are not UTF-8, and whatever the parser forgot.
func checkSchema(p *parser, data []byte) error {
	err := schemas.Validate("scenario", schemas.Open, data)
	var invalid *schemas.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid):
		for _, found := range invalid.Problems {
			step, field := placeOf(found.Path)
			p.add(Problem{Step: step, Field: field, Found: found.Found, Want: found.Want})
		}
		return nil
	default:
		return fmt.Errorf("scenarios: %w", err)
	}
}

// placeOf turns the schema's path, $.steps[2].steps[0].emit, into a step's
// number and a field: 3.1 and emit.
func placeOf(at string) (step, field string) {
	rest := strings.TrimPrefix(at, "$")
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
