package recording

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtkmock/rtkmock/mocksender/internal/header"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// maxNumber bounds numbers, so that sums of a few do not overflow, nor in 32 bits.
const maxNumber = 1 << 29

// Read reads a recording, one record at a time. Each stands on a line of its
// own, of at most MaxRecord bytes. Empty lines are skipped.
//
// It is strict, since a record that is half understood would be sent half: a
// member that is unknown, missing, there twice or of another type is an error.
// Such an error is an *Error, which names line and field. It comes in place of
// the record, and reading goes on with the next line if the caller does. An
// error of r, and a line that is too long, end it.
func Read(r io.Reader) iter.Seq2[Record, error] { return read(r, nil) }

// ReadReusing is Read in memory that is used again. release gives that of a record
// back, when nobody needs the record any more: neither its body, its header nor its
// Delivery. Those of records that are not given back are like any other's. release
// may be called by several goroutines at a time.
func ReadReusing(r io.Reader) (records iter.Seq2[Record, error], release func(Record)) {
	spare := make(chan Record, 2*maxAhead)
	return read(r, spare), func(r Record) {
		if cap(r.Body) > maxSpareBody || len(r.Header) > maxSpareHeader {
			return // hundreds of them would be much
		}
		select {
		case spare <- r:
		default:
		}
	}
}

// What a record has at most whose memory is used again: bytes of the body, and names
// in the header.
const (
	maxSpareBody   = 16 << 10
	maxSpareHeader = 64
)

