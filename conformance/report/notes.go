package report

import "github.com/rtkmock/rtkmock/conformance/internal/printable"

// Hint says what most likely is wrong where the target accepted nothing. It is empty
// where nothing is known of that.
func (d *PlayDocument) Hint() string {
	l := d.Ledger
	if d.KeyFetches > 0 || l.Lost == 0 || l.Accepted+l.AcceptedLate+l.Unseen > 0 {
		return ""
	}
	return "The receiver accepted nothing and never fetched the key from that URL; does it know it?"
}

// Notes say what the account of a play itself does not.
func (d *PlayDocument) Notes() []string {
	var out []string
	note := func(n int, one, many string) {
		if n > 0 {
			out = append(out, printable.Count(n, one, many))
		}
	}
	if d.Ledger.Emitted+d.Ledger.NotGenuine == 0 {
		return nil
	}
	note(d.Ledger.Unseen, "was accepted by the target without the sender's learning of it: the answer was lost",
		"were accepted by the target without the sender's learning of it: the answer was lost")
	note(d.Ledger.AcceptedTwice, "was accepted by the target more than once: a retry after a lost answer",
		"were accepted by the target more than once: retries after a lost answer")
	note(d.Ledger.NotGenuine, "other was forged or changed on purpose", "others were forged or changed on purpose")
	if d.Complete { // else more of the script might have sent the others
		note(d.Withheld, "event happened that the script does not send: it never reaches the target",
			"events happened that the script does not send: they never reach the target")
	}
	return out
}
