package rtk_test

import (
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

func TestHeaderNamesChooseTheSetsThatGoOut(t *testing.T) {
	documented := rtk.HeaderSet{Signature: "rtk-signature", UUID: "rtk-uuid", WebhookID: "rtk-webhook-id"}
	predecessor := rtk.HeaderSet{Signature: "dyte-signature", UUID: "dyte-uuid", WebhookID: "dyte-webhook-id"}
	tests := []struct {
		names  rtk.HeaderNames
		want   []rtk.HeaderSet
		reason string
	}{
		{"", []rtk.HeaderSet{documented}, "the zero value is what the guide documents"},
		{rtk.HeadersRTK, []rtk.HeaderSet{documented}, "the guide's table"},
		{rtk.HeadersDyte, []rtk.HeaderSet{predecessor}, "what older receivers read"},
		{rtk.HeadersBoth, []rtk.HeaderSet{documented, predecessor}, "the documented set comes first"},
	}
	for _, tt := range tests {
		t.Run(string(tt.names), func(t *testing.T) {
			assert.DeepEqual(t, tt.names.Sets(), tt.want)
		})
	}
}

func TestParseHeaderNames(t *testing.T) {
	for _, want := range []rtk.HeaderNames{rtk.HeadersRTK, rtk.HeadersDyte, rtk.HeadersBoth} {
		got, err := rtk.ParseHeaderNames(string(want))
		assert.NilError(t, err)
		assert.Equal(t, got, want)
	}
	for _, bad := range []string{"", "RTK", "rtk,dyte", "all"} {
		_, err := rtk.ParseHeaderNames(bad)
		assert.ErrorContains(t, err, "want rtk, dyte or both", "%q", bad)
	}
}
