// Package checks is the catalogue: what is judged, one small file a check or a
// family of like checks. How judging works stands in the package conformance.
//
// A check may enter if it follows from the guide, from a standard, or from what
// public receivers get wrong; if a correct receiver passes it; and if at least
// one flawed receiver in the package receivers is caught by it.
package checks

//go:generate go run ./internal/catalogue

import (
	"strings"

	"github.com/rtkmock/rtkmock/conformance"
	"github.com/rtkmock/rtkmock/mocksender/mutation"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// All returns every check, in the order of the catalogue, which is the order in
// which they are run. The caller owns the slice; the checks are new ones.
func All() []*conformance.Check {
	all := []*conformance.Check{
		ctlValidAccepted(),
		ctlKeyHeld(),
		ctlAliveAfter(),

		sigMissingHeader(),
		sigEmptyHeader(),
		sigOtherKey(),
		sigTamperedByte(),
		sigOtherEvent(),
		sigReserializedTamper(),
		sigRawBytes(),
		sigUTF8(),
		sigTruncated(),
		sigZeroBytes(),
		sigIntegerEdge(),
		sigGarbageBase64(),
		sigHMAC(),
		sigDuplicateHeader(),
		sigKeyFromRequest(),
		sigEffectBeforeVerify(),
		sigOtherDigest(),
		sigPSS(),
		sigPadding(),
		sigRejectsWith4xx(),
		sigNoLeak(),
		sigBase64Leniency(),

		keyFailOpen(),
		keyOutageCold(),
		keyRecovers(),
		keyPEMEscaped(),
		keyPEMCRLF(),
		keyRotation(),
		keyRotationOld(),
		keyOutageWarm(),
		keyAmplification(),
		keyUnsignedNoFetch(),
		keyStampede(),
		keyRedirectCrossHost(),
		keyOversize(),
		keyDrip(),
		keyTestKeyRefused(),
	}
	for _, t := range lifeCycleOrder() {
		all = append(all, evtAccept(t))
	}
	return append(all,
		evtEnums(),
		evtClientSpecificID(),
		evtLifecycle(),
		evtUnknownEvent(),
		evtUnknownFields(),
		evtFileSizeString(),
		evtOptionalAbsent(),
		evtNullFields(),
		evtAlternateForms(),
		evtTextTorture(),
		evtDuplicateJSONKeys(),
		evtDeepNesting(),
		evtTakesEffect(),

		dlvDupSequential(),
		dlvDupConcurrent(),
		dlvResponseLost(),
		dlvFailThenRetry(),
		dlvInflightClaim(),
		dlvDupNewUUID(),
		dlvSameBodyNewUUID(),
		dlvForgedUUIDPoison(),
		dlvOutOfOrder(),
		dlvLateArtifacts(),
		dlvSessionReuse(),
		dlvGap(),
		dlvAgedRetry(),
		dlvDupLate(),
		dlvDupAcrossRestart(),
		dlvMissingUUID(),
		dlvMissingWebhookID(),

		rspNoRedirect(),
		rspLatency(),
		rspInlineWork(),
		rspPoison(),
		rspNonPost(),
		rspBurst(),
		rspDurableAccept(),

		httpHeaderCase(),
		httpKeepAlive(),
		httpSlowBody(),
		httpContentType(),
		httpChunked(),
		httpExpectContinue(),
		httpTruncatedBody(),
		httpOversize(),
	)
}

// lifeCycleOrder is the order in which a meeting causes its events.
func lifeCycleOrder() []rtk.EventType {
	return []rtk.EventType{
		rtk.MeetingStarted,
		rtk.MeetingParticipantJoined,
		rtk.RecordingStatusUpdate,
		rtk.LivestreamStatusUpdate,
		rtk.MeetingParticipantLeft,
		rtk.MeetingEnded,
		rtk.MeetingChatSynced,
		rtk.MeetingTranscript,
		rtk.MeetingSummary,
	}
}

// forged makes a forgery of one named mutation.
func forged(p *conformance.Probe, label, id string) conformance.Forgery {
	return conformance.Forgery{Label: label, Mutations: []mutation.Mutation{p.Mutation(id)}}
}

// notSubscribed takes down that a check has nothing to send.
func notSubscribed(p *conformance.Probe, types ...rtk.EventType) {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = string(t)
	}
	p.NotApplicable("the target is not subscribed to %s", strings.Join(names, " or "))
}

// subscribedTo returns those of types that the target is subscribed to.
func subscribedTo(p *conformance.Probe, types ...rtk.EventType) []rtk.EventType {
	var out []rtk.EventType
	for _, t := range types {
		if p.Subscribed(t) {
			out = append(out, t)
		}
	}
	return out
}

// acceptSubscribed sends those of events that are subscribed, in order, judges
// and returns them.
func acceptSubscribed(p *conformance.Probe, events []rtk.Event, label func(rtk.Event) string) []*conformance.Exchange {
	p.Presign(events...)
	var out []*conformance.Exchange
	for _, e := range events {
		if p.Subscribed(e.Type) && p.Context().Err() == nil {
			out = append(out, p.Accept(label(e), e))
		}
	}
	return out
}
