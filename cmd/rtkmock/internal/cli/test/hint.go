package test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/stack"
	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/fixtures"
)

// effectsHint says how the target could report its effects, nil if it does, or if no
// check would see more. A run that judged nothing has other worries.
func (r *run) effectsHint(rep *conformance.Report) *conformance.EffectsHint {
	if r.judging.Target.Effects != nil || !rep.Complete {
		return nil
	}
	h := &conformance.EffectsHint{}
	header := http.Header{}
	for _, v := range rep.Verdicts {
		if v.Status == conformance.Skip && v.NotApplicable {
			continue
		}
		if i := slices.IndexFunc(r.judging.Checks, func(c *conformance.Check) bool { return c.ID == v.ID }); i >= 0 && r.judging.Checks[i].Needs&conformance.NeedEffects != 0 {
			h.Checks++
		}
		for _, receipt := range v.Receipts {
			if answered := receipt.Last().Outcome.Header; len(header) == 0 && len(answered) > 0 {
				header = answered
			}
		}
	}
	if h.Checks == 0 {
		return nil
	}
	s, _ := stack.Detect(r.command.words, os.DirFS("."), header)
	code := fixtures.EffectsHook(s.ID)
	if stack.IsCommonJS(r.command.words, os.DirFS(".")) {
		code = inCommonJS(code)
	}
	if code == "" {
		h.Then = "fixtures/recipes/README.md has the lines for each stack, and conformance/README.md the flags that read the count: --effects-file, --effects-url, --effects-cmd."
		return h
	}
	h.Stack, h.By, h.Code = s.Name, s.By, strings.Split(strings.TrimRight(code, "\n"), "\n")
	switch {
	case strings.Contains(code, `"/effects"`): // Workers have no files
		h.Then = "Then set " + effectsVariable + "=1 where the receiver finds its variables, and add --effects-url 'http://…/effects?uuid={uuid}', with the address where that answers."
	case len(r.command.words) > 0:
		h.Then = "Then add --effects-file effects.jsonl: the command finds its path in " + effectsVariable + "."
	default:
		h.Then = "Start it with " + effectsVariable + "=effects.jsonl, the path of a file that both can reach, and add --effects-file with that path."
	}
	return h
}

// esModules is how code imports, and the line after that says how CommonJS does.
var esModules = regexp.MustCompile(`(?m)^(import .*)\n// In CommonJS: (.*)$`)

// inCommonJS returns code for ES modules as CommonJS has it.
func inCommonJS(code string) string {
	return esModules.ReplaceAllString(code, "$2\n// In ES modules: $1")
}
