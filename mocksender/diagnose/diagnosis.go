package diagnose

import "slices"

// ID names a diagnosis: "body/…", "signature/…" or "key/…". Ids never change
// their meaning.
type ID string

// Diagnosis is one way in which a signature comes not to verify.
type Diagnosis struct {
	ID    ID
	Title string // what is wrong, in one clause
	// Node, Workers, Python and Go name the usual cause in each of them.
	Node, Workers, Python, Go string
	Mend                      string // what to do about it
	// Suspected marks what cannot be proved: the bytes give reason to think so.
	Suspected bool
}

// Cause is where a mishap comes from, in one kind of program.
type Cause struct {
	Where string // Node, Workers, Python or Go
	Text  string
}

// Causes returns the usual causes in a fixed order.
func (d Diagnosis) Causes() []Cause {
	return []Cause{{"Node", d.Node}, {"Workers", d.Workers}, {"Python", d.Python}, {"Go", d.Go}}
}

// Catalogue returns all diagnoses: of the body, of the signature, of the key.
// The caller owns the slice.
func Catalogue() []Diagnosis {
	return slices.Concat(bodyDiagnoses(), textDiagnoses(), signatureDiagnoses(), schemeDiagnoses(), keyDiagnoses())
}

// Lookup returns the diagnosis that id names.
func Lookup(id ID) (Diagnosis, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(d Diagnosis) bool { return d.ID == id })
	if i < 0 {
		return Diagnosis{}, false
	}
	return all[i], true
}

// Finding is a diagnosis that applies to a Case.
type Finding struct {
	Diagnosis
	Detail string // what was found here, in one clause; may be empty
}

// finding returns the diagnosis called id with what was found.
func finding(id ID, detail string) Finding {
	d, _ := Lookup(id) // a test looks up every id
	return Finding{Diagnosis: d, Detail: detail}
}
