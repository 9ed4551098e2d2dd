package recording_test

import (
	"net/http"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/internal/test/sendertest"
	"github.com/rtkmock/rtkmock/mocksender/recording"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestRecordAsHTTPIsWhatTheSenderPutsOnTheWire(t *testing.T) {
	s := sendertest.NewSender(t, mocksender.Options{Dial: sendertest.NewNetwork(t).DialContext, HeaderNames: rtk.HeadersBoth})
	r := sendertest.Send(t, s, "http://user:secret@target:81/web?hook=1", mocksender.Delivery{Event: rtk.Event{Body: []byte("a\r\nb\xff")}})
	q := r.Last().Request
	got, err := recording.Record{Method: q.Method, URL: q.URL, Header: q.Header, Body: q.Body}.AppendHTTP([]byte("before "))
	assert.NilError(t, err)
	assert.Equal(t, string(got), "before "+string(q.Head)+string(q.Body))
	assert.DeepEqual(t, mocksender.SignedHeader(rtk.HeadersBoth, r.Delivery.UUID, r.Delivery.WebhookID, q.Field(rtk.HeaderSignature)), q.Header)
}

func TestRecordThatIsNoRequestIsNotWrittenAsHTTP(t *testing.T) {
	for _, tc := range []struct {
		record recording.Record
		says   string
	}{
		{recording.Record{Method: "POST"}, "unusable target URL"},
		{recording.Record{Method: "PO ST", URL: "http://h/"}, `the method "PO ST" is not a token`},
		{recording.Record{Method: "POST", URL: "http://h/", Header: http.Header{"A": {"b\r\nc: d"}}}, "line break"},
	} {
		b, err := tc.record.AppendHTTP([]byte("kept"))
		assert.ErrorContains(t, err, tc.says)
		assert.Equal(t, string(b), "kept")
	}
}
