package conformance

// Sentence is one normative sentence of Cloudflare's RealtimeKit webhooks
// guide. The numbers are this project's, given once and never changed.
type Sentence struct {
	No    string // "S1" … "S23"
	Quote string // verbatim, shortened with "…"
	Binds string // receiver, sender or both
}

// Guide returns the normative sentences of the guide in the order of their
// numbers. The caller owns the slice.
func Guide() []Sentence {
	return []Sentence{
		{"S1", "RealtimeKit sends an HTTP POST request to your configured endpoint with a JSON payload when a subscribed event occurs …", "sender"},
		{"S2", "Webhook events are subscription-only. Your endpoint receives only the events included in the webhook's events array.", "sender"},
		{"S3", "Your webhook endpoint must accept JSON POST requests.", "receiver"},
		{"S4", "The endpoint can handle multiple event types by switching on the event field in the request body.", "receiver"},
		{"S5", "Your endpoint should return a 2xx response as soon as it accepts the event. Move slow work, such as downloading files or calling third-party APIs, to a background job.", "receiver"},
		{"S6", "Base64-encoded RSA-SHA256 signature for the request body. Use this header to verify that the request came from RealtimeKit.", "both"},
		{"S7", "Unique ID for the webhook delivery. Store this value if you need to avoid processing duplicate deliveries.", "both"},
		{"S8", "ID of the webhook configuration that triggered the delivery.", "sender"},
		{"S9", "Verify the signature before processing the event.", "receiver"},
		{"S10", "The response includes a PEM-encoded public key …", "sender"},
		{"S11", "Verify rtk-signature against the raw request body. Do not reserialize parsed JSON before verification because changes in whitespace or key order can change the signed bytes.", "receiver"},
		{"S12", "RealtimeKit treats any 2xx response as a successful delivery.", "sender"},
		{"S13", "If your endpoint returns a 5xx response or the request fails because of a network error, RealtimeKit retries the delivery.", "sender"},
		{"S14", "If your endpoint returns a non-2xx response below 500, RealtimeKit records the delivery as failed and does not retry it.", "sender"},
		{"S15", "After repeated delivery failures, RealtimeKit may temporarily reduce delivery attempts to that webhook URL.", "sender"},
		{"S16", "Return a 2xx response only after your application has accepted the event.", "receiver"},
		{"S17", "RealtimeKit supports these webhook events: … (nine events, each with its trigger)", "both"},
		{"S18", "All webhook payloads include an event field. The remaining fields depend on the event type.", "both"},
		{"S19", "The reason value can be HOST_ENDED_MEETING or ALL_PARTICIPANTS_LEFT.", "both"},
		{"S20", "Recording statuses include RECORDING, UPLOADING, UPLOADED, and ERRORED.", "both"},
		{"S21", "Livestream statuses include LIVE, OFFLINE, and IDLE.", "both"},
		{"S22", "Use customParticipantId for your own participant identifier. clientSpecificId is included for compatibility with older integrations.", "both"},
		{"S23", "Register the publicly accessible endpoint URL using the RealtimeKit Webhooks API … Fetch the current event list with the Webhooks API …", "sender"},
	}
}

// SentenceOf returns the sentence with number no.
func SentenceOf(no string) (Sentence, bool) {
	for _, s := range Guide() {
		if s.No == no {
			return s, true
		}
	}
	return Sentence{}, false
}
