package process

import (
	"regexp"
	"strings"
)

// MissingVariable returns the environment variable that a program says it misses, in
// the last of the lines that say so: "RTK_KEY_URL" of "KeyError: 'RTK_KEY_URL'". It is
// empty if none does.
func (t *Tail) MissingVariable() string { return MissingVariable(t.Lines(failureLines)) }

// MissingVariable is Tail.MissingVariable for lines that were printed, or answered.
func MissingVariable(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		line := lines[i]
		if found := pydanticField.FindStringSubmatch(line); found != nil && i+1 < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i+1]), "Field required") {
			return strings.ToUpper(found[1]) // it reads variables in any case
		}
		for _, missing := range missingVariable {
			if found := missing.FindStringSubmatch(line); found != nil && !notVariable.MatchString(found[1]) {
				return found[1]
			}
		}
	}
	return ""
}

// missingVariable are the forms in which programs say that a variable is not there, or
// holds nothing of use. Names have an underscore, so that no word in capitals is one.
var missingVariable = func() []*regexp.Regexp {
	const name = `["'` + "`" + `]?\b(?:process\.env\.|env\.)?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b["'` + "`" + `]?`
	const absent = `(?:missing|unset|undefined|required|invalid|empty|(?:is |was |be )?(?:not|n't) (?:set|defined|found|present|provided|given|configured|specified|available|a valid)|must be |no (?:PEM|value|key|URL))`
	var forms []*regexp.Regexp
	for _, form := range []string{
		// Python's os.environ; Ruby's ENV.fetch; PHP's $_ENV and $_SERVER; Spring.
		`^KeyError: ` + name + `$`, `key not found: ` + name, `Undefined array key ` + name, `resolve placeholder ` + name,
		name + `(?:[: ]+| (?:environment )?(?:variable )?(?:is |was |has )?)` + absent,
		`(?i:missing|requires?d?|undefined|unset|must set|please set|set the|no value for|not find|not fetch|not read)(?i:[: ]+(?:required |the |an? )?(?:(?:environment|env) )?(?:variables?|var|key|setting)?[: ]*)` + name,
	} {
		forms = append(forms, regexp.MustCompile(form))
	}
	return forms
}()

// pydanticField is the line of a setting in an error of Pydantic.
var pydanticField = regexp.MustCompile(`^([A-Za-z]\w*)$`)

// notVariable are names in capitals that say what went wrong.
var notVariable = regexp.MustCompile(`^(?:ERR|SSL|ERROR|E)_|_(?:NOT_FOUND|ERROR|MISSING|REQUIRED|INVALID)$|^UNABLE_TO_|^DEPTH_ZERO_`)
