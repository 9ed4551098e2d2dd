package cli

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// verifyPrinter prints what verify found.
type verifyPrinter struct {
	*app
	file string
	key  diagnose.Key
	on   bool // colours
}

func (p *verifyPrinter) print(specimens []specimen, reports []diagnose.Report, output string) error {
	if output == outputJSON {
		for i, s := range specimens {
			if err := p.printJSONLine(p.verified(s, reports[i])); err != nil {
				return err
			}
		}
		return nil
	}
	for i, s := range specimens {
		p.line(s, reports[i], len(specimens) > 1)
	}
	var told []diagnose.ID
	mends := map[string]diagnose.ID{}
	for _, r := range reports {
		for _, f := range r.Findings {
			if !slices.Contains(told, f.ID) {
				told = append(told, f.ID)
				p.explain(f, mends)
			}
		}
	}
	return nil
}

// line prints the verdict on one delivery, and what is particular to it.
func (p *verifyPrinter) line(s specimen, r diagnose.Report, many bool) {
	name := oneLine(p.file)
	if many {
		name += ": " + s.place
	}
	what := ""
	if text := oneLine(describeSpecimen(s)); text != "" {
		what = " (" + text + ")"
	}
	verdict := paint(p.on, green, "valid")
	if !r.Valid {
		verdict = paint(p.on, red, "invalid")
	}
	p.printf("%s: %s%s\n", name, verdict, what)
	if s.declared >= 0 && s.declared != len(s.c.Body) {
		p.writeWrapped("  ", 2, fmt.Sprintf("its Content-Length says %d bytes, the file holds %d: the body was edited since", s.declared, len(s.c.Body)))
	}
	if d := s.record.Delivery; d != nil && len(d.Mutations) > 0 {
		p.writeWrapped("  ", 2, "it was changed on purpose, by "+oneLine(strings.Join(d.Mutations, ", ")))
	}
	if r.Valid {
		return
	}
	for _, f := range r.Findings {
		p.writeWrapped("  "+certainty(f), 10, oneLine(string(f.ID)+": "+f.Title))
		if f.Detail != "" {
			p.writeWrapped("          ", 10, oneLine(f.Detail))
		}
	}
	if r.Explained {
		that := "that"
		if len(r.Findings) > 1 {
			that = "all that"
		}
		p.writeWrapped("  ", 2, "With "+that+" undone, the signature verifies with the key "+r.SignedBy+".")
	}
	if d := differ(r.Signed, s.c.Body); d != nil {
		p.printf("  The first difference, at byte %d:\n    signed  %s\n    here    %s\n", d.At, d.Signed, d.Here)
	}
}

func certainty(f diagnose.Finding) string {
	if f.Suspected {
		return "likely  "
	}
	return "proved  "
}

// describeSpecimen says which delivery it is.
func describeSpecimen(s specimen) string {
	var parts []string
	if text, err := payload.Get(s.c.Body, "event"); err == nil {
		parts = append(parts, clip(strings.Trim(string(text), `"`), 60))
	}
	for _, names := range rtk.HeadersBoth.Sets() {
		if id := fieldOf(s.c.Header, names.UUID); id != "" {
			parts = append(parts, names.UUID+" "+clip(id, 60))
			break
		}
	}
	return strings.Join(parts, ", ")
}

// explain prints where a mishap comes from, and the mend unless mends has it.
func (p *verifyPrinter) explain(f diagnose.Finding, mends map[string]diagnose.ID) {
	p.printf("\n%s\n", paint(p.on, bold, string(f.ID)+": where it comes from"))
	for _, c := range f.Causes() {
		p.writeWrapped(fmt.Sprintf("  %-7s  ", c.Where), 11, c.Text)
	}
	mend := f.Fix
	if same, ok := mends[mend]; ok {
		mend = "as of " + string(same)
	}
	mends[f.Fix] = f.ID
	p.writeWrapped("  "+paint(p.on, bold, "Mend")+"     ", 11, mend)
}

// difference is where two bodies part.
type difference struct {
	At     int    `json:"at"`     // in bytes, from 0
	Signed string `json:"signed"` // quoted, from a little before
	Here   string `json:"here"`
}

// differ returns nil where there is nothing to compare, or no difference.
func differ(signed, here []byte) *difference {
	if signed == nil || string(signed) == string(here) {
		return nil
	}
	at := 0
	for at < len(signed) && at < len(here) && signed[at] == here[at] {
		at++
	}
	from := max(0, at-12)
	for from > 0 && from < len(here) && !utf8.RuneStart(here[from]) {
		from--
	}
	return &difference{at, excerpt(signed, from), excerpt(here, from)}
}

// excerpt quotes some bytes so that all of them are to be seen.
func excerpt(b []byte, from int) string {
	const length = 36
	part := b[min(from, len(b)):min(from+length, len(b))]
	quoted := fmt.Sprintf("%+q", part)
	text := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
	if from > 0 {
		text = "…" + text
	}
	if from+length < len(b) {
		return text + "…"
	}
	return text + "⏎"
}

// verifiedJSON is the verdict on one delivery in JSON.
type verifiedJSON struct {
	File         string        `json:"file"`
	Place        string        `json:"place,omitempty"`
	Event        string        `json:"event,omitempty"`
	UUID         string        `json:"uuid,omitempty"`
	Valid        bool          `json:"valid"`
	Explained    bool          `json:"explained"`
	Key          keyJSON       `json:"key"`
	SignedBy     string        `json:"signed_by,omitempty"`
	BodySHA256   string        `json:"body_sha256"`
	SignedSHA256 string        `json:"signed_sha256,omitempty"`
	Mutations    []string      `json:"mutations,omitempty"`
	Difference   *difference   `json:"difference,omitempty"`
	Findings     []findingJSON `json:"findings"`
}

type keyJSON struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"`
}

type findingJSON struct {
	ID     diagnose.ID       `json:"id"`
	Title  string            `json:"title"`
	Detail string            `json:"detail,omitempty"`
	Proved bool              `json:"proved"`
	Causes map[string]string `json:"causes"`
	Mend   string            `json:"mend"`
}

func (p *verifyPrinter) verified(s specimen, r diagnose.Report) verifiedJSON {
	v := verifiedJSON{
		File: p.file, Place: s.place, Valid: r.Valid, Explained: r.Explained,
		Key: keyJSON{p.key.Name, r.Fingerprint}, SignedBy: r.SignedBy,
		BodySHA256: r.BodySHA256, SignedSHA256: r.SignedSHA256,
		Difference: differ(r.Signed, s.c.Body), Findings: []findingJSON{},
	}
	if text, err := payload.Get(s.c.Body, "event"); err == nil {
		v.Event = strings.Trim(string(text), `"`)
	}
	for _, names := range rtk.HeadersBoth.Sets() {
		if id := fieldOf(s.c.Header, names.UUID); id != "" && v.UUID == "" {
			v.UUID = id
		}
	}
	if s.record.Delivery != nil {
		v.Mutations = s.record.Delivery.Mutations
	}
	for _, f := range r.Findings {
		causes := map[string]string{}
		for _, c := range f.Causes() {
			causes[strings.ToLower(c.Where)] = c.Text
		}
		v.Findings = append(v.Findings, findingJSON{f.ID, f.Title, f.Detail, !f.Suspected, causes, f.Fix})
	}
	return v
}
