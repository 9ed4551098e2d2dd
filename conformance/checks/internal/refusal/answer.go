package refusal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/conformance/internal/printable"
	"github.com/rtkmock/rtkmock/mocksender"
)

// How much of an answer is read, in bytes, and quoted, in characters.
const (
	maxRead   = 32 << 10
	maxQuoted = 200
)

// see is what an exchange shows.
func see(x *exchange.Exchange, sample string) Seen {
	s := Seen{Answer: x.Answer, Words: x.Answered(), Sample: sample}
	if len(x.Attempts) == 0 {
		return s
	}
	o := x.Last().Outcome
	s.Status, s.Class, s.Header, s.Took, s.Text = o.Status, o.Class, o.Header, o.Took, textOf(o)
	return s
}

// textOf is what an answer says to people: the message of a JSON body, title and
// visible text of an HTML page, the text of any other.
func textOf(o mocksender.Outcome) string {
	body := o.Body[:min(len(o.Body), maxRead)]
	text := messageOf(body)
	if text == "" && looksLikeHTML(o, body) {
		text = visibleText(body)
	} else if text == "" {
		text = string(body)
	}
	return printable.Cut(printable.Line(strings.Join(strings.Fields(text), " ")), maxQuoted)
}

// messages are the members that hold the message of an error.
func messages() []string {
	return []string{"message", "error", "error_description", "detail", "details", "title", "reason", "errors", "msg", "description", "code"}
}

// messageOf returns the message of a JSON object, or "".
func messageOf(body []byte) string {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return ""
	}
	place := ""
	for _, name := range []string{"loc", "path", "param", "field"} { // of FastAPI, zod, express-validator
		if text := strings.ReplaceAll(textOfMember(object[name]), ", ", "."); text != "" && !strings.Contains(text, ": ") {
			place = text + ": "
			break
		}
	}
	var found []string
	for _, name := range messages() {
		if text := textOfMember(object[name]); text != "" && len(found) < 2 {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return place + strings.Join(found, "; ")
}

// textOfMember is a string, the message of an object, or the texts of an array.
func textOfMember(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		if object := messageOf(raw); object != "" {
			return object
		}
		if bytes.HasPrefix(raw, []byte("{")) {
			return string(raw) // {"meeting.id":["is required"]}
		}
		return ""
	}
	var texts []string
	for _, item := range list[:min(len(list), 4)] {
		text := textOfMember(item)
		if text == "" {
			text = string(item)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}

func looksLikeHTML(o mocksender.Outcome, body []byte) bool {
	head := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 256)]))
	return strings.Contains(o.Header.Get("Content-Type"), "html") || bytes.HasPrefix(head, []byte("<!doctype html")) || bytes.HasPrefix(head, []byte("<html"))
}

// visibleText returns the title of a page, and then its text, without scripts and
// styles.
func visibleText(page []byte) string {
	var title, text strings.Builder
	inside := ""
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			joined := strings.Join(strings.Fields(text.String()), " ")
			if t := strings.Join(strings.Fields(title.String()), " "); t != "" && !strings.HasPrefix(joined, t) {
				return fmt.Sprintf("%s: %s", t, joined)
			}
			return joined
		case html.StartTagToken:
			if name, _ := z.TagName(); isSilent(string(name)) {
				inside = string(name)
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == inside {
				inside = ""
			}
			text.WriteByte(' ')
		case html.TextToken:
			switch inside {
			case "":
				text.Write(z.Text())
			case "title":
				title.Write(z.Text())
			}
		}
	}
}

// isSilent reports an element whose content is no visible text of the page.
func isSilent(element string) bool {
	switch element {
	case "script", "style", "title", "template", "noscript":
		return true
	}
	return false
}
