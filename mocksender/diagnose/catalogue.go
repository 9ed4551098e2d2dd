package diagnose

import "slices"

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

// finding returns the diagnosis called id with what was found.
func finding(id ID, detail string) Finding {
	d, _ := Lookup(id) // a test looks up every id
	return Finding{Diagnosis: d, Detail: detail}
}