func read(r io.Reader, spare <-chan Record) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		lines := lineReader{br: bufio.NewReaderSize(r, 64<<10)}
		d := reader{scanner{known: new(interned)}, spare}
		for {
			line, err := lines.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			if line = bytes.Trim(line, " \t\r\n"); len(line) == 0 {
				continue
			}
			record, err := d.line(line)
			record.Line = lines.n
			if e, ok := errors.AsType[*Error](err); ok {
				e.Line = lines.n
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// lineReader splits what it reads into lines.
type lineReader struct {
	br   *bufio.Reader
	n    int    // of the last line
	long []byte // holds a line longer than the buffer of br
}

// next returns the next line, which is valid until the next call.
func (l *lineReader) next() ([]byte, error) {
	l.n++
	line, err := l.br.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	l.long = append(l.long[:0], line...)
	for err == bufio.ErrBufferFull {
		if len(l.long) > MaxRecord {
			return nil, &Error{Line: l.n, Msg: fmt.Sprintf("the line has more than %d MiB", MaxRecord>>20)}
		}
		line, err = l.br.ReadSlice('\n')
		l.long = append(l.long, line...)
	}
	switch {
	case err == nil, err == io.EOF && len(l.long) > 0:
		return l.long, nil
	case err == io.EOF:
		return nil, io.EOF
	default:
		return nil, fmt.Errorf("recording: line %d: %w", l.n, err)
	}
}

// line reads one line.
func (d *reader) line(line []byte) (Record, error) {
	if bytes.HasPrefix(line, []byte("\xef\xbb\xbf")) {
		return Record{}, &Error{Msg: "it begins with a byte order mark: save it as UTF-8 without one"}
	}
	if !utf8.Valid(line) {
		return Record{}, &Error{Msg: "it is not UTF-8"}
	}
	d.b, d.i = line, 0
	r, err := d.record()
	if err != nil {
		return Record{}, err
	}
	if d.peek(); d.i < len(d.b) {
		return Record{}, d.want("the end of the line after the record")
	}
	return r, nil
}

// reader reads the members of a record.
type reader struct {
	scanner
	spare <-chan Record // nobody needs what they point to any more
}

func (d *reader) record() (r Record, err error) {
	var has names
	var old Record
	select {
	case old = <-d.spare:
	default:
	}
	err = d.object(func(name string) (err error) {
		if !has.add(strings.TrimSuffix(name, "_base64")) {
			return d.fault("body and body_base64 exclude each other")
		}
		switch name {
		case "method":
			if r.Method, err = d.string(); err == nil && !header.IsToken(r.Method) {
				err = d.fault("%q is not a method", r.Method)
			}
		case "url":
			r.URL, err = d.string()
		case "headers":
			if r.Header, err = d.header(old.Header); err == nil {
				err = d.sendable(r.Header)
			}
		case "body", "body_base64":
			r.Body, err = d.body(name, old.Body)
		case "framing":
			r.Framing, err = d.framing()
		case "delivery":
			r.Delivery, err = d.delivery(old.Delivery)
		case "outcome":
			r.Outcome, err = d.outcome()
		case "target":
			r.Target, err = d.outcome()
		default:
			err = d.unknown("method, url, headers, body, body_base64, framing, delivery, outcome or target")
		}
		return err
	})
	if err != nil {
		return r, err
	}
	for _, name := range []string{"method", "url", "headers", "body"} {
		if has.add(name) {
			return r, within(name, d.fault("the member is missing"))
		}
	}
	return r, nil
}

// framing reads how the body followed the header.
func (d *reader) framing() (f mutation.Framing, err error) {
	err = d.object(func(name string) (err error) {
		switch name {
		case "chunked":
			f.Chunked, err = d.boolean()
		case "expect_continue":
			f.ExpectContinue, err = d.boolean()
		case "pieces":
			f.Pieces, err = d.whole(maxNumber)
		case "pause_ms":
			f.Pause, err = d.millis()
		case "cut_at":
			f.CutAt, err = d.whole(maxNumber)
		case "fresh_connection":
			f.FreshConnection, err = d.boolean()
		default:
			err = d.unknown("chunked, expect_continue, pieces, pause_ms, cut_at or fresh_connection")
		}
		return err
	})
	return f, err
}

// delivery reads which attempt of which delivery a record holds, into r unless that
// is nil.
func (d *reader) delivery(r *Delivery) (*Delivery, error) {
	if r == nil {
		r = new(Delivery)
	}
	*r = Delivery{}
	has := false
	err := d.object(func(name string) (err error) {
		switch name {
		case "uuid":
			r.UUID, err = d.string()
		case "webhook_id":
			r.WebhookID, err = d.string()
		case "event":
			var event string
			event, err = d.string()
			r.Event = rtk.EventType(event)
		case "attempt":
			r.Attempt, err = d.whole(maxNumber)
		case "genuine":
			has = true
			r.Genuine, err = d.boolean()
		case "mutations":
			err = d.array(func() error {
				id, err := d.string()
				r.Mutations = append(r.Mutations, id)
				return err
			})
		case "fault":
			r.Fault, err = d.string()
		case "unreached":
			r.Unreached, err = d.boolean()
		case "resent":
			r.Resent, err = d.boolean()
		case "at":
			r.At, err = d.instant()
		case "meeting_time":
			r.MeetingTime, err = d.instant()
		default:
			err = d.unknown("uuid, webhook_id, event, attempt, genuine, mutations, fault, unreached, resent, at or meeting_time")
		}
		return err
	})
	if err == nil && !has {
		err = within("genuine", d.fault("the member is missing"))
	}
	return r, err
}

// outcome reads what came back: a status or an error.
func (d *reader) outcome() (*Outcome, error) {
	o := new(Outcome)
	var has names
	err := d.object(func(name string) (err error) {
		kind := name
		switch name {
		case "error":
			kind = "status"
		case "body_base64":
			kind = "body"
		}
		if !has.add(kind) {
			return d.fault("there is already another %s", kind)
		}
		switch name {
		case "status":
			o.Status, err = d.whole(999)
		case "error":
			err = d.failure(o)
		case "took_ms":
			o.Took, err = d.millis()
		case "headers":
			o.Header, err = d.header(nil)
		case "body", "body_base64":
			o.Body, err = d.body(name, nil)
		case "truncated":
			o.Truncated, err = d.boolean()
		default:
			err = d.unknown("status, error, took_ms, headers, body, body_base64 or truncated")
		}
		return err
	})
	if err == nil && has.add("status") {
		err = d.fault("there is neither a status nor an error")
	}
	if err == nil && has.add("took_ms") {
		err = within("took_ms", d.fault("the member is missing"))
	}
	return o, err
}

func (d *reader) failure(o *Outcome) error {
	var has names
	err := d.object(func(name string) error {
		has.add(name)
		text, err := d.string()
		switch name {
		case "class":
			o.Class = mocksender.Class(text)
		case "message":
			o.Message = text
		default:
			return d.unknown("class or message")
		}
		return err
	})
	if err == nil && has.add("class") {
		err = within("class", d.fault("the member is missing"))
	}
	return err
}

func (d *reader) unknown(known string) error {
	return d.fault("the member is unknown, want %s", known)
}

// string reads a string, or an object that holds it in Base64.
func (d *reader) string() (string, error) {
	if d.peek() != '{' {
		b, err := d.text()
		return d.known.intern(b), err
	}
	value, has := []byte(nil), false
	err := d.object(func(name string) (err error) {
		if name != "base64" {
			return d.unknown("base64")
		}
		has = true
		value, err = d.base64()
		return err
	})
	if err == nil && !has {
		err = within("base64", d.fault("the member is missing"))
	}
	return string(value), err
}

func (d *reader) base64() ([]byte, error) {
	text, err := d.text()
	if err != nil {
		return nil, err
	}
	b, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil || bytes.ContainsAny(text, "\r\n") {
		return nil, d.fault("want standard Base64 with padding and without line breaks")
	}
	return b, nil
}

// body reads a body, into the memory of space if there is enough.
func (d *reader) body(name string, space []byte) ([]byte, error) {
	if name == "body_base64" {
		return d.base64()
	}
	text, own, err := d.ownText(space)
	if !own {
		text = append(space[:0], text...) // the line's bytes are not kept
	}
	return text, err
}

// header reads fields, into h unless that is nil.
func (d *reader) header(h http.Header) (http.Header, error) {
	if h == nil {
		h = make(http.Header, 8)
	}
	clear(h)
	single := make([]string, 0, 8) // in place of eight slices of one value
	return h, d.object(func(name string) error {
		if !header.IsToken(name) {
			return d.fault("the header name is not a token")
		}
		if c := d.peek(); c != '"' && c != '{' {
			values, err := d.fieldValues()
			h[name] = values
			return err
		}
		value, err := d.string()
		single = append(single, value)
		h[name] = single[len(single)-1 : len(single) : len(single)]
		return err
	})
}

// fieldValues reads an array of strings.
func (d *reader) fieldValues() ([]string, error) {
	if d.peek() != '[' {
		return nil, d.want("a string or an array of strings")
	}
	values := []string{}
	return values, d.array(func() error {
		value, err := d.string()
		values = append(values, value)
		return err
	})
}

// sendable refuses what would end the header or split it. Answers may hold it.
func (d *reader) sendable(h http.Header) error {
	if err := header.Check(h); err != nil {
		return d.fault("%v", err)
	}
	return nil
}

// whole reads a whole number from 1 up to limit.
func (d *reader) whole(limit int) (int, error) {
	start := d.i
	word := d.word()
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > limit || word != strconv.Itoa(n) {
		d.i = start
		return 0, d.want(fmt.Sprintf("a whole number from 1 to %d", limit))
	}
	return n, nil
}

// millis reads a duration in milliseconds.
func (d *reader) millis() (time.Duration, error) {
	start := d.i
	word := d.word()
	whole, rest, point := strings.Cut(word, ".")
	ms, err := strconv.ParseUint(whole, 10, 63)
	digits := strings.Trim(word, "0123456789.") == "" && len(rest) <= 6 && (rest != "") == point
	leading := len(whole) > 1 && whole[0] == '0'
	if err == nil && digits && !leading && ms < math.MaxInt64/uint64(time.Millisecond) {
		ns, err := strconv.ParseUint((rest + "000000")[:6], 10, 63)
		if err == nil {
			return time.Duration(ms)*time.Millisecond + time.Duration(ns), nil
		}
	}
	d.i = start
	return 0, d.want("a number of milliseconds with at most six decimals")
}

func (d *reader) instant() (time.Time, error) {
	text, err := d.text()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return time.Time{}, d.fault("found %.40q, want a time such as 2026-06-03T10:00:00.000Z", text)
	}
	return t.UTC(), nil
}
