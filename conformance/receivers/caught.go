package receivers

import "slices"

// Catching returns the flaws that the check with this id has to catch, in the
// order of Flaws.
func Catching(id string) []Flaw {
	var out []Flaw
	for _, f := range Flaws() {
		if slices.Contains(f.Kills, id) {
			out = append(out, f)
		}
	}
	return out
}
