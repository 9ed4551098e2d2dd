package verify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/diagnose"
	"github.com/rtkmock/rtkmock/mocksender/payload"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// printer prints what verify found.
type printer struct {
	*app.App
	file string
	key  diagnose.Key
}

func (p *printer) print(ctx context.Context, specimens []specimen, reports []diagnose.Report) error {
	if p.Form == terminal.FormJSON {
		for i, s := range specimens {
			if ctx.Err() != nil {
				return exit.ErrInterrupted
			}
			if err := p.JSONLine(p.verified(s, reports[i])); err != nil {
				return err
			}
		}
		return nil
	}
	for i, s := range specimens {
		if ctx.Err() != nil {
			return exit.ErrInterrupted
		}
		p.line(s, reports[i], len(specimens) > 1)
	}
	explained := map[diagnose.ID]bool{}
	fixes := map[string]diagnose.ID{}
	for _, r := range reports {
		for _, f := range slices.Concat(r.Findings, r.Notes) {
			if !explained[f.ID] {
				explained[f.ID] = true
				p.explain(f, fixes)
			}
		}
	}
	return nil
}

// line prints the verdict on one delivery, and what only this delivery has.
func (p *printer) line(s specimen, r diagnose.Report, many bool) {
	name := terminal.OneLine(p.file)
	if many {
		name += ": " + s.place
	}
	what := ""
	if text := s.describe(); text != "" {
		what = " (" + text + ")"
	}
	verdict := p.Paint(terminal.Green, "valid")
	if !r.Valid {
		verdict = p.Paint(terminal.Red, "invalid")
	}
	p.Printf("%s: %s%s\n", name, verdict, what)
	if s.declared >= 0 && s.declared != len(s.c.Body) {
		happened := "edited since"
		if len(s.c.Body) < s.declared {
			happened = "cut, or edited since"
		}
		p.Wrapped("  ", 2, fmt.Sprintf("its Content-Length says %d bytes, the file holds %d: the body was %s", s.declared, len(s.c.Body), happened))
	}
	if d := s.record.Delivery; d != nil && len(d.Mutations) > 0 {
		p.Wrapped("  ", 2, "it was changed on purpose, by "+strings.Join(d.Mutations, ", "))
	}
	for _, f := range r.Findings {
		p.finding(certainty(f), f)
	}
	for _, f := range r.Notes {
		p.finding("note    ", f)
	}
	if r.Valid {
		return
	}
	if r.Explained {
		that := "that"
		if len(r.Findings) > 1 {
			that = "all that"
		}
		p.Wrapped("  ", 2, "With "+that+" undone, the signature verifies with the key "+r.SignedBy+".")
	}
	if d := differ(r.Signed, s.c.Body); d != nil {
		p.Printf("  The first difference, at byte %d:\n    signed  %s\n    here    %s\n", d.At, d.Signed, d.Here)
	}
}

func (p *printer) finding(certainty string, f diagnose.Finding) {
	p.Wrapped("  "+certainty, 10, string(f.ID)+": "+f.Title)
	if f.Detail != "" {
		p.Wrapped("          ", 10, f.Detail)
	}
	if f.Origin != "" {
		p.Wrapped("          ", 10, "likely copied from "+f.Origin)
	}
}

func certainty(f diagnose.Finding) string {
	if f.Suspected {
		return "likely  "
	}
	return "proved  "
}

// describe says which delivery it is.
func (s specimen) describe() string {
	var parts []string
	if event := s.event(); event != "" {
		parts = append(parts, terminal.Clip(event, 60))
	}
	if name, id := s.uuid(); id != "" {
		parts = append(parts, name+" "+terminal.Clip(id, 60))
	}
	return terminal.OneLine(strings.Join(parts, ", "))
}

func (s specimen) event() string {
	text, err := payload.Get(s.c.Body, "event")
	if err != nil {
		return ""
	}
	return strings.Trim(string(text), `"`)
}

// uuid returns the delivery's id, and the name of the field that has it.
func (s specimen) uuid() (name, id string) {
	for _, names := range rtk.HeadersBoth.Sets() {
		if id := (mocksender.Request{Header: s.c.Header}).Field(names.UUID); id != "" {
			return names.UUID, id
		}
	}
	return "", ""
}

// explain prints where a mishap comes from, and the fix unless fixes has it.
func (p *printer) explain(f diagnose.Finding, fixes map[string]diagnose.ID) {
	p.Printf("\n%s\n", p.Paint(terminal.Bold, string(f.ID)+": where it comes from"))
	for _, c := range f.Causes {
		p.Wrapped(fmt.Sprintf("  %-7s  ", c.Where), 11, c.Text)
	}
	fix := f.Fix
	if same, ok := fixes[fix]; ok {
		fix = "as of " + string(same)
	}
	fixes[f.Fix] = f.ID
	p.Wrapped("  "+p.Paint(terminal.Bold, "Fix")+"      ", 11, fix)
}

// difference is where two bodies begin to differ.
type difference struct {
	At     int    `json:"at"`     // in bytes, from 0
	Signed string `json:"signed"` // as excerpt has it, from a little before
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

// excerpt shows some bytes as they are, and escapes those that nobody would see.
func excerpt(b []byte, from int) string {
	const length = 36
	from = min(from, len(b))
	to := min(from+length, len(b))
	for to < len(b) && to < from+length+utf8.UTFMax && !utf8.RuneStart(b[to]) {
		to++
	}
	quoted := strconv.Quote(string(b[from:to]))
	text := strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted[1 : len(quoted)-1])
	if from > 0 {
		text = "…" + text
	}
	if to < len(b) {
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
	Notes        []findingJSON `json:"notes,omitempty"`
}

type keyJSON struct {
	Name        string `json:"name"`
	Fingerprint string `json:"fingerprint"`
}

type findingJSON struct {
	ID     diagnose.ID       `json:"id"`
	Title  string            `json:"title"`
	Detail string            `json:"detail,omitempty"`
	Origin string            `json:"origin,omitempty"`
	Proved bool              `json:"proved"`
	Causes map[string]string `json:"causes"`
	Mend   string            `json:"mend"`
}

func (p *printer) verified(s specimen, r diagnose.Report) verifiedJSON {
	v := verifiedJSON{
		File: p.file, Place: s.place, Event: s.event(), Valid: r.Valid, Explained: r.Explained,
		Key: keyJSON{p.key.Name, r.Fingerprint}, SignedBy: r.SignedBy,
		BodySHA256: r.BodySHA256, SignedSHA256: r.SignedSHA256,
		Difference: differ(r.Signed, s.c.Body), Findings: findingsJSON(r.Findings), Notes: findingsJSON(r.Notes),
	}
	_, v.UUID = s.uuid()
	if s.record.Delivery != nil {
		v.Mutations = s.record.Delivery.Mutations
	}
	return v
}

func findingsJSON(findings []diagnose.Finding) []findingJSON {
	out := []findingJSON{}
	for _, f := range findings {
		causes := map[string]string{}
		for _, c := range f.Causes {
			causes[strings.ToLower(c.Where)] = c.Text
		}
		out = append(out, findingJSON{f.ID, f.Title, f.Detail, f.Origin, !f.Suspected, causes, f.Fix})
	}
	return out
}
