package mocksender

import (
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// framing reads how the body followed the header.
func (d *recordReader) framing() (f mutation.Framing, err error) {
	err = d.object(func(name string) (err error) {
		switch name {
		case "chunked":
			f.Chunked, err = d.boolean()
		case "expect_continue":
			f.ExpectContinue, err = d.boolean()
		case "pieces":
			f.Pieces, err = d.whole(maxSize)
		case "pause_ms":
			f.Pause, err = d.millis()
		case "cut_at":
			f.CutAt, err = d.whole(maxSize)
		case "fresh_connection":
			f.FreshConnection, err = d.boolean()
		default:
			err = d.unknown("chunked, expect_continue, pieces, pause_ms, cut_at or fresh_connection")
		}
		return err
	})
	return f, err
}

// delivery reads which attempt of which delivery a record holds.
func (d *recordReader) delivery() (*RecordDelivery, error) {
	r, has := new(RecordDelivery), false
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
			r.Attempt, err = d.whole(maxSize)
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
func (d *recordReader) outcome() (*RecordOutcome, error) {
	o := new(RecordOutcome)
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
			o.Header, err = d.header()
		case "body", "body_base64":
			o.Body, err = d.body(name)
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

func (d *recordReader) failure(o *RecordOutcome) error {
	var has names
	err := d.object(func(name string) error {
		has.add(name)
		text, err := d.string()
		switch name {
		case "class":
			o.Class = Class(text)
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
