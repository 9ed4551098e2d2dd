package diagnose

import (
	"bufio"
	_ "embed" // for the catalogue
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Catalogue returns all diagnoses: of the body, of the signature, of the key.
// The caller owns the slice.
func Catalogue() []Diagnosis { return slices.Clone(catalogue()) }

// Lookup returns the diagnosis that id names.
func Lookup(id ID) (Diagnosis, bool) {
	all := catalogue()
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

// catalogueText has the fields of each diagnosis in the form of a header, where
// code is written without escapes. In a fix, {raw} and the like stand for
// sentences that several fixes share.
//
//go:embed catalogue.txt
var catalogueText string

// catalogue reads the text once. Nobody changes what it returns.
var catalogue = sync.OnceValue(func() []Diagnosis {
	shared := strings.NewReplacer(
		"{raw}", `Verify the bytes as they arrived, and parse them afterwards. The guide: "Do not reserialize parsed JSON before verification because changes in whitespace or key order can change the signed bytes." `,
		"{bytes}", `Express: app.post(path, express.raw({type: "*/*"}), …) and req.body. Workers: await request.arrayBuffer(). Flask: request.get_data(); Django: request.body; FastAPI: await request.body(). Go: io.ReadAll(r.Body) before json.Unmarshal.`,
		"{encoding}", `The header is "Base64-encoded": standard, padded, in one line, 344 characters for a key of 2048 bits. `,
		"{scheme}", `The scheme is "RSA-SHA256": RSASSA-PKCS1-v1_5 with SHA-256 over the raw body and nothing else. `,
		"{key}", `The key document carries SPKI in PEM, "-----BEGIN PUBLIC KEY-----", with real line breaks. `,
	)
	var all []Diagnosis
	for in := textproto.NewReader(bufio.NewReader(strings.NewReader(catalogueText))); ; {
		fields, _ := in.ReadMIMEHeader() // it ends the last one with io.EOF
		if len(fields) == 0 {
			return all
		}
		d := Diagnosis{
			ID: ID(fields.Get("ID")), Title: fields.Get("Title"),
			Fix: shared.Replace(fields.Get("Fix")), Suspected: fields.Get("Suspected") != "",
		}
		for _, where := range []string{"Node", "Workers", "Python", "Go"} {
			d.Causes = append(d.Causes, Cause{where, fields.Get(where)})
		}
		all = append(all, d)
	}
})
