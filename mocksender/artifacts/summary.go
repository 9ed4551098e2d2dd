package artifacts

import (
	"bytes"
	"fmt"
)

func writeSummaryText(out *bytes.Buffer, s source) { writeSummary(out, s, "", "", "- ") }

func writeSummaryMarkdown(out *bytes.Buffer, s source) { writeSummary(out, s, "# ", "## ", "* ") }

// writeSummary writes a summary. The last three arguments are the prefixes of
// the title, of headings and of bullet points.
func writeSummary(out *bytes.Buffer, s source, title, heading, bullet string) {
	c := newConversation(s)
	if c.title != "" {
		fmt.Fprintf(out, "%s%s\n\n", title, oneLine(c.title))
	}
	names := c.names()
	fmt.Fprintf(out, "%sParticipants\n\n", heading)
	for _, name := range names {
		fmt.Fprintf(out, "%s%s\n", bullet, name)
	}
	fmt.Fprintf(out, "\n%sDiscussion\n\n", heading)
	for _, l := range c.lines {
		fmt.Fprintf(out, "%s%s said: %s\n", bullet, oneLine(l.speaker.name), l.text)
	}
	fmt.Fprintf(out, "\n%sNext steps\n\n%s%s sends the notes.\n", heading, bullet, names[0])
}
